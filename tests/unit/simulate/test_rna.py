from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.simulate import clinical, cohort, dosage, evidence, programme, rna
from her2omics.simulate import tables as cohorts
from her2omics.simulate.scenarios import SCENARIOS, parse

SEED = 41


@pytest.fixture(scope="module")
def group():
    return cohorts.draw_groups(80, seed=SEED, mixture=parse("standard"))[0]


def _counts(group, genes=1500, seed=SEED) -> pd.DataFrame:
    parts = clinical.rna_samples([group], {"rna"})
    blocks = list(cohort._blocks([group], parts, seed=seed, genes=genes))
    names = [name for block, _ in blocks for name in block]
    values = np.vstack([counts for _, counts in blocks])
    return pd.DataFrame(values, index=names, columns=parts[0]["sample"])


def _levels(counts: pd.DataFrame) -> pd.DataFrame:
    """Return log2 CPM above the HER2-negative median, libraries scaled by the stable genes."""
    reference = resources.table("her2_negative_reference.tsv").set_index("gene")
    level = np.log2(counts + 0.5)
    stable = reference.index[reference["role"] == "stable"]
    median = reference["her2_negative_median"]
    size = level.loc[stable].sub(median[stable], axis=0).median()
    shared = reference.index.intersection(counts.index)
    return np.log2(counts.loc[shared] / 2**size + 0.5).sub(median[shared], axis=0)


def test_the_universe_holds_what_the_arms_need_and_grows_at_its_end():
    small, large = rna.universe(1000), rna.universe(20_000)
    pd.testing.assert_frame_equal(small, large.iloc[:1000])
    assert large["gene"].is_unique
    assert len(large) == 20_000
    names = set(small["gene"])
    assert set(resources.table("pam50_centroids.tsv")["gene"]) <= names
    assert {"ERBB2", "GRB7", "MIEN1", "PGAP3", "STARD3", "ATP1A1"} <= names
    assert (small["role"] == "stable").sum() == 300
    assert not {"CDCA1", "KNTC2", "ORC6L"} & set(large["gene"])


@pytest.mark.parametrize("n", [10, 100_000])
def test_too_few_or_too_many_genes_are_refused(n):
    with pytest.raises(ValueError, match="from 400 to 60000"):
        rna.universe(n)


def test_counts_are_whole_numbers_of_a_plausible_library(group):
    counts = _counts(group, genes=20_000)
    assert counts.to_numpy().dtype.kind == "i"
    assert counts.to_numpy().min() >= 0
    assert counts.sum().between(10e6, 90e6).all()


def test_counts_carry_the_level_of_the_dosage_model(group):
    levels, cases = _levels(_counts(group)), group.cases
    for time, column in (("baseline", "baseline"), ("followup", "followup_id")):
        found = levels.loc["ERBB2", cases[column]].to_numpy()
        expected = dosage.erbb2_level(cases, time)
        error = found - expected
        assert abs(np.median(error)) < 0.15
        assert 1.4826 * np.median(abs(error - np.median(error))) < 0.5
        assert np.corrcoef(found, expected)[0, 1] > 0.9


def test_files_and_evidence_agree(group):
    levels = _levels(_counts(group))
    table = evidence.evidence([group], {"all", *evidence.KINDS}, seed=SEED)
    neighbours = levels.loc[["GRB7", "STARD3", "PGAP3", "MIEN1"]].median()
    for variable, files in (("erbb2_mrna", levels.loc["ERBB2"]), ("neighbours_mrna", neighbours)):
        rows = table[table["variable"].eq(variable) & table["time"].eq("followup")]
        value = rows.set_index("case")["value"].astype(float)
        sample = group.cases.set_index("case").loc[value.index, "followup_id"]
        assert np.corrcoef(files[sample], value)[0, 1] > 0.85, variable
        assert abs((files[sample].to_numpy() - value.to_numpy()).mean()) < 0.2, variable


def test_the_other_programme_can_be_seen_in_tumour_rich_pairs():
    mixture = parse("normal_60:1")
    group = cohorts.draw_groups(60, seed=SEED, mixture=mixture)[0]
    pure = group.cases.assign(rna_share_baseline=0.95, rna_share_followup=0.95)
    group = cohorts.Group(group.scenario, pure)
    levels = _levels(_counts(group)).loc[programme.genes()]
    offset = resources.table("her2_negative_reference.tsv").set_index("gene")
    centred = levels.add(offset.loc[programme.genes(), "her2_negative_median"], axis=0)
    centred = (centred.T - programme.reference_level()).T
    change = programme.change(
        centred[pure["baseline"]].to_numpy().T,
        centred[pure["followup_id"]].to_numpy().T,
        pure["subtype_baseline"].to_numpy(),
        pure["programme_target"].to_numpy(),
    )
    assert np.corrcoef(change, programme.wanted_change(pure))[0, 1] > 0.9


def test_stable_genes_spread_as_in_the_reference(group):
    levels = _levels(_counts(group))
    reference = resources.table("her2_negative_reference.tsv").query("role == 'stable'")
    found = levels.loc[reference["gene"]].std(axis=1)
    assert found.median() == pytest.approx(reference["her2_negative_sd"].median(), rel=0.15)


def test_an_incomplete_amplicon_raises_erbb2_alone():
    levels = {}
    for name in ("standard", "incomplete_amplicon"):
        group = cohorts.draw_groups(60, seed=SEED, mixture=parse(name))[0]
        levels[name] = _levels(_counts(group))[group.cases["baseline"]]
    gone = levels["incomplete_amplicon"]
    assert gone.loc["ERBB2"].median() > 2
    assert gone.loc[["GRB7", "MIEN1", "PGAP3", "STARD3"]].median(axis=1).max() < 0.5
    assert levels["standard"].loc["GRB7"].median() > 1


def test_top2a_is_in_about_a_third_of_the_amplicons():
    group = cohorts.draw_groups(400, seed=SEED, mixture=parse("standard"))[0]
    parts = clinical.rna_samples([group], {"rna"})[0]
    library = rna.Library(
        sample=parts["sample"].tolist(),
        row=parts["row"].to_numpy(),
        followup=parts["followup"].to_numpy(dtype=bool),
        patient=group.cases["patient"].to_numpy()[parts["row"].to_numpy()],
    )
    rows = rna._locus_rows(group.cases, library, group.scenario, seed=SEED)
    before = ~library.followup
    inside = np.abs(rows["TOP2A"][before] - rows["GRB7"][before]) < 0.9
    flat = np.abs(rows["TOP2A"][before] - rows["GRB7"][before]) > 1.2
    assert 0.2 < inside.mean() < 0.55
    assert flat.mean() > 0.35


def test_another_protocol_moves_single_genes_of_the_followups():
    group = cohorts.draw_groups(40, seed=SEED, mixture=parse("rna_protocol_shift"))[0]
    levels = _levels(_counts(group))
    moved = levels[group.cases["followup_id"]].mean(axis=1) - levels[group.cases["baseline"]].mean(
        axis=1
    )
    stable = resources.table("her2_negative_reference.tsv").query("role == 'stable'")["gene"]
    assert moved[stable].std() == pytest.approx(rna.PROTOCOL_SD, rel=0.15)


def test_gzip_holds_the_same_matrix_and_no_time(group, tmp_path):
    parts = clinical.rna_samples([group], {"rna"})
    names = parts[0]["sample"].tolist()
    paths = [tmp_path / name for name in ("a.tsv", "a.tsv.gz", "b.tsv.gz")]
    for path in paths:
        rna.write_matrix(cohort._blocks([group], parts, seed=1, genes=400), names, path)
    plain, zipped, again = (path.read_bytes() for path in paths)
    assert gzip.decompress(zipped) == plain
    assert zipped == again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tsv", "a.tsv.gz", "b.tsv.gz"]


def test_noise_doubled_is_seen_in_the_counts():
    spread = {}
    for name in ("standard", "ffpe"):
        drawn = cohorts.draw_groups(60, seed=SEED, mixture=parse(name))[0]
        levels = _levels(_counts(drawn))
        stable = resources.table("her2_negative_reference.tsv").query("role == 'stable'")["gene"]
        change = (
            levels.loc[stable, drawn.cases["followup_id"]].to_numpy()
            - levels.loc[stable, drawn.cases["baseline"]].to_numpy()
        )
        spread[name] = change.std()
    assert spread["ffpe"] > 1.7 * spread["standard"]
    assert SCENARIOS["ffpe"].preservation == "ffpe"

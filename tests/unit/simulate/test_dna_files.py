"""The DNA files of a cohort: what is written for whom, and that it carries the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from her2omics import tables as declared
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study
from her2omics.simulate import cohort
from her2omics.simulate import tables as cohorts
from her2omics.simulate.scenarios import SCENARIOS

SEED = 47
BINS = ["chromosome", "start", "end", "log2", "weight", "gc", "mappability"]


def _write(out, name="panel", cases=3, modalities=("cn", "clusters"), **changes):
    mixture = [(replace(SCENARIOS[name], **changes), 1.0)]
    groups = cohorts.draw_groups(cases, seed=SEED, mixture=mixture)
    cohort.write(groups, out, seed=SEED, genes=400, modalities=set(modalities), ascertained=True)
    return groups[0].cases


def _read(path):
    return pd.read_csv(path, sep="\t")


def _units(out):
    return _read(out / "units.tsv")


def _snps(out, sample):
    return _read(out / f"snps/{sample}.tsv.gz")


def _kinds(out, ending):
    units = _units(out)
    return set(units.loc[units["sample"].str.endswith(ending), "filetype"])


def test_files_units_and_truth_belong_together(tmp_path):
    cases = _write(tmp_path)
    units, samples = _units(tmp_path), _read(tmp_path / "samples.tsv")
    assert all((tmp_path / path).exists() for path in (*units["path"], *units["targets"]))
    assert set(units["assay"]) == {"panel"}
    assert units.groupby("sample")["filetype"].agg(set).eq({"bins", "snps", "mutations"}).all()
    assert set(units["sample"]) == set(samples["sample"])
    assert samples["timepoint"].tolist() == ["baseline", "followup", "normal"] * 3
    bins = _read(tmp_path / "bins/P0001-B.tsv.gz")
    assert bins.columns.tolist() == BINS
    snps = _snps(tmp_path, "P0001-B")
    assert snps.columns.tolist() == ["chromosome", "position", "ref_count", "alt_count"]
    truth = declared.read(tmp_path, "truth_dna")
    assert truth["sample"].tolist() == [s for s in samples["sample"] if not s.endswith("-N")]
    latent = cases.set_index("baseline")
    before = truth.query("timepoint == 'baseline'").set_index("sample")
    f, amplified, other = (
        latent[f"{key}_baseline"] for key in ("f_bulk", "copies_amplified", "copies_other")
    )
    np.testing.assert_allclose(before["erbb2_copies"], f * amplified + (1 - f) * other, rtol=1e-4)
    np.testing.assert_allclose(before["purity"], latent["purity_baseline"], rtol=1e-4)
    np.testing.assert_allclose(before["cep17_copies"], other, rtol=1e-4)
    config = read_config(tmp_path / "config.yaml", {})
    study = read_study(tmp_path / "samples.tsv", tmp_path / "units.tsv", config=config)
    assert set(study.cases["assay"]) == {"panel"}


def test_mutations_are_read_in_all_samples_at_the_same_sites(tmp_path):
    _write(tmp_path)
    truth = declared.read(tmp_path, "truth_mutations")
    for patient, rows in truth.groupby("patient"):
        ids = rows["mutation_id"].tolist()
        for ending in "BFN":
            found = _read(tmp_path / f"mutations/{patient}-{ending}.tsv")
            assert found["mutation_id"].tolist() == ids
            assert set(found["sample_id"]) == {f"{patient}-{ending}"}
            absent = ending == "F" and rows["ccf_followup"].eq(0).to_numpy()
            share = found["alt_counts"] / (found["ref_counts"] + found["alt_counts"])
            if ending == "N":
                absent = np.ones(len(rows), dtype=bool)
            assert share[absent].max() < 0.05 if np.any(absent) else True
        present = _read(tmp_path / f"mutations/{patient}-B.tsv")
        trunk = rows["clone"].eq("trunk").to_numpy()
        assert (present.loc[trunk, "alt_counts"] > 0).mean() > 0.9


def test_dna_files_do_not_tell_the_purity_in_the_sheet(tmp_path):
    for number, kinds in enumerate([("cn",), ("clusters", "dna"), ("segments",)]):
        _write(tmp_path / str(number), modalities=kinds)
        sheet = _read(tmp_path / str(number) / "samples.tsv")
        assert sheet[["purity", "ploidy"]].isna().all(axis=None)
        tumours = sheet["timepoint"].ne("normal")
        assert sheet.loc[tumours, "tumour_content"].notna().all()
    _write(tmp_path / "purity_10", "purity_10", modalities=("rna", "cn"), cases=2)
    assert _read(tmp_path / "purity_10/samples.tsv")["purity"].isna().all()


def test_each_kind_alone(tmp_path):
    _write(tmp_path / "segments", modalities=("segments",))
    assert _kinds(tmp_path / "segments", "-B") == {"segments"}
    segments = _read(tmp_path / "segments/segments/P0001-B.tsv")
    assert segments.columns.tolist() == ["chromosome", "start", "end", "log2", "probes"]
    assert len(declared.read(tmp_path / "segments", "truth_mutations")) == 0
    # the normal is in the sheet: the segments were made against it
    assert _read(tmp_path / "segments/samples.tsv")["timepoint"].eq("normal").sum() == 3
    _write(tmp_path / "clusters", modalities=("clusters",))
    assert _kinds(tmp_path / "clusters", "-F") == {"mutations"}
    _write(tmp_path / "rna", "standard", modalities=("rna",))
    assert not (tmp_path / "rna/truth_dna.tsv").exists()
    assert "normal" not in set(_read(tmp_path / "rna/samples.tsv")["timepoint"])


def test_mixed_is_what_was_drawn(tmp_path):
    cases = _write(tmp_path, cases=16, modalities=("mixed",)).set_index("baseline")
    kinds = _units(tmp_path).groupby("sample")["filetype"].agg(set)
    both = cases["has_cn"] & cases["has_clusters"]
    for sample in cases.index:
        expected = {"matrix"} if cases.at[sample, "has_rna"] else set()
        if both[sample]:
            expected |= {"bins", "snps", "mutations"}
        elif cases.at[sample, "has_cn"]:
            expected |= {"segments"}
        if cases.at[sample, "has_cells"]:
            expected |= {"h5ad"}
        assert kinds.get(sample, set()) == expected
    assert (cases["has_cn"] & ~both).any()


def test_a_followup_without_dna(tmp_path):
    _write(tmp_path, "no_dna_followup", assay="panel")
    assert _kinds(tmp_path, "-F") == set()
    assert _kinds(tmp_path, "-B") == _kinds(tmp_path, "-N") == {"bins", "snps", "mutations"}
    truth = declared.read(tmp_path, "truth_mutations")
    assert not truth["ccf_baseline"].eq(0).all()


def test_where_the_normal_is(tmp_path):
    _write(tmp_path / "none", "no_normal", assay="panel")
    assert "normal" not in set(_read(tmp_path / "none/samples.tsv")["timepoint"])
    assert _snps(tmp_path / "none", "P0001-B").shape[1] == 4
    _write(tmp_path / "columns", "called_elsewhere", assay="panel")
    snps = _snps(tmp_path / "columns", "P0001-B")
    assert snps.columns[4:].tolist() == ["normal_ref_count", "normal_alt_count"]
    assert "normal" not in set(_read(tmp_path / "columns/samples.tsv")["timepoint"])
    mutations = _read(tmp_path / "columns/mutations/P0001-B.tsv")
    assert mutations.columns[-3:].tolist() == ["major_cn", "minor_cn", "normal_cn"]
    assert (mutations["major_cn"] >= mutations["minor_cn"]).all()
    _write(tmp_path / "row", "panel", normal="row")
    assert _kinds(tmp_path / "row", "-N") == set()
    assert _read(tmp_path / "row/samples.tsv")["timepoint"].eq("normal").sum() == 3


def _genotypes(snps):
    share = snps["alt_count"] / (snps["ref_count"] + snps["alt_count"])
    return share.where((share < 0.05) | (share > 0.95)).round()


@pytest.mark.parametrize(
    ("name", "stranger"), [("panel", None), ("sample_swap", "F"), ("tumour_normal_swap", "N")]
)
def test_swapped_samples_have_the_genotypes_of_another_person(tmp_path, name, stranger):
    _write(tmp_path, name, assay="panel", cases=2)
    own = _genotypes(_snps(tmp_path, "P0001-B"))
    for ending in "FN":
        other = _genotypes(_snps(tmp_path, f"P0001-{ending}"))
        both = own.notna() & other.notna()
        assert both.sum() > 100
        concordance = (own[both] == other[both]).mean()
        assert (concordance < 0.8) if ending == stranger else (concordance > 0.99), ending


def test_different_panels(tmp_path):
    _write(tmp_path, "different_panels", cases=8)
    units = _units(tmp_path).groupby("sample")["targets"].agg(set)
    assert units["P0001-B"] == units["P0001-N"] == {"targets/panel.bed"}
    assert units["P0001-F"] == {"targets/panel_b.bed"}
    only = {"B": 0, "F": 0, "both": 0}
    for patient, rows in declared.read(tmp_path, "truth_mutations").groupby("patient"):
        found = {
            ending: set(_read(tmp_path / f"mutations/{patient}-{ending}.tsv")["mutation_id"])
            for ending in "BF"
        }
        assert found["B"] | found["F"] == set(rows["mutation_id"])
        only["B"] += len(found["B"] - found["F"])
        only["F"] += len(found["F"] - found["B"])
        only["both"] += len(found["F"] & found["B"])
    assert min(only.values()) > 0
    assert only["both"] > max(only["B"], only["F"])


def test_the_same_bytes_whatever_the_number_of_cases(tmp_path):
    _write(tmp_path / "a", cases=2, modalities=("cn", "clusters", "segments"))
    _write(tmp_path / "b", cases=5, modalities=("cn", "clusters", "segments"))
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*")]
    same = [path for path in files if path.parent.name]
    assert len(same) > 15
    for path in same:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path
    lines = (tmp_path / "a/truth_dna.tsv").read_text()
    assert (tmp_path / "b/truth_dna.tsv").read_text().startswith(lines)


def test_a_lone_baseline(tmp_path):
    _write(tmp_path, "no_followup", assay="panel", cases=2)
    truth = declared.read(tmp_path, "truth_mutations")
    assert truth["ccf_followup"].isna().all()
    assert set(truth["case"]) == {"P0001-B__none", "P0002-B__none"}


@pytest.mark.parametrize(
    "name", [name for name, scenario in SCENARIOS.items() if scenario.dna_only and name != "wgs"]
)
def test_every_scenario_of_dna_writes_sound_files(tmp_path, name):
    _write(tmp_path, name, assay="panel", cases=2)
    truth = declared.read(tmp_path, "truth_dna")
    assert truth["ploidy"].between(1.2, 8).all()
    for row in _units(tmp_path).to_dict("records"):
        table = _read(tmp_path / row["path"])
        assert len(table) > (1000 if row["filetype"] == "bins" else 0)
        counts = [column for column in table if "count" in column]
        assert (table[counts] >= 0).all(axis=None)


def test_whole_genomes(tmp_path):
    _write(tmp_path, "wgs", cases=1)
    units = _units(tmp_path)
    assert units["targets"].isna().all()
    assert set(units["assay"]) == {"wgs"}
    assert len(_read(tmp_path / "bins/P0001-B.tsv.gz")) > 100_000
    assert len(declared.read(tmp_path, "truth_mutations")) > 100

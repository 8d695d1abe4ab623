from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2omics import tables as declared
from her2omics.errors import InputError
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study
from her2omics.simulate import clinical, cohort
from her2omics.simulate import tables as cohorts
from her2omics.simulate.scenarios import SCENARIOS, parse

SEED = 51


def _write(out, scenario="standard", cases=30, modalities=("rna", "ish"), **changes):
    groups = cohorts.draw_groups(cases, seed=SEED, mixture=parse(scenario))
    options = {"seed": SEED, "genes": 400, "modalities": set(modalities), "ascertained": True}
    cohort.write(groups, out, **(options | changes))
    return groups


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sheets_of_every_scenario_are_accepted(tmp_path, scenario):
    dna = {"clusters"} if SCENARIOS[scenario].dna_only else set()
    _write(tmp_path, scenario, cases=6, modalities={"rna", "ish", *dna})
    config = read_config(tmp_path / "config.yaml", {})
    study = read_study(tmp_path / "samples.tsv", tmp_path / "units.tsv", config=config)
    truth = declared.read(tmp_path, "truth")
    assert sorted(study.cases["case"]) == sorted(truth["case"])
    assert config["ascertained"] is True


def test_the_cohort_is_the_same_each_time(tmp_path):
    for folder in ("a", "b"):
        _write(tmp_path / folder, "standard:.5,ish_totals:.5", cases=8)
    for file in ("samples.tsv", "units.tsv", "truth.tsv", "config.yaml", "expression.tsv"):
        first, second = ((tmp_path / folder / file).read_bytes() for folder in ("a", "b"))
        assert first == second, file


def test_a_mixture_has_its_shares_and_ids_of_its_own():
    groups = cohorts.draw_groups(10, seed=1, mixture=parse("standard:.65,polysomy:.35"))
    assert [len(group.cases) for group in groups] == [7, 3]
    truth = cohorts.truth(groups)
    assert truth["case"].is_unique
    assert truth["scenario"].tolist() == ["standard"] * 7 + ["polysomy"] * 3
    assert truth.loc[7:, "gates_must"].eq("BASELINE_NOT_FOCAL").all()


def test_scenarios_of_one_cohort_do_not_share_their_noise(tmp_path):
    _write(tmp_path, "standard:.5,ffpe:.5", cases=10)
    counts = pd.read_csv(tmp_path / "expression.tsv", sep="\t", index_col=0)
    first, second = counts.iloc[:, 0], counts.iloc[:, 10]
    stable = (first > 50) & (second > 50)
    change = np.log2(first[stable] / second[stable])
    assert change.std() > 0.3


def test_status_follows_from_the_stain_and_ish_of_the_sheet(tmp_path):
    _write(tmp_path, cases=60)
    sheet = pd.read_csv(tmp_path / "samples.tsv", sep="\t")
    assert sheet.loc[sheet["her2_ihc"].eq("3+"), "her2_status"].eq("positive").all()
    assert sheet.loc[sheet["her2_ihc"].isin(["0", "1+"]), "her2_status"].eq("negative").all()
    ratio = sheet["her2_ish_copies"] / sheet["cep17_copies"]
    assert (abs(ratio / sheet["her2_ish_ratio"] - 1) < 0.02).all()


def test_kinds_of_evidence(tmp_path):
    _write(tmp_path / "rna", modalities=("rna",))
    sheet = pd.read_csv(tmp_path / "rna/samples.tsv", sep="\t")
    assert sheet["her2_ish_copies"].isna().all()
    assert sheet["purity"].isna().all()
    assert sheet["tumour_content"].notna().all()
    _write(tmp_path / "dna", modalities=("rna", "dna"))
    sheet = pd.read_csv(tmp_path / "dna/samples.tsv", sep="\t")
    assert sheet["purity"].notna().all()
    _write(tmp_path / "clinical", modalities=())
    assert not (tmp_path / "clinical/expression.tsv").exists()
    assert (tmp_path / "clinical/units.tsv").read_text().count("\n") == 1
    groups = _write(tmp_path / "mixed", "panel", modalities=("mixed",), cases=12)
    units = pd.read_csv(tmp_path / "mixed/units.tsv", sep="\t")
    assert units["assay"].eq("rna").sum() == 2 * groups[0].cases["has_rna"].sum()


def test_missing_pieces_are_missing(tmp_path):
    _write(tmp_path / "a", "no_rna_followup", cases=5)
    units = pd.read_csv(tmp_path / "a/units.tsv", sep="\t")
    assert units["sample"].str.endswith("-B").all()
    _write(tmp_path / "b", "no_followup", cases=5)
    samples = pd.read_csv(tmp_path / "b/samples.tsv", sep="\t")
    assert samples["timepoint"].eq("baseline").all()
    _write(tmp_path / "c", "settings_unknown", cases=5)
    assert pd.read_csv(tmp_path / "c/samples.tsv", sep="\t")["setting"].isna().all()
    _write(tmp_path / "d", "lesions_disagree", cases=6)
    samples = pd.read_csv(tmp_path / "d/samples.tsv", sep="\t")
    assert samples["timepoint"].value_counts().to_dict() == {"followup": 6, "baseline": 3}


def test_totals_over_all_cells():
    groups = cohorts.draw_groups(20, seed=SEED, mixture=parse("ish_totals"))
    sheet = clinical.samples(groups, {"rna"}, seed=SEED)
    assert sheet["cep17_copies"].gt(12).all()
    assert sheet["her2_ish_ratio"].lt(60).all()


def test_a_scenario_without_its_files_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="rna\\+ish\\+cn\\+clusters"):
        _write(tmp_path / "x", "sample_swap", cases=3)
    assert not (tmp_path / "x").exists()


def test_truth_names_label_and_gates():
    groups = cohorts.draw_groups(300, seed=2, mixture=parse("standard"))
    truth = cohorts.truth(groups)
    assert truth["label"].notna().all()
    assert set(truth.loc[truth["state"].eq("DA"), "sublabel"]) == {"deamplification"}
    drug = truth["setting"].eq("post_neoadjuvant")
    assert truth["gates_may"].str.contains("ON_TREATMENT").eq(drug).all()
    low = truth["purity_followup"].lt(0.2)
    assert truth.loc[low, "gates_may"].str.contains("LOW_PURITY").all()
    both = truth["gates_must"].fillna("").str.split(";")
    assert both.str.len().max() == 1

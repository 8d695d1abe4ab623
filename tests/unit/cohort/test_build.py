"""The cohort folder: what is in it, whose fault it names, and what does not move."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from her2omics import resources, tables
from her2omics.cohort import store
from her2omics.cohort.build import build
from her2omics.errors import InputError
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study

TIMES = ["baseline", "followup"]
FILES = {
    "identity.tsv",
    "pairs.tsv", "reference.tsv", "centring.tsv", "noise.tsv", "input_errors.tsv",
    "expression.h5ad", "cohort.yaml",
}  # fmt: skip


def test_the_folder_holds_what_the_arms_need(rna_study, tmp_path):
    study = rna_study(4)
    build(study, tmp_path / "cohort")
    assert {path.name for path in (tmp_path / "cohort").iterdir()} == FILES
    cohort = store.load(tmp_path / "cohort")
    assert list(cohort.expression.obs_names) == list(study.samples["sample"])
    assert cohort.settings["her2_positive_baselines"] == 4
    assert cohort.settings["rna_samples"] == 8
    levels = cohort.levels(["P1_F", "P0_B"])
    assert list(levels.columns) == ["P1_F", "P0_B"]
    np.testing.assert_allclose(levels.loc["ERBB2"], 7.909 + 4.0, atol=0.3)
    assert np.isfinite(cohort.expression.layers["counts"]).all()
    assert cohort.noise["size_factor"].between(0.2, 2).all()
    assert cohort.noise["library_size"].gt(0).all()


def test_the_same_study_gives_the_same_bytes(rna_study, tmp_path):
    study = rna_study(3)
    build(study, tmp_path / "one")
    build(study, tmp_path / "two")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_study_without_rna_has_a_cohort_without_expression(rna_study, tmp_path):
    study = rna_study(3)
    build(study, tmp_path / "cohort")
    build(dataclasses.replace(study, units=study.units.iloc[:0]), tmp_path / "cohort")
    cohort = store.load(tmp_path / "cohort")
    assert cohort.expression is None
    assert cohort.noise.empty
    assert not (tmp_path / "cohort" / "expression.h5ad").exists()
    assert len(tables.read(tmp_path / "cohort", "pairs")) == 3


def test_frozen_quantities_come_from_the_earlier_cohort(rna_study, tmp_path):
    build(rna_study(9, folder="first"), tmp_path / "first_cohort")
    frozen = {"cohort_from": str(tmp_path / "first_cohort")}
    build(rna_study(2, folder="small", **frozen), tmp_path / "small_cohort")
    build(rna_study(12, folder="large", **frozen), tmp_path / "large_cohort")
    for name in ("reference.tsv", "centring.tsv"):
        first = (tmp_path / "first_cohort" / name).read_bytes()
        assert (tmp_path / "small_cohort" / name).read_bytes() == first
        assert (tmp_path / "large_cohort" / name).read_bytes() == first
    small, large = (store.load(tmp_path / f"{size}_cohort") for size in ("small", "large"))
    assert small.settings["her2_positive_baselines"] == 9
    assert small.settings["frozen_from"] == frozen["cohort_from"]
    shared = list(small.noise["sample"])
    pd.testing.assert_frame_equal(
        small.noise, large.noise[large.noise["sample"].isin(shared)].reset_index(drop=True)
    )
    assert small.levels(shared).equals(large.levels(shared))


def test_a_bad_sample_stops_the_run_and_nothing_is_written(rna_study, counts, tmp_path):
    matrix = counts(["P0_B", "P0_F", "P1_B", "P1_F"])
    matrix["P1_F"] -= 500
    with pytest.raises(InputError) as caught:
        build(rna_study(2, matrix=matrix), tmp_path / "cohort")
    assert [problem.sample for problem in caught.value.problems] == ["P1_F"]
    assert not (tmp_path / "cohort").exists()


def test_a_bad_sample_can_be_gated_and_takes_no_other_with_it(rna_study, counts, tmp_path):
    matrix = counts(["P0_B", "P0_F", "P1_B", "P1_F"])
    matrix["P1_F"] -= 500
    build(rna_study(2, matrix=matrix, on_bad_file="gate"), tmp_path / "cohort")
    cohort = store.load(tmp_path / "cohort")
    assert list(cohort.expression.obs_names) == ["P0_B", "P0_F", "P1_B"]
    errors = tables.read(tmp_path / "cohort", "input_errors")
    assert errors["sample"].tolist() == ["P1_F"]
    assert "negative" in errors["message"].iloc[0]
    assert errors["file"].tolist() == ["matrix.tsv"]


def test_a_bad_file_gates_all_its_samples(rna_study, counts, tmp_path):
    matrix = counts(["P0_B", "P0_F", "P1_B", "P1_F"]).drop(index="ERBB2")
    build(rna_study(2, matrix=matrix, on_bad_file="gate"), tmp_path / "cohort")
    assert store.load(tmp_path / "cohort").expression is None
    assert len(tables.read(tmp_path / "cohort", "input_errors")) == 4


def test_an_empty_library_is_named(rna_study, counts, tmp_path):
    matrix = counts(["P0_B", "P0_F"])
    matrix["P0_F"] = np.where(np.arange(len(matrix)) % 40 == 0, 900.0, 0.0)
    with pytest.raises(InputError, match="nearly empty"):
        build(rna_study(1, matrix=matrix), tmp_path / "cohort")


def test_the_cohorts_own_reference_needs_negative_baselines(rna_study, tmp_path):
    with pytest.raises(InputError, match="at least 8 HER2-negative baselines"):
        build(rna_study(2, **{"expression.reference": "cohort"}), tmp_path / "cohort")


def test_the_cohorts_own_reference_is_learnt_from_negative_baselines(rna_study, tmp_path):
    status = ["negative", "negative"] * 9 + ["positive", "negative"]
    study = rna_study(10, sheet={"her2_status": status}, **{"expression.reference": "cohort"})
    build(study, tmp_path / "cohort")
    cohort = store.load(tmp_path / "cohort")
    assert cohort.settings["reference_source"] == "cohort: 9 HER2-negative baselines"
    found = cohort.reference.set_index("gene").loc["ERBB2", "median"]
    assert found == pytest.approx(7.909 + 4.0, abs=0.3)


def test_two_files_for_one_sample_are_refused(rna_study, tmp_path):
    study = rna_study(2)
    study.units.loc[1, "sample"] = "P0_B"
    with pytest.raises(InputError, match="2 RNA files for one sample"):
        build(study, tmp_path / "cohort")


def test_loading_another_folder_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="her2omics cohort"):
        store.load(tmp_path)


def test_a_damaged_store_is_named(rna_study, tmp_path):
    build(rna_study(3), tmp_path / "cohort")
    (tmp_path / "cohort" / "expression.h5ad").write_bytes(b"cut short")
    with pytest.raises(InputError, match=r"expression\.h5ad: cannot be read .*make the cohort"):
        store.load(tmp_path / "cohort")


def test_a_frozen_cohort_without_rna_cannot_serve_rna(rna_study, tmp_path):
    study = rna_study(3)
    build(dataclasses.replace(study, units=study.units.iloc[:0]), tmp_path / "bare")
    with pytest.raises(InputError, match=r"cohort_from: .* was made without RNA"):
        build(rna_study(2, folder="new", cohort_from=str(tmp_path / "bare")), tmp_path / "cohort")


def test_files_of_several_kinds_meet_in_one_store(counts, tmp_path):
    samples = ["P0_B", "P0_F", "P1_B", "P1_F"]
    values = counts(samples)
    ids = resources.table("gene_ids.tsv").set_index("symbol")["ensembl_gene_id"]
    values[["P0_B"]].drop(index="ADIPOQ").to_csv(tmp_path / "m.tsv", sep="\t")
    ratio = np.log2(values[["P1_F"]] + 1) - 9.5
    ratio.to_csv(tmp_path / "r.tsv", sep="\t")
    salmon = pd.DataFrame(
        {"Name": ids[values.index].to_numpy(), "Length": 2000.0, "NumReads": values["P0_F"]}
    )
    salmon.to_csv(tmp_path / "quant.genes.sf", sep="\t", index=False)
    star = pd.DataFrame({name: values["P1_B"].astype(int) for name in ("u", "f", "r")})
    star.iloc[:, 1:] //= 20
    star = pd.concat([pd.DataFrame(9, index=["N_unmapped"], columns=star.columns), star])
    star.to_csv(tmp_path / "ReadsPerGene.out.tab", sep="\t", header=False)
    pd.DataFrame(
        {"patient": ["P0", "P0", "P1", "P1"], "sample": samples, "timepoint": TIMES * 2}
    ).to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    pd.DataFrame(
        {
            "sample": ["P1_F", "P0_F", "P1_B", "P0_B"],
            "assay": "rna",
            "filetype": ["matrix", "salmon", "star", "matrix"],
            "unit": ["log2_ratio", "", "", "counts"],
            "path": ["r.tsv", "quant.genes.sf", "ReadsPerGene.out.tab", "m.tsv"],
        }
    ).to_csv(tmp_path / "units.tsv", sep="\t", index=False)
    study = read_study(
        tmp_path / "samples.tsv", tmp_path / "units.tsv", config=read_config(None, {})
    )
    build(study, tmp_path / "cohort")
    cohort = store.load(tmp_path / "cohort")
    obs = cohort.expression.obs
    assert list(obs.index) == samples
    assert list(obs["unit"]) == ["counts", "counts", "counts", "log2_ratio"]
    assert list(obs["has_counts"]) == [True, True, True, False]
    assert list(obs["strandedness"]) == ["", "", "unstranded", ""]
    assert obs["size_factor"].isna().tolist() == [False, False, False, True]
    levels = cohort.levels()
    np.testing.assert_allclose(levels.loc["ERBB2", samples[:3]], 11.909, atol=0.3)
    np.testing.assert_allclose(levels["P1_F"], ratio["P1_F"].reindex(levels.index), atol=1e-5)
    assert np.isnan(levels.loc["ADIPOQ", "P0_B"])
    layer = pd.DataFrame(cohort.expression.layers["counts"], samples, cohort.expression.var_names)
    assert (layer.loc["P1_F"] == 0).all()
    np.testing.assert_allclose(layer.loc["P0_F", "ERBB2"], values.loc["ERBB2", "P0_F"])


def test_normals_and_excluded_samples_stay_out(rna_study, tmp_path):
    sheet = {"exclude": ["", "", "", "wrong block"]}
    study = rna_study(2, sheet=sheet)
    study.samples.loc[1, "timepoint"] = "normal"
    build(study, tmp_path / "cohort")
    assert list(store.load(tmp_path / "cohort").expression.obs_names) == ["P0_B", "P1_B"]

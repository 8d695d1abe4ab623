"""The verbs cohort, expression and differential on a small study."""

import numpy as np
import pandas as pd
import pytest

from her2omics import resources, tables
from her2omics.cli import main

MEDIANS = resources.table("her2_negative_reference.tsv").set_index("gene")["her2_negative_median"]


def write_study(folder, pairs, *, rna=True):
    samples = [f"P{index}_{time}" for index in range(pairs) for time in "BF"]
    rng = np.random.default_rng(7)
    level = MEDIANS.to_numpy()[:, None] + rng.normal(0, 0.3, (len(MEDIANS), len(samples)))
    erbb2 = MEDIANS.index.get_loc("ERBB2")
    level[erbb2] = MEDIANS["ERBB2"] + np.tile([4.5, 0.3], pairs)
    counts = rng.poisson(np.exp2(level) * 40)
    pd.DataFrame(counts, index=MEDIANS.index, columns=samples).to_csv(
        folder / "matrix.tsv", sep="\t"
    )
    pd.DataFrame(
        {
            "patient": [name[:-2] for name in samples],
            "sample": samples,
            "timepoint": ["baseline", "followup"] * pairs,
            "her2_status": ["positive", "negative"] * pairs,
            "purity": 0.7,
        }
    ).to_csv(folder / "samples.tsv", sep="\t", index=False)
    units = pd.DataFrame(
        {
            "sample": samples,
            "assay": "rna",
            "filetype": "matrix",
            "unit": "counts",
            "path": "matrix.tsv",
        }
    )
    units.iloc[: None if rna else 0].to_csv(folder / "units.tsv", sep="\t", index=False)


def run(folder, verb, *more, out="out"):
    sheets = ["--samples", str(folder / "samples.tsv"), "--units", str(folder / "units.tsv")]
    return main([verb, *sheets, "--out", str(folder / out), *more])


def test_expression_makes_the_cohort_on_the_fly_and_calls_the_planted_fall(tmp_path):
    write_study(tmp_path, 3)
    assert run(tmp_path, "expression") == 0
    single = tables.read(tmp_path / "out", "expression")
    paired = tables.read(tmp_path / "out", "expression_pairs")
    assert single["sample"].tolist() == ["P0_B", "P0_F", "P1_B", "P1_F", "P2_B", "P2_F"]
    assert paired["call"].tolist() == ["down"] * 3
    assert paired["erbb2_log2fc_corrected"].lt(paired["erbb2_log2fc"] + 0.1).all()
    assert (tmp_path / "out" / "cohort" / "cohort.yaml").exists()


def test_batches_together_are_the_whole(tmp_path):
    write_study(tmp_path, 4)
    assert run(tmp_path, "cohort", out="cohort") == 0
    cohort = ["--cohort", str(tmp_path / "cohort")]
    assert run(tmp_path, "expression", *cohort, out="whole") == 0
    parts = []
    for index in (1, 2, 3):
        assert run(tmp_path, "expression", *cohort, "--batch", f"{index}/3", out=f"b{index}") == 0
        parts.append((tmp_path / f"b{index}" / "expression_pairs.tsv").read_text().split("\n", 1))
    whole = (tmp_path / "whole" / "expression_pairs.tsv").read_text()
    assert parts[0][0] + "\n" + "".join(body for _, body in parts) == whole


def test_purity_of_another_table_is_used(tmp_path):
    write_study(tmp_path, 1)
    assert run(tmp_path, "expression", out="sheet") == 0
    rows = pd.DataFrame({"sample": ["P0_B", "P0_F"], "patient": "P0", "purity": 0.3, "mode": 1})
    tables.write(rows, "purity", tmp_path / "dna")
    assert run(tmp_path, "expression", "--tables", str(tmp_path / "dna"), out="dna_out") == 0
    corrected = [
        tables.read(tmp_path / name, "expression_pairs")["erbb2_log2fc_corrected"].iloc[0]
        for name in ("sheet", "dna_out")
    ]
    assert corrected[1] < corrected[0] - 0.2


def test_a_study_without_rna_gives_empty_tables(tmp_path):
    write_study(tmp_path, 2, rna=False)
    assert run(tmp_path, "expression") == 0
    assert run(tmp_path, "differential") == 0
    for name in ("expression", "expression_pairs", "differential", "pathways"):
        assert tables.read(tmp_path / "out", name).empty


def test_differential_of_two_pairs_says_why_it_is_empty(tmp_path, capsys):
    write_study(tmp_path, 2)
    assert run(tmp_path, "differential") == 0
    assert "2 pairs with RNA, at least 3 are needed" in capsys.readouterr().err


def test_differential_of_many_pairs(tmp_path):
    write_study(tmp_path, 4)
    assert run(tmp_path, "differential", "--set", "differential_max_pairs=3") == 0
    genes = tables.read(tmp_path / "out", "differential")
    assert genes["gene"].iloc[0] == "ERBB2"
    assert genes["method"].iloc[0] == "moderated paired differences"
    assert not tables.read(tmp_path / "out", "pathways").empty


def test_a_bad_gene_set_file_stops_before_anything_is_made(tmp_path, capsys):
    write_study(tmp_path, 3)
    (tmp_path / "own.gmt").write_text("ERBB2,GRB7\n")
    found = run(tmp_path, "differential", "--set", f"gene_sets={tmp_path / 'own.gmt'}")
    assert found == 1
    assert "own.gmt line 1: not a gene set" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", ["expression", "differential"])
def test_a_folder_that_is_no_cohort_is_refused(verb, tmp_path, capsys):
    write_study(tmp_path, 1)
    (tmp_path / "empty").mkdir()
    assert run(tmp_path, verb, "--cohort", str(tmp_path / "empty")) == 1
    assert "her2omics cohort" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["expression", "subtype", "differential"])
def test_the_cohort_of_another_sheet_is_refused(verb, tmp_path, capsys):
    for name, pairs in (("small", 2), ("large", 3)):
        (tmp_path / name).mkdir()
        write_study(tmp_path / name, pairs)
    assert run(tmp_path / "small", "cohort", out="cohort") == 0
    cohort = ["--cohort", str(tmp_path / "small" / "cohort")]
    assert run(tmp_path / "large", verb, *cohort) == 1
    message = capsys.readouterr().err
    assert "P2_B, P2_F" in message
    assert "her2omics cohort" in message
    assert not (tmp_path / "large" / "out").exists()
    if verb != "differential":
        assert run(tmp_path / "large", verb, *cohort, "--patients", "P0,P1") == 0


def test_a_sample_whose_file_was_gated_is_not_missing_from_the_cohort(tmp_path):
    write_study(tmp_path, 2)
    matrix = pd.read_csv(tmp_path / "matrix.tsv", sep="\t", index_col=0)
    matrix["P1_F"] = matrix["P1_F"] - 500
    matrix.to_csv(tmp_path / "matrix.tsv", sep="\t")
    for verb in ("expression", "subtype"):
        assert run(tmp_path, verb, "--set", "on_bad_file=gate") == 0
    assert tables.read(tmp_path / "out", "expression")["sample"].tolist() == [
        "P0_B",
        "P0_F",
        "P1_B",
    ]

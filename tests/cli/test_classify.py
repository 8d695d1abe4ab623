"""``her2omics classify`` on evidence from elsewhere."""

import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main

PAIRS = "case\tsetting\tascertained\nA__B\trelapse\tyes\nC__D\trelapse\tyes\nE__F\t\tyes\n"
EVIDENCE = [
    ("A__B", "erbb2_mrna", "baseline", 3.9),
    ("A__B", "erbb2_mrna", "followup", 0.2),
    ("A__B", "neighbours_mrna", "baseline", 2.6),
    ("A__B", "neighbours_mrna", "followup", 2.5),
    ("A__B", "programme_delta", "pair", 0.0),
    ("A__B", "purity", "baseline", 0.6),
    ("A__B", "purity", "followup", 0.6),
    ("A__B", "her2_status", "baseline", "positive"),
    ("A__B", "her2_status", "followup", "negative"),
    ("C__D", "her2_status", "baseline", "negative"),
    ("C__D", "erbb2_mrna", "baseline", 0.1),
    ("C__D", "erbb2_mrna", "followup", 0.0),
]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "pairs.tsv").write_text(PAIRS)
    rows = pd.DataFrame(EVIDENCE, columns=["case", "variable", "time", "value"])
    rows.to_csv(tmp_path / "evidence.tsv", sep="\t", index=False)
    return tmp_path


def run(folder, *more, out="out"):
    words = ["classify", "--evidence", folder / "evidence.tsv", "--pairs", folder / "pairs.tsv"]
    return main([str(word) for word in [*words, "--out", folder / out, *more]])


def test_every_pair_ends_in_the_table(files):
    assert run(files) == 0
    cases = tables.read(files / "out", "cases").set_index("case")
    assert list(cases.index) == ["A__B", "C__D", "E__F"]
    assert cases.loc["A__B", "label"] == "downregulation"
    assert cases.loc["C__D", "label"] == "not_assessable"
    assert "BASELINE_NOT_POSITIVE" in cases.loc["C__D", "gates"]
    assert pd.isna(cases.loc["C__D", "p_not_lost"])
    assert "NO_LOCUS_EVIDENCE" in cases.loc["E__F", "gates"]
    contributions = tables.read(files / "out", "contributions")
    assert set(contributions["case"]) == {"A__B"}
    assert {"erbb2_mrna", "neighbours_mrna", "programme_delta", "her2_status"} == set(
        contributions["variable"]
    )


def test_gates_from_elsewhere_count(files):
    header = "case\tsample\tcode\tkind\tvalue\tthreshold\tnote\n"
    (files / "quality.tsv").write_text(header + "A__B\t\tGENOTYPE_MISMATCH\tS\t\t\tTwo people.\n")
    assert run(files, "--quality", files / "quality.tsv") == 0
    row = tables.read(files / "out", "cases").set_index("case").loc["A__B"]
    assert row["label"] == "not_assessable"
    assert row["note"] == "Two people."


def test_cores_and_company_change_nothing(files):
    assert run(files, out="one") == 0
    assert run(files, "--cores", "2", out="two") == 0
    for name in ("cases.tsv", "contributions.tsv", "quality.tsv", "evidence.tsv"):
        assert (files / "one" / name).read_bytes() == (files / "two" / name).read_bytes()
    alone = [line for line in EVIDENCE if line[0] == "A__B"]
    pd.DataFrame(alone, columns=["case", "variable", "time", "value"]).to_csv(
        files / "evidence.tsv", sep="\t", index=False
    )
    (files / "pairs.tsv").write_text("\n".join(PAIRS.splitlines()[:2]) + "\n")
    assert run(files, out="alone") == 0
    first = (files / "one" / "cases.tsv").read_text().splitlines()[1]
    assert (files / "alone" / "cases.tsv").read_text().splitlines()[1] == first


def test_bad_evidence_is_refused_whole(files, capsys):
    text = (
        (files / "evidence.tsv")
        .read_text()
        .replace("erbb2_mrna\tbaseline\t3.9", "erb2_mrna\tbaseline\tx")
    )
    (files / "evidence.tsv").write_text(text)
    assert run(files) == 1
    message = capsys.readouterr().err
    assert "line 2 (A__B): variable: 'erb2_mrna' is not one of" in message
    assert "did you mean 'erbb2_mrna'?" in message
    assert not (files / "out").exists()


def test_evidence_needs_its_pairs(files, capsys):
    words = ["classify", "--evidence", str(files / "evidence.tsv"), "--out", str(files / "out")]
    assert main(words) == 1
    assert "--evidence and --pairs go together" in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_unknown_columns_are_ignored_with_one_warning(files):
    frame = pd.read_csv(files / "evidence.tsv", sep="\t").assign(operator="me", run=3)
    frame.to_csv(files / "evidence.tsv", sep="\t", index=False)
    with pytest.warns(UserWarning, match="columns ignored: operator, run"):
        assert run(files) == 0


def test_gates_of_the_followup_stay_there_without_sample_ids(files):
    """Cases whose ids are no sample ids: the two biopsies are told apart all the same."""
    (files / "pairs.tsv").write_text("case\tascertained\nX1\tyes\n")
    rows = [
        ("X1", "ish_copies", "baseline", 14, None),
        ("X1", "ish_amplified_cells", "baseline", 18, 20),
        ("X1", "ish_copies", "followup", 300, None),
        ("X1", "cep17_copies", "followup", 50, None),
        ("X1", "ish_amplified_cells", "followup", 1, 20),
    ]
    frame = pd.DataFrame(rows, columns=["case", "variable", "time", "value", "n"])
    frame.to_csv(files / "evidence.tsv", sep="\t", index=False)
    assert run(files) == 0
    gates = tables.read(files / "out", "quality").set_index("code")
    assert gates.loc["ISH_INCONSISTENT", "sample"] == "X1:followup"
    assert gates.loc["NO_LOCUS_EVIDENCE", "value"] == "nothing at follow-up"


def test_a_case_twice_is_refused(files, capsys):
    (files / "pairs.tsv").write_text(PAIRS + "A__B\trelapse\tyes\n")
    assert run(files) == 1
    assert "line 5 (A__B): case: occurs twice" in capsys.readouterr().err


@pytest.fixture
def study(tmp_path):
    samples = (
        "patient\tsample\ttimepoint\ther2_status\tish_amplified_percent\n"
        "P\tB\tbaseline\tpositive\t90\nP\tF\tfollowup\tnegative\t5\n"
    )
    (tmp_path / "samples.tsv").write_text(samples)
    (tmp_path / "units.tsv").write_text("sample\tassay\tfiletype\tpath\n")
    return tmp_path


def verb(name, folder, *more):
    sheets = ["--samples", folder / "samples.tsv", "--units", folder / "units.tsv"]
    return main([str(word) for word in [name, *sheets, "--out", folder / "out", *more]])


def test_a_study_without_its_gates_is_refused(study, capsys):
    assert verb("classify", study) == 1
    assert "run `her2omics quality` first" in capsys.readouterr().err


def test_by_hand_the_gates_of_quality_stay(study):
    assert verb("quality", study) == 0
    for _ in range(2):  # also when classify has written its own table in their place
        assert verb("classify", study) == 0
        codes = list(tables.read(study / "out", "quality")["code"])
        assert "SINGLE_REGION" in codes
        assert len(codes) == len(set(codes))


def test_rna_that_was_not_read_is_not_left_out_silently(study, capsys):
    assert verb("quality", study) == 0
    (study / "matrix.tsv").write_text("gene\tB\tF\nERBB2\t5\t6\n")
    (study / "units.tsv").write_text(
        "sample\tassay\tfiletype\tunit\tpath\n"
        "B\trna\tmatrix\tcounts\tmatrix.tsv\nF\trna\tmatrix\tcounts\tmatrix.tsv\n"
    )
    (study / "cohort").mkdir()
    (study / "cohort" / "cohort.yaml").write_text("reference: bundled\n")
    assert verb("classify", study, "--cohort", study / "cohort") == 1
    assert "run `her2omics expression` first" in capsys.readouterr().err

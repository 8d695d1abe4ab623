import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.errors import InputError
from her2omics.mechanism import evidence as joint
from her2omics.mechanism import evidence_table
from her2omics.sheets.schema import schema

MULTIPLIERS = {"central_negative_not_lost": 0.5, "outside_baseline_not_lost": 2.0}


def samples(*rows):
    frame = pd.DataFrame(list(rows))
    for column, rule in schema("samples")["properties"].items():
        if column not in frame:
            frame[column] = np.nan if rule.get("type") == "number" else None
    numeric = [
        "purity",
        "ploidy",
        "tumour_content",
        "her2_ish_ratio",
        "her2_ish_copies",
        "cep17_copies",
        "ish_cells",
        "ish_amplified_percent",
    ]
    frame[numeric] = frame[numeric].astype(float)
    return frame


def pairs(**context):
    row = {"case": "B__F", "patient": "P", "baseline": "B", "followup": "F", "ascertained": "yes"}
    return tables.typed(pd.DataFrame([row | context]), "pairs")


BASE = {"patient": "P", "sample": "B", "timepoint": "baseline"}
AFTER = {"patient": "P", "sample": "F", "timepoint": "followup"}


def build(frame, **arms):
    empty = {
        name: tables.empty(name) for name in ("purity", "expression", "switches", "copy_number")
    }
    return evidence_table.build(samples=frame, cases=pairs(), **(empty | arms))


def value(table, variable, time):
    found = table[(table["variable"] == variable) & (table["time"] == time)]
    assert len(found) == 1
    return found.iloc[0]


def test_pathology_becomes_evidence_once():
    frame = samples(
        BASE | {"her2_ihc": "3+", "ish_amplified_percent": 80.0, "ish_cells": 40.0},
        AFTER | {"her2_ihc": "1+", "her2_ish_copies": 3.1, "ish_amplified_percent": 10.0},
    )
    table = build(frame)
    assert value(table, "ish_amplified_cells", "baseline")["n"] == 40
    assert float(value(table, "ish_amplified_cells", "baseline")["value"]) == 32
    # A percentage without a count stands for twenty cells.
    assert value(table, "ish_amplified_cells", "followup")["n"] == 20
    assert value(table, "her2_status", "baseline")["value"] == "positive"
    assert value(table, "her2_status", "followup")["value"] == "negative"
    assert "derived" in value(table, "her2_status", "followup")["source"]
    assert float(value(table, "ish_copies", "followup")["value"]) == pytest.approx(3.1)


def test_missing_stays_missing():
    table = build(samples(BASE, AFTER | {"her2_status": "equivocal"}))
    assert len(table) == 0


def expression(protocol_rows):
    columns = tables.TABLES["expression"].names
    frame = pd.DataFrame(
        [
            {
                "sample": name,
                "patient": "P",
                "erbb2_log2": 10.0,
                "erbb2_log2_low": 9.5,
                "erbb2_log2_high": 10.5,
                "erbb2_above_reference": 2.1,
                "neighbours_log2": 1.2,
                "sample_sd": 0.3,
                "unit": "counts",
            }
            for name in protocol_rows
        ],
        columns=list(columns),
    )
    return tables.typed(frame, "expression")


def test_rna_keeps_its_errors():
    like = {"rna_protocol": "polya", "preservation": "frozen"}
    table = build(samples(BASE | like, AFTER | like), expression=expression(["B", "F"]))
    row = value(table, "erbb2_mrna", "baseline")
    assert float(row["value"]) == pytest.approx(2.1)
    assert row["sd"] == pytest.approx(1.0 / (2 * 1.6449), abs=1e-3)
    assert float(value(table, "rna_sample_sd", "followup")["value"]) == pytest.approx(0.3)
    assert "rna_reference_sd" not in set(table["variable"])


def test_another_protocol_than_the_references_is_an_uncertain_level():
    like = {"rna_protocol": "polya", "preservation": "frozen"}
    frame = samples(BASE | like, AFTER | {"rna_protocol": "capture", "preservation": "ffpe"})
    table = build(frame, expression=expression(["B", "F"]))
    assert float(value(table, "rna_reference_sd", "pair")["value"]) == pytest.approx(0.88)


def given(rows, **context):
    frame = tables.typed(
        pd.DataFrame(rows, columns=["case", "variable", "time", "value", "sd", "n", "item"]),
        "evidence",
    )
    return joint.parse(frame, pairs(**context), multipliers=MULTIPLIERS)[0]


def test_parse_groups_modes_and_clusters():
    found = given(
        [
            ("B__F", "purity", "baseline", "0.4", 0.05, 0.7, "1"),
            ("B__F", "purity", "baseline", "0.8", 0.05, 0.3, "2"),
            ("B__F", "cluster_ccf", "baseline", "1.0", 0.03, 20, "a"),
            ("B__F", "cluster_ccf", "followup", "0.0", 0.02, 20, "a"),
            ("B__F", "cluster_ccf", "followup", "0.5", 0.02, 9, "b"),
            ("B__F", "her2_status", "followup", "equivocal", None, None, None),
        ]
    ).evidence
    assert found.purity[0] == ((0.4, 0.05, 0.7), (0.8, 0.05, 0.3))
    assert found.purity[1] == ()
    assert found.clusters[0] == pytest.approx([1.0, 0.03, 0.0, 0.02])
    assert np.isnan(found.clusters[1][0])
    assert found.status == (None, None)


@pytest.mark.parametrize(
    ("central", "factor"),
    [("both", 0.5), ("followup", 2.0), ("neither", 2.0), ("baseline", 1.0), (None, 1.0)],
)
def test_where_the_tests_were_read_changes_false_negatives(central, factor):
    assert given([], central_review=central).evidence.false_negative_factor == factor


def test_pathology_of_a_case():
    found = given(
        [
            ("B__F", "ihc", "baseline", "2+", None, None, None),
            ("B__F", "ish_copies", "baseline", "9", None, None, None),
            ("B__F", "cep17_copies", "baseline", "2", None, None, None),
            ("B__F", "ihc", "followup", "0+", None, None, None),
        ]
    )
    assert found.her2_class == ("positive", "ultralow")
    assert found.ish_group == (1, None)
    assert found.ish_inconsistent == (False, False)


def test_a_status_that_ish_decided_is_no_datum_of_its_own():
    rows = [
        ("B__F", "ihc", "baseline", "2+", None, None, None),
        ("B__F", "ish_copies", "baseline", "9", None, None, None),
        ("B__F", "her2_status", "baseline", "positive", None, None, None),
        ("B__F", "ihc", "followup", "2+", None, None, None),
        ("B__F", "her2_status", "followup", "negative", None, None, None),
    ]
    found = given(rows).evidence
    assert found.status == (True, False)
    assert found.status_by_ish == (True, False)


def test_check_says_everything_at_once():
    frame = tables.typed(
        pd.DataFrame(
            [
                ("X__Y", "purity", "baseline", "0.4", None, None),
                ("B__F", "puritty", "baseline", "0.4", None, None),
                ("B__F", "purity", "pair", "0.4", None, None),
                ("B__F", "erbb2_mrna", "baseline", "high", None, None),
                ("B__F", "erbb2_mrna", "followup", "1.0", -1.0, None),
                ("B__F", "her2_status", "baseline", "postive", None, None),
                ("B__F", "ish_amplified_cells", "baseline", "9", None, None),
                ("B__F", "purity", "followup", "40", None, None),
                ("B__F", "purity", "followup", "0.4", None, None),
            ],
            columns=["case", "variable", "time", "value", "sd", "n"],
        ),
        "evidence",
    )
    with pytest.raises(InputError) as caught:
        joint.check(frame, pairs(), file="evidence.tsv")
    text = str(caught.value).splitlines()
    assert len(text) == 9
    assert text[0] == "evidence.tsv line 2 (X__Y): case: case 'X__Y' is not in the pairs table"
    assert "did you mean 'purity'?" in text[1]
    assert "expected baseline or followup" in text[2]
    assert "'high' is not a number" in text[3]
    assert "must be above 0" in text[4]
    assert "did you mean 'positive'?" in text[5]
    assert "needs n, the cells counted" in text[6]
    assert "outside 0-1" in text[7]
    assert "was given before, in line 9" in text[8]

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.mechanism import evidence as joint
from her2omics.mechanism import evidence_table
from her2omics.mechanism.clone_evidence import branch_rows, cluster_rows
from her2omics.mechanism.measurements import PAIR


def cases():
    frame = pd.DataFrame(
        [{"case": f"B__{f}", "patient": "P", "baseline": "B", "followup": f} for f in "FG"]
    )
    return tables.typed(frame, "pairs")


def clusters(*rows):
    names = ("cluster_id", "sample_id", "ccf_mean", "ccf_sd", "ccf_high", "mutations", "covered")
    frame = pd.DataFrame(rows, columns=list(names)).assign(patient="P")
    return tables.typed(frame, "clusters")


def branches():
    frame = pd.DataFrame(
        {"case": ["B__F", "X__Y"], "log_lr": [-1.25, 2.0], "mutations": [2, 0], "patient": "P"}
    )
    return tables.typed(frame, "amplicon_branch")


def test_each_case_gets_the_clusters_of_its_samples():
    table = clusters(
        (0, "B", 0.98, 0.0, 1.0, 20, 20),
        (0, "F", 1.0, 0.0, 1.0, 20, 18),
        (0, "G", 1.0, 0.0, 1.0, 20, 20),
        (1, "B", 0.0, 0.0, 0.0, 9, 9),
        (1, "F", 0.4, 0.04, 0.5, 9, 9),
        (1, "G", 0.0, 0.0, 0.0, 9, 9),
    )
    rows = cluster_rows(table, cases()).set_index(["case", "item", "time"])
    # Nobody in case B__G carries cluster 1.
    assert set(rows.loc["B__G"].index.get_level_values("item")) == {"0"}
    assert rows.loc[("B__F", "1", "followup"), "sd"] == pytest.approx(0.05)
    assert rows.loc[("B__F", "1", "baseline"), "sd"] == pytest.approx(0.03)
    assert rows.loc[("B__F", "0", "followup"), "n"] == 18


def test_small_and_uncovered_clusters_say_nothing():
    table = clusters((0, "B", 1, 0, 1, 1, 1), (1, "B", 0.5, 0.3, 0.9, 12, 0))
    assert cluster_rows(table, cases()).empty


def test_the_model_reads_them(blank_sheet):
    table = clusters((0, "B", 0.9, 0.04, 1.0, 9, 9), (0, "F", 0.2, 0.04, 0.3, 9, 9))
    empty = {x: tables.empty(x) for x in ("purity", "expression", "switches", "copy_number")}
    evidence = evidence_table.build(
        samples=blank_sheet, cases=cases(), clusters=table, branches=branches(), **empty
    )
    joint.check(evidence, cases(), file="evidence.tsv")
    multipliers = {"central_negative_not_lost": 1.0, "outside_baseline_not_lost": 1.0}
    first = joint.parse(evidence, cases(), multipliers=multipliers)[0]
    np.testing.assert_allclose(first.evidence.clusters, [[0.9, 0.05, 0.2, 0.05]], rtol=1e-5)
    assert first.evidence.get("amplicon_branch_loglr", PAIR).value == pytest.approx(-1.25)


def test_branches_of_these_cases_only():
    rows = branch_rows(branches(), cases())
    assert rows[["case", "time", "value", "n"]].to_numpy().tolist() == [
        ["B__F", "pair", -1.25, 2.0]
    ]

"""Gene sets over the cohort's change."""

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.errors import InputError
from her2omics.expression import pathways


def changes(genes, statistic):
    return tables.typed(pd.DataFrame({"gene": genes, "statistic": statistic}), "differential")


def ranked():
    genes = [f"G{index}" for index in range(300)]
    return changes(genes, np.linspace(5, -5, 300))


def test_small_sets_are_tested_and_the_fallen_set_is_found():
    sets = {
        "fallen": ["G296", "G297", "G298", "G299"],
        "spread": ["G3", "G80", "G150", "G220", "G290"],
        "pair": ["G1", "G2"],
    }
    found = pathways.pathway_table(ranked(), sets, seed=1).set_index("gene_set")
    assert set(found.index) == {"fallen", "spread"}
    assert found.loc["fallen", "nes"] < -1.3
    assert found.loc["fallen", "p"] < 0.05 < found.loc["spread", "p"]
    assert found.loc["fallen", "genes"] == 4


def test_the_seed_decides_the_permutations():
    sets = {"a": [f"G{index}" for index in range(40, 60)], "b": ["G1", "G100", "G200"]}
    one = pathways.pathway_table(ranked(), sets, seed=2**40 + 1)
    assert one.equals(pathways.pathway_table(ranked(), sets, seed=2**40 + 1))


def test_nothing_ranked_gives_an_empty_table():
    empty = tables.empty("differential")
    assert pathways.pathway_table(empty, {"a": ["G1", "G2", "G3"]}, seed=1).empty


def test_shipped_sets_hold_current_symbols():
    sets = pathways.read_gene_sets(None)
    assert {"NUF2", "NDC80", "ORC6"} <= set(sets["PAM50_50"])
    assert len(sets) >= 18


def test_a_users_file(tmp_path):
    path = tmp_path / "own.gmt"
    path.write_text("A\tsource\tCDCA1\tERBB2\tERBB2\n\nB\t\tGRB7\t\tMIEN1\n")
    assert pathways.read_gene_sets(path) == {"A": ["NUF2", "ERBB2"], "B": ["GRB7", "MIEN1"]}


def test_faults_of_a_users_file_are_named_by_line(tmp_path):
    path = tmp_path / "own.gmt"
    path.write_text("A\tsource\tERBB2\nA\tsource\tGRB7\nERBB2,GRB7\n")
    with pytest.raises(InputError) as caught:
        pathways.read_gene_sets(path)
    assert [problem.line for problem in caught.value.problems] == [2, 3]

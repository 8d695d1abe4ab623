"""The fish plot of a case, from tables written by hand."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from her2omics import tables
from her2omics.report import fish
from her2omics.report.results import Results

CASE = {"case": "B__F", "patient": "P", "baseline": "B", "followup": "F"}
SELECTED = (
    (0, None, 0.05, 0.05, None),
    (1, "0", 0.80, 0.01, "yes"),
    (2, "0", 0.15, 0.40, "no"),
    (3, "2", 0.0, 0.53, "no"),
    (4, "1", 0.01, 0.015, None),
)


@pytest.fixture
def results(tmp_path):
    """Return a function that makes results of clones (number, parent, shares, amplified)."""

    def make(*found, tree=None, samples=("B", "F")):
        rows = [
            {
                "patient": "P",
                "clone": clone,
                "parent": parent,
                "sample": sample,
                "prevalence": share,
                "prevalence_low": max(share - 0.04, 0),
                "prevalence_high": min(share + 0.04, 1),
                "carries_erbb2_amplification": kind,
            }
            for clone, parent, before, after, kind in found
            for sample, share in (("B", before), ("F", after), ("G", 0.3))
            if sample in samples
        ]
        if tree is not None:
            (tmp_path / "clone_trees.json").write_text(json.dumps({"P": tree}), encoding="utf-8")
        frame = pd.DataFrame(rows)
        return Results(tmp_path, {"clones": tables.typed(frame, "clones")})

    return make


def _texts(figure):
    return re.findall(r"<text[^>]*>([^<]*)</text>", figure)


def test_every_clone_is_named_with_its_shares_and_intervals(results):
    texts = _texts(fish.figure(results(*SELECTED), CASE)["figure"])
    assert "Clone 0, trunk: amplification not known" in texts
    assert "Clone 1, of clone 0: ERBB2 amplified" in texts
    assert "Clone 3, of clone 2: not amplified" in texts
    assert "80 % (76 to 84 %) \N{RIGHTWARDS ARROW} 1 % (0 to 5 %)" in texts
    assert "Not drawn, below 2 % in both: clone 4" in texts


def test_large_streams_carry_number_and_share_at_the_biopsies(results):
    texts = _texts(fish.figure(results(*SELECTED), CASE)["figure"])
    assert {"1: 80 %", "2: 15 %", "2: 40 %", "3: 53 %"} <= set(texts)
    assert not {"1: 1 %", "0: 5 %", "3: 0 %"} & set(texts)
    assert texts.count("not measured") == 2


def test_amplified_clones_have_colours_of_their_own(results):
    figure = fish.figure(results(*SELECTED), CASE)["figure"]
    fills = re.findall(r'<rect[^>]*fill="(#[0-9a-f]{6})" rx', figure)
    assert len(set(fills)) == 4
    assert fills[1] == fish._FILLS["yes"][0][0]
    assert fills[2] == fish._FILLS["no"][0][0]


def test_only_the_samples_of_the_case_count(results):
    pair = results(*SELECTED, samples=("B", "F", "G"))
    assert fish.figure(pair, CASE) == fish.figure(results(*SELECTED), CASE)


def test_parents_may_stand_after_their_children(results):
    first = fish.figure(results(*SELECTED), CASE)["figure"]
    turned = fish.figure(results(*SELECTED[3:], *SELECTED[:3]), CASE)["figure"]
    assert set(_texts(turned)) == set(_texts(first))


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"weight": 1.0, "compatible": 1, "fits": True}, "No other tree fits"),
        ({"weight": 0.6, "compatible": 2, "fits": True}, "60 %; another tree fits"),
        ({"weight": 0.3, "compatible": 9, "fits": True}, "30 %; 8 other trees fit"),
        ({"weight": 1.0, "compatible": 1, "fits": False}, "No tree fits"),
        (None, "Nothing is known"),
    ],
)
def test_how_sure_the_tree_is(results, tree, words):
    (line,) = fish.figure(results(*SELECTED, tree=tree), CASE)["lines"]
    assert words in line


def test_shares_beyond_all_cells_are_labelled_as_they_are_and_the_drawing_says_so(results):
    found = fish.figure(results((0, None, 0.6, 0.5, "yes"), (1, "0", 0.8, 0.3, "no")), CASE)
    assert {"0: 60 %", "1: 80 %"} <= set(_texts(found["figure"]))
    assert "in proportion" in found["lines"][1]


def test_without_clones_of_both_biopsies_there_is_no_plot(results):
    assert fish.figure(results(*SELECTED, samples=("B",)), CASE) is None
    assert fish.figure(results((0, None, 0.01, 0.0, None)), CASE) is None

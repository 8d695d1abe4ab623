"""The clones section of a case page, from tables written by hand."""

from pathlib import Path

import pandas as pd
import pytest

from her2omics import tables
from her2omics.report import clones
from her2omics.report.palette import FALL, RISE
from her2omics.report.results import Results

CASE = {"case": "B__F", "patient": "P", "baseline": "B", "followup": "F"}


def frame(name, rows):
    return tables.typed(pd.DataFrame(rows), name) if rows else tables.empty(name)


@pytest.fixture
def results():
    """Return a function that makes results of clusters (baseline, follow-up, mutations, call)."""

    def make(*found, drivers=()):
        shifts, ends = [], []
        for number, (before, after, mutations, call) in enumerate(found):
            row = {"cluster_id": number, "mutations": mutations, "call": call, "power": 0.9}
            shifts.append(CASE | row | {"ccf_baseline": before, "ccf_followup": after})
            for sample, value in (("B", before), ("F", after)):
                low, high = max(value - 0.1, 0), min(value + 0.05, 1)
                ends.append(
                    {
                        "patient": "P", "cluster_id": number, "sample_id": sample,
                        "ccf": value, "ccf_low": low, "ccf_high": high,
                    }
                )  # fmt: skip
        lineage = CASE | {"shared": 30, "private_baseline": 2, "private_followup": 18}
        frames = {
            "cluster_shifts": frame("cluster_shifts", shifts),
            "clusters": frame("clusters", ends),
            "clones": tables.empty("clones"),
            "lineage": frame("lineage", [lineage | {"call": "related"}]),
            "drivers": frame("drivers", [CASE | row for row in drivers]),
        }
        return Results(Path(), frames)

    return make


def test_without_clusters_of_both_there_is_no_section(results):
    assert clones.section(results(), CASE) is None


def test_without_clones_there_is_no_fish_plot(results):
    assert clones.section(results((1, 1, 9, "clonal")), CASE)["fish"] is None


def test_clusters_have_their_shares_with_intervals_and_what_changed(results):
    found = clones.section(results((1.0, 1.0, 40, "clonal"), (0.5, 0.0, 9, "loss")), CASE)
    assert found["rows"][1] == (
        "1", "9", "50 % (40 % to 55 %)", "0 % (0 % to 5 %)", "absent later", "90 %",
    )  # fmt: skip
    assert found["lines"] == [
        "Both biopsies are of one tumour: 30 mutations are in both biopsies, 2 are clonal in the "
        "baseline and visibly absent later, 18 the reverse."
    ]
    assert found["drivers"] == []


def test_the_figure_colours_what_came_and_went(results):
    legend = clones.section(results((1, 1, 9, "clonal")), CASE)["figure"]
    figure = clones.section(
        results((1, 1, 9, "clonal"), (0, 1, 9, "followup_private_clonal"), (0.5, 0, 9, "loss")),
        CASE,
    )["figure"]
    for colour in (RISE, FALL):
        assert figure.count(f'fill="{colour}"') == legend.count(f'fill="{colour}"') + 1
    assert "9 mutations: 50 % of the baseline" in figure


def test_drivers_say_what_is_not_covered(results):
    driver = {"gene": "TP53", "change": "p.R175H", "fate": "not_covered", "ccf_baseline": 0.98}
    driver |= {"ccf_baseline_low": 0.9, "ccf_baseline_high": 1.0}
    found = clones.section(results((1, 1, 9, "clonal"), drivers=[driver]), CASE)
    assert found["drivers"] == [
        ("TP53", "p.R175H", "98 % (90 % to 100 %)", "not covered", "not covered in both biopsies")
    ]

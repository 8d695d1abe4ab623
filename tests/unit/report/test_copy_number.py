"""The copy-number section of a case page, from tables written by hand."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from her2omics import genome, tables
from her2omics.report import biopsy, copy_number, locus_figure
from her2omics.report.results import Results

BUILD = genome.load("GRCh38")
ERBB2 = BUILD.genes.loc["ERBB2"]


def purity_line(log2, purity, ploidy):
    """Copies of log2 ratios over the genome's mean (pure cancer cells of the given ploidy)."""
    normal = 2 * (1 - purity) / purity
    return 2.0**log2 * (ploidy + normal) - normal


def world(samples):
    """Return results whose samples are (name, purity, ploidy, log2 at ERBB2)."""
    segments, pieces, rows, used = [], [], [], []
    for name, purity, ploidy, log2 in samples:
        for chromosome, start, end, level in (
            ("1", 0, 100_000_000, 0.0),
            ("8", 0, 100_000_000, 0.3),
            ("17", 0, 37_000_000, -0.1),
            ("17", 37_000_000, 41_000_000, log2),
            ("17", 41_000_000, 80_000_000, 0.1),
        ):
            copies = purity_line(level, purity, ploidy)
            segments.append([name, "P", chromosome, start, end, "q", level, 0.05, copies, 1, 50])
        for start in range(36_800_000, 42_600_000, 2_000):
            pieces.append([name, "P", start, start + 1_000, log2])
        copies = purity_line(log2, purity, ploidy)
        rows.append(
            {
                "sample": name, "patient": "P", "assay": "wes", "measured_by": "bins",
                "purity": purity, "purity_low": purity - 0.1, "purity_high": purity + 0.1,
                "ploidy": ploidy, "erbb2_log2": log2, "resolved": "yes",
                "erbb2_copies": copies, "erbb2_copies_low": 0.9 * copies,
                "erbb2_copies_high": 1.1 * copies, "ish_group": 1,
                "p_ish_group_1": 0.97, "p_ish_group_4": 0.03, "min_detectable_copies": 5.0,
                "amplicon_start": 37_000_000 if log2 > 1 else None,
                "amplicon_end": 41_000_000 if log2 > 1 else None,
                "cdk12_state": "gained", "ikzf3_state": "gained", "rara_state": "not_gained",
                "top2a_state": "not_gained", "note": "<b>few bins</b>",
            }
        )  # fmt: skip
        used.append({"sample": name, "patient": "P", "purity": purity, "source": "dna"})
    columns = {name: tables.TABLES[name].names for name in ("copy_number_segments", "locus_bins")}
    frames = {
        "copy_number_segments": pd.DataFrame(segments, columns=columns["copy_number_segments"]),
        "locus_bins": pd.DataFrame(pieces, columns=columns["locus_bins"]),
        "copy_number": pd.DataFrame(rows),
        "purity": pd.DataFrame(used),
    }
    frames = {name: tables.typed(frame, name) for name, frame in frames.items()}
    return Results(None, frames)


def section(results, baseline, followup, pair=None):
    names = {"baseline": baseline, "followup": followup}
    rows = {
        table: {time: results.of_sample(table, name) for time, name in names.items()}
        for table in ("copy_number", "purity")
    }
    return copy_number.section(results, rows["copy_number"], rows["purity"], pair, BUILD)


PAIR = {
    "call": "retained", "reason": None, "retention": 0.92, "retention_low": 0.8,
    "retention_high": 1.05, "retention_17q": None, "min_purity": 0.07,
    "p_amplified_followup": 0.999, "same_edges": "yes",
}  # fmt: skip


def test_copies_follow_the_segments_of_the_biopsy():
    results = world([("B", 0.6, 2.4, 1.8)])
    found = biopsy.of_sample(results, "baseline", results.of_sample("copy_number", "B"))
    for log2 in (-0.5, 0.0, 2.5):
        assert math.isclose(found.copies(log2), purity_line(log2, 0.6, 2.4), rel_tol=1e-5)


def test_many_bins_become_medians_of_windows():
    results = world([("B", 0.6, 2.4, 1.8)])
    found = biopsy.of_sample(results, "baseline", results.of_sample("copy_number", "B"))
    points, window = found.points(36_700_000, 42_700_000)
    assert window is not None
    assert 100 < len(points) <= 320
    np.testing.assert_allclose([copies for _, copies in points], found.copies(1.8), rtol=1e-5)


def test_the_section_says_copies_groups_and_the_call():
    found = section(world([("B", 0.6, 2.4, 1.8), ("F", 0.4, 2.2, 1.2)]), "B", "F", PAIR)
    rows = dict(found["rows"])
    assert rows["Tumour content (90 % interval)"][0] == "60 % (50\N{EN DASH}70 %), fitted to DNA"
    copies = purity_line(1.8, 0.6, 2.4)
    assert rows["ERBB2 copies per cancer cell"][0].startswith(f"{copies:.1f} (")
    assert rows["As ISH would group it"][0].startswith("group 1: 97 %, group 4: 3 % (ratio 2")
    assert rows["Genes gained with ERBB2"][0] == "CDK12, IKZF3; not RARA, TOP2A"
    assert rows["What limits the numbers"][0] == "<b>few bins</b>"
    assert "CEP17 copies per cancer cell" not in rows
    assert found["call"] == "retained"
    assert "92 % (90 % interval 80 to 105 %)" in found["lines"][0]
    assert len(found["figures"]) == 2


def test_a_missing_follow_up_is_said_in_the_figures():
    found = section(world([("B", 0.6, 2.4, 1.8)]), "B", None)
    assert found["samples"] == ["B", None]
    assert found["call"] is None
    assert all("no biopsy" in figure for figure, _ in found["figures"])


def test_no_dna_no_section():
    assert section(world([("B", 0.6, 2.4, 1.8)]), None, None) is None


@pytest.mark.parametrize("copies", [4, 15, 60])
def test_the_axis_holds_the_copies(copies):
    log2 = math.log2((copies + 2 * 0.4 / 0.6) / (2.4 + 2 * 0.4 / 0.6))
    results = world([("B", 0.6, 2.4, log2)])
    found = biopsy.of_sample(results, "baseline", results.of_sample("copy_number", "B"))
    assert copies < locus_figure.top_of([found]) < max(2 * copies, 12)


def test_labels_are_spread_without_crossing():
    places = locus_figure.spread([10, 11, 12, 80, 81], 8, 0, 100)
    assert places == sorted(places)
    assert all(b - a >= 8 - 1e-9 for a, b in itertools.pairwise(places))
    assert min(places) >= 0
    assert max(places) <= 100

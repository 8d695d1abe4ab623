import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics import genome
from her2omics.copy_number import tracks

GRCH38 = genome.load("GRCh38")
NAMES = {"sample": "S", "assay": "wes", "genome": GRCH38}


def erbb2(track):
    begin = int(tracks.offsets(GRCH38)["17"])
    place = GRCH38.genes.loc["ERBB2"]
    # The other strand's MIEN1 begins inside the last exon.
    end = GRCH38.genes.at["MIEN1", "start"]
    at = np.array([begin + place["start"]]), np.array([begin + end])
    level, effective = track.levels(*at)
    return level[0], effective[0]


def test_positions_lie_on_one_line_and_unknown_contigs_on_none():
    found = tracks.linear(pd.Series(["1", "2", "MT"]), pd.Series([5, 5, 5]), genome=GRCH38)
    assert list(found) == [5, GRCH38.contigs.at["1", "length"] + 5, -1]


def test_bins_know_their_noise(made, rng):
    bins = made.bins_of(made.Tumour(), rng, sd=0.2).frame
    assert tracks.of_bins(bins, **NAMES).sigma == pytest.approx(0.2, rel=0.05)


def test_bins_without_coverage_have_no_weight(made, rng):
    bins = made.bins_of(made.Tumour(), rng).frame
    inside = bins["chromosome"].eq("17") & bins["start"].between(*made.AMPLICON)
    bins.loc[inside, "log2"] = np.nan
    level, effective = erbb2(tracks.of_bins(bins, **NAMES))
    assert np.isnan(level)
    assert effective == 0


def test_an_interval_of_a_segment_has_its_part_of_the_markers(made):
    tumour = made.Tumour()
    segments = made.segments_of(tumour).frame
    track = tracks.of_segments(segments, kind="plain", **NAMES)
    level, effective = erbb2(track)
    length = made.AMPLICON[1] - made.AMPLICON[0]
    inside = GRCH38.genes.at["MIEN1", "start"] - GRCH38.genes.at["ERBB2", "start"]
    assert level == pytest.approx(np.log2(tumour.ratio(12.0)))
    assert effective == pytest.approx(30 * inside / length)


def test_markers_are_counted_by_length_where_a_table_holds_none(made):
    track = tracks.of_segments(
        made.segments_of(made.Tumour(), probes=False).frame, kind="plain", **NAMES
    )
    length = track.end - track.start
    np.testing.assert_allclose(track.weight, np.maximum(length / 100_000, 1))


def test_copies_alone_become_the_ratio_in_the_cancer_cells(made):
    tumour = made.Tumour(purity=0.3)
    track = tracks.of_segments(made.segments_of(tumour, copies=True).frame, kind="purple", **NAMES)
    assert (track.kind, track.deconvoluted) == ("copies", True)
    assert "without log ratios" in track.note
    assert erbb2(track)[0] == pytest.approx(np.log2(12 / tumour.ploidy()), abs=0.02)


def test_a_copy_number_of_zero_stays_finite(made):
    segments = made.segments_of(made.Tumour(arms={"3p": (0, 0)}), copies=True).frame
    assert np.isfinite(tracks.of_segments(segments, kind="ascat", **NAMES).log2).all()


@pytest.mark.parametrize(
    ("unit", "kind", "deconvoluted"),
    [("log2", "genes", False), ("copies", "genes", True), ("discrete", "discrete", False)],
)
def test_gene_values(made, unit, kind, deconvoluted):
    tumour = made.Tumour(purity=0.5)
    track = tracks.of_genes(made.genes_of(tumour, unit), unit, **NAMES)
    level, effective = erbb2(track)
    assert (track.kind, track.deconvoluted, effective) == (kind, deconvoluted, 1)
    truth = {
        "log2": np.log2(tumour.ratio(12.0)),
        "copies": np.log2(12.0 / tumour.ploidy()),
        "discrete": 1.3,
    }
    assert level == pytest.approx(truth[unit])


def test_genes_without_a_value_are_unknown(made):
    values = made.genes_of(made.Tumour(), "discrete")
    values["ERBB2"] = np.nan
    assert np.isnan(erbb2(tracks.of_genes(values, "discrete", **NAMES))[0])


@settings(max_examples=40, deadline=None)
@given(
    cut=st.integers(1, 98), shift=st.floats(-3, 3), values=st.lists(st.floats(-2, 2), min_size=4)
)
def test_levels_of_pieces_are_means_over_their_overlap(cut, shift, values):
    edges = np.arange(len(values) + 1) * 100
    weight = np.full(len(values), 10.0)
    track = tracks.Track("S", "wes", "segments", edges[:-1], edges[1:], np.array(values), weight, 1)
    moved = tracks.Track(
        "S", "wes", "segments", edges[:-1], edges[1:], np.array(values) + shift, weight, 1
    )
    start, end = np.array([cut, 200 + cut]), np.array([100 + cut, 300 + cut])
    level, effective = track.levels(start, end)
    expected = (values[0] * (100 - cut) + values[1] * cut) / 100
    assert level[0] == pytest.approx(expected, abs=1e-9)
    np.testing.assert_allclose(moved.levels(start, end)[0], level + shift, atol=1e-9)
    assert effective[0] == pytest.approx(10)

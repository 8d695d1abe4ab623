import numpy as np
import pytest

from her2omics.copy_number import locus, tracks
from her2omics.copy_number.joint import joint_profile


def segments_profile(made, tumour, **options):
    names = {"kind": "plain", "sample": "S", "assay": "wes", "genome": made.GRCH38}
    copies = options.get("copies", False)
    track = tracks.of_segments(made.segments_of(tumour, **options).frame, **names)
    assert track.deconvoluted == copies
    return joint_profile([track], [0.1], genome=made.GRCH38)


def test_the_smallest_amplicon_spans_its_published_genes(made):
    start, end = locus.core(made.GRCH38)
    inside = made.GRCH38.genes.query("start >= @start and end <= @end")
    assert {"TCAP", "PNMT", "PGAP3", "ERBB2", "MIEN1", "GRB7"} <= set(inside.index)
    assert end - start == pytest.approx(locus.SMALLEST_AMPLICON, rel=0.1)


def test_the_error_falls_to_the_floors():
    sigma, tau = np.array([0.3]), np.array([0.11])
    few = locus.standard_error(sigma, np.array([10.0]), 86_000, tau)[0]
    many = locus.standard_error(sigma, np.array([1e9]), 86_000, tau)[0]
    arm = locus.standard_error(sigma, np.array([1e9]), 1e12, tau)[0]
    assert few == pytest.approx(np.sqrt(1.2 * 0.09 / 10 + 0.0121 / 1.086 + 0.0009))
    assert few > many > arm
    assert arm == pytest.approx(locus.SEGMENT_FLOOR_SD, rel=1e-3)
    assert np.isnan(locus.standard_error(sigma, np.array([0.0]), 1, tau)[0])


def test_edges_and_genes_of_the_amplicon(made):
    profile = made.profile_of(made.Tumour())
    here = profile.locus.iloc[0]
    np.testing.assert_allclose([here["start"], here["end"]], made.AMPLICON, atol=20_000)
    genes = profile.genes.set_index("gene")
    assert genes.loc[["ERBB2", "GRB7", "CDK12"], "spanned"].all()
    assert not genes.loc[["RARA", "TOP2A"], "spanned"].any()
    assert genes.at["ERBB2", "gained"]
    assert not genes.at["TOP2A", "gained"]


def test_an_amplicon_that_reaches_top2a(made):
    profile = made.profile_of(made.Tumour(amplicon=(39_500_000, 40_500_000)))
    assert profile.genes.set_index("gene").loc[["RARA", "TOP2A"], "gained"].all()


def test_polysomy_has_no_focal_edges(made):
    profile = made.profile_of(made.Tumour(erbb2=6.0, arms={"17q": (5, 1), "17p": (5, 1)}))
    here = profile.locus.iloc[0]
    assert np.isnan(here["start"])
    assert abs(here["excess"]) < 0.25


def test_the_smallest_amplicon_is_found(made):
    start, end = locus.core(made.GRCH38)
    profile = made.profile_of(made.Tumour(amplicon=(start, end)))
    here = profile.locus.iloc[0]
    np.testing.assert_allclose([here["start"], here["end"]], (start, end), atol=40_000)
    assert here["log2"] - here["background_log2"] > 1.5


def test_a_swallowed_amplicon_is_not_denied(made):
    found = segments_profile(made, made.Tumour(), swallowed=True, probes=False)
    here = found.locus.iloc[0]
    assert not here["resolved"]
    assert "an amplicon may hide in it" in here["reason"]


def test_a_focal_segment_is_resolved(made):
    assert segments_profile(made, made.Tumour()).locus["resolved"][0]


def test_a_long_segment_of_many_markers_is_resolved(made):
    """5 kb a marker: seventeen would have fallen into the smallest amplicon."""
    segments = made.segments_of(made.Tumour(erbb2=2.0), swallowed=True).frame
    segments["probes"] = (segments["end"] - segments["start"]) / 5_000
    names = {"kind": "plain", "sample": "S", "assay": "wgs", "genome": made.GRCH38}
    profile = joint_profile([tracks.of_segments(segments, **names)], [0.05], genome=made.GRCH38)
    assert profile.locus["resolved"][0]


def test_sides_of_the_centromere(made):
    tumour = made.Tumour(arms={"17p": (1, 0), "17q": (2, 1), "8q": (3, 1)})
    profile = made.profile_of(tumour)
    sides = profile.pericentromere.set_index("side")["log2"]
    assert sides["17p"] == pytest.approx(np.log2(tumour.ratio(1)), abs=0.12)
    assert sides["17q"] == pytest.approx(np.log2(tumour.ratio(3)), abs=0.12)
    assert profile.p17["log2"][0] == pytest.approx(np.log2(tumour.ratio(1)), abs=0.12)


def test_locus_level_of_probes():
    start = np.arange(0, 40_000_000, 100_000)
    log2 = np.where((start >= 30_000_000) & (start < 30_500_000), 3.0, 0.5)[None]
    options = {"locus": (30_000_000, 30_500_000), "arm": (10_000_000, 40_000_000)}
    level, background, probes = locus.locus_level(start, start + 1, log2, **options)
    assert (level[0], background[0], probes) == (3.0, 0.5, 5)
    sparse = start[::11]
    level, background, probes = locus.locus_level(sparse, sparse + 1, log2[:, ::11], **options)
    assert (background[0], probes) == (0.5, 1) or probes == 0
    empty = np.empty(0)
    level, background, probes = locus.locus_level(empty, empty, np.empty((1, 0)), **options)
    assert np.isnan([level[0], background[0]]).all()
    assert probes == 0

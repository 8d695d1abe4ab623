import numpy as np
import pytest

from her2omics.copy_number import tracks
from her2omics.copy_number.joint import joint_profile
from her2omics.genome import load


def track_of(made, tumour, rng, *, where=None, sd=0.1, name="S"):
    frame = made.bins_of(tumour, rng, where=where, sd=sd).frame
    return tracks.of_bins(frame, sample=name, assay="wes", genome=made.GRCH38)


def at_erbb2(profile):
    return profile.segments.iloc[profile.erbb2_segment]


def test_segments_tile_the_arms_in_order(made):
    profile = made.profile_of(made.Tumour(), made.Tumour(purity=0.2, erbb2=2.0))
    segments = profile.segments
    assert (segments["start"] < segments["end"]).all()
    for _, part in segments.groupby("chromosome"):
        assert (part["start"].to_numpy()[1:] >= part["end"].to_numpy()[:-1]).all()
    assert profile.log2.shape == profile.se.shape == (2, len(segments))
    assert np.isfinite(profile.se).all()


def test_levels_are_those_of_the_generator(made):
    tumour = made.Tumour()
    profile = made.profile_of(tumour)
    middle = (profile.segments["start"] + profile.segments["end"]) // 2
    truth = np.log2(
        tumour.ratio(tumour.copies(profile.segments["chromosome"], middle, middle + 1).sum(axis=1))
    )
    z = (profile.log2[0] - truth) / profile.se[0]
    assert np.mean(np.abs(z) < 2) > 0.95


def test_the_baseline_places_the_amplicon_of_a_faint_followup(made):
    profile = made.profile_of(made.Tumour(), made.Tumour(purity=0.05))
    here = at_erbb2(profile)
    np.testing.assert_allclose([here["start"], here["end"]], made.AMPLICON, atol=20_000)


def test_samples_come_in_the_order_given(made):
    high, low = made.Tumour(erbb2=20.0), made.Tumour(erbb2=2.0)
    forth, back = made.profile_of(high, low), made.profile_of(low, high)
    assert forth.locus["log2"][0] == pytest.approx(back.locus["log2"][1], abs=0.15)


def test_the_offset_of_a_sample_is_free(made):
    rows = []
    for offset in (0.0, 1.7):
        rng = np.random.default_rng(4)
        frame = made.bins_of(made.Tumour(), rng, offset=offset).frame
        names = {"sample": "S", "assay": "wes", "genome": made.GRCH38}
        rows.append(joint_profile([tracks.of_bins(frame, **names)], [0.1], genome=made.GRCH38))
    np.testing.assert_allclose(rows[1].log2, rows[0].log2 + 1.7, atol=1e-6)
    np.testing.assert_allclose(rows[1].locus["excess"], rows[0].locus["excess"], atol=1e-6)


def test_different_designs_meet_in_windows(made, rng):
    coarse = made.grid(step=1_500_000, near=30_000)
    both = [
        track_of(made, made.Tumour(), rng, name="A"),
        track_of(made, made.Tumour(purity=0.3), rng, where=coarse, name="B"),
    ]
    profile = joint_profile(both, [0.1, 0.1], genome=made.GRCH38)
    here = at_erbb2(profile)
    np.testing.assert_allclose([here["start"], here["end"]], made.AMPLICON, atol=60_000)
    assert (profile.locus["excess"] > 1).all()


def test_bins_and_segments_together(made, rng):
    segments = made.segments_of(made.Tumour(purity=0.4, erbb2=2.0)).frame
    names = {"assay": "wes", "genome": made.GRCH38}
    other = tracks.of_segments(segments, kind="plain", sample="F", **names)
    profile = joint_profile(
        [track_of(made, made.Tumour(), rng), other], [0.1, 0.1], genome=made.GRCH38
    )
    assert list(profile.locus["source"]) == ["bins", "segments"]
    assert profile.locus["excess"][0] > 1.5
    assert abs(profile.locus["excess"][1]) < 0.2


def test_genes_alone_give_the_locus(made):
    names = {"sample": "B", "assay": "wes", "genome": made.GRCH38}
    track = tracks.of_genes(made.genes_of(made.Tumour(), "log2"), "log2", **names)
    profile = joint_profile([track], [0.1], genome=made.GRCH38)
    assert profile.locus["excess"][0] > 1.5
    assert profile.locus["source"][0] == "genes"


def test_nothing_on_chromosome_17(made, rng):
    where = made.grid(chromosomes=("1", "2"))
    track = track_of(made, made.Tumour(), rng, where=where)
    profile = joint_profile([track], [0.1], genome=made.GRCH38)
    assert profile.erbb2_segment is None
    assert np.isnan(profile.locus["log2"][0])
    assert profile.locus["reason"][0] == "nothing covers ERBB2"


def test_the_other_build(made, rng):
    grch37 = load("GRCh37")
    frame = made.bins_of(made.Tumour(erbb2=2.0), rng).frame
    place = grch37.genes.loc["ERBB2"]
    over = frame["chromosome"].eq("17") & frame["start"].between(
        place["start"] - 200_000, place["end"] + 200_000
    )
    frame.loc[over, "log2"] += 2
    names = {"sample": "S", "assay": "wes", "genome": grch37}
    profile = joint_profile([tracks.of_bins(frame, **names)], [0.1], genome=grch37)
    assert profile.locus["excess"][0] == pytest.approx(2, abs=0.2)

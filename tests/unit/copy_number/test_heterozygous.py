import numpy as np
import pytest

from her2omics.copy_number.heterozygous import heterozygous_snps, site_tilt


def found_in(made, *frames, segments=None):
    if segments is None:
        arms = made.GRCH38.arms()
        segments = arms[["chromosome", "start", "end"]]
    return heterozygous_snps(frames, segments, genome=made.GRCH38)


def test_sites_are_those_of_the_generator(made, rng):
    sites = made.germline(rng)
    found = found_in(made, made.snps_of(made.Tumour(), sites, rng).frame)
    assert len(found.position) > 0.99 * len(sites.position)
    assert set(zip(found.chromosome, found.position, strict=True)) <= set(
        zip(sites.chromosome, sites.position, strict=True)
    )
    arms = made.GRCH38.arms()
    place = arms.iloc[found.segment]
    assert (place["chromosome"].to_numpy() == found.chromosome).all()
    assert (place["start"].to_numpy() < found.position).all()


def test_homozygous_sites_of_the_normal_are_left_out(made, rng):
    sites = made.germline(rng)
    frame = made.snps_of(made.Tumour(), sites, rng).frame
    frame.loc[:99, ["normal_ref_count", "normal_alt_count"]] = 80, 0
    found = found_in(made, frame)
    assert not set(frame["position"][:100]) & set(found.position)


def test_without_a_normal_a_tumour_judges(made, rng):
    sites = made.germline(rng)
    frame = made.snps_of(made.Tumour(), sites, rng, normal=False).frame
    frame.loc[0, ["ref_count", "alt_count"]] = 90, 0
    found = found_in(made, frame)
    assert frame["position"][0] not in found.position
    assert len(found.position) > 0.9 * len(frame)
    assert np.isnan(found.normal_depth).all()
    assert not found.tilt.any()


def test_one_sample_has_counts(made, rng):
    frame = made.snps_of(made.Tumour(), made.germline(rng), rng).frame
    found = found_in(made, None, frame)
    assert np.isnan(found.depth[0]).all()
    assert np.isfinite(found.depth[1]).all()


def test_sites_of_both_samples_are_joined(made, rng):
    sites = made.germline(rng)
    frame = made.snps_of(made.Tumour(), sites, rng).frame
    found = found_in(made, frame[::2], frame[1::2])
    assert (np.isfinite(found.depth).sum(axis=0) == 1).all()


def test_none_where_nothing_is_heterozygous(made, rng):
    frame = made.snps_of(made.Tumour(), made.germline(rng), rng).frame
    assert found_in(made, None, None) is None
    assert found_in(made, frame.head(0)) is None
    assert found_in(made, frame.assign(chromosome="X")) is None
    assert found_in(made, frame.assign(normal_alt_count=0.0)) is None


def test_sites_between_segments_are_left_out(made, rng):
    arms = made.GRCH38.arms()[["chromosome", "start", "end"]]
    frame = made.snps_of(made.Tumour(), made.germline(rng), rng).frame
    found = found_in(made, frame, segments=arms[arms["chromosome"].eq("1")].reset_index(drop=True))
    assert set(found.chromosome) == {"1"}


def test_tilt_recovers_the_bias_of_sites(rng):
    truth = rng.normal(0, 0.4, 4000)
    depth = rng.poisson(300, 4000).astype(float)
    odds = 0.53 / 0.47 * np.exp(truth)
    found = site_tilt(rng.binomial(depth.astype(int), odds / (1 + odds)).astype(float), depth)
    assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert np.std(found) < np.std(truth) * 1.05


def test_noise_of_the_normal_is_no_tilt(rng):
    depth = np.full(4000, 40.0)
    found = site_tilt(rng.binomial(40, 0.5, 4000).astype(float), depth)
    assert np.abs(found).max() < 0.15
    assert not site_tilt(np.full(10, 20.0), np.full(10, 40.0)).any()
    assert site_tilt(np.full(60, np.nan), np.full(60, np.nan)) == pytest.approx(np.zeros(60))

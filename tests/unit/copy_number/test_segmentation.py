import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics.copy_number import segmentation


def steps(rng, levels, length, samples=2, sd=0.3):
    signal = np.repeat(np.atleast_2d(levels), length, axis=1)
    signal = np.repeat(signal, samples, axis=0) + sd * rng.standard_normal(
        (samples, signal.shape[1])
    )
    return signal, np.ones_like(signal), np.full(samples, sd)


def one_arm(signal):
    return np.zeros(signal.shape[1], dtype=int)


def test_a_step_is_found_where_it_is(rng):
    signal, weight, sigma = steps(rng, [0.0, 0.8, 0.0], 200)
    found = segmentation.edges(signal, weight, sigma, one_arm(signal))
    np.testing.assert_allclose(found, [0, 200, 400], atol=2)


def test_noise_alone_has_no_steps():
    extra = 0
    for seed in range(10):
        signal, weight, sigma = steps(np.random.default_rng(seed), [0.0], 2000)
        extra += len(segmentation.edges(signal, weight, sigma, one_arm(signal))) - 1
    assert extra == 0


def test_arms_are_cut_apart_whatever_their_levels(rng):
    signal, weight, sigma = steps(rng, [0.0], 100)
    arm = np.repeat([0, 1, 2], [40, 2, 58])
    assert set(segmentation.edges(signal, weight, sigma, arm)) == {0, 40, 42}


def test_a_clear_sample_places_the_edges_of_a_faint_one(rng):
    clear, weight, sigma = steps(rng, [0.0, 1.0, 0.0], 150, samples=1)
    faint = steps(rng, [0.0, 0.15, 0.0], 150, samples=1)[0]
    arm = one_arm(clear)
    alone = segmentation.edges(faint, weight, sigma, arm)
    both = segmentation.edges(
        np.vstack([clear, faint]), np.ones((2, 450)), np.repeat(sigma, 2), arm
    )
    assert len(alone) < 3
    np.testing.assert_allclose(both, [0, 150, 300], atol=2)


def test_one_outlying_bin_is_no_segment(rng):
    signal, weight, sigma = steps(rng, [0.0], 500)
    signal[:, 250] = 8.0
    assert list(segmentation.edges(signal, weight, sigma, one_arm(signal))) == [0]


def test_an_arm_without_coverage_is_one_segment(rng):
    """Chromosome Y of a woman: no bin of it has a value."""
    signal, weight, sigma = steps(rng, [0.0], 120)
    signal[:, 60:] = np.nan
    arm = np.repeat([0, 1], 60)
    assert list(segmentation.edges(signal, weight, sigma, arm)) == [0, 60]


def test_long_arms_are_refined_to_the_bin(rng):
    signal, weight, sigma = steps(rng, [0.0, 0.6], 9_001, samples=1)
    found = segmentation.edges(signal, weight, sigma, one_arm(signal))
    np.testing.assert_allclose(found, [0, 9_001], atol=5)


@settings(max_examples=25, deadline=None)
@given(
    shift=st.floats(-5, 5),
    scale=st.sampled_from([0.5, 2.0, 4.0]),
    missing=st.sets(st.integers(0, 299), max_size=40),
    seed=st.integers(0, 1000),
)
def test_levels_move_with_their_bins(shift, scale, missing, seed):
    signal, weight, sigma = steps(np.random.default_rng(seed), [0.0, 1.0, -0.5], 100)
    signal[:, sorted(missing)] = np.nan
    starts = np.array([0, 100, 200])
    level, effective = segmentation.robust_means(signal, weight, sigma, starts)
    moved, _ = segmentation.robust_means(signal * scale + shift, weight, sigma * scale, starts)
    np.testing.assert_allclose(moved, level * scale + shift, atol=1e-8)
    gone = np.bincount(np.array(sorted(missing), dtype=int) // 100, minlength=3)
    np.testing.assert_allclose(effective, np.tile(100 - gone, (2, 1)))


def test_means_resist_outliers_and_state_their_error(rng):
    errors = []
    for _ in range(300):
        signal, weight, sigma = steps(rng, [0.0], 50, samples=1)
        signal[0, :3] += 6.0
        errors.append(segmentation.robust_means(signal, weight, sigma, np.array([0]))[0][0, 0])
    # Three of 50 at + 6 move the plain mean by .36.
    assert abs(np.mean(errors)) < 0.05
    clean = [
        segmentation.robust_means(*steps(rng, [0.0], 50, samples=1), np.array([0]))[0][0, 0]
        for _ in range(600)
    ]
    assert np.var(clean) <= segmentation.SE_FACTOR * 0.3**2 / 50 * 1.1


def test_a_segment_without_bins_has_no_level():
    signal = np.array([[np.nan, np.nan, 1.0, 1.0]])
    level, effective = segmentation.robust_means(
        signal, np.ones_like(signal), np.array([0.1]), np.array([0, 2])
    )
    assert np.isnan(level[0, 0])
    assert level[0, 1] == pytest.approx(1.0)
    assert list(effective[0]) == [0, 2]


def hidden(rng, height, *, tau=0.0, width=4):
    signal, weight, sigma = steps(rng, [0.0], 400)
    signal[:, 200 : 200 + width] += height
    return segmentation.split_at(
        signal,
        weight,
        sigma,
        segment=(0, 400),
        core=(200, 200 + width),
        core_variance=np.full(2, tau**2),
    )


def test_a_swallowed_amplicon_is_split_off(rng):
    np.testing.assert_allclose(hidden(rng, 1.5), [200, 204], atol=1)


def test_locus_bias_is_no_amplicon(rng):
    assert hidden(rng, 0.3, tau=0.3) == []


def test_nothing_hidden_is_split_as_rarely_as_stated(rng):
    assert sum(bool(hidden(rng, 0.0)) for _ in range(200)) <= 2


def test_a_core_as_long_as_its_segment_is_left(rng):
    signal, weight, sigma = steps(rng, [0.0], 10)
    options = {"segment": (0, 10), "core": (0, 10), "core_variance": np.zeros(2)}
    assert segmentation.split_at(signal, weight, sigma, **options) == []

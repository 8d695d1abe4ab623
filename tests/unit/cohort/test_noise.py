"""Sample noise from the stable genes."""

import numpy as np
import pandas as pd
import pytest

from her2omics.cohort import levels, noise

STABLE = levels.stable_levels()
NONE = pd.Series(dtype=float)


def scattered(sd, samples=1, offset=0.0, seed=1):
    rng = np.random.default_rng(seed)
    values = STABLE.to_numpy()[:, None] + offset + rng.normal(0, sd, (len(STABLE), samples))
    return pd.DataFrame(values, index=STABLE.index, columns=[f"S{i}" for i in range(samples)])


def spread(frame, offsets=NONE, factor=1.0):
    factors = pd.Series(factor, index=frame.columns)
    return noise.stable_spread(frame, size_factors=factors, offsets=offsets)


@pytest.mark.parametrize("times", [1.0, 2.0, 3.0])
def test_the_sample_sd_grows_with_the_spread(times):
    found = spread(scattered(times * noise.expected_spread()))
    assert found["sample_sd"].iloc[0] == pytest.approx(times * noise.SAMPLE_SD, rel=0.15)


def test_a_quiet_sample_is_not_believed_to_be_better_than_the_floor():
    found = spread(scattered(0.01))
    assert found["sample_sd"].iloc[0] == pytest.approx(noise.SAMPLE_SD * noise.LEAST_SHARE)


def test_counting_noise_of_a_shallow_library_is_not_the_samples():
    rng = np.random.default_rng(3)
    reads = rng.poisson(np.exp2(STABLE.to_numpy()) * 0.5)
    shallow = pd.DataFrame({"S": np.log2(reads / 0.5 + 0.5)}, index=STABLE.index)
    found = spread(shallow, factor=0.5 / levels.REFERENCE_MILLIONS)
    assert found["stable_sd"].iloc[0] > 0.2
    assert found["sample_sd"].iloc[0] == pytest.approx(noise.SAMPLE_SD * noise.LEAST_SHARE)


def test_what_the_protocol_does_to_every_sample_is_no_noise_of_a_sample():
    rng = np.random.default_rng(4)
    protocol = rng.normal(0, 0.9, len(STABLE))[:, None]
    frame = scattered(0.3, samples=12) + protocol
    offsets = noise.stable_offsets(frame)
    before, after = spread(frame), spread(frame, offsets)
    assert (after["stable_sd"] < 0.5 * before["stable_sd"]).all()


def test_no_offsets_from_few_samples():
    assert noise.stable_offsets(scattered(0.3, samples=noise.MIN_SAMPLES - 1)).empty


def test_without_a_size_factor_the_noise_is_that_of_the_reference():
    found = spread(scattered(0.3), factor=np.nan)
    assert np.isnan(found["stable_sd"].iloc[0])
    assert found["sample_sd"].iloc[0] == noise.SAMPLE_SD

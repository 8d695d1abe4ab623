from __future__ import annotations

import numpy as np
import pytest

from her2omics.simulate import pathology


def test_ish_groups():
    ratio = np.array([2.5, 2.5, 1.5, 1.5, 1.5])
    copies = np.array([8.0, 3.0, 6.5, 4.5, 2.0])
    assert pathology.ish_group(ratio, copies).tolist() == [1, 2, 3, 4, 5]


def test_protein_is_dosage_and_repression():
    level = pathology.protein_level(
        np.array([1.0, 1.0, 0.0]),
        np.array([16.0] * 3),
        np.array([2.0] * 3),
        np.array([2.0] * 3),
        np.array([0.0, 2.0, 0.0]),
    )
    np.testing.assert_allclose(level, [3.0, 1.0, 0.0])


def test_a_clear_stain_is_reported_with_three_percent_error():
    rng = np.random.default_rng(1)
    high = np.full(40_000, 6.0)
    never = np.zeros(40_000, dtype=bool)
    reported, score = pathology.reported_status(rng, high, never, np.ones(40_000))
    assert reported.mean() == pytest.approx(0.97, abs=0.005)
    assert set(score[reported]) == {3}
    assert set(score[~reported]) == {0, 1}


def test_protein_only_loss_stains_zero_or_one_whatever_the_copies():
    rng = np.random.default_rng(1)
    n = 4000
    reported, score = pathology.reported_status(
        rng, np.full(n, 6.0), np.ones(n, dtype=bool), np.ones(n)
    )
    assert set(score[~reported]) == {0, 1}
    assert reported.mean() < 0.05


def test_two_plus_is_decided_by_ish():
    rng = np.random.default_rng(1)
    n = 8000
    never = np.zeros(n, dtype=bool)
    amplified, _ = pathology.reported_status(rng, np.full(n, 1.0), never, np.full(n, 1))
    flat, _ = pathology.reported_status(rng, np.full(n, 1.0), never, np.full(n, 5))
    assert amplified.mean() > 0.95
    assert flat.mean() < 0.12


def test_a_forced_status_takes_the_stain_along():
    reported, score = np.array([True, False]), np.array([3, 1])
    status, stain = pathology.force_status(reported, score, "negative")
    assert status.tolist() == [False, False]
    assert stain.tolist() == [1, 1]
    status, stain = pathology.force_status(reported, score, "positive")
    assert status.tolist() == [True, True]
    assert stain.tolist() == [3, 3]
    assert pathology.force_status(reported, score, None)[0] is reported

"""Branch or trunk: which reads say what, and which say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from her2omics.clones.branch import Pair, Tumour, loglr

BASELINE, FOLLOWUP = Tumour([(0.6, 0.03, 2.1, 1.0)]), Tumour([(0.5, 0.03, 2.1, 1.0)])
LIMIT = 9.0


def _ratio(*mutations, share=np.nan, limit=LIMIT, seed=1, followup=FOLLOWUP):
    """Ratio of mutations given as (alt, depth) of the baseline, (alt, depth) of the follow-up."""
    alt = np.array([[before[0], after[0]] for before, after in mutations], float).reshape(-1, 2).T
    depth = np.array([[before[1], after[1]] for before, after in mutations], float)
    pair = Pair(BASELINE, followup, share, 0.02, alt, depth.reshape(-1, 2).T)
    return loglr(pair, limit=limit, limit_for=limit, rng=np.random.default_rng(seed))


OLDER_GONE = (70, 100), (0, 100)
OLDER_THERE = (70, 100), (25, 100)
OLDER_HIGH = (70, 100), (68, 100)


def test_without_reads_there_is_nothing_to_say():
    assert _ratio() is None


def test_a_lost_haplotype_speaks_for_the_trunk():
    assert _ratio(share=0.25) < -1
    assert 0 <= _ratio(share=0.49) < 0.5


def test_haplotype_there_and_its_mutation_not_speaks_for_the_branch():
    assert _ratio(OLDER_GONE, share=0.5) > 1


def test_a_lost_mutation_alone_says_little():
    assert abs(_ratio(OLDER_GONE)) < 0.8
    assert _ratio(OLDER_GONE, share=0.25) < -1


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_a_residual_gain_says_nothing(share):
    assert _ratio(share=share) == 0
    assert abs(_ratio(OLDER_HIGH, share=share)) < 0.1
    assert abs(_ratio(OLDER_HIGH)) < 0.1


def test_what_an_amplification_that_was_kept_explains_says_nothing():
    younger = (6, 100), (5, 100)
    assert _ratio(younger, share=0.8) == 0
    assert abs(_ratio(OLDER_HIGH, OLDER_HIGH, share=0.8)) < 0.1


def test_the_baseline_alone_says_nothing():
    for before in ((0, 100), (5, 100), (40, 100), (90, 100)):
        assert abs(_ratio((before, (0, 0)))) < 0.05


def test_an_absence_that_few_reads_show_says_less():
    shallow = _ratio(((70, 100), (0, 4)), share=0.5)
    impure = _ratio(OLDER_GONE, share=0.5, followup=Tumour([(0.05, 0.02, 2.1, 1.0)]))
    assert shallow < _ratio(OLDER_GONE, share=0.5)
    assert abs(impure) < 0.5


def test_a_mode_of_low_purity_takes_the_weight_off_an_absence():
    two = Tumour([(0.5, 0.03, 2.1, 0.5), (0.05, 0.02, 2.1, 0.5)])
    assert abs(_ratio(OLDER_GONE, share=0.5, followup=two)) < 0.5
    rare = Tumour([(0.5, 0.03, 2.1, 0.999), (0.05, 0.02, 2.1, 0.001)])
    assert _ratio(OLDER_GONE, share=0.5, followup=rare) > 1


@pytest.mark.parametrize("mutation", [OLDER_HIGH, OLDER_GONE])
def test_it_is_limited_and_reproducible(mutation):
    found = _ratio(mutation, share=0.5, limit=1.0)
    assert abs(found) <= 1.0
    assert found == _ratio(mutation, share=0.5, limit=1.0)


def test_other_draws_change_it_little():
    values = [_ratio(OLDER_GONE, share=0.5, seed=seed) for seed in range(8)]
    assert np.std(values) < 0.35


def test_what_speaks_for_the_branch_has_a_limit_of_its_own():
    pair = Pair(BASELINE, FOLLOWUP, 0.5, 0.02, np.array([[70.0], [0.0]]), np.full((2, 1), 100.0))
    rng = np.random.default_rng(1)
    assert loglr(pair, limit=LIMIT, limit_for=0.2, rng=rng) == 0.2
    lost = Pair(BASELINE, FOLLOWUP, 0.25, 0.02)
    assert loglr(lost, limit=LIMIT, limit_for=0.2, rng=rng) < -1

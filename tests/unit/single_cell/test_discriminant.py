import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from her2omics.single_cell.discriminant import refined

BINS = 60


def cells(sizes, *, seed=1):
    """Groups that differ in some bins, under a state that moves all cells far more."""
    rng = np.random.default_rng(seed)
    means = rng.choice([0.0, 0.0, 0.0, 0.5], (len(sizes), BINS))
    truth = np.repeat(np.arange(len(sizes)), sizes)
    state = rng.normal(0, 1, (len(truth), 1)) * rng.normal(0, 0.4, BINS)
    return means[truth] + state + 0.5 * rng.normal(size=(len(truth), BINS)), truth


def spoilt(truth, share, *, seed=2):
    """The groups with a share of the cells in any of them."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < share, rng.permutation(truth), truth)


@pytest.mark.parametrize("sizes", [(300, 100), (200, 150, 80)])
def test_cells_are_placed_by_what_parts_the_groups(sizes):
    profile, truth = cells(sizes)
    start = spoilt(truth, 0.4)
    found = refined(profile, spread=np.ones(BINS), groups=start)
    assert adjusted_rand_score(truth, start) < 0.6
    assert adjusted_rand_score(truth, found) > 0.95


def test_cells_beyond_those_that_find_the_axes_are_placed():
    profile, truth = cells((6_000, 1_500))
    found = refined(profile, spread=np.ones(BINS), groups=spoilt(truth, 0.3))
    assert adjusted_rand_score(truth, found) > 0.95


@pytest.mark.parametrize("groups", [np.zeros(50, dtype=int), np.r_[np.zeros(47), np.ones(3)]])
def test_one_group_or_a_handful_of_cells_stays_as_it_is(groups):
    profile, _ = cells((50,))
    groups = groups.astype(int)
    np.testing.assert_array_equal(refined(profile, spread=np.ones(BINS), groups=groups), groups)

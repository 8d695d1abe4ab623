import numpy as np
import pytest

from her2omics.clones.grid import GRID
from her2omics.clones.trees import LARGEST, trees


def sharp(ccf, sd=0.02):
    ccf = np.asarray(ccf, dtype=float)[..., None]
    posterior = np.exp(-0.5 * ((GRID - ccf) / sd) ** 2)
    return posterior / posterior.sum(axis=-1, keepdims=True)


def parents(found):
    """Parent of every cluster in the numbering of the input."""
    ids = found.clusters
    return {int(ids[k]): int(ids[p]) if p >= 0 else None for k, p in enumerate(found.parent)}


def test_a_chain_and_a_branch_are_told_apart():
    chain = trees(sharp([[1, 1], [0.7, 0.8], [0.5, 0.6]]), np.full(3, 9), seed=1)
    assert parents(chain) == {0: None, 1: 0, 2: 1}
    assert chain.fits
    branch = trees(sharp([[1, 1], [0.6, 0.1], [0.2, 0.7]]), np.full(3, 9), seed=1)
    assert parents(branch) == {0: None, 1: 0, 2: 0}
    assert branch.weight > 0.95


def test_what_is_open_is_said_to_be_open():
    found = trees(sharp([[1], [0.5], [0.2]]), np.full(3, 9), seed=1)
    assert found.compatible == 2
    assert found.weight == pytest.approx(0.5, abs=0.1)


def test_two_tumours_have_two_roots():
    found = trees(sharp([[1, 0], [0, 1], [0.4, 0], [0, 0.5]]), np.full(4, 9), seed=1)
    assert parents(found) == {0: None, 1: None, 2: 0, 3: 1}


def test_shares_of_the_clones_add_up():
    found = trees(sharp([[1, 1], [0.6, 0.1], [0.2, 0.7]]), np.full(3, 9), seed=1)
    np.testing.assert_allclose(found.prevalence.sum(axis=0), 1, atol=0.05)
    assert (found.low <= found.prevalence + 1e-9).all()
    assert (found.prevalence <= found.high + 1e-9).all()
    own = dict(zip(found.clusters.tolist(), found.prevalence.tolist(), strict=True))
    assert own[0] == pytest.approx([0.2, 0.2], abs=0.04)


def test_the_tree_tells_fractions_better_where_it_binds_and_leaves_others():
    given = sharp([[1, 1], [0.8, 0.1], [0.32, 0.7]], 0.06)
    found = trees(given, np.full(3, 9), seed=1)
    assert parents(found) == {0: None, 1: 0, 2: 0}
    back = np.argsort(found.clusters)
    np.testing.assert_allclose(found.posterior.sum(axis=2), 1)
    mean, before = found.posterior[back] @ GRID, given @ GRID
    assert before[1:, 0].sum() > 1.1
    assert mean[1:, 0].sum() < 1.06
    np.testing.assert_allclose(mean[1:, 1], before[1:, 1], atol=0.01)


def test_fractions_no_tree_allows_are_said_not_to_fit():
    given = sharp([[1, 1], [0.9, 0.1], [0.1, 0.9], [0.7, 0.7]])
    found = trees(given, np.full(4, 9), seed=1)
    assert not found.fits
    assert len(found.parent) == 4
    np.testing.assert_array_equal(found.posterior, given[found.clusters])  # and are left alone


def test_of_many_clusters_the_largest_make_the_tree():
    ccf = np.linspace(1, 0.1, 11)[:, None]
    sizes = np.arange(11) + 2
    found = trees(sharp(ccf), sizes, seed=1)
    assert sorted(found.clusters) == list(range(11 - LARGEST, 11))


def test_nothing_makes_an_empty_tree():
    found = trees(np.empty((0, 2, 101)), np.empty(0), seed=1)
    assert len(found.parent) == 0
    assert found.prevalence.shape == (0, 2)


def test_the_same_seed_gives_the_same_tree():
    posterior = sharp([[1, 1], [0.5, 0.4], [0.45, 0.5]], 0.08)
    one, two = (trees(posterior, np.full(3, 5), seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.low, two.low)
    assert one.weight == two.weight

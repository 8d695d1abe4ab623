import numpy as np
import pytest

from her2omics.clones.amplicon import SURE, Erbb2, carriers
from her2omics.clones.grid import GRID


def posterior(ccf, sd=0.03):
    """Fractions (K, S) known to within ``sd``."""
    density = np.exp(-0.5 * ((GRID - np.array(ccf)[..., None]) / sd) ** 2)
    return density / density.sum(axis=-1, keepdims=True)


def copies(*mean):
    return {s: Erbb2(one, 0.92 * one, 1.08 * one, 2.0) for s, one in enumerate(mean)}


# Trunk, amplified clone of the baseline, other clone, clone of the follow-up within the latter.
TREE = np.array([-1, 0, 0, 2])
CCF = [[1.0, 1.0], [0.6, 0.0], [0.38, 1.0], [0.0, 0.7]]


def test_selection_puts_the_amplification_on_the_clone_that_went():
    found = carriers(posterior(CCF), TREE, copies(2 + 0.6 * 14, 2.0))
    assert found[1] >= SURE
    assert (found[[0, 2, 3]] <= 1 - SURE).all()


def test_copies_that_stay_are_not_on_a_clone_that_came_or_went():
    found = carriers(posterior(CCF), TREE, copies(14.0, 14.0))
    assert found[0] > 0.6
    assert found[1] < SURE  # a clone without mutations may carry it all


def test_nothing_to_place_and_one_sample():
    assert carriers(posterior(CCF), TREE, copies(2.2, 2.0)) is None
    assert carriers(posterior(CCF), TREE, {}) is None
    one = carriers(posterior(CCF), TREE, {0: copies(10.4)[0]})
    assert ((one > 1 - SURE) & (one < SURE)).any()


@pytest.mark.parametrize("base", [2.0, 4.0])
def test_a_clone_that_came_with_the_loss_is_never_sure_to_carry_it(base):
    tree = np.array([-1, 0])
    samples = {0: Erbb2(16, 15, 17, base), 1: Erbb2(base, base - 0.2, base + 0.2, base)}
    found = carriers(posterior([[1.0, 1.0], [0.0, 1.0]]), tree, samples)
    assert found[1] < 0.6  # lost with the clone, or of a clone that no cluster shows

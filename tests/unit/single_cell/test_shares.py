"""Draws of shares: as unsure as the cells and their calls are, in samples and in clones alike."""

import numpy as np
import pytest

from her2omics.single_cell import draws, shares, states
from her2omics.single_cell.likelihood import GRID

DRAWS = 400


def data(dose, *, umis=40.0, weight=None, bounds=None):
    """Return cells of these doses, seen by a Poisson number of UMIs."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(umis * np.asarray(dose))
    mean = umis * np.exp(GRID)
    log = counts[:, None] * np.log(mean) - mean
    bounds = np.array([0, len(counts)] if bounds is None else bounds)
    return states.Data(
        likelihood=np.exp(log - log.max(axis=1, keepdims=True)),
        weight=np.ones(len(counts)) if weight is None else np.asarray(weight, dtype=float),
        bounds=bounds,
        shift_log_prior=np.zeros(len(GRID)),
        weight_prior=states.weight_prior(np.zeros(len(bounds) - 1, dtype=int), np.diff(bounds)),
    )


def drawn(given, share, *, dose=8.0, seed=1):
    """Return shares at known parameters."""
    groups = given.groups
    at = draws.Draws(
        shift=np.zeros(DRAWS),
        spreads=np.tile(np.log([0.15, 0.35]), (DRAWS, 1)),
        doses=np.full((DRAWS, groups), np.log(dose)),
        weights=np.tile([1 - share, 1e-6, share], (DRAWS, groups, 1)),
    )
    rng = np.random.default_rng(seed)
    return shares.draw(given, at, sample=np.zeros(groups, dtype=int), rng=rng)


def width(draws):
    low, high = np.quantile(draws, [0.05, 0.95])
    return high - low


def test_normal_cells_among_the_malignant_do_not_lower_the_share():
    dose = np.r_[np.full(380, 8.0), np.ones(20)]
    called = np.r_[np.full(380, 0.999), np.full(20, 0.7)]
    unsure = drawn(data(dose, weight=called), 0.97)
    sure = drawn(data(dose), 0.97)
    assert np.median(sure.amplified) == pytest.approx(0.95, abs=0.01)
    assert np.quantile(sure.amplified, 0.95) < 0.98
    assert np.quantile(unsure.amplified, 0.95) > 0.99
    assert np.median(unsure.cells) < 400
    assert (sure.cells == 400).all()


def test_cells_that_are_surely_amplified_are_malignant():
    given = data(np.full(200, 8.0), weight=np.full(200, 0.6))
    assert np.median(drawn(given, 0.5).cells) == 200


def test_a_share_is_as_unsure_as_its_cells_lie_between_the_states(monkeypatch):
    dose = np.r_[np.full(300, 8.0), np.ones(100)]
    clear, unclear = data(dose, umis=40.0), data(dose, umis=0.5)
    monkeypatch.setattr(shares, "STATES_SD", 0.0)
    before = [width(drawn(given, 0.75).amplified) for given in (clear, unclear)]
    monkeypatch.undo()
    after = [width(drawn(given, 0.75).amplified) for given in (clear, unclear)]
    assert after[0] == pytest.approx(before[0], rel=0.15)
    assert after[1] > 1.5 * before[1]


def test_a_clone_has_the_law_of_a_sample():
    """One clone is the sample; what the model does not know moves all clones together."""
    dose = np.r_[np.full(150, 8.0), np.ones(50)]
    alone = drawn(data(dose, umis=1.0), 0.75)
    share, _ = alone.together(np.array([0]), np.random.default_rng(2))
    np.testing.assert_allclose(share, alone.amplified[0])
    two = drawn(data(np.r_[dose, dose], umis=1.0, bounds=[0, 200, 400]), 0.75)
    assert width(two.amplified[1]) == pytest.approx(width(alone.amplified[0]), rel=0.25)
    assert np.corrcoef(two.amplified)[0, 1] > 0.2


def test_clones_share_the_prior_of_their_sample():
    prior = states.weight_prior(np.array([0, 0, 1]), np.array([30, 10, 7]))
    np.testing.assert_allclose(prior[:2].sum(axis=0), states.WEIGHT_PRIOR)
    np.testing.assert_allclose(prior[2], states.WEIGHT_PRIOR)
    many = np.arange(0, 401, 10)
    found = drawn(data(np.full(400, 10.0), bounds=many), 0.999)
    share, _ = found.together(np.arange(40), np.random.default_rng(2))
    assert np.median(share) > 0.99


def test_a_sample_may_have_no_malignant_cell_after_all():
    """Calls that are hardly surer than none: in some draws every cell is normal."""
    found = drawn(data(np.full(3, 1.0), weight=[0.02] * 3), 0.05)
    assert (found.cells == 0).any()
    share, _ = found.together(np.array([0]), np.random.default_rng(2))
    assert np.isfinite(share).all()


@pytest.mark.parametrize("weight", [1e-3, 1e-16])
def test_normal_cells_are_told_where_no_malignant_one_is_neutral(weight):
    given = data(np.r_[np.full(54, 8.0), np.ones(6)], weight=[0.99] * 54 + [0.6] * 6)
    at = draws.Draws(
        shift=np.zeros(DRAWS),
        spreads=np.tile(np.log([0.15, 0.35]), (DRAWS, 1)),
        doses=np.full((DRAWS, 1), np.log(8.0)),
        weights=np.tile([weight, 1e-6, 1 - weight], (DRAWS, 1, 1)),
    )
    found = shares.draw(given, at, sample=np.zeros(1, dtype=int), rng=np.random.default_rng(1))
    assert np.mean(found.cells) == pytest.approx(54, abs=0.5)


def test_doses_of_a_state_are_gamma_distributed():
    strangers = states.STRANGERS
    mass = states.kernels(0.3, np.log([0.15, 0.35]), np.log([6.0])) - strangers / len(GRID)
    mass /= 1 - strangers
    dose = np.exp(GRID)
    mean = dose @ mass
    np.testing.assert_allclose(mean, np.exp(0.3) * np.array([1, 2, 6]), rtol=0.01)
    spread = np.sqrt(((dose[:, None] - mean) ** 2 * mass).sum(axis=0)) / mean
    np.testing.assert_allclose(spread, [0.15, 0.25, 0.35], rtol=0.03)

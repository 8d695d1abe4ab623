"""Draws of the parameters are those of the posterior, and a chain forgets where it began."""

import numpy as np
import pytest

from her2omics.single_cell import draws, states
from her2omics.single_cell.modes import Mode
from her2omics.single_cell.states import GRID, LEAST, SPREAD_PRIOR, Data, Parameters

LEVEL_SD = 0.25


def cells_at(doses, *, groups=1, precision=0.5, level_sd=LEVEL_SD, seed=3):
    """Return cells, whose log doses are seen with an error, in groups of the same size."""
    rng = np.random.default_rng(seed)
    seen = np.tile(doses, groups) + rng.normal(0, precision, len(doses) * groups)
    log = -0.5 * ((GRID - seen[:, None]) / precision) ** 2
    return Data(
        likelihood=np.exp(log - log.max(axis=1, keepdims=True)).astype(np.float32),
        weight=np.ones(len(seen)),
        bounds=np.arange(groups + 1) * len(doses),
        shift_log_prior=-0.5 * (GRID / level_sd) ** 2,
        weight_prior=states.weight_prior(np.arange(groups), np.full(groups, len(doses))),
    )


def start(data, *, dose=2.0, weights=(0.4, 0.2, 0.4)):
    weights = np.tile(weights, (data.groups, 1))
    at = Parameters(0.0, SPREAD_PRIOR[0], np.full(data.groups, dose), weights)
    return states.ascend(data, at, 40)


def weighed_prior(data, *, number=15_000, seed=5):
    """Return draws of shift, log dose and amplified share from the prior, and their weights."""
    rng = np.random.default_rng(seed)
    out, fit = np.empty((number, 3)), np.empty(number)
    for k in range(number):
        dose = -np.inf
        while dose < LEAST:
            dose = rng.normal(states.DOSE_MEAN, states.DOSE_SD)
        shift, weights = rng.normal(0, LEVEL_SD), rng.dirichlet(states.WEIGHT_PRIOR)
        at = Parameters(shift, rng.normal(*SPREAD_PRIOR), np.array([dose]), weights[None])
        out[k], fit[k] = (shift, dose, weights[2]), states.by_group(data, at)[0]
    weight = np.exp(fit - fit.max())
    return out, weight / weight.sum()


def test_draws_are_those_of_the_posterior():
    """Fifteen cells between the states: level, dose and share hang together."""
    data = cells_at(np.repeat([0.1, 1.9], [6, 9]))
    exact, weight = weighed_prior(data)
    mean = weight @ exact
    sd = np.sqrt(weight @ (exact - mean) ** 2)
    assert 1 / (weight**2).sum() > 500
    found = draws.sample(data, start(data), draws=4000, rng=np.random.default_rng(1))
    seen = np.column_stack([found.shift, found.doses[:, 0], found.weights[:, 0, 2]])
    np.testing.assert_allclose((seen.mean(axis=0) - mean) / sd, 0, atol=0.2)
    np.testing.assert_allclose(seen.std(axis=0), sd, rtol=0.15)


def autocorrelation_time(values):
    """Return how many draws are worth an independent one, by means of batches of 50."""
    batches = values.reshape(-1, 50, values.shape[1]).mean(axis=1)
    return 50 * batches.var(axis=0) / values.var(axis=0)


@pytest.mark.parametrize("groups", [1, 4])
def test_a_chain_forgets_where_it_was(groups):
    """Level, spreads and doses trade off: with steps of their own it took 20 to 34 draws.

    The level is known, or neutral cells pass for gained ones of a lower level at times.
    """
    data = cells_at(np.repeat([0.0, 1.8], [90, 60]), groups=groups, level_sd=0.1)
    found = draws.sample(data, start(data), draws=1500, rng=np.random.default_rng(1))
    common = np.column_stack([found.shift, found.spreads])
    assert autocorrelation_time(common).max() < 14
    assert autocorrelation_time(found.weights[:, :, 2]).max() < 6


def test_a_chain_moves_where_doses_are_at_their_least():
    """Steps along the curvature alone stood still there: it took 47 draws, all in one corner."""
    doses = np.repeat([0.0, 0.85], [150, 750])
    data = cells_at(doses, groups=2, precision=0.3, level_sd=0.8)
    at = start(data, dose=LEAST, weights=(0.16, 0.01, 0.83))
    found = draws.sample(data, at, draws=1000, rng=np.random.default_rng(1))
    assert autocorrelation_time(found.spreads).max() < 14
    assert (found.spreads.std(axis=0) > 0.1).all()


def test_every_mode_has_its_share_of_the_draws():
    data = cells_at(np.repeat([0.0, 2.0], 20))
    one = start(data)
    spreads = np.log([0.1, 0.6])
    other = Parameters(0.0, spreads, np.array([4.5]), np.array([[0.998, 0.001, 0.001]]))
    found = [Mode(one, 0.0), Mode(other, np.log(0.25)), Mode(other, -30.0)]
    pooled = draws.pooled(data, found, draws=100, rng=np.random.default_rng(2))
    assert pooled.weights.shape == (100, 1, 3)
    np.testing.assert_allclose(pooled.weights.sum(axis=2), 1)
    assert (pooled.doses >= LEAST).all()
    alone = draws.sample(data, one, draws=100, rng=np.random.default_rng(2))
    np.testing.assert_allclose(pooled.doses[:80], alone.doses[np.linspace(0, 99, 80).astype(int)])

"""Modes of the dose mixture: each counts once, by the integral over all that it allows."""

from dataclasses import replace

import numpy as np
import pytest

from her2omics.single_cell import modes, states
from her2omics.single_cell.states import GRID, LEAST, SPREAD_PRIOR, Data


def cells_at(doses, *, level_sd, seed=3, precision=0.4):
    """Return cells of one clone with these log doses, and a prior of the level around 0."""
    rng = np.random.default_rng(seed)
    seen = np.asarray(doses) + rng.normal(0, precision, len(doses))
    log = -0.5 * ((GRID - seen[:, None]) / precision) ** 2
    return Data(
        likelihood=np.exp(log - log.max(axis=1, keepdims=True)),
        weight=np.ones(len(seen)),
        bounds=np.array([0, len(seen)]),
        shift_log_prior=-0.5 * (GRID / level_sd) ** 2,
        weight_prior=states.weight_prior(np.zeros(1, dtype=int), np.array([len(seen)])),
    )


def by_draws_of_the_prior(data, *, number=15_000, seed=5):
    """Return the log of P(data, most cells amplified) over P(data, few are), by Monte Carlo."""
    rng = np.random.default_rng(seed)
    prior = np.exp(data.shift_log_prior)
    log_likelihood, share = np.empty((2, number))
    for k in range(number):
        dose = -np.inf
        while dose < LEAST:
            dose = rng.normal(states.DOSE_MEAN, states.DOSE_SD)
        at = states.Parameters(
            float(rng.choice(GRID, p=prior / prior.sum())),
            rng.normal(*SPREAD_PRIOR),
            np.array([dose]),
            rng.dirichlet(states.WEIGHT_PRIOR)[None],
        )
        log_likelihood[k], share[k] = states.by_group(data, at)[0], at.weights[0, 2]
    likelihood = np.exp(log_likelihood - log_likelihood.max())
    return float(np.log(likelihood[share > 0.5].sum() / likelihood[share < 0.5].sum()))


@pytest.mark.parametrize(("cells", "dose"), [(60, 0.6), (60, 1.3), (60, 2.2)])
def test_evidence_is_that_of_draws_from_the_prior(cells, dose):
    """No normal cells: level and dose trade off along a ridge, which is one mode."""
    data = cells_at(np.full(cells, dose), level_sd=0.8, precision=0.3)
    found = modes.find(data, keep=5)
    amplified = np.array([mode.at.weights[0, 2] for mode in found])
    evidence = np.array([modes._evidence(data, mode.at) for mode in found])
    told = [
        np.logaddexp.reduce(evidence[side], initial=-np.inf)
        for side in (amplified > 0.5, amplified < 0.5)
    ]
    assert told[0] - told[1] == pytest.approx(by_draws_of_the_prior(data), abs=0.8)


def test_modes_differ_in_their_shares():
    data = cells_at(np.full(200, 1.5), level_sd=0.8)
    found = modes.find(data, keep=5)
    amplified = np.sort([mode.at.weights[0, 2] for mode in found])
    assert amplified[0] < 0.05
    assert amplified[-1] > 0.9
    assert (np.diff(amplified) > 0.15).all()


def test_a_narrow_mode_is_found_among_wide_ones():
    """Neutral cells tell the level within a few hundredths; starts lie half a unit apart."""
    data = cells_at(np.full(2000, 0.1), level_sd=0.8, precision=0.5)
    best = modes.find(data, keep=3)[0].at
    assert best.shift == pytest.approx(0.1, abs=0.1)
    assert best.weights[0, 2] < 0.05


def test_two_peaks_leave_no_doubt():
    data = cells_at(np.repeat([0.0, 2.5], [150, 50]), level_sd=0.8)
    found = modes.find(data, keep=3)
    assert found[0].at.weights[0, 2] == pytest.approx(0.25, abs=0.05)
    assert max([mode.log_evidence for mode in found[1:]], default=-np.inf) < (
        found[0].log_evidence - 3
    )


def test_weaker_cells_bring_modes_closer():
    data = cells_at(np.full(100, 1.6), level_sd=0.8)
    half = replace(data, weight=data.weight / 2)
    one, other = (mode.at for mode in modes.find(data, keep=2))
    apart = [modes._evidence(some, one) - modes._evidence(some, other) for some in (data, half)]
    assert abs(apart[1]) < abs(apart[0])


def test_one_cell_does_not_tell_what_all_others_are():
    """A cell far above the others fits no state of amplified ones, and is none beside neutral."""
    doses = np.full(300, 1.6)
    odds = []
    for last in (1.6, 4.2):
        doses[-1] = last
        data = cells_at(doses, level_sd=0.8)
        found = {
            mode.at.weights[0, 2] > 0.5: mode.log_evidence for mode in modes.find(data, keep=2)
        }
        odds.append(found[True] - found[False])
    assert odds[1] == pytest.approx(odds[0], abs=1.0)


@pytest.mark.parametrize(
    ("doses", "precision", "low", "high"),
    [
        ([1.8], [900.0], -0.05, 0.05),  # one dose alone
        ([1.8, 1.8], [900.0, 900.0], 0.8, 1.3),
        ([1.8, 2.6], [900.0, 900.0], -0.5, -0.1),
        ([1.8, 2.485], [900.0, 1.2346], -0.05, 0.05),  # cells do not tell the second
    ],
)
def test_doses_that_are_alike_are_no_coincidence(doses, precision, low, high):
    factor = modes._alike(np.array(doses), np.array(precision))
    assert low < factor < high

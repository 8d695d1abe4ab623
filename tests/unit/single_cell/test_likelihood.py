"""Negative binomial of the dosage genes on the grid of doses."""

import numpy as np
import pytest
from scipy import stats

from her2omics.single_cell import likelihood
from her2omics.single_cell.likelihood import GRID, Cells, Levels


def made(rng, n, *, log_level, dispersion, dose):
    size = np.exp(rng.normal(8, 0.4, n))
    mean = size[:, None] * np.exp(log_level + np.log(dose)[:, None])
    counts = rng.poisson(mean * rng.gamma(1 / dispersion, dispersion, mean.shape))
    none = np.zeros(counts.shape)
    return Cells(
        counts.astype(np.float32), size, np.ones(n), none, np.ones(n), np.zeros(n, dtype=int)
    )


def test_differences_are_those_of_the_distribution():
    rng = np.random.default_rng(2)
    level, phi = np.array([-8.0, -9.0]), np.array([0.3, 0.1])
    cells = made(rng, 6, log_level=level, dispersion=phi, dose=np.full(6, 4.0))
    found = likelihood.log_likelihood(cells, Levels(level, phi, 0.1))
    expected = np.zeros((6, len(GRID)))
    for j in range(2):
        mean = cells.size[:, None] * np.exp(level[j] + GRID)
        shape = 1 / phi[j]
        expected += stats.nbinom.logpmf(cells.counts[:, j, None], shape, shape / (shape + mean))
    expected -= expected.max(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_levels_and_dispersions_come_back():
    rng = np.random.default_rng(4)
    panel = np.array([-8.0, -8.2, -8.5, -8.8, -9.0, -8.4])
    off = np.array([0.3, -0.3, 0.2, -0.2, 0.1, -0.1])
    phi = np.array([0.1, 0.5, 0.2, 0.1, 0.3, 0.2])
    dose = np.where(rng.random(3000) < 0.6, 10.0, 1.0)
    cells = made(rng, 3000, log_level=panel + off, dispersion=phi, dose=dose)
    levels = likelihood.fit_levels(cells, panel)
    shift = levels.log_level - panel - off
    assert np.ptp(shift) < 0.1
    assert abs(shift.mean()) < 0.1
    np.testing.assert_allclose(np.log(levels.dispersion), np.log(phi), atol=0.35)
    assert levels.prior_sd == pytest.approx(0.5 / np.sqrt(6), rel=0.1)


def test_steps_of_a_dispersion_end_at_the_highest_density():
    """Of one gene whose doses are known, by the distribution itself."""
    rng = np.random.default_rng(6)
    cells = made(rng, 800, log_level=np.array([-8.0]), dispersion=0.3, dose=np.ones(800))
    at_one = np.argmin(np.abs(GRID))
    posterior = np.zeros((800, len(GRID)), dtype=np.float32)
    posterior[:, at_one] = 1.0
    found = 0.05
    for _ in range(12):
        gene = likelihood._gene(cells, 0, -8.0, found)
        found = likelihood._dispersion_step(cells.weight, gene, posterior)

    def density(log_phi):
        shape = np.exp(-log_phi)
        mean = cells.size * np.exp(-8.0 + GRID[at_one])
        each = stats.nbinom.logpmf(cells.counts[:, 0], shape, shape / (shape + mean))
        return each.sum() - 0.5 * ((log_phi - np.log(0.2)) / 0.7) ** 2

    best, step = np.log(found), 0.01
    assert density(best) > max(density(best - step), density(best + step))

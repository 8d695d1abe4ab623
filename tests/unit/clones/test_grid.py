import numpy as np
import pytest

from her2omics.clones.grid import GRID, interval, mean_sd, quantile


def test_a_point_is_its_own_mean_and_interval():
    posterior = np.zeros((1, 101))
    posterior[0, -1] = 1
    mean, sd = mean_sd(posterior)
    assert mean[0] == pytest.approx(1)
    assert sd[0] == pytest.approx(0)
    assert [float(end[0]) for end in interval(posterior)] == [1.0, 1.0]


def test_quantiles_of_a_bell_are_those_of_the_normal():
    posterior = np.exp(-0.5 * ((GRID - 0.4) / 0.07) ** 2)
    low, high = interval(posterior / posterior.sum())
    assert float(low) == pytest.approx(0.4 - 1.645 * 0.07, abs=2e-3)
    assert float(high) == pytest.approx(0.4 + 1.645 * 0.07, abs=2e-3)
    assert float(quantile(posterior, 0.5)) == pytest.approx(0.4, abs=1e-3)

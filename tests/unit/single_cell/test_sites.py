"""From a piece to the tumour: the beta-binomial between sites."""

import numpy as np
import pytest

from her2omics.single_cell import sites


@pytest.mark.parametrize("icc", [0.01, 0.03, 0.1])
def test_interval_covers_the_tumour_share(icc):
    """Tumours from the prior, one exactly known piece of each: 90 % intervals hold 90 %."""
    rng = np.random.default_rng(3)
    tumour = np.clip(rng.beta(0.6, 0.8, 400), 1e-3, 1 - 1e-3)
    size = 1 / icc - 1
    inside = []
    for share in tumour:
        piece = rng.beta(share * size, (1 - share) * size)
        draws = sites.tumour_share(np.full(200, piece), rng=rng, icc=icc)
        low, high = np.quantile(draws, [0.05, 0.95])
        inside.append(low <= share <= high)
    assert 0.85 <= np.mean(inside) <= 0.95


@pytest.mark.parametrize("icc", sites.SHOWN_ICC.values())
def test_ends_are_those_of_many_draws(icc):
    piece = np.random.default_rng(2).beta(60, 40, 400)
    rng = np.random.default_rng(1)
    draws = [sites.tumour_share(piece, rng=rng, icc=icc) for _ in range(50)]
    found = sites.tumour_ends(piece, icc=icc)
    assert found == pytest.approx(np.quantile(np.concatenate(draws), [0.05, 0.95]), abs=0.02)


def test_ends_of_an_unknown_share_are_unknown():
    assert np.isnan(sites.tumour_ends(np.full(9, np.nan), icc=0.1)).all()


def test_sites_widen_and_none_leave_as_is():
    piece = np.full(500, 0.4)
    spread = [
        sites.tumour_share(piece, rng=np.random.default_rng(1), icc=icc).std()
        for icc in (0.0, 0.01, 0.03, 0.1)
    ]
    assert spread[0] == pytest.approx(0, abs=1e-12)
    assert spread == sorted(spread)
    # SD of a beta with mean .4: sqrt(m (1 - m) icc)
    assert spread[2] == pytest.approx(np.sqrt(0.24 * 0.03), rel=0.2)

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

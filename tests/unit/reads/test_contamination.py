"""Foreign DNA in a sample whose reads are a mixture of two people's, drawn site by site."""

import numpy as np
import pandas as pd
import pytest

from her2omics.reads.contamination import LEAST_SITES, contamination

SITES, ERROR = 3000, 0.001
LOST = (0.03, 0.97, 0.2, 0.8)  # share of the alternative allele at sites a tumour is out of balance


def _mixture(
    seed, foreign, *, tumour, depth=80, known=True, sites=SITES, copies=(1, 1), other_copies=(1, 1)
):
    """Return the sample's counts, those of its normal (or None) and the frequencies.

    ``copies`` of the tumour and ``other_copies`` of the foreign DNA, over their mean, alternate
    from chromosome to chromosome.
    """
    rng = np.random.default_rng(seed)
    frequency = rng.uniform(0.1, 0.9, sites)
    own, other = ((rng.random((2, sites)) < frequency).sum(axis=0) for _ in range(2))
    place = {
        "chromosome": np.repeat([f"chr{k}" for k in range(1, 21)], sites // 20),
        "position": np.arange(sites) * 30_000 + 1,
    }

    own_level, other_level = (
        np.resize(np.repeat(each, sites // 20), sites) for each in (copies, other_copies)
    )

    def counts(share, mixed, mean):
        held = (1 - mixed) * own_level if mixed else np.ones(sites)
        alt = (held * share + mixed * other_level * other / 2) / (held + mixed * other_level)
        number = rng.poisson(mean * (held + mixed * other_level) * rng.gamma(12, 1 / 12, sites))
        reads = rng.binomial(number, ERROR + (1 - 2 * ERROR) * alt)
        frame = pd.DataFrame({**place, "ref_count": number - reads, "alt_count": reads})
        return frame[number > 0]

    moved = rng.random(sites) < 0.6
    share = np.where(own == 1, np.where(moved, rng.choice(LOST, sites), 0.5), own / 2)
    sample = counts(share if tumour else own / 2, foreign, depth)
    normal = counts(own / 2, 0, 0.6 * depth) if tumour else None
    return sample, normal, pd.DataFrame({**place, "frequency": frequency if known else np.nan})


@pytest.mark.parametrize("tumour", [True, False])
@pytest.mark.parametrize("foreign", [0.01, 0.05, 0.2])
def test_the_share_is_found(foreign, tumour):
    found = [contamination(*_mixture(seed, foreign, tumour=tumour)) for seed in range(4)]
    shares = np.array([one.share for one in found])
    # Three standard errors: a tenth of the share, and what errors of the reads leave open.
    assert np.abs(shares - foreign).max() < 0.1 * foreign + 0.002
    # 90 % intervals: that two of four miss has a probability of .05.
    assert sum(one.low <= foreign <= one.high for one in found) >= 2
    assert all(one.low <= one.share <= one.high for one in found)


def test_lost_and_gained_copies_of_a_tumour_move_nothing():
    mixed = [_mixture(seed, 0.05, tumour=True, copies=(0.6, 1.4)) for seed in range(4)]
    found = [contamination(*one) for one in mixed]
    shares = np.array([one.share for one in found])
    assert np.abs(shares - 0.05).max() < 0.1 * 0.05 + 0.002
    assert sum(one.low <= 0.05 <= one.high for one in found) >= 2


def test_copies_of_the_foreign_dna_widen_the_interval():
    even, uneven = (
        contamination(*_mixture(seed, 0.05, tumour=True, other_copies=copies))
        for seed, copies in ((1, (1, 1)), (1, (0.5, 1.5)))
    )
    assert uneven.high - uneven.low > 1.5 * (even.high - even.low)
    assert uneven.low < 0.05 < uneven.high


@pytest.mark.parametrize("tumour", [True, False])
def test_a_clean_sample_has_none(tumour):
    found = [contamination(*_mixture(seed, 0, tumour=tumour)) for seed in range(4)]
    assert max(one.share for one in found) < 0.002
    assert max(one.high for one in found) < 0.003
    assert sum(one.low == 0 for one in found) >= 2


def test_a_swapped_tumour_is_foreign_altogether():
    assert contamination(*_mixture(1, 1.0, tumour=True)).low > 0.9


def test_what_cannot_be_known_is_missing():
    unknown = contamination(*_mixture(1, 0.1, tumour=True, known=False))
    assert np.isnan([unknown.share, unknown.low, unknown.high]).all()
    assert unknown.sites == 0
    few = contamination(*_mixture(1, 0.1, tumour=True, sites=60))
    assert np.isnan(few.share)
    assert few.sites < LEAST_SITES

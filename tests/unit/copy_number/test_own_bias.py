from dataclasses import replace

import numpy as np
import pytest

from her2omics import genome
from her2omics.copy_number.own_bias import own_tau
from her2omics.copy_number.tracks import Track

GRCH38 = genome.load("GRCh38")
LENGTH = 50_000_000


def track(rng, *, tau, bins=20, sd=0.2, length=40 * LENGTH, every=500_000):
    """A genome of loci with ``bins`` bins each, at an own level around 0."""
    locus = np.arange(0, length, every)
    start = (locus[:, None] + 10_000 * np.arange(bins)).ravel()
    level = np.repeat(rng.normal(0, tau, len(locus)), bins)
    log2 = level + rng.normal(0, sd, len(start))
    return Track("S", "wes", "bins", start, start + 1_000, log2, np.ones(len(start)), sd)


@pytest.mark.parametrize("tau", [0.03, 0.08, 0.2])
def test_the_scatter_of_loci_is_found_whatever_is_expected(rng, tau):
    made = track(rng, tau=tau)
    for expected in (0.05, 0.17):
        assert own_tau(made, expected, genome=GRCH38) == pytest.approx(tau, rel=0.2)


def test_changes_of_copy_number_are_no_bias(rng):
    made = track(rng, tau=0.05)
    arms = (made.start // LENGTH) % 3 * 0.6
    focal = np.isin(made.start // 500_000 % 97, [5, 6]) * 2.0
    assert 0.04 < own_tau(replace(made, log2=made.log2 + arms + focal), 0.11, genome=GRCH38) < 0.1


@pytest.mark.parametrize("known", [0, 3])
def test_a_sparse_design_leaves_what_is_expected(rng, known):
    made = track(rng, tau=0.3, every=30_000_000)
    made = replace(made, log2=np.where(np.arange(len(made.log2)) < known, made.log2, np.nan))
    expected = np.exp(np.log(0.11) + 0.5 * 0.5**2)  # mean of the log-normal prior
    assert own_tau(made, 0.11, genome=GRCH38) == pytest.approx(expected, rel=0.03)

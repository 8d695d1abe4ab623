"""Genotypes from reads: lost alleles, errors and the lists of sites."""

import numpy as np
import pytest

from her2omics.cohort.genotypes import ALT, CHROMOSOME, HET, REF, genotypes


def sites(count, chromosome=1):
    return chromosome * CHROMOSOME + np.arange(1, count + 1) * 100_000


def calls(found):
    return (found.likelihood * found.share[:, None]).argmax(axis=0)


def test_clear_counts_give_clear_genotypes():
    ref, alt = np.tile([100, 50, 0], 30), np.tile([0, 50, 100], 30)
    found = genotypes(sites(90), ref, alt, normal=True)
    assert calls(found).tolist() == [REF, HET, ALT] * 30
    np.testing.assert_allclose(found.share, 1 / 3, atol=0.02)
    np.testing.assert_allclose(found.likelihood.sum(axis=0), 1, atol=1e-6)


def test_lost_alleles_are_recognised_by_their_neighbours():
    """8 of 100 reads are an error, or the rarer allele where the other one's partner is lost."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 200)
    rare = rng.binomial(100, 0.08, 200)
    flip = rng.random(200) < 0.5
    alt = np.where(truth == HET, np.where(flip, rare, 100 - rare), 50 * truth)
    tumour = genotypes(sites(200), 100 - alt, alt)
    assert (calls(tumour) == truth).mean() > 0.97


def test_one_odd_site_in_a_balanced_genome_is_not_called_heterozygous_for_sure():
    alt = np.tile([0, 50, 100], 40)
    alt[60] = 3
    found = genotypes(sites(120), 100 - alt, alt, normal=True)
    assert found.likelihood[HET, 60] < 0.5


@pytest.mark.parametrize(("foreign", "low", "high"), [(0.0, 0.0, 0.005), (0.15, 0.03, 0.15)])
def test_foreign_dna_raises_the_level_of_errors(foreign, low, high):
    rng = np.random.default_rng(4)
    own, other = rng.integers(0, 3, (2, 600)) / 2
    alt = rng.binomial(100, (1 - foreign) * own + foreign * other)
    assert low <= genotypes(sites(600), 100 - alt, alt, normal=True).error <= high


def test_a_list_of_heterozygous_sites_is_known_as_one():
    rng = np.random.default_rng(5)
    alt = rng.binomial(80, 0.5, 300)
    assert genotypes(sites(300), 80 - alt, alt, normal=True).share[HET] > 0.97


def test_depth_beyond_the_largest_says_no_more():
    deep = genotypes(sites(3), np.array([4000, 2000, 1]), np.array([1, 2000, 4000]), normal=True)
    assert np.isfinite(deep.likelihood).all()
    assert calls(deep).tolist() == [REF, HET, ALT]

"""Two samples of one person, of siblings and of strangers."""

import numpy as np
import pytest

from her2omics.cohort import identity
from her2omics.cohort.genotypes import CHROMOSOME, genotypes


def place(count):
    row = np.arange(count)
    return (1 + row % 22) * CHROMOSOME + 1_000_000 + row // 22 * 700_000


def person(rng, count, frequency=0.5):
    return (rng.random((2, count)) < frequency).astype(int)


def child_of(rng, parents):
    """One haplotype of each parent, passed on in whole chromosomes."""
    chromosome = np.arange(parents[0].shape[1]) % 22
    own = [p[rng.integers(0, 2, 22)[chromosome], np.arange(p.shape[1])] for p in parents]
    return np.stack(own)


def sample(rng, alleles, *, rows=None, depth=80, lost=0.0, normal=False):
    """Read a person: half of the genome may have lost most of one haplotype."""
    site = place(alleles.shape[1])
    rows = np.arange(len(site)) if rows is None else rows
    order = np.argsort(site[rows])
    site, alleles = site[rows][order], alleles[:, rows][:, order]
    weight = np.ones(alleles.shape)
    weight[0, site // CHROMOSOME % 2 == 0] = 1 - lost
    share = (alleles * weight).sum(axis=0) / weight.sum(axis=0)
    total = rng.poisson(depth, len(site)) + 3
    alt = rng.binomial(total, 0.996 * share + 0.002)
    return genotypes(site, total - alt, alt, normal=normal)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize("lost", [0.0, 0.9])
def test_one_person_and_strangers(rng, lost):
    one, other = person(rng, 600), person(rng, 600)
    first = sample(rng, one, lost=lost)
    same = identity.compare(first, sample(rng, one))
    assert (same.call, same.note) == ("same", "")
    assert same.concordance > 0.98
    assert same.concordance_low <= same.concordance <= same.concordance_high
    different = identity.compare(first, sample(rng, other))
    assert different.call == "different"
    assert different.concordance < 0.6


def test_the_order_does_not_matter(rng):
    a, b = sample(rng, person(rng, 200), lost=0.5), sample(rng, person(rng, 200))
    one, other = identity.compare(a, b), identity.compare(b, a)
    assert one.log10_lr == pytest.approx(other.log10_lr)
    assert one.sites == other.sites


def test_a_sibling_is_not_the_same_person(rng):
    parents = person(rng, 2000), person(rng, 2000)
    a, b = (sample(rng, child_of(rng, parents)) for _ in range(2))
    found = identity.compare(a, b)
    assert found.call == "different"
    assert found.note == "a close relative, or DNA of both persons in one sample"


def test_few_sites_decide_nothing(rng):
    one = person(rng, 9)
    found = identity.compare(sample(rng, one), sample(rng, one))
    assert (found.call, found.note) == ("unknown", "too few shared SNPs")


def test_no_shared_site_is_unknown(rng):
    one = person(rng, 40)
    a, b = (sample(rng, one, rows=np.arange(k, 40, 2)) for k in (0, 1))
    found = identity.compare(a, b)
    assert (found.call, found.sites, found.note) == ("unknown", 0, "no shared SNPs")
    assert np.isnan(found.log10_lr)


def test_exchanged_alleles_are_no_other_person(rng):
    one = person(rng, 300)
    found = identity.compare(sample(rng, one), sample(rng, 1 - one))
    assert found.call == "unknown"
    assert found.note == "reference and alternative allele look exchanged in one of the files"


def heterozygous(alleles):
    return np.flatnonzero(alleles.sum(axis=0) == 1)


def test_lists_of_heterozygous_sites_agree_in_everybody_but_for_what_they_list(rng):
    """Where both list a site both are heterozygous: what is listed has to tell them apart."""
    one, other = person(rng, 1500), person(rng, 1500)
    a = sample(rng, one, rows=heterozygous(one), normal=True)
    for alleles, expected in ((one, "same"), (other, "different")):
        b = sample(rng, alleles, rows=heterozygous(alleles), normal=True)
        assert identity.chosen(a)
        assert identity.chosen(b)
        both = len(identity.shared(a, b)[0])
        listed = both, min(len(a.site), len(b.site))
        found = identity.compare(a, b, listed=listed)
        assert found.concordance > 0.97
        assert found.call == expected


def test_a_stranger_read_at_the_patients_heterozygous_sites_differs(rng):
    one, other = person(rng, 600), person(rng, 600)
    rows = heterozygous(one)
    a, b = sample(rng, one, rows=rows, normal=True), sample(rng, other, rows=rows)
    assert identity.compare(a, b, listed=(len(rows), len(rows))).call == "different"


def test_few_listed_sites_say_nothing():
    assert set(identity.listing(10, 29).values()) == {0.0}
    far = identity.listing(100, 200)
    assert far["strangers"] > far["same"]
    near = identity.listing(198, 200)
    assert near["same"] > near["siblings"] > near["strangers"]

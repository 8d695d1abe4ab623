"""Allele counts of germline SNPs against haplotypes, bias and overdispersion."""

from __future__ import annotations

import numpy as np
import pytest

from her2omics.simulate import assay, dna_snps, patients
from her2omics.simulate import tables as cohorts
from her2omics.simulate.dna_snps import Library
from her2omics.simulate.scenarios import parse

SEED = 37
UNBIASED = Library(depth=400.0, balance=0.5, dispersion=1e-4)


@pytest.fixture(scope="module")
def patient():
    group = cohorts.draw_groups(6, seed=SEED, mixture=parse("standard"))[0]
    return list(patients.of(group, seed=SEED))[2]


def _counts(patient, genome, how, design=None):
    design = design or assay.of("wes")
    genotype = dna_snps.germline(patient, design)
    rows = np.flatnonzero(genotype.sum(axis=0) == 1)
    rng = np.random.default_rng(1)
    ref, alt = dna_snps.counts(rng, design, rows, genotype, genome, how)
    return design.sites, rows, genotype[:, rows], ref, alt


@pytest.mark.parametrize(("name", "least", "most"), [("wes", 4700, 5300), ("panel", 1350, 1650),
                                                      ("wgs", 18500, 21500)])  # fmt: skip
def test_number_of_heterozygous_sites(patient, name, least, most):
    genotype = dna_snps.germline(patient, assay.of(name))
    assert least < (genotype.sum(axis=0) == 1).sum() < most
    listed = dna_snps.listed(genotype, assay.of(name))
    alike = (genotype[:, listed].sum(axis=0) != 1).sum()
    assert 300 < alike < 1500


def test_allele_fractions_follow_the_haplotypes(patient):
    genome = patient.tumours[0].genome
    sites, rows, genotype, ref, alt = _counts(patient, genome, UNBIASED)
    k = genome.segment_of(sites.place[rows])
    p, copies = genome.biopsy.purity, genome.haplotypes[:, k]
    carrier = genotype.argmax(axis=0)
    expected = (p * copies[carrier, np.arange(len(k))] + 1 - p) / (
        p * copies.sum(axis=0) + 2 * (1 - p)
    )
    found = alt / (ref + alt)
    for segment in np.unique(k):
        # sites differ in their own bias by some per cent, which cancels over many
        for side in (0, 1):
            mine = (k == segment) & (carrier == side)
            if mine.sum() > 60:
                assert found[mine].mean() == pytest.approx(expected[mine][0], abs=0.025)


def test_depth_follows_the_copies(patient):
    genome = patient.tumours[0].genome
    sites, rows, _, ref, alt = _counts(patient, genome, UNBIASED)
    depth = (ref + alt) / sites.efficiency[rows]
    dna = genome.dna()[genome.segment_of(sites.place[rows])]
    expected = 400 * dna / dna_snps.mean_dna(genome)
    assert np.mean(depth / expected) == pytest.approx(1, abs=0.03)
    assert np.corrcoef(depth, expected)[0, 1] > 0.5


def test_a_normal_is_balanced_up_to_the_reference_bias(patient):
    _, _, _, ref, alt = _counts(patient, None, Library(100.0, 0.53, 0.01))
    assert (ref / (ref + alt)).mean() == pytest.approx(0.53, abs=0.01)


def test_overdispersion(patient):
    spread = []
    for dispersion in (1e-4, 0.02):
        _, _, _, ref, alt = _counts(patient, None, Library(400.0, 0.5, dispersion))
        spread.append(np.var(alt / (ref + alt)))
    assert spread[1] - spread[0] == pytest.approx(0.25 * 0.02, rel=0.35)


def test_homozygous_sites_show_one_allele_and_another_person_has_others(patient):
    design = assay.of("panel")
    own = dna_snps.germline(patient, design)
    rows = np.flatnonzero(own.sum(axis=0) != 1)
    ref, alt = dna_snps.counts(np.random.default_rng(3), design, rows, own, None, UNBIASED)
    share = alt / np.maximum(ref + alt, 1)
    assert (np.abs(share - own[0, rows]) < 0.02).mean() > 0.97
    other = dna_snps.germline(patient, design, other=True)
    agree = (own.sum(axis=0) == other.sum(axis=0)).mean()
    assert 0.25 < agree < 0.5


def test_a_second_panel_finds_the_same_alleles(patient):
    first, second = assay.of("panel"), assay.of("panel", second=True)
    alleles = dict(zip(first.sites.place, dna_snps.germline(patient, first).T, strict=True))
    shared = [
        np.array_equal(alleles[place], found)
        for place, found in zip(
            second.sites.place, dna_snps.germline(patient, second).T, strict=True
        )
        if place in alleles
    ]
    assert len(shared) > 1000
    assert all(shared)

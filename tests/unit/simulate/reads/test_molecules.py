"""Molecules carry the copies, alleles, junctions and damage of the latent case."""

import numpy as np
import pytest

from her2omics.simulate.dna_snps import haplotypes_at, mean_dna

A, C, G, T = range(4)


def _seen(library, place, alt):
    """Return molecules and those with the other base at each place."""
    low = np.searchsorted(library.start, place - 400)
    high = np.searchsorted(library.start, place, side="right")
    depth, found = np.zeros(len(place)), np.zeros(len(place))
    changed = library.start[library.change_of] + library.change_at
    for k in range(len(place)):
        rows = np.arange(low[k], high[k])
        rows = rows[library.start[rows] + library.length[rows] > place[k]]
        ok = (library.wrap_at[rows] < 0) | (library.wrap_at[rows] > place[k])
        depth[k] = ok.sum()
        found[k] = ((changed == place[k]) & (library.change_to == alt[k])).sum()
    return depth, found


@pytest.fixture(scope="module")
def baseline(drawn):
    return drawn.library(0)


def test_depth_follows_the_copies(drawn, baseline, exome):
    bins, genome = exome.design.bins, drawn.patient.tumours[0].genome
    normal = drawn.library(None)
    middle = bins.place + (bins.end - bins.start) // 2
    ratio = _seen(baseline, middle, middle * 0)[0] / _seen(normal, middle, middle * 0)[0]
    expected = haplotypes_at(genome, middle).sum(axis=0) / mean_dna(genome)
    assert np.corrcoef(np.log(ratio), np.log(expected))[0, 1] > 0.95
    assert np.median(ratio / expected) == pytest.approx(1, abs=0.03)
    start, end = drawn.patient.tumours[0].biopsy.amplicon
    low, high = (drawn.patient.where.at("17", edge) for edge in (start, end))
    inside = (middle > low + 500) & (middle < high - 500)
    assert inside.sum() > 10
    assert np.median(ratio[inside] / expected[inside]) == pytest.approx(1, abs=0.05)


def test_alleles_follow_haplotypes_and_clones(drawn, baseline, exome):
    sites, genome = exome.design.sites, drawn.patient.tumours[0].genome
    copies = haplotypes_at(genome, sites.place)
    share = (copies * drawn.person.genotype).sum(axis=0) / copies.sum(axis=0)
    depth, found = _seen(baseline, sites.place, drawn.person.snp_alt)
    z = (found - depth * share) / np.sqrt(np.maximum(depth * share * (1 - share), 1e-9))
    mixed = (share > 0) & (share < 1)
    assert np.array_equal(found[share == 1], depth[share == 1])
    assert found[share == 0].sum() == 0
    assert abs(z[mixed].mean()) < 0.15
    assert z[mixed].std() == pytest.approx(1, abs=0.1)

    mutations = drawn.mutations
    depth, found = _seen(baseline, mutations.place, drawn.person.mutation_alt)
    share = mutations.share[0]
    assert found.sum() == pytest.approx((depth * share).sum(), rel=0.05)
    assert found[share == 0].sum() == 0
    z = (found - depth * share) / np.sqrt(np.maximum(depth * share * (1 - share), 1.0))
    assert np.abs(z).max() < 5


def test_the_normal_has_no_mutation(drawn):
    normal = drawn.library(None)
    _, found = _seen(normal, drawn.mutations.place, drawn.person.mutation_alt)
    assert found.sum() == 0


def test_artefacts_and_damage_are_on_one_strand(drawn, exome):
    library = drawn.library(0, damage=5e-3)
    artefact = (drawn.mutations.table["clone"] == "artefact").to_numpy()
    place = drawn.mutations.place[artefact]
    changed = library.start[library.change_of] + library.change_at
    here = np.isin(changed, place) & np.isin(library.change_to, (A, T))
    known = set(drawn.person.mutation_alt[artefact])
    assert known <= {A, T}
    top = library.top[library.change_of[here]]
    np.testing.assert_array_equal(library.change_to[here] == T, top)

    other = ~np.isin(changed, np.r_[drawn.mutations.place, exome.design.sites.place])
    base = drawn.reference[changed]
    damage = other & (((base == C) & (library.change_to == T)) | ((base == G) & (
        library.change_to == A)))  # fmt: skip
    per_base = damage.sum() / library.length.sum()
    # .205 of the bases are the cytosines of the sequenced strand.
    assert per_base == pytest.approx(0.205 * 5e-3, rel=0.05)


def test_junctions_join_the_end_of_the_amplicon_to_its_start(drawn):
    library, normal = drawn.library(0), drawn.library(None)
    biopsy = drawn.patient.tumours[0].biopsy
    low, high = (drawn.patient.where.at("17", edge) for edge in biopsy.amplicon)
    over = library.wrap_at >= 0
    assert over.sum() > 20
    assert set(library.wrap_at[over]) == {high}
    assert set(library.wrap_to[over]) == {low}
    assert np.all(library.start[over] < high)
    assert np.all(library.start[over] + library.length[over] > high)
    assert not (normal.wrap_at >= 0).any()

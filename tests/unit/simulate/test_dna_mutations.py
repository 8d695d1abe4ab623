"""Mutation counts against clones, copies and purity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from her2omics.simulate import assay, clusters, dna_mutations, patients
from her2omics.simulate import tables as cohorts
from her2omics.simulate.coordinates import axis
from her2omics.simulate.dna_snps import Library
from her2omics.simulate.scenarios import SCENARIOS

SEED = 43
UNBIASED = Library(depth=1000.0, balance=0.5, dispersion=1e-4)


def _drawn(name="standard", n=30, **changes):
    scenario = replace(SCENARIOS[name], **changes)
    group = cohorts.draw_groups(n, seed=SEED, mixture=[(scenario, 1.0)])[0]
    latent = clusters.draw(group.cases, scenario, seed=SEED)
    out = []
    for patient in patients.of(group, seed=SEED):
        rows = {tumour.row for tumour in patient.tumours}
        designs = [
            assay.of(scenario.assay, second=scenario.different_panels and k > 0)
            for k in range(len(patient.tumours))
        ]
        mine = latent[latent["row"].isin(rows)]
        out.append((patient, mine, dna_mutations.draw(patient, mine, designs)))
    return out


@pytest.fixture(scope="module")
def standard():
    return _drawn(n=40)


def test_numbers_are_those_of_the_clusters(standard):
    for _, latent, mutations in standard:
        found = mutations.table["clone"].value_counts()
        expected = latent.set_index("clone")["n"]
        assert found.to_dict() == expected[expected > 0].to_dict()
        assert mutations.table["mutation_id"].is_unique
        assert (np.diff(mutations.place) > 0).all()


def test_cancer_cell_fractions_are_those_of_the_clusters(standard):
    for _, latent, mutations in standard:
        true = latent.set_index("clone").loc[mutations.table["clone"]]
        np.testing.assert_allclose(mutations.ccf[0], true["baseline"])
        np.testing.assert_allclose(mutations.ccf[1], true["followup"])


def test_allele_fractions_follow_from_copies_purity_and_multiplicity(standard):
    for patient, _, mutations in standard[:8]:
        for s, tumour in enumerate(patient.tumours):
            genome, p = tumour.genome, tumour.biopsy.purity
            total = genome.total[genome.segment_of(mutations.place)]
            mutated = np.nan_to_num(mutations.ccf[s] * mutations.multiplicity()[s])
            expected = p * mutated / (p * total + 2 * (1 - p))
            np.testing.assert_allclose(mutations.share[s], expected, atol=1e-9)
            rng = np.random.default_rng(s)
            ref, alt = dna_mutations.counts(rng, mutations, s, genome, UNBIASED)
            error = alt / np.maximum(ref + alt, 1) - expected
            assert abs(error.mean()) < 0.01
            assert np.abs(error).max() < 0.2


def test_multiplicities(standard):
    copies = {}
    for patient, _, mutations in standard:
        genome = patient.tumours[0].genome
        k = genome.segment_of(mutations.place)
        found = mutations.multiplicity()[0]
        largest = genome.copies.sum(axis=1).max(axis=0)[k]
        known = np.isfinite(found)
        assert (found[known] <= largest[known] + 1e-9).all()
        for clone, value in zip(mutations.table["clone"], found, strict=True):
            copies.setdefault(clone, []).append(value)
    trunk, private = np.array(copies["trunk"]), np.array(copies["baseline_1"])
    assert 0.1 < (trunk > 1.5).mean() < 0.5
    assert (private > 1.5).mean() < 0.15


def test_some_mutations_were_carried_along_by_the_amplification(standard):
    carried = 0
    for patient, _, mutations in standard:
        biopsy = patient.tumours[0].biopsy
        low, high = (axis().at("17", edge) for edge in biopsy.amplicon)
        inside = (mutations.place >= low) & (mutations.place < high)
        many = mutations.multiplicity()[0][inside] > 0.5 * biopsy.copies_amplified
        carried += bool(many.any())
    assert 3 <= carried <= 25


def test_lineages_have_the_shares_of_their_piece(standard):
    for patient, _, mutations in standard:
        for s, tumour in enumerate(patient.tumours):
            amplified = mutations.table["clone"].eq("amplified").to_numpy()
            other = mutations.table["clone"].eq("other").to_numpy()
            np.testing.assert_allclose(mutations.ccf[s, amplified], tumour.biopsy.f)
            np.testing.assert_allclose(mutations.ccf[s, other], 1 - tumour.biopsy.f)


def test_unrelated_tumours_share_no_mutation():
    for _, _, mutations in _drawn("second_primary", 10):
        assert not ((mutations.share[0] > 0) & (mutations.share[1] > 0)).any()


def test_artefacts_are_c_to_t_at_low_fractions_in_one_sample():
    shares = []
    for _, _, mutations in _drawn("ffpe_artefacts", 12):
        rows = mutations.table["clone"].eq("artefact").to_numpy()
        pairs = mutations.table.loc[rows, "ref"] + mutations.table.loc[rows, "alt"]
        assert set(pairs) <= {"CT", "GA"}
        seen = mutations.share[:, rows] > 0
        assert (seen.any(axis=1).sum() == 1) or not rows.any()
        assert np.isnan(mutations.ccf[:, rows]).all()
        shares += mutations.share[:, rows].max(axis=0).tolist()
    assert np.mean(shares) == pytest.approx(clusters.ARTEFACT_VAF, rel=0.25)


def test_germline_variants_leak_without_a_normal():
    for patient, _, mutations in _drawn("no_normal", 6):
        rows = mutations.table["clone"].eq("germline").to_numpy()
        assert 4 <= rows.sum() <= 35
        expected = []
        for tumour in patient.tumours:
            genome, p = tumour.genome, tumour.biopsy.purity
            k = genome.segment_of(mutations.place[rows])
            both = p * genome.haplotypes[:, k] + 1 - p
            expected.append(both / both.sum(axis=0))
        share = mutations.share[:, rows]
        near = np.abs(np.array(expected) - share[:, None, :]).min(axis=1)
        assert near.max() < 1e-9
    for _, _, mutations in _drawn("standard", 4):
        assert not mutations.table["clone"].eq("germline").any()


def test_followups_have_private_mutations_of_their_own():
    for patient, latent, mutations in _drawn("three_samples", 12):
        assert len(patient.tumours) == 3
        own = mutations.table["clone"].str.startswith("followup").to_numpy()
        assert not (mutations.ccf[0, own] > 0).any()
        assert not ((mutations.ccf[1, own] > 0) & (mutations.ccf[2, own] > 0)).any()
        assert own.sum() == latent[latent["clone"].str.startswith("followup")]["n"].sum()


def test_what_is_called():
    ref, alt = np.array([100, 98, 40, 1000]), np.array([0, 2, 3, 5])
    assert dna_mutations.called(ref, alt).tolist() == [False, False, True, False]

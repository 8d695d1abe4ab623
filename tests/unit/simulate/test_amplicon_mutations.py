"""Mutations on the amplicon: which copies carry them, and what is left after a loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from her2omics.simulate import assay, clusters, dna_mutations, patients
from her2omics.simulate import tables as cohorts
from her2omics.simulate.coordinates import axis
from her2omics.simulate.scenarios import SCENARIOS
from her2omics.simulate.tumour_genome import AMPLIFIED, OTHER

SEED = 47


def _on_amplicon(state, n=60):
    """Yield patient, latent state of the mutations on the amplified haplotype of the amplicon."""
    scenario = replace(SCENARIOS["standard"], states={state: 1.0}, selection="none")
    group = cohorts.draw_groups(n, seed=SEED, mixture=[(scenario, 1.0)])[0]
    latent = clusters.draw(group.cases, scenario, seed=SEED)
    designs = [assay.of("wes")] * 2
    for patient in patients.of(group, seed=SEED):
        mutations = dna_mutations.draw(
            patient, latent[latent["row"].eq(patient.tumours[0].row)], designs
        )
        low, high = (axis().at("17", edge) for edge in patient.tumours[0].biopsy.amplicon)
        yield patient, mutations.rows((mutations.place >= low) & (mutations.place < high))


@pytest.fixture(scope="module")
def replaced():
    return list(_on_amplicon("CS"))


@pytest.fixture(scope="module")
def lost():
    return list(_on_amplicon("DA", 120))


def _many(patient, mutations):
    return mutations.multiplicity()[0] > 0.6 * patient.tumours[0].biopsy.copies_amplified


def test_a_loss_takes_the_haplotype_of_some_patients(lost):
    gone = []
    for patient, _ in lost:
        baseline, followup = (tumour.genome for tumour in patient.tumours)
        k = followup.segment_of(np.array([axis().at("17", followup.biopsy.amplicon[0])]))[0]
        at = baseline.segment_of(np.array([axis().at("17", baseline.biopsy.amplicon[0])]))[0]
        gain = int(baseline.copies[AMPLIFIED, :, at].argmax())
        after = followup.copies[AMPLIFIED, :, k]
        assert after.sum() == pytest.approx(followup.biopsy.copies_amplified)
        assert followup.biopsy.lost
        gone.append(after[gain] == 0)
    assert 0.15 < np.mean(gone) < 0.45


def test_older_mutations_share_the_fate_of_the_haplotype(lost):
    seen = set()
    for patient, mutations in lost:
        genome = patient.tumours[1].genome
        k = genome.segment_of(mutations.place)
        for row in np.flatnonzero(_many(patient, mutations)):
            gain = int(patient.tumours[0].genome.copies[AMPLIFIED, :, k[row]].argmax())
            left = genome.copies[AMPLIFIED, gain, k[row]]
            if mutations.table["clone"].iloc[row] == "amplified":
                found = mutations.multiplicity()[1, row]
                assert found == pytest.approx(left) or found == 0
                seen.add(bool(left))
    assert seen == {True, False}


def test_the_other_clone_has_none_of_the_amplified_ones(replaced):
    kinds = {"trunk": 0, "amplified": 0}
    for patient, mutations in replaced:
        genome, f = patient.tumours[1].genome, patient.tumours[1].biopsy.f
        k = genome.segment_of(mutations.place)
        for row in np.flatnonzero(_many(patient, mutations)):
            clone = mutations.table["clone"].iloc[row]
            kinds[clone] += 1
            gain = int(genome.copies[AMPLIFIED, :, k[row]].argmax())
            others = genome.copies[OTHER, gain, k[row]] if clone == "trunk" else 0.0
            expected = f * genome.copies[AMPLIFIED, gain, k[row]] + (1 - f) * others
            assert mutations.carried[1, row] == pytest.approx(expected, rel=0.4, abs=0.02)
    assert kinds["trunk"] > kinds["amplified"] > 0


def test_what_is_private_to_a_biopsy_is_younger_than_the_amplification(replaced, lost):
    found = 0
    for patient, mutations in [*replaced, *lost]:
        private = mutations.table["clone"].str.startswith(("baseline", "followup")).to_numpy(bool)
        found += private.sum()
        limit = 2.5 + 2 * patient.tumours[1].biopsy.doubled
        both = mutations.multiplicity()[:, private]
        assert (both[np.isfinite(both)] < max(limit, patient.tumours[0].biopsy.copies_other)).all()
    assert found > 0

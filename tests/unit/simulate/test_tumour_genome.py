"""Genomes of simulated tumours against the latent cases they are made for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from her2omics.simulate import patients
from her2omics.simulate import tables as cohorts
from her2omics.simulate.coordinates import axis
from her2omics.simulate.scenarios import SCENARIOS
from her2omics.simulate.tumour_genome import AMPLIFIED, OTHER

SEED = 23
AXIS = axis()


def _patients(name="standard", n=60, **changes):
    mixture = [(replace(SCENARIOS[name], **changes), 1.0)]
    group = cohorts.draw_groups(n, seed=SEED, mixture=mixture)[0]
    return group, list(patients.of(group, seed=SEED))


@pytest.fixture(scope="module")
def standard():
    return _patients(n=150)[1]


def _at(place):
    return AXIS.at("17", place)


def _share(genome, other, fold=1):
    """Share of the autosomes outside chromosome 17 whose copies differ."""
    edges = np.unique(np.r_[genome.edges, other.edges])
    edges = edges[edges <= AXIS.autosomes_end]
    middle = (edges[:-1] + edges[1:]) // 2
    copies = [found.copies[OTHER][:, found.segment_of(middle)] for found in (genome, other)]
    differs = (np.abs(copies[1] - fold * copies[0]) > 0.85).any(axis=0)
    length = np.diff(edges)
    return (length * differs)[AXIS.chromosome(middle) != 16].sum() / AXIS.autosomes_end


def test_erbb2_has_the_latent_copies(standard):
    for patient in standard:
        for tumour in patient.tumours:
            biopsy, genome = tumour.biopsy, tumour.genome
            k = genome.segment_of(np.array([_at(39_710_000)]))[0]
            assert genome.copies[AMPLIFIED, :, k].sum() == pytest.approx(biopsy.copies_amplified)
            assert genome.copies[OTHER, :, k].sum() == pytest.approx(biopsy.copies_other)
            mean = biopsy.f * biopsy.copies_amplified + (1 - biopsy.f) * biopsy.copies_other
            assert genome.total[k] == pytest.approx(mean)


def test_17q_beside_the_amplicon_has_the_other_copies(standard):
    for patient in standard:
        genome, biopsy = patient.tumours[0].genome, patient.tumours[0].biopsy
        near = [genome.mean_copies(_at(start), _at(start + 1e6)) for start in (28e6, 32e6, 54e6)]
        np.testing.assert_allclose(near, biopsy.copies_other)


def test_one_parental_haplotype_is_amplified(standard):
    for patient in standard:
        genome = patient.tumours[0].genome
        places = np.array([_at(39_710_000), _at(30_000_000)])
        inside, outside = genome.copies[AMPLIFIED][:, genome.segment_of(places)].T
        assert (inside - outside > 0.5).sum() == 1
        assert np.isclose(inside, outside).sum() == 1


def test_ploidy_is_near_the_latent_one(standard):
    errors = {"baseline": [], "followup": []}
    for patient in standard:
        for tumour in patient.tumours:
            error = tumour.genome.ploidy(AXIS) - tumour.biopsy.ploidy
            errors[tumour.biopsy.time].append(abs(error))
    assert np.mean(errors["baseline"]) < 0.005
    assert np.mean(errors["followup"]) < 0.05
    assert np.max(errors["followup"]) < 0.4


def test_copies_are_never_negative_and_segments_cover_the_genome(standard):
    for patient in standard:
        for tumour in patient.tumours:
            genome = tumour.genome
            assert genome.copies.min() >= 0
            assert genome.edges[0] == 0
            assert genome.edges[-1] == AXIS.end
            assert set(AXIS.starts) <= set(genome.edges)


def test_17p_is_lost_in_about_two_of_five(standard):
    arm = (_at(0), _at(7_000_000))
    near_diploid = [p.tumours[0].genome for p in standard if p.tumours[0].genome.base == 2]
    lost = [genome.mean_copies(*arm) < 1.5 for genome in near_diploid]
    assert 0.28 < np.mean(lost) < 0.52


def test_the_other_clone_has_events_of_its_own(standard):
    for patient in standard:
        genome = patient.tumours[0].genome
        differs = (genome.copies[OTHER] != genome.copies[AMPLIFIED]).any(axis=0)
        names = {AXIS.chromosome(genome.edges[k]) for k in np.flatnonzero(differs)}
        assert 3 <= len(names) <= 9


@pytest.mark.parametrize(("name", "share"), [("standard", 0.10), ("private_segments_50", 0.5)])
def test_private_segments(name, share):
    found = []
    for patient in _patients(name, subclonal_events=0.0)[1]:
        before, after = (tumour.genome for tumour in patient.tumours)
        found.append(_share(before, after, 2 if after.biopsy.doubled else 1))
    assert np.mean(found) == pytest.approx(share, rel=0.2)


def test_a_doubling_between_the_biopsies_doubles_what_was_there():
    for patient in _patients("doubling_between", 20)[1]:
        before, after = (tumour.genome for tumour in patient.tumours)
        if after.biopsy.doubled:
            assert after.ploidy(AXIS) > 1.7 * before.ploidy(AXIS)
            level = [found.mean_copies(_at(28e6), _at(30e6)) for found in (before, after)]
            assert level[1] == pytest.approx(level[0] + 2)


def test_polysomy_is_of_the_whole_chromosome():
    for patient in _patients("polysomy", 20)[1]:
        genome, biopsy = patient.tumours[0].genome, patient.tumours[0].biopsy
        end = int(AXIS.lengths[16])
        assert genome.mean_copies(_at(0), _at(end)) == pytest.approx(biopsy.copies_other)
        assert biopsy.amplicon is None


def test_a_quiet_genome_has_the_amplicon_alone():
    for patient in _patients("quiet_genome", 20)[1]:
        for tumour in patient.tumours:
            genome = tumour.genome
            off = AXIS.chromosome(genome.edges[:-1]) != 16
            assert len(np.unique(genome.total[off])) == 1
            assert genome.total[~off].max() > genome.total[off].max() or tumour.biopsy.f < 0.5


def test_unrelated_tumours_have_other_profiles():
    shared = {}
    for name in ("standard", "second_primary"):
        both = [
            [set(t.genome.edges) for t in patient.tumours] for patient in _patients(name, 20)[1]
        ]
        arms = {*AXIS.starts, AXIS.end, *(end for _, end in AXIS.arms.values())}
        shared[name] = np.mean([len((a & b) - arms) / len(a - arms) for a, b in both])
    assert shared["standard"] == 1
    assert shared["second_primary"] < 0.05


def test_two_lesions_share_their_baseline():
    for patient in _patients("three_samples", 8)[1]:
        times = [tumour.biopsy.time for tumour in patient.tumours]
        assert times == ["baseline", "followup", "followup"]
        samples = [tumour.sample for tumour in patient.tumours]
        assert samples == [f"{patient.name}-{end}" for end in ("B", "F1", "F2")]


def test_a_patients_genome_does_not_depend_on_the_number_of_cases():
    few, many = (_patients(n=n)[1] for n in (4, 11))
    for one, same in zip(few, many, strict=False):
        for a, b in zip(one.tumours, same.tumours, strict=True):
            np.testing.assert_array_equal(a.genome.edges, b.genome.edges)
            np.testing.assert_array_equal(a.genome.copies, b.genome.copies)

"""One patient on the mini genome, and libraries of its samples."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from her2omics.simulate import tables as cohorts
from her2omics.simulate.reads import cohort, molecules, references
from her2omics.simulate.reads.design import mini_exome
from her2omics.simulate.reads.mini_genome import mini_genome
from her2omics.simulate.reads.molecules import Chemistry
from her2omics.simulate.scenarios import SCENARIOS

SEED = 12


@dataclass
class Drawn:
    """A patient, its reference, its person and a function that draws a library."""

    patient: object
    mutations: object
    reference: np.ndarray
    person: object

    def library(self, sample, *, depth=400.0, damage=0.0):
        genome = None if sample is None else self.patient.tumours[sample].genome
        chemistry = Chemistry(depth, 200.0, 30.0, damage, 0.0)
        rng = np.random.default_rng([SEED, 5])
        return molecules.draw(rng, self.person, sample, genome, chemistry, self.reference)


@pytest.fixture(scope="session")
def exome():
    return mini_exome()


@pytest.fixture(scope="session")
def where():
    return mini_genome().where


@pytest.fixture(scope="session")
def drawn():
    scenario = replace(
        SCENARIOS["standard"],
        ffpe_artefacts=30.0,
        fixed={"purity_both": 0.7, "copies_amplified_baseline": 25.0, "f_baseline": 0.95},
    )
    groups = cohorts.draw_groups(1, seed=SEED, mixture=[(scenario, 1.0)])
    reference = mini_genome().sequence()
    (one,) = cohort._on_reference(cohort._people(groups[0], SEED), reference)
    person = cohort._person(one, reference, other=False)
    assert len(references.snp_alleles(reference)[0]) == person.genotype.shape[1]
    return Drawn(one.patient, one.mutations, reference, person)

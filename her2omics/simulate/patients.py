"""From latent cases to patients with genomes: what every DNA file of a patient is written from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from her2omics.mechanism import states
from her2omics.simulate import amplicon, chromosome_17, karyotype
from her2omics.simulate.coordinates import Axis, axis
from her2omics.simulate.distributions import rows_of, stream
from her2omics.simulate.scenario import Scenario
from her2omics.simulate.tables import Group
from her2omics.simulate.tumour_genome import Biopsy, SampleGenome
from her2omics.thresholds import limits


@dataclass(frozen=True)
class Tumour:
    """One tumour sample: its id, the row of its case, and its genome."""

    sample: str
    row: int
    genome: SampleGenome

    @property
    def biopsy(self) -> Biopsy:
        """The latents behind the genome."""
        return self.genome.biopsy


@dataclass(frozen=True)
class Patient:
    """One patient: its number in the group, its id, and its tumours, the baseline first.

    ``where`` is the axis on which the tumours' genomes lie.
    """

    scenario: Scenario
    seed: int
    number: int
    name: str
    tumours: list[Tumour]
    where: Axis = field(default_factory=axis)

    @property
    def normal(self) -> str:
        """Sample id of the matched normal."""
        return f"{self.name}-N"

    def stream(self, *parts: str | int) -> np.random.Generator:
        """Return a generator of this patient's own for what is named."""
        return stream(self.seed, self.scenario.name, self.number, *parts)


def of(group: Group, *, seed: int) -> Iterator[Patient]:
    """Yield the patients of a group in order, each independent of the others.

    Parameters
    ----------
    group
        Latent cases of one scenario with their ids.
    seed
        Seed of the cohort.
    """
    cases, scenario = group.cases, group.scenario
    reach = amplicon.draw(cases, scenario, seed=seed)
    number = rows_of(cases["patient"].to_numpy())
    for patient in range(number.max(initial=-1) + 1):
        rows = np.flatnonzero(number == patient)
        biopsies = [_biopsy(group, rows[0], "baseline", reach)]
        samples, places = [cases["baseline"].iloc[rows[0]]], [rows[0]]
        for row in rows:
            if cases["followup_id"].iloc[row] is not None:
                biopsies.append(_biopsy(group, row, "followup", reach))
                samples.append(cases["followup_id"].iloc[row])
                places.append(row)
        name = cases["patient_id"].iloc[rows[0]]
        empty = Patient(scenario, seed, patient, name, [])
        genomes = _genomes(empty, biopsies)
        tumours = [
            Tumour(sample, int(row), genome)
            for sample, row, genome in zip(samples, places, genomes, strict=True)
        ]
        yield Patient(scenario, seed, patient, name, tumours)


def _genomes(patient: Patient, biopsies: list[Biopsy]) -> list[SampleGenome]:
    """Return the genomes of all biopsies; an unrelated tumour has a history of its own."""
    related = [biopsies]
    if patient.scenario.unrelated:
        related = [[replace(biopsy, doubled=False)] for biopsy in biopsies]
    out = []
    for part, together in enumerate(related):
        rng = patient.stream("genome", part)
        seventeen = chromosome_17.draw(rng, patient.scenario, axis())
        out += karyotype.draw(rng, together, patient.scenario, seventeen, axis())
    return out


def _biopsy(group: Group, row: int, time: str, reach: dict[str, amplicon.Reach]) -> Biopsy:
    case = group.cases.iloc[row]
    edges = None
    if group.scenario.amplified:
        side = reach[time]
        edges = amplicon.edges(
            float(side.left[row]), float(side.right[row]), whole=side.whole, genome=axis().genome
        )
    return Biopsy(
        time=time,
        f=float(case[f"f_bulk_{time}"]),
        purity=float(case[f"purity_{time}"]),
        ploidy=float(case[f"ploidy_{time}"]),
        copies_amplified=float(case[f"copies_amplified_{time}"]),
        copies_other=float(case[f"copies_other_{time}"]),
        doubled=bool(case["doubling_between"]) and time == "followup",
        amplicon=edges,
        lost=time == "followup" and _lost(case),
    )


def _lost(case: pd.Series) -> bool:
    """Return whether the amplified lineage lost the copies that it had gained."""
    amplified, other = (
        [case[f"copies_{kind}_{time}"] for time in ("baseline", "followup")]
        for kind in ("amplified", "other")
    )
    return bool(states.copies_ratio(*amplified, *other) < limits().copies_lost_ratio)

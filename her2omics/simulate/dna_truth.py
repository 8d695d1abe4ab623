"""What the DNA files of a simulated cohort were written from: two tables of truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics import tables as declared
from her2omics.simulate.dna_mutations import Mutations
from her2omics.simulate.patients import Patient, Tumour
from her2omics.simulate.tables import Group

_BESIDE_CENTROMERE = 2_000_000  # base pairs of 17q that stand for CEP17


class Truth:
    """Collects the truth of all patients, in order."""

    def __init__(self) -> None:
        self._samples: list[dict] = []
        self._mutations: list[pd.DataFrame] = []

    def add(self, group: Group, patient: Patient, mutations: Mutations | None) -> None:
        """Add one patient's tumours and, where they were read, its mutations."""
        self._samples += [_sample(patient, tumour) for tumour in patient.tumours]
        if mutations is not None:
            self._mutations += _cases(group, patient, mutations)

    def samples(self) -> pd.DataFrame:
        """Return table ``truth_dna``."""
        return declared.typed(pd.DataFrame(self._samples), "truth_dna")

    def mutations(self) -> pd.DataFrame:
        """Return table ``truth_mutations``."""
        if not self._mutations:
            return declared.empty("truth_mutations")
        frame = pd.concat(self._mutations, ignore_index=True)
        return declared.typed(frame, "truth_mutations")


def _sample(patient: Patient, tumour: Tumour) -> dict:
    genome, biopsy, where = tumour.genome, tumour.biopsy, patient.where
    arm = where.genome.contigs.loc["17"]
    gene = where.genome.genes.loc["ERBB2"]

    def mean(start: int, end: int) -> float:
        return genome.mean_copies(where.at("17", start), where.at("17", end))

    start, end = biopsy.amplicon or (None, None)
    # An incomplete amplicon leaves out the first exon that no HER2 transcript needs.
    low = max(int(gene["start"]), start or 0)
    beside = int(arm["centromere_end"])
    return {
        "sample": tumour.sample,
        "patient": patient.name,
        "timepoint": biopsy.time,
        "assay": patient.scenario.assay,
        "purity": biopsy.purity,
        "ploidy": genome.ploidy(where),
        "erbb2_copies": mean(low, int(gene["end"]) if end is None else min(int(gene["end"]), end)),
        "f_bulk": biopsy.f,
        "copies_amplified": biopsy.copies_amplified,
        "copies_other": biopsy.copies_other,
        "amplicon_start": start,
        "amplicon_end": end,
        "arm_17p_copies": mean(0, int(arm["centromere_start"])),
        "cep17_copies": mean(beside, beside + _BESIDE_CENTROMERE),
    }


def _cases(group: Group, patient: Patient, mutations: Mutations) -> list[pd.DataFrame]:
    """Return the mutations of each case of a patient."""
    baseline = patient.tumours[0]
    after = patient.tumours[1:] or [baseline]
    multiplicity = mutations.multiplicity()
    out = []
    for number, tumour in enumerate(after, start=1):
        lone = tumour is baseline
        absent = np.full(len(mutations.place), np.nan)
        out.append(
            mutations.table[["mutation_id", "clone"]].assign(
                case=group.cases["case"].iloc[tumour.row],
                patient=patient.name,
                ccf_baseline=mutations.ccf[0],
                ccf_followup=absent if lone else mutations.ccf[number],
                multiplicity_baseline=multiplicity[0],
                multiplicity_followup=absent if lone else multiplicity[number],
            )
        )
    return out

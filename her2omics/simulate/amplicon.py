"""How far each tumour's ERBB2 amplicon reaches: the same edges for its mRNA and for its DNA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.genome import Genome
from her2omics.simulate.distributions import rows_of, stream
from her2omics.simulate.scenario import Scenario

#: Genes of the smallest amplicon, 83 kb from TCAP to GRB7: always carried.
CORE = ("TCAP", "PNMT", "PGAP3", "ERBB2", "MIEN1", "GRB7")
#: Genes outward on either side and the share of amplicons that reach them; TOP2A .31 is published
#: (in the amplicon of 31 % of HER2-positive tumours), the others fall off between it and the core.
REACH = {
    "left": {"STARD3": 0.96, "PPP1R1B": 0.9, "NEUROD2": 0.85, "CDK12": 0.7, "MED1": 0.6},
    "right": {
        "IKZF3": 0.8,
        "ZPBP2": 0.75,
        "GSDMB": 0.7,
        "ORMDL3": 0.65,
        "PSMD3": 0.6,
        "MED24": 0.55,
        "CASC3": 0.45,
        "RARA": 0.4,
        "TOP2A": 0.31,
    },
}
GENES = (*CORE, *REACH["left"], *REACH["right"])
#: Mean length beyond the outermost of these genes, and the longest, base pairs [assume].
_BEYOND = {"left": 0.8e6, "right": 1.5e6}
_LONGEST = {"left": 6e6, "right": 12e6}


@dataclass(frozen=True)
class Reach:
    """How far amplicons reach, uniform on 0-1 (small is far), one value per biopsy.

    ``whole`` is False where the amplicon holds ERBB2 but not its neighbours.
    """

    left: np.ndarray
    right: np.ndarray
    whole: bool = True

    def carries(self, gene: str) -> np.ndarray:
        """Return which amplicons hold the whole gene."""
        if gene == "ERBB2":
            return np.ones(len(self.left), dtype=bool)
        share = 1.0 if gene in CORE else {**REACH["left"], **REACH["right"]}[gene]
        side = self.left if gene in REACH["left"] else self.right
        return (side < share) & self.whole


def draw(cases: pd.DataFrame, scenario: Scenario, *, seed: int) -> dict[str, Reach]:
    """Return the reach of the amplicons at ``baseline`` and ``followup``, one value per case.

    It is the patient's; an unrelated follow-up tumour has its own. Case k does not depend on how
    many cases there are.
    """
    patient = rows_of(cases["patient"].to_numpy())
    both = stream(seed, scenario.name, "amplicon").random((patient.max(initial=-1) + 1, 2))[patient]
    after = both
    if scenario.unrelated:
        after = stream(seed, scenario.name, "other amplicon").random((len(cases), 2))
    whole = not scenario.incomplete_amplicon
    return {
        time: Reach(values[:, 0], values[:, 1], whole)
        for time, values in (("baseline", both), ("followup", after))
    }


def edges(left: float, right: float, *, whole: bool, genome: Genome) -> tuple[int, int]:
    """Return start and end of one amplicon, 0-based and half-open on chromosome 17.

    Parameters
    ----------
    left, right
        Reach of one biopsy, 0-1 above 0.
    whole
        False: ERBB2 alone, between PGAP3 and MIEN1.
    genome
        Build of the coordinates.
    """
    genes = genome.genes
    if not whole:
        return int(genes.at["PGAP3", "end"]), int(genes.at["MIEN1", "start"])
    arm = genome.contigs.loc["17"]
    start = -_edge(left, "left", -genes["end"], -genes["start"], -genes.at["TCAP", "start"])
    end = _edge(right, "right", genes["start"], genes["end"], genes.at["GRB7", "end"])
    return max(start, int(arm["centromere_end"])), min(end, int(arm["length"]))


def _edge(chance: float, side: str, near: pd.Series, far: pd.Series, core: int) -> int:
    """Return the edge on one side, coordinates growing outward.

    Between the last gene carried and the first one not carried the edge is anywhere up to the near
    end of the latter, or inside it where the two overlap.
    """
    inner, upper = int(core), 1.0
    for gene, share in REACH[side].items():
        if chance >= share:
            part = (upper - chance) / (upper - share)
            outer = int(near[gene])
            if outer <= inner:
                outer = (inner + int(far[gene])) // 2
            return int(inner + part * (outer - inner))
        inner, upper = int(far[gene]), share
    beyond = -_BEYOND[side] * np.log(max(chance, 1e-9) / upper)
    return int(inner + min(beyond, _LONGEST[side]))

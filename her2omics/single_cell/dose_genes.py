"""The genes that tell the dose of the amplicon: which there are, and which of them serve a case.

A gene serves unless it is overdispersed, or keeps its level where the others do not: amplicons end
anywhere.
"""

from __future__ import annotations

import itertools

import numpy as np

from her2omics import resources
from her2omics.single_cell import states
from her2omics.single_cell.estimates import AMPLIFIED, NEUTRAL
from her2omics.single_cell.likelihood import Cells

#: Neighbours of ERBB2 that tell its dose; ERBB2 itself is kept apart: its output per dose tells
#: silencing from loss. Not PPP1R1B (overdispersed, differs between unamplified subclones), not
#: IKZF3 (lymphoid).
GENES = (
    "MIEN1", "GRB7", "STARD3", "PGAP3", "TCAP", "PNMT", "CDK12", "ORMDL3", "PSMD3", "MED24", "MED1",
)  # fmt: skip
#: GRCh38 stretch of chromosome 17 left out of the size factor, or an amplicon normalises itself
#: away: 0-based, half-open.
OUTSIDE_SIZE = (37_500_000, 42_000_000)
_MIN_GENES, _MAX_DISPERSION = 4, 0.6
#: A gene whose rise is below this part of the others' lies outside the amplicon.
_MIN_RISE, _MIN_STATE_CELLS = 0.35, 20
#: Genes next to ERBB2, in the smallest amplicons already; where their median changes by this factor
#: between the samples, or from normal epithelium, whose levels differ for other reasons too, the
#: others are held against them. Gene by gene: counts that tell a change.
_CORE, _CHANGE, _RISE, _MIN_COUNTS = GENES[:6], np.log(1.6), np.log(3.0), 10


def reference_panel() -> np.ndarray:
    """Return (genes,) log share of a diploid cell's UMIs of :data:`GENES`.

    From the medians of HER2-negative tumours (TCGA bulk RNA): a 3' protocol and the tumour's own
    level move it, which the model's priors allow for.
    """
    table = resources.table("her2_negative_reference.tsv").set_index("gene")
    cpm = 2.0 ** table.loc[list(GENES), "her2_negative_median"].to_numpy() - 0.5
    return np.log(np.maximum(cpm, 0.3) / 1e6)


def quiet(dispersion: np.ndarray) -> np.ndarray:
    """Return which genes are not overdispersed, at least the four quietest."""
    limit = max(_MAX_DISPERSION, np.sort(dispersion)[:_MIN_GENES].max())
    return dispersion <= limit


def change_together(cells: Cells, sample: np.ndarray, normal: Cells) -> np.ndarray:
    """Return which genes change as those next to ERBB2 do.

    A gene outside the amplicon keeps its level while the amplified cells go, and has that of normal
    epithelium. Before any state is named: enough such genes would pass for a dose that has not
    changed, and ERBB2 for silenced; and where all cells are amplified they pass for a lower dose.

    Parameters
    ----------
    cells
        Malignant cells.
    sample
        (cells,) their samples.
    normal
        Normal epithelium of the same patient.
    """
    parts = [cells.rows(sample == code) for code in np.unique(sample)]
    inside = np.ones(cells.counts.shape[1], dtype=bool)
    for one, other in itertools.permutations(parts, 2):
        inside &= _higher_as_the_core(one, other, least=_CHANGE)
    for part in parts:
        inside &= _higher_as_the_core(part, normal, least=_RISE)
    return inside


def _higher_as_the_core(one: Cells, other: Cells, *, least: float) -> np.ndarray:
    """Return which genes are higher in ``one`` as the core is; all, where it is not."""
    exposure = [part.weight @ (part.size * part.own) for part in (one, other)]
    counts = [
        part.weight @ (part.counts - part.size[:, None] * part.ambient) for part in (one, other)
    ]
    if min(exposure) <= 0:
        return np.ones(len(counts[0]), dtype=bool)
    rates = [np.maximum(count, 0.5) / size for count, size in zip(counts, exposure, strict=True)]
    change = np.log(rates[0] / rates[1])
    # What the smaller set would show if the gene did not change.
    alike = np.maximum(counts[0] + counts[1], 0) / sum(exposure) * min(exposure)
    told = alike >= _MIN_COUNTS
    core = told & np.isin(GENES, _CORE)
    if not core.any():
        return np.ones_like(told)
    typical = np.median(change[core])
    if typical < least:
        return np.ones_like(told)
    return ~told | (change / typical > _MIN_RISE)


def carried(cells: Cells, data: states.Data, at: states.Parameters) -> np.ndarray:
    """Return which genes rise in amplified cells as the others do; all, where none can tell."""
    probability = states.responsibilities(data, at)
    number = cells.weight @ probability
    inside = np.ones(cells.counts.shape[1], dtype=bool)
    if min(number[NEUTRAL], number[AMPLIFIED]) < _MIN_STATE_CELLS:
        return inside
    own = cells.counts - cells.size[:, None] * cells.ambient
    weight = cells.weight[:, None] * probability
    rate = np.maximum(weight.T @ own, 0.5) / (weight.T @ (cells.size * cells.own))[:, None]
    seen = weight[:, AMPLIFIED] @ cells.counts
    rise = np.log(rate[AMPLIFIED] / rate[NEUTRAL])
    typical = np.average(rise, weights=seen)
    inside = (rise > _MIN_RISE * typical) | (seen < 10)
    best = np.argsort(-rise)[:_MIN_GENES]
    inside[best] = True
    return inside

"""Malignant cells: groups of epithelial cells whose copy numbers differ from normal cells'.

Never cell by cell. A programme of expression moves bins here and there; copies move neighbouring
bins together. The covariance of neighbours is the burden. Where an axis parts normal from malignant
cells (:mod:`~her2omics.single_cell.epithelium`) they are the two groups, else those of the mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from her2omics.single_cell import epithelium, mixture
from her2omics.single_cell.bins import Bins, spread
from her2omics.thresholds import limits

#: Fewer pairs of bins on one arm tell no burden: genes of a panel.
_LEAST_NEIGHBOURS = 10
_QUIET = (
    "no epithelial cells have clear copy-number changes: normal tissue, or a quiet genome, which "
    "the patient's DNA or an annotation would tell"
)
_OTHER_DNA = "no epithelial cells clearly have the copy numbers of the patient's DNA: not used"
#: Scale of a logistic distribution with SD 1.
_LOGISTIC_SD = np.sqrt(3) / np.pi


@dataclass(frozen=True)
class Malignant:
    """How likely each cell is malignant.

    Attributes
    ----------
    probability
        (cells,) 0-1; NaN = unknown lineage, or unsound.
    source
        ``annotation``, ``dna`` (copy number as in the patient's DNA), ``copy_number``, or
        ``lineage`` (no normal cells to compare with, or too few genes).
    burden
        Burden of each group of epithelial cells; empty without them.
    note
        What limits it, a sentence; may be empty.
    """

    probability: np.ndarray
    source: str
    burden: tuple[float, ...] = ()
    note: str = ""


def counted(probability: np.ndarray) -> np.ndarray:
    """Return (cells,) which cells count as malignant: more likely so than not."""
    return np.nan_to_num(probability) > 0.5


def from_annotation(labels: np.ndarray) -> Malignant:
    """Return the user's word: 1 for ``malignant``, 0 for ``normal``, NaN where empty."""
    known = {"malignant": 1.0, "normal": 0.0}
    return Malignant(np.array([known.get(label, np.nan) for label in labels]), "annotation")


def from_copy_number(
    profile: np.ndarray | None,
    *,
    lineage: np.ndarray,
    bins: Bins | None,
    umis: np.ndarray,
    kept: np.ndarray,
    sample: np.ndarray,
    seed: int,
    dna: np.ndarray | None = None,
) -> Malignant:
    """Return the probability from copy-number burden, or from what the patient's DNA tells.

    Parameters
    ----------
    profile
        (cells, bins) relative to the normal cells; ``None`` where there are too few of them.
    lineage
        (cells,) of each cell.
    bins
        Of the profile.
    umis
        (cells,) molecules.
    kept
        (cells,) sound cells.
    sample
        (cells,) codes of the biopsies.
    seed
        Of the mixture.
    dna
        (bins,) :func:`~her2omics.single_cell.tumour_dna.expected_profile`.

    Notes
    -----
    A group's probability is logistic in its burden around ``malignant_burden``, .5 there, less
    steep the fewer cells tell it; a cell's is the mean over groups by its own membership. Of two
    parts the one without the other's copies is normal. Baseline and follow-up may be two tumours:
    in biopsies with next to nothing of the other part it is malignant if its own burden is clear.
    Without normal cells all epithelial cells are malignant with ``malignant_prior``: gate
    NO_NORMAL_CELLS says so.

    With DNA a group is malignant that has its copies, or has a clear burden of its own. Where no
    group clearly has them - DNA of another tumour, or too flat to tell - all is as without DNA.
    """
    found = np.full(len(lineage), np.nan)
    other = kept & np.isin(lineage, ("immune", "stromal", "endothelial"))
    found[other] = 0.0
    epithelial = np.flatnonzero(kept & (lineage == "epithelial"))
    if profile is None or bins is None or epithelium.neighbours(bins) < _LEAST_NEIGHBOURS:
        found[epithelial] = limits().malignant_prior
        return Malignant(found, "lineage")
    if not len(epithelial):
        return Malignant(found, "copy_number")
    own = profile[epithelial]
    noise = spread(umis[epithelial], bins)
    groups = mixture.fit(own, spread=noise, seed=seed).probability
    source, note = "copy_number", ""
    called = None
    code = sample[epithelial]
    if dna is not None:
        parts = epithelium.divide(own, bins=bins, spread=noise, groups=groups, dna=dna)
        called = _by_dna(own, bins, code, groups, parts, dna)
        source, note = ("dna", "") if called else (source, _OTHER_DNA)
    if called is None:
        parts = epithelium.divide(own, bins=bins, spread=noise, groups=groups)
        called = _by_burden(own, bins, code, groups, parts)
    found[epithelial], burdens = called
    if not counted(found).any():
        note = "; ".join(part for part in (note, _QUIET) if part)
    return Malignant(found, source, burdens, note)


_Called = tuple[np.ndarray, tuple[float, ...]]


def _by_burden(
    own: np.ndarray,
    bins: Bins,
    sample: np.ndarray,
    groups: np.ndarray,
    parts: epithelium.Division | None,
) -> _Called:
    """Return (cells,) the probability by burden, and the burden of each group."""
    groups, _, burdens, errors = _measured(own, bins, groups, parts)
    chance = np.tile(_beyond(burdens, errors, limits().malignant_burden), (len(own), 1))
    if parts is not None:
        # A clone of the tumour, if there is one, or a tumour of its own.
        chance[:, 0] = np.maximum(
            parts.malignant * chance[:, 1], _second_tumour(own, bins, sample, parts)
        )
    return (groups * chance).sum(axis=1), burdens


def _by_dna(
    own: np.ndarray,
    bins: Bins,
    sample: np.ndarray,
    groups: np.ndarray,
    parts: epithelium.Division | None,
    dna: np.ndarray,
) -> _Called | None:
    """Return what :func:`_by_burden` does, by the DNA; ``None`` where it is not of these cells.

    No group clearly follows it, or one more steeply than expression can rise: then its copies are
    too near the diploid ones, and normal cells would seem to follow as well.
    """
    groups, means, burdens, errors = _measured(own, bins, groups, parts)
    followed = np.array([epithelium.follows(mean, dna) for mean in means])
    steepest = max(epithelium.rise(mean, dna)[0] for mean in means)
    limit = limits()
    if followed.max() < limit.follows_dna_least or steepest > limit.follows_dna_steepest:
        return None
    alone = np.tile(_beyond(burdens, errors, limit.second_tumour_burden), (len(own), 1))
    if parts is not None:
        alone[:, 0] = _second_tumour(own, bins, sample, parts)
    return (groups * np.maximum(followed, alone)).sum(axis=1), burdens


def _second_tumour(
    own: np.ndarray, bins: Bins, sample: np.ndarray, parts: epithelium.Division
) -> np.ndarray:
    """Return (cells,) the probability that the lower part is another tumour in a cell's biopsy.

    Beside the first tumour it is normal epithelium, whose genes of its lineage may have the burden
    of a quiet genome. In biopsies of which next to no cells are of the first, its burden counts
    that goes beyond what it shares with that one.
    """
    limit = limits()
    cells = np.bincount(sample)
    first = np.bincount(sample, weights=1 - parts.lower)
    without = (first < limit.second_tumour_share * cells)[sample]
    weight = parts.lower * without
    chance = np.zeros(len(own))
    if weight.sum() < 1:
        return chance
    mean = weight @ own / weight.sum()
    other = (1 - parts.lower) @ own / (1 - parts.lower).sum()
    burden = epithelium.burden_beyond(mean, other, bins)
    error = epithelium.burden_error(mean, bins, at=limit.malignant_burden)
    chance[without] = _beyond([burden], [error], limit.second_tumour_burden)[0]
    return chance


def _measured(
    own: np.ndarray, bins: Bins, groups: np.ndarray, parts: epithelium.Division | None
) -> tuple[np.ndarray, list[np.ndarray], tuple[float, ...], list[float]]:
    """Return (cells, groups) weights, (bins,) means, burdens and their errors; parts if any."""
    if parts is not None:
        groups = np.stack([parts.lower, 1 - parts.lower], axis=1)
    means = [weight @ own / weight.sum() for weight in groups.T]
    burdens = tuple(epithelium.burden(mean, bins) for mean in means)
    least = limits().malignant_burden
    errors = [epithelium.burden_error(mean, bins, at=least) for mean in means]
    return groups, means, burdens, errors


def _beyond(burdens: Sequence[float], errors: Sequence[float], least: float) -> np.ndarray:
    """Return the probability that each burden is one of malignant cells: logistic around ``least``.

    The step is widened by the burden's standard error, as a logistic distribution of that SD.
    """
    step = np.hypot(limits().malignant_burden_step, _LOGISTIC_SD * np.array(errors))
    return expit((np.array(burdens) - least) / step)

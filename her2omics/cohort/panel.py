"""Learn a panel of normals: what the bins of one design do in everybody.

Only from normals, never from tumours: a HER2-positive cohort as its own reference erases ERBB2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics.cohort import bias, components, flatness
from her2omics.cohort.bin_blocks import Stack, blocks, shaping, stack
from her2omics.cohort.components import Middle
from her2omics.cohort.normal_reference import PLACE, NormalReference
from her2omics.errors import InputError, Problem
from her2omics.genome import CHROMOSOMES, Genome
from her2omics.sheets.normal_bins import MIN_NORMALS
from her2omics.thresholds import limits

# Normals beyond this number take time and add nothing; they are taken evenly from all.
MAX_NORMALS = 200
# A bin without coverage in more than a quarter of the normals is left out.
_LEAST_COVERED = 0.75
# The locus whose between-sample SD is measured, and the normals that the assay's default counts as.
_LOCUS_MARGIN, _LOCUS_BINS, _DEFAULT_NORMALS = 100_000, 5, 4.0
_LEAST_TAU = 0.02
_GAIN = "a gain of ERBB2 at 17q12"
_SE_FACTOR = 1.2  # variance of robust means of bins over that of normal ones


def learn(
    normals: Iterable[tuple[str, pd.DataFrame]],
    *,
    assay: str,
    genome: Genome,
    targets: str | None = None,
    digest: str | None = None,
    limit: SimpleNamespace | None = None,
) -> NormalReference:
    """Learn the reference of one assay and design.

    Parameters
    ----------
    normals
        Pairs of a sample and its bins as read (:data:`her2omics.readers.bins.COLUMNS`), at least
        two; one after the other, so that not all need be in memory.
    assay, targets, digest
        What the reference is for (:class:`NormalReference`).
    genome
        Build of the coordinates.
    limit
        Thresholds.

    Returns
    -------
    NormalReference
        From eight normals on with components, else with a centre only. ``left_out`` holds the
        samples whose genome is not flat: the caller says so (:func:`warnings_of`).

    Raises
    ------
    InputError
        If fewer than two normals are left, or one has other bins than the others.
    """
    limit = limit or limits()
    whole = stack(normals, genome=genome)
    verdicts = flatness.judge(whole, genome=genome, limit=limit)
    left_out = {
        name: _reason(verdict)
        for name, verdict in zip(whole.names, verdicts, strict=True)
        if not verdict.flat
    }
    flat = whole.of([row for row, verdict in enumerate(verdicts) if verdict.flat])
    if len(flat.names) < MIN_NORMALS:
        raise InputError(_too_few(left_out, len(whole.names), assay, targets))
    flat = _covered(flat, limit)
    middle, tau = _learn(flat, assay, genome, limit)
    return NormalReference(
        assay,
        targets,
        digest,
        genome.build,
        flat.bins[list(PLACE)],
        middle,
        tau,
        whole.gc,
        flat.names,
        left_out,
        whole.found,
    )


def at_most(names: Sequence[str]) -> list[str]:
    """Return 200 of the names at most, taken evenly."""
    rows = np.arange(len(names))
    if len(names) > MAX_NORMALS:
        rows = np.linspace(0, len(names) - 1, MAX_NORMALS).round().astype(int)
    return [names[row] for row in rows]


def _reason(verdict: flatness.Verdict) -> str:
    if np.isfinite(verdict.gain_17q12):
        gain = f"{_GAIN} of {verdict.gain_17q12:.2f} log2"
        return gain + (f", and {_listed(verdict.arms)}" if verdict.arms else "")
    return f"arms gained or lost: {_listed(verdict.arms)}"


def _listed(arms: tuple[str, ...], most: int = 6) -> str:
    return ", ".join(arms[:most]) + (f" and {len(arms) - most} more" if len(arms) > most else "")


def warnings_of(reference: NormalReference) -> list[Problem]:
    """Return what is to be said about the normals that were left out, one warning each."""
    out = []
    for name, reason in reference.left_out.items():
        kind = "its genome is not flat, as that of a tumour or of a normal with tumour cells"
        if _GAIN in reason:
            kind = "a 'normal' with a 17q12 gain would erase the ERBB2 amplification"
        message = (
            f"left out of the normals of {reference.assay}: {kind} ({reason}); check whether the "
            "sample is a normal"
        )
        out.append(Problem(message, sample=name))
    return out


def _too_few(
    left_out: Mapping[str, str], given: int, assay: str, targets: str | None
) -> list[Problem]:
    """Return the problems of a group of normals of which hardly any is one."""
    design = f"{assay} ({targets})" if targets else assay
    problems = [
        Problem(f"is no normal of {design}: {reason}", sample=name)
        for name, reason in left_out.items()
    ]
    message = (
        f"{given - len(left_out)} of {given} normals of {design} can be used, at least "
        f"{MIN_NORMALS} are needed: give bins of normal tissue or blood, never of tumours; take "
        "samples that are none out of the normals (`exclude`, or another timepoint)"
    )
    return [*problems, Problem(message)]


def _covered(normals: Stack, limit: SimpleNamespace) -> Stack:
    """Return the bins with enough coverage: all of few normals, three quarters of many."""
    share = np.isfinite(normals.log2).mean(axis=0)
    few = len(normals.names) < limit.min_normals_components
    keep = share >= (1.0 if few else _LEAST_COVERED)
    if not keep.any():
        raise InputError(Problem("no bin has coverage in the normals: give their log2 ratios"))
    bins = normals.bins[keep].reset_index(drop=True)
    return Stack(normals.names, bins, normals.log2[:, keep], normals.gc, normals.found)


def _learn(
    normals: Stack, assay: str, genome: Genome, limit: SimpleNamespace
) -> tuple[Middle, float]:
    """Return the middle with the number of components that held-out normals ask for, and tau."""
    count = len(normals.names)
    autosome = normals.bins["chromosome"].isin(CHROMOSOMES[:22]).to_numpy()
    many = count >= limit.min_normals_components
    counts = tuple(k for k in components.CHOICES if k == 0 or (many and k <= count - 3))
    best, corrected = components.held_out(
        normals, counts=counts, use=shaping(blocks(normals.bins)), autosome=autosome
    )
    middle = components.learn(normals.log2, blocks(normals.bins), autosome, best)
    tau = _locus_tau(corrected, normals, middle, genome, _default_tau(assay, normals.gc, many))
    return middle, tau


def _default_tau(assay: str, gc: bool, many: bool) -> float:
    return bias.locus_tau(assay, normals="panel" if many else "reference", gc=gc)


def _locus_tau(
    rest: np.ndarray, normals: Stack, middle: Middle, genome: Genome, default: float
) -> float:
    """Return the SD of ERBB2 between held-out normals beyond the noise of its bins.

    The assay's default counts as four more normals.
    """
    gene, bins = genome.genes.loc["ERBB2"], normals.bins
    on_17 = np.flatnonzero(bins["chromosome"].eq("17"))
    if not len(on_17):
        return default
    middle_of = (bins["start"].to_numpy() + bins["end"].to_numpy())[on_17] / 2
    away = np.abs(middle_of - (gene["start"] + gene["end"]) / 2)
    inside = away < (gene["end"] - gene["start"]) / 2 + _LOCUS_MARGIN
    nearest = np.argsort(away, kind="stable")[:_LOCUS_BINS]
    locus = on_17[inside] if inside.sum() >= _LOCUS_BINS else on_17[nearest]
    weight = middle.weight()
    arm = bins["arm"].to_numpy()
    level, noise = [], []
    for row in rest:
        known = locus[np.isfinite(row[locus])]
        if len(known):
            sigma = bias.bin_sigma(row, weight, arm)
            level.append(np.average(row[known], weights=weight[known]))
            noise.append(_SE_FACTOR * sigma**2 / weight[known].sum())
    free = len(level) - 1
    if free < 1:
        return default
    measured = max(float(np.var(level, ddof=1) - np.mean(noise)), 0.0)
    square = (_DEFAULT_NORMALS * default**2 + free * measured) / (_DEFAULT_NORMALS + free)
    return max(float(np.sqrt(square)), _LEAST_TAU)

"""What distorts the log2 ratios of a sample: GC, mappability, the noise of bins, the locus bias."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.genome import CHROMOSOMES, Genome

_MAD = 1.4826
# Autosomes: the normal number of copies of the others depends on the sex.
AUTOSOMES = CHROMOSOMES[:22]
# Bins beyond this many SDs of the fit do not shape it (focal gains, dropouts).
OUTLIER_SD = 3.0
# Bins that a bias curve needs at all, and in each of its points.
MIN_CURVE_BINS = 500
BINS_PER_POINT = 100
MAX_POINTS = 60
_ROUNDS = 4
# Bins of lower mappability are left out (minMapScore of ichorCNA, Adalsteinsson 2017).
MIN_MAPPABILITY = 0.9
# SD of the log2 ratio of ERBB2 between real normals, measured on 41 panel normals: against the
# median of the sample alone; against few normals, without GC correction; against a pooled
# reference with GC correction; against a panel of normals with principal components. Whole
# genomes: no targets, hence no capture bias.
LOCUS_TAU = {
    "none": 0.22,
    "reference": 0.17,
    "reference_gc": 0.11,
    "panel_of_normals": 0.08,
    "wgs": 0.05,
}
# Smallest noise of a bin, log2: keeps weights finite for files without any noise.
MIN_SIGMA = 1e-3


def locus_tau(
    assay: str | None,
    *,
    normals: str = "reference",
    gc: bool = False,
    measured: float | None = None,
) -> float:
    """Return the between-sample SD of the log2 ratio at ERBB2 beyond the noise of its bins.

    Parameters
    ----------
    assay
        ``wgs``, ``wes`` or ``panel``; unknown counts as targeted.
    normals
        What the ratios are relative to: ``none`` (the sample's own median), ``reference`` (a
        matched normal or a few normals) or ``panel`` (panel of normals with components).
    gc
        Whether GC was corrected.
    measured
        Leave-one-out estimate of a panel of normals, used where present.
    """
    if measured is not None and np.isfinite(measured):
        return float(measured)
    if assay == "wgs" and (gc or normals != "none"):
        return LOCUS_TAU["wgs"]
    if normals == "panel":
        return LOCUS_TAU["panel_of_normals"]
    if normals == "reference":
        return LOCUS_TAU["reference_gc" if gc else "reference"]
    return LOCUS_TAU["reference" if gc else "none"]


def correct(bins: pd.DataFrame, *, genome: Genome) -> tuple[pd.DataFrame, bool]:
    """Return bins without the trend of GC and mappability, and whether GC was corrected.

    Bins of low mappability are left out. The curves are robust (medians of classes of equal size),
    fitted together with a level per chromosome arm, without outliers and without 17q: neither
    arm-level nor focal events can be fitted away. Values beyond the classes take the outermost
    class. Without the columns, or with fewer than 500 bins, nothing changes.

    Parameters
    ----------
    bins
        chromosome, start, end, log2, gc, mappability.
    genome
        Build of the coordinates.
    """
    mappability = bins["mappability"].to_numpy(dtype=float)
    if np.isfinite(mappability).sum() >= MIN_CURVE_BINS:
        bins = bins[~(mappability < MIN_MAPPABILITY)].reset_index(drop=True)
    log2 = bins["log2"].to_numpy(dtype=float)
    arm = arm_of(bins, genome=genome)
    shaping = np.isfinite(log2) & np.isin(bins["chromosome"], AUTOSOMES) & (arm != "17q")
    shaping &= arm != ""
    covariates = [bins[name].to_numpy(dtype=float) for name in ("gc", "mappability")]
    usable = [
        (np.isfinite(x) & shaping).sum() >= MIN_CURVE_BINS and np.nanstd(x[shaping]) > 0
        for x in covariates
    ]
    if not any(usable):
        return bins, False
    covariates = [x for x, use in zip(covariates, usable, strict=True) if use]
    trend = _trend(log2, covariates, arm, shaping)
    return bins.assign(log2=log2 - trend), usable[0]


def _trend(
    log2: np.ndarray, covariates: list[np.ndarray], arm: np.ndarray, shaping: np.ndarray
) -> np.ndarray:
    """Return the additive trend of all bins: backfitting of one curve per covariate and of arms."""
    _, code = np.unique(arm, return_inverse=True)
    curves = [np.zeros(len(log2)) for _ in covariates]
    level = np.zeros(len(log2))
    used = shaping.copy()
    for _ in range(_ROUNDS):
        for i, x in enumerate(covariates):
            rest = log2 - level - sum(curve for j, curve in enumerate(curves) if j != i)
            curves[i] = _curve(x, rest, used & np.isfinite(x))
        rest = log2 - sum(curves)
        by_arm = pd.Series(np.where(used, rest, np.nan)).groupby(code).median()
        level = by_arm.fillna(0.0).to_numpy()[code]
        residual = rest - level
        spread = _MAD * np.median(np.abs(residual[used] - np.median(residual[used])))
        used = shaping & (np.abs(residual) <= OUTLIER_SD * max(spread, MIN_SIGMA))
    return sum(curves)


def _curve(x: np.ndarray, y: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return the curve of y over x at all bins, 0 on average over the bins used, 0 where unknown.

    Medians of classes of equal size, smoothed over three classes, joined by lines.
    """
    points = int(np.clip(used.sum() // BINS_PER_POINT, 2, MAX_POINTS))
    order = np.argsort(x[used], kind="stable")
    classes = np.array_split(order, points)
    xs, ys = x[used], y[used]
    centre = np.array([xs[part].mean() for part in classes])
    height = np.array([np.median(ys[part]) for part in classes])
    if points > 2:
        padded = np.r_[2 * height[0] - height[1], height, 2 * height[-1] - height[-2]]
        height = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    # Equal values of x (mappability 1) fill several classes: one point of them.
    centre, place = np.unique(centre, return_inverse=True)
    height = np.bincount(place, weights=height) / np.bincount(place)
    value = np.interp(x, centre, height)
    value = value - np.median(value[used])
    return np.where(np.isfinite(x), value, 0.0)


def arm_of(rows: pd.DataFrame, *, genome: Genome) -> np.ndarray:
    """Return the arm (``17q``) that holds the middle of each row; the nearest one in a centromere.

    Empty text for chromosomes that the genome does not have.
    """
    arms = genome.arms()
    centre = genome.contigs["centromere_start"] + genome.contigs["centromere_end"]
    chromosome = rows["chromosome"].astype(str)
    known = chromosome.isin(arms["chromosome"]).to_numpy()
    middle2 = rows["start"].to_numpy() + rows["end"].to_numpy()
    long = middle2 >= chromosome.map(centre).fillna(0).to_numpy()
    names = chromosome.to_numpy(dtype=object) + np.where(long, "q", "p")
    return np.where(known, names, "").astype(str)


def relative_weights(bins: pd.DataFrame) -> np.ndarray:
    """Return the weight of each bin, 1 on average, believed as far as the differences bear it out.

    The exponent is the slope of the log squared differences of neighbours over the log weight,
    between 0 (weights say nothing about the noise) and 1 (weight is inverse variance). Bins
    without a finite log2 ratio have weight 0.
    """
    log2 = bins["log2"].to_numpy(dtype=float)
    known = np.isfinite(log2)
    weight = bins["weight"].to_numpy(dtype=float)
    some = known & np.isfinite(weight) & (weight > 0)
    if some.sum() < MIN_CURVE_BINS or np.ptp(weight[some]) == 0:
        return known.astype(float)
    exponent = _believed(log2[some], weight[some])
    out = np.where(known, 1.0, 0.0)
    raised = np.clip(weight[some] / np.median(weight[some]), 0.05, 20.0) ** exponent
    out[some] = raised / raised.mean()
    # A bin without a weight, or with 0, beside bins that have one: the least of them.
    out[known & ~some] = out[some].min()
    return out


def _believed(log2: np.ndarray, weight: np.ndarray) -> float:
    """Return the exponent of the weights, 0 to 1."""
    squared = np.diff(log2) ** 2
    harmonic = 2 / (1 / weight[1:] + 1 / weight[:-1])
    classes = np.array_split(np.argsort(harmonic, kind="stable"), 8)
    x = np.log([np.median(harmonic[part]) for part in classes])
    y = np.log([np.median(squared[part]) + 1e-12 for part in classes])
    if np.ptp(x) < 0.1:
        return 0.0
    return float(np.clip(-np.polyfit(x, y, 1)[0], 0.0, 1.0))


def bin_sigma(log2: np.ndarray, weight: np.ndarray, arm: np.ndarray) -> float:
    """Return the noise SD of a bin of weight 1 from differences of neighbours, robust.

    Parameters
    ----------
    log2, weight, arm
        (B,) in genome order; NaN and weight 0 are left out. NaN with fewer than 3 bins.
    """
    known = np.isfinite(log2) & (weight > 0)
    log2, weight, arm = log2[known], weight[known], arm[known]
    inner = arm[1:] == arm[:-1]
    if inner.sum() < 2:
        return float("nan")
    scaled = np.diff(log2)[inner] / np.sqrt(1 / weight[1:] + 1 / weight[:-1])[inner]
    return max(float(_MAD * np.median(np.abs(scaled))), MIN_SIGMA)

"""Which sex chromosomes a sample has: alleles and depth of X, depth of Y."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.stats import beta

from her2omics.genome import CHROMOSOMES, plain_chromosomes

#: Ends of X and Y that both have, 0-based and half-open (Genome Reference Consortium, PAR#1, #2).
SHARED_ENDS: Mapping[str, Mapping[str, tuple[tuple[int, int], ...]]] = {
    "GRCh38": {
        "X": ((10_000, 2_781_479), (155_701_382, 156_030_895)),
        "Y": ((10_000, 2_781_479), (56_887_902, 57_217_415)),
    },
    "GRCh37": {
        "X": ((60_000, 2_699_520), (154_931_043, 155_260_560)),
        "Y": ((10_000, 2_649_520), (59_034_049, 59_363_566)),
    },
}
FEMALE, MALE, UNKNOWN = "XX", "XY", "unknown"
_LEAST_DEPTH, _LEAST_SITES, _LEAST_WINDOWS = 10, 20, 10
_CLEAR_SHARE = 0.1  # of the rarer allele at a heterozygous site
_ONE_X = 0.75  # depth of X beside the autosomes, half-way between one X and two
_TAIL = 0.05


@dataclass(frozen=True)
class Sex:
    """What X and Y show; NaN where a design or the SNPs do not look at them.

    Attributes
    ----------
    heterozygous, low, high
        Share of the SNPs of X with both alleles, and its 90 % interval (Jeffreys).
    x_depth, y_depth
        Median depth beside that of the autosomes: X 1 in a woman and .5 in a man; Y 0 and .5.
    call
        ``XX``, ``XY`` or ``unknown``.
    """

    heterozygous: float
    low: float
    high: float
    x_depth: float
    y_depth: float
    call: str


def sex(
    snps: pd.DataFrame | None,
    windows: pd.DataFrame,
    *,
    build: str,
    normal: bool,
    limit: SimpleNamespace,
) -> Sex:
    """Return the sex chromosomes of one sample.

    A tumour often loses one X or Y: that nothing of them is seen decides in normal tissue alone.

    Parameters
    ----------
    snps
        chromosome, position, ref_count, alt_count at common SNPs; None without any.
    windows
        chromosome, start, end, on_target, depth.
    build
        Genome build: what X and Y share is left out.
    normal
        Whether the sample is normal tissue.
    limit
        Thresholds.
    """
    heterozygous, sites = _of_x(snps, build) if snps is not None else (0, 0)
    share = low = high = np.nan
    if sites >= _LEAST_SITES:
        share = heterozygous / sites
        ends = beta.ppf([_TAIL, 1 - _TAIL], heterozygous + 0.5, sites - heterozygous + 0.5)
        low, high = min(ends[0], share), max(ends[1], share)
    x, y = (_relative_depth(windows, name, build) for name in ("X", "Y"))
    call = UNKNOWN
    if share >= limit.sex_heterozygous_x:
        call = FEMALE if not y >= limit.sex_depth_y else UNKNOWN
    elif y >= limit.sex_depth_y or (normal and x < _ONE_X and share < limit.sex_heterozygous_x):
        call = MALE
    return Sex(share, float(low), float(high), x, y, call)


def _alone(chromosome: str, places: pd.Series, build: str) -> np.ndarray:
    """Return which places of X or Y (0-based) the other one does not have."""
    out = np.ones(len(places), dtype=bool)
    for start, end in SHARED_ENDS.get(build, {}).get(chromosome, ()):
        out &= ~places.between(start, end, inclusive="left").to_numpy()
    return out


def _of_x(snps: pd.DataFrame, build: str) -> tuple[int, int]:
    """Return how many SNPs of X show both alleles, and how many are read well enough."""
    mine = snps[plain_chromosomes(snps["chromosome"]).eq("X").to_numpy()]
    mine = mine[_alone("X", mine["position"] - 1, build)]
    depth = mine["ref_count"] + mine["alt_count"]
    rarer = np.minimum(mine["ref_count"], mine["alt_count"])
    enough = depth >= _LEAST_DEPTH
    return int((rarer[enough] >= _CLEAR_SHARE * depth[enough]).sum()), int(enough.sum())


def _relative_depth(windows: pd.DataFrame, chromosome: str, build: str) -> float:
    """Return the median depth of a chromosome over that of the autosomes: targets, else gaps."""
    name = plain_chromosomes(windows["chromosome"])
    middle = (windows["start"] + windows["end"]) // 2
    mine = name.eq(chromosome).to_numpy() & _alone(chromosome, middle, build)
    autosomal = name.isin(CHROMOSOMES[:22]).to_numpy()
    on_target = windows["on_target"].to_numpy(dtype=bool)
    depth = windows["depth"].to_numpy(dtype=float)
    for chosen in (on_target, ~on_target):
        if (mine & chosen).sum() >= _LEAST_WINDOWS and (autosomal & chosen).any():
            base = np.median(depth[autosomal & chosen])
            return float(np.median(depth[mine & chosen]) / base) if base > 0 else np.nan
    return np.nan

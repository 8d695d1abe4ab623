"""The ERBB2 locus of a profile: its level, the amplicon, and the control regions of chromosome 17.

Regions are measured by a function from an interval of chromosome 17 to the level of each sample
there and the number of bins or markers it rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.copy_number.segmentation import SE_FACTOR
from her2omics.genome import Genome

# log2 beyond which even the longest segments cannot be believed (science of the ERBB2 locus).
SEGMENT_FLOOR_SD = 0.03
# The locus bias of a segment falls with its length as 1 / (1 + length / 1 Mb).
BIAS_LENGTH = 1_000_000
# Smallest published amplicon of ERBB2 reaches from TCAP to GRB7 and has 85.92 kb.
CORE_GENES = ("TCAP", "GRB7")
SMALLEST_AMPLICON = 85_920
_CORE_MARGIN = 22_000
# A longer segment over ERBB2 is no estimate of the locus: the amplicon may hide in it.
FOCAL_LENGTH = 2_000_000
# One-sided alpha = .01 of a gain over the background.
GAIN_Z = 2.3263478740408408
# Pericentromeric windows: 17p11.2 and 17q11 each reach about 6 Mb from the centromere (UCSC bands).
PERICENTROMERE = 6_000_000
# The segment next to the centromere speaks for its side if it has this many bins there.
MIN_SIDE_BINS = 10

# Fewest markers of a segment that would have fallen into the smallest amplicon for it to be seen.
MIN_FOCAL_MARKERS = 3

Measure = Callable[[int, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Chromosome17:
    """The segments of chromosome 17 and the function that measures parts of them.

    Attributes
    ----------
    segments
        K rows: start, end, arm.
    log2, se, bins
        (S, K) level, its standard error, and the bins or markers it rests on.
    sigma, tau
        (S,) noise SD of a bin; between-sample SD of the locus.
    measure
        Level and bins, (S,) each, of an interval.
    own
        (S, 2) length and markers of the piece over ERBB2 in each sample's own table: the shared
        segments are cut by the other samples too.
    """

    segments: pd.DataFrame
    log2: np.ndarray
    se: np.ndarray
    bins: np.ndarray
    sigma: np.ndarray
    tau: np.ndarray
    measure: Measure
    own: np.ndarray


def standard_error(
    sigma: np.ndarray, bins: np.ndarray, length: np.ndarray | float, tau: np.ndarray
) -> np.ndarray:
    """Return sqrt(1.2 sigma^2 / n + tau^2 / (1 + L / 1 Mb) + .03^2); NaN without bins."""
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = SE_FACTOR * sigma**2 / bins
    variance = noise + tau**2 / (1 + np.asarray(length) / BIAS_LENGTH) + SEGMENT_FLOOR_SD**2
    return np.where(bins > 0, np.sqrt(variance), np.nan)


def core(genome: Genome) -> tuple[int, int]:
    """Return start and end of the smallest amplicon: TCAP to GRB7, around ERBB2 if unknown."""
    genes = genome.genes
    if set(CORE_GENES) <= set(genes.index):
        return int(genes["start"][list(CORE_GENES)].min()), int(
            genes["end"][list(CORE_GENES)].max()
        )
    return (
        int(genes.at["ERBB2", "start"]) - _CORE_MARGIN,
        int(genes.at["ERBB2", "end"]) + _CORE_MARGIN,
    )


def locus_level(
    start: np.ndarray,
    end: np.ndarray,
    log2: np.ndarray,
    *,
    locus: tuple[int, int],
    arm: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the level of a locus and of the rest of its arm from probes of one chromosome.

    Parameters
    ----------
    start, end
        (B,) probes.
    log2
        (S, B) ratios.
    locus
        Start and end of the locus; without a probe in it, the probe nearest to its middle is used.
    arm
        Start and end of the arm; the 2 Mb at either side of the locus are no background.

    Returns
    -------
    level, background
        (S,) medians; NaN where nothing is known.
    probes
        Probes of the locus.
    """
    inside = (end > locus[0]) & (start < locus[1])
    if not inside.any() and len(start):
        inside = np.zeros(len(start), dtype=bool)
        inside[np.argmin(np.abs(start + end - sum(locus)))] = True
    rest = (end > arm[0]) & (start < arm[1])
    rest &= (end < locus[0] - FOCAL_LENGTH) | (start > locus[1] + FOCAL_LENGTH)
    return _median(log2[:, inside]), _median(log2[:, rest]), int(inside.sum())


def _median(values: np.ndarray) -> np.ndarray:
    out = np.full(len(values), np.nan)
    some = np.isfinite(values).any(axis=1)
    if some.any():
        out[some] = np.nanmedian(values[some], axis=1)
    return out


def describe(
    chromosome: Chromosome17, samples: tuple[str, ...], kinds: tuple[str, ...], *, genome: Genome
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, int | None]:
    """Return locus, pericentromere, p17 and genes of a profile, and the segment of ERBB2.

    Parameters
    ----------
    chromosome
        Chromosome 17 of all samples.
    samples, kinds
        (S,) names, and what each sample was measured by (``Track.kind``).
    genome
        Build of the coordinates.

    Returns
    -------
    tuple
        As in :class:`her2omics.copy_number.profile.Profile`; the segment is a row of chromosome 17.
    """
    parts = chromosome.segments
    erbb2 = genome.genes.loc["ERBB2"]
    on_arm = (parts["arm"] == "17q").to_numpy()
    here = _holding(parts, int(erbb2["start"]), int(erbb2["end"]))
    level, se, bins = _locus(chromosome, here, core(genome))
    others = on_arm.copy()
    if here is not None:
        others[here] = False
    background, background_se = _level_of(chromosome, others if others.any() else on_arm)
    amplicon = _amplicons(chromosome, here, level, se, background, background_se, on_arm)
    in_amplicon = _covered(parts, amplicon)
    if (others & ~in_amplicon).any():
        background, background_se = _level_of(chromosome, others & ~in_amplicon)
    excess = level - background
    locus = pd.DataFrame(
        {
            "sample": list(samples),
            "log2": level,
            "sd": se,
            "bins": bins,
            "start": amplicon[:, 0],
            "end": amplicon[:, 1],
            "excess": excess,
            "background_log2": background,
            "background_se": background_se,
            "source": list(kinds),
            "reason": _unresolved(chromosome, here, kinds),
        }
    )
    locus["resolved"] = locus["reason"].eq("")
    centre = genome.contigs.loc["17", ["centromere_start", "centromere_end"]].astype(int)
    sides = {
        "17p": (int(centre.iloc[0]) - PERICENTROMERE, int(centre.iloc[0])),
        "17q": (int(centre.iloc[1]), int(centre.iloc[1]) + PERICENTROMERE),
    }
    pericentromere = pd.concat(
        [_side(chromosome, samples, side, window, in_amplicon) for side, window in sides.items()],
        ignore_index=True,
    )
    control = (parts["arm"] == "17p").to_numpy()
    control &= ((parts["start"] + parts["end"]) / 2 < sides["17p"][0]).to_numpy()
    if not control.any():
        control = (parts["arm"] == "17p").to_numpy()
    p17, p17_se = _level_of(chromosome, control)
    p17_table = pd.DataFrame({"sample": list(samples), "log2": p17, "se": p17_se})
    genes = _genes(chromosome, samples, genome, locus, amplicon)
    return locus, pericentromere, p17_table, genes, here


def _unresolved(chromosome: Chromosome17, here: int | None, kinds: tuple[str, ...]) -> list[str]:
    """Return why an amplicon could hide from each sample; empty text where it could not."""
    reasons = []
    for sample, kind in enumerate(kinds):
        bins = 0.0 if here is None else chromosome.bins[sample, here]
        if bins <= 0:
            reasons.append("nothing covers ERBB2")
            continue
        length, markers = chromosome.own[sample]
        seen = markers * SMALLEST_AMPLICON / length
        if kind == "discrete":
            reasons.append("calls per gene give no copies")
        elif kind in ("segments", "copies") and length > FOCAL_LENGTH and seen < MIN_FOCAL_MARKERS:
            reasons.append(
                f"the segment over ERBB2 has {length / 1e6:.1f} Mb: an amplicon may hide in it"
            )
        else:
            reasons.append("")
    return reasons


def _holding(parts: pd.DataFrame, start: int, end: int) -> int | None:
    """Return the segment that overlaps an interval most, or the nearest one within 50 kb."""
    if parts.empty:
        return None
    shared = np.minimum(parts["end"], end) - np.maximum(parts["start"], start)
    best = int(np.argmax(shared))
    return best if shared.iloc[best] > -50_000 else None


def _locus(
    chromosome: Chromosome17, here: int | None, smallest: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return level, SE and bins of the locus.

    The focal segment over ERBB2 where there is one; otherwise the bins of the smallest amplicon
    alone, since an arm's mean would deny a faint amplicon.
    """
    interval = smallest
    if here is not None:
        row = chromosome.segments.iloc[here]
        if row["end"] - row["start"] <= FOCAL_LENGTH:
            interval = int(row["start"]), int(row["end"])
    level, bins = chromosome.measure(*interval)
    se = standard_error(chromosome.sigma, bins, interval[1] - interval[0], chromosome.tau)
    return level, se, bins


def _level_of(chromosome: Chromosome17, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (S,) length-weighted median level of the chosen segments and the SE of that one."""
    samples = len(chromosome.log2)
    level, se = np.full(samples, np.nan), np.full(samples, np.nan)
    length = (chromosome.segments["end"] - chromosome.segments["start"]).to_numpy(dtype=float)
    for i in range(samples):
        used = np.flatnonzero(chosen & np.isfinite(chromosome.log2[i]))
        if not len(used):
            continue
        order = used[np.argsort(chromosome.log2[i, used], kind="stable")]
        total = np.cumsum(length[order])
        middle = order[np.searchsorted(total, total[-1] / 2)]
        level[i], se[i] = chromosome.log2[i, middle], chromosome.se[i, middle]
    return level, se


def _amplicons(
    chromosome: Chromosome17,
    here: int | None,
    level: np.ndarray,
    se: np.ndarray,
    background: np.ndarray,
    background_se: np.ndarray,
    on_arm: np.ndarray,
) -> np.ndarray:
    """Return (S, 2) edges of the gained region around ERBB2, NaN without a focal event.

    It reaches over all neighbouring segments above half the height over the background.
    """
    out = np.full((len(level), 2), np.nan)
    if here is None or on_arm.sum() < 2:
        return out
    start = chromosome.segments["start"].to_numpy()
    end = chromosome.segments["end"].to_numpy()
    excess = level - background
    gained = excess > GAIN_Z * np.hypot(se, background_se)
    for i in np.flatnonzero(gained):
        high = on_arm & (chromosome.log2[i] > background[i] + excess[i] / 2)
        if not high[here]:
            continue
        low = top = here
        while low > 0 and high[low - 1]:
            low -= 1
        while top + 1 < len(high) and high[top + 1]:
            top += 1
        if high[on_arm].all():
            continue
        out[i] = start[low], end[top]
    return out


def _covered(parts: pd.DataFrame, amplicon: np.ndarray) -> np.ndarray:
    """Return which segments belong to the amplicon of any sample."""
    covered = np.zeros(len(parts), dtype=bool)
    for start, end in amplicon[np.isfinite(amplicon[:, 0])]:
        covered |= (parts["end"].to_numpy() > start) & (parts["start"].to_numpy() < end)
    return covered


def _side(
    chromosome: Chromosome17,
    samples: tuple[str, ...],
    side: str,
    window: tuple[int, int],
    in_amplicon: np.ndarray,
) -> pd.DataFrame:
    """Return the pericentromeric level of one arm, from the segments outside the amplicon.

    The segment next to the centromere (where the CEP17 probe binds) if it has enough bins, else
    the one of the window that has most.
    """
    parts = chromosome.segments
    usable = (parts["arm"] == side).to_numpy() & ~in_amplicon
    usable &= ((parts["end"] > window[0]) & (parts["start"] < window[1])).to_numpy()
    rows = np.flatnonzero(usable)
    if side == "17p":
        rows = rows[::-1]
    level = np.full(len(samples), np.nan)
    se, bins = level.copy(), np.zeros(len(samples))
    for row in rows:
        start = max(int(parts["start"].iloc[row]), window[0])
        end = min(int(parts["end"].iloc[row]), window[1])
        value, count = chromosome.measure(start, end)
        error = standard_error(chromosome.sigma, count, end - start, chromosome.tau)
        better = (bins < MIN_SIDE_BINS) & (count > bins)
        level, se = np.where(better, value, level), np.where(better, error, se)
        bins = np.where(better, count, bins)
    return pd.DataFrame(
        {"sample": list(samples), "side": side, "log2": level, "se": se, "bins": bins}
    )


def _genes(
    chromosome: Chromosome17,
    samples: tuple[str, ...],
    genome: Genome,
    locus: pd.DataFrame,
    amplicon: np.ndarray,
) -> pd.DataFrame:
    """Return the level of each gene, whether it is gained over 17q and spanned by the amplicon."""
    rows = []
    for gene, place in genome.genes.iterrows():
        here = _holding(chromosome.segments, int(place["start"]), int(place["end"]))
        if gene == "ERBB2":
            level, se = locus["log2"].to_numpy(), locus["sd"].to_numpy()
        elif here is None:
            level = se = np.full(len(samples), np.nan)
        else:
            level, se = chromosome.log2[:, here], chromosome.se[:, here]
        over = level - locus["background_log2"].to_numpy()
        gained = over > GAIN_Z * np.hypot(se, locus["background_se"].to_numpy())
        spanned = (amplicon[:, 1] > place["start"]) & (amplicon[:, 0] < place["end"])
        rows.append(
            pd.DataFrame(
                {
                    "sample": list(samples),
                    "gene": gene,
                    "log2": level,
                    "se": se,
                    "gained": gained,
                    "spanned": spanned,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)

"""The heterozygous germline SNPs of a patient, counted in all tumour samples, by segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from her2omics.copy_number.profile import SegmentSnps
from her2omics.copy_number.tracks import linear, offsets
from her2omics.genome import Genome

# A site is heterozygous if the normal's share of alternative reads lies between these; without a
# normal, if that of any tumour sample does (LOH of a pure tumour looks homozygous, so more is
# asked). Bounds of FACETS and ascatNgs are .25-.75 and .1-.9 (assumption: the former of normals).
NORMAL_SHARE = (0.25, 0.75)
TUMOUR_SHARE = (0.1, 0.9)
MIN_DEPTH = 10  # reads by which a genotype is judged
MIN_TILT_SITES = 50  # from which the normal says how much sites differ in their bias
COUNTS = ("ref_count", "alt_count", "normal_ref_count", "normal_alt_count")


def heterozygous_snps(
    frames: Sequence[pd.DataFrame | None],
    segments: pd.DataFrame,
    *,
    genome: Genome,
) -> SegmentSnps | None:
    """Return the heterozygous SNPs of a patient by segment of the shared profile.

    Parameters
    ----------
    frames
        One per tumour sample, in the order of the profile: chromosome, position, ref_count,
        alt_count, normal_ref_count, normal_alt_count; None where a sample has none.
    segments
        Segments of the profile: chromosome, start, end.
    genome
        Build of the coordinates.

    Returns
    -------
    SegmentSnps or None
        None if no sample has a heterozygous SNP on a segment.
    """
    lines = [
        np.empty(0, dtype=np.int64)
        if frame is None
        else linear(frame["chromosome"], frame["position"] - 1, genome=genome)
        for frame in frames
    ]
    line = np.unique(np.concatenate(lines))
    line = line[line >= 0]
    alt = np.full((len(frames), len(line)), np.nan)
    depth, normal_alt, normal_depth = alt.copy(), alt.copy(), alt.copy()
    for sample, (frame, own) in enumerate(zip(frames, lines, strict=True)):
        if frame is None:
            continue
        rows = own >= 0
        here = np.searchsorted(line, own[rows])
        counts = {name: frame[name].to_numpy(float)[rows] for name in COUNTS}
        alt[sample, here] = counts["alt_count"]
        depth[sample, here] = counts["alt_count"] + counts["ref_count"]
        normal_alt[sample, here] = counts["normal_alt_count"]
        normal_depth[sample, here] = counts["normal_alt_count"] + counts["normal_ref_count"]
    if not len(line):
        return None
    own_alt, own_depth = _first(normal_alt), _first(normal_depth)
    begin = offsets(genome)
    row = np.searchsorted(begin.to_numpy(), line, side="right") - 1
    chromosome = begin.index.to_numpy(dtype=str)[row]
    segment = _segment_of(line, segments, genome)
    keep = _heterozygous(alt, depth, own_alt, own_depth) & (segment >= 0)
    keep &= ~np.isin(chromosome, ["X", "Y"])
    if not keep.any():
        return None
    return SegmentSnps(
        segment[keep],
        chromosome[keep],
        (line - begin.to_numpy()[row] + 1)[keep],
        alt[:, keep],
        depth[:, keep],
        own_alt[keep],
        own_depth[keep],
        site_tilt(own_alt[keep], own_depth[keep]),
    )


def _first(values: np.ndarray) -> np.ndarray:
    """Return the first known value of each column."""
    rows = np.argmax(np.isfinite(values), axis=0)
    return values[rows, np.arange(values.shape[1])]


def _heterozygous(
    alt: np.ndarray, depth: np.ndarray, normal_alt: np.ndarray, normal_depth: np.ndarray
) -> np.ndarray:
    """Return which sites are heterozygous: by the normal if covered, else by the tumours."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share, tumour = normal_alt / normal_depth, alt / depth
    judged = normal_depth >= MIN_DEPTH
    by_normal = (share >= NORMAL_SHARE[0]) & (share <= NORMAL_SHARE[1])
    between = (tumour >= TUMOUR_SHARE[0]) & (tumour <= TUMOUR_SHARE[1]) & (depth >= MIN_DEPTH)
    return np.where(judged, by_normal, between.any(axis=0))


def _segment_of(line: np.ndarray, segments: pd.DataFrame, genome: Genome) -> np.ndarray:
    """Return the segment that holds each position; -1 between segments."""
    start = linear(segments["chromosome"], segments["start"], genome=genome)
    end = linear(segments["chromosome"], segments["end"], genome=genome)
    row = np.searchsorted(start, line, side="right") - 1
    return np.where((row >= 0) & (line < end[np.maximum(row, 0)]), row, -1)


def site_tilt(alt: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Log odds (N,) by which the sites' mapping favours an allele, learnt from the normal.

    The same sites are biased in every sample of a design: phased by a tumour, they would make
    balanced segments of another one look imbalanced. Each site is shrunk to the common bias by the
    moments of the normal's shares; 0 where the normal does not cover it.

    Parameters
    ----------
    alt, depth
        (N,) reads of the normal.
    """
    known = np.isfinite(depth) & (depth >= MIN_DEPTH)
    out = np.zeros(len(depth))
    if known.sum() < MIN_TILT_SITES:
        return out
    alt, depth = alt[known], depth[known]
    common = alt.sum() / depth.sum()
    sampling = np.mean(common * (1 - common) / depth)
    between = max(float(np.var(alt / depth)) - sampling, 1e-5)
    size = common * (1 - common) / between - 1
    share = (alt + size * common) / (depth + size)
    out[known] = np.log(share / (1 - share)) - np.log(common / (1 - common))
    return out

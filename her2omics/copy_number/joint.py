"""The profile that the tumour samples of a patient share, made from their tracks.

Samples whose bins agree are segmented together, so that a clear baseline places the breakpoints of
a faint follow-up. Bins of different designs are brought to common windows first; tables that come
segmented give their breakpoints. Then every sample is measured on every segment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from her2omics.copy_number import locus, segmentation
from her2omics.copy_number.profile import Profile
from her2omics.copy_number.tracks import Track, offsets
from her2omics.genome import Genome

# Bins of two files are the same design if so many of the smaller file's are in both.
SAME_DESIGN = 0.8
# Windows that make different designs comparable, finer around ERBB2 where amplicons begin and end.
WINDOW, NEAR_WINDOW, NEAR = 200_000, 20_000, 3_000_000
# Breakpoints of two tables closer than this are one.
SNAP = 5_000


def joint_profile(tracks: Sequence[Track], taus: Sequence[float], *, genome: Genome) -> Profile:
    """Return the shared profile of a patient's tumour samples.

    Parameters
    ----------
    tracks
        One per sample, baselines first.
    taus
        Between-sample SD of the locus of each sample, log2 (``cohort.bias.locus_tau``).
    genome
        Build of the coordinates.
    """
    tau = np.asarray(taus, dtype=float)
    arms = _arms(genome)
    cuts = [np.concatenate([arms["start"], arms["end"]])]
    binned = [i for i, track in enumerate(tracks) if track.kind == "bins"]
    if binned:
        cuts.append(_segmented([tracks[i] for i in binned], tau[binned], arms, genome))
    cuts += [track.cuts for track in tracks if track.kind != "bins"]
    segments = _between(np.concatenate(cuts), arms)
    start, end = segments.pop("first").to_numpy(), segments.pop("last").to_numpy()
    measured = [track.levels(start, end) for track in tracks]
    log2 = np.array([level for level, _ in measured])
    effective = np.array([found for _, found in measured])
    seen = (effective > 0).any(axis=0)
    segments = segments[seen].assign(bins=effective.max(axis=0)[seen]).reset_index(drop=True)
    log2, effective = log2[:, seen], effective[:, seen]
    sigma = np.array([track.sigma for track in tracks])
    length = (segments["end"] - segments["start"]).to_numpy()
    se = locus.standard_error(sigma[:, None], effective, length, tau[:, None])
    on_17 = segments["chromosome"].eq("17").to_numpy()
    samples = tuple(track.sample for track in tracks)
    found = locus.describe(
        locus.Chromosome17(
            segments[on_17].reset_index(drop=True),
            log2[:, on_17],
            se[:, on_17],
            effective[:, on_17],
            sigma,
            tau,
            _measure17(tracks, genome),
            _own_pieces(tracks, genome),
        ),
        samples,
        tuple(track.kind for track in tracks),
        genome=genome,
    )
    row = np.flatnonzero(on_17)[found[-1]] if found[-1] is not None else None
    return Profile(
        samples, segments, log2, se, sigma, *found[:-1], None if row is None else int(row)
    )


def _own_pieces(tracks: Sequence[Track], genome: Genome) -> np.ndarray:
    """Return (S, 2) length and markers of the piece of each sample's own table over ERBB2."""
    place = genome.genes.loc["ERBB2"]
    middle = int(offsets(genome)["17"]) + int(place["start"] + place["end"]) // 2
    return np.array([track.piece(middle) for track in tracks])


def _measure17(tracks: Sequence[Track], genome: Genome) -> locus.Measure:
    """Return the function that measures an interval of chromosome 17 in every sample."""
    begin = int(offsets(genome)["17"])

    def measure(start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        interval = np.array([begin + start]), np.array([begin + end])
        found = [track.levels(*interval) for track in tracks]
        return np.array([level[0] for level, _ in found]), np.array([n[0] for _, n in found])

    return measure


def _arms(genome: Genome) -> pd.DataFrame:
    """Return arm, chromosome, offset, start and end on the genome as one line; no centromeres left.

    The middle of a centromere parts its two arms.
    """
    contigs = genome.contigs
    begin = offsets(genome)
    middle = begin + (contigs["centromere_start"] + contigs["centromere_end"]) // 2
    parts = [
        pd.DataFrame(
            {"chromosome": contigs.index, "arm": contigs.index + side, "start": first, "end": last}
        )
        for side, first, last in (
            ("p", begin.to_numpy(), middle.to_numpy()),
            ("q", middle.to_numpy(), (begin + contigs["length"]).to_numpy()),
        )
    ]
    arms = pd.concat(parts).sort_values("start", kind="stable", ignore_index=True)
    return arms.assign(offset=arms["chromosome"].map(begin))


def _segmented(
    tracks: Sequence[Track], tau: np.ndarray, arms: pd.DataFrame, genome: Genome
) -> np.ndarray:
    """Return the breakpoints of tracks of bins on the genome as one line."""
    start, end, signal, weight = _common(tracks, genome)
    arm = np.searchsorted(arms["start"].to_numpy(), (start + end) // 2, side="right") - 1
    sigma = np.array([track.sigma for track in tracks])
    sigma = np.where(np.isfinite(sigma), sigma, np.nanmax([*sigma, 0.3]))
    edges = segmentation.edges(signal, weight, sigma, arm)
    begin = int(offsets(genome)["17"])
    core = [begin + edge for edge in locus.core(genome)]
    inside = np.flatnonzero((end > core[0]) & (start < core[1]))
    if len(inside):
        first, last = int(inside[0]), int(inside[-1]) + 1
        bounds = np.append(edges, len(start))
        holding = np.searchsorted(edges, first, side="right") - 1
        segment = int(bounds[holding]), int(bounds[holding + 1])
        if last <= segment[1]:
            hidden = segmentation.split_at(
                signal, weight, sigma, segment=segment, core=(first, last), core_variance=tau**2
            )
            edges = np.unique(np.concatenate([edges, hidden]).astype(int))
    return start[edges]


def _common(
    tracks: Sequence[Track], genome: Genome
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return start, end (B,), signal and weight (S, B) of bins or windows that all have."""
    shared = tracks[0].start
    for track in tracks[1:]:
        shared = np.intersect1d(shared, track.start, assume_unique=True)
    if len(shared) >= SAME_DESIGN * min(len(track.start) for track in tracks):
        rows = [np.searchsorted(track.start, shared) for track in tracks]
        signal = np.array([t.log2[r] for t, r in zip(tracks, rows, strict=True)])
        weight = np.array([t.weight[r] for t, r in zip(tracks, rows, strict=True)])
        return shared, tracks[0].end[rows[0]], signal, weight
    edge = _window_edges(genome)
    start, end = edge[:-1], edge[1:]
    measured = [track.levels(start, end) for track in tracks]
    signal = np.array([level for level, _ in measured])
    weight = np.array([found for _, found in measured])
    covered = (weight > 0).all(axis=0)
    return start[covered], end[covered], signal[:, covered], weight[:, covered]


def _window_edges(genome: Genome) -> np.ndarray:
    """Return the edges of the windows that make bins of different designs comparable."""
    begin, length = offsets(genome), genome.contigs["length"]
    edges = [np.arange(begin[c], begin[c] + length[c], WINDOW) for c in genome.contigs.index]
    low, high = (int(begin["17"]) + edge for edge in locus.core(genome))
    near = np.arange(low - NEAR, high + NEAR, NEAR_WINDOW)
    last = int(begin.iloc[-1] + length.iloc[-1])
    return np.unique(np.concatenate([*edges, near, [last]]))


def _between(cuts: np.ndarray, arms: pd.DataFrame) -> pd.DataFrame:
    """Return the intervals between cuts: chromosome, start, end, arm; first, last on one line."""
    borders = np.unique(np.concatenate([arms["start"], arms["end"]]))
    cuts = np.unique(cuts)
    cuts = cuts[(cuts > borders[0]) & (cuts < borders[-1]) & ~np.isin(cuts, borders)]
    near = np.abs(borders[:, None] - cuts).min(axis=0) < SNAP if len(cuts) else np.zeros(0, bool)
    cuts = cuts[~near]
    if len(cuts):
        cuts = cuts[np.concatenate([[True], np.diff(cuts) >= SNAP])]
    edges = np.unique(np.concatenate([borders, cuts])).astype(np.int64)
    first, last = edges[:-1], edges[1:]
    row = np.searchsorted(arms["start"].to_numpy(), first, side="right") - 1
    offset = arms["offset"].to_numpy()[row]
    return pd.DataFrame(
        {
            "chromosome": arms["chromosome"].to_numpy()[row],
            "start": first - offset,
            "end": last - offset,
            "arm": arms["arm"].to_numpy()[row],
            "first": first,
            "last": last,
        }
    )

"""Nested streams of clones over time: the geometry of a fish plot, in shares of the cancer cells.

Two points are measured, the baseline (time 0) and the follow-up (time 1). Everything between is a
smooth transition that keeps every clone inside its parent; before the baseline clones set in by
their generation, after the follow-up nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

START, BASELINE, FOLLOWUP = -1.0, 0.0, 1.0
NO_PARENT = -1
_ABSENT = 0.01  # shares below are drawn as none
_SMALL = 0.02  # a clone below it in both biopsies, without larger descendants, is not drawn
_LAST_START = 0.7  # part of an interval after which no clone sets in
_GONE = 0.85  # part of the interval after which lost clones are gone


@dataclass(frozen=True)
class Stream:
    """One clone.

    Attributes
    ----------
    name
        Number of the clone.
    parent
        Place of its parent in the same list, -1 for none.
    before, after
        Share of the cancer cells that are of it and of no descendant, at baseline and follow-up.
    """

    name: int
    parent: int
    before: float
    after: float


def drawn(streams: Sequence[Stream]) -> list[Stream]:
    """Return the clones that are large enough to be drawn, or have descendants that are."""
    keep = {k for k, stream in enumerate(streams) if max(stream.before, stream.after) >= _SMALL}
    for k in list(keep):
        above = streams[k].parent
        while above != NO_PARENT:
            keep.add(above)
            above = streams[above].parent
    place = {old: new for new, old in enumerate(sorted(keep))}
    place[NO_PARENT] = NO_PARENT
    return [
        Stream(streams[k].name, place[streams[k].parent], streams[k].before, streams[k].after)
        for k in sorted(keep)
    ]


def own(streams: Sequence[Stream]) -> np.ndarray:
    """Return the clones' own shares (K, 2) as they are drawn: their sum is at most 1."""
    shares = np.array([[stream.before, stream.after] for stream in streams]).reshape(-1, 2)
    shares = np.where(shares < _ABSENT, 0.0, shares)
    return shares / np.maximum(shares.sum(axis=0), 1.0)


def edges(streams: Sequence[Stream], times: np.ndarray) -> np.ndarray:
    """Return where each stream begins and ends, (K, T, 2), from 0 to 1; equal where it is absent.

    Parameters
    ----------
    streams
        Parents before their children.
    times
        (T,) from :data:`START` on; :data:`FOLLOWUP` and beyond are the same.
    """
    parents = [stream.parent for stream in streams]
    width = _widths(parents, own(streams), times)
    inner = np.zeros_like(width)
    for k, parent in enumerate(parents):
        if parent != NO_PARENT:
            inner[parent] += width[k]
    out = np.zeros((len(streams), len(times), 2))
    # Children lie together in the middle of their parent, whose own cells are on either side.
    free = 0.5 - width[[parent == NO_PARENT for parent in parents]].sum(axis=0) / 2
    begin = [(upper - total) / 2 for upper, total in zip(width, inner, strict=True)]
    for k, parent in enumerate(parents):
        if parent == NO_PARENT:
            low, free = free, free + width[k]
        else:
            low = out[parent, :, 0] + begin[parent]
            begin[parent] = begin[parent] + width[k]
        out[k] = np.stack([low, low + width[k]], axis=-1)
    return out


def _widths(parents: Sequence[int], shares: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the width (K, T) of every clone with its descendants."""
    total = shares.copy()
    for k in reversed(range(len(parents))):
        if parents[k] != NO_PARENT:
            total[parents[k]] += total[k]
    depth = _depth(parents)
    late = _LAST_START * depth / (depth.max(initial=0) + 1)
    grown = _smooth((times[times < BASELINE] - START - late[:, None]) / (1 - late[:, None]))
    between = np.clip(times[times >= BASELINE], BASELINE, FOLLOWUP)
    new = total[:, :1] == 0
    begins = np.where(new, _LAST_START * (depth[:, None] + 1) / (depth.max(initial=0) + 2), 0.0)
    ends = np.where(total[:, 1:] == 0, _GONE, 1.0)
    done = _smooth((between - begins) / (ends - begins))
    after = total[:, :1] * (1 - done) + total[:, 1:] * done
    return np.hstack([total[:, :1] * grown, after])


def _depth(parents: Sequence[int]) -> np.ndarray:
    depth = np.zeros(len(parents))
    for k, parent in enumerate(parents):
        if parent != NO_PARENT:
            depth[k] = depth[parent] + 1
    return depth


def _smooth(part: np.ndarray) -> np.ndarray:
    """Return a smooth step from 0 to 1, level at both ends."""
    part = np.clip(part, 0.0, 1.0)
    return part * part * (3 - 2 * part)

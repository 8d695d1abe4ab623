"""The allele-specific copies of one tumour sample, for each of its two lineages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from her2omics.simulate.coordinates import Axis

#: First index of :attr:`SampleGenome.copies`.
AMPLIFIED, OTHER = 0, 1


@dataclass(frozen=True)
class Event:
    """Copies gained or lost between two places of the axis, by parental haplotype.

    A haplotype that is gone stays gone, and none falls below 0.
    """

    start: int
    end: int
    change: tuple[float, float]

    @property
    def length(self) -> int:
        """Base pairs."""
        return self.end - self.start


@dataclass(frozen=True)
class Biopsy:
    """What the latent case says of one tumour sample.

    Attributes
    ----------
    time
        ``baseline`` or ``followup``.
    f
        Share of the cancer cells of this piece that belong to the amplified lineage.
    purity
        Share of cells that are cancer cells.
    ploidy
        Mean copies that the profile shall have.
    copies_amplified, copies_other
        ERBB2 in the amplified lineage and in the others; the latter is the level of 17q.
    doubled
        Whether the genome doubled since the baseline.
    amplicon
        Start and end on chromosome 17, 0-based and half-open; None without amplification.
    lost
        The amplified lineage has lost the gained copies since the baseline.
    """

    time: str
    f: float
    purity: float
    ploidy: float
    copies_amplified: float
    copies_other: float
    doubled: bool
    amplicon: tuple[int, int] | None
    lost: bool = False


@dataclass(frozen=True)
class SampleGenome:
    """Copies along the axis.

    Attributes
    ----------
    edges
        (K + 1,) where segments start, and the end of the axis.
    copies
        (2, 2, K) copies by lineage (amplified, other) and parental haplotype; not whole where a
        subclone differs.
    base
        Copies of an unaltered segment before the baseline: 2, or 4 after an early doubling.
    biopsy
        The latents behind it.
    """

    edges: np.ndarray
    copies: np.ndarray
    base: int
    biopsy: Biopsy

    @property
    def haplotypes(self) -> np.ndarray:
        """(2, K) mean copies of either haplotype over the cancer cells."""
        f = self.biopsy.f
        return f * self.copies[AMPLIFIED] + (1 - f) * self.copies[OTHER]

    @property
    def total(self) -> np.ndarray:
        """(K,) mean copies over the cancer cells."""
        return self.haplotypes.sum(axis=0)

    def segment_of(self, place: np.ndarray) -> np.ndarray:
        """Return the segment of places on the axis."""
        return np.searchsorted(self.edges, place, side="right") - 1

    def mean_copies(self, start: int, end: int) -> float:
        """Return the length-weighted mean copies between two places."""
        low, high = np.clip(self.edges[:-1], start, end), np.clip(self.edges[1:], start, end)
        return float((self.total * (high - low)).sum() / (end - start))

    def ploidy(self, axis: Axis) -> float:
        """Return the length-weighted mean copies of the autosomes."""
        return self.mean_copies(0, axis.autosomes_end)

    def dna(self) -> np.ndarray:
        """Return (K,) copies per cell of the sample, normal cells among them."""
        p = self.biopsy.purity
        return p * self.total + 2 * (1 - p)


@dataclass
class History:
    """Events of one patient's tumour, in the order in which they happen to a cell.

    Attributes
    ----------
    base
        2, or 4 where the genome doubled between the early and the late events of the trunk.
    early, late
        Trunk: in every cancer cell.
    other
        In the lineage without the amplicon.
    private
        By number of the sample: in all cancer cells of that sample.
    partial
        By number of the sample: in a share of its cancer cells.
    """

    base: int
    early: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    other: list[Event] = field(default_factory=list)
    private: dict[int, list[Event]] = field(default_factory=dict)
    partial: dict[int, list[tuple[Event, float]]] = field(default_factory=dict)

    def events(self) -> list[Event]:
        """Return all events."""
        private = [event for events in self.private.values() for event in events]
        partial = [event for events in self.partial.values() for event, _ in events]
        return [*self.early, *self.late, *self.other, *private, *partial]


def edges_of(events: Iterable[Event], axis: Axis, *, also: Sequence[int] = ()) -> np.ndarray:
    """Return where segments start, chromosomes included, and the end of the axis."""
    cuts = [place for event in events for place in (event.start, event.end)]
    return np.unique(np.r_[axis.starts, axis.end, np.array([*cuts, *also], dtype=np.int64)])


def raster(history: History, sample: int, biopsy: Biopsy, edges: np.ndarray) -> np.ndarray:
    """Return (2, 2, K) copies of one sample, chromosome 17 left as it was before any event."""
    copies = np.ones((2, 2, len(edges) - 1))

    def happen(events: Iterable[Event], lineages: slice) -> None:
        for event in events:
            _apply(copies[lineages], event, edges)

    happen(history.early, slice(None))
    copies *= history.base / 2
    happen(history.late, slice(None))
    happen(history.other, slice(OTHER, None))
    if biopsy.doubled:
        copies *= 2
    happen(history.private.get(sample, ()), slice(None))
    for event, share in history.partial.get(sample, ()):
        changed = copies.copy()
        _apply(changed, event, edges)
        copies += share * (changed - copies)
    return copies


def _apply(copies: np.ndarray, event: Event, edges: np.ndarray) -> None:
    low, high = np.searchsorted(edges, [event.start, event.end])
    for haplotype, change in enumerate(event.change):
        if change:
            part = copies[:, haplotype, low:high]
            part[...] = np.where(part > 0, np.maximum(part + change, 0), 0)

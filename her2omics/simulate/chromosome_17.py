"""Chromosome 17 of a simulated tumour: 17p, the level of 17q, and the ERBB2 amplicon on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from her2omics.simulate.coordinates import Axis
from her2omics.simulate.scenario import Scenario
from her2omics.simulate.tumour_genome import AMPLIFIED, OTHER, Biopsy

#: 17p: lost in about 40 %, gained along with 17q in some (CEP17 gain is seen in ~24 %).
_P_LOST, _P_FOLLOWS = 0.40, 0.20
_P_WHOLE = 0.6  # of the losses; others leave the part next to the centromere
_P_LATE = 0.3  # of the losses in doubled genomes: one of four copies, else two
_IMBALANCED = 0.15  # 17q with fewer copies of one haplotype than an even split
_LARGER = 0.8  # the amplified haplotype is the one with more copies of 17q
#: A lineage that loses its gain loses the whole haplotype there, and has the copies that are left
#: of the other one: amplified copies that lie in a row on their chromosome go with it [assume].
DELETED = 0.3
_DISTAL = 0.3  # further gain of 17q23-q25
_DISTAL_START, _DISTAL_LATEST = 58_000_000, 66_000_000  # base pairs


@dataclass(frozen=True)
class Chromosome17:
    """What one patient's chromosome 17 does.

    Attributes
    ----------
    p_state
        ``lost``, ``follows`` (as 17q) or ``even``.
    p_end
        Where a loss of 17p ends, base pairs.
    p_lost
        Copies of a haplotype that a loss takes in a doubled genome.
    larger
        Haplotype with more copies of 17q.
    minor_less
        Copies that the other has less than an even split gives it.
    amplified
        Haplotype of the amplicon.
    distal
        Start, end, copies and haplotype of a further gain; None without.
    deleted
        Where the gain is lost, the amplified haplotype is, too.
    """

    p_state: str
    p_end: int
    p_lost: float
    larger: int
    minor_less: float
    amplified: int
    distal: tuple[int, int, float, int] | None
    deleted: bool

    def cuts(self, axis: Axis, biopsies: Sequence[Biopsy]) -> list[int]:
        """Return where segments of the chromosome start, on the axis."""
        places = [self.p_end, axis.middles["17"]]
        places += [edge for biopsy in biopsies for edge in biopsy.amplicon or ()]
        if self.distal:
            places += self.distal[:2]
        return [axis.at("17", place) for place in places]

    def fill(
        self, copies: np.ndarray, edges: np.ndarray, biopsy: Biopsy, base: int, axis: Axis
    ) -> None:
        """Write the copies (2, 2, K) of one sample's chromosome 17 in place."""

        def span(start: int, end: int) -> slice:
            return slice(*np.searchsorted(edges, [axis.at("17", start), axis.at("17", end)]))

        length, middle = axis.length("17"), axis.middles["17"]
        level = self._level(biopsy)
        copies[:, :, span(middle, length)] = level[:, None]
        fold = 2 if biopsy.doubled else 1
        even = np.full(2, fold * base / 2)
        copies[:, :, span(0, middle)] = (level if self.p_state == "follows" else even)[:, None]
        if self.p_state == "lost":
            lost = even.copy()
            lost[1 - self.larger] = fold * (base / 2 - min(self.p_lost, base / 2))
            copies[:, :, span(0, self.p_end)] = lost[:, None]
        if self.distal:
            start, end, more, haplotype = self.distal
            copies[:, haplotype, span(start, end)] += more
        if biopsy.amplicon:
            kept = level[1 - self.amplified]
            if biopsy.lost and self.deleted:
                kept = biopsy.copies_amplified
            copies[AMPLIFIED, 1 - self.amplified, span(*biopsy.amplicon)] = kept
            copies[AMPLIFIED, self.amplified, span(*biopsy.amplicon)] = max(
                biopsy.copies_amplified - kept, 0.0
            )
            copies[OTHER, :, span(*biopsy.amplicon)] = level[:, None]

    def _level(self, biopsy: Biopsy) -> np.ndarray:
        """Return the two haplotypes' copies of 17q."""
        before = biopsy.copies_other - 2 * biopsy.doubled
        minor = max(np.floor(before / 2) - self.minor_less, 0.0) + biopsy.doubled
        level = np.empty(2)
        level[self.larger], level[1 - self.larger] = biopsy.copies_other - minor, minor
        return level


def draw(rng: np.random.Generator, scenario: Scenario, axis: Axis) -> Chromosome17:
    """Return what one patient's chromosome 17 does.

    Parameters
    ----------
    rng
        Generator of this patient alone.
    scenario
        Whether the whole chromosome has the copies of 17q, and whether the genome is quiet.
    axis
        Coordinates.
    """
    chance = rng.random(7)
    length, middle = axis.length("17"), axis.middles["17"]
    state = "even"
    if scenario.whole_chromosome_17:
        state = "follows"
    elif not scenario.quiet_genome:
        state = "lost" if chance[0] < _P_LOST else "even"
        state = "follows" if chance[0] > 1 - _P_FOLLOWS else state
    larger = int(chance[3] < 0.5)
    distal = None
    if chance[6] < _DISTAL and not (scenario.quiet_genome or scenario.whole_chromosome_17):
        start = int(rng.integers(_DISTAL_START, _DISTAL_LATEST))
        end = length if rng.random() < 0.5 else int(rng.integers(start + 4_000_000, length))
        distal = (start, end, float(rng.integers(1, 3)), int(rng.integers(2)))
    return Chromosome17(
        p_state=state,
        p_end=middle if chance[1] < _P_WHOLE else int(rng.integers(8_000_000, 20_000_000)),
        p_lost=1.0 if chance[2] < _P_LATE else 2.0,
        larger=larger,
        minor_less=float(chance[4] < _IMBALANCED),
        amplified=larger if chance[5] < _LARGER else 1 - larger,
        distal=distal,
        deleted=bool(rng.spawn(1)[0].random() < DELETED),  # leaves the generator where it was
    )

"""Drawing a patient's copy-number events: trunk, other clone, private and subclonal ones.

The arms that are gained and lost are those of breast cancer; how often is an assumption. Signs and
lengths are steered so that the mean copies of each sample come near its latent ploidy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from her2omics.simulate.case import HIGH_PLOIDY
from her2omics.simulate.chromosome_17 import Chromosome17
from her2omics.simulate.coordinates import Axis
from her2omics.simulate.scenario import Scenario
from her2omics.simulate.tumour_genome import (
    Biopsy,
    Event,
    History,
    SampleGenome,
    edges_of,
    raster,
)

#: How often arms are gained or lost relative to each other [assume]; others .1.
_GAINED = {
    "1q": 0.6, "8q": 0.6, "20q": 0.45, "16p": 0.3, "20p": 0.3, "5p": 0.25, "7p": 0.2, "7q": 0.2,
    "3q": 0.2, "12p": 0.15, "19q": 0.15, "6p": 0.15, "21q": 0.15,
}  # fmt: skip
_LOST = {
    "8p": 0.5, "16q": 0.4, "11q": 0.35, "13q": 0.35, "18q": 0.3, "22q": 0.3, "14q": 0.25,
    "9p": 0.25, "6q": 0.25, "4p": 0.25, "5q": 0.25, "3p": 0.25, "18p": 0.25, "4q": 0.2, "1p": 0.2,
    "10q": 0.2, "9q": 0.2, "15q": 0.2,
}  # fmt: skip
_RARE = 0.1
#: Mean number of arm-level events of the trunk, and range of its focal ones.
_TRUNK_ARMS, _TRUNK_FOCAL = 11.0, (2, 5)
_OTHER_EVENTS = (3, 6)
_EARLY = 0.6  # share of the trunk's events before an early doubling
_WHOLE_ARM = 0.65
_NEUTRAL_LOH = 0.15  # one haplotype lost, the other doubled
_TWO_COPIES = 0.15  # gains of two copies
_BASELINE_PART = 1 / 3  # of the private segments: the later biopsy has had longer to change
_PRIVATE_SHAPE, _PRIVATE_MOST = 6.0, 0.8  # its gamma spread between patients, and its limit
_PRIVATE_LENGTH = (25e6, 140e6)  # base pairs, at most an arm
_FOCAL_LENGTH = (0.5e6, 6e6)
_SHORTEST = 2_000_000  # base pairs of an event that only steers
_TOLERANCE = 2e6  # copies x base pairs: .0007 of ploidy


@dataclass
class _Arms:
    """Arms to put events on: unused ones first, and none twice for one purpose if possible."""

    rng: np.random.Generator
    spans: dict[str, tuple[int, int]]

    def __post_init__(self) -> None:
        self.left = list(self.spans)
        self.start()

    def start(self) -> None:
        """Begin events of another purpose."""
        self.now: list[str] = []

    def take(self, sign: int = 0) -> tuple[int, int]:
        """Return start and end of an arm, likelier one that is gained (sign 1) or lost (-1)."""
        if not self.left:
            self.left = [name for name in self.spans if name not in self.now] or list(self.spans)
        often = {1: _GAINED, -1: _LOST}.get(sign, {})
        weight = np.array([often.get(name, _RARE) for name in self.left])
        pick = int(np.searchsorted(np.cumsum(weight), self.rng.random() * weight.sum()))
        name = self.left.pop(min(pick, len(self.left) - 1))
        self.now.append(name)
        return self.spans[name]


def draw(
    rng: np.random.Generator,
    biopsies: Sequence[Biopsy],
    scenario: Scenario,
    seventeen: Chromosome17,
    axis: Axis,
) -> list[SampleGenome]:
    """Return the genomes of related tumour samples, the first of them the earliest.

    Parameters
    ----------
    rng
        Generator of this patient alone.
    biopsies
        The samples.
    scenario
        Quiet genome, private share, subclonal events.
    seventeen
        What chromosome 17 does.
    axis
        Coordinates.
    """
    history = History(4 if biopsies[0].ploidy > HIGH_PLOIDY else 2)
    arms = _Arms(rng, _spans(axis))
    private = scenario.private_segments * rng.gamma(_PRIVATE_SHAPE, 1 / _PRIVATE_SHAPE)
    private = min(private, _PRIVATE_MOST) * axis.autosomes_end
    if not scenario.quiet_genome:
        span = _BASELINE_PART * private
        history.private[0] = list(_free(rng, arms, span, rng.random() < 0.5))
        history.other = list(_others(rng, arms))
        history.late += _focal(rng, axis)
        _subclonal(rng, history, arms, len(biopsies), scenario.subclonal_events)

    def build(sample: int) -> SampleGenome:
        cuts = seventeen.cuts(axis, biopsies)
        edges = edges_of(history.events(), axis, also=cuts)
        copies = raster(history, sample, biopsies[sample], edges)
        seventeen.fill(copies, edges, biopsies[sample], history.base, axis)
        return SampleGenome(edges, copies, history.base, biopsies[sample])

    def missing(sample: int) -> float:
        """Copies x base pairs that the sample lacks of its ploidy."""
        found = build(sample)
        return (biopsies[sample].ploidy - found.ploidy(axis)) * axis.autosomes_end

    if not scenario.quiet_genome:
        _trunk(rng, history, arms, missing(0))
        _steer(rng, history, arms, missing(0))
        for sample in range(1, len(biopsies)):
            span = (1 - _BASELINE_PART) * private
            arms.start()
            history.private[sample] = list(
                _towards(rng, arms, span, missing(sample), build(sample))
            )
    return [build(sample) for sample in range(len(biopsies))]


def _spans(axis: Axis) -> dict[str, tuple[int, int]]:
    """Return all arms but those of chromosome 17."""
    return {arm: span for arm, span in axis.arms.items() if arm not in ("17p", "17q")}


def _change(rng: np.random.Generator, copies: float) -> tuple[float, float]:
    return (copies, 0.0) if rng.random() < 0.5 else (0.0, copies)


def _part(rng: np.random.Generator, span: tuple[int, int], length: float) -> tuple[int, int]:
    """Return a stretch of this length: from the outer end, or anywhere inside."""
    start, end = span
    length = int(min(length, end - start))
    free = end - start - length
    place = start + int(free * rng.choice([0.0, 1.0, rng.random()]))
    return place, place + length


def _some_arm(rng: np.random.Generator, span: tuple[int, int]) -> tuple[int, int]:
    if rng.random() < _WHOLE_ARM:
        return span
    return _part(rng, span, rng.uniform(0.2, 0.9) * (span[1] - span[0]))


def _trunk(rng: np.random.Generator, history: History, arms: _Arms, lacks: float) -> None:
    """Add arm-level events of the trunk; ``lacks`` copies x base pairs are to be gained."""
    count = max(4, rng.poisson(_TRUNK_ARMS))
    for left in range(count, 0, -1):
        typical = left * 60e6 * (1.5 if history.base == 4 else 1)
        gains = rng.random() < np.clip(0.5 + 0.5 * lacks / typical, 0.08, 0.92)
        start, end = _some_arm(rng, arms.take(1 if gains else -1))
        early = history.base == 4 and rng.random() < _EARLY
        size = 2.0 if gains and rng.random() < _TWO_COPIES and not early else 1.0
        change = _change(rng, size if gains else -1.0)
        if not gains and rng.random() < _NEUTRAL_LOH:
            change = tuple(np.where(np.array(change) < 0, -1.0, 1.0))
        (history.early if early else history.late).append(Event(start, end, change))
        lacks -= sum(change) * (end - start) * (2 if early else 1)


def _steer(rng: np.random.Generator, history: History, arms: _Arms, lacks: float) -> None:
    """Add events of the trunk until the ploidy is met, the last of them of a fitting length."""
    for _ in range(len(arms.spans)):
        if abs(lacks) < _TOLERANCE:
            return
        sign = 1 if lacks > 0 else -1
        start, end = arms.take(sign)
        early = history.base == 4 and abs(lacks) > 2 * (end - start)
        weight = 2 if early else 1
        start, end = _part(rng, (start, end), max(abs(lacks) / weight, _SHORTEST))
        event = Event(start, end, _change(rng, float(sign)))
        (history.early if early else history.late).append(event)
        lacks -= sign * weight * event.length


def _free(rng: np.random.Generator, arms: _Arms, span: float, gains_first: bool) -> Iterator[Event]:
    """Yield events over ``span`` base pairs, gains and losses in turn."""
    sign = 1 if gains_first else -1
    while span > _SHORTEST:
        start, end = _part(rng, arms.take(sign), min(span, rng.uniform(*_PRIVATE_LENGTH)))
        yield Event(start, end, _change(rng, float(sign)))
        span -= end - start
        sign = -sign


def _towards(
    rng: np.random.Generator, arms: _Arms, span: float, lacks: float, before: SampleGenome
) -> Iterator[Event]:
    """Yield events over ``span`` base pairs that bring the copies near what they shall be.

    ``before`` is the genome without them: what it has lost cannot change.
    """
    while span > _SHORTEST:
        sign = 1 if lacks > 0 else -1
        length = min(span, rng.uniform(*_PRIVATE_LENGTH))
        start, end = _part(rng, arms.take(sign), length)
        change = _change(rng, float(sign))
        low, high = before.segment_of(np.array([start, end - 1]))
        there = before.copies[:, :, low : high + 1].min(axis=(0, 2)) > 0
        yield Event(start, end, change if there[np.argmax(np.abs(change))] else change[::-1])
        span -= end - start
        lacks -= sign * (end - start)


def _others(rng: np.random.Generator, arms: _Arms) -> Iterator[Event]:
    low, high = _OTHER_EVENTS
    first = rng.integers(0, 2)
    for k in range(int(rng.integers(low, high + 1))):
        sign = 1 if (k + first) % 2 else -1
        start, end = _some_arm(rng, arms.take(sign))
        yield Event(start, end, _change(rng, float(sign)))


def _focal(rng: np.random.Generator, axis: Axis) -> Iterator[Event]:
    """Yield focal gains of two to six copies and losses of a copy, anywhere but on 17."""
    low, high = _TRUNK_FOCAL
    spans = list(_spans(axis).values())
    for _ in range(int(rng.integers(low, high + 1))):
        first, last = spans[int(rng.integers(len(spans)))]
        length = int(np.exp(rng.uniform(*np.log(_FOCAL_LENGTH))))
        start = int(rng.integers(first, last - length))
        gains = rng.random() < 0.7
        change = _change(rng, float(rng.integers(2, 7)) if gains else -1.0)
        yield Event(start, start + length, change)


def _subclonal(
    rng: np.random.Generator, history: History, arms: _Arms, samples: int, mean: float
) -> None:
    """Add events of a part of the cells: of one sample, or of all in different shares."""
    for _ in range(rng.poisson(mean)):
        start, end = _some_arm(rng, arms.take())
        event = Event(start, end, _change(rng, float(rng.choice([-1, 1]))))
        only = int(rng.integers(samples)) if rng.random() < 0.5 else None
        for sample in range(samples):
            share = rng.uniform(0.2, 0.8)
            if only in (None, sample):
                history.partial.setdefault(sample, []).append((event, share))

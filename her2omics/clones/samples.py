"""Purity factor and read precision of each sample, given the clusters.

The reported purity is a measurement: a factor on it is fitted with a log-normal prior. Where it is
wrong, the mutations of all cancer cells sit at a fraction other than 1, and the trunk's are many.
The precision of the reads follows from the scatter of the members around their clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from her2omics.clones.grid import GRID
from her2omics.clones.likelihood import EARLY, SampleReads, trunk_weights
from her2omics.clones.mixture import Data, Mixture, data_of, tied_posterior
from her2omics.clones.observations import Observations
from her2omics.clones.origin import log_alone, on_grid, trunk_columns, trunks

PRECISIONS = (30.0, 60.0, 120.0, 250.0, 500.0, 1000.0, 3000.0)  # a + b of the reads' beta
SHARES_EARLY = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the trunk's mutations, older than its gains
EARLY_PRIOR = 4.0  # symmetric beta prior of that share
START_PRECISION = 800.0  # high: clusters come apart first, and merge as the scatter shows
# Of the log purity: where the input says nothing of its error, and at least, since reference bias
# and mapping act on all mutations of a sample alike (development cohort read from files).
PURITY_SD, LEAST_PURITY_SD = 0.15, 0.06
_LARGEST = np.log(1.6)  # factors beyond are another solution of the copy-number fit
_ROWS = 200  # mutations the two are fitted on; more add nothing
_SPREAD = np.linspace(-0.08, 0.08, 7)  # around the best factor, where its posterior is summed
MODEL_ERROR = 0.03  # relative error of a fraction by copy number and mapping, not in the model
_STRIDE = 3  # grid points, of the differences that stand for derivatives
_LEAST_KEPT = 0.1
_UNIT = 0.005  # natural log; steps of the search for the purity factor


@dataclass(frozen=True)
class _Known:
    """What :func:`support` needs of one sample's likelihood: of the thin rows, (r, ...)."""

    logs: np.ndarray
    absent: np.ndarray
    trunk: np.ndarray
    alone: np.ndarray
    top: float


@dataclass(frozen=True)
class SampleModel:
    """Reads of a patient's mutations with the fitted purity factors and precisions (S,).

    ``thin`` holds the rows both are fitted on and ``weight`` how many mutations each stands for;
    ``known`` their likelihoods at what was tried before: the fits of many mixtures try the same few
    values.
    """

    reads: tuple[SampleReads, ...]
    thin: tuple[SampleReads, ...]
    rows: np.ndarray
    weight: np.ndarray
    early: float
    multiplicities: Mapping[float, np.ndarray]
    purity_sd: np.ndarray
    factor: np.ndarray
    precision: np.ndarray
    known: dict[tuple[int, float, float], _Known]

    def looked_up(self, sample: int) -> _Known:
        """Likelihoods of the thin rows in one sample."""
        factor, precision = float(self.factor[sample]), float(self.precision[sample])
        key = sample, precision, round(factor, 9)
        if key not in self.known:
            found = self.thin[sample].likelihood(precision, factor)
            self.known[key] = _Known(
                np.log(found.density),
                found.density[:, 0],
                found.trunk,
                found.log_alone(),
                float(self.weight @ found.top),
            )
        return self.known[key]

    def changed(self, sample: int, **values: float) -> SampleModel:
        """Return the model with another ``factor`` or ``precision`` of one sample."""
        arrays = {name: getattr(self, name).copy() for name in values}
        for name, value in values.items():
            arrays[name][sample] = value
        return replace(self, **arrays)

    def same(self, other: SampleModel) -> bool:
        """Whether factors and precisions are those of the other."""
        return bool(
            np.allclose(self.factor, other.factor)
            and np.allclose(self.precision, other.precision)
            and self.early == other.early
        )

    def data(self) -> Data:
        """Return the log-likelihoods of all mutations."""
        found = [
            reads.likelihood(float(precision), float(factor))
            for reads, precision, factor in zip(
                self.reads, self.precision, self.factor, strict=True
            )
        ]
        return data_of(found, self.multiplicities[self.early])


def log_prior(model: SampleModel) -> float:
    """Log prior of the purity factors and of the share of early mutations, without constants."""
    early = (EARLY_PRIOR - 1) * np.log(4 * model.early * (1 - model.early))
    return float(early - 0.5 * ((np.log(model.factor) / model.purity_sd) ** 2).sum())


def sample_model(observed: Observations) -> SampleModel:
    """Return the model before anything is fitted."""
    known = np.isfinite(observed.purity_sd)
    relative = np.where(known, observed.purity_sd / observed.purity, PURITY_SD)
    purity_sd = np.maximum(np.median(relative, axis=0), LEAST_PURITY_SD)
    count, samples = observed.alt.shape
    rows = np.unique(np.linspace(0, count - 1, min(count, _ROWS)).astype(int))
    reads = tuple(SampleReads(observed, s) for s in range(samples))
    thin = reads
    if len(rows) < count:
        thin = tuple(SampleReads(observed, s, rows) for s in range(samples))
    start = np.full(samples, START_PRECISION)
    weight = np.full(len(rows), count / len(rows))
    every = {early: trunk_weights(observed, np.arange(count), early) for early in SHARES_EARLY}
    return SampleModel(
        reads, thin, rows, weight, EARLY, every, purity_sd, np.ones(samples), start, {}
    )


def by_cluster(model: SampleModel, mixture: Mixture, observed: Observations) -> SampleModel:
    """Return the model with rows of every cluster, so that small ones are read whole.

    Evenly spaced rows hold few mutations of a small cluster, or none.
    """
    count = len(mixture.member)
    if len(model.rows) == count:
        return model
    label = np.c_[mixture.alone, mixture.member].argmax(axis=1)
    rows, weight = [], []
    for one in np.unique(label):
        mine = np.flatnonzero(label == one)
        chosen = mine[np.unique(np.linspace(0, len(mine) - 1, min(len(mine), _ROWS)).astype(int))]
        rows.append(chosen)
        weight.append(np.full(len(chosen), len(mine) / len(chosen)))
    order = np.argsort(np.concatenate(rows))
    chosen, weight = np.concatenate(rows)[order], np.concatenate(weight)[order]
    thin = tuple(SampleReads(observed, s, chosen) for s in range(len(model.factor)))
    return replace(model, thin=thin, rows=chosen, weight=weight, known={})


def fitted(
    model: SampleModel, mixture: Mixture, *, wide: bool = False, purity: bool = True
) -> SampleModel:
    """Return the model with each sample's precision and factor that fit the clusters best.

    Parameters
    ----------
    wide
        Look for the factor far from where it is, too.
    purity
        Fit the factors; else the precisions only.
    """
    for s in range(len(model.factor)):
        nearest = int(np.argmin(np.abs(np.log(np.array(PRECISIONS) / model.precision[s]))))

        def by_precision(i: int, s: int = s, model: SampleModel = model) -> float:
            if not 0 <= i < len(PRECISIONS):
                return -np.inf
            return support(model.changed(s, precision=PRECISIONS[i]), mixture)[0]

        model = model.changed(s, precision=PRECISIONS[_climb(by_precision, [nearest], [1])])
        if not purity:
            continue

        def by_factor(step: int, s: int = s, model: SampleModel = model) -> float:
            if abs(step * _UNIT) > _LARGEST:
                return -np.inf
            return support(model.changed(s, factor=np.exp(step * _UNIT)), mixture)[0]

        here = round(np.log(model.factor[s]) / _UNIT)
        starts = [here, *(here + jump for jump in _jumps(mixture, s))] if wide else [here]
        best = _climb(by_factor, starts, [12, 4, 1] if wide else [3, 1])
        model = model.changed(s, factor=np.exp(_UNIT * best))

    def by_early(i: int) -> float:
        if not 0 <= i < len(SHARES_EARLY):
            return -np.inf
        return support(replace(model, early=SHARES_EARLY[i]), mixture)[0]

    best = _climb(by_early, [SHARES_EARLY.index(model.early)], [1])
    return replace(model, early=SHARES_EARLY[best])


def support(model: SampleModel, mixture: Mixture) -> tuple[float, np.ndarray]:
    """Log evidence of the samples given the memberships; members' log-likelihoods (K, columns)."""
    known = [model.looked_up(s) for s in range(len(model.factor))]
    trunk = trunk_columns(
        [one.absent for one in known],
        [one.trunk for one in known],
        model.multiplicities[model.early][model.rows],
    )
    member = (model.weight[:, None] * mixture.member[model.rows]).T.astype(np.float32)
    summed = np.hstack([member @ one.logs for one in known] + [member @ trunk]).astype(float)
    _, terms = tied_posterior(summed, trunks(mixture.weights, mixture.samples))
    alone = log_alone(sum(one.alone for one in known), trunk, len(known))
    outside = (model.weight * mixture.alone[model.rows]) @ alone + sum(one.top for one in known)
    return float(terms + outside + log_prior(model)), summed


def _climb(value: Callable[[int], float], starts: list[int], sizes: list[int]) -> int:
    """Best integer, from the best start in steps of falling size."""
    look = cache(value)
    here = max(starts, key=look)
    for size in sizes:
        while (best := max((here, here - size, here + size), key=look)) != here:
            here = best
    return here


def _jumps(mixture: Mixture, sample: int) -> list[int]:
    """Changes of the factor that make a large cluster below 1 the one of all cancer cells.

    In small steps the way there looks no better until it is reached.
    """
    sizes = mixture.member.sum(axis=0)
    means = mixture.mean[:, sample]
    near = (means > 0.6) & (means < 0.97) & (sizes >= max(3, 0.03 * sizes.sum()))
    return [round(np.log(mean) / _UNIT) for mean in means[near]]


def spread_by_purity(model: SampleModel, mixture: Mixture) -> np.ndarray:
    """Posterior (K, S, 101) of the clusters' fractions with what the mixture leaves out.

    The purity factor is summed out over its posterior. And a mutation that may belong to two
    clusters informs on neither as if it were known to: the members' log-likelihoods are scaled to
    the information that is left (:func:`kept_information`).
    """
    samples = mixture.samples
    kept = np.stack([kept_information(model, mixture, s) for s in range(samples)], axis=1)
    present = trunks(mixture.weights, samples)
    out = []
    for s in range(samples):
        centre = np.log(model.factor[s])
        values, fractions = [], []
        for step in _SPREAD:
            size = np.clip(centre + step, -_LARGEST, _LARGEST)
            value, summed = support(model.changed(s, factor=np.exp(size)), mixture)
            branch = summed[:, : samples * len(GRID)].reshape(-1, samples, len(GRID))
            top = branch.max(axis=2, keepdims=True)
            branch[:] = top + kept[:, :, None] * (branch - top)
            values.append(value)
            fractions.append(on_grid(tied_posterior(summed, present)[0], samples)[:, s])
        weight = np.exp(np.array(values) - max(values))
        out.append(np.tensordot(weight / weight.sum(), np.array(fractions), axes=1) @ _blur())
    return np.stack(out, axis=1)


@cache
def _blur() -> np.ndarray:
    """Kernel (101, 101) that spreads fractions between 0 and 1 by :data:`MODEL_ERROR`."""
    inner = GRID[1:-1]
    sd = np.maximum(MODEL_ERROR * inner, 1e-3)[:, None]
    kernel = np.exp(-0.5 * ((inner - inner[:, None]) / sd) ** 2)
    out = np.eye(len(GRID))
    out[1:-1, 1:-1] = kernel / kernel.sum(axis=1, keepdims=True)
    return out


def kept_information(model: SampleModel, mixture: Mixture, sample: int) -> np.ndarray:
    """Share (K,) of the information on each cluster's fraction that open memberships leave.

    Missing information principle (Louis 1982, J R Stat Soc B 44:226): of the information of known
    memberships, sum r b, the variance of the score given the reads, sum r (1 - r) s^2, is lost.
    """
    logs = model.looked_up(sample).logs
    member = mixture.member[model.rows]
    centre = np.rint(mixture.mean[:, sample] * (len(GRID) - 1)).astype(int)
    centre = np.clip(centre, _STRIDE + 1, len(GRID) - 2 - _STRIDE)
    low, here, high = (logs[:, centre + step] for step in (-_STRIDE, 0, _STRIDE))
    score, bend = (high - low) / 2, 2 * here - high - low
    information = np.maximum(model.weight @ (member * bend), 1e-9)
    missing = model.weight @ (member * (1 - member) * score**2)
    return np.clip(1 - missing / information, _LEAST_KEPT, 1.0)

"""What the reads of a mutation say about the share of cancer cells that carry it.

For mutation n in sample s the cancer cell fraction f is a point of a grid, and

    v(f, m) = e + (1 - 2 e) rho f m / (rho C + N (1 - rho))

is the expected share of mutated reads: rho purity, C copies in the cancer cells, N in the normal
ones, m mutated copies a carrying cell has, e the error rate. Which m is unknown; a mutation of the
trunk may have been doubled with its haplotype, one of a branch sits on one copy (``origin``;
PyClone-VI's "major copy number" prior does not tell the two apart, Gillis & Roth 2020). Reads are
beta-binomial. A part of the mutations is allowed to sit in a state the copy-number table does not
know (``WRONG_STATE``), and to be lost where a haplotype fell (``LOST_MINOR``).

The beta-binomial is evaluated once on :data:`_KNOTS` shares of reads that all mutations have in
common and interpolated from there: one table of log-gammas instead of one per mutation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln

from her2omics.clones.grid import GRID
from her2omics.clones.observations import Observations
from her2omics.clones.origin import LOG_FRACTION

EARLY = 0.5  # share of the trunk's mutations that are older than its gains; if so:
MULTIPLE_MAJOR = 0.35  # mutations of the trunk carried by all copies of a gained major haplotype
MULTIPLE_MINOR = 0.15  # ... of a minor haplotype of two copies and more
MULTIPLE_BRANCH = 0.05  # mutations of a branch with more than one copy (gained on the branch)
LOST_MINOR = 0.2  # mutations lost where the minor copy number is below another sample's
LOST_MAJOR = 0.1  # ... where the major one is
WRONG_STATE = 0.02  # mutation whose copy number is not what the table says
UNKNOWN_STATE = 0.3  # ... where the table says nothing and two copies are assumed
STRAY = 0.002  # a mutation absent from a sample shows reads there nevertheless

_LEAST_LATE = 0.02
_KNOTS = 64
_ANGLES = np.linspace(0.0, np.pi / 2, _KNOTS)  # arcsin sqrt: equal steps are equal information
_SHARES = np.clip(np.sin(_ANGLES) ** 2, 1e-6, 1 - 1e-6)
_BATCH = 32  # copy-number classes whose interpolation weights are held at a time


@dataclass(frozen=True)
class Likelihood:
    """Likelihood of n mutations in one sample, without the binomial coefficient.

    Attributes
    ----------
    density
        (n, 101): of mutations of a branch over the grid, relative to ``exp(top)``; single precision
        is more than the model deserves. Mutations without reads have 1 everywhere: they say
        nothing.
    trunk
        (n, H): of mutations of the trunk, in all cancer cells, by multiplicity; likewise.
    top
        (n,): about the log-likelihood at the best fraction.
    """

    density: np.ndarray
    trunk: np.ndarray
    top: np.ndarray

    def log_alone(self) -> np.ndarray:
        """Log evidence (n,) of mutations with a fraction of their own, on a branch."""
        prior = np.exp(LOG_FRACTION).astype(np.float32)
        return np.log(self.density @ prior).astype(float)


class SampleReads:
    """Reads of one sample with all that does not depend on purity or precision.

    Parameters
    ----------
    observed
        Observations of the patient: the other samples' copy numbers say what may have been lost.
    sample
        Column of the sample.
    rows
        Mutations wanted; default all.
    """

    def __init__(self, observed: Observations, sample: int, rows: np.ndarray | None = None) -> None:
        rows = np.arange(len(observed.mutations)) if rows is None else rows
        alt, ref = observed.alt[rows, sample], observed.ref[rows, sample]
        self.missing = np.isnan(alt) | np.isnan(ref)
        self.alt, self.ref = (np.where(self.missing, 0.0, x) for x in (alt, ref))
        self._counts = [np.unique(x, return_inverse=True) for x in (self.alt, self.ref)]
        self._anywhere = betaln(self.alt + 1, self.ref + 1)
        self.error, self.purity, self.normal, self.copies = (
            getattr(observed, name)[rows, sample]
            for name in ("error", "purity", "normal", "copies")
        )
        multiplicity, weight, lost, wrong = _states(observed, rows, sample)
        self._possible = trunk_weights(observed, rows) > 0
        self._lost, self._wrong = (x[:, None].astype(np.float32) for x in (lost, wrong))
        self._none = self.copies <= 0
        self._flatten(multiplicity, weight)
        self._table: tuple[float, np.ndarray] = (np.nan, np.empty(0))  # of the precision last used

    def _flatten(self, multiplicity: np.ndarray, weight: np.ndarray) -> None:
        """Make one list of all (state, mutation) of any weight, ordered by copy-number class."""
        branch = np.minimum(weight, MULTIPLE_BRANCH)
        branch[0] = 1 - branch[1:].sum(axis=0)
        state, row = np.nonzero(self._possible.T)
        keys = np.stack(
            [x[row] for x in (self.purity, self.copies, self.normal, self.error)]
            + [multiplicity[state, row]]
        )
        order = np.lexsort(keys)
        state, row, keys = state[order], row[order], keys[:, order]
        first = np.r_[True, (np.diff(keys) != 0).any(axis=0)]
        self._class = keys[:, first]
        self._bounds = np.r_[np.flatnonzero(first), len(order)]
        self._row = row
        self._share = branch[state, row][:, None].astype(np.float32)
        self._of_state = [np.flatnonzero(state == h) for h in range(len(weight))]

    def table(self, precision: float) -> np.ndarray:
        """Log beta-binomial (n, knots) at the common shares; equal counts are computed once."""
        if self._table[0] != precision:
            out = (gammaln(precision) - gammaln(self.alt + self.ref + precision))[:, None]
            for (values, index), share in zip(self._counts, (_SHARES, 1 - _SHARES), strict=True):
                size = share * precision
                out = out + (gammaln(values[:, None] + size) - gammaln(size))[index]
            self._table = (precision, out)
        return self._table[1]

    def likelihood(self, precision: float, purity_factor: float = 1.0) -> Likelihood:
        """Likelihood over the grid and on the trunk, states summed out.

        Parameters
        ----------
        precision
            a + b of the beta distribution of the share of mutated reads.
        purity_factor
            True over reported purity.
        """
        table = self.table(precision)
        absent = _beta_binomial(self.alt, self.ref, self.error, precision)
        top = np.maximum(table.max(axis=1), np.maximum(absent, self._anywhere))
        absent, anywhere = (
            np.exp(x - top)[:, None].astype(np.float32) for x in (absent, self._anywhere)
        )
        each = self._interpolated((table - top[:, None]).astype(np.float32), purity_factor)
        np.exp(each, out=each)
        trunk = np.zeros(self._possible.shape)
        density = np.zeros((len(top), len(GRID)), dtype=np.float32)
        for state, chosen in enumerate(self._of_state):
            trunk[self._row[chosen], state] = each[chosen, -1]
            density[self._row[chosen]] += each[chosen] * self._share[chosen]
        density[:, :1] = (1 - STRAY) * absent + STRAY * anywhere
        kept = (1 - self._wrong) * (1 - self._lost)
        other = (1 - self._wrong) * self._lost * absent + self._wrong * anywhere
        for part in (density[:, 1:], trunk):
            part[self._none] = absent[self._none]
            part *= kept
            part += other
        density[self.missing], trunk[self.missing] = 1.0, 1.0
        return Likelihood(density, trunk, np.where(self.missing, 0.0, top))

    def _interpolated(self, table: np.ndarray, purity_factor: float) -> np.ndarray:
        """Table at the expected shares of every (state, mutation): (P, 101).

        Four-point Lagrange in the angle; mutations of one copy-number class share the weights.
        """
        purity, copies, normal, error, multiplicity = self._class
        purity = np.clip(purity * purity_factor, 0.01, 1.0)
        scale = purity * multiplicity / np.maximum(purity * copies + normal * (1 - purity), 0.02)
        share = error[:, None] + ((1 - 2 * error) * scale)[:, None] * GRID
        position = np.arcsin(np.sqrt(np.minimum(share, 1 - error[:, None]))) / _ANGLES[1]
        left = np.clip(position.astype(int) - 1, 0, _KNOTS - 4)
        t = position - left
        lagrange = (
            -(t - 1) * (t - 2) * (t - 3) / 6,
            t * (t - 2) * (t - 3) / 2,
            -t * (t - 1) * (t - 3) / 2,
            t * (t - 1) * (t - 2) / 6,
        )
        gathered = table[self._row]
        out = np.empty((len(gathered), len(GRID)), dtype=np.float32)
        columns = np.arange(len(GRID))
        for first in range(0, len(scale), _BATCH):
            some = np.arange(first, min(first + _BATCH, len(scale)))
            weights = np.zeros((len(some), _KNOTS, len(GRID)), dtype=np.float32)
            for j, values in enumerate(lagrange):
                weights[(some - first)[:, None], left[some] + j, columns] = values[some]
            for k in some:
                part = slice(self._bounds[k], self._bounds[k + 1])
                np.matmul(gathered[part], weights[k - first], out=out[part])
        return out


def trunk_weights(observed: Observations, rows: np.ndarray, early: float = EARLY) -> np.ndarray:
    """Prior (n, H) of the multiplicities of the trunk's mutations, which all samples share.

    ``early``: share of the mutations that are older than the gains.
    """
    weight = np.max([_states(observed, rows, s)[1] for s in range(observed.alt.shape[1])], axis=0)
    weight[1:] *= early / EARLY
    weight[0] = np.maximum(1 - weight[1:].sum(axis=0), _LEAST_LATE)
    return (weight / weight.sum(axis=0)).T


def _states(
    observed: Observations, rows: np.ndarray, sample: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Multiplicities and weights (H, n) on the trunk; weights (n,) of lost and wrong.

    State 0 is one copy. With a second state of the segment, the mutated copy may have been gained
    or lost in the cells that have it.
    """
    major, minor, major_2, minor_2, two = (
        getattr(observed, name)[rows]
        for name in ("major", "minor", "major_2", "minor_2", "share_2")
    )
    known = ~np.isnan(major) & ~np.isnan(minor)
    major, minor = np.where(known, major, 1.0), np.where(known, minor, 1.0)
    major_2, minor_2 = np.where(two > 0, major_2, major), np.where(two > 0, minor_2, minor)
    fell = [
        np.minimum(first, second)[:, sample] < np.maximum(first, second).max(axis=1)
        for first, second in ((minor, minor_2), (major, major_2))
    ]
    lost = np.where(fell[0], LOST_MINOR, np.where(fell[1], LOST_MAJOR, 0.0))
    part = two[:, sample]
    mean_major = (1 - part) * major[:, sample] + part * major_2[:, sample]
    mean_minor = (1 - part) * minor[:, sample] + part * minor_2[:, sample]
    change = (major_2 + minor_2 - major - minor)[:, sample]
    changed = np.where(part > 0, MULTIPLE_MINOR, 0.0) * (change != 0)
    multiplicity = np.stack(
        [
            np.ones(len(rows)),
            np.maximum(mean_major, 1.0),
            np.maximum(mean_minor, 1.0),
            np.where(change > 0, 1 + part, 1 - part),
        ]
    )
    weight = np.stack(
        [
            np.zeros(len(rows)),
            np.where(mean_major > 1, MULTIPLE_MAJOR, 0.0),
            np.where(mean_minor > 1, MULTIPLE_MINOR, 0.0),
            changed,
        ]
    )
    weight[0] = 1 - weight.sum(axis=0)
    return multiplicity, weight, lost, np.where(known[:, sample], WRONG_STATE, UNKNOWN_STATE)


def _beta_binomial(
    alt: np.ndarray, ref: np.ndarray, share: np.ndarray, precision: float
) -> np.ndarray:
    """Log beta-binomial without the binomial coefficient; broadcasts."""
    a, b = share * precision, (1 - share) * precision
    return (
        gammaln(alt + a)
        - gammaln(a)
        + gammaln(ref + b)
        - gammaln(b)
        + gammaln(precision)
        - gammaln(alt + ref + precision)
    )

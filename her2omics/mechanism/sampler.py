"""Adaptive importance sampling of the latents of one case.

Each stratum of the prior is sampled on its own: first from the prior with quasi-random points,
then from mixtures of the prior and a normal fitted to the weighted particles so far. All rounds
enter with the balance heuristic (deterministic-mixture weights; Owen & Zhou 2000,
doi:10.1080/01621459.2000.10473909), so that no round is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace

import numpy as np
from scipy import linalg, special
from scipy.stats import qmc

from her2omics.mechanism.likelihood import log_factors
from her2omics.mechanism.measurements import CaseEvidence
from her2omics.mechanism.prior import DIMENSION, STRATA, Conditioned, latents
from her2omics.mechanism.states import STATES

FIRST_ROUND = 512  # particles per stratum
NEXT_ROUND = 512
MAX_ROUNDS = 16
DEFENSIVE = 0.1  # share of every later round that is drawn from the prior
NEGLIGIBLE = 5e-3  # posterior mass below which a stratum is not refined
LEADING_ESS = 120.0  # aimed at, above the 100 that are asked for
OTHER_ESS = 30.0
ENOUGH = 40.0  # effective particles that a fit needs
WIDENING = 1.1  # of a fitted covariance, for heavier tails


Proposal = tuple[np.ndarray, np.ndarray]  # mean and Cholesky factor of a normal over z


@dataclass
class _Stratum:
    """Particles of one stratum, and the density of everything they were drawn from.

    ``mixture`` is the sum over rounds of particles drawn x proposal density / prior density.
    """

    index: int
    z: np.ndarray = field(default_factory=lambda: np.empty((0, DIMENSION)))
    log_likelihood: np.ndarray = field(default_factory=lambda: np.empty(0))
    mixture: np.ndarray = field(default_factory=lambda: np.empty(0))
    rounds: list[tuple[int, Proposal | None]] = field(default_factory=list)

    def add(self, z: np.ndarray, proposal: Proposal | None) -> None:
        """Add the points of a round; their likelihood follows in ``log_likelihood``."""
        count = len(z)
        self.mixture = self.mixture + count * _density_ratio(self.z, proposal)
        self.rounds.append((count, proposal))
        own = sum(size * _density_ratio(z, earlier) for size, earlier in self.rounds)
        self.mixture = np.concatenate([self.mixture, own])
        self.z = np.concatenate([self.z, z])

    def log_weights(self) -> np.ndarray:
        """Return log(likelihood x prior / proposals), scaled so that they sum to the evidence."""
        return self.log_likelihood - np.log(self.mixture)


def _density_ratio(z: np.ndarray, proposal: Proposal | None) -> np.ndarray:
    """Return proposal density over prior density of each row."""
    if proposal is None:
        return np.ones(len(z))
    mean, cholesky = proposal
    white = (z - mean) @ linalg.inv(cholesky, check_finite=False).T
    log_ratio = 0.5 * ((z * z).sum(axis=1) - (white * white).sum(axis=1))
    log_ratio -= np.log(np.diag(cholesky)).sum()
    return DEFENSIVE + (1 - DEFENSIVE) * np.exp(np.minimum(log_ratio, 700))


@cache
def _points(size: int, seed: int, stream: int) -> np.ndarray:
    sobol = qmc.Sobol(DIMENSION, scramble=True, rng=np.random.default_rng([seed, stream]))
    return sobol.random(size)


def _normal_points(size: int, *, seed: int, stream: int, shift: np.ndarray) -> np.ndarray:
    """Quasi-random standard normal points, rotated by the case's own shift."""
    u = (_points(size, seed, stream) + shift) % 1.0
    return special.ndtri(np.clip(u, 1e-9, 1 - 1e-9))


def effective_sample_size(log_weights: np.ndarray) -> float:
    """Return (sum w)^2 / sum w^2; 0 where no particle carries weight."""
    if not len(log_weights) or not np.isfinite(log_weights.max()):
        return 0.0
    w = np.exp(log_weights - log_weights.max())
    return float(w.sum() ** 2 / np.square(w).sum())


def _fit(
    z: np.ndarray, log_weights: np.ndarray, *, floor: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and inverse Cholesky factor of a normal fitted to the weighted particles.

    While few particles carry the weight, the weights are tempered until more do: the proposal
    moves towards the posterior in steps. The covariance is shrunk to its diagonal, and that to
    the prior's, by how few particles there are.
    """
    low, high = 0.0, 1.0
    if effective_sample_size(log_weights) < ENOUGH:
        for _ in range(12):
            middle = (low + high) / 2
            if effective_sample_size(middle * log_weights) < ENOUGH:
                high = middle
            else:
                low = middle
        log_weights = low * log_weights
    w = np.exp(log_weights - log_weights.max())
    w /= w.sum()
    size = 1 / np.square(w).sum()
    mean = w @ z
    centred = z - mean
    covariance = (centred * w[:, None]).T @ centred
    off = DIMENSION / (DIMENSION + size)
    variance = np.diag(covariance)
    covariance = (1 - off) * covariance + off * np.diag(variance)
    covariance[np.diag_indices(DIMENSION)] += 0.02
    return mean, np.linalg.cholesky(WIDENING * covariance)


@dataclass(frozen=True)
class Sample:
    """Weighted particles of one case.

    Attributes
    ----------
    x
        Latents of all particles (:func:`her2omics.mechanism.prior.latents`).
    terms
        Factor name -> log density, each of length n.
    log_weights
        Log of likelihood x prior density / proposal density / particles of the stratum: summed
        over a stratum they give its evidence. Without the stratum's prior.
    stratum
        Index into ``prior.STRATA``, (n,).
    """

    x: SimpleNamespace
    terms: dict[str, np.ndarray]
    log_weights: np.ndarray
    stratum: np.ndarray

    def subset(self, rows: np.ndarray) -> SimpleNamespace:
        """Return the latents of some particles."""
        return _namespace({name: value[rows] for name, value in _flat(self.x).items()})

    def posterior_log_weights(self, stratum_priors: np.ndarray) -> np.ndarray:
        """Return the unnormalised log posterior weight of each particle."""
        return self.log_weights + np.log(stratum_priors)[self.stratum]


def _append(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _flat(x: SimpleNamespace) -> dict[str, np.ndarray]:
    flat = {}
    for name, value in vars(x).items():
        if isinstance(value, tuple):
            flat |= {f"{name}.{time}": part for time, part in enumerate(value)}
        else:
            flat[name] = value
    return flat


def _namespace(flat: dict[str, np.ndarray]) -> SimpleNamespace:
    x = SimpleNamespace()
    for name, value in flat.items():
        base, _, time = name.partition(".")
        setattr(x, base, (*getattr(x, base, ()), value) if time else value)
    return x


def sample(
    evidence: CaseEvidence,
    given: Conditioned,
    stratum_priors: Sequence[np.ndarray],
    *,
    seed: int,
    case_seed: int,
) -> Sample:
    """Sample the latents of one case until the leading labels are well enough known.

    Parameters
    ----------
    evidence, given
        The case.
    stratum_priors
        The priors under which the posterior will be read (configured and flat): a stratum is
        refined where any of them gives it weight.
    seed
        Seed of the run: fixes the quasi-random points.
    case_seed
        Seed of the case: rotates them.
    """
    shift = np.random.default_rng(case_seed).random((MAX_ROUNDS, DIMENSION))
    strata = [_Stratum(index) for index in range(len(STRATA))]
    chosen = dict.fromkeys(range(len(STRATA)))
    flats: list[dict[str, np.ndarray]] = []
    terms: list[dict[str, np.ndarray]] = []
    stratum_of: list[np.ndarray] = []
    for round_ in range(MAX_ROUNDS):
        size = FIRST_ROUND if round_ == 0 else NEXT_ROUND
        points = _normal_points(size, seed=seed, stream=round_, shift=shift[round_])
        blocks = []
        for index, proposal in chosen.items():
            z = points.copy()
            if proposal is not None:
                mean, cholesky = proposal
                fitted = np.arange(size) % round(1 / DEFENSIVE) != 0
                z[fitted] = mean + z[fitted] @ cholesky.T
            strata[index].add(z, proposal)
            blocks.append(z)
        which = np.repeat(list(chosen), size)
        x = latents(np.concatenate(blocks), which, given)
        new_terms = log_factors(x, evidence)
        total = sum(new_terms.values()) if new_terms else np.zeros(len(which))
        for position, index in enumerate(chosen):
            stratum = strata[index]
            stratum.log_likelihood = np.concatenate(
                [stratum.log_likelihood, total[position * size : (position + 1) * size]]
            )
        flats.append(_flat(x))
        terms.append(new_terms)
        stratum_of.append(which)
        chosen = {
            index: _fit(strata[index].z, strata[index].log_weights())
            for index in _to_refine(strata, flats, stratum_of, stratum_priors)
        }
        if not chosen:
            break
    flat, joined, which = _append(flats), _append(terms), np.concatenate(stratum_of)
    return Sample(_namespace(flat), joined, _gather_weights(strata, which), which)


def _gather_weights(strata: list[_Stratum], which: np.ndarray) -> np.ndarray:
    """Log weights in the order in which the particles were drawn."""
    out = np.empty(len(which))
    for stratum in strata:
        out[which == stratum.index] = stratum.log_weights()
    return out


def _to_refine(
    strata: list[_Stratum],
    flats: list[dict[str, np.ndarray]],
    stratum_of: list[np.ndarray],
    stratum_priors: Sequence[np.ndarray],
) -> list[int]:
    """Return the strata that need another round."""
    which = np.concatenate(stratum_of)
    state = np.concatenate([flat["state"] for flat in flats])
    base = _gather_weights(strata, which)
    wanted: set[int] = set()
    for priors in stratum_priors:
        log_weights = base + np.log(priors)[which]
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        mass = np.bincount(state, weights, minlength=len(STATES))
        squares = np.bincount(state, weights**2, minlength=len(STATES))
        ess = np.where(squares > 0, mass**2 / np.maximum(squares, 1e-300), 0.0)
        leading = int(mass.argmax())
        for code in np.flatnonzero(mass > NEGLIGIBLE):
            if ess[code] >= (LEADING_ESS if code == leading else OTHER_ESS):
                continue
            carried = np.bincount(which[state == code], weights[state == code], len(strata))
            wanted.update(np.flatnonzero(carried > 0.1 * carried.sum()).tolist())
    return sorted(wanted)

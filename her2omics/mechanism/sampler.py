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

from her2omics.mechanism.likelihood import constants, log_factors
from her2omics.mechanism.measurements import CaseEvidence
from her2omics.mechanism.prior import DIMENSION, STRATA, Conditioned, latents
from her2omics.mechanism.states import STATES

FIRST_ROUND = 512  # particles per stratum
NEXT_ROUND = 512
MAX_ROUNDS = 16
DEFENSIVE = 0.1  # share of every later round that is drawn from the prior
NEGLIGIBLE = 5e-3  # posterior mass below which a settled stratum is not refined
LEADING_ESS = 120.0  # aimed at, above the 100 that are asked for
OTHER_ESS = 30.0
ENOUGH = 25.0  # effective particles that a fit needs
WIDENING = 1.1  # of a fitted covariance, for heavier tails
# With rich evidence hardly a particle of the prior fits: a stratum's first estimates of its
# evidence can be many nats too low, and may not decide that it is negligible.
SETTLING_ROUNDS = 2  # refinements of a stratum with few effective particles, whatever its mass
SETTLED_RISE = 1.0  # nats by which the evidence of a settled stratum rose at its last refinement
HOPELESS = 20.0  # nats below the leading stratum from which a rising stratum is given up


Proposal = tuple[np.ndarray, np.ndarray]  # mean and inverse Cholesky factor of a normal over z


@dataclass
class _Stratum:
    """Particles of one stratum, and the density of everything they were drawn from.

    ``norm`` is z'z, ``mixture`` the sum over rounds of particles drawn x proposal density / prior
    density. ``log_evidence`` holds the estimate after each round; ``scale``, ``mass`` and
    ``squares`` are the log of the largest weight and the sums over each state of weights and their
    squares, relative to it.
    """

    index: int
    z: np.ndarray = field(default_factory=lambda: np.empty((0, DIMENSION)))
    norm: np.ndarray = field(default_factory=lambda: np.empty(0))
    state: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    log_likelihood: np.ndarray = field(default_factory=lambda: np.empty(0))
    mixture: np.ndarray = field(default_factory=lambda: np.empty(0))
    rounds: list[tuple[int, Proposal | None]] = field(default_factory=list)
    log_evidence: list[float] = field(default_factory=list)
    scale: float = -np.inf
    mass: np.ndarray = field(default_factory=lambda: np.zeros(len(STATES)))
    squares: np.ndarray = field(default_factory=lambda: np.zeros(len(STATES)))

    def add(
        self,
        z: np.ndarray,
        proposal: Proposal | None,
        state: np.ndarray,
        log_likelihood: np.ndarray,
    ) -> None:
        """Add the particles of a round."""
        count, norm = len(z), np.einsum("ij,ij->i", z, z)
        earlier = count * _density_ratios(self.z, self.norm, [proposal])[0]
        self.rounds.append((count, proposal))
        sizes, proposals = zip(*self.rounds, strict=True)
        own = np.array(sizes, dtype=float) @ _density_ratios(z, norm, proposals)
        self.mixture = np.concatenate([self.mixture + earlier, own])
        self.z = np.concatenate([self.z, z])
        self.norm = np.concatenate([self.norm, norm])
        self.state = np.concatenate([self.state, state])
        self.log_likelihood = np.concatenate([self.log_likelihood, log_likelihood])
        log_weights = self.log_weights()
        self.scale = float(log_weights.max())
        weights = np.exp(log_weights - self.scale)
        self.mass = np.bincount(self.state, weights, minlength=len(STATES))
        self.squares = np.bincount(self.state, weights * weights, minlength=len(STATES))
        self.log_evidence.append(self.scale + float(np.log(self.mass.sum())))

    def log_weights(self) -> np.ndarray:
        """Return log(likelihood x prior / proposals), scaled so that they sum to the evidence."""
        return self.log_likelihood - np.log(self.mixture)

    def settled(self, leading: float) -> bool:
        """Return whether the evidence of the stratum is known well enough to dismiss it.

        Parameters
        ----------
        leading
            The largest log evidence of all strata.
        """
        if self.mass.sum() ** 2 >= ENOUGH * self.squares.sum():
            return True
        if len(self.rounds) <= SETTLING_ROUNDS:
            return False
        rise = self.log_evidence[-1] - self.log_evidence[-2]
        return rise < SETTLED_RISE or self.log_evidence[-1] < leading - HOPELESS


def _density_ratios(
    z: np.ndarray, norm: np.ndarray, proposals: Sequence[Proposal | None]
) -> np.ndarray:
    """Return proposal density over prior density, (proposals, n).

    Parameters
    ----------
    z, norm
        (n, :data:`DIMENSION`) coordinates, and their squares summed.
    proposals
        None is the prior itself.
    """
    out = np.ones((len(proposals), len(z)))
    fitted = [row for row, proposal in enumerate(proposals) if proposal is not None]
    if not fitted or not len(z):
        return out
    means, whitenings = map(np.array, zip(*(proposals[row] for row in fitted), strict=True))
    stacked = whitenings.reshape(-1, DIMENSION)
    centres = np.einsum("rij,rj->ri", whitenings, means).ravel()
    white = (z @ stacked.T - centres).reshape(len(z), len(fitted), DIMENSION)
    log_ratio = 0.5 * (norm - np.einsum("nri,nri->rn", white, white))
    log_ratio += np.log(np.diagonal(whitenings, axis1=1, axis2=2)).sum(axis=1)[:, None]
    out[fitted] = DEFENSIVE + (1 - DEFENSIVE) * np.exp(np.minimum(log_ratio, 700))
    return out


@cache
def _points(size: int, seed: int, stream: int) -> np.ndarray:
    sobol = qmc.Sobol(DIMENSION, scramble=True, rng=np.random.default_rng([seed, stream]))
    return sobol.random(size)


def _normal_points(size: int, *, seed: int, stream: int, shift: np.ndarray) -> np.ndarray:
    """Quasi-random standard normal points, rotated by the case's own shift."""
    u = (_points(size, seed, stream) + shift) % 1.0
    return special.ndtri(np.clip(u, 1e-9, 1 - 1e-9))


def _fit(z: np.ndarray, log_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and Cholesky factor of a normal fitted to the weighted particles.

    While few particles carry the weight, the weights are tempered until more do: the proposal
    moves towards the posterior in steps. The covariance is shrunk to its diagonal by how few
    particles there are.
    """
    log_weights = log_weights - log_weights.max()
    weights = np.exp(log_weights)
    if weights.sum() ** 2 < ENOUGH * np.square(weights).sum():
        low, high = 0.0, 1.0
        for _ in range(8):
            middle = (low + high) / 2
            weights = np.exp(middle * log_weights)
            if weights.sum() ** 2 < ENOUGH * np.square(weights).sum():
                high = middle
            else:
                low = middle
        weights = np.exp(low * log_weights)
    carrying = weights > 1e-6
    z, weights = z[carrying], weights[carrying]
    weights = weights / weights.sum()
    size = 1 / np.square(weights).sum()
    mean = weights @ z
    centred = z - mean
    covariance = (centred * weights[:, None]).T @ centred
    off = DIMENSION / (DIMENSION + size)
    covariance = (1 - off) * covariance + off * np.diag(np.diag(covariance))
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


def _append(parts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
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
    known = constants(evidence)
    strata = [_Stratum(index) for index in range(len(STRATA))]
    chosen = [stratum.index for stratum in strata]
    drawn: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]] = []
    for round_ in range(MAX_ROUNDS):
        size = FIRST_ROUND if round_ == 0 else NEXT_ROUND
        points = _normal_points(size, seed=seed, stream=round_, shift=shift[round_])
        fitted = np.arange(size) % round(1 / DEFENSIVE) != 0
        blocks, proposals = [], []
        for index in chosen:
            z, proposal = points, None
            if round_:
                mean, cholesky = _fit(strata[index].z, strata[index].log_weights())
                z = points.copy()
                z[fitted] = mean + z[fitted] @ cholesky.T
                proposal = mean, linalg.inv(cholesky, check_finite=False)
            blocks.append(z)
            proposals.append(proposal)
        which = np.repeat(chosen, size)
        x = latents(np.concatenate(blocks), which, given)
        terms = log_factors(x, evidence, known)
        total = sum(terms.values()) if terms else np.zeros(len(which))
        for place, (index, z, proposal) in enumerate(zip(chosen, blocks, proposals, strict=True)):
            rows = slice(place * size, (place + 1) * size)
            strata[index].add(z, proposal, x.state[rows], total[rows])
        drawn.append((_flat(x), terms, which))
        chosen = _to_refine(strata, stratum_priors)
        if not chosen:
            break
    flats, terms, which = zip(*drawn, strict=True)
    which = np.concatenate(which)
    weights = np.empty(len(which))
    for stratum in strata:
        weights[which == stratum.index] = stratum.log_weights()
    return Sample(_namespace(_append(flats)), _append(terms), weights, which)


def _to_refine(strata: list[_Stratum], stratum_priors: Sequence[np.ndarray]) -> list[int]:
    """Return the strata that need another round.

    Those whose evidence is not settled, and those that carry a state which has weight under any of
    the priors and too few effective particles.
    """
    leading = max(stratum.log_evidence[-1] for stratum in strata)
    wanted = {stratum.index for stratum in strata if not stratum.settled(leading)}
    scale = np.array([stratum.scale for stratum in strata])
    mass = np.array([stratum.mass for stratum in strata])
    squares = np.array([stratum.squares for stratum in strata])
    for priors in stratum_priors:
        log_factor = scale + np.log(priors)
        factor = np.exp(log_factor - log_factor.max())[:, None]
        carried = factor * mass  # (strata, states)
        by_state = carried.sum(axis=0)
        effective = by_state**2 / np.maximum((factor**2 * squares).sum(axis=0), 1e-300)
        by_state = by_state / by_state.sum()
        lead = int(by_state.argmax())
        for code in np.flatnonzero(by_state > NEGLIGIBLE):
            if effective[code] < (LEADING_ESS if code == lead else OTHER_ESS):
                share = carried[:, code] / carried[:, code].sum()
                wanted.update(np.flatnonzero(share > 0.1).tolist())
    return sorted(wanted)

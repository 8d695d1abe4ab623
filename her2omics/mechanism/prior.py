"""Latent variables of a pair and their prior, as a transform of standard normal coordinates.

Every latent is a monotone function of its own coordinate z ~ N(0, 1), given the stratum (how the
pair was generated) and what the evidence says of purity and ploidy alone. Importance proposals
are then densities over z, whatever the shape of the latents' own distributions.

All distributions are assumptions of the project (``docs/mechanism.md``); shares and copies as in
the simulator's ``standard`` scenario, tails widened where real data go further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np
from scipy import special, stats

from her2omics.mechanism.noise import DEFAULT, SPREADS, ModelNoise
from her2omics.mechanism.states import copies_ratio, state_codes

COORDINATES = (
    "purity1",
    "purity2",
    "ploidy1",
    "ploidy2",
    "doubling",
    "other_copies",
    "copies",
    "f1",
    "f2",
    "copies2",
    "d",
    "m",
    "b_erbb2",
    "b_neighbours",
    "normal",
    "normal2",
    "rna1",
    "rna2",
    "piece1",
    "piece2",
    "spread",
)
DIMENSION = len(COORDINATES)
_AXIS = {name: index for index, name in enumerate(COORDINATES)}

# Strata: how a pair can come about; the state of a particle follows from its latents.
STRATA = (
    "R",
    "D",
    "CS",
    "DA",
    "SS-ret",
    "SS-lost",
    "MIX-cells",
    "MIX-copies",
    "PR-cells",
    "PR-copies",
)
_SHARE_OF_STATE = {
    "MIX-cells": ("MIX", 2 / 3),
    "MIX-copies": ("MIX", 1 / 3),
    "PR-cells": ("PR", 0.5),
    "PR-copies": ("PR", 0.5),
}

TREATED = ("post_neoadjuvant", "on_treatment")
TREATED_SHARE = 0.4  # of an unknown setting

_Z_GRID = np.linspace(-5.0, 5.0, 401)
_U_GRID = special.ndtr(_Z_GRID)
_P_GRID = np.linspace(0.005, 0.995, 199)


def stratum_priors(state_priors: Mapping[str, float]) -> np.ndarray:
    """Return the prior of each stratum from the priors of the states (they need not sum to 1)."""
    weights = []
    for stratum in STRATA:
        state, share = _SHARE_OF_STATE.get(stratum, (stratum, 1.0))
        weights.append(state_priors[state] * share)
    weights = np.asarray(weights, dtype=float)
    return weights / weights.sum()


def _truncated(distribution, low: float, high: float) -> np.ndarray:
    below, above = distribution.cdf([low, high])
    return distribution.ppf(below + _U_GRID * (above - below))


@cache
def _quantiles() -> Mapping[str, np.ndarray]:
    """Quantile tables on the grid of z: one row of numbers per distribution."""
    half_normal = stats.halfnorm.ppf(_U_GRID)
    gamma = 0.6 * stats.gamma(2).ppf(_U_GRID)
    return {
        "copies": np.exp(_truncated(stats.norm(np.log(14), 0.5), np.log(6), np.log(80))),
        "f_clonal": 0.85 + 0.15 * _U_GRID,
        "f_selected": _truncated(stats.beta(3, 2), 0.20, 0.98),
        "f_mosaic": _truncated(stats.beta(6, 2), 0.40, 0.98),
        "f_replaced": 0.15 * stats.beta(1, 3).ppf(_U_GRID),
        "d_none": 0.25 * half_normal,
        "d_repressed": 1.0 + gamma,
        "d_programme": 0.3 + gamma,
        "m_switch": _truncated(stats.norm(0.8, 0.2), 0.5, 3.0),
        "m_selected": np.where(
            _U_GRID < 0.5, 0.0, 0.8 + 0.25 * special.ndtri(np.clip(2 * _U_GRID - 1, 1e-3, 1))
        ),
        "ploidy": _mixture_quantiles(),
        "extra_copies": stats.poisson(0.4).ppf(_U_GRID),
    }


def _mixture_quantiles() -> np.ndarray:
    grid = np.linspace(1.4, 5.2, 2001)
    cdf = 0.7 * stats.norm.cdf(grid, 2.1, 0.15) + 0.3 * stats.norm.cdf(grid, 3.5, 0.35)
    return np.interp(_U_GRID, cdf, grid)


@cache
def _piece_table() -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the amplified share in a piece: (spread, share of the lesion, z)."""
    shares = np.concatenate([[0.001], np.linspace(0.01, 0.99, 99), [0.999]])
    table = np.empty((len(SPREADS), len(shares), len(_Z_GRID)), dtype=np.float64)
    for index, spread in enumerate(SPREADS):
        size = 1 / spread - 1
        table[index] = special.betaincinv(
            shares[:, None] * size, (1 - shares[:, None]) * size, _U_GRID[None, :]
        )
    return shares, table


def _on_grid(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cell of the even grid of z, and how far into it each coordinate lies, 0 to 1."""
    place = (np.clip(z, _Z_GRID[0], _Z_GRID[-1]) - _Z_GRID[0]) / (_Z_GRID[1] - _Z_GRID[0])
    cell = np.minimum(place.astype(int), len(_Z_GRID) - 2)
    return cell, place - cell


def piece_share(share: np.ndarray, z: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the amplified share of one piece of a lesion: beta around ``share`` (0 and 1 stay).

    Parameters
    ----------
    share
        Amplified share of the lesion, (n,).
    z
        Standard normal coordinate of the piece, (n,).
    spread
        Index into :data:`noise.SPREADS` (intraclass correlation), (n,).
    """
    shares, table = _piece_table()
    row = np.interp(share, shares, np.arange(len(shares)))
    i = np.minimum(row.astype(int), len(shares) - 2)
    a = row - i
    j, b = _on_grid(z)
    low = table[spread, i, j] * (1 - b) + table[spread, i, j + 1] * b
    high = table[spread, i + 1, j] * (1 - b) + table[spread, i + 1, j + 1] * b
    return np.where((share <= 0) | (share >= 1), share, low * (1 - a) + high * a)


@dataclass(frozen=True)
class Conditioned:
    """What purity evidence and setting make of the prior of one case: quantiles of purity.

    ``purity`` holds, for baseline and follow-up, the cumulative distribution on ``_P_GRID``.
    """

    purity: tuple[np.ndarray, np.ndarray]
    treated: float
    distant: bool
    spread: tuple[float, ...]

    def purity_at(self, time: int, z: np.ndarray) -> np.ndarray:
        """Return the purity at coordinate z of a sample (0 = baseline, 1 = follow-up)."""
        return np.interp(special.ndtr(z), self.purity[time], _P_GRID)


@cache
def _purity_priors() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def density(a: float, b: float, low: float, high: float) -> np.ndarray:
        inside = (low <= _P_GRID) & (high >= _P_GRID)
        values = stats.beta.pdf(_P_GRID, a, b) * np.where(inside, 1.0, 0.05)
        return values / values.sum()

    return (
        density(6, 4, 0.10, 0.95),
        density(5, 5, 0.05, 0.95),
        density(2.5, 5, 0.05, 0.90),
    )


def treated_probability(setting: str | None, noise: ModelNoise = DEFAULT) -> float:
    """Return the probability that the follow-up was taken under or right after treatment."""
    if setting is None:
        return TREATED_SHARE
    right, wrong = noise.setting
    return right if setting in TREATED else wrong


def condition(
    setting: str | None,
    purity_modes: tuple[Sequence[tuple[float, float, float]], ...],
    noise: ModelNoise = DEFAULT,
) -> Conditioned:
    """Return the prior of a case given its setting and its purity estimates.

    Parameters
    ----------
    setting
        Setting of the follow-up; None = unknown.
    purity_modes
        For baseline and follow-up, the modes of the purity fit as (estimate, sd, weight); empty
        where nothing is known. A fifth of each mode's weight has three times its sd: fits fail.
    noise
        Noise of the cohort.
    """
    baseline, relapse, neoadjuvant = _purity_priors()
    treated = treated_probability(setting, noise)
    priors = (baseline, treated * neoadjuvant + (1 - treated) * relapse)
    cumulative = []
    for density, modes in zip(priors, purity_modes, strict=True):
        likelihood = np.ones_like(_P_GRID) if not modes else np.zeros_like(_P_GRID)
        for estimate, sd, weight in modes:
            z = (_P_GRID - estimate) / sd
            likelihood += weight / sd * (0.8 * np.exp(-z * z / 2) + 0.2 / 3 * np.exp(-z * z / 18))
        cdf = np.cumsum(density * likelihood)
        cumulative.append((cdf - cdf[0] / 2) / cdf[-1])
    return Conditioned(
        tuple(cumulative), treated, setting in ("relapse", "metastasis"), noise.spread
    )


def latents(z: np.ndarray, stratum: np.ndarray, given: Conditioned) -> SimpleNamespace:
    """Return the latents of particles.

    Parameters
    ----------
    z
        Coordinates, (n, :data:`DIMENSION`).
    stratum
        Index into :data:`STRATA`, (n,).
    given
        Prior of the case given purity and setting.

    Returns
    -------
    SimpleNamespace
        Arrays of length n: p, psi, C_N, f, f_bulk, C_A (pairs of baseline and follow-up), d, m,
        r, state (index into ``states.STATES``) and the nuisance latents of RNA that enter its
        mean nonlinearly; the additive ones are integrated out in the likelihood. Copies per cell,
        shares of cells, log2 for d and the level of normal tissue.
    """
    table = _quantiles()
    column = {name: z[:, axis] for name, axis in _AXIS.items()}

    def quantile(name: str, coordinate: str, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        cell, share = _on_grid(column[coordinate][rows])
        low = table[name][cell]
        return low + (table[name][cell + 1] - low) * share

    is_ = {name: stratum == index for index, name in enumerate(STRATA)}
    cells = is_["MIX-cells"] | is_["PR-cells"]
    copies = is_["MIX-copies"] | is_["PR-copies"]
    lost = is_["DA"] | is_["SS-lost"]
    n = len(z)

    psi1 = quantile("ploidy", "ploidy1")
    doubled = (special.ndtr(column["doubling"]) > 0.97) & (psi1 < 2.75)
    psi2 = psi1 * np.where(doubled, 2.0, 1.0) + 0.1 * column["ploidy2"]
    other1 = 2 + np.round(quantile("extra_copies", "other_copies")) + 2.0 * (psi1 > 2.75)
    other2 = other1 + 2.0 * doubled

    f1 = quantile("f_clonal", "f1")
    f1[is_["CS"]] = quantile("f_selected", "f1", is_["CS"])
    f1[cells] = quantile("f_mosaic", "f1", cells)
    f2 = np.clip(f1 + 0.03 * column["f2"], 0.8, 1.0)
    f2[is_["CS"]] = quantile("f_replaced", "f2", is_["CS"])
    top = np.minimum(0.5, 0.6 * f1[cells])
    f2[cells] = 0.15 + (top - 0.15) * special.ndtr(column["f2"][cells])
    f2[copies] = f1[copies]

    amplified1 = quantile("copies", "copies")
    amplified2 = amplified1 * np.exp(0.1 * column["copies2"]) * np.where(doubled, 2.0, 1.0)
    residual = special.ndtr(column["copies2"])
    gained = amplified1 - other1
    amplified2[lost] = (other2 + 0.15 * residual * gained)[lost]
    amplified2[copies] = (other2 + (0.25 + 0.35 * residual) * gained)[copies]

    d = quantile("d_none", "d")
    repressed = is_["D"] | is_["MIX-cells"] | is_["MIX-copies"]
    d[repressed] = quantile("d_repressed", "d", repressed)
    d[is_["SS-ret"]] = quantile("d_programme", "d", is_["SS-ret"])
    m = np.zeros(n)
    switched = is_["SS-ret"] | is_["SS-lost"]
    m[switched] = quantile("m_switch", "m", switched)
    m[is_["CS"]] = quantile("m_selected", "m", is_["CS"])

    spread = (special.ndtr(column["spread"]) > given.spread[0]).astype(int)
    normal1 = -1.5 + column["normal"]
    normal2 = normal1 + (0.5 if given.distant else 0.25) * column["normal2"]
    r = copies_ratio(amplified1, amplified2, other1, other2)
    return SimpleNamespace(
        p=(given.purity_at(0, column["purity1"]), given.purity_at(1, column["purity2"])),
        psi=(psi1, psi2),
        C_N=(other1, other2),
        f=(f1, f2),
        f_bulk=(
            piece_share(f1, column["piece1"], spread),
            piece_share(f2, column["piece2"], spread),
        ),
        C_A=(amplified1, amplified2),
        d=d,
        m=m,
        r=r,
        state=state_codes(f1, f2, r, d, m),
        spread=np.asarray(SPREADS)[spread],
        b=(1.6 + 0.35 * column["b_erbb2"], 1.1 + 0.4 * column["b_neighbours"]),
        normal=(normal1, normal2),
        rna_per_cell=(
            psi1 / 2 * np.exp(0.35 * column["rna1"]),
            psi2 / 2 * np.exp(0.35 * column["rna2"]),
        ),
    )

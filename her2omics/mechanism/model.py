"""The posterior of one case over states and latents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from her2omics.mechanism import likelihood
from her2omics.mechanism.measurements import CaseEvidence
from her2omics.mechanism.prior import DIMENSION, STRATA, condition, latents, stratum_priors
from her2omics.mechanism.sampler import Sample, sample
from her2omics.mechanism.states import LABEL_OF, LOCUS_OF, STATES
from her2omics.tables import LABELS
from her2omics.thresholds import limits

LABEL_OF_STATE = np.array([LABELS.index(LABEL_OF[state]) for state in STATES])
_PRIOR_PARTICLES = 8192
# Of a label's largest weight: lighter particles change a contribution by less than .03 decibans.
_CARRYING = 1e-5

# Variables a contribution is reported for, and the factor each belongs to.
VARIABLES = {
    "erbb2_log2": "erbb2_log2",
    "ploidy": "ploidy",
    "other_copies": "other_copies",
    "cluster_ccf": "cluster_ccf",
    "amplicon_branch_loglr": "amplicon_branch_loglr",
    "erbb2_mrna": "rna",
    "neighbours_mrna": "rna",
    "programme_delta": "rna",
    "amplified_share": "rna",
    "erbb2_output": "rna",
    "ish_amplified_cells": "ish_amplified_cells",
    "ish_copies": "ish_copies",
    "her2_status": "her2_status",
}


@cache
def _state_shares() -> np.ndarray:
    """P(state | stratum) of the prior, (strata, states): particles may leave their own state."""
    z = np.random.default_rng(20).standard_normal((_PRIOR_PARTICLES, DIMENSION))
    given = condition(None, ((), ()))
    shares = np.empty((len(STRATA), len(STATES)))
    for index in range(len(STRATA)):
        state = latents(z, np.full(len(z), index), given).state
        shares[index] = np.bincount(state, minlength=len(STATES)) / len(z)
    return shares


def label_priors(priors: np.ndarray) -> np.ndarray:
    """Return the prior of each label from the priors of the strata, (labels,)."""
    states = priors @ _state_shares()
    return np.bincount(LABEL_OF_STATE, states, minlength=len(LABELS))


def flat_priors(priors: np.ndarray) -> np.ndarray:
    """Return stratum priors with equal labels, inside a label as configured."""
    label = LABEL_OF_STATE[[_home_state(index) for index in range(len(STRATA))]]
    mass = np.bincount(label, priors, minlength=len(LABELS))
    return priors / mass[label] / len(LABELS)


def _home_state(stratum: int) -> int:
    name = STRATA[stratum]
    return STATES.index(name if name in STATES else name.split("-")[0])


def adjusted_priors(
    priors: Mapping[str, float],
    *,
    multipliers: Mapping[str, float],
    therapy: str | None = None,
    on_treatment: bool = False,
) -> dict[str, float]:
    """Return the state priors of one case, adjusted by its treatment (all assumptions).

    Parameters
    ----------
    priors
        State -> prior.
    multipliers
        Config keys ``priors.multipliers``.
    therapy
        ``;``-separated therapies since the baseline.
    on_treatment
        On an anti-HER2 drug, or soon after.
    """
    out = {state: priors[state] for state in STATES}
    if therapy and {"t-dxd", "t-dm1"} & set(therapy.split(";")):
        for state in ("D", "CS"):
            out[state] *= multipliers["adc_downregulation_selection"]
    if on_treatment:
        out["D"] *= multipliers["recent_drug_downregulation"]
        for state in ("SS-ret", "SS-lost"):
            out[state] *= multipliers["recent_drug_switch"]
    return out


@dataclass(frozen=True)
class Posterior:
    """The posterior of one case.

    Attributes
    ----------
    p, p_flat
        Label -> probability, under the configured and the flat prior.
    p_state
        State -> probability under the configured prior.
    log_marginal
        Label -> natural log of p(evidence | label), up to a common constant.
    locus
        retained, partial, replaced, lost_in_lineage -> probability.
    programme_shift, repressed
        P(m >= .5) and P(d > 1 log2).
    shifted_in
        State -> P(m >= .5 | state).
    intervals
        Latent -> (median, 5 %, 95 %).
    effective_samples, log_bayes_factor_se
        Of the leading state; Monte-Carlo error between the two leading labels.
    contributions
        Variable -> label -> decibans.
    draw
        The weighted particles behind it and their normalised weights.
    """

    p: dict[str, float]
    p_flat: dict[str, float]
    p_state: dict[str, float]
    log_marginal: dict[str, float]
    locus: dict[str, float]
    programme_shift: float
    repressed: float
    shifted_in: dict[str, float]
    intervals: dict[str, tuple[float, float, float]]
    effective_samples: float
    log_bayes_factor_se: float
    contributions: dict[str, dict[str, float]]
    draw: Sample
    weights: np.ndarray

    def bayes_factor(self, label: str) -> float:
        """Return p(evidence | label) over the largest of the other labels."""
        others = max(value for name, value in self.log_marginal.items() if name != label)
        return float(np.exp(np.clip(self.log_marginal[label] - others, -700, 700)))


def posterior(
    evidence: CaseEvidence,
    priors: Mapping[str, float],
    *,
    seed: int,
    case_seed: int,
    contributions: bool = True,
) -> Posterior:
    """Return the posterior of one case.

    Parameters
    ----------
    evidence
        All measurements of the case, gates applied.
    priors
        State -> prior of this case.
    seed, case_seed
        Seeds of the run and of the case.
    contributions
        Also compute each variable's contribution.
    """
    given = condition(evidence.setting, evidence.purity, evidence.noise)
    configured = stratum_priors(priors)
    flat = flat_priors(configured)
    draw = sample(evidence, given, (configured, flat), seed=seed, case_seed=case_seed)
    log_weights = draw.posterior_log_weights(configured)
    weights = np.exp(log_weights - log_weights.max())
    total = weights.sum()
    weights = weights / total
    mass = np.bincount(draw.x.state, weights, minlength=len(STATES))
    squares = np.bincount(draw.x.state, weights**2, minlength=len(STATES))
    label_mass = np.bincount(LABEL_OF_STATE, mass, minlength=len(LABELS))
    log_marginal = (
        np.log(np.maximum(label_mass, 1e-300))
        + np.log(total)
        + log_weights.max()
        - np.log(label_priors(configured))
    )
    p_flat = np.exp(log_marginal - log_marginal.max())
    p_flat /= p_flat.sum()
    ess = mass**2 / np.maximum(squares, 1e-300)
    locus = dict.fromkeys(("retained", "partial", "replaced", "lost_in_lineage"), 0.0)
    for state, value in zip(STATES, mass, strict=True):
        locus[LOCUS_OF[state]] += float(value)
    shifted = draw.x.m >= limits().programme_shift
    shifted_mass = np.bincount(draw.x.state[shifted], weights[shifted], minlength=len(STATES))
    heavy = weights > weights.max() * 1e-6
    latent = {
        "f_baseline": draw.x.f[0],
        "f_followup": draw.x.f[1],
        "copies_amplified_baseline": draw.x.C_A[0],
        "copies_amplified_followup": draw.x.C_A[1],
        "repression_log2": draw.x.d,
    }
    return Posterior(
        p=dict(zip(LABELS, label_mass.tolist(), strict=True)),
        p_flat=dict(zip(LABELS, p_flat.tolist(), strict=True)),
        p_state=dict(zip(STATES, mass.tolist(), strict=True)),
        log_marginal=dict(zip(LABELS, log_marginal.tolist(), strict=True)),
        locus=locus,
        programme_shift=float(weights[shifted].sum()),
        shifted_in=dict(
            zip(STATES, (shifted_mass / np.maximum(mass, 1e-300)).tolist(), strict=True)
        ),
        repressed=float(weights[draw.x.d > limits().repression].sum()),
        intervals={
            name: weighted_interval(values[heavy], weights[heavy])
            for name, values in latent.items()
        },
        effective_samples=float(ess[mass.argmax()]),
        log_bayes_factor_se=_bayes_factor_se(draw.x.state, weights, label_mass),
        contributions=_contributions(evidence, draw, weights) if contributions else {},
        draw=draw,
        weights=weights,
    )


def _bayes_factor_se(state: np.ndarray, weights: np.ndarray, label_mass: np.ndarray) -> float:
    """Monte-Carlo SE of the log Bayes factor of the two leading labels (delta method)."""
    squares = np.bincount(LABEL_OF_STATE[state], weights**2, minlength=len(LABELS))
    leading = np.argsort(label_mass)[-2:]
    relative = squares[leading] / np.maximum(label_mass[leading], 1e-300) ** 2
    return float(np.sqrt(relative.sum()))


def weighted_interval(values: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
    """Return the weighted median and the 5 % and 95 % quantiles."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    places = np.searchsorted(cumulative, np.array([0.5, 0.05, 0.95]) * cumulative[-1])
    return tuple(values[order][np.minimum(places, len(values) - 1)].tolist())


def _contributions(
    evidence: CaseEvidence, draw: Sample, weights: np.ndarray
) -> dict[str, dict[str, float]]:
    """10 log10 of p(all | label) / p(all but the variable | label), per variable and label."""
    label = LABEL_OF_STATE[draw.x.state]
    with_all = np.bincount(label, weights, minlength=len(LABELS))
    out, carrying = {}, {}
    for variable, factor in VARIABLES.items():
        if factor not in draw.terms or not has(evidence, variable):
            continue
        if factor not in carrying:
            rows = _carrying(label, weights, draw.terms[factor])
            carrying[factor] = rows, draw.subset(rows)
        rows, x = carrying[factor]
        rest = likelihood.FACTORS[factor](x, without(evidence, variable))
        removed = draw.terms[factor][rows] - (0.0 if rest is None else rest)
        # E over the posterior of 1/L is the ratio of marginals; capped where it would overflow.
        ratio = weights[rows] * np.exp(np.clip(-removed, -60, 60))
        without_it = np.bincount(label[rows], ratio, minlength=len(LABELS))
        decibans = 10 * np.log10(np.maximum(with_all, 1e-300) / np.maximum(without_it, 1e-300))
        decibans = np.where(with_all > 0, decibans, np.nan)
        out[variable] = dict(zip(LABELS, decibans.tolist(), strict=True))
    return out


def _carrying(label: np.ndarray, weights: np.ndarray, term: np.ndarray) -> np.ndarray:
    """Return the particles that carry weight in their label, with a factor or without it."""
    light = weights * np.exp(np.clip(-term, -600, 600))
    kept = np.zeros(len(label), dtype=bool)
    for weight in (weights, light):
        top = np.zeros(len(LABELS))
        np.maximum.at(top, label, weight)
        kept |= weight > _CARRYING * top[label]
    return np.flatnonzero(kept)


def has(evidence: CaseEvidence, variable: str) -> bool:
    """Return whether the case has a measurement of this variable."""
    if variable == "her2_status":
        return any(value is not None for value in evidence.status)
    if variable == "cluster_ccf":
        return bool(len(evidence.clusters))
    if variable == "ploidy":
        return any(evidence.ploidy)
    return any(name == variable for name, _ in evidence.single)


def without(evidence: CaseEvidence, *variables: str) -> CaseEvidence:
    """Return the evidence without some variables."""
    out = replace(
        evidence,
        single={key: value for key, value in evidence.single.items() if key[0] not in variables},
    )
    if "her2_status" in variables:
        out = replace(out, status=(None, None))
    if "cluster_ccf" in variables:
        out = replace(out, clusters=np.empty((0, 4)))
    if "ploidy" in variables:
        out = replace(out, ploidy=((), ()))
    return out

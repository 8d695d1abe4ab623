"""The joint density of all RNA measurements of a case, of bulk and of single cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from her2omics.mechanism.cells import amplified_share
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR, CaseEvidence
from her2omics.mechanism.noise import PROGRAMME_INFLATIONS, RNA_INFLATIONS
from her2omics.mechanism.prior import treated_probability

E0_SD = 0.5  # tumours' spread around the HER2-negative median at neutral dosage, log2
SAMPLE_SD = 0.25  # default of rna_sample_sd, log2
GENE_SD = 0.25  # default scale of a gene's mRNA measurement, log2
DELTA = {False: (0.0, 0.18), True: (0.4, 0.25)}  # treated: (centre, scale) of programme_delta
DELTA_OF_SAMPLE_EFFECT = 0.2  # share of the sample effect that reaches programme_delta
NEIGHBOURS_FOLLOW = (0.6, 0.4, 0.7)  # P(stay), P(follow), share of d they follow by
PROGRAMME_PULL_SD = 0.5  # g: ERBB2 moves with the programme, log2 per unit of m
RNA_VARIABLES = {
    "erbb2_mrna": (BASELINE, FOLLOWUP),
    "neighbours_mrna": (BASELINE, FOLLOWUP),
    "programme_delta": (PAIR,),
    "erbb2_output": (PAIR,),
}
# What tells whether they follow.
FOLLOWING = (("neighbours_mrna", FOLLOWUP), ("erbb2_output", PAIR), ("amplified_share", FOLLOWUP))
SHARES = (("amplified_share", BASELINE), ("amplified_share", FOLLOWUP))
PULLED = (("erbb2_mrna", FOLLOWUP), ("erbb2_output", PAIR))  # measurements that g m moves

Particles = SimpleNamespace


def expected_mrna(x: Particles, time: int, *, neighbours: bool, follow: float = 1.0) -> np.ndarray:
    """Return the mRNA level that dosage, repression and normal tissue imply, log2 above reference.

    ``follow`` is the share of the repression d that the gene follows by.
    """
    p, psi, f = x.p[time], x.psi[time], x.f_bulk[time]
    b = x.b[int(neighbours)]
    amplified = np.exp2(b * np.log2(x.C_A[time] / psi) - (x.d * follow if time else 0.0))
    other = np.exp2(b * np.log2(x.C_N[time] / psi))
    share = p * x.rna_per_cell[time]
    q = share / (share + 1 - p)
    return np.log2(q * (f * amplified + (1 - f) * other) + (1 - q) * np.exp2(x.normal[time]))


def _rna_loadings(
    evidence: CaseEvidence, rows: tuple[tuple[str, int], ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Loadings of the additive noise that RNA measurements share.

    Returns
    -------
    levels
        (rows, 4): the tumour's level E0 (correlation .5 between ERBB2 and its neighbours; the same
        at both times) and the reference's own offset per gene; neighbours are a median of genes
        with offsets of their own, which halves it.
    samples
        (rows, 2): the sample effect u of each time; a fifth of u_baseline - u_followup reaches
        programme_delta.
    """
    reference = evidence.get("rna_reference_sd", PAIR)
    offset = 0.0 if reference is None else reference.value
    effects = [evidence.get("rna_sample_sd", time) for time in (BASELINE, FOLLOWUP)]
    u = [SAMPLE_SD if datum is None else datum.value for datum in effects]
    levels, samples = np.zeros((len(rows), 4)), np.zeros((len(rows), 2))
    for i, (variable, time) in enumerate(rows):
        if variable == "erbb2_output":
            continue
        if variable == "programme_delta":
            samples[i] = DELTA_OF_SAMPLE_EFFECT * u[0], -DELTA_OF_SAMPLE_EFFECT * u[1]
            continue
        if variable == "erbb2_mrna":
            levels[i] = E0_SD, 0.0, offset, 0.0
        else:
            levels[i] = 0.5 * E0_SD, np.sqrt(0.75) * E0_SD, 0.0, 0.5 * offset
        samples[i, time] = u[time]
    return levels, samples


@dataclass(frozen=True)
class RnaNoise:
    """Everything in the density of a case's RNA that does not depend on its latents.

    The noise is a mixture of C normals over the k measurements v, each with its precision P, its
    centre s (the drug's own programme change) and the vector h of measurements that the programme
    pulls at. ``log_density @ features`` is the log density of the part at v, weighted, and ``pulled
    @ features`` is h' P (v - s), with the features of :func:`_features`.

    Attributes
    ----------
    rows
        Measurements: (variable, time).
    places
        (C, 3) index into ``noise.RNA_INFLATIONS`` and ``noise.PROGRAMME_INFLATIONS``; 1 under
        or right after treatment, 0 otherwise.
    log_density, pulled
        (C, features).
    gain
        (C,) h' P h; 0 where the programme pulls at nothing.
    """

    rows: tuple[tuple[str, int], ...]
    places: np.ndarray
    log_density: np.ndarray
    pulled: np.ndarray
    gain: np.ndarray


def noise_of(evidence: CaseEvidence) -> RnaNoise | None:
    """Return the noise of a case's RNA measurements; None without any.

    Shares of amplified cells have an error of their own and are none of its rows.
    """
    rows = tuple(
        (variable, time)
        for variable, times in RNA_VARIABLES.items()
        for time in times
        if evidence.get(variable, time) is not None
    )
    if not rows and all(evidence.get(*share) is None for share in SHARES):
        return None
    delta = next((i for i, (name, _) in enumerate(rows) if name == "programme_delta"), None)
    along = np.array([row in PULLED for row in rows], dtype=float)
    first, second = np.triu_indices(len(rows))
    places, log_density, pulled, gain = [], [], [], []
    for place, weight, is_treated, precision, log_norm in _noise_parts(evidence, rows, delta):
        centre = np.zeros(len(rows))
        if is_treated:
            centre[delta] = DELTA[True][0]
        at_centre, pull = precision @ centre, along @ precision
        products = np.where(first == second, 1.0, 2.0) * precision[first, second]
        constant = weight + log_norm - 0.5 * centre @ at_centre
        log_density.append(np.concatenate([-0.5 * products, at_centre, [constant]]))
        pulled.append(np.concatenate([np.zeros(len(products)), pull, [-pull @ centre]]))
        places.append((*place, int(is_treated)))
        gain.append(pull @ along)
    return RnaNoise(rows, *map(np.array, (places, log_density, pulled, gain)))


def _features(residual: np.ndarray) -> np.ndarray:
    """Return products of all pairs of measurements, the measurements and 1, (features, n)."""
    first, second = np.triu_indices(len(residual))
    products = residual[first] * residual[second]
    return np.concatenate([products, residual, np.ones((1, residual.shape[1]))])


def rna(x: Particles, evidence: CaseEvidence, noise: RnaNoise | None = None) -> np.ndarray | None:
    """All RNA measurements in one joint density, the effects they share integrated.

    Given dosage, everything that is shared between the measurements (the tumour's level E0, the
    sample effects u, the programme's pull g on ERBB2, in bulk and per dose in single cells) is
    additive and normal, so it is integrated in closed form. Student-like tails and unknown noise
    come from a mixture over inflations of all RNA and of the programme alone. The neighbours follow
    a repression of ERBB2 or not: everywhere, or nowhere.

    Parameters
    ----------
    x, evidence
        Particles; the case.
    noise
        :func:`noise_of` the evidence, where it has been made before.
    """
    noise = noise_of(evidence) if noise is None else noise
    if noise is None:
        return None
    parts = components(x, evidence, noise)
    top = parts.max(axis=(0, 1))
    parts -= top
    return top + np.log(np.exp(parts, out=parts).sum(axis=(0, 1)))


def components(x: Particles, evidence: CaseEvidence, noise: RnaNoise) -> np.ndarray:
    """Return the log density of each part: (neighbours stay or follow, parts of the noise, n)."""
    stay, follow, share = NEIGHBOURS_FOLLOW
    residual = np.empty((len(noise.rows), len(x.m)))
    for i, (variable, time) in enumerate(noise.rows):
        value = evidence.get(variable, time).value
        if variable == "programme_delta":
            residual[i] = value - x.m
        elif variable == "erbb2_output":
            residual[i] = value + x.d
        else:
            neighbours = variable == "neighbours_mrna"
            mean = expected_mrna(x, time, neighbours=neighbours, follow=0.0 if neighbours else 1.0)
            residual[i] = value - mean
    # The neighbours may follow: in bulk RNA, and so that single cells read a lower dose, of which
    # ERBB2 has lost less.
    followed = residual.copy()
    for i, (variable, time) in enumerate(noise.rows):
        if (variable, time) == ("neighbours_mrna", FOLLOWUP):
            mean = expected_mrna(x, FOLLOWUP, neighbours=True, follow=share)
            followed[i] = evidence.get(variable, time).value - mean
        elif variable == "erbb2_output":
            followed[i] -= share * x.d
    variants = [(1.0, residual, 0.0)]
    if any(evidence.get(*measured) is not None for measured in FOLLOWING):
        variants = [(stay, residual, 0.0), (follow, followed, share)]
    # g m: a rank-one term of the particle's own size, where the programme moved.
    moved = np.flatnonzero(x.m)
    pull = (PROGRAMME_PULL_SD * x.m[moved]) ** 2
    gain = 1 + noise.gain[:, None] * pull
    out = np.empty((len(variants), len(noise.places), len(x.m)))
    for density, (weight, values, followed_by) in zip(out, variants, strict=True):
        features = _features(values)
        np.matmul(noise.log_density, features, out=density)
        along = noise.pulled @ features[:, moved]
        density[:, moved] += 0.5 * (along * along * (pull / gain) - np.log(gain))
        density += np.log(weight) + amplified_share(x, evidence, follow=followed_by)
    return out


def _noise_parts(
    evidence: CaseEvidence, rows: tuple[tuple[str, int], ...], delta: int | None
) -> Iterator[tuple[tuple[int, int], float, bool, np.ndarray, float]]:
    """Yield place, log weight, treated or not, precision and log norm of each part of the noise."""
    levels, samples = _rna_loadings(evidence, rows)
    measured = [evidence.get(*row) for row in rows]
    treated = treated_probability(evidence.setting, evidence.noise)
    settings, programme = [(1.0, False)], [(0, 1.0, 1.0)]
    if delta is not None:
        settings = [(1 - treated, False), (treated, True)]
        programme = [
            (index, *pair)
            for index, pair in enumerate(
                zip(PROGRAMME_INFLATIONS, evidence.noise.programme, strict=True)
            )
        ]
    inflations = list(enumerate(zip(RNA_INFLATIONS, evidence.noise.rna, strict=True)))
    for setting_weight, is_treated in settings:
        for widened, extra, extra_weight in programme:
            sd = np.array([datum.scale(GENE_SD) for datum in measured])
            if delta is not None:
                scale = extra * DELTA[is_treated][1]
                sd[delta] = np.hypot(scale, measured[delta].scale(0.0))
            noise = samples @ samples.T + np.diag(sd**2)
            for place, (inflation, weight) in inflations:
                covariance = levels @ levels.T + inflation**2 * noise
                log_norm = -0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
                log_weight = np.log(weight * setting_weight * extra_weight)
                yield (place, widened), log_weight, is_treated, np.linalg.inv(covariance), log_norm

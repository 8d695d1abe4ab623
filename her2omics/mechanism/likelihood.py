"""The likelihood of one case: one factor per datum, each a function of particles.

A factor takes the latents of n particles (:func:`her2omics.mechanism.prior.latents`) and the
case's evidence and returns n log densities, or None where its datum is missing: a missing modality
is a dropped factor. A new kind of evidence is a new entry of :data:`FACTORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy import special

from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR, CaseEvidence
from her2omics.mechanism.noise import cluster_group
from her2omics.mechanism.rna import noise_of, rna
from her2omics.mechanism.student import T6_LOG_NORM, t6_logpdf

CENTRING_SD = 0.03  # mu_t: error of the genome's mean log ratio, log2
IHC_THRESHOLDS = (0.9, 1.8)  # 2+ and 3+, log2 protein level
IHC_SD, IHC_MODERATE_SD = 0.5, 0.1  # log2, of the cuts for 3+ and for 2+
LABORATORY_ERROR = 0.03
PROTEIN_ONLY_LOSS = 0.04
ISH_COUNT_SD = 0.10  # natural log, of mean copies and of CEP17
ISH_SENSITIVITY, ISH_FALSE_CELLS = 0.95, 0.01  # amplified cells seen, others taken for amplified
PRIVATE_GRID = np.linspace(0.1, 0.9, 9)  # CCF of subclonal private clusters
# Share of trunk clusters whose fraction is misjudged alike in both biopsies, mostly by half: a
# ploidy of 4 read as 2. Of simulated pairs read from files 13 % are more than 3 SD below 1.
MISJUDGED = 0.1
MISJUDGED_GRID = np.linspace(0.4, 0.9, 11)
MOSAIC_SHARE = 0.98  # above this amplified share no cluster of the other cells is seen
CLUSTER_FLOOR = 1e-12  # density of a cluster that fits no class


Particles = SimpleNamespace
Factor = Callable[..., np.ndarray | None]


def _sum(terms: list[np.ndarray]) -> np.ndarray | None:
    return sum(terms) if terms else None


def copies_mean(x: Particles, time: int, *, bulk: bool) -> np.ndarray:
    """Return the mean ERBB2 copies over the cancer cells of the lesion or of the bulk piece."""
    f = x.f_bulk[time] if bulk else x.f[time]
    return f * x.C_A[time] + (1 - f) * x.C_N[time]


def expected_log2_ratio(x: Particles, time: int) -> np.ndarray:
    """Return the expected log2 ratio of the ERBB2 locus to the genome's mean."""
    p, psi = x.p[time], x.psi[time]
    return np.log2((p * copies_mean(x, time, bulk=True) + 2 * (1 - p)) / (p * psi + 2 * (1 - p)))


def copy_number(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """Log ratio of the ERBB2 locus."""
    terms = []
    for time in (BASELINE, FOLLOWUP):
        datum = evidence.get("erbb2_log2", time)
        if datum is not None:
            scale = np.hypot(datum.scale(0.10), CENTRING_SD)
            terms.append(t6_logpdf(datum.value - expected_log2_ratio(x, time), scale))
    return _sum(terms)


def ploidy(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """Ploidy of the cancer cells, all modes of the fit."""
    terms = []
    for time in (BASELINE, FOLLOWUP):
        modes = evidence.ploidy[time]
        if modes:
            density = sum(
                weight * np.exp(t6_logpdf(value - x.psi[time], sd)) for value, sd, weight in modes
            )
            terms.append(np.log(density + 1e-300))
    return _sum(terms)


def other_copies(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """17q copies beside the amplicon."""
    terms = []
    for time in (BASELINE, FOLLOWUP):
        datum = evidence.get("other_copies", time)
        if datum is not None:
            terms.append(t6_logpdf(datum.value - x.C_N[time], datum.scale(0.2)))
    return _sum(terms)


def _ccf_density(value: np.ndarray, sd: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Density (k, n) of k measured CCFs given true ones (n,); at 0 and 1 they are censored."""
    z = (value[:, None] - truth) / sd[:, None]
    u = 1 + z * z / 6
    density = (np.exp(T6_LOG_NORM) / sd)[:, None] / (u * u * u * np.sqrt(u))  # u ** -3.5
    none, full = value <= 0, value >= 1
    density[none] = special.ndtr(z[none])
    density[full] = special.ndtr(-z[full])
    density[np.isnan(value)] = 1.0
    return density


@dataclass(frozen=True)
class ClusterClasses:
    """Densities of a case's k clusters that do not depend on its latents.

    Attributes
    ----------
    trunk, private
        (k, 1) density as trunk, its fraction misjudged or not, and as private to either biopsy.
    """

    trunk: np.ndarray
    private: np.ndarray


def cluster_classes(evidence: CaseEvidence) -> ClusterClasses | None:
    """Return the densities of the clusters as trunk and as private; None without clusters."""
    if not len(evidence.clusters):
        return None
    trunk = np.ones((len(evidence.clusters), 1))
    misjudged = np.ones((len(evidence.clusters), len(MISJUDGED_GRID)))
    alone, absent = [], []
    for ccf, sd in _both_times(evidence):
        inside = 0.5 * _ccf_density(ccf, sd, PRIVATE_GRID).mean(axis=1, keepdims=True)
        clonal = _ccf_density(ccf, sd, np.ones(1))
        trunk = trunk * clonal
        misjudged = misjudged * _ccf_density(ccf, sd, MISJUDGED_GRID)
        alone.append(0.5 * clonal + inside)
        absent.append(_ccf_density(ccf, sd, np.zeros(1)))
    trunk = (1 - MISJUDGED) * trunk + MISJUDGED * misjudged.mean(axis=1, keepdims=True)
    return ClusterClasses(trunk, (alone[0] * absent[1] + alone[1] * absent[0]) / 2)


def _both_times(evidence: CaseEvidence) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return CCF and sd of all clusters at baseline and at follow-up."""
    ccf1, sd1, ccf2, sd2 = evidence.clusters.T
    return (ccf1, sd1), (ccf2, sd2)


def _lineages(x: Particles, evidence: CaseEvidence) -> tuple[np.ndarray, np.ndarray]:
    """Return the density (k, n) of every cluster as one of the amplified, and of the other lineage.

    They exist where the baseline is a mosaic (:func:`mosaic`).
    """
    amplified = other = np.ones((1, 1))
    for (ccf, sd), f in zip(_both_times(evidence), x.f_bulk, strict=True):
        amplified = amplified * _ccf_density(ccf, sd, f)
        other = other * _ccf_density(ccf, sd, 1 - f)
    return amplified, other


def cluster_lineages(x: Particles, evidence: CaseEvidence) -> np.ndarray:
    """Return the density (k, n) of every cluster as a draw from either lineage of a mosaic."""
    amplified, other = _lineages(x, evidence)
    return mosaic(x) * (amplified + other) / 2


def mosaic(x: Particles) -> np.ndarray:
    """Return 1 where the baseline holds enough other cells for clusters of both lineages."""
    return (x.f[BASELINE] < MOSAIC_SHARE).astype(float)


def clusters(
    x: Particles, evidence: CaseEvidence, classes: ClusterClasses | None = None
) -> np.ndarray | None:
    """CCFs of the mutation clusters: trunk, the two lineages of a mosaic, private to a biopsy.

    The private classes have the same weight in every state: branching alone says nothing about
    the amplicon. The weights are those of the cohort (:mod:`her2omics.mechanism.noise`).
    """
    classes = cluster_classes(evidence) if classes is None else classes
    if classes is None:
        return None
    return np.logaddexp(*lineage_alternatives(x, evidence, classes))


def lineage_alternatives(
    x: Particles, evidence: CaseEvidence, classes: ClusterClasses | None = None
) -> np.ndarray:
    """Return the weighted log density (2, n) of the clusters if each lineage of a mosaic has one
    cluster, and if every cluster is a draw of its own.

    With one each, the sum runs over all ordered pairs of different clusters.
    """
    classes = cluster_classes(evidence) if classes is None else classes
    group = cluster_group(evidence.setting, evidence.assay)
    trunk, lineage, private = evidence.noise.cluster_weights(group)
    there = mosaic(x)
    amplified, other = _lineages(x, evidence)
    fixed = trunk * classes.trunk + private * classes.private
    total = trunk + lineage * there + private
    drawn = fixed + lineage * there * (amplified + other) / 2
    independent = np.log(drawn / total + CLUSTER_FLOOR).sum(axis=0)
    rest = fixed / (trunk + private) + CLUSTER_FLOOR
    one_each = np.full(len(there), np.log(rest).sum())
    k = len(rest)
    mosaics = there > 0
    if k > 1:
        first, second = amplified / rest, other / rest
        pairs = first.sum(axis=0) * second.sum(axis=0) - (first * second).sum(axis=0)
        pairs = np.log(np.maximum(pairs, 0) / (k * (k - 1)) + CLUSTER_FLOOR)
        one_each += np.where(mosaics, pairs, 0.0)
    else:
        one_each += np.where(mosaics, np.log(CLUSTER_FLOOR), 0.0)
    return np.array([one_each, independent]) + np.log(evidence.noise.lineages)[:, None]


def branch(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """Amplicon on the branch that disappeared, against on the trunk (log likelihood ratio)."""
    datum = evidence.get("amplicon_branch_loglr", PAIR)
    if datum is None:
        return None
    disappeared = (x.f[1] < 0.15) & (x.f[1] < 0.5 * x.f[0])
    return np.where(disappeared, datum.value, 0.0)


def counted_amplified(x: Particles, time: int) -> np.ndarray:
    """Return the probability that a cell of the lineage is counted as amplified by ISH.

    Ratio >= 2 or at least six copies (ASCO/CAP), with the error of a count: cells whose
    amplification was lost are of the lineage, but not amplified.
    """
    needed = np.minimum(2 * x.C_N[time], 6.0)
    return special.ndtr(np.log(np.maximum(x.C_A[time], 0.1) / needed) / ISH_COUNT_SD)


def ish_cells(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """Amplified cells counted by ISH in its own piece: beta-binomial around .95 f + .01."""
    terms = []
    for time in (BASELINE, FOLLOWUP):
        datum = evidence.get("ish_amplified_cells", time)
        if datum is None:
            continue
        n, k = datum.n, datum.value
        f, seen = x.f[time], ISH_SENSITIVITY * counted_amplified(x, time)
        mean = seen * f + ISH_FALSE_CELLS
        variance = seen**2 * x.spread * f * (1 - f)
        size = np.clip(mean * (1 - mean) / np.maximum(variance, 1e-6) - 1, 0.5, 1e4)
        a, b = mean * size, (1 - mean) * size
        terms.append(special.betaln(k + a, n - k + b) - special.betaln(a, b))
    return _sum(terms)


def ish_copies(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """Mean ERBB2 copies counted by ISH; given the amplified cells of the same piece if counted."""
    terms = []
    for time in (BASELINE, FOLLOWUP):
        datum = evidence.get("ish_copies", time)
        if datum is None:
            continue
        f = x.f[time]
        variance = x.spread * f * (1 - f)
        counted = evidence.get("ish_amplified_cells", time)
        if counted is not None:
            share = (counted.value / counted.n - ISH_FALSE_CELLS) / ISH_SENSITIVITY
            share = np.clip(share, 0.0, 1.0)
            error = (share * (1 - share) + 1 / counted.n) / counted.n
            visible = counted_amplified(x, time) > 0.5
            f, variance = np.where(visible, share, f), np.where(visible, error, variance)
        mean = np.maximum(f * x.C_A[time] + (1 - f) * x.C_N[time], 0.5)
        spread = (x.C_A[time] - x.C_N[time]) * np.sqrt(variance) / mean
        scale = np.sqrt(ISH_COUNT_SD**2 + spread**2) / np.log(2)
        terms.append(t6_logpdf(np.log2(max(datum.value, 0.5)) - np.log2(mean), scale))
    return _sum(terms)


def positive_probability(x: Particles, time: int) -> np.ndarray:
    """Return the probability that the lesion is reported HER2-positive.

    IHC 3+, or 2+ with ISH group 1 or 3, from the protein level the latents imply; protein can be
    lost alone at follow-up, and laboratories err both ways.
    """
    psi, f = x.psi[time], x.f[time]
    repression = np.exp2(-x.d) if time == FOLLOWUP else 1.0
    level = np.log2(f * x.C_A[time] / psi * repression + (1 - f) * x.C_N[time] / psi)
    strong = special.ndtr((level - IHC_THRESHOLDS[1]) / IHC_SD)
    # Readers differ in what they call 3+; the cut between 1+ and 2+ is as sharp as the level.
    moderate = (1 - strong) * special.ndtr((level - IHC_THRESHOLDS[0]) / IHC_MODERATE_SD)
    mean = copies_mean(x, time, bulk=False)
    needed = np.clip(2 * x.C_N[time], 4, 6)
    piece = (x.C_A[time] - x.C_N[time]) * np.sqrt(x.spread * f * (1 - f)) / mean
    amplified = special.ndtr(np.log(mean / needed) / np.sqrt(2 * ISH_COUNT_SD**2 + piece**2))
    stained = 1 - PROTEIN_ONLY_LOSS if time == FOLLOWUP else 1.0
    positive = stained * (strong + moderate * amplified)
    return LABORATORY_ERROR + (1 - 2 * LABORATORY_ERROR) * positive


def status(x: Particles, evidence: CaseEvidence) -> np.ndarray | None:
    """Reported HER2 status, once per biopsy; not where the ISH of the evidence decided it."""
    terms = []
    for time in (BASELINE, FOLLOWUP):
        reported = evidence.status[time]
        if reported is None or evidence.status_by_ish[time]:
            continue
        positive = positive_probability(x, time)
        if time == FOLLOWUP and evidence.false_negative_factor != 1.0:
            retained = x.state == 0
            negative = np.clip((1 - positive) * evidence.false_negative_factor, 0.0, 0.95)
            positive = np.where(retained, 1 - negative, positive)
        terms.append(np.log(positive if reported else 1 - positive))
    return _sum(terms)


FACTORS: Mapping[str, Factor] = {
    "erbb2_log2": copy_number,
    "ploidy": ploidy,
    "other_copies": other_copies,
    "cluster_ccf": clusters,
    "amplicon_branch_loglr": branch,
    "rna": rna,
    "ish_amplified_cells": ish_cells,
    "ish_copies": ish_copies,
    "her2_status": status,
}


# What of a factor depends on the evidence alone: made once per case, not once per particle.
_CONSTANTS: Mapping[str, Callable[[CaseEvidence], object]] = {
    "cluster_ccf": cluster_classes,
    "rna": noise_of,
}


def constants(evidence: CaseEvidence) -> dict[str, object]:
    """Return what :func:`log_factors` needs of the evidence, whatever the particles."""
    return {name: make(evidence) for name, make in _CONSTANTS.items()}


def log_factors(
    x: Particles, evidence: CaseEvidence, known: Mapping[str, object] | None = None
) -> dict[str, np.ndarray]:
    """Return the log density of every datum present, factor by factor, each of length n.

    Parameters
    ----------
    x, evidence
        Particles; the case.
    known
        :func:`constants` of the evidence, where they have been made before.
    """
    known = constants(evidence) if known is None else known
    terms = {
        name: factor(x, evidence, known[name]) if name in known else factor(x, evidence)
        for name, factor in FACTORS.items()
    }
    return {name: term for name, term in terms.items() if term is not None}

"""The one measurement that would most reduce the uncertainty of a case.

Expected information gain about the label (Lindley 1956, doi:10.1214/aoms/1177728069): particles of
the posterior are drawn as if true, the measurement is simulated from each, and the entropy of the
label that remains is averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace

import numpy as np

from her2omics.mechanism.likelihood import expected_log2_ratio
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, PAIR, CaseEvidence
from her2omics.mechanism.model import LABEL_OF_STATE, Posterior
from her2omics.mechanism.rna import DELTA, E0_SD, GENE_SD, SAMPLE_SD, expected_mrna
from her2omics.tables import LABELS

TESTS: Mapping[str, str] = {
    "dna": "DNA sequencing (exome or larger) of both biopsies",
    "rna": "RNA sequencing of both biopsies",
    "ish_followup": "ISH of the follow-up with amplified cells counted",
    "ish_baseline": "ISH of the baseline with amplified cells counted",
    "single_cell": "single-cell RNA sequencing of the follow-up",
}

_PARTICLES = 192
_WORTH = 0.02  # nats below which no test is worth naming

# Errors of the simulated measurements: those of the model's own factors, with the spread between
# pieces of a lesion for the shares.
_LOG_RATIO_SD = 0.10
_CCF_SD = 0.08
_SHARE_SD = 0.15
_OUTPUT_SD = 0.30
_PAIRED_RNA_SD = float(np.sqrt(2) * np.hypot(SAMPLE_SD, GENE_SD))
_LEVEL_RNA_SD = float(np.sqrt(E0_SD**2 + SAMPLE_SD**2 + GENE_SD**2))


def _columns(x: SimpleNamespace) -> dict[str, list[tuple[np.ndarray, float]]]:
    """Return for every test what it would measure on each particle, with its error."""

    def change(neighbours: bool) -> np.ndarray:
        follow = 0.28 if neighbours else 1.0  # neighbours follow by .7 d in .4 of cases
        after = expected_mrna(x, FOLLOWUP, neighbours=neighbours, follow=follow)
        return after - expected_mrna(x, BASELINE, neighbours=neighbours)

    return {
        "dna": [
            (expected_log2_ratio(x, BASELINE), _LOG_RATIO_SD),
            (expected_log2_ratio(x, FOLLOWUP), _LOG_RATIO_SD),
            (x.f_bulk[BASELINE], _CCF_SD),
            (x.f_bulk[FOLLOWUP], _CCF_SD),
        ],
        "rna": [
            (expected_mrna(x, BASELINE, neighbours=False), _LEVEL_RNA_SD),
            (change(False), _PAIRED_RNA_SD),
            (change(True), _PAIRED_RNA_SD),
            (x.m, DELTA[False][1]),
        ],
        "ish_followup": [(x.f[FOLLOWUP], _SHARE_SD)],
        "ish_baseline": [(x.f[BASELINE], _SHARE_SD)],
        "single_cell": [(x.f[FOLLOWUP], _SHARE_SD), (-x.d, _OUTPUT_SD)],
    }


_PRESENT: Mapping[str, Callable[[CaseEvidence], bool]] = {
    "dna": lambda e: e.get("erbb2_log2", FOLLOWUP) is not None and bool(len(e.clusters)),
    "rna": lambda e: (
        e.get("erbb2_mrna", FOLLOWUP) is not None and e.get("programme_delta", PAIR) is not None
    ),
    "ish_followup": lambda e: e.get("ish_amplified_cells", FOLLOWUP) is not None,
    "ish_baseline": lambda e: e.get("ish_amplified_cells", BASELINE) is not None,
    "single_cell": lambda e: e.get("amplified_share", FOLLOWUP) is not None,
}


def _entropy(p: np.ndarray) -> np.ndarray:
    return -np.sum(p * np.log(np.maximum(p, 1e-300)), axis=-1)


def information_gain(
    posterior: Posterior, evidence: CaseEvidence, *, case_seed: int
) -> dict[str, float]:
    """Return the expected information gain about the label of each test not yet made, in nats.

    Parameters
    ----------
    posterior
        The posterior of the case.
    evidence
        What has been measured.
    case_seed
        Seed of the case.
    """
    rng = np.random.default_rng([case_seed, 1])
    # Systematic resampling: equal-weight particles with little noise of their own.
    places = (np.arange(_PARTICLES) + rng.random()) / _PARTICLES
    chosen = np.searchsorted(np.cumsum(posterior.weights), places)
    chosen = np.minimum(chosen, len(posterior.weights) - 1)
    x = posterior.draw.subset(chosen)
    label = LABEL_OF_STATE[x.state]
    member = np.eye(len(LABELS))[label]
    before = _entropy(member.mean(axis=0))
    gains = {}
    for test, columns in _columns(x).items():
        if _PRESENT[test](evidence):
            continue
        log_density = np.zeros((_PARTICLES, _PARTICLES))
        for mean, sd in columns:
            outcome = mean + sd * rng.standard_normal(_PARTICLES)
            log_density -= 0.5 * ((outcome[:, None] - mean[None, :]) / sd) ** 2
        density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        remaining = density @ member
        remaining /= remaining.sum(axis=1, keepdims=True)
        gains[test] = float(before - _entropy(remaining).mean())
    return gains


def next_test(posterior: Posterior, evidence: CaseEvidence, *, case_seed: int) -> str | None:
    """Return the key of :data:`TESTS` with the largest expected gain; None if none is worth it."""
    gains = information_gain(posterior, evidence, case_seed=case_seed)
    if not gains:
        return None
    best = max(gains, key=lambda test: gains[test])
    return best if gains[best] >= _WORTH else None

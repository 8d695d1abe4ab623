"""Intrinsic programmes: PAM50 levels of pure tumour tissue before and after.

A tumour starts at its subtype's median profile with deviations of its own and moves along the
line to the target subtype as far as its latent change asks for. The distance is measured with the
48 genes outside 17q12, as the rise of (r_target - r_own) in Spearman correlation to the centroids;
the correlation here is the simulator's own.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.simulate.distributions import stream

AMPLICON = ("ERBB2", "GRB7")

#: Spread of tumours around their subtype's median, as a share of the spread of HER2-positive
#: tumours (which holds the subtypes' differences too).
_OWN_SHARE = 0.8
#: Part of the drawn drift that moves the programme; gene noise adds the rest of its spread.
_DRIFT_SHARE = 0.9
#: RNA share of the tumour in the samples behind the bundled medians (TCGA asked for 60 % nuclei).
_BULK_SHARE = 0.55
_REACH = (-1.0, 2.0)  # of the way to the target
_STEPS = 26
#: RNA share of the tumour at which the change equals the latent one: 1 = in pure tumour tissue.
#: Normal tissue attenuates what a biopsy shows; .55, the share behind the bundled medians, would
#: make a usual biopsy show the latent change in full.
MEASURED_AT = 1.0


@cache
def _tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    centroids = resources.table("pam50_centroids.tsv").set_index("gene")
    reference = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")
    return centroids, reference.loc[centroids.index]


def genes() -> list[str]:
    """Return the 50 genes in the order of all arrays of this module."""
    return list(_tables()[0].index)


def normal_profile() -> np.ndarray:
    """Return the Normal-like median, log2, centred on the ER-balanced median; 50 genes."""
    reference = _tables()[1]
    return (reference["PAM50_Normal_median"] - reference["ERbalanced_median"]).to_numpy()


@cache
def profile(subtype: str) -> np.ndarray:
    """Return the profile of a subtype's pure tumour tissue; 50 genes, log2, centred likewise.

    The bundled medians are those of bulk tumours: a usual share of normal tissue is taken out on
    the linear scale, no gene falling below a third of its median.
    """
    reference = _tables()[1]
    bulk = (reference[f"PAM50_{subtype}_median"] - reference["ERbalanced_median"]).to_numpy()
    pure = (2.0**bulk - (1 - _BULK_SHARE) * 2.0 ** normal_profile()) / _BULK_SHARE
    return np.log2(np.maximum(pure, 2.0**bulk / 3))


def reference_level() -> np.ndarray:
    """Return the ER-balanced medians on the log2 CPM scale of the HER2-negative reference.

    The bundled PAM50 medians are log2 RSEM; each gene is shifted by what HER2-negative tumours
    differ between the two tables (three of four of them ER-positive).
    """
    reference = _tables()[1]
    counts = resources.table("her2_negative_reference.tsv").set_index("gene")
    negative = 0.75 * reference["HER2neg_ERpos_median"] + 0.25 * reference["HER2neg_ERneg_median"]
    offset = counts["her2_negative_median"].reindex(reference.index) - negative
    return (reference["ERbalanced_median"] + offset).to_numpy()


def _ranks(values: np.ndarray) -> np.ndarray:
    order = np.argsort(values, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(values.shape[1])[None, :], axis=1)
    return ranks.astype(float)


def _standardised(ranks: np.ndarray) -> np.ndarray:
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).sum(axis=1, keepdims=True))


class _Contrast:
    """r_target - r_own of many tumours, each with its own pair of subtypes; 48 genes."""

    def __init__(self, own: np.ndarray, target: np.ndarray) -> None:
        centroids = _tables()[0]
        self.use = ~centroids.index.isin(AMPLICON)

        def ranked(names: np.ndarray) -> np.ndarray:
            return _standardised(_ranks(centroids[list(names)].to_numpy()[self.use].T))

        self.direction = ranked(target) - ranked(own)

    def __call__(self, levels: np.ndarray) -> np.ndarray:
        """Return one value per row of ``levels`` (n x 50)."""
        return (_standardised(_ranks(levels[:, self.use])) * self.direction).sum(axis=1)


def pure_change(
    before: np.ndarray, after: np.ndarray, own: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Return the rise of r_target - r_own between two sets of profiles (n x 50, centred)."""
    contrast = _Contrast(own, target)
    return contrast(after) - contrast(before)


def _mixed(tumour: np.ndarray, share: float) -> np.ndarray:
    """Return centred profiles (n x 50) with normal tissue added on the linear scale."""
    if share >= 1:
        return tumour
    return np.log2(share * 2.0**tumour + (1 - share) * 2.0 ** normal_profile())


def wanted_change(cases: pd.DataFrame) -> np.ndarray:
    """Return the programme change each tumour has to make, Spearman rho.

    The latent shift, the drug's pull, most of the drift, and a fifth of the difference of the
    sample effects.
    """
    centre = cases["programme_centre"]
    drift = centre + _DRIFT_SHARE * (cases["programme_drift"] - centre)
    effects = 0.2 * (cases["sample_effect_baseline"] - cases["sample_effect_followup"])
    return (cases["programme_shift"] + drift + effects).to_numpy()


def levels(cases: pd.DataFrame, *, seed: int, name: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Return the 50 genes of pure tumour tissue at baseline and follow-up.

    Parameters
    ----------
    cases
        Latent cases; lesions of one patient share the baseline.
    seed
        Seed of the tumours' own deviations.
    name
        Scenario: cohorts of one seed differ by it.

    Returns
    -------
    tuple of ndarray
        Two arrays n x 50, log2 CPM without noise. ERBB2 and GRB7 are those of the subtype and are
        replaced by the dosage model.
    """
    own, target = cases["subtype_baseline"].to_numpy(), cases["programme_target"].to_numpy()
    patients, first = np.unique(cases["patient"].to_numpy(), return_inverse=True)
    reference = _tables()[1]
    spread = _OWN_SHARE * reference[["HER2pos_ERpos_sd", "HER2pos_ERneg_sd"]].mean(axis=1)
    rng = stream(seed, name, "programme")
    deviation = rng.normal(0, 1, (len(patients), len(spread))) * spread.to_numpy()
    before = np.array([profile(name) for name in own]) + deviation[first]
    path = np.array([profile(name) for name in target]) - np.array([profile(x) for x in own])

    contrast = _Contrast(own, target)

    def seen(tumour: np.ndarray) -> np.ndarray:
        return contrast(_mixed(tumour, MEASURED_AT))

    goal = seen(before) + wanted_change(cases)
    low, high = np.full(len(cases), _REACH[0]), np.full(len(cases), _REACH[1])
    for _ in range(_STEPS):
        middle = (low + high) / 2
        beyond = seen(before + middle[:, None] * path) > goal
        high, low = np.where(beyond, middle, high), np.where(beyond, low, middle)
    base = reference_level()
    return base + before, base + before + ((low + high) / 2)[:, None] * path

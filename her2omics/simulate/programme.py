"""Intrinsic programmes: PAM50 levels of a tumour before and after, at any share of its RNA.

The bundled medians are those of bulk tumours, and the programme shift of the latent model is one
measured on bulk tumours. So a tumour is described as bulk of usual purity: it starts at its
subtype's median profile with deviations of its own and moves along the line to the target subtype
as far as its latent change asks for. The distance is measured with the 48 genes outside 17q12, as
the rise of (r_target - r_own) in Spearman correlation to the centroids; the correlation here is
the simulator's own. A biopsy with less tumour RNA than usual has normal tissue added, one with
more has some taken out (:func:`biopsy`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.simulate.distributions import stream
from her2omics.tables import SUBTYPES

AMPLICON = ("ERBB2", "GRB7")

#: Spread of tumours around their subtype's median, as a share of the spread of HER2-positive
#: tumours (which holds the subtypes' differences too).
_OWN_SHARE = 0.8
#: Part of the drawn drift that moves the programme; gene noise and unequal shares of normal tissue
#: add the rest of its spread: stable pairs of usual purity then show what real ones do.
_DRIFT_SHARE = 0.8
#: RNA share of the tumour in the samples behind the bundled medians: a usual purity of .6.
USUAL_SHARE = 0.6
#: Taking normal tissue out leaves at least this part of a gene's usual level.
_LEAST = 1 / 3
#: Redraws of a tumour's own deviations until its usual bulk is nearest to its own subtype, which
#: is how subtypes are called; the last one stays.
_REDRAWS = 12
#: SD over genes of what lies between the platform of the counts and that of the reference, log2
#: (TCGA against OSLO2).
_PLATFORM_SD = 0.35
_REACH = (-1.0, 2.0)  # of the way to the target
_STEPS = 26


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
    """Return the median profile of a subtype's bulk tumours; 50 genes, log2, centred likewise."""
    reference = _tables()[1]
    return (reference[f"PAM50_{subtype}_median"] - reference["ERbalanced_median"]).to_numpy()


def biopsy(usual: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return bulk of another share of tumour RNA than usual, mixed on the linear scale.

    Parameters
    ----------
    usual
        n x 50 log2 levels at :data:`USUAL_SHARE`, centred.
    share
        n shares of the RNA that are the tumour's. Below the usual one normal tissue is added,
        above it some is taken out, no gene falling below a third of its usual level.

    Returns
    -------
    ndarray
        n x 50, log2, centred.
    """
    kept = np.asarray(share, dtype=float)[:, None] / USUAL_SHARE
    linear = kept * 2.0**usual + (1 - kept) * 2.0 ** normal_profile()
    return np.log2(np.maximum(linear, _LEAST * 2.0**usual * (kept > 1)))


def reference_level() -> np.ndarray:
    """Return the ER-balanced medians on the log2 CPM scale of the HER2-negative reference.

    The bundled PAM50 medians are log2 RSEM. HER2-negative tumours (three of four of them
    ER-positive) differ between the two tables by a constant and, gene by gene, by platform and
    sampling error of the medians; these differences are scaled to the SD of a platform alone.
    """
    reference = _tables()[1]
    counts = resources.table("her2_negative_reference.tsv").set_index("gene")
    negative = 0.75 * reference["HER2neg_ERpos_median"] + 0.25 * reference["HER2neg_ERneg_median"]
    offset = counts["her2_negative_median"].reindex(reference.index) - negative
    constant = offset.median()
    platform = (offset - constant) * _PLATFORM_SD / (offset - constant).std()
    return (reference["ERbalanced_median"] + constant + platform).to_numpy()


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


def change(
    before: np.ndarray, after: np.ndarray, own: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Return the rise of r_target - r_own between two sets of profiles (n x 50, centred)."""
    contrast = _Contrast(own, target)
    return contrast(after) - contrast(before)


def _nearest(profiles: np.ndarray) -> np.ndarray:
    """Return the subtype whose centroid is nearest over 48 genes, one per row (n x 50)."""
    centroids = _tables()[0]
    use = ~centroids.index.isin(AMPLICON)
    names = [name for name in SUBTYPES if name in centroids]
    own = _standardised(_ranks(profiles[:, use]))
    theirs = _standardised(_ranks(centroids[names].to_numpy()[use].T))
    return np.array(names, dtype=object)[(own @ theirs.T).argmax(axis=1)]


def _tumours(own: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return profiles of usual bulk, n x 50, each nearest to its own subtype where possible."""
    reference = _tables()[1]
    spread = _OWN_SHARE * reference[["HER2pos_ERpos_sd", "HER2pos_ERneg_sd"]].mean(axis=1)
    median = np.array([profile(name) for name in own])
    draws = rng.normal(0, 1, (_REDRAWS, *median.shape)) * spread.to_numpy()
    out = median + draws[0]
    for deviation in draws[1:]:
        stray = _nearest(out) != own
        out[stray] = (median + deviation)[stray]
    return out


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
    """Return the 50 genes of usual bulk at baseline and follow-up.

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
        Two arrays n x 50, log2, centred, without noise: what :func:`biopsy` takes. ERBB2 and GRB7
        are those of the subtype and are replaced by the dosage model.
    """
    own, target = cases["subtype_baseline"].to_numpy(), cases["programme_target"].to_numpy()
    _, first, row = np.unique(cases["patient"].to_numpy(), return_index=True, return_inverse=True)
    before = _tumours(own[first], stream(seed, name, "programme"))[row]
    path = np.array([profile(name) for name in target]) - np.array([profile(x) for x in own])

    contrast = _Contrast(own, target)
    goal = contrast(before) + wanted_change(cases)
    low, high = np.full(len(cases), _REACH[0]), np.full(len(cases), _REACH[1])
    for _ in range(_STEPS):
        middle = (low + high) / 2
        beyond = contrast(before + middle[:, None] * path) > goal
        high, low = np.where(beyond, middle, high), np.where(beyond, low, middle)
    return before, before + ((low + high) / 2)[:, None] * path

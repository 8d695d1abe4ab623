"""Proliferation and risk-of-recurrence scores of PAM50 (Parker 2009, J Clin Oncol 27:1160)."""

from __future__ import annotations

from functools import cache

import numpy as np

from her2omics import resources
from her2omics.subtype.ranks import centroids, standardised
from her2omics.tables import SUBTYPES

#: The scores are shifted and stretched to 0-100 as in the published classifier.
_SHIFT, _RANGE = 0.35, 0.85
_TERMS = {"Basal": "basal", "Her2": "her2", "LumA": "luminal_a", "LumB": "luminal_b"}


@cache
def _coefficients(score: str) -> tuple[np.ndarray, float]:
    table = resources.table("pam50_ror.tsv")
    terms = table[table["score"] == score].set_index("term")["coefficient"]
    by_subtype = np.array([terms.get(_TERMS.get(name, ""), 0.0) for name in SUBTYPES])
    return by_subtype, float(terms.get("proliferation", 0.0))


def proliferation(values: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of the 11 proliferation genes, in SD of the sample's own PAM50 genes.

    The published classifier standardises each sample over its measured PAM50 genes first, so that
    neither the unit nor a constant shift of a sample matters.

    Parameters
    ----------
    values
        n x 50 centred log2 levels; NaN = missing.
    counts
        n x draws x 50, how often each gene counts; default once.

    Returns
    -------
    ndarray
        n (n x draws with ``counts``), SD; NaN where none of the 11 is measured.
    """
    weights = (np.isfinite(values) & centroids().proliferation).astype(float)
    filled = np.where(weights > 0, standardised(values), 0.0)
    if counts is not None:
        weights, filled = weights[:, None, :] * counts, filled[:, None, :]
    total = weights.sum(axis=-1)
    defined = total > 0
    summed = (weights * filled).sum(axis=-1)
    return np.divide(summed, total, out=np.full(total.shape, np.nan), where=defined)


def ror_s(correlation: np.ndarray) -> np.ndarray:
    """Return the risk of recurrence by subtype, scaled to 0-100 (it may run beyond)."""
    by_subtype, _ = _coefficients("ROR-S")
    return _scaled((correlation * by_subtype).sum(axis=-1))


def ror_p(correlation: np.ndarray, proliferation_score: np.ndarray) -> np.ndarray:
    """Return the risk of recurrence by subtype and proliferation, scaled to 0-100."""
    by_subtype, by_proliferation = _coefficients("ROR-P")
    raw = (correlation * by_subtype).sum(axis=-1) + by_proliferation * proliferation_score
    return _scaled(raw)


def _scaled(raw: np.ndarray) -> np.ndarray:
    return 100 * (raw + _SHIFT) / _RANGE

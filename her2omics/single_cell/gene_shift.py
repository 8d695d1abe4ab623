"""How far genes move between two biopsies whatever the tumour does: chemistry, handling, states.

Hundreds of genes of the malignant cells that have nothing to do with the amplicon tell it. A ratio
of ERBB2, or of its neighbours, between the samples is no better known than theirs.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from her2omics.thresholds import limits

#: A gene with fewer molecules in either sample, where sampling alone has an SD of .14, is not
#: looked at; fewer genes tell no SD [assume].
_LEAST_UMIS, _LEAST_GENES = 100.0, 100


def least() -> float:
    """Return ``cell_output_sd`` in natural logs."""
    return limits().cell_output_sd * float(np.log(2))


def between(first: np.ndarray, later: np.ndarray) -> float:
    """Return the SD of a gene's log ratio between two samples beyond sampling, natural log.

    Parameters
    ----------
    first, later
        (genes,) molecules of all malignant cells of a sample, without the genes of the amplicon.

    Notes
    -----
    Median absolute deviation around the median, so that genes that the tumour changed weigh little,
    less the Poisson variance. Never below ``cell_output_sd``, which is taken where genes are few.
    """
    seen = np.minimum(first, later) >= _LEAST_UMIS
    if seen.sum() < _LEAST_GENES:
        return least()
    ratio = np.log(later[seen] / first[seen])
    spread = float(stats.median_abs_deviation(ratio, scale="normal"))
    sampling = float(np.median(1 / first[seen] + 1 / later[seen]))
    return max(float(np.sqrt(max(spread**2 - sampling, 0.0))), least())


def worth(log_level: np.ndarray) -> float:
    """Return how many genes of one level the dosage genes are worth, by their molecules.

    Parameters
    ----------
    log_level
        (genes,) log level; NaN where a gene is not used.
    """
    level = np.exp(log_level[np.isfinite(log_level)])
    return float(level.sum() ** 2 / np.sum(level**2)) if len(level) else 1.0

"""PAM50-like subtype of sums of malignant cells, with cells and genes drawn anew.

The genes that the sums lack (those of the amplicon) are missing genes, as anywhere in this arm. A
sum of malignant cells holds no normal tissue and nothing says how its platform differs from that of
the bundled reference: it is centred on the reference alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from her2omics.cohort.centring import platform_centring
from her2omics.cohort.levels import REFERENCE_MILLIONS, stable_levels, to_levels
from her2omics.sheets.seeds import seed_for
from her2omics.subtype import ranks
from her2omics.subtype.centroids import pam50_values
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits


def genes() -> list[str]:
    """Return the genes whose counts are read: the 50, and those that tell the depth."""
    return list(dict.fromkeys([*ranks.centroids().genes, *stable_levels().index]))


def subtypes(counts: pd.DataFrame, drawn: Mapping[str, pd.DataFrame], *, seed: int) -> pd.DataFrame:
    """Return the subtype of each sum.

    Parameters
    ----------
    counts
        Genes (:func:`genes`) x labels, raw counts.
    drawn
        Label -> genes x draws: counts with the cells drawn anew.
    seed
        Config key ``seed``; each label has a stream of its own.

    Returns
    -------
    DataFrame
        Index = label; ``pam50`` (empty where the genes or the depth are too few), ``pam50_margin``,
        ``pam50_support`` (share of the draws, of cells and of genes, with the same call),
        ``pam50_genes``.
    """
    limit = limits()
    rows = {}
    for name in counts:
        value, depth = _values(counts[[name]])
        measured = np.isfinite(value[0])
        enough = depth[0] >= limit.pseudobulk_depth and measured.sum() >= limit.min_pam50_genes_call
        row = {"pam50": None, "pam50_margin": np.nan, "pam50_support": np.nan}
        if enough:
            best, margin = ranks.best_two(ranks.correlations(value))
            rng = np.random.default_rng(seed_for(seed, "pseudobulk", str(name)))
            cells, _ = _values(drawn[name])
            times = ranks.bootstrap_counts(measured, draws=len(cells), rng=rng)
            again, _ = ranks.best_two(ranks.correlations(cells, times[:, None, :])[:, 0])
            row["pam50"] = [*SUBTYPES, None][best[0]]
            row["pam50_margin"] = float(margin[0])
            row["pam50_support"] = float(np.mean(again == best[0]))
        rows[name] = row | {"pam50_genes": int(measured.sum())}
    columns = ["pam50", "pam50_margin", "pam50_support", "pam50_genes"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _values(counts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return samples x 50 centred levels, and the depth in million molecules."""
    levels, size_factor = to_levels(counts, "counts")
    centres = platform_centring(
        levels, her2_positive_baselines=[], er=None, rule="fixed_reference", tau=1.0
    )
    depth = size_factor.to_numpy(dtype=float) * REFERENCE_MILLIONS
    return pam50_values(levels, centres).to_numpy(), np.nan_to_num(depth)

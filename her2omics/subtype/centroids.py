"""PAM50-like subtype of each sample: nearest centroid, margin, support and scores.

Spearman correlation of the 50 centred genes to five centroids (Parker 2009, J Clin Oncol 27:1160).
A sample's row depends on that sample and the centring table alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.sheets.seeds import seed_for
from her2omics.subtype import ranks, scores
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

BOOTSTRAPS = 200
_INTERVAL = (0.05, 0.95)
_BATCH = 50  # samples worked on at once


def pam50_values(
    levels: pd.DataFrame, centring: pd.DataFrame, *, ratios: Sequence[str] = ()
) -> pd.DataFrame:
    """Return centred levels of the 50 genes, samples x 50.

    Parameters
    ----------
    levels
        Genes (symbols) x samples, log2; genes may be missing.
    centring
        Table ``centring``.
    ratios
        Samples given as log2 ratios to a reference of their own: these are centred already.

    Returns
    -------
    DataFrame
        Samples x 50 genes in the order of :func:`her2omics.subtype.ranks.centroids`.
    """
    genes = list(ranks.centroids().genes)
    values = levels.reindex(index=genes).T.astype(float)
    centre = centring.set_index("gene")["centre"].reindex(genes)
    return values - np.where(values.index.isin(list(ratios))[:, None], 0.0, centre.to_numpy())


def subtypes(
    values: pd.DataFrame,
    *,
    patients: pd.Series,
    seed: int,
    centring: str,
    ratios: Sequence[str] = (),
    bootstraps: int = BOOTSTRAPS,
    thresholds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return the subtype of each sample.

    Parameters
    ----------
    values
        Samples x 50 centred log2 levels (:func:`pam50_values`).
    patients
        Patient id by sample.
    seed
        Config key ``seed``; each sample's gene bootstrap has its own stream.
    centring
        Name of the rule behind the centres, for the table.
    ratios
        Samples given as log2 ratios.
    bootstraps
        Number of gene resamples.
    thresholds
        The user's thresholds.

    Returns
    -------
    DataFrame
        Table ``subtypes``. Below 30 measured genes there are correlations and no call.
    """
    parts = [
        _batch(values.iloc[start : start + _BATCH], seed=seed, bootstraps=bootstraps)
        for start in range(0, len(values), _BATCH)
    ]
    if not parts:
        return tables.empty("subtypes")
    out = pd.concat(parts)
    limit = limits(thresholds)
    called = out["genes_used"] >= limit.min_pam50_genes_call
    out.loc[~called, "subtype"] = None
    numbers = [name for name in out if name.startswith(("margin", "support", "ror_", "prolif"))]
    out.loc[~called, numbers] = np.nan
    given = out.index.isin(list(ratios))
    out["centring"] = np.where(given, "none (log2 ratios)", centring)
    out["note"] = _notes(out, given, limit)
    out["patient"] = patients.reindex(out.index)
    return tables.typed(out.rename_axis("sample").reset_index(), "subtypes")


def _batch(values: pd.DataFrame, *, seed: int, bootstraps: int) -> pd.DataFrame:
    array = values.to_numpy(dtype=float)
    measured = np.isfinite(array)
    counts = np.stack(
        [
            ranks.bootstrap_counts(
                row, draws=bootstraps, rng=np.random.default_rng(seed_for(seed, "subtype", name))
            )
            for row, name in zip(measured, values.index, strict=True)
        ]
    )
    correlation = ranks.correlations(array)
    drawn = ranks.correlations(array, counts)
    best, margin = ranks.best_two(correlation)
    drawn_best, _ = ranks.best_two(drawn)
    names = np.array([*SUBTYPES, None], dtype=object)  # index -1: none
    proliferation = scores.proliferation(array)
    drawn_proliferation = scores.proliferation(array, counts)
    out = pd.DataFrame(
        {
            "subtype": names[best],
            "margin": margin,
            "support": (drawn_best == best[:, None]).mean(axis=1),
            **{f"r_{name.lower()}": correlation[:, i] for i, name in enumerate(SUBTYPES)},
            "genes_used": measured.sum(axis=1),
        },
        index=values.index,
    )
    for name, value, draws in (
        ("ror_s", scores.ror_s(correlation), scores.ror_s(drawn)),
        (
            "ror_p",
            scores.ror_p(correlation, proliferation),
            scores.ror_p(drawn, drawn_proliferation),
        ),
        ("proliferation", proliferation, drawn_proliferation),
    ):
        out[name] = value
        out[f"{name}_low"], out[f"{name}_high"] = quantiles(draws)
    return out


def quantiles(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of the 90 % interval along the last axis; NaN where no draw is defined."""
    low, high = np.full((2, *draws.shape[:-1]), np.nan)
    defined = np.isfinite(draws).any(axis=-1)
    if defined.any():
        low[defined], high[defined] = np.nanquantile(draws[defined], _INTERVAL, axis=-1)
    return low, high


def _notes(out: pd.DataFrame, given: np.ndarray, limit: SimpleNamespace) -> list[str]:
    notes = []
    for row, is_ratio in zip(out.itertuples(), given, strict=True):
        words = []
        if row.genes_used < limit.min_pam50_genes_call:
            words.append(f"no call: {row.genes_used} of 50 genes")
        elif row.genes_used < limit.min_pam50_genes:
            words.append(f"caution: {row.genes_used} of 50 genes")
        if row.margin <= limit.switch_margin:
            words.append("small margin")
        if is_ratio:
            words.append("log2 ratios as given, not centred again")
        notes.append("; ".join(words))
    return notes

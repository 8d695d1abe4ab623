"""ERBB2 and its 17q12 neighbours in each sample, above HER2-negative tumours."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort import levels as scale
from her2omics.cohort.protocol import like_reference
from her2omics.cohort.reference import level_uncertainty
from her2omics.readers import units
from her2omics.thresholds import limits

NEIGHBOURS = ("GRB7", "STARD3", "PGAP3", "MIEN1")
Z90 = 1.6448536269514722  # two-sided 90 % interval of a normal distribution
# Error of a median against that of a mean, for normal values.
_MEDIAN_ERROR = 1.2533


def replicate_sd_of_one(limit: SimpleNamespace) -> float:
    """Return the SD of one sample's level, given that of the difference between replicates."""
    return limit.replicate_sd / np.sqrt(2.0)


def expression_table(
    levels: pd.DataFrame,
    obs: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return table ``expression``.

    Parameters
    ----------
    levels
        Genes x samples, log2 level on the scale of the reference
        (:meth:`her2omics.cohort.store.Cohort.levels`).
    obs
        One row per sample: patient, unit, protocol, preservation, size_factor, sample_sd.
    reference
        Table ``reference``.
    thresholds
        The user's thresholds.

    Returns
    -------
    DataFrame
        Levels are missing for log2 ratios and for samples without a size factor. Intervals (90 %):
        ``erbb2_log2`` counting noise and technical replicates; ``erbb2_above_reference`` and
        ``erbb2_z`` also the reference's own error, which a pair shares: the error of its median and
        the gene offset between protocols (SD .88 unless the sample is frozen poly-A counts, like
        the reference). Neighbours: median over the four, at least three measured; its error is that
        of a median of as many genes. In TPM and FPKM a neighbour other than GRB7 has no known
        length, which widens the interval.
    """
    limit = limits(thresholds)
    measured = obs["size_factor"].notna() & obs["unit"].ne("log2_ratio")
    genes = ["ERBB2", *NEIGHBOURS]
    x = levels.reindex(index=genes, columns=obs.index)
    x.loc[:, ~measured.to_numpy()] = np.nan
    by_gene = reference.set_index("gene").reindex(genes)
    above = x.sub(by_gene["median"], axis=0)
    z = above.div(by_gene["sd"], axis=0)
    own = np.hypot(_counting(x, obs), replicate_sd_of_one(limit))
    shared = _reference_sd(reference, obs, genes, limit)
    total = np.hypot(own, shared)
    sd = by_gene["sd"].to_numpy()[:, None]

    out = pd.DataFrame({"sample": obs.index, "patient": obs["patient"].to_numpy()})
    _interval(out, "erbb2_log2", x.loc["ERBB2"], own[0])
    _interval(out, "erbb2_above_reference", above.loc["ERBB2"], total[0])
    _interval(out, "erbb2_z", z.loc["ERBB2"], total[0] / sd[0])
    near, near_z = above.loc[list(NEIGHBOURS)], z.loc[list(NEIGHBOURS)]
    used = near.notna().sum().to_numpy()
    enough = used >= limit.min_neighbours
    error = _median_error(total[1:], near.notna().to_numpy())
    error_z = _median_error((total / sd)[1:], near.notna().to_numpy())
    _interval(out, "neighbours_log2", near.median().where(enough), error)
    _interval(out, "neighbours_z", near_z.median().where(enough), error_z)
    out["neighbours_used"] = used
    out["unit"] = obs["unit"].to_numpy()
    out["sample_sd"] = obs["sample_sd"].to_numpy(dtype=float)
    return tables.typed(out, "expression")


def _counting(x: pd.DataFrame, obs: pd.DataFrame) -> np.ndarray:
    """Return the counting SD; TPM and FPKM do not tell their depth: that of the reference."""
    counted = obs["unit"].isin(units.COUNT_UNITS).to_numpy()
    factors = np.where(counted, obs["size_factor"].to_numpy(dtype=float), 1.0)
    return scale.counting_sd(x.to_numpy(dtype=float), factors[None, :])


def _reference_sd(
    reference: pd.DataFrame, obs: pd.DataFrame, genes: list[str], limit: SimpleNamespace
) -> np.ndarray:
    """Return genes x samples SD of the reference's own error, lengths included."""
    same = like_reference(obs["protocol"], obs["preservation"], obs["unit"]).to_numpy()
    by_kind = {
        kind: level_uncertainty(
            reference,
            same_protocol=kind,
            same_sd=limit.platform_tau_same,
            other_sd=limit.protocol_offset_sd,
        )
        .reindex(genes)
        .to_numpy()
        for kind in (True, False)
    }
    sd = np.where(same[None, :], by_kind[True][:, None], by_kind[False][:, None])
    per_length = ~obs["unit"].isin([*units.COUNT_UNITS, "log2_ratio"]).to_numpy()
    bundled = reference.set_index("gene")["source"].reindex(genes).eq("bundled").to_numpy()
    unknown = bundled & ~np.isin(genes, scale.gene_lengths().index)
    return np.hypot(sd, scale.LENGTH_SD * np.outer(unknown, per_length))


def _median_error(sd: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Return the SD of the median over the genes present in each sample."""
    n = present.sum(axis=0)
    mean_square = np.where(present, sd**2, 0.0).sum(axis=0) / np.maximum(n, 1)
    return _MEDIAN_ERROR * np.sqrt(mean_square / np.maximum(n, 1))


def _interval(out: pd.DataFrame, name: str, value: pd.Series, sd: np.ndarray) -> None:
    centre = value.to_numpy(dtype=float)
    out[name] = centre
    out[f"{name}_low"] = centre - Z90 * sd
    out[f"{name}_high"] = centre + Z90 * sd

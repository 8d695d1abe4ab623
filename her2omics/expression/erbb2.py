"""The paired change of ERBB2: raw, between the cancer cells, and against matched genes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort import levels as scale
from her2omics.cohort.protocol import pair_differs
from her2omics.expression.levels import Z90
from her2omics.expression.purity_correction import correct
from her2omics.readers import gene_ids, units
from her2omics.sheets.seeds import seed_for
from her2omics.thresholds import limits

# The library ratio of a pair is the median over its protein-coding genes of at least 16 CPM, where
# counting adds no noise; with fewer of them the stable genes' size factors stand as they are.
_WELL_EXPRESSED = 4.0
_MIN_RATIO_GENES = 500
# Genes whose mean level over the pair is nearest to that of ERBB2 make its null.
MATCHED_GENES = 200
MIN_MATCHED_GENES = 50
_DRAWS = 400
_MAD = 1.4826
_LEAST_PURITY = 0.02


def pair_table(
    cases: pd.DataFrame,
    levels: pd.DataFrame,
    obs: pd.DataFrame,
    expression: pd.DataFrame,
    purity: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    seed: int,
    thresholds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return table ``expression_pairs`` of the cases with RNA of both samples.

    Parameters
    ----------
    cases
        Table ``pairs``.
    levels
        Genes x samples, log2 level.
    obs
        One row per RNA sample: unit, protocol, preservation, size_factor.
    expression
        Table ``expression``.
    purity
        Table ``purity``; the leading mode of each sample is used.
    reference
        Table ``reference``; its chromosome-17 genes never stand in the null.
    seed
        Config seed.
    thresholds
        The user's thresholds.

    Notes
    -----
    ``erbb2_log2fc`` is the change beyond that of the pair's well-expressed genes
    (:func:`library_shift`), which depends on the pair alone. Intervals (90 %): from counting noise
    and technical replicates (SD .22), widened by the protocol's gene offsets where the two samples
    differ in protocol, preservation or kind of unit; ``erbb2_log2fc_corrected``: from 400 draws of
    these, of both purities and of the normal level.
    ``null_sd`` and ``p_null`` are the spread, and the share falling as far, of the 200 genes
    nearest in mean level, taken within the pair and before purity correction.
    """
    limit = limits(thresholds)
    both = cases[cases["baseline"].isin(obs.index) & cases["followup"].isin(obs.index)]
    values = levels.to_numpy(dtype=float)
    position = {name: index for index, name in enumerate(levels.columns)}
    erbb2 = values[levels.index.get_loc("ERBB2")]
    locus = reference.loc[reference["role"].str.contains("locus", na=False), "gene"]
    null_genes = ~levels.index.isin(locus)
    coding = levels.index.isin(gene_ids.gene_table().symbols)
    tissue = purity[purity["mode"].fillna(1) == 1].drop_duplicates("sample").set_index("sample")
    shares = tissue[["purity", "purity_low", "purity_high"]]
    by_sample = expression.set_index("sample")[["erbb2_above_reference", "erbb2_z"]]
    normal_sd = float(reference.set_index("gene")["sd"].get("ERBB2", np.nan))
    rows = []
    for case in both.to_dict("records"):
        samples = [case["baseline"], case["followup"]]
        both_values = values[:, [position[name] for name in samples]]
        own = obs.loc[samples]
        shift = library_shift(both_values, coding, ratios=own["unit"].iloc[0] == "log2_ratio")
        measured = _Pair(
            erbb2=np.array([erbb2[position[name]] for name in samples]),
            shift=shift,
            null=both_values[null_genes],
            above=by_sample.loc[samples, "erbb2_above_reference"].to_numpy(dtype=float),
            z=by_sample.loc[samples, "erbb2_z"].to_numpy(dtype=float),
            purity=shares.reindex(samples).to_numpy(dtype=float),
            obs=own,
        )
        rng = np.random.default_rng(seed_for(seed, "erbb2_log2fc", case["case"]))
        identity = {name: case[name] for name in ("case", "patient", "baseline", "followup")}
        rows.append(identity | _measure(measured, normal_sd, rng, limit))
    return tables.typed(pd.DataFrame(rows), "expression_pairs")


@dataclass(frozen=True)
class _Pair:
    """What a pair's call rests on; arrays hold baseline, then follow-up."""

    erbb2: np.ndarray
    shift: float
    null: np.ndarray
    above: np.ndarray
    z: np.ndarray
    purity: np.ndarray
    obs: pd.DataFrame


def _measure(
    pair: _Pair, normal_sd: float, rng: np.random.Generator, limit: SimpleNamespace
) -> dict:
    """Return the columns of one row behind its ids."""
    reasons = _protocol_reasons(pair.obs)
    if not np.isfinite(pair.erbb2).all():
        reasons.append("NO_ERBB2")
    if "UNITS_DIFFER" in reasons or "NO_ERBB2" in reasons:
        return {"call": "not_assessable", "reason": ";".join(reasons)}
    mixed = "MIXED_PROTOCOL" in reasons
    change = float(pair.erbb2[1] - pair.erbb2[0] - pair.shift)
    sd = _change_sd(pair.erbb2, pair.obs, mixed, limit)
    row = _values("erbb2_log2fc", change, change - Z90 * sd, change + Z90 * sd)
    row |= _null(matched_changes(pair.null, pair.erbb2) - pair.shift, change)
    corrected = np.nan
    if np.isfinite(pair.above).all() and np.isfinite(pair.purity[:, 0]).all():
        level = pair.above + pair.shift * np.array([0.5, -0.5])
        corrected, low, high = corrected_change(level, sd, pair.purity, normal_sd, rng)
        row |= _values("erbb2_log2fc_corrected", corrected, low, high)
    is_high = (pair.z >= limit.erbb2_high_z) | (pair.above >= limit.erbb2_high_log2)
    call, more = paired_call(
        change=change,
        corrected=corrected,
        p_fall=row["p_null"],
        p_rise=row.pop("p_rise"),
        levels_known=bool(np.isfinite(pair.above).all()),
        high_before=bool(is_high[0]),
        high_after=bool(is_high[1]),
        least_purity=float(np.min(pair.purity[:, 0])),
        mixed_protocol=mixed,
        limit=limit,
    )
    return row | {"call": call, "reason": ";".join([*reasons, *more])}


def _values(name: str, value: float, low: float, high: float) -> dict[str, float]:
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _protocol_reasons(obs: pd.DataFrame) -> list[str]:
    """Return UNITS_DIFFER where levels and ratios meet, MIXED_PROTOCOL for other differences."""
    ratio = obs["unit"].eq("log2_ratio").to_numpy()
    unscaled = obs["size_factor"].isna().to_numpy()
    if ratio[0] != ratio[1] or unscaled[0] != unscaled[1]:
        return ["UNITS_DIFFER"]
    return ["MIXED_PROTOCOL"] if pair_differs(*obs.to_dict("records")) else []


def _change_sd(
    erbb2: np.ndarray, obs: pd.DataFrame, mixed_protocol: bool, limit: SimpleNamespace
) -> float:
    counted = obs["unit"].isin(units.COUNT_UNITS).to_numpy()
    factors = np.where(counted, obs["size_factor"].to_numpy(dtype=float), 1.0)
    counting = scale.counting_sd(erbb2, np.where(np.isfinite(factors), factors, 1.0))
    offset = limit.protocol_offset_sd if mixed_protocol else 0.0
    return float(np.sqrt((counting**2).sum() + limit.replicate_sd**2 + offset**2))


def library_shift(levels: np.ndarray, coding: np.ndarray, *, ratios: bool) -> float:
    """Return the change that all genes of a pair share, log2: what is left of the library ratio.

    Parameters
    ----------
    levels
        Genes x 2 (baseline, follow-up).
    coding
        Which genes are protein-coding.
    ratios
        The values are log2 ratios, where no level says which genes are well expressed.

    Returns
    -------
    float
        Median change of the pair's well-expressed protein-coding genes; 0 with fewer than 500.
    """
    chosen = np.isfinite(levels).all(axis=1) & coding
    if not ratios:
        chosen &= levels.mean(axis=1) >= _WELL_EXPRESSED
    if chosen.sum() < _MIN_RATIO_GENES:
        return 0.0
    return float(np.median(levels[chosen, 1] - levels[chosen, 0]))


def matched_changes(levels: np.ndarray, erbb2: np.ndarray) -> np.ndarray:
    """Return the changes of the genes nearest to ERBB2 in mean level over the pair.

    Parameters
    ----------
    levels
        Genes x 2 (baseline, follow-up), without the genes of the locus.
    erbb2
        ERBB2 at baseline and follow-up.

    Returns
    -------
    ndarray
        Follow-up minus baseline of 200 genes. Matching by the mean, not by the baseline, keeps the
        null from regressing to the mean.
    """
    known = levels[np.isfinite(levels).all(axis=1)]
    distance = np.abs(known.mean(axis=1) - erbb2.mean())
    nearest = np.argsort(distance, kind="stable")[:MATCHED_GENES]
    return known[nearest, 1] - known[nearest, 0]


def _null(null: np.ndarray, change: float) -> dict[str, float]:
    """Return spread and tails of the null; missing with fewer than 50 matched genes."""
    if null.size < MIN_MATCHED_GENES:
        return {"null_sd": np.nan, "p_null": np.nan, "p_rise": np.nan}
    return {
        "null_sd": _MAD * float(np.median(np.abs(null - np.median(null)))),
        "p_null": (1 + int((null <= change).sum())) / (null.size + 1),
        "p_rise": (1 + int((null >= change).sum())) / (null.size + 1),
    }


def corrected_change(
    above: np.ndarray,
    change_sd: float,
    purity: np.ndarray,
    normal_sd: float,
    rng: np.random.Generator,
) -> tuple[float, float, float]:
    """Return the change between the cancer cells and its 90 % interval.

    Parameters
    ----------
    above
        Baseline and follow-up, log2 above the HER2-negative median.
    change_sd
        SD of the raw change; half of its variance falls on each sample.
    purity
        2 x 3: estimate and 90 % interval of baseline and follow-up; without an interval the
        estimate is taken as exact.
    normal_sd
        SD of HER2-negative tissue around its median, log2.
    rng
        Source of the draws.

    Returns
    -------
    tuple
        Estimate at the central values, 5 % and 95 % quantile of the draws.
    """
    centre = correct(above, purity[:, 0])
    draws = rng.standard_normal((_DRAWS, 5))
    share_sd = np.nan_to_num((purity[:, 2] - purity[:, 1]) / (2 * Z90))
    share = np.clip(purity[:, 0] + draws[:, :2] * share_sd, _LEAST_PURITY, 1.0)
    level = above + draws[:, 2:4] * change_sd / np.sqrt(2.0)
    cancer = correct(level, share, draws[:, 4:5] * normal_sd)
    low, high = np.quantile(cancer[:, 1] - cancer[:, 0], [0.05, 0.95])
    change = float(centre[1] - centre[0])
    return change, min(float(low), change), max(float(high), change)


def paired_call(
    *,
    change: float,
    corrected: float,
    p_fall: float,
    p_rise: float,
    levels_known: bool,
    high_before: bool,
    high_after: bool,
    least_purity: float,
    mixed_protocol: bool,
    limit: SimpleNamespace,
) -> tuple[str, list[str]]:
    """Return the paired call and why it is not firmer.

    ``down``: high before, no longer high after, purity-corrected fall of at least 1.5 log2, and
    fewer than 5 % of matched genes fall as far. ``partial_down``: one of the two criteria of the
    fall holds (the second only beyond two replicate SDs) but not all four, or purity, level or
    protocol forbid ``down``. ``up``: the mirror image of the fall's two criteria. Else ``stable``.
    """
    size = corrected if np.isfinite(corrected) else change
    beyond = 2.0 * limit.replicate_sd
    deep = size <= limit.down_log2fc
    rare = p_fall < limit.down_p and change <= -beyond
    reasons = []
    if size >= -limit.down_log2fc and p_rise < limit.down_p:
        return "up", reasons
    if not deep and not rare:
        return "stable", reasons
    blocking = {
        "SMALL_FALL": not deep,
        "WITHIN_NULL": not rare,
        "NO_LEVEL": not levels_known,
        "BASELINE_NOT_HIGH": levels_known and not high_before,
        "FOLLOWUP_STILL_HIGH": levels_known and high_after,
        "PURITY_UNKNOWN": not np.isfinite(least_purity),
        "LOW_PURITY": least_purity < limit.low_purity,
        "MIXED_PROTOCOL": mixed_protocol,
    }
    reasons = [code for code, holds in blocking.items() if holds]
    if not reasons:
        return "down", []
    return "partial_down", [code for code in reasons if code != "MIXED_PROTOCOL"]

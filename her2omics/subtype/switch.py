"""Whether the intrinsic subtype changed between two samples of a patient.

A flipped label is weak evidence: normal tissue, noise, the loss of ERBB2 itself and treatment all
flip it. A switch is called where the change survives all of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort.protocol import pair_differs
from her2omics.sheets.clinical import on_treatment
from her2omics.sheets.seeds import seed_for
from her2omics.subtype import programme
from her2omics.subtype.centroids import quantiles
from her2omics.subtype.counterfactual import purity_of
from her2omics.subtype.pair import ALL, OUTSIDE, Pair, compare
from her2omics.subtype.ranks import best_two
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

DRAWS = 200
_HER2, _LUMA, _LUMB, _NORMAL = (SUBTYPES.index(x) for x in ("Her2", "LumA", "LumB", "Normal"))
_LUMINAL = (_LUMA, _LUMB)


def switches(
    cases: pd.DataFrame,
    values: pd.DataFrame,
    *,
    subtypes: pd.DataFrame,
    purity: pd.DataFrame,
    normal: pd.Series,
    context: pd.DataFrame,
    seed: int,
    co_processed: bool = False,
    thresholds: Mapping[str, float] | None = None,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Return whether the subtype switched, case by case.

    Parameters
    ----------
    cases
        Table ``pairs``.
    values
        Samples x 50 centred log2 levels (:func:`her2omics.subtype.centroids.pam50_values`).
    subtypes
        Table ``subtypes`` of the same samples.
    purity
        Table ``purity``; a sample without a row is of unknown purity.
    normal
        Normal-like profile by gene, centred as the values are.
    context
        By sample: ``protocol``, ``preservation``, ``unit`` (must agree within a pair,
        :func:`her2omics.cohort.protocol.pair_differs`), ``scaled`` (levels are on the reference's
        scale, without which no normal tissue can be mixed in) and ``site``.
    seed
        Config key ``seed``; each case has its own stream.
    co_processed
        Whether the centres come from samples processed alike.
    thresholds
        The user's thresholds.
    draws
        Draws of the purities and of the genes.

    Returns
    -------
    DataFrame
        Table ``switches``: the cases with RNA of both samples, in their order.
    """
    limit = limits(thresholds)
    called = subtypes.set_index("sample")
    by_sample = dict(tuple(purity.groupby("sample", sort=False)))
    profile = normal.reindex(values.columns).to_numpy(float)
    rows = []
    for case in cases.to_dict("records"):
        names = [case["baseline"], case["followup"]]
        if not pd.Index(names).isin(values.index).all():
            continue
        rng = np.random.default_rng(seed_for(seed, "switch", case["case"]))
        both = values.loc[names].to_numpy(float)
        given: dict[str, Any] = {
            "purities": tuple(
                purity_of(by_sample.get(name, purity.iloc[:0]), draws=draws, rng=rng)
                for name in names
            ),
            "normal": profile if context.loc[names, "scaled"].all() else None,
            "rng": rng,
        }
        pair = compare(*both, **given)
        observed = called.loc[names, "subtype"].tolist()
        cautions = _cautions(case, context.loc[names], pair, co_processed, limit)
        call, reasons = verdict(pair, observed=observed, cautions=cautions, limit=limit)
        numbers = {}
        if call != "not_assessable":
            numbers = _estimates(pair, called.loc[names])
            numbers |= programme.shift(*both, **given, limit=limit)
        rows.append(
            {name: case[name] for name in ("case", "patient", "baseline", "followup")}
            | {"subtype_baseline": observed[0], "subtype_followup": observed[1]}
            | numbers
            | {"call": call, "reason": ";".join(reasons)}
        )
    return tables.typed(pd.DataFrame(rows), "switches") if rows else tables.empty("switches")


def luminal_gap(correlation: np.ndarray) -> np.ndarray:
    """Return r_HER2 minus the better luminal correlation (last axis: the five centroids)."""
    return correlation[..., _HER2] - correlation[..., _LUMINAL].max(axis=-1)


def change(baseline: np.ndarray, followup: np.ndarray, x: int, y: int) -> np.ndarray:
    """Return how far a pair moved from subtype x towards subtype y, Spearman rho.

    HER2-enriched to luminal: the fall of :func:`luminal_gap`. Else: the rise of r_y - r_x.
    """
    if x == _HER2 and y in _LUMINAL:
        return luminal_gap(baseline) - luminal_gap(followup)
    return rise(baseline, followup, x, y)


def rise(baseline: np.ndarray, followup: np.ndarray, x: int, y: int) -> np.ndarray:
    """Return the rise of r_y - r_x from baseline to follow-up."""
    return (followup[..., y] - followup[..., x]) - (baseline[..., y] - baseline[..., x])


def _estimates(pair: Pair, called: pd.DataFrame) -> dict[str, float]:
    observed = called[[f"r_{name.lower()}" for name in SUBTYPES]].to_numpy(float)
    gaps = luminal_gap(observed)
    adjusted = luminal_gap(pair.baseline[ALL]) - luminal_gap(pair.followup[ALL])
    drawn = luminal_gap(pair.baseline_drawn[:, ALL]) - luminal_gap(pair.followup_drawn[:, ALL])
    low, high = quantiles(drawn[None])
    return {
        "delta": gaps[0] - gaps[1],
        "delta_purity_adjusted": adjusted,
        "delta_purity_adjusted_low": low[0],
        "delta_purity_adjusted_high": high[0],
    }


def verdict(
    pair: Pair, *, observed: list[str | None], cautions: list[str], limit: SimpleNamespace
) -> tuple[str, list[str]]:
    """Return the call and its reason codes.

    ``switch``: the label changes, the new one is not Normal-like and leads by more than
    ``switch_margin``, the change at equal purity exceeds ``switch_delta``, all of this also on the
    48 genes without ERBB2 and GRB7, and no caution stands against it. ``unconfirmed``: the label
    changes, and one of these fails. ``stable``: the label does not change, or normal tissue alone
    explains that it does (at equal purity both labels agree and the change is small).

    Parameters
    ----------
    pair
        The samples as they are and at equal purity.
    observed
        Subtype of baseline and follow-up as called; ``None`` = no call.
    cautions
        Codes that keep a switch from being called.
    limit
        Thresholds.
    """
    if None in observed or pair.genes < limit.min_pam50_genes_call:
        return "not_assessable", ["FEW_GENES"]
    if observed[0] == observed[1]:
        return "stable", []
    x, y = (SUBTYPES.index(name) for name in observed)
    small = change(pair.baseline[ALL], pair.followup[ALL], x, y) <= limit.switch_delta
    if small and best_two(pair.baseline[ALL])[0] == best_two(pair.followup[ALL])[0]:
        unknown = [code for code in cautions if code == "PURITY_UNKNOWN"]
        return "stable", [*unknown, "PURITY_EXPLAINS"]
    reasons = list(cautions)
    if y == _NORMAL:
        reasons.append("NORMAL_LIKE")
    if best_two(pair.observed_followup[ALL])[1] <= limit.switch_margin:
        reasons.append("SMALL_MARGIN")
    if small:
        reasons.append("SMALL_DELTA")
    y_outside, margin = best_two(pair.observed_followup[OUTSIDE])
    outside = change(pair.baseline[OUTSIDE], pair.followup[OUTSIDE], x, y)
    if (
        (best_two(pair.observed[OUTSIDE])[0], y_outside) != (x, y)
        or margin <= limit.switch_margin
        or outside <= limit.switch_delta
    ):
        reasons.append("AMPLICON_GENES")
    return ("unconfirmed", reasons) if reasons else ("switch", reasons)


def _cautions(
    case: Mapping[str, Any],
    context: pd.DataFrame,
    pair: Pair,
    co_processed: bool,
    limit: SimpleNamespace,
) -> list[str]:
    """Return the codes that keep a change from being called a switch."""
    cautions = []
    if pair.genes < limit.min_pam50_genes:
        cautions.append("FEW_GENES")
    if not pair.purity_known:
        cautions.append("PURITY_UNKNOWN")
    if not context["scaled"].all():
        cautions.append("NO_SCALE")
    if pair_differs(*context.to_dict("records")) and not co_processed:
        cautions.append("MIXED_PROTOCOL")
    days = case["days_since_anti_her2"]
    if on_treatment(case["setting"], days, limit_days=limit.on_treatment_days):
        cautions.append("ON_TREATMENT")
    return cautions

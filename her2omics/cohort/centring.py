"""What is subtracted from each PAM50 gene before it is compared with the centroids.

The centroids describe tumours centred on a population in which half are ER-positive. A cohort of
HER2 loss is neither large nor balanced, so its own median is the wrong centre. The default takes
the centre from an ER-balanced reference (TCGA, n = 712) and learns from the cohort's HER2-positive
baselines only how its platform differs, shrunk by how little a few tumours can tell.

The reference is log2 RSEM, the levels are log2 CPM of the same kind of reads: a constant lies
between them. It is taken out before the offsets are shrunk; left in, it would be shrunk by a
different share in each gene.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from her2omics import resources, tables
from her2omics.errors import InputError, Problem
from her2omics.thresholds import limits

RULES = (
    "fixed_reference_offset",
    "fixed_reference",
    "er_balanced_cohort",
    "cohort_median",
    "none",
)
_MEDIAN_VARIANCE = np.pi / 2  # of a median, in units of that of a mean (normal distribution)
# ER-positive among the tumours behind the bundled medians (TCGA, n = 712): 123 of 160
# HER2-positive, 436 of 552 HER2-negative.
_ER_POSITIVE_OF_HER2_POSITIVE = 123 / 160
_ER_POSITIVE_OF_HER2_NEGATIVE = 436 / 552


def platform_centring(
    levels: pd.DataFrame,
    *,
    her2_positive_baselines: Sequence[str],
    er: pd.Series | None,
    rule: str,
    tau: float,
    shift: float | None = None,
) -> pd.DataFrame:
    """Return what is subtracted from each PAM50 gene.

    Parameters
    ----------
    levels
        PAM50 genes x samples, log2 CPM; genes may be missing.
    her2_positive_baselines
        Samples known to be HER2-positive by status, IHC/ISH or copies, never by mRNA.
    er
        ER status by sample, ``positive``, ``negative`` or missing.
    rule
        One of :data:`RULES`.
    tau
        SD of the platform's gene offsets expected beforehand, log2 (thresholds ``platform_tau_*``).
    shift
        log2 level minus log2 RSEM of the reference where no offset is learnt; default: that of
        log2 CPM (:func:`reference_shift`).

    Returns
    -------
    DataFrame
        Table ``centring``, 50 rows. ``fixed_reference_offset`` with fewer than three HER2-positive
        baselines becomes ``fixed_reference`` and its column ``rule`` says so.

    Raises
    ------
    InputError
        If the cohort cannot carry the rule.
    """
    reference = _reference()
    levels = levels.reindex(reference.index).astype(float)
    shift = reference_shift() if shift is None else shift
    out = pd.DataFrame(
        {
            "gene": reference.index,
            "reference": reference["ERbalanced_median"],
            "offset": np.nan,
            "shrinkage": np.nan,
            "rule": rule,
        },
        index=reference.index,
    )
    if rule == "fixed_reference_offset":
        minimum = int(limits().min_offset_baselines)
        if len(her2_positive_baselines) >= minimum:
            offsets = platform_offsets(levels[list(her2_positive_baselines)], er=er, tau=tau)
            out[["offset", "shrinkage"]] = offsets[["offset", "shrinkage"]]
            out["centre"] = out["reference"] + offsets["shift"] + offsets["used"]
        else:
            found = len(her2_positive_baselines)
            out["rule"] = f"fixed_reference ({found} HER2-positive baselines of {minimum} needed)"
            out["centre"] = out["reference"] + shift
    elif rule == "fixed_reference":
        out["centre"] = out["reference"] + shift
    elif rule == "er_balanced_cohort":
        out["centre"] = _er_balanced_median(levels, er)
    elif rule == "cohort_median":
        _refuse_unbalanced(levels, er)
        out["centre"] = levels.median(axis=1)
    elif rule == "none":
        out["centre"] = 0.0
    else:
        raise ValueError(f"centring rule {rule!r} is not one of {RULES}")
    # The Normal-like profile moves with the platform, whatever is subtracted afterwards.
    platform = out["reference"] + shift if rule == "none" else out["centre"]
    out["normal"] = reference["PAM50_Normal_median"] - out["reference"] + platform
    return tables.typed(out.reset_index(drop=True), "centring")


def reference_shift() -> float:
    """Return log2 CPM minus log2 RSEM of the bundled references (about -4).

    Median over the 50 genes of the difference between HER2-negative tumours in the two tables. The
    single genes' differences are no better known than two medians of some thirty tumours allow.
    """
    counts = resources.table("her2_negative_reference.tsv").set_index("gene")
    reference = _reference()
    share = _ER_POSITIVE_OF_HER2_NEGATIVE
    rsem = share * reference["HER2neg_ERpos_median"]
    rsem += (1 - share) * reference["HER2neg_ERneg_median"]
    return float((counts["her2_negative_median"].reindex(reference.index) - rsem).median())


def platform_offsets(baselines: pd.DataFrame, *, er: pd.Series | None, tau: float) -> pd.DataFrame:
    """Return by how much each gene of this platform lies off the reference.

    ``off_g`` = median of the HER2-positive baselines minus the reference's HER2-positive median,
    its ER-positive and ER-negative halves weighted as ER is among the baselines (unknown: as in the
    reference). The offsets are taken as draws of N(shift, tau^2), each seen with the variance of a
    median, 1.57 sd_g^2 / n; the shift is their precision-weighted mean and the rest is shrunk
    by tau^2 / (tau^2 + 1.57 sd_g^2 / n) (empirical Bayes).

    Parameters
    ----------
    baselines
        50 genes x HER2-positive baselines, log2.
    er
        ER status by sample.
    tau
        SD of the offsets, log2.

    Returns
    -------
    DataFrame
        By gene: ``offset`` (without the shift; missing where no baseline has the gene),
        ``shrinkage``, ``used`` (their product, 0 where missing) and ``shift`` (one value).
    """
    reference = _reference()
    share = _er_positive_share(er, baselines.columns)
    positive, negative = reference["HER2pos_ERpos_median"], reference["HER2pos_ERneg_median"]
    median = share * positive + (1 - share) * negative
    variance = (
        share * reference["HER2pos_ERpos_sd"] ** 2
        + (1 - share) * reference["HER2pos_ERneg_sd"] ** 2
        + share * (1 - share) * (positive - negative) ** 2
    )
    number = baselines.notna().sum(axis=1)
    error = _MEDIAN_VARIANCE * variance / number.where(number > 0)
    raw = baselines.median(axis=1) - median
    precision = 1 / (tau**2 + error)
    shift = float((raw * precision).sum() / precision.where(raw.notna()).sum())
    shrinkage = (tau**2 * precision).fillna(0.0)
    offset = raw - shift
    return pd.DataFrame(
        {
            "offset": offset,
            "shrinkage": shrinkage,
            "used": (offset * shrinkage).fillna(0.0),
            "shift": shift,
        }
    )


def er_balanced_median(levels: pd.DataFrame, positive: np.ndarray) -> pd.Series:
    """Return the median of each gene with both ER groups at half of the weight.

    Parameters
    ----------
    levels
        Genes x samples.
    positive
        Whether each sample is ER-positive.

    Returns
    -------
    Series
        By gene; missing where one of the groups has no measured sample.
    """
    values = levels.to_numpy(dtype=float)
    measured = np.isfinite(values)
    number = np.column_stack([(measured & group).sum(axis=1) for group in (~positive, positive)])
    both = (number > 0).all(axis=1)
    weights = np.where(measured, 0.5 / np.maximum(number, 1)[:, positive.astype(int)], 0.0)
    order = np.argsort(values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    share = np.take_along_axis(weights, order, axis=1).cumsum(axis=1)
    last = ranked.shape[1] - 1
    # With equal weights the middle of an even number lies between two values, as in a median.
    low = np.minimum((share < 0.5 - 1e-9).sum(axis=1), last)
    high = np.minimum((share < 0.5 + 1e-9).sum(axis=1), last)
    rows = np.arange(len(values))
    middle = (ranked[rows, low] + ranked[rows, high]) / 2
    return pd.Series(np.where(both, middle, np.nan), index=levels.index)


def _reference() -> pd.DataFrame:
    genes = resources.table("pam50_centroids.tsv")["gene"]
    return resources.table("tcga712_subgroup_reference.tsv").set_index("gene").loc[genes]


def _er_positive_share(er: pd.Series | None, samples: pd.Index) -> float:
    known = pd.Series(dtype=object) if er is None else er.reindex(samples).dropna()
    if known.empty:
        return _ER_POSITIVE_OF_HER2_POSITIVE
    return float(known.eq("positive").mean())


def _known_er(levels: pd.DataFrame, er: pd.Series | None) -> pd.Series:
    return pd.Series(dtype=object) if er is None else er.reindex(levels.columns).dropna()


def _er_balanced_median(levels: pd.DataFrame, er: pd.Series | None) -> pd.Series:
    known = _known_er(levels, er)
    positive = known.eq("positive").to_numpy()
    minimum = int(limits().min_er_group)
    if min(positive.sum(), (~positive).sum()) < minimum:
        raise _refused(
            f"er_balanced_cohort needs {minimum} ER-positive and {minimum} ER-negative samples, "
            f"found {positive.sum()} and {(~positive).sum()}: use fixed_reference_offset"
        )
    return er_balanced_median(levels[list(known.index)], positive)


def _refuse_unbalanced(levels: pd.DataFrame, er: pd.Series | None) -> None:
    known = _known_er(levels, er)
    limit = limits()
    if len(known) < 2 * limit.min_er_group or len(known) < levels.shape[1] / 2:
        raise _refused(
            f"cohort_median needs the ER status of {2 * limit.min_er_group:.0f} samples and of "
            f"half of them, found {len(known)} of {levels.shape[1]}: fill in er, or use "
            "fixed_reference_offset"
        )
    share = known.eq("positive").mean()
    if abs(share - 0.5) > limit.er_balance:
        raise _refused(
            f"cohort_median needs as many ER-positive as ER-negative samples, found {share:.0%} "
            "ER-positive: use er_balanced_cohort or fixed_reference_offset"
        )


def _refused(message: str) -> InputError:
    return InputError(Problem(message, column="subtype.centring"))

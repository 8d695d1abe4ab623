"""What pathology says: reported HER2 status, HER2 class and ISH group of each specimen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.thresholds import limits

# ASCO/CAP 2018 dual-probe groups; groups 2 to 4 need IHC to decide.
_RATIO_CUT, _COPIES_LOW, _COPIES_HIGH = 2.0, 4.0, 6.0
_POSITIVE_GROUPS, _NEGATIVE_GROUPS = (1, 3), (5,)
# ASCO/CAP 2020: 1 % of stained cells or more is receptor-positive.
_RECEPTOR_POSITIVE_PERCENT = 1.0


def ish_group(ratio: float | None, copies: float | None) -> int | None:
    """Return the ASCO/CAP dual-probe group 1-5 of one specimen, ``None`` where a value is missing.

    Parameters
    ----------
    ratio
        HER2/CEP17 ratio.
    copies
        Mean HER2 copies per cell.
    """
    group = _group(pd.Series([ratio], dtype="float64"), pd.Series([copies], dtype="float64"))
    return int(group[0]) if group[0] else None


def ish_inconsistent(samples: pd.DataFrame) -> pd.Series:
    """Return which rows carry ISH values that cannot be means per cell.

    Either there is more CEP17 than any nucleus holds (totals over all counted cells), or ratio and
    copies/CEP17 disagree by more than the threshold.

    Returns
    -------
    Series
        bool, indexed by sample; False where too little is given to tell.
    """
    limit = limits()
    cep17 = samples["cep17_copies"]
    quotient = samples["her2_ish_copies"] / cep17.where(cep17 > 0)
    ratio = samples["her2_ish_ratio"]
    differs = (quotient / ratio.where(ratio > 0) - 1).abs() > limit.ish_inconsistency
    return _by_sample((cep17 > limit.ish_cep17_total) | differs, samples)


def ish_groups(samples: pd.DataFrame) -> pd.Series:
    """Return the ISH group of each row; missing where ISH is absent or inconsistent.

    A ratio that is not given is taken as copies over CEP17 copies.

    Returns
    -------
    Series
        ``Int64``, 1-5, indexed by sample.
    """
    cep17 = samples["cep17_copies"]
    quotient = samples["her2_ish_copies"] / cep17.where(cep17 > 0)
    groups = _group(samples["her2_ish_ratio"].fillna(quotient), samples["her2_ish_copies"])
    groups = np.where(ish_inconsistent(samples), 0, groups)
    series = pd.Series(groups, index=samples["sample"].to_numpy(), dtype="Int64")
    return series.mask(series == 0)


def reported_status(samples: pd.DataFrame, *, ascertained: bool) -> pd.Series:
    """Return the reported HER2 status S of each row.

    ``her2_status`` wherever it is filled (``equivocal`` = unknown), else derived: IHC 3+, or 2+
    with ISH group 1 or 3, is positive; IHC 0, 0+, 1+, or 2+ with group 5, is negative.

    Parameters
    ----------
    samples
        The sample sheet.
    ascertained
        The cohort was collected because HER2 was lost: an unknown follow-up status that is not
        equivocal is negative.

    Returns
    -------
    Series
        ``positive``, ``negative`` or ``None``, indexed by sample.
    """
    given = samples["her2_status"].fillna("").to_numpy()
    ihc = samples["her2_ihc"].fillna("").to_numpy()
    group = ish_groups(samples).fillna(0).to_numpy()
    positive = (ihc == "3+") | ((ihc == "2+") & np.isin(group, _POSITIVE_GROUPS))
    negative = np.isin(ihc, ("0", "0+", "1+")) | ((ihc == "2+") & np.isin(group, _NEGATIVE_GROUPS))
    if ascertained:
        negative |= (samples["timepoint"] == "followup").to_numpy() & ~positive
    status = np.select(
        [np.isin(given, ("positive", "negative")), given == "equivocal", positive, negative],
        [given, "", "positive", "negative"],
        "",
    )
    return _words(status, samples)


def her2_class(samples: pd.DataFrame) -> pd.Series:
    """Return the HER2 class of each row from IHC and ISH alone.

    Returns
    -------
    Series
        ``0``, ``ultralow``, ``low``, ``positive`` or ``unknown``, indexed by sample.
    """
    ihc = samples["her2_ihc"].fillna("").to_numpy()
    group = ish_groups(samples).fillna(0).to_numpy()
    two = ihc == "2+"
    classes = np.select(
        [
            ihc == "0",
            ihc == "0+",
            (ihc == "1+") | (two & np.isin(group, _NEGATIVE_GROUPS)),
            (ihc == "3+") | (two & np.isin(group, _POSITIVE_GROUPS)),
        ],
        ["0", "ultralow", "low", "positive"],
        "unknown",
    )
    return _words(classes, samples)


def on_treatment(
    setting: str | None, days_since_anti_her2: float | None, *, limit_days: float
) -> bool:
    """Return whether a follow-up was taken on an anti-HER2 drug or soon after one.

    Parameters
    ----------
    setting
        Setting of the follow-up.
    days_since_anti_her2
        Days since the last dose; missing (``None`` or NaN) is not known, which is no.
    limit_days
        Threshold ``on_treatment_days``.
    """
    # A missing number compares as False.
    recent = days_since_anti_her2 is not None and days_since_anti_her2 < limit_days
    return setting == "on_treatment" or bool(recent)


def receptor_status(samples: pd.DataFrame, receptor: str) -> pd.Series:
    """Return the status of a hormone receptor: a word as given, or 1 % of cells and more.

    Parameters
    ----------
    samples
        The sample sheet.
    receptor
        Column ``er`` or ``pr``.

    Returns
    -------
    Series
        ``positive``, ``negative`` or ``None``, indexed by sample.
    """
    words = samples[receptor].fillna("")
    percent = pd.to_numeric(words.where(~words.isin(("positive", "negative", ""))))
    status = np.select(
        [words.isin(("positive", "negative")), percent >= _RECEPTOR_POSITIVE_PERCENT, percent >= 0],
        [words, "positive", "negative"],
        "",
    )
    return _words(status, samples)


def _group(ratio: pd.Series, copies: pd.Series) -> np.ndarray:
    high = ratio >= _RATIO_CUT
    low = ratio < _RATIO_CUT
    return np.select(
        [
            high & (copies >= _COPIES_LOW),
            high & (copies < _COPIES_LOW),
            low & (copies >= _COPIES_HIGH),
            low & (copies >= _COPIES_LOW),
            low & (copies < _COPIES_LOW),
        ],
        [1, 2, 3, 4, 5],
        0,
    )


def _by_sample(values: pd.Series, samples: pd.DataFrame) -> pd.Series:
    return pd.Series(values.to_numpy(), index=samples["sample"].to_numpy())


def _words(values: np.ndarray, samples: pd.DataFrame) -> pd.Series:
    series = pd.Series(values, index=samples["sample"].to_numpy(), dtype=object)
    return series.where(series != "", None)

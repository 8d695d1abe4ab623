"""Are the values what the sheet says they are? Units checked against the values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from her2omics.readers import log_ratios

UNITS = ("counts", "tpm", "fpkm", "log2_counts", "log2_tpm", "log2_ratio")
LINEAR_UNITS = ("counts", "tpm", "fpkm")
COUNT_UNITS = ("counts", "log2_counts")
GENE_CN_UNITS = ("log2", "discrete", "copies")

# A log2 value above 30 would be a thousand million reads of one gene.
_LARGEST_LOG2 = 30.0
_TPM_SUM = 1e6
# Without mitochondrial or ribosomal genes TPM sum to less, but not to less than this.
_LEAST_TPM_SUM = 4e5
# Below this many genes a matrix is a subset, and TPM need not sum to a million.
_WHOLE_TRANSCRIPTOME = 10_000
_MIN_GENES = 20
# Calls of GISTIC; cBioPortal also writes -1.5 for a loss between -1 and -2.
_DISCRETE = (-2.0, -1.5, -1.0, 0.0, 1.0, 2.0)
# Copies of most genes of a genome; a median of fractions near 1 is that of ratios to the mean.
_MEDIAN_COPIES = (1.0, 8.0)
_LEAST_FRACTIONAL_COPIES = 1.3
# A matrix of fewer genes may be of one amplicon: then all of them may be gained.
_WHOLE_GENOME = 500


@dataclass(frozen=True)
class Summary:
    """What the values of one sample look like."""

    genes: int
    low: float
    high: float
    median: float
    sd: float
    total: float
    negative: float
    whole: float

    @property
    def integers(self) -> bool:
        """Whether practically all values are whole numbers."""
        return self.whole > 0.999

    @property
    def sums_to_million(self) -> bool:
        """Whether the values sum to a million, as TPM and CPM do."""
        return abs(self.total - _TPM_SUM) < 0.01 * _TPM_SUM


def summarise(values: np.ndarray) -> Summary:
    """Return the summary of one sample's values (missing ones left out)."""
    values = values[np.isfinite(values)]
    if values.size == 0:
        return Summary(0, *(math.nan,) * 7)
    return Summary(
        genes=values.size,
        low=float(values.min()),
        high=float(values.max()),
        median=float(np.median(values)),
        sd=float(values.std()),
        total=float(values.sum()),
        negative=float((values < 0).mean()),
        whole=float((values == np.round(values)).mean()),
    )


def looks_like(summary: Summary) -> str:
    """Return in words what unit the values of a sample look like."""
    if summary.low < 0 and summary.integers:
        return "counts from which something was subtracted"
    if summary.low < 0:
        centred = abs(summary.median) < 0.5 and summary.negative > 0.2
        if centred and summary.sd < 1.5:
            return "z-scores or log2 ratios"
        return "log2 ratios" if centred else "log2 values with a small pseudocount"
    if summary.integers:
        return "counts"
    if summary.high <= _LARGEST_LOG2:
        return "log2 values"
    if summary.sums_to_million:
        return "TPM or CPM (they sum to a million)"
    return "linear values that are neither counts nor TPM (FPKM, or normalised counts)"


def refusal(values: np.ndarray, unit: str) -> str | None:
    """Return why the values of one sample cannot be in the stated unit, or ``None``.

    Parameters
    ----------
    values
        One value per gene; missing values are left out.
    unit
        One of :data:`UNITS`.

    Returns
    -------
    str or None
        What was found, what the unit asks for, and what the values look like.
    """
    summary = summarise(values)
    if summary.genes < _MIN_GENES:
        return f"only {summary.genes} values: at least {_MIN_GENES} genes are needed"
    found = {
        "counts": _not_counts,
        "tpm": _not_tpm,
        "fpkm": _not_fpkm,
        "log2_counts": _not_log,
        "log2_tpm": _not_log_tpm,
        "log2_ratio": _not_ratio,
    }[unit](summary, values)
    return None if found is None else _misfit(summary, unit, found, looks_like(summary))


def gene_cn_refusal(values: np.ndarray, unit: str) -> str | None:
    """Return why the copy numbers of one sample cannot be in the stated unit, or ``None``.

    Parameters
    ----------
    values
        One value per gene; missing values are left out.
    unit
        One of :data:`GENE_CN_UNITS`.
    """
    summary = summarise(values)
    if summary.genes == 0:
        return "no value at all"
    discrete = bool(np.isin(values[~np.isnan(values)], _DISCRETE).all())
    found = {"log2": _not_log2_cn, "discrete": _not_discrete, "copies": _not_copies}[unit](
        summary, values, discrete
    )
    if found is None:
        return None
    return _misfit(summary, unit, found, _cn_looks_like(summary, discrete))


def _misfit(summary: Summary, unit: str, found: str, looks: str) -> str:
    return (
        f"unit '{unit}' does not fit the values: {found} (range {summary.low:.4g} to "
        f"{summary.high:.4g}, median {summary.median:.4g}); they look like {looks}: "
        "correct `unit` in the units sheet, or give another matrix"
    )


def are_z_scores(values: np.ndarray) -> bool:
    """Return whether every gene was scaled to mean 0 and SD 1 over the samples.

    Parameters
    ----------
    values
        Genes x samples. With fewer than five samples no answer is possible (``False``).
        The SDs of real log ratios differ between genes far more than sampling allows.
    """
    samples = values.shape[1]
    if samples < 5:
        return False
    complete = values[np.isfinite(values).all(axis=1)]
    sd = complete.std(axis=1, ddof=1)
    sd = sd[sd > 0]
    if sd.size < _MIN_GENES:
        return False
    low, middle, high = np.quantile(sd, [0.25, 0.5, 0.75])
    expected = 1.349 / math.sqrt(2 * (samples - 1))  # IQR of the SD of normal values of SD 1
    return bool(abs(middle - 1) < 0.15 and (high - low) < 1.3 * expected)


def log2_floor(values: np.ndarray) -> float:
    """Return the pseudocount that was added before the log2 of one sample.

    The smallest value is that of genes without reads if it recurs (at least 1 % of genes);
    otherwise, or where genes without reads are minus infinity, no pseudocount is assumed.
    """
    if np.isneginf(values).any():
        return 0.0
    finite = values[np.isfinite(values)]
    smallest = finite.min()
    return float(2.0**smallest) if np.mean(finite == smallest) >= 0.01 else 0.0


def to_linear(values: np.ndarray, unit: str) -> np.ndarray:
    """Return one sample's values on the linear scale (log units without their pseudocount)."""
    if unit in LINEAR_UNITS:
        return values
    if unit == "log2_ratio":
        raise ValueError("a log2 ratio has no linear level")
    linear = np.exp2(values) - log2_floor(values)
    return np.where(np.isneginf(values), 0.0, np.maximum(linear, 0.0))


def _negative(summary: Summary) -> str | None:
    if summary.low < 0:
        return f"{summary.negative:.1%} of them are negative"
    return None


def _too_small(summary: Summary) -> str | None:
    if summary.high <= _LARGEST_LOG2:
        return f"no gene is above {summary.high:.4g}"
    return None


def _not_counts(summary: Summary, _values: np.ndarray) -> str | None:
    found = _negative(summary) or _too_small(summary)
    if found is None and summary.sums_to_million and not summary.integers:
        found = "they are not whole numbers and sum to a million"
    return found


def _not_tpm(summary: Summary, _values: np.ndarray) -> str | None:
    found = _negative(summary) or _too_small(summary)
    if found is None and summary.total > 1.2 * _TPM_SUM:
        found = f"they sum to {summary.total:.4g} instead of 1e6"
    if found is None and summary.integers and not summary.sums_to_million:
        found = "all of them are whole numbers"
    if found is None and summary.genes >= _WHOLE_TRANSCRIPTOME and summary.total < _LEAST_TPM_SUM:
        found = f"they sum to {summary.total:.4g} instead of 1e6"
    return found


def _not_fpkm(summary: Summary, _values: np.ndarray) -> str | None:
    found = _negative(summary) or _too_small(summary)
    if found is None and summary.integers:
        found = "all of them are whole numbers"
    if found is None and summary.sums_to_million:
        found = "they sum to a million"
    return found


def _not_log(summary: Summary, _values: np.ndarray) -> str | None:
    if summary.high > _LARGEST_LOG2:
        return f"the largest is {summary.high:.4g}, no possible log2"
    if summary.low < 0 and abs(summary.median) < 0.5 and summary.negative > 0.2:
        return "they are centred at 0"
    if summary.integers:
        return "all of them are whole numbers"
    return None


def _not_log_tpm(summary: Summary, values: np.ndarray) -> str | None:
    found = _not_log(summary, values)
    if found is not None:
        return found
    total = float(np.nansum(to_linear(values, "log2_tpm")))
    if total > 1.2 * _TPM_SUM:
        return f"on the linear scale they sum to {total:.4g} instead of 1e6"
    if summary.genes >= _WHOLE_TRANSCRIPTOME and total < _LEAST_TPM_SUM:
        return f"on the linear scale they sum to {total:.4g} instead of 1e6 (another log base?)"
    return None


def _not_ratio(summary: Summary, _values: np.ndarray) -> str | None:
    if summary.high > _LARGEST_LOG2:
        return f"the largest is {summary.high:.4g}, no possible log2 ratio"
    if summary.integers:
        return "all of them are whole numbers"
    return None


def _not_log2_cn(summary: Summary, values: np.ndarray, discrete: bool) -> str | None:
    if discrete and summary.genes >= _MIN_GENES:
        return "all of them are whole numbers from -2 to 2"
    return log_ratios.refusal(values, enough=_WHOLE_GENOME)


def _not_discrete(summary: Summary, values: np.ndarray, discrete: bool) -> str | None:
    if not discrete:
        other = values[~np.isnan(values) & ~np.isin(values, _DISCRETE)][0]
        return f"{other:g} is none of -2, -1, 0, 1, 2"
    if summary.genes >= _MIN_GENES and abs(summary.median) == 2:
        return f"most of them are {summary.median:g}"
    return None


def _not_copies(summary: Summary, values: np.ndarray, _discrete: bool) -> str | None:
    if _negative(summary):
        return _negative(summary)
    if np.isinf(values).any():
        return "one of them is infinite"
    low, high = _MEDIAN_COPIES
    low = low if summary.integers else _LEAST_FRACTIONAL_COPIES
    if summary.genes >= _MIN_GENES and not low <= summary.median <= high:
        return "their median is expected at about 2"
    return None


def _cn_looks_like(summary: Summary, discrete: bool) -> str:
    if summary.integers and summary.low >= 0 and 1 < summary.median <= _MEDIAN_COPIES[1]:
        return "copies"
    if discrete:
        return "discrete calls"
    if summary.low < 0:
        return "log2 ratios"
    return "linear ratios" if summary.median < _LEAST_FRACTIONAL_COPIES else "copies"

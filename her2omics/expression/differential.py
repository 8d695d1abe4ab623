"""All genes over the cohort's pairs: follow-up against baseline within patients."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort.levels import PSEUDOCOUNT, REFERENCE_MILLIONS
from her2omics.expression.levels import Z90

MIN_PAIRS = 3
# A gene is tested if it has this many reads, or this level, in at least half of the samples.
_MIN_READS = 10
_MIN_LEVEL = 1.0
DESEQ = "pydeseq2"
MODERATED = "moderated paired differences"


def paired_samples(obs: pd.DataFrame) -> pd.DataFrame:
    """Return the RNA samples of patients with both time points in one kind of unit.

    Parameters
    ----------
    obs
        One row per RNA sample: patient, timepoint, unit, size_factor.

    Returns
    -------
    DataFrame
        The rows of ``obs`` that can be compared within their patient, in their order.
    """
    kind = obs["unit"].astype(str).eq("log2_ratio") | obs["size_factor"].isna()
    groups = pd.DataFrame(
        {"patient": obs["patient"].astype(str), "time": obs["timepoint"].astype(str), "kind": kind}
    ).groupby("patient")
    complete = groups["time"].nunique().eq(2) & groups["kind"].nunique().eq(1)
    return obs[obs["patient"].astype(str).map(complete).to_numpy(dtype=bool)]


def differential_table(
    levels: pd.DataFrame, counts: pd.DataFrame | None, obs: pd.DataFrame, *, max_pairs: int
) -> pd.DataFrame:
    """Return table ``differential``, the most significant genes first.

    Parameters
    ----------
    levels
        Genes x samples, log2 level, of :func:`paired_samples`.
    counts
        Genes x samples, reads; ``None`` where some sample has none.
    obs
        The rows of :func:`paired_samples`.
    max_pairs
        Up to this many patients pydeseq2 is used where all samples have counts (its time grows
        steeply: 50 pairs of 20,000 genes take two minutes, 200 half an hour).

    Returns
    -------
    DataFrame
        Empty with fewer than three patients. ``pairs`` is the number of patients; several biopsies
        of one time point count as one patient.
    """
    patients = obs["patient"].nunique()
    if patients < MIN_PAIRS:
        return tables.empty("differential")
    complete = levels.notna().all(axis=1)
    if counts is not None and patients <= max_pairs:
        result = _deseq(counts[complete], obs).assign(method=DESEQ)
    else:
        result = moderated_differences(levels[complete], obs).assign(method=MODERATED)
    result["pairs"] = patients
    result = result.rename_axis("gene").reset_index()
    return tables.typed(
        result.sort_values(["p", "gene"], kind="stable", ignore_index=True), "differential"
    )


def _deseq(counts: pd.DataFrame, obs: pd.DataFrame) -> pd.DataFrame:
    """Return the Wald test of ``~ patient + timepoint``, follow-up against baseline.

    Patient is cast to a category, or a patient id made of digits would become one continuous
    covariate; the contrast is explicit, or the reference would follow the alphabet.
    """
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.default_inference import DefaultInference
    from pydeseq2.ds import DeseqStats

    tested = counts[(counts >= _MIN_READS).mean(axis=1) >= 0.5]
    metadata = pd.DataFrame(
        {
            "patient": pd.Categorical("p" + obs["patient"].astype(str)),
            "timepoint": pd.Categorical(
                obs["timepoint"].astype(str), categories=["baseline", "followup"]
            ),
        },
        index=obs.index.astype(str),
    )
    inference = DefaultInference(n_cpus=1)
    with warnings.catch_warnings():
        # Few pairs leave few degrees of freedom, and a trend may not fit: the table's intervals and
        # its column `pairs` say so.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        data = DeseqDataSet(
            counts=tested.T.round().astype(int),
            metadata=metadata,
            design="~patient + timepoint",
            inference=inference,
            quiet=True,
        )
        data.deseq2()
        test = DeseqStats(
            data, contrast=["timepoint", "followup", "baseline"], inference=inference, quiet=True
        )
        test.summary()
    names = {
        "baseMean": "base_mean",
        "log2FoldChange": "log2fc",
        "lfcSE": "se",
        "stat": "statistic",
        "pvalue": "p",
        "padj": "q",
    }
    return _with_interval(test.results_df.rename(columns=names), Z90)


def moderated_differences(levels: pd.DataFrame, obs: pd.DataFrame) -> pd.DataFrame:
    """Return the moderated paired t test of every gene.

    Each patient's difference is the mean of its follow-ups minus that of its baselines; the
    variance of a gene's differences is shrunk to that of all genes by empirical Bayes (Smyth 2004,
    Stat Appl Genet Mol Biol 3:3, section 6.2), which adds the degrees of freedom of the prior.

    Parameters
    ----------
    levels
        Genes x samples, log2, complete. Genes below 1 (2 CPM) in more than half of the samples are
        not tested, unless the values are log2 ratios.
    obs
        patient, timepoint, unit, one row per sample.

    Returns
    -------
    DataFrame by gene
        base_mean (reads in a library of 58.6 million), log2fc with interval, statistic, p, q.
    """
    from scipy import stats

    ratios = obs["unit"].astype(str).eq("log2_ratio").any()
    tested = levels if ratios else levels[(levels >= _MIN_LEVEL).mean(axis=1) >= 0.5]
    change = _patient_changes(tested, obs)
    n = change.shape[1]
    mean = change.mean(axis=1)
    variance = change.var(axis=1, ddof=1)
    prior_df, prior_variance = variance_prior(variance, n - 1)
    if np.isinf(prior_df):
        posterior, df = np.full(len(variance), prior_variance), np.inf
    else:
        total = prior_df + n - 1
        posterior = (prior_df * prior_variance + (n - 1) * variance) / total
        # A pooled variance has no more freedom than all genes' residuals together.
        df = min(total, len(variance) * (n - 1))
    se = np.sqrt(posterior / n)
    statistic = mean / se
    p = 2 * stats.t.sf(np.abs(statistic), df)
    base = (np.exp2(tested.to_numpy()) - PSEUDOCOUNT).clip(min=0).mean(axis=1) * REFERENCE_MILLIONS
    found = pd.DataFrame(
        {
            "base_mean": np.nan if ratios else base,
            "log2fc": mean,
            "se": se,
            "statistic": statistic,
            "p": p,
            "q": stats.false_discovery_control(p) if len(p) else p,
        },
        index=tested.index,
    )
    return _with_interval(found, float(stats.t.ppf(0.95, df)))


def _patient_changes(levels: pd.DataFrame, obs: pd.DataFrame) -> np.ndarray:
    """Return genes x patients, mean of the follow-ups minus mean of the baselines."""
    values = levels[list(obs.index)].to_numpy(dtype=float)
    patients, index = np.unique(obs["patient"].astype(str), return_inverse=True)
    followup = obs["timepoint"].astype(str).eq("followup").to_numpy()
    weights = np.zeros((len(index), len(patients)))
    for time, sign in ((followup, 1.0), (~followup, -1.0)):
        counts = np.bincount(index[time], minlength=len(patients))
        weights[time, index[time]] = sign / counts[index[time]]
    return values @ weights


def variance_prior(variance: np.ndarray, df: int) -> tuple[float, float]:
    """Return degrees of freedom and value of the prior variance of all genes.

    Parameters
    ----------
    variance
        Sample variances, zeros left out of the fit.
    df
        Degrees of freedom of each.

    Returns
    -------
    tuple
        By the moments of log variance: the excess of its variance over trigamma(df / 2) is
        trigamma(d0 / 2); infinite d0 where there is no excess.
    """
    from scipy.special import digamma, polygamma

    positive = variance[variance > 0]
    if positive.size < 2:
        return np.inf, float(positive.mean()) if positive.size else 1.0
    centred = np.log(positive) - digamma(df / 2) + np.log(df / 2)
    excess = centred.var(ddof=1) - polygamma(1, df / 2)
    if excess <= 0:
        return np.inf, float(np.exp(centred.mean()))
    half = _trigamma_inverse(float(excess))
    prior = np.exp(centred.mean() + digamma(half) - np.log(half))
    return 2 * half, float(prior)


def _trigamma_inverse(value: float) -> float:
    """Return x with trigamma(x) = value, by bisection on the logarithm (trigamma falls)."""
    from scipy.optimize import brentq
    from scipy.special import polygamma

    return float(np.exp(brentq(lambda log_x: polygamma(1, np.exp(log_x)) - value, -20.0, 20.0)))


def _with_interval(found: pd.DataFrame, quantile: float) -> pd.DataFrame:
    """Add the 90 % interval from the standard error, which leaves the table."""
    found["log2fc_low"] = found["log2fc"] - quantile * found["se"]
    found["log2fc_high"] = found["log2fc"] + quantile * found["se"]
    return found.drop(columns="se")

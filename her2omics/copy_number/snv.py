"""Purity from somatic mutations: clonal heterozygous mutations sit at half the purity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaln, logsumexp

from her2omics.copy_number.fit import PLOIDY, PURITY, PurityPosterior, log_prior_grid, posterior

# Overdispersion of mutation read counts, as in the clone model: 1 / (a + b + 1).
_DISPERSION = 0.01
_ERROR = 0.002  # share of reads that show a mutation the sample does not have
# Share of mutations that all cancer cells carry, and of those shared by both samples: unknown.
_CLONAL = np.array([0.3, 0.6, 0.9])
_TRUNCAL = np.array([0.2, 0.5, 0.8])
_BAD = 0.02  # artefacts and germline variants, anywhere between 0 and 1
_FRACTIONS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])  # subclonal cancer cell fractions
_MIN_DEPTH = 10
_MIN_MUTATIONS = 3  # fewer say nothing about a common purity


def counts_of(mutations: pd.DataFrame) -> pd.DataFrame:
    """Usable mutations of one sample by id: alt, depth, copies (NaN where unknown)."""
    alt = mutations["alt_count"].astype(float)
    depth = alt + mutations["ref_count"].astype(float)
    empty = pd.Series(np.nan, index=mutations.index)
    major, minor = (mutations.get(column, empty) for column in ("major_cn", "minor_cn"))
    frame = pd.DataFrame(
        {
            "mutation_id": mutations["mutation_id"].astype(str),
            "chromosome": mutations["chromosome"].astype(str),
            "position": mutations["position"],
            "alt": alt,
            "depth": depth,
            "copies": major.astype(float) + minor.astype(float),
            "major": major.astype(float),
        }
    )
    usable = frame["depth"].ge(_MIN_DEPTH) & ~frame["chromosome"].isin(["X", "Y"])
    return frame[usable].drop_duplicates("mutation_id").set_index("mutation_id").sort_index()


def _loglik(alt: np.ndarray, depth: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Beta-binomial log-likelihood of counts; broadcasts."""
    size = 1 / _DISPERSION - 1
    share = np.clip(share, _ERROR, 1 - _ERROR)
    a, b = share * size, (1 - share) * size
    return betaln(alt + a, depth - alt + b) - betaln(a, b)


def _anywhere(alt: np.ndarray, depth: np.ndarray) -> np.ndarray:
    return betaln(alt + 1, depth - alt + 1)


def share_of(purity, copies, multiplicity):
    """Expected variant allele fraction of a mutation on ``multiplicity`` of ``copies`` copies."""
    return purity * multiplicity / np.maximum(purity * copies + 2 * (1 - purity), 0.02)


def clonal_loglik(counts: pd.DataFrame, purity: np.ndarray = PURITY) -> np.ndarray:
    """Log-likelihood (P,) of the purity; the share of clonal mutations is integrated out.

    Clonal mutations sit on one copy or on all gained ones; subclonal ones below them.
    """
    alt = counts["alt"].to_numpy()[:, None]
    depth = counts["depth"].to_numpy()[:, None]
    copies = counts["copies"].fillna(2.0).to_numpy()[:, None]
    major = counts["major"].fillna(1.0).clip(lower=1).to_numpy()[:, None]
    one = _loglik(alt, depth, share_of(purity, copies, 1.0))
    many = _loglik(alt, depth, share_of(purity, copies, major))
    clonal = np.logaddexp(one + np.log(0.7), many + np.log(0.3))
    below = logsumexp(
        [_loglik(alt, depth, f * share_of(purity, copies, 1.0)) for f in _FRACTIONS], axis=0
    ) - np.log(len(_FRACTIONS))
    bad = _anywhere(alt, depth) + np.log(_BAD)
    parts = [
        logsumexp(
            [
                clonal + np.log((1 - _BAD) * c),
                below + np.log((1 - _BAD) * (1 - c)),
                np.broadcast_to(bad, one.shape),
            ],
            axis=0,
        ).sum(axis=0)
        for c in _CLONAL
    ]
    return logsumexp(parts, axis=0) - np.log(len(parts))


def shared_loglik(
    anchor: pd.DataFrame, other: pd.DataFrame, purity_anchor: float, purity: np.ndarray = PURITY
) -> np.ndarray:
    """Log-likelihood (P,) of the other sample's purity from the anchor's mutations.

    A mutation that is clonal at the anchor is either truncal, with the same multiplicity and copies
    in the other sample, or absent, or in a part of its cells; the truncal share is integrated out.
    """
    both = anchor.join(other[["alt", "depth"]], how="inner", rsuffix="_other")
    if both.empty:
        return np.zeros(len(purity))
    alt, depth = both["alt"].to_numpy(), both["depth"].to_numpy()
    copies = both["copies"].fillna(2.0).to_numpy()
    major = both["major"].fillna(1.0).clip(lower=1).to_numpy()
    alt2, depth2 = (both[c].to_numpy()[:, None] for c in ("alt_other", "depth_other"))
    one = np.log(0.42) + _loglik(alt, depth, share_of(purity_anchor, copies, 1.0))
    many = np.log(0.18) + _loglik(alt, depth, share_of(purity_anchor, copies, major))
    below = (
        np.log(0.4)
        - np.log(len(_FRACTIONS))
        + logsumexp(
            [_loglik(alt, depth, f * share_of(purity_anchor, copies, 1.0)) for f in _FRACTIONS],
            axis=0,
        )
    )
    total = logsumexp([one, many, below, _anywhere(alt, depth) + np.log(_BAD)], axis=0)
    truncal_one = _loglik(alt2, depth2, share_of(purity, copies[:, None], 1.0))
    truncal_many = _loglik(alt2, depth2, share_of(purity, copies[:, None], major[:, None]))
    absent = _loglik(alt2, depth2, np.zeros_like(purity))
    partial = logsumexp(
        [_loglik(alt2, depth2, f * share_of(purity, copies[:, None], 1.0)) for f in _FRACTIONS],
        axis=0,
    ) - np.log(len(_FRACTIONS))
    free = np.logaddexp(absent, partial) - np.log(2)
    p_one, p_many = np.exp(one - total)[:, None], np.exp(many - total)[:, None]
    p_free = np.clip(1 - p_one - p_many, 1e-6, 1)
    parts = [
        logsumexp(
            [
                truncal_one + np.log(t * p_one + 1e-12),
                truncal_many + np.log(t * p_many + 1e-12),
                free + np.log((1 - t) * (1 - p_free) + p_free),
                np.broadcast_to(_anywhere(alt2, depth2) + np.log(_BAD), free.shape),
            ],
            axis=0,
        ).sum(axis=0)
        for t in _TRUNCAL
    ]
    return logsumexp(parts, axis=0) - np.log(len(parts))


def snv_purity(mutations: pd.DataFrame) -> PurityPosterior:
    """Purity of a sample that has mutation counts only.

    Parameters
    ----------
    mutations
        mutation_id, chromosome, position, ref_count, alt_count and, where known, major_cn and
        minor_cn; two copies are assumed elsewhere, which the wide prior of the clonal share covers.

    Returns
    -------
    PurityPosterior
        Source ``snv``; ``none`` with the flat prior where fewer than three mutations are covered.
    """
    counts = counts_of(mutations)
    logs = log_prior_grid(None)
    known = int(counts["alt"].ge(2).sum()) >= _MIN_MUTATIONS
    if known:
        logs = logs + clonal_loglik(counts)[:, None]
    return posterior(PURITY, PLOIDY, np.exp(logs - logs.max()), "snv" if known else "none")

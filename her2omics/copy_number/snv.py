"""Purity and ploidy from somatic mutations: on how many of the copies of their place they sit.

A copy of a place with linear ratio R holds the share p / (R (p psi + 2 (1 - p))) of its DNA, so
that mutations show the size of a single copy. That tells the purity; and where a genome doubled,
mutations older than the doubling sit on two copies and younger ones on one, which the same genome
read as undoubled would need a subclone in half of its cells for.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy.special import betaln, logsumexp

from her2omics.copy_number.fit import PLOIDY, PURITY, PurityPosterior, log_prior_grid, posterior
from her2omics.copy_number.states import DOUBLED

# Overdispersion of mutation read counts, as in the clone model: 1 / (a + b + 1).
_DISPERSION = 0.01
_ERROR = 0.002  # share of reads that show a mutation the sample does not have
# Share of mutations that all cancer cells carry, of the late ones among them that both samples
# have, and of the clonal ones that came before the gains of their place: unknown, averaged over.
_CLONAL = (0.3, 0.6, 0.9)
_TRUNCAL = (0.2, 0.5, 0.8)
_EARLY = (0.2, 0.5, 0.8)
_USUAL_CLONAL, _USUAL_EARLY = 0.6, 0.4  # of a mutation at the anchor; assumptions
# What came before a gain of the trunk is in both samples, unless it was lost; assumption.
_EARLY_KEPT = 0.9
# A mutation that is not clonal is absent (another sample of the patient has it) or in a part of the
# cells; one that is not clonal at the anchor may be clonal elsewhere. Assumptions.
_ABSENT, _OWN_CLONAL = 0.5, 0.15
_BAD = 0.02  # artefacts and germline variants, anywhere between 0 and 1
_FRACTIONS = np.arange(0.1, 0.95, 0.1)  # subclonal cancer cell fractions
# The haplotypes of a place with C copies: all on one, .6 / C; of the rest three quarters as even as
# can be, one with all but one. Two copies are 1 + 1 or, in a doubled genome, 2 + 0. Assumption.
_ALL, _EVEN = 0.6, 0.75
_MOST_COPIES = 8
# Mutations share what the model leaves out (waves of the ratios, subclonal copies).
_TEMPER = 0.7
_MIN_DEPTH = 10
_MIN_MUTATIONS = 3  # fewer say nothing about a common purity
_MOST_MUTATIONS = 300  # of which the likelihood is computed; evenly along the genome
_LOG_SHARE = np.linspace(np.log(5e-4), 0.0, 256)
_STEP = _LOG_SHARE[1] - _LOG_SHARE[0]
_LOG_CELLS = np.linspace(np.log(2e-3), 0.0, 120)  # of the cancer cells' share of the DNA, p / D


def counts_of(mutations: pd.DataFrame) -> pd.DataFrame:
    """Usable mutations of one sample by id: place, alt, depth, copies (NaN where unknown)."""
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
        }
    )
    usable = frame["depth"].ge(_MIN_DEPTH) & ~frame["chromosome"].isin(["X", "Y"])
    frame = frame[usable].drop_duplicates("mutation_id").set_index("mutation_id").sort_index()
    if len(frame) > _MOST_MUTATIONS:
        place = frame.sort_values(["chromosome", "position"], kind="stable").index
        chosen = np.linspace(0, len(place) - 1, _MOST_MUTATIONS).round().astype(int)
        frame = frame.loc[place[chosen]].sort_index()
    return frame


@cache
def _early_copies() -> np.ndarray:
    """Return P(mutated copies of an early clonal mutation | copies of its place), (C, m) from 1."""
    out = np.zeros((_MOST_COPIES, _MOST_COPIES))
    for copies in range(1, _MOST_COPIES + 1):
        even, one = (copies + 1) // 2, _ALL / copies
        uneven = max(copies - 1, even)
        chances = (copies, one), (even, (1 - one) * _EVEN), (uneven, (1 - one) * (1 - _EVEN))
        for major, chance in chances:
            minor = copies - major
            for on in (major, minor if minor else major):
                out[copies - 1, on - 1] += chance / 2
    return out


class _Reads:
    """The likelihood of each mutation's reads by the mutated share of the DNA, over its best.

    A table over the log share, in steps of 3 %.
    """

    def __init__(self, counts: pd.DataFrame) -> None:
        alt, depth = (counts[name].to_numpy()[:, None] for name in ("alt", "depth"))
        size = 1 / _DISPERSION - 1

        def log_likelihood(share: np.ndarray) -> np.ndarray:
            share = np.clip(share, _ERROR, 1 - _ERROR)
            a, b = share * size, (1 - share) * size
            return betaln(alt + a, depth - alt + b) - betaln(a, b)

        table = log_likelihood(np.exp(_LOG_SHARE))
        absent = log_likelihood(np.zeros(1))
        anywhere = betaln(alt + 1, depth - alt + 1)
        best = np.maximum(table.max(axis=1, keepdims=True), absent)
        self.table, self.absent, self.anywhere = (
            np.exp(value - best) for value in (table, absent, anywhere)
        )
        at = np.log(np.exp(_LOG_SHARE)[:, None] * _FRACTIONS)
        self.below = self.table[:, self._index(at)].mean(axis=2)

    @staticmethod
    def _index(log_share: np.ndarray) -> np.ndarray:
        index = np.rint((log_share - _LOG_SHARE[0]) / _STEP).astype(np.int32)
        return np.clip(index, 0, len(_LOG_SHARE) - 1)

    def on(self, log_share: np.ndarray, copies: int = 1) -> np.ndarray:
        """Return the likelihood (N, G) on so many copies of shares (N, G) each."""
        return np.take_along_axis(self.table, self._index(log_share + np.log(copies)), axis=1)

    def in_part_or_absent(self, log_share: np.ndarray) -> np.ndarray:
        """Return the likelihood (N, G) on one copy in a part of the cancer cells, or in none."""
        part = np.take_along_axis(self.below, self._index(log_share), axis=1)
        return _ABSENT * self.absent + (1 - _ABSENT) * part

    def early(self, log_share: np.ndarray, copies: np.ndarray) -> np.ndarray:
        """Return the likelihood (N, G) of a clonal mutation older than the gains of its place."""
        return sum(chance * self.on(log_share, m) for m, chance in _multiplicities(copies))


def _multiplicities(copies: np.ndarray):
    """Yield mutated copies, and their probability where a place has so many copies."""
    whole = np.clip(np.rint(copies), 1, _MOST_COPIES).astype(int)
    chances = _early_copies()[whole - 1]
    for m in range(_MOST_COPIES):
        if chances[..., m].any():
            yield m + 1, chances[..., m]


def _places(
    counts: pd.DataFrame, purity: np.ndarray, ploidy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return log share of one copy in the DNA, and total copies, (N, G) at G solutions.

    ``ratio`` of the counts is the linear ratio of the place to the genome's mean.
    """
    ratio = counts["ratio"].to_numpy()[:, None]
    dna = ratio * (purity * ploidy + 2 * (1 - purity))
    return np.log(purity / dna), (dna - 2 * (1 - purity)) / purity


def clonal_loglik(
    counts: pd.DataFrame, purity: np.ndarray = PURITY, ploidy: np.ndarray = PLOIDY
) -> np.ndarray:
    """Log-likelihood (P, Q) of purity and ploidy from a sample's own mutations.

    Clonal mutations sit on one copy, or, where older than a gain, on all copies of a haplotype;
    subclonal ones below, or the sample has them not at all. The shares of clonal and of early ones
    are averaged over.

    Parameters
    ----------
    counts
        :func:`counts_of`, with ``ratio``.
    """
    both = np.meshgrid(purity, ploidy, indexing="ij")
    found = _own(_Reads(counts), *_places(counts, *(value.ravel() for value in both)))
    return found.reshape(len(purity), len(ploidy))


def _own(reads: _Reads, log_share: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """Return the log-likelihood (G,) of single copies of such a share (N, G)."""
    late, early = reads.on(log_share), reads.early(log_share, copies)
    part, bad = reads.in_part_or_absent(log_share), _BAD * reads.anywhere
    logs = []
    for share_early in _EARLY:
        clonal = (1 - share_early) * late + share_early * early
        for share in _CLONAL:
            mixed = (1 - _BAD) * (share * clonal + (1 - share) * part) + bad
            logs.append(np.log(mixed).sum(axis=0))
    return _TEMPER * (logsumexp(logs, axis=0) - np.log(len(logs)))


def shared_loglik(
    anchor: pd.DataFrame,
    other: pd.DataFrame,
    anchor_purity: np.ndarray,
    anchor_ploidy: np.ndarray,
    purity: np.ndarray = PURITY,
    ploidy: np.ndarray = PLOIDY,
) -> np.ndarray:
    """Log-likelihood (M, P, Q) of the other sample's purity and ploidy, given the anchor's (M,).

    A mutation that is clonal at the anchor is truncal, on as many copies in the other sample (on
    twice as many where the genome doubled in between), or absent, or in a part of its cells; one
    that is not may be clonal in the other sample. On several copies it is old, and mostly truncal;
    the truncal share of the others is averaged over. What counts is the cancer cells' share of the
    DNA.
    """
    both = anchor.join(other[["alt", "depth", "ratio"]], how="inner", rsuffix="_other")
    out = np.zeros((len(anchor_purity), len(purity), len(ploidy)))
    if both.empty:
        return out
    late, early = _at_anchor(both, anchor_purity, anchor_ploidy)
    there = _Reads(both[["alt_other", "depth_other"]].set_axis(["alt", "depth"], axis=1))
    log_share = _LOG_CELLS - np.log(both["ratio_other"].to_numpy())[:, None]
    once, old = late[:, :, None], early.sum(axis=2)[:, :, None]
    alone = (1 - _OWN_CLONAL) * there.in_part_or_absent(log_share)
    alone = alone + _OWN_CLONAL * there.on(log_share)
    cells = np.log(purity[:, None] / (purity[:, None] * ploidy + 2 * (1 - purity[:, None])))
    for times in (1, 2):
        by_copies = np.stack([there.on(log_share, times * (m + 1)) for m in range(_MOST_COPIES)])
        kept = _EARLY_KEPT * np.einsum("mnk,knw->mnw", early, by_copies, optimize=True)
        logs = []
        for share in _TRUNCAL:
            truncal = kept + share * once * by_copies[0]
            mixed = (1 - _BAD) * (truncal + (1 - _EARLY_KEPT * old - share * once) * alone)
            logs.append(np.log(mixed + _BAD * there.anywhere).sum(axis=1))
        line = _TEMPER * (logsumexp(logs, axis=0) - np.log(len(logs)))
        for m, values in enumerate(line):
            chosen = (ploidy > DOUBLED * anchor_ploidy[m]) == (times == 2)
            out[m][:, chosen] = np.interp(cells[:, chosen], _LOG_CELLS, values)
    return out


def _at_anchor(
    counts: pd.DataFrame, purity: np.ndarray, ploidy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability that a mutation is clonal at the anchor (M,), by age.

    Late, on one copy (M, N), and early, by the copies it is on (M, N, m).
    """
    reads = _Reads(counts)
    log_share, copies = _places(counts, purity, ploidy)
    early = np.zeros((_MOST_COPIES, *log_share.shape))
    for m, chance in _multiplicities(copies):
        early[m - 1] = _USUAL_CLONAL * _USUAL_EARLY * chance * reads.on(log_share, m)
    late = _USUAL_CLONAL * (1 - _USUAL_EARLY) * reads.on(log_share)
    rest = (1 - _USUAL_CLONAL) * reads.in_part_or_absent(log_share) + _BAD * reads.anywhere
    total = late + early.sum(axis=0) + rest
    return (late / total).T, np.transpose(early / total, (2, 1, 0))


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
        copies = counts["copies"].fillna(2.0).to_numpy()[:, None]
        log_share = np.log(PURITY / (PURITY * copies + 2 * (1 - PURITY)))
        copies = np.broadcast_to(copies, log_share.shape)
        logs = logs + _own(_Reads(counts), log_share, copies)[:, None]
    return posterior(PURITY, PLOIDY, np.exp(logs - logs.max()), "snv" if known else "none")

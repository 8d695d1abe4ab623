"""Whether two tumours descend from one: the same tumour, or a second primary.

Mutations that both tumours carry speak for one origin, the rarer a mutation is among tumours in
general the more. For a mutation of population frequency p and a share x of shared ancestry

    shared:  x p + (1 - x) p^2        private:  2 (1 - x) p (1 - p)

against the same with x = 0 (Ostrovnaya, Seshan & Begg 2015, Ann Appl Stat 9:1533). The ratio is
given at the x that fits best, and averaged over what x is in true pairs: only the average tells
whether *no* shared mutation is surprising. In the average, which makes the call, a mutation of one
tumour may also seem to be in an unrelated one by error, as if it were so much more frequent: one
shared mutation of a hundred proves no common origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy.special import betaln

from her2omics.clones.clustering import UNCLUSTERED, Clustering
from her2omics.clones.grid import GRID

# Beta distribution of the share of ancestry of true pairs: mean .45, as published for primary
# tumours and their metastases, SD .21.
ANCESTRY = (2.0, 2.4)
RARE = 5e-7  # frequency of a mutation not known to recur: 1.5 per megabase, one of three bases
#: Share of a tumour's mutations that seem to be in an unrelated one: stray reads, index hops,
#: germline variants that passed as somatic [assume].
SPURIOUS = 0.005
_SEEN = 0.95  # probability above which a mutation is there, or clonal
_LEAST_READS = 4.0  # reads expected of a clonal mutation, else its absence says nothing
# Of the reads expected of a clonal mutation: fewer may be errors, index hops or a neighbour's DNA,
# of which there are some among a hundred sites that two independent tumours do not share.
_STRAY_SHARE = 0.25
# Clusters from this share of the mutations on say which fraction is that of all cells: copies that
# are not known halve all fractions of a doubled genome.
_LARGE = 0.1
_X = np.linspace(0.0, 1.0, 201)[:-1] + 0.0025  # shares of ancestry at which the integral is taken


@dataclass(frozen=True)
class Lineage:
    """Evidence of one origin of two tumours.

    Attributes
    ----------
    shared, private_baseline, private_followup
        Mutations both carry, and mutations of most cells of one that the other would show and does
        not.
    shared_rare
        Shared mutations that are no hotspots.
    log10_lr
        log10 likelihood ratio of one origin at the best share of ancestry, at least 0.
    log10_bayes_factor
        log10 ratio averaged over the shares of true pairs; below 0: two origins are likelier.
    call
        ``related``, ``unrelated`` or ``not_assessable``.
    """

    shared: int
    shared_rare: int
    private_baseline: int
    private_followup: int
    log10_lr: float
    log10_bayes_factor: float
    call: str


def lineage(
    found: Clustering,
    baseline: str,
    followup: str,
    *,
    frequency: np.ndarray,
    limit: SimpleNamespace,
) -> Lineage:
    """Judge whether two samples are of one tumour.

    Parameters
    ----------
    found
        Clusters of the patient.
    baseline, followup
        Names of the samples.
    frequency
        (n,): share of tumours that carry each mutation; NaN: :data:`RARE`.
    limit
        Thresholds ``lineage_bayes_factor`` (log10) and ``lineage_hotspot`` (frequency).
    """
    names = list(found.observed.samples)
    b, f = names.index(baseline), names.index(followup)
    present, absent, clonal = zip(*(_presence(found, s) for s in (b, f)), strict=True)
    rate = np.where(np.isnan(frequency), RARE, np.clip(frequency, 1e-9, 0.5))
    shared = present[0] & present[1]
    private = clonal[0] & absent[1], clonal[1] & absent[0]
    only = int(private[0].sum()), int(private[1].sum())
    best, factor = ratios(rate[shared], sum(only))
    call = "not_assessable"
    if factor >= limit.lineage_bayes_factor:
        call = "related"
    elif factor <= -limit.lineage_bayes_factor:
        call = "unrelated"
    rare = int((shared & (rate < limit.lineage_hotspot)).sum())
    return Lineage(int(shared.sum()), rare, *only, best, factor, call)


def ratios(shared: np.ndarray, private: int) -> tuple[float, float]:
    """Return log10 likelihood ratio at the best share and averaged over :data:`ANCESTRY`.

    Parameters
    ----------
    shared
        Population frequencies of the shared mutations.
    private
        Number of private mutations; their frequency cancels.
    """
    best = _log_ratio(shared, private)
    log = _log_ratio(shared + SPURIOUS, private)
    a, b = ANCESTRY
    prior = (a - 1) * np.log(_X) + (b - 1) * np.log1p(-_X) - betaln(a, b)
    weighted = log + prior
    top = weighted.max()
    mean = np.log(np.exp(weighted - top).mean()) + top
    return float(max(best.max(), 0.0) / np.log(10)), float(mean / np.log(10))


def _log_ratio(shared: np.ndarray, private: int) -> np.ndarray:
    """Return the log likelihood ratio at each share of ancestry."""
    common = np.log(_X[:, None] / shared + (1 - _X)[:, None]).sum(axis=1)
    return common + private * np.log1p(-_X)


def _presence(found: Clustering, s: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which mutations are there, are visibly not there, and are in most cells of sample s."""
    observed, model = found.observed, found.samples.iloc[s]
    alt, depth = observed.alt[:, s], observed.alt[:, s] + observed.ref[:, s]
    covered = ~np.isnan(depth)
    depth, alt = np.where(covered, depth, 0.0), np.where(covered, alt, 0.0)
    purity = np.clip(observed.purity[:, s] * model["purity_factor"], 0.01, 1)
    cells = purity * observed.copies[:, s] + observed.normal[:, s] * (1 - purity)
    clonal_reads = depth * purity / np.maximum(cells, 0.02)
    by_error = depth * observed.error[:, s]
    present = covered & (alt >= 3) & (alt > by_error + 4 * np.sqrt(by_error) + 2)
    present &= alt >= _STRAY_SHARE * clonal_reads * _clonal_fraction(found, s)
    label = found.mutations["cluster_id"].to_numpy().reshape(observed.alt.shape)[:, s]
    mass = np.zeros(len(alt))
    zero = np.zeros(len(alt))
    if len(found.posterior):
        high = found.posterior[:, s, 0.6 * _clonal_fraction(found, s) <= GRID].sum(axis=1)
        none = found.posterior[:, s, GRID <= 0.02].sum(axis=1)
        inside = label != UNCLUSTERED
        mass[inside], zero[inside] = high[label[inside]], none[label[inside]]
    visible = covered & (clonal_reads >= _LEAST_READS)
    absent = visible & (alt <= 1 + by_error) & ~present & (zero > 0.5)
    return present, absent, present & (mass > _SEEN)


def _clonal_fraction(found: Clustering, s: int) -> float:
    """Return the fraction that all cancer cells have in sample s: that of its highest cluster."""
    sizes = found.member.sum(axis=0)
    large = sizes >= _LARGE * sizes.sum()
    if not large.any():
        return 1.0
    return float(np.clip((found.posterior[large, s] @ GRID).max(), 0.3, 1.0))

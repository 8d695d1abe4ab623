"""Clusters of mutations over any number of samples of one patient.

The reads of every mutation become a likelihood over the cancer cell fraction (``likelihood``),
the clusters are a variational mixture of them (``mixture``) found by merging and splitting
(``search``), and each sample's precision and purity factor are chosen by the evidence
(``samples``). Nothing is drawn at random, and neither names nor the order of rows and samples
enter.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from her2omics.clones.grid import GRID, interval, mean_sd, quantile
from her2omics.clones.mixture import Data, Mixture, fit
from her2omics.clones.observations import Observations, observations
from her2omics.clones.origin import log_sum, on_grid, posterior
from her2omics.clones.samples import (
    SampleModel,
    by_cluster,
    fitted,
    log_prior,
    sample_model,
    spread_by_purity,
)
from her2omics.clones.search import best_merges, merge, merged, refine, search

UNCLUSTERED = -1  # cluster_id of mutations that belong to no cluster
_SEARCHED = 800  # mutations the search for clusters looks at; all take part from then on
_ROUNDS = 3  # of refining clusters and fitting the samples in turn
_TOO_FAR = 60.0  # log evidence a merge may lack before the samples are fitted to it


@dataclass(frozen=True)
class Clustering:
    """Clusters of one patient.

    Attributes
    ----------
    mutations
        One row per mutation and sample, in the order of the input's first occurrence:
        ``mutation_id, sample_id, cluster_id, cellular_prevalence, cellular_prevalence_std,
        cluster_assignment_prob`` as PyClone-VI writes them (the first three and the last of the
        mutation, prevalence and its standard deviation of its cluster), and ``ccf, ccf_low,
        ccf_high``, the mutation's own fraction, clusters averaged by their probability.
        Mutations of no cluster have ``cluster_id`` -1.
    clusters
        One row per cluster and sample: ``cluster_id, sample_id, ccf, ccf_low, ccf_high, ccf_mean,
        ccf_sd, mutations, covered``; ccf is the posterior's median, low and high its 90 % interval,
        covered the members with reads in the sample.
    samples
        One row per sample: ``sample_id, tumour_content, purity_factor, precision``; the factor is
        fitted purity over the one given.
    posterior
        (K, S, 101): posterior of every cluster's fraction on :data:`~her2omics.clones.grid.GRID`,
        clusters and samples in the order of the tables.
    member
        (n, K): probability of every mutation's membership in each cluster.
    observed
        The counts, in the same order.
    evidence
        Lower bound of the log evidence.
    """

    mutations: pd.DataFrame
    clusters: pd.DataFrame
    samples: pd.DataFrame
    posterior: np.ndarray
    member: np.ndarray
    observed: Observations
    evidence: float


def cluster(frame: pd.DataFrame, *, apart: Collection[str] = ()) -> Clustering:
    """Cluster the mutations of one patient.

    Parameters
    ----------
    frame
        One row per mutation and sample in PyClone-VI's columns; see
        :func:`~her2omics.clones.observations.observations`.
    apart
        Mutations that take no part: they belong to no cluster and have a fraction of their own.

    Returns
    -------
    Clustering

    Raises
    ------
    InputError
        If the table is not as described.
    """
    observed = observations(frame)
    rows, columns = observed.order()
    covered = ~np.isnan(observed.alt[rows] + observed.ref[rows]).all(axis=1)
    taking_part = ~np.isin(observed.mutations[rows].astype(str), list(apart))
    others = rows[covered & ~taking_part]
    rows = rows[covered & taking_part]
    if not len(rows):
        return _tables(observed, None, None, rows, columns)
    model, mixture = fit_samples(observed.taken(rows, columns))
    found = _tables(observed, model, mixture, rows, columns)
    return _with_own(found, others, columns) if len(others) else found


def _with_own(found: Clustering, rows: np.ndarray, columns: np.ndarray) -> Clustering:
    """Return the result with the fractions of mutations (rows) that took no part."""
    observed = found.observed.taken(rows, columns)
    fitted_here = found.samples.iloc[columns]
    model = replace(
        sample_model(observed),
        factor=fitted_here["purity_factor"].to_numpy(float),
        precision=fitted_here["precision"].to_numpy(float),
    )
    data = model.data()
    own = on_grid(posterior(data.flat, data.samples)[0], data.samples)
    own /= own.sum(axis=-1, keepdims=True)
    low, high = interval(own)
    table = found.mutations.copy()
    place = rows[:, None] * len(found.observed.samples) + columns
    for name, values in (
        ("ccf", quantile(own, 0.5)),
        ("ccf_low", low),
        ("ccf_high", high),
        ("cellular_prevalence", quantile(own, 0.5)),
        ("cellular_prevalence_std", mean_sd(own)[1]),
    ):
        table.loc[place.ravel(), name] = values.ravel()
    return replace(found, mutations=table)


def fit_samples(observed: Observations) -> tuple[SampleModel, Mixture]:
    """Fit clusters, precisions and purity factors in turn."""
    model = sample_model(observed)
    data = model.data()
    mixture = _searched(data)
    model = by_cluster(model, mixture, observed)
    model, data, mixture, _ = _adapted(model, data, mixture, wide=True)
    for _ in range(_ROUNDS):
        mixture = refine(data, mixture)
        model, data, mixture, changed = _adapted(model, data, mixture)
        if not changed:
            break
    model, data, mixture = _fewer(model, data, mixture)
    mixture = fit(data, mixture.member, mixture.alone)
    return by_cluster(model, mixture, observed), mixture


def _searched(data: Data) -> Mixture:
    """Clusters of a part of the mutations, which all mutations then join."""
    count = len(data.flat)
    if count <= _SEARCHED:
        return search(data)
    rows = np.linspace(0, count - 1, _SEARCHED).astype(int)
    part = search(data.taken(rows))
    logits = np.c_[data.alone, data.scores(part.weights)]
    share = np.r_[part.alone.sum(), part.member.sum(axis=0)] / _SEARCHED
    logits = np.exp(logits + np.log(share) - log_sum(logits + np.log(share))[:, None])
    return fit(data, logits[:, 1:], logits[:, 0], iterations=20, tolerance=0.05)


def _adapted(
    model: SampleModel, data: Data, mixture: Mixture, *, wide: bool = False, join: bool = True
) -> tuple[SampleModel, Data, Mixture, bool]:
    """Fit the samples to the clusters, and the clusters to the samples where those changed."""
    changed = fitted(model, mixture, wide=wide)
    if changed.same(model):
        return model, data, mixture, False
    data = changed.data()
    mixture = fit(data, mixture.member, mixture.alone, iterations=20, tolerance=0.05)
    return changed, data, merge(data, mixture) if join else mixture, True


def _fewer(model: SampleModel, data: Data, mixture: Mixture) -> tuple[SampleModel, Data, Mixture]:
    """Merge clusters that only the precision keeps apart.

    Scatter that the model takes for two clusters would pass for one of lower precision; so the
    samples are fitted to the merged clusters before the two are compared.
    """
    improved = True
    while improved and mixture.clusters > 1:
        improved = False
        for pair, gain in best_merges(mixture, 2):
            if gain < -_TOO_FAR:
                break
            trial = fit(data, *merged(mixture, [pair]), iterations=10, tolerance=0.1)
            other = model, data, trial, True
            for wide in (True, False):
                if other[3]:
                    other = _adapted(*other[:3], wide=wide, join=False)
            if other[2].bound + log_prior(other[0]) > mixture.bound + log_prior(model):
                model, data, mixture = other[:3]
                improved = True
                break
    return model, data, mixture


def _tables(
    observed: Observations,
    model: SampleModel | None,
    mixture: Mixture | None,
    rows: np.ndarray,
    columns: np.ndarray,
) -> Clustering:
    """Put the result into the order of the input and into tables."""
    count, samples = observed.alt.shape
    clusters = 0 if mixture is None else mixture.clusters
    fraction = np.zeros((clusters, samples, len(GRID)))
    own = np.full((count, samples, len(GRID)), np.nan)
    member, alone = np.zeros((count, clusters)), np.ones(count)
    factor, precision = np.ones(samples), np.full(samples, np.nan)
    if mixture is not None:
        spread = spread_by_purity(model, mixture)
        order = np.lexsort((-mixture.member.sum(axis=0), -(mean_sd(spread)[0]).sum(axis=1)))
        fraction[:, columns] = spread[order]
        member[rows], alone[rows] = mixture.member[:, order], mixture.alone
        factor[columns], precision[columns] = model.factor, model.precision
        own[np.ix_(rows, columns)] = _own(model.data(), mixture, spread)
    label = np.where(alone >= member.max(axis=1, initial=0.0), UNCLUSTERED, 0)
    if clusters:
        label = np.where(label == UNCLUSTERED, label, member.argmax(axis=1))
    probability = np.c_[alone, member].max(axis=1)
    of_cluster = np.where(label[:, None, None] >= 0, fraction[label] if clusters else own, own)
    names = np.repeat(observed.mutations, samples), np.tile(observed.samples, count)
    low, high = interval(own)
    mutations = pd.DataFrame(
        {
            "mutation_id": names[0],
            "sample_id": names[1],
            "cluster_id": np.repeat(label, samples),
            "cellular_prevalence": quantile(of_cluster, 0.5).ravel(),
            "cellular_prevalence_std": mean_sd(of_cluster)[1].ravel(),
            "cluster_assignment_prob": np.repeat(probability, samples),
            "ccf": quantile(own, 0.5).ravel(),
            "ccf_low": low.ravel(),
            "ccf_high": high.ravel(),
        }
    )
    return Clustering(
        mutations,
        _cluster_table(fraction, observed, label),
        pd.DataFrame(
            {
                "sample_id": observed.samples,
                "tumour_content": np.median(observed.purity, axis=0) if count else np.nan,
                "purity_factor": factor,
                "precision": precision,
            }
        ),
        fraction,
        member,
        observed,
        0.0 if mixture is None else mixture.bound + log_prior(model),
    )


def _own(data: Data, mixture: Mixture, fraction: np.ndarray) -> np.ndarray:
    """Posterior (n, S, 101) of each mutation's fraction over the clusters it may belong to."""
    out = np.einsum("nk,ksg->nsg", mixture.member, fraction)
    some = mixture.alone > 1e-3
    alone = on_grid(posterior(data.flat[some], data.samples)[0], data.samples)
    out[some] += mixture.alone[some][:, None, None] * alone
    return out / out.sum(axis=-1, keepdims=True)


def _cluster_table(
    posterior: np.ndarray, observed: Observations, label: np.ndarray
) -> pd.DataFrame:
    clusters, samples = np.arange(len(posterior)), observed.samples
    low, high = interval(posterior)
    mean, sd = mean_sd(posterior)
    inside = label == clusters[:, None]
    covered = inside.astype(int) @ (~np.isnan(observed.alt + observed.ref)).astype(int)
    return pd.DataFrame(
        {
            "cluster_id": np.repeat(clusters, len(samples)),
            "sample_id": np.tile(samples, len(clusters)),
            "ccf": quantile(posterior, 0.5).ravel(),
            "ccf_low": low.ravel(),
            "ccf_high": high.ravel(),
            "ccf_mean": mean.ravel(),
            "ccf_sd": sd.ravel(),
            "mutations": np.repeat(inside.sum(axis=1), len(samples)),
            "covered": covered.ravel(),
        }
    )

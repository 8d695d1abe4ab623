"""From the mutations of patients to the tables of this arm."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.clones.amplicon import SURE, Erbb2, carriers
from her2omics.clones.clustering import Clustering, cluster
from her2omics.clones.drivers import drivers
from her2omics.clones.grid import interval, quantile
from her2omics.clones.lineage import lineage
from her2omics.clones.selection import shifts
from her2omics.clones.trees import NO_PARENT, Trees, trees
from her2omics.sheets.seeds import seed_for

TABLES = (
    "mutations", "clusters", "clones", "clone_samples", "cluster_shifts", "lineage", "drivers"
)  # fmt: skip
_REPORTED = 100  # patients between two lines of progress


@dataclass(frozen=True)
class Patient:
    """Mutations of one patient, and its pairs of samples as (case, baseline, followup).

    ``normal``: how far a matched normal stands behind the mutations; ``reads`` of it were seen, it
    is in the ``sheet`` alone, or there is ``none``. ``erbb2``: its copies by sample, where known.
    ``apart``: mutations that are evidence of their own and take no part in the clusters.
    """

    name: str
    frame: pd.DataFrame
    pairs: tuple[tuple[str, str, str], ...]
    normal: str = "none"
    erbb2: Mapping[str, Erbb2] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """Results of one patient: rows of every table by name, and its tree for the JSON file."""

    patient: str
    tables: Mapping[str, pd.DataFrame]
    tree: Mapping


def analyse(patient: Patient, *, seed: int, limit: SimpleNamespace, build: str) -> Found:
    """Cluster the mutations of a patient and say what follows.

    Parameters
    ----------
    patient
        Mutations as :func:`~her2omics.readers.mutation_table.read_mutation_table` gives them.
    seed
        Config seed.
    limit
        Thresholds.
    build
        Genome build of the places: ``GRCh38`` or ``GRCh37``.
    """
    found = cluster(patient.frame, apart=patient.apart)
    enough = _sizes(found) >= limit.cluster_min_mutations
    chosen = np.flatnonzero(enough)
    tree = trees(
        found.posterior[chosen],
        _sizes(found)[chosen],
        seed=seed_for(seed, "clones", patient.name),
    )
    changes, lineages = [], []
    frequency = population_frequency(patient.frame, found.observed.mutations, build=build)
    for case, baseline, followup in patient.pairs:
        pair = {"case": case, "patient": patient.name, "baseline": baseline, "followup": followup}
        changes.append(shifts(found, baseline, followup, limit=limit).assign(**pair))
        judged = lineage(found, baseline, followup, frequency=frequency, limit=limit)
        lineages.append(pair | judged.__dict__ | {"normal": patient.normal})
    tables = {
        "mutations": found.mutations,
        "clusters": found.clusters,
        "clones": _clones(found, tree, chosen, patient.erbb2),
        "clone_samples": _samples(found),
        "cluster_shifts": pd.concat(changes) if changes else pd.DataFrame(),
        "lineage": pd.DataFrame(lineages),
        "drivers": drivers(
            patient.frame, found.mutations, found.observed, patient.pairs, build=build
        ),
    }
    return Found(
        patient.name,
        {name: table.assign(patient=patient.name) for name, table in tables.items()},
        _tree_entry(tree, chosen),
    )


def analyse_all(
    patients: Iterable[Patient],
    *,
    seed: int,
    limit: SimpleNamespace,
    build: str,
    cores: int = 1,
    progress: bool = False,
) -> tuple[dict[str, pd.DataFrame], dict[str, Mapping]]:
    """Analyse many patients; the result does not depend on the number of cores.

    Returns
    -------
    tuple
        Rows of every table by name, and the tree of every patient.
    """
    patients = list(patients)
    work = partial(analyse, seed=seed, limit=limit, build=build)
    if cores > 1 and len(patients) > cores:
        with ProcessPoolExecutor(cores) as pool:
            chunk = max(1, min(20, len(patients) // (4 * cores)))
            done = list(_told(pool.map(work, patients, chunksize=chunk), len(patients), progress))
    else:
        done = list(_told(map(work, patients), len(patients), progress))
    parts = {name: [one.tables[name] for one in done if len(one.tables[name])] for name in TABLES}
    tables = {
        name: pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        for name, rows in parts.items()
    }
    return tables, {one.patient: one.tree for one in done}


def _told(found: Iterable[Found], total: int, progress: bool) -> Iterator[Found]:
    for count, one in enumerate(found, start=1):
        yield one
        if progress and (count % _REPORTED == 0 or (count == total and total > 1)):
            print(f"clones: {count} of {total} patients", file=sys.stderr, flush=True)


def population_frequency(frame: pd.DataFrame, mutations: np.ndarray, *, build: str) -> np.ndarray:
    """Return the share of tumours (n,) that carry each mutation; NaN where it is not known.

    That is ``population_frequency`` of the table, else that of the shipped breast-cancer hotspots,
    found by place: columns of the table, or an id ``chromosome:position:ref:alt``.
    """
    first = frame.drop_duplicates("mutation_id").set_index("mutation_id").reindex(mutations)
    known = resources.table("hotspots.tsv")
    column = f"position_{build.lower()}"
    places = pd.Series(dtype=float)
    if column in known:
        keys = (
            known["chromosome"]
            .astype(str)
            .str.cat([known[column].astype(str), known["ref"], known["alt"]], sep=":")
        )
        places = pd.Series(known["frequency"].to_numpy(), index=keys)
    if {"chromosome", "position", "ref", "alt"} <= set(first):
        parts = [
            first["position"].fillna(0).astype(int).astype(str),
            first["ref"].astype(str),
            first["alt"].astype(str),
        ]
        ids = first["chromosome"].astype(str).str.cat(parts, sep=":")
    else:
        ids = pd.Series(mutations, index=first.index).astype(str)
    out = ids.str.removeprefix("chr").map(places).to_numpy(dtype=float)
    if "population_frequency" in first:
        given = first["population_frequency"].to_numpy(float)
        out = np.where(np.isnan(given), out, given)
    return out


def _sizes(found: Clustering) -> np.ndarray:
    """Mutations of each cluster (K,)."""
    return found.clusters.drop_duplicates("cluster_id")["mutations"].to_numpy(int)


def _samples(found: Clustering) -> pd.DataFrame:
    observed = found.observed
    covered = ~np.isnan(observed.alt + observed.ref)
    return found.samples.assign(
        purity_fitted=np.minimum(
            found.samples["tumour_content"] * found.samples["purity_factor"], 1.0
        ),
        mutations=len(observed.mutations),
        covered=covered.sum(axis=0),
        median_depth=[
            float(np.median((observed.alt + observed.ref)[here, s])) if here.any() else np.nan
            for s, here in enumerate(covered.T)
        ],
    )


def _clones(
    found: Clustering, tree: Trees, chosen: np.ndarray, erbb2: Mapping[str, Erbb2]
) -> pd.DataFrame:
    """One row per clone and sample, clones in the order of their numbers."""
    columns = {name: place for place, name in enumerate(found.observed.samples)}
    known = {columns[name]: one for name, one in erbb2.items() if name in columns}
    carries = carriers(found.posterior[chosen[tree.clusters]], tree.parent, known)
    carries = np.full(len(tree.parent), np.nan) if carries is None else carries
    ids = chosen[tree.clusters]
    parent = [str(ids[p]) if p != NO_PARENT else None for p in tree.parent]
    samples = found.observed.samples
    rows = found.clusters.set_index(["cluster_id", "sample_id"])
    ccf = quantile(tree.posterior, 0.5), *interval(tree.posterior)
    parts = []
    for position in np.argsort(ids):
        clone = int(ids[position])
        part = rows.loc[clone].reindex(samples)
        parts.append(
            pd.DataFrame(
                {
                    "clone": clone,
                    "parent": parent[position],
                    "sample": samples,
                    "ccf": ccf[0][position],
                    "ccf_low": ccf[1][position],
                    "ccf_high": ccf[2][position],
                    "prevalence": tree.prevalence[position],
                    "prevalence_low": tree.low[position],
                    "prevalence_high": tree.high[position],
                    "mutations": part["mutations"].to_numpy(),
                    "carries_erbb2_amplification": _sure(carries[position]),
                    "p_carries_erbb2_amplification": carries[position],
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _sure(carries: float) -> str | None:
    """Return yes or no where it is sure, else None."""
    return "yes" if carries >= SURE else "no" if carries <= 1 - SURE else None


def _tree_entry(tree: Trees, chosen: np.ndarray) -> dict:
    ids = [int(k) for k in chosen[tree.clusters]]
    return {
        "clones": ids,
        "parent": [ids[p] if p != NO_PARENT else None for p in tree.parent],
        "weight": round(tree.weight, 6),
        "compatible": tree.compatible,
        "fits": tree.fits,
    }

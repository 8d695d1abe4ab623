"""Learn the noise of a cohort, and its clusters' make-up, by expectation-maximisation.

The expectation runs over the posterior particles of each case: how much of its density comes from
each part of a noise mixture. The weights start at the assumed ones, which count as
:data:`PRIOR_CASES` cases, so that a small cohort keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from her2omics import tables
from her2omics.mechanism import likelihood, rna
from her2omics.mechanism.classify import judged
from her2omics.mechanism.evidence import Case
from her2omics.mechanism.measurements import CaseEvidence
from her2omics.mechanism.model import posterior
from her2omics.mechanism.noise import (
    CLUSTER_CLASSES,
    CLUSTER_WEIGHTS,
    DEFAULT,
    LINEAGE_CLUSTERS,
    PROGRAMME_INFLATIONS,
    RNA_INFLATIONS,
    SETTINGS,
    SPREADS,
    ModelNoise,
    cluster_group,
)
from her2omics.mechanism.prior import TREATED
from her2omics.mechanism.states import STATES
from her2omics.quality.gates import Gate
from her2omics.sheets.seeds import seed_for
from her2omics.thresholds import limits

MAX_CASES = 200  # a cohort of 150 already tells RNA noise doubled from RNA noise as stated
PRIOR_CASES = 15.0
_STEPS = 200
_CLUSTERS = "clusters: "
_GRIDS = {
    "rna": RNA_INFLATIONS,
    "programme": PROGRAMME_INFLATIONS,
    "spread": SPREADS,
    "setting": SETTINGS,
    "lineages": LINEAGE_CLUSTERS,
}


def learn(
    cases: Sequence[Case],
    *,
    quality: Mapping[str, Sequence[Gate]],
    config: Mapping[str, Any],
    cores: int = 1,
) -> tuple[ModelNoise, dict[str, int]]:
    """Return the noise of a cohort and how many cases told something of each part.

    Parameters
    ----------
    cases
        All cases of the sheet; at most :data:`MAX_CASES` of them, evenly spaced, are used.
    quality
        Case -> gates that fired elsewhere.
    config
        Complete config: seed, priors.
    cores
        Processes; the result does not depend on it.
    """
    chosen = list(cases)
    if len(chosen) > MAX_CASES:
        places = np.linspace(0, len(chosen) - 1, MAX_CASES).round().astype(int)
        chosen = [chosen[place] for place in places]
    work = partial(relative_densities, quality=quality, config=config)
    if cores > 1 and len(chosen) > cores:
        with ProcessPoolExecutor(cores) as pool:
            found = list(pool.map(work, chosen, chunksize=max(1, len(chosen) // (8 * cores))))
    else:
        found = [work(case) for case in chosen]
    weights, counts = {}, {}
    for name in _GRIDS:
        rows = [densities[name] for densities in found if name in densities]
        counts[name] = len(rows)
        weights[name] = _weights(np.array(rows), np.array(getattr(DEFAULT, name)))
    groups = sorted(
        {name for densities in found for name in densities if name.startswith(_CLUSTERS)}
    )
    learnt = []
    for name in groups:
        rows = [densities[name] for densities in found if name in densities]
        counts[name] = len(rows)
        learnt.append((name.removeprefix(_CLUSTERS), _cluster_weights(rows)))
    return ModelNoise(**weights, clusters=tuple(learnt)), counts


def _weights(densities: np.ndarray, assumed: np.ndarray) -> tuple[float, ...]:
    """Return mixture weights given densities (cases, parts), by EM with a Dirichlet prior."""
    if not len(densities):
        return tuple(assumed.tolist())
    weights = assumed
    for _ in range(_STEPS):
        share = densities * weights
        share = share / share.sum(axis=1, keepdims=True)
        weights = share.sum(axis=0) + PRIOR_CASES * assumed
        weights = weights / weights.sum()
    return tuple(weights.tolist())


def _cluster_weights(cases: Sequence[np.ndarray]) -> tuple[float, ...]:
    """Return the weights of the cluster classes given each case's clusters.

    Parameters
    ----------
    cases
        (clusters, 4) each: relative density of every class, and the probability that the lineages
        were there to be drawn from. A class that was not there gains no weight by its absence.
    """
    rows = np.concatenate(cases)
    density, lineages = rows[:, :3], rows[:, 3]
    there = np.column_stack([np.ones_like(lineages), lineages, np.ones_like(lineages)])
    assumed = np.array(CLUSTER_WEIGHTS)
    before = PRIOR_CASES * len(rows) / len(cases)
    weights = assumed
    for _ in range(_STEPS):
        share = density * weights
        drawn = (share / share.sum(axis=1, keepdims=True)).sum(axis=0)
        exposure = (there / (there @ weights)[:, None]).sum(axis=0)
        weights = (drawn + before * assumed) / (exposure + before)
        weights = weights / weights.sum()
    return tuple(weights.tolist())


def _cluster_densities(
    x: SimpleNamespace, evidence: CaseEvidence, weights: np.ndarray
) -> np.ndarray:
    """Return relative class densities and P(lineages) of a case's clusters, (clusters, 4)."""
    assumed = np.array(CLUSTER_WEIGHTS)[:, None, None]
    fixed, lineages = likelihood.cluster_classes(evidence), likelihood.cluster_lineages(x, evidence)
    classes = np.broadcast_arrays(fixed.trunk, lineages, fixed.private)
    density = np.array(classes) + likelihood.CLUSTER_FLOOR
    relative = density / (assumed * density).sum(axis=0) @ weights
    present = float(weights @ likelihood.mosaic(x))
    return np.column_stack([relative.T, np.full(relative.shape[1], present)])


def relative_densities(
    case: Case, *, quality: Mapping[str, Sequence[Gate]], config: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Return p(evidence | part) of each noise mixture of a case, up to a factor per mixture.

    Empty for a case that a gate stops; a mixture without its data is left out.
    """
    used, fired = judged(case, quality=quality, limit=limits(config["thresholds"]))
    if any(gate.kind == "S" for gate in fired):
        return {}
    evidence = replace(used.evidence, noise=DEFAULT)
    priors = {state: config["priors"][state] for state in STATES}
    case_seed = seed_for(config["seed"], "calibrate", case.patient, case.case)
    found = posterior(
        evidence, priors, seed=config["seed"], case_seed=case_seed, contributions=False
    )
    out = {}
    heavy = found.weights > found.weights.max() * 1e-5
    weights = found.weights[heavy]
    noise = rna.noise_of(evidence)
    if noise is not None and noise.rows:
        parts = rna.components(found.draw.subset(heavy), evidence, noise)
        share = np.exp(parts - special.logsumexp(parts, axis=(0, 1))).sum(axis=0) @ weights
        parts = np.zeros((len(RNA_INFLATIONS), len(PROGRAMME_INFLATIONS), 2))
        np.add.at(parts, tuple(noise.places.T), share)
        both, treated = parts.sum(axis=2), parts.sum(axis=(0, 1))
        out["rna"] = both.sum(axis=1) / np.array(DEFAULT.rna)
        if evidence.get("programme_delta", 2) is not None:
            out["programme"] = both.sum(axis=0) / np.array(DEFAULT.programme)
            if evidence.setting is not None:
                as_stated = treated[::-1] if evidence.setting in TREATED else treated
                out["setting"] = as_stated / np.array(DEFAULT.setting)
    spread = found.draw.x.spread[heavy]
    mass = np.array([weights[spread == value].sum() for value in SPREADS])
    out["spread"] = mass / np.array(DEFAULT.spread)
    if len(evidence.clusters):
        alternatives = likelihood.lineage_alternatives(found.draw.subset(heavy), evidence)
        part = np.exp(alternatives - special.logsumexp(alternatives, axis=0)) @ weights
        out["lineages"] = part / np.array(DEFAULT.lineages)
        group = cluster_group(evidence.setting, evidence.assay)
        out[_CLUSTERS + group] = _cluster_densities(
            found.draw.subset(heavy), evidence, weights / weights.sum()
        )
    return out


def _part(value: float | str) -> tuple[str, float | None]:
    """Return a part of a mixture as text, and its value where it is a number."""
    return (value, None) if isinstance(value, str) else (f"{value:g}", value)


def table(noise: ModelNoise, counts: Mapping[str, int]) -> pd.DataFrame:
    """Return table ``model_noise``."""
    rows = [
        (name, None, *_part(value), assumed, weight, counts.get(name, 0))
        for name, grid in _GRIDS.items()
        for value, assumed, weight in zip(
            grid, getattr(DEFAULT, name), getattr(noise, name), strict=True
        )
    ]
    rows += [
        ("clusters", group, part, None, assumed, weight, counts.get(_CLUSTERS + group, 0))
        for group, weights in noise.clusters
        for part, assumed, weight in zip(CLUSTER_CLASSES, CLUSTER_WEIGHTS, weights, strict=True)
    ]
    names = list(tables.TABLES["model_noise"].names)
    return tables.typed(pd.DataFrame(rows, columns=names), "model_noise")


def from_table(frame: pd.DataFrame) -> ModelNoise:
    """Return the noise that table ``model_noise`` holds; parts it lacks stay as assumed."""
    weights = {}
    for name, grid in _GRIDS.items():
        rows = frame[frame["noise"].eq(name)]
        if len(rows) == len(grid):
            found = rows["weight"].to_numpy(dtype=float)
            weights[name] = tuple((found / found.sum()).tolist())
    clusters = [
        (group, tuple(rows.set_index("part")["weight"].reindex(list(CLUSTER_CLASSES)).tolist()))
        for group, rows in frame[frame["noise"].eq("clusters")].groupby("group")
    ]
    return ModelNoise(**weights, clusters=tuple(clusters))


def with_noise(cases: Sequence[Case], noise: ModelNoise) -> list[Case]:
    """Return the cases with the noise of their cohort."""
    return [replace(case, evidence=replace(case.evidence, noise=noise)) for case in cases]

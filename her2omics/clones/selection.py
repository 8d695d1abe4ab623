"""How each cluster changed between two samples, and what change could have been seen.

A shift shows a change of composition; drift, a bottleneck and sampling another region give one
too, so a call reads "compatible with clonal selection".
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from her2omics.clones.clustering import Clustering
from her2omics.clones.grid import GRID, mean_sd
from her2omics.clones.origin import LOG_FRACTION
from her2omics.clones.samples import MODEL_ERROR

# Calls by where the fraction lies, (baseline), (followup); the first that is sure is the call.
# Both ends belong to the range.
_CALLS = (
    ("clonal", (0.85, 1.0), (0.85, 1.0)),
    ("followup_private_clonal", (0.0, 0.05), (0.85, 1.0)),
    ("baseline_private_clonal", (0.85, 1.0), (0.0, 0.05)),
    ("sweep", (0.0, 0.5), (0.85, 1.0)),
    ("collapse", (0.85, 1.0), (0.0, 0.5)),
    ("new", (0.0, 0.05), (0.15, 1.0)),
    ("loss", (0.15, 1.0), (0.0, 0.05)),
)
CALLS = (*(name for name, _, _ in _CALLS), "expansion", "contraction", "stable", "unresolved")
SHIFTS = tuple(name for name in CALLS if name not in ("clonal", "stable", "unresolved"))
REFERENCE_CHANGE = 0.25  # change of the fraction whose power is printed
_POWER = 0.8  # ... that the least detectable change has


def shifts(
    found: Clustering, baseline: str, followup: str, *, limit: SimpleNamespace
) -> pd.DataFrame:
    """Return the change of every cluster between two samples.

    Parameters
    ----------
    found
        Clusters of the patient.
    baseline, followup
        Names of the samples.
    limit
        Thresholds: ``ccf_shift`` (least change that counts), ``shift_probability``.

    Returns
    -------
    DataFrame
        One row per cluster: ``cluster_id, mutations, ccf_baseline, ccf_followup`` (means),
        ``p_shift`` (that they differ by more than ``ccf_shift``), ``log10_bayes_factor`` (different
        against same fraction), ``p_sweep`` (below .5, then above .85), ``p_loss`` (the reverse),
        ``call``, ``power`` (to call a change by :data:`REFERENCE_CHANGE`) and
        ``detectable_change`` (called with probability .8; missing where none is).
    """
    names = list(found.observed.samples)
    first, second = (found.posterior[:, names.index(name)] for name in (baseline, followup))
    joint = first[:, :, None] * second[:, None, :]
    change = GRID[None, :] - GRID[:, None]
    up, down = (joint[:, sign * change > limit.ccf_shift + 1e-9].sum(axis=1) for sign in (1, -1))
    same = (first * second / np.exp(LOG_FRACTION)).sum(axis=1)
    probability = {name: _inside(first, second, *where) for name, *where in _CALLS}
    power, least = _power(found, names.index(baseline), names.index(followup), limit)
    table = found.clusters.drop_duplicates("cluster_id")
    return pd.DataFrame(
        {
            "cluster_id": table["cluster_id"].to_numpy(),
            "mutations": table["mutations"].to_numpy(),
            "ccf_baseline": mean_sd(first)[0],
            "ccf_followup": mean_sd(second)[0],
            "p_shift": np.minimum(up + down, 1.0),
            "log10_bayes_factor": -np.log10(np.maximum(same, 1e-300)),
            "p_sweep": probability["sweep"],
            "p_loss": probability["collapse"],
            "call": _calls(probability, up, down, limit),
            "power": power,
            "detectable_change": least,
        }
    )


def _inside(first, second, before, after) -> np.ndarray:
    """Probability (K,) that both fractions lie in their ranges."""
    return np.prod(
        [
            posterior[:, (low - 1e-9 <= GRID) & (high + 1e-9 >= GRID)].sum(axis=1)
            for posterior, (low, high) in ((first, before), (second, after))
        ],
        axis=0,
    )


def _calls(probability, up, down, limit) -> np.ndarray:
    sure = limit.shift_probability
    moved = up + down
    out = np.full(len(up), "unresolved", dtype=object)
    out[moved < 1 - sure] = "stable"
    out[down > sure], out[up > sure] = "contraction", "expansion"
    for name, value in reversed(probability.items()):
        named = (value > sure) & ((moved > sure) | (name == "clonal"))
        out[named] = name
    return out


def _power(found: Clustering, b: int, f: int, limit) -> tuple[np.ndarray, np.ndarray]:
    """Probability (K,) to call a change by .25, and the least change called with probability .8.

    The change starts from the cluster's mean fraction over both samples and takes the direction
    that stays between 0 and 1; it is called where the difference exceeds ``ccf_shift`` by the
    normal quantile of ``shift_probability`` times its standard error.
    """
    mean = (found.posterior[:, [b, f]] @ GRID).mean(axis=1)
    steps = GRID[1:]
    power = np.zeros((len(mean), len(steps)))
    for k, (low, upward) in enumerate(zip(mean, mean < 0.5, strict=True)):
        target = low + steps if upward else low - steps
        valid = (target >= 0) & (target <= 1)
        variance = _variance(found, k, b, np.array([low])) + _variance(found, k, f, target)
        distance = (steps - limit.ccf_shift) / np.sqrt(variance)
        power[k] = np.where(valid, ndtr(distance - ndtri(limit.shift_probability)), 0.0)
    reference = np.argmin(np.abs(steps - REFERENCE_CHANGE))
    reached = power >= _POWER
    least = np.where(reached.any(axis=1), steps[reached.argmax(axis=1)], np.nan)
    return power[:, reference], least


def _variance(found: Clustering, k: int, s: int, fraction: np.ndarray) -> np.ndarray:
    """Variance of cluster k's fraction in sample s, were it ``fraction`` (any shape).

    Binomial with the excess of the fitted precision: v (1 - v) / d (M + d) / (M + 1) for a share v
    of d reads; mutations on one copy.
    """
    observed = found.observed
    members = found.member[:, k]
    depth = np.nan_to_num(observed.alt[:, s] + observed.ref[:, s])
    precision = found.samples["precision"].iloc[s]
    purity = np.clip(observed.purity[:, s] * found.samples["purity_factor"].iloc[s], 0.01, 1)
    cells = purity * observed.copies[:, s] + observed.normal[:, s] * (1 - purity)
    slope = purity / np.maximum(cells, 0.02)
    share = np.clip(slope * fraction[:, None], 1e-3, 0.999)
    reads = depth * (precision + 1) / (precision + depth)
    information = (members * reads * slope**2 / (share * (1 - share))).sum(axis=1)
    return 1 / np.maximum(information, 1e-9) + (MODEL_ERROR * fraction) ** 2

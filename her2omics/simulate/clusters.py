"""Mutation clusters of a pair: trunk, the two lineages, and what is private to either side."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Mutations seen by each assay relative to an exome, and its depth.
YIELD = {"wes": 1.0, "panel": 0.15, "wgs": 4.0}
DEPTH = {"wes": 100, "panel": 500, "wgs": 60}
_TRUNK, _LINEAGE = 40, 12
_MOSAIC = 0.98  # above this share of the amplified lineage the other is not seen
_CCF_FLOOR_SD = 0.03
MIN_MUTATIONS = 2


def cluster_ccf(
    rng: np.random.Generator, cases: pd.DataFrame, *, assay: str
) -> dict[str, pd.DataFrame]:
    """Return the clusters' cancer cell fractions as measured in both samples.

    Parameters
    ----------
    rng
        Generator.
    cases
        Latent cases, n rows.
    assay
        ``wes``, ``panel`` or ``wgs``: number of mutations and depth.

    Returns
    -------
    dict
        ``baseline`` and ``followup`` -> rows ``row`` (position of the case), ``item`` (cluster,
        numbered by size), ``value`` (CCF, 0-1), ``sd``, ``n`` (mutations). Clusters of fewer than
        two mutations are left out.
    """
    true = _true_clusters(rng, cases, YIELD[assay])
    true = true[true["n"] >= MIN_MUTATIONS]
    true = true.sort_values(["row", "n"], ascending=[True, False], kind="stable", ignore_index=True)
    item = (true.groupby("row").cumcount() + 1).astype(str)
    out = {}
    for time in ("baseline", "followup"):
        purity = cases[f"purity_{time}"].to_numpy()[true["row"].to_numpy()]
        reads = true["n"] * DEPTH[assay] * purity / 2
        sd = np.sqrt(0.25 / reads + _CCF_FLOOR_SD**2)
        value = np.clip(true[time] + sd * rng.normal(0, 1, len(true)), 0, 1)
        out[time] = pd.DataFrame(
            {"row": true["row"], "item": item, "value": value, "sd": sd, "n": true["n"]}
        )
    return out


def _true_clusters(rng: np.random.Generator, cases: pd.DataFrame, many: float) -> pd.DataFrame:
    n = len(cases)
    zero, one = np.zeros(n), np.ones(n)
    share = {time: cases[f"private_share_{time}"].to_numpy() for time in ("baseline", "followup")}
    f = {time: cases[f"f_bulk_{time}"].to_numpy() for time in ("baseline", "followup")}
    mosaic = cases["f_baseline"].to_numpy() < _MOSAIC
    mean_share = (share["baseline"] + share["followup"]) / 2
    kinds = [
        (_TRUNK * (1 - mean_share), one, one),
        (_LINEAGE * mosaic, f["baseline"], f["followup"]),
        (_LINEAGE * mosaic, 1 - f["baseline"], 1 - f["followup"]),
    ]
    for time in ("baseline", "followup"):
        two = rng.random(n) < 0.5
        for used in (one, two.astype(float)):
            ccf = np.where(rng.random(n) < 0.5, 1.0, rng.uniform(0.1, 0.9, n))
            mean = _TRUNK * share[time] * used / np.where(two, 2, 1)
            kinds.append((mean, ccf, zero) if time == "baseline" else (mean, zero, ccf))
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "row": np.arange(n),
                    "n": rng.poisson(many * mean),
                    "baseline": before,
                    "followup": after,
                }
            )
            for mean, before, after in kinds
        ],
        ignore_index=True,
    )

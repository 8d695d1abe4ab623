"""The mutations as evidence: ``cluster_ccf`` and ``amplicon_branch_loglr`` of every case."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.thresholds import limits

_BIOPSY = ("baseline", "followup")


def cluster_rows(clusters: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of variable ``cluster_ccf``.

    Parameters
    ----------
    clusters
        Table ``clusters``. Clusters of fewer than ``cluster_min_mutations`` mutations, those a
        sample does not cover, and those no sample of the case carries are left out.
    cases
        Table ``pairs``.

    Returns
    -------
    DataFrame
        ``case, variable, item`` (the cluster), ``time, value`` (mean cancer cell fraction),
        ``sd`` (with ``ccf_model_sd`` added: what copy number and mapping leave out), ``n``
        (mutations with reads), ``source``.
    """
    limit = limits()
    least = limit.cluster_min_mutations
    kept = clusters[clusters["mutations"].ge(least) & clusters["covered"].ge(least)]
    parts = []
    for time in _BIOPSY:
        part = cases[["case", "patient", time]].merge(
            kept, left_on=["patient", time], right_on=["patient", "sample_id"]
        )
        parts.append(part.assign(time=time))
    rows = pd.concat(parts, ignore_index=True)
    carried = rows.groupby(["case", "cluster_id"])["ccf_high"].transform("max") > 0
    rows = rows[carried].sort_values(["case", "cluster_id"], kind="stable")
    return pd.DataFrame(
        {
            "case": rows["case"],
            "variable": "cluster_ccf",
            "item": rows["cluster_id"].astype(str),
            "time": rows["time"],
            "value": rows["ccf_mean"].clip(0, 1),
            "sd": np.hypot(rows["ccf_sd"], limit.ccf_model_sd),
            "n": rows["covered"].astype(float),
            "source": "clusters.tsv",
        }
    )


def branch_rows(branches: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of variable ``amplicon_branch_loglr`` from table ``amplicon_branch``."""
    rows = branches[branches["case"].isin(cases["case"]) & branches["log_lr"].notna()]
    return pd.DataFrame(
        {
            "case": rows["case"],
            "variable": "amplicon_branch_loglr",
            "item": None,
            "time": "pair",
            "value": rows["log_lr"],
            "sd": np.nan,
            "n": rows["mutations"].astype(float),
            "source": "amplicon_branch.tsv",
        }
    )

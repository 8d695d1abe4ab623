"""HER2-negative tumours against which ERBB2 and its neighbours are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from her2omics import resources, tables

MIN_NEGATIVES = 8
# Tumours behind the bundled medians.
BUNDLED_NEGATIVES = 30
# A reference learnt from few tumours can show no spread at all: the replicate noise is the least.
_LEAST_SD = 0.22
_MAD = 1.4826


def bundled() -> pd.DataFrame:
    """Return the shipped reference as table ``reference`` (offsets missing)."""
    shipped = resources.table("her2_negative_reference.tsv")
    pam50 = set(resources.table("pam50_centroids.tsv")["gene"])
    roles = shipped["role"].replace({"chr17": "locus"})
    roles = [
        f"{role};pam50" if gene in pam50 and role != "pam50" else role
        for gene, role in zip(shipped["gene"], roles, strict=True)
    ]
    return tables.typed(
        pd.DataFrame(
            {
                "gene": shipped["gene"],
                "median": shipped["her2_negative_median"],
                "sd": shipped["her2_negative_sd"],
                "role": roles,
                "source": "bundled",
            }
        ),
        "reference",
    )


def from_cohort(levels: pd.DataFrame, negatives: Sequence[str]) -> pd.DataFrame | None:
    """Return the reference learnt from this cohort's HER2-negative baselines.

    Parameters
    ----------
    levels
        Genes x samples, log2 level.
    negatives
        Samples of HER2-negative baselines, all in one kind of unit.

    Returns
    -------
    DataFrame or None
        Table ``reference`` over the genes of the bundled one, median and 1.4826 MAD; genes not
        measured keep the bundled values. ``None`` with fewer than eight negatives.
    """
    if len(negatives) < MIN_NEGATIVES:
        return None
    reference = bundled().set_index("gene")
    own = levels.reindex(index=reference.index, columns=list(negatives))
    median = own.median(axis=1)
    sd = _MAD * own.sub(median, axis=0).abs().median(axis=1)
    learnt = own.notna().sum(axis=1) >= MIN_NEGATIVES
    reference.loc[learnt, "median"] = median[learnt]
    reference.loc[learnt, "sd"] = sd[learnt].clip(lower=_LEAST_SD)
    reference.loc[learnt, "source"] = f"cohort: {len(negatives)} HER2-negative baselines"
    return tables.typed(reference.reset_index(), "reference")


def level_uncertainty(
    reference: pd.DataFrame, *, same_protocol: bool, same_sd: float, other_sd: float
) -> pd.Series:
    """Return by how much a gene's median itself is uncertain, as SD in log2.

    Parameters
    ----------
    reference
        Table ``reference``.
    same_protocol
        Whether the sample was made like the bundled reference (fresh poly-A RNA-seq counts).
    same_sd, other_sd
        SD of gene offsets between pipelines alike and between protocols (thresholds
        ``platform_tau_same``, ``protocol_offset_sd``). A reference learnt from the cohort shares
        the cohort's protocol: only the error of its median is left.

    Returns
    -------
    Series by gene
        Error of a median of n tumours is 1.2533 sd / sqrt(n).
    """
    frame = reference.set_index("gene")
    own = frame["source"].ne("bundled")
    counts = frame["source"].str.extract(r"(\d+)")[0].astype(float).fillna(BUNDLED_NEGATIVES)
    offset = np.where(own, 0.0, same_sd if same_protocol else other_sd)
    return np.sqrt(offset**2 + (1.2533 * frame["sd"]) ** 2 / counts)

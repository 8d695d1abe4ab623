"""What table ``identity`` says about one case."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def of_case(case: Mapping, identity: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that concern a case: its two biopsies, and each of them with a normal.

    Parameters
    ----------
    case
        A row of table ``pairs``.
    identity
        Table ``identity``.
    samples
        The sample sheet, indexed by sample.
    """
    mine = identity[identity["patient"].eq(case["patient"])]
    biopsies = {case["baseline"], case["followup"]} - {None}
    normals = set(samples.index[samples["timepoint"].eq("normal")])
    second = mine["sample_b"].isna() | mine["sample_b"].isin(biopsies | normals)
    return mine[mine["sample_a"].isin(biopsies) & second]


def different(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of samples that are of two people, each once: the clearest of its assays."""
    found = rows[rows["call"].eq("different")].sort_values("log10_lr", kind="stable")
    kept = found.drop_duplicates(["sample_a", "sample_b"]).sort_index()
    return kept.astype(object).where(kept.notna(), None)


def checked(case: Mapping, rows: pd.DataFrame) -> bool:
    """Return whether it is known that the biopsies are of one person, or that they are not.

    Compared with each other, or both with the same normal.
    """
    known = rows[rows["call"].isin(["same", "different"])]
    partners: dict[str, set[str]] = {}
    for first, second in zip(known["sample_a"], known["sample_b"], strict=True):
        if second is not None and first != second:
            partners.setdefault(first, set()).add(second)
            partners.setdefault(second, set()).add(first)
    own, other = (partners.get(case[time], set()) for time in ("baseline", "followup"))
    return case["followup"] in own or bool(own & other)

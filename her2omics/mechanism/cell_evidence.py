"""Single cells as evidence: ``amplified_share`` and ``erbb2_output`` of every case."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics.thresholds import limits

_Z90 = 1.6448536269514722
_BIOPSY = ("baseline", "followup")


def share_rows(single_cell: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of variable ``amplified_share``.

    Parameters
    ----------
    single_cell
        Table ``single_cell``. Samples whose amplified and neutral cells cannot be told apart say
        nothing, nor do those where lineage alone tells malignant cells: normal epithelium is among
        them.
    cases
        Table ``pairs``.

    Returns
    -------
    DataFrame
        Share of this biopsy with its sd (``cell_share_sd`` added: what the dosage model leaves
        out) and n malignant cells. That biopsies of one tumour differ is in the model of the
        verdict, and not in the sd.
    """
    known = single_cell[single_cell["identifiable"].eq("yes")]
    known = known[known["amplified_fraction"].notna() & known["malignant_by"].ne("lineage")]
    parts = []
    for time in _BIOPSY:
        part = cases[["case", time]].merge(known, left_on=time, right_on="sample")
        parts.append(part.assign(time=time))
    rows = pd.concat(parts, ignore_index=True)
    width = rows["amplified_fraction_high"] - rows["amplified_fraction_low"]
    return pd.DataFrame(
        {
            "case": rows["case"],
            "variable": "amplified_share",
            "item": None,
            "time": rows["time"],
            "value": rows["amplified_fraction"].clip(0, 1),
            "sd": np.hypot(width / (2 * _Z90), limits().cell_share_sd),
            "n": rows["malignant_cells"].astype(float),
            "source": "single_cell.tsv",
        }
    )


def output_rows(pairs: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of variable ``erbb2_output``: log2 ratio of ERBB2 per dose.

    Parameters
    ----------
    pairs
        Table ``single_cell_pairs``; undetermined pairs say nothing.
    cases
        Table ``pairs``.
    """
    ratio = pairs[["output_ratio", "output_ratio_low", "output_ratio_high"]]
    known = pairs["call"].ne("undetermined") & ratio.gt(0).all(axis=1)
    rows = pairs[known & pairs["case"].isin(cases["case"])]
    ends = np.log2(rows[["output_ratio_low", "output_ratio_high"]])
    width = ends["output_ratio_high"] - ends["output_ratio_low"]
    return pd.DataFrame(
        {
            "case": rows["case"],
            "variable": "erbb2_output",
            "item": None,
            "time": "pair",
            "value": np.log2(rows["output_ratio"]),
            "sd": width / (2 * _Z90),
            "n": np.nan,
            "source": "single_cell_pairs.tsv",
        }
    )

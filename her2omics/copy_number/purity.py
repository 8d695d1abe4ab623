"""Purity of each sample, in the order of its sources: sheet, DNA, mutations, pathologist."""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.thresholds import limits

_Z90 = 1.6448536269514722  # two-sided 90 % interval of a normal distribution


def from_sheet(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the purity that the sample sheet alone gives.

    Parameters
    ----------
    samples
        The sample sheet (:class:`her2omics.sheets.study.Study`); normals and excluded rows are
        left out.

    Returns
    -------
    DataFrame
        Table ``purity``, one row per tumour sample. ``purity`` (share of cells) is missing where
        the sheet holds neither a purity nor a pathologist's tumour content. The 90 % interval is
        that of a normal error (.06 for a purity, as of a DNA fit; .15 for a pathologist's
        estimate), clipped to 0-1.
    """
    tumours = samples[samples["timepoint"].ne("normal") & samples["exclude"].isna()]
    limit = limits()
    given, content = tumours["purity"], tumours["tumour_content"]
    source = np.select([given.notna(), content.notna()], ["sheet", "pathologist"], "none")
    purity = given.fillna(content)
    sd = np.select(
        [given.notna(), content.notna()],
        [limit.sheet_purity_sd, limit.pathologist_purity_sd],
        np.nan,
    )
    return tables.typed(
        pd.DataFrame(
            {
                "sample": tumours["sample"],
                "patient": tumours["patient"],
                "purity": purity,
                "purity_low": (purity - _Z90 * sd).clip(0, 1),
                "purity_high": (purity + _Z90 * sd).clip(0, 1),
                "ploidy": tumours["ploidy"],
                "source": source,
                "mode": 1,
                "weight": 1.0,
            }
        ).reset_index(drop=True),
        "purity",
    )

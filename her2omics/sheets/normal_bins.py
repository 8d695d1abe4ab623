"""Which normals of the sheets make a reference: those that share an assay and a design."""

from __future__ import annotations

import pandas as pd

from her2omics.sheets.study import Study

# A single normal would add its own noise to every sample.
MIN_NORMALS = 2


def normal_bins(study: Study) -> pd.DataFrame:
    """Return the units with bins of normals whose assay and design has at least two of them."""
    samples, units = study.samples, study.units
    normals = samples.loc[samples["timepoint"].eq("normal"), "sample"]
    chosen = units[units["filetype"].eq("bins") & units["sample"].isin(normals)]
    count = chosen.groupby([chosen["assay"], chosen["targets"].fillna("")])["sample"]
    return chosen[count.transform("nunique") >= MIN_NORMALS]


def wants_references(study: Study) -> bool:
    """Return whether a study names a reference, or has bins and normals or a frozen cohort."""
    if study.config["copy_number"]["reference"]:
        return True
    bins = study.units["filetype"].eq("bins").any()
    frozen = bool(study.config["cohort_from"]) and bins
    return bool(frozen or len(normal_bins(study)))

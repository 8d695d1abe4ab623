"""What the laboratory reports beside the files: purity, ploidy, copies beside the amplicon.

Both levels read the same numbers: the sheet of the file level, the rows of the evidence level.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.simulate.distributions import stream
from her2omics.simulate.scenario import Scenario

#: SD of what DNA measures, by assay: the log ratio of ERBB2 (scale of its t6, log2), purity,
#: ploidy, copies of 17q beside the amplicon. Assumed for a clinic's samples.
ASSUMED_SD = {
    assay: {"erbb2_log2": log2, "purity": 0.06, "ploidy": 0.15, "other_copies": 0.2}
    for assay, log2 in {"wgs": 0.06, "wes": 0.10, "panel": 0.14}.items()
}
PATHOLOGIST_SD = 0.15
_OTHER = {
    "relapse": "post_neoadjuvant",
    "metastasis": "post_neoadjuvant",
    "post_neoadjuvant": "relapse",
    "on_treatment": "relapse",
}


def dna_sd(scenario: Scenario) -> dict[str, float]:
    """Return the SD of each DNA measurement of a scenario (keys of :data:`ASSUMED_SD`).

    Assumed, or where it was measured, the spread of what files say around the latent truth
    (``resources/evidence_noise.tsv``).
    """
    sd = dict(ASSUMED_SD[scenario.assay])
    if scenario.noise_of_files:
        measured = resources.table("evidence_noise.tsv")
        measured = measured[measured["assay"].eq(scenario.assay)].set_index("variable")["sd"]
        sd |= {variable: float(measured[variable]) for variable in sd.keys() & measured.index}
    return sd


def dosed_amplified(cases: pd.DataFrame, time: str) -> np.ndarray:
    """Return whether single-cell RNA shows the amplification: threefold neighbours or more.

    The dose is that of the copies; at follow-up less what the neighbours follow ERBB2 down.
    """
    copies = np.maximum(cases[f"copies_amplified_{time}"], 0.1) / cases[f"ploidy_{time}"]
    dose = cases["exponent_neighbours"] * np.log2(copies)
    if time == "followup":
        dose = dose - cases["neighbours_share"] * cases["repression_log2"]
    return (dose >= np.log2(3)).to_numpy()


def purity_source(cases: pd.DataFrame, scenario: Scenario, has_dna: np.ndarray) -> np.ndarray:
    """Return where each case's purity comes from: dna, pathologist or none."""
    if scenario.purity_source == "modality":
        return np.where(has_dna, "dna", "pathologist").astype(object)
    return np.full(len(cases), scenario.purity_source, dtype=object)


def estimates(cases: pd.DataFrame, scenario: Scenario, *, seed: int, time: str) -> pd.DataFrame:
    """Return the estimates of one biopsy.

    Parameters
    ----------
    cases
        Latent cases of this one scenario; baselines of one patient get one set of estimates.
    scenario
        Bias and noise of the purity estimates.
    seed
        Seed of the cohort.
    time
        ``baseline`` or ``followup``.

    Returns
    -------
    DataFrame
        ``purity``, ``ploidy`` and ``copies_other`` (DNA, :func:`dna_sd`), ``tumour_content``
        (pathologist, sd .15, in steps of .05), one row per case.
    """
    rng = stream(seed, scenario.name, "estimates", time)
    key = cases["patient"] if time == "baseline" else pd.Series(np.arange(len(cases)))
    _, row = np.unique(key.to_numpy(), return_inverse=True)
    errors = rng.normal(0, 1, (4, row.max(initial=-1) + 1))[:, row]
    true, sd = cases[f"purity_{time}"].to_numpy(), dna_sd(scenario)
    biased = true * (1 + scenario.purity_bias)
    content = np.clip(biased + PATHOLOGIST_SD * scenario.purity_noise * errors[1], 0.05, 0.95)
    return pd.DataFrame(
        {
            "purity": np.clip(
                biased + sd["purity"] * scenario.purity_noise * errors[0], 0.02, 0.98
            ),
            "tumour_content": np.round(content * 20) / 20,
            "ploidy": np.maximum(cases[f"ploidy_{time}"] + sd["ploidy"] * errors[2], 1.2),
            "copies_other": np.maximum(
                cases[f"copies_other_{time}"] + sd["other_copies"] * errors[3], 0
            ),
        },
        index=cases.index,
    )


def stated_setting(cases: pd.DataFrame, scenario: Scenario) -> pd.Series:
    """Return the setting as the sheet says it: true, the other one, or missing."""
    if scenario.reported_setting == "wrong":
        return cases["setting"].map(_OTHER)
    if scenario.reported_setting == "unknown":
        return pd.Series(None, index=cases.index, dtype=object)
    return cases["setting"]


def ish(cases: pd.DataFrame, scenario: Scenario, time: str) -> pd.DataFrame:
    """Return mean ERBB2 and CEP17 signals as reported, cells counted and cells amplified.

    With ``ish_totals`` the signals are summed over the cells.
    """
    cells = cases[f"ish_cells_{time}"].to_numpy()
    scale = cells if scenario.ish_totals else 1
    return pd.DataFrame(
        {
            "copies": cases[f"ish_copies_{time}"] * scale,
            "cep17": cases[f"cep17_{time}"] * scale,
            "ratio": cases[f"ish_copies_{time}"] / cases[f"cep17_{time}"],
            "cells": cells,
            "amplified": cases[f"ish_amplified_{time}"],
        },
        index=cases.index,
    )

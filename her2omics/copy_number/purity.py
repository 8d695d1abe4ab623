"""Purity of each sample, in the order of its sources: sheet, DNA, mutations, pathologist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.copy_number import snv
from her2omics.copy_number.fit import PurityPosterior
from her2omics.readers.dna import SampleDna
from her2omics.thresholds import limits

# A purity of the sheet overrides every estimate: it enters the fit almost as a fact.
SHEET_SD = 0.01
# A DNA fit that is no narrower than this, relative to the width it began with, has found nothing.
LEARNT = 0.75
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


def priors_of(tumours: Sequence[SampleDna], sheet: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what is known of each sample's purity and ploidy before its DNA is looked at.

    Modes of other programs' files, the pathologist's tumour content, and a purity or ploidy of the
    sheet, which leaves no room for others.

    Parameters
    ----------
    tumours
        DNA tables of the tumour samples; those without levels count too.
    sheet
        :func:`from_sheet` of the patient.

    Returns
    -------
    dict
        Sample -> modes (purity, purity_sd, ploidy, weight, tool).
    """
    limit = limits()
    known: dict[str, list[pd.DataFrame]] = {}
    for dna in tumours:
        if dna.purity is not None and len(dna.purity.modes):
            known.setdefault(dna.sample, []).append(dna.purity.modes)
    for row in sheet.itertuples():
        given = {"purity": row.purity, "ploidy": row.ploidy, "weight": 1.0}
        if row.source == "sheet":
            known[row.sample] = [pd.DataFrame([given | {"purity_sd": SHEET_SD, "tool": "sheet"}])]
        elif row.source == "pathologist":
            sd = limit.pathologist_purity_sd
            modes = pd.DataFrame([given | {"purity_sd": sd, "tool": "pathologist"}])
            known.setdefault(row.sample, []).append(modes)
    return {sample: pd.concat(parts, ignore_index=True) for sample, parts in known.items()}


def with_fit(
    sheet: pd.DataFrame,
    fitted: Mapping[str, PurityPosterior],
    priors: Mapping[str, pd.DataFrame],
    mutations: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return table ``purity`` of a patient after the joint fit of its DNA.

    Parameters
    ----------
    sheet
        :func:`from_sheet` of the patient.
    fitted
        Sample -> posterior of the joint fit; other samples keep what they have.
    priors
        :func:`priors_of`.
    mutations
        Sample -> mutation counts, for samples without levels.
    """
    parts = []
    for row in sheet.to_dict("records"):
        sample = row["sample"]
        if row["source"] == "sheet":
            modes = pd.DataFrame([row])
            if sample in fitted and not np.isfinite(row["ploidy"]):
                modes["ploidy"] = fitted[sample].modes["ploidy"].iloc[0]
        elif sample in fitted and _has_learnt(fitted[sample], row):
            modes = _modes(fitted[sample], row, "dna")
        else:
            modes = _without_dna(row, priors.get(sample), mutations.get(sample))
        tools = priors[sample]["tool"].astype(str).unique() if sample in priors else []
        parts.append(modes.assign(priors=";".join(tools) or None))
    if not parts:
        return tables.empty("purity")
    return tables.typed(pd.concat(parts, ignore_index=True), "purity")


def without_levels(
    sheet: pd.DataFrame,
    priors: Mapping[str, pd.DataFrame],
    mutations: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return table ``purity`` of a patient without copy-number levels."""
    return with_fit(sheet, {}, priors, mutations)


def _has_learnt(posterior: PurityPosterior, row: Mapping) -> bool:
    """Whether the DNA narrowed the purity beyond what the pathologist knew, or anything at all."""
    low, high = posterior.interval()
    before = 0.9
    if row["source"] == "pathologist":
        before = row["purity_high"] - row["purity_low"]
    return high - low < LEARNT * before


def _without_dna(
    row: Mapping, prior: pd.DataFrame | None, mutations: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the modes of a sample without a DNA fit: other programs, mutations, pathologist."""
    tools = pd.DataFrame() if prior is None else prior[~prior["tool"].isin(["pathologist"])]
    if len(tools):
        sd = tools["purity_sd"].fillna(limits().sheet_purity_sd)
        frame = pd.DataFrame([row] * len(tools)).reset_index(drop=True)
        for name in ("purity", "ploidy", "weight"):
            frame[name] = tools[name].to_numpy()
        frame["purity_low"] = (frame["purity"] - _Z90 * sd.to_numpy()).clip(0, 1)
        frame["purity_high"] = (frame["purity"] + _Z90 * sd.to_numpy()).clip(0, 1)
        return frame.assign(source="dna", mode=range(1, len(frame) + 1))
    if mutations is not None:
        posterior = snv.snv_purity(mutations)
        if posterior.source == "snv" and _has_learnt(posterior, row):
            return _modes(posterior, row, "snv").assign(ploidy=row["ploidy"])
    return pd.DataFrame([row])


def _modes(posterior: PurityPosterior, row: Mapping, source: str) -> pd.DataFrame:
    modes = posterior.modes
    return modes.assign(
        sample=row["sample"],
        patient=row["patient"],
        source=source,
        mode=range(1, len(modes) + 1),
    )

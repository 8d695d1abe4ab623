"""The parts of ``methods.md`` on expression, subtype and the change over the cohort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import pandas as pd

from her2omics.report.results import Results
from her2omics.report.words import counted, tally
from her2omics.sheets.study import Study
from her2omics.thresholds import limits

_CENTRING = {
    "fixed_reference_offset": (
        "the gene medians of an estrogen-receptor-balanced TCGA reference plus a platform offset "
        "learnt from the HER2-positive baselines of this cohort and shrunk towards zero"
    ),
    "fixed_reference": "the gene medians of an estrogen-receptor-balanced TCGA reference",
    "er_balanced_cohort": "the gene medians of this cohort, balanced by estrogen receptor",
    "cohort_median": "the gene medians of this cohort",
    "none": "nothing (no centring)",
}


def expression(
    study: Study, results: Results, settings: Mapping[str, object], noise: pd.DataFrame
) -> list[str]:
    """Units, normalisation, ERBB2 levels and their paired change."""
    if "expression" not in results.present:
        return []
    limit = limits(study.config["thresholds"])
    found = []
    units = Counter(noise["unit"].dropna()) or Counter(
        row["unit"] for row in results.rows("expression") if row["unit"]
    )
    samples = len(results.rows("expression"))
    given = f" given as {tally(units)}" if units else ""
    found.append(f"Gene expression of {counted(samples, 'sample')}{given} was used.")
    protocols = Counter(noise["protocol"].dropna())
    if protocols:
        found.append(f"RNA library protocols: {tally(protocols)}.")
    found += scaling(units, noise)
    if not any(row["erbb2_z"] is not None for row in results.rows("expression")):
        return found + paired(results, limit)
    source = str(settings.get("reference_source") or "bundled")
    reference = (
        "HER2-negative TCGA tumours (bundled)"
        if source == "bundled"
        else f"HER2-negative tumours of this cohort ({source.removeprefix('cohort: ')})"
    )
    found.append(
        f"ERBB2 and the median of its 17q12 neighbours (GRB7, STARD3, PGAP3, MIEN1) are given as "
        f"z, in units of 1.4826 MAD above {reference}; ERBB2 counts as high with a z of at least "
        f"{limit.erbb2_high_z:g} or a level at least {limit.erbb2_high_log2:g} log2 above them."
    )
    return found + paired(results, limit)


def scaling(units: Mapping[str, int], noise: pd.DataFrame) -> list[str]:
    """How libraries were brought to one scale; log2 ratios cannot be."""
    ratios = units.get("log2_ratio", 0)
    found = []
    if sum(units.values()) > ratios:
        found.append(
            "Libraries were scaled by the median ratio of stable genes to a bundled TCGA "
            "reference, on the log2 scale."
        )
    unscaled = int((noise["size_factor"].isna() & noise["unit"].ne("log2_ratio")).sum())
    if unscaled:
        found.append(
            f"{counted(unscaled, 'sample')} with too few stable genes took the upper quartile of "
            "its own genes instead, which carries no absolute level."
        )
    if ratios:
        found.append(
            f"{counted(ratios, 'sample')} given as log2 ratios entered as given; ratios carry no "
            "absolute level."
        )
    return found


def paired(results: Results, limit: SimpleNamespace) -> list[str]:
    """The paired change of ERBB2."""
    if "expression_pairs" not in results.present:
        return []
    return [
        "The paired change of ERBB2 was compared with that of expression-matched genes of the "
        "same pair and, where the tumour content is known, corrected for it on the linear "
        f"scale; `down` asks for a corrected log2 change of at most {limit.down_log2fc:g} and "
        f"p < {limit.down_p:g} together with a high baseline and a follow-up below the "
        "threshold."
    ]


def subtype(
    study: Study, results: Results, settings: Mapping[str, object], centring: pd.DataFrame
) -> list[str]:
    """PAM50-like calls and the switch rule."""
    if "subtypes" not in results.present:
        return []
    limit = limits(study.config["thresholds"])
    rules = Counter(row["centring"] for row in results.rows("subtypes") if row["centring"])
    used = next(iter(rules), study.config["subtype"]["centring"])
    rule, _, why = used.partition(" (")
    found = [
        "Intrinsic subtypes are the nearest of the five PAM50 centroids (Parker 2009) by Spearman "
        f"correlation after subtracting, gene by gene, {_CENTRING.get(rule, rule)}."
    ]
    baselines = settings.get("her2_positive_baselines")
    if isinstance(baselines, list | tuple):
        baselines = len(baselines)
    if rule == "fixed_reference_offset" and baselines is not None:
        tau = settings.get("tau")
        prior = f" with a prior scale of {tau:g} log2" if isinstance(tau, int | float) else ""
        found.append(
            f"The offset rested on {counted(int(baselines), 'HER2-positive baseline')}{prior}."
        )
    if rule == "fixed_reference_offset" and centring["shrinkage"].notna().any():
        share = centring["shrinkage"].median()
        found.append(f"Of the observed offset a median of {100 * share:.0f} % was used per gene.")
    asked = study.config["subtype"]["centring"]
    if study.config["cohort_from"] or settings.get("frozen_from"):
        if asked != rule:
            found.append(
                "This rule came with the frozen cohort (cohort_from), in place of the configured "
                f"one ({asked}){': ' + why.removesuffix(')') if why else ''}."
            )
    elif asked != rule:
        found.append(
            f"The configured rule ({asked}) could not be used"
            f"{': ' + why.removesuffix(')') if why else ' with these samples'}."
        )
    if "switches" in results.present:
        found.append(
            "A switch needs a changed label that is not Normal-like, a margin above "
            f"{limit.switch_margin:g}, and a change above {limit.switch_delta:g} in correlation "
            "with both biopsies brought to the lower tumour content of the two (the purer one "
            "diluted in silico), still true without ERBB2 and GRB7."
        )
    return found


def differential(results: Results, packages: Callable[[str], str | None]) -> list[str]:
    """Cohort-level tests that ran."""
    found = []
    rows = results.rows("differential")
    if rows:
        method, pairs = rows[0]["method"] or "", rows[0]["pairs"]
        over = f" over {counted(pairs, 'pair')}" if pairs is not None else ""
        if "pydeseq2" in method.lower():
            found.append(
                f"Follow-up was compared with baseline within patients{over} with PyDESeq2 "
                f"{packages('pydeseq2')} (design ~ patient + timepoint)."
            )
        else:
            found.append(f"Follow-up was compared with baseline within patients{over} by {method}.")
        found.append("q values are those of Benjamini and Hochberg.")
    if "pathways" in results.present:
        found.append(
            f"{counted(len(results.rows('pathways')), 'gene set')} were tested on the ranked genes "
            f"with GSEApy {packages('gseapy')} (preranked, local gene sets)."
        )
    return found

"""``methods.md``: what was done, from the config, the tables and the versions - nothing else.

Every sentence depends on something that is there: a tool is named only where its table says that
it ran, a rule only where the cohort folder or a table records it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

import pandas as pd

from her2omics import __version__
from her2omics.mechanism.decide import CALIBRATED
from her2omics.report import words
from her2omics.report.results import Results
from her2omics.sheets.study import Study
from her2omics.thresholds import THRESHOLDS, limits

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

_FACTORS = {
    "her2_status": "the reported HER2 status of either biopsy",
    "erbb2_mrna": "ERBB2 mRNA",
    "neighbours_mrna": "the median mRNA of the 17q12 neighbours",
    "programme_delta": "the shift of the intrinsic programme",
    "ish_amplified_cells": "the amplified cells counted by ISH",
    "erbb2_log2": "the ERBB2 log2 copy ratio",
    "cluster_ccf": "the cancer cell fractions of mutation clusters",
    "amplicon_branch_loglr": "the position of the amplicon in the clone tree",
    "amplified_share": "the amplified share of single cells",
    "erbb2_output": "the ERBB2 output per copy of single cells",
}


def text(
    study: Study,
    results: Results,
    *,
    settings: Mapping[str, object],
    noise: pd.DataFrame,
    centring: pd.DataFrame,
    packages: Callable[[str], str | None],
) -> str:
    """Return the methods as Markdown.

    Parameters
    ----------
    study
        The study.
    results
        Tables of the whole cohort.
    settings, noise, centring
        ``cohort.yaml``, ``noise.tsv``, ``centring.tsv`` of the cohort folder; may be empty.
    packages
        Function from a package name to its version or None.
    """
    parts = [
        ("Cases", cases(study, results)),
        ("Cohort quantities", cohort(study, settings) if settings or len(noise) else []),
        ("Expression", expression(study, results, settings, noise)),
        ("Intrinsic subtype", subtype(study, results, settings, centring)),
        ("Change over the cohort", differential(results, packages)),
        ("Mechanism of HER2 loss", mechanism(study, results)),
        ("Gates", gates(results)),
        ("Settings changed by the user", changed(study)),
        ("Software", software(packages)),
        ("Limits", limitations(results)),
    ]
    lines = ["# Methods", ""]
    for title, sentences in parts:
        if sentences:
            lines += [f"## {title}", "", " ".join(sentences), ""]
    return "\n".join(lines)


def plain(markdown: str) -> str:
    """Return the methods without Markdown marks, for the cohort page."""
    return re.sub(r"^#+ ", "", markdown, flags=re.MULTILINE).removeprefix("Methods\n\n").strip()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _tally(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in values.items())


def cases(study: Study, results: Results) -> list[str]:
    """What was analysed."""
    rows = results.rows("cases")
    patients = len({row["patient"] for row in rows})
    followed = sum(row["followup"] is not None for row in rows)
    found = [
        f"{_count(len(rows), 'case')} of {_count(patients, 'patient')} were analysed; "
        f"{followed} had a baseline and a follow-up biopsy."
    ]
    excluded = int(study.samples["exclude"].notna().sum())
    if excluded:
        found.append(f"{_count(excluded, 'sample')} excluded in the sample sheet formed no case.")
    settings = Counter(
        words.of(words.SETTINGS, row["setting"]) for row in rows if row["followup"] is not None
    )
    if settings:
        found.append(f"Setting of the follow-up: {_tally(settings)}.")
    if study.config["ascertained"]:
        found.append(
            "The cohort was collected because HER2 was lost: a follow-up without reported status "
            "counted as HER2-negative unless it was equivocal."
        )
    return found


def cohort(study: Study, settings: Mapping[str, object]) -> list[str]:
    """Whether the cohort quantities were estimated here or frozen."""
    frozen = study.config["cohort_from"] or settings.get("frozen_from")
    if frozen:
        return [
            "Platform offset, references and noise were taken unchanged from an earlier cohort "
            "(cohort_from), so that no verdict depends on the other cases of this sheet."
        ]
    return [
        "Platform offset, references and noise were estimated once from all samples of this sheet; "
        "a verdict may therefore move slightly when cases are added, unless the cohort is frozen "
        "(cohort_from)."
    ]


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
    given = f" given as {_tally(units)}" if units else ""
    found.append(f"Gene expression of {_count(samples, 'sample')}{given} was used.")
    protocols = Counter(noise["protocol"].dropna())
    if protocols:
        found.append(f"RNA library protocols: {_tally(protocols)}.")
    found.append(
        "Libraries were scaled by the median ratio of stable genes to a bundled TCGA reference, "
        "on the log2 scale."
    )
    source = str(settings.get("reference_source") or "bundled")
    reference = (
        "HER2-negative TCGA tumours (bundled)"
        if source == "bundled"
        else f"HER2-negative tumours of this cohort ({source.removeprefix('cohort: ')})"
    )
    found.append(
        f"ERBB2 and the median of its 17q12 neighbours (GRB7, STARD3, PGAP3, MIEN1) are given as "
        f"z, in units of 1.4826 MAD above {reference}; z from {limit.erbb2_high_z:g} counts as "
        f"high, below {limit.erbb2_intermediate_z:g} as negative."
    )
    if "expression_pairs" in results.present:
        found.append(
            "The paired change of ERBB2 was compared with that of expression-matched genes of the "
            "same pair and, where the tumour content is known, corrected for it on the linear "
            f"scale; `down` asks for a corrected log2 change of at most {limit.down_log2fc:g} and "
            f"p < {limit.down_p:g} together with a high baseline and a follow-up below the "
            "threshold."
        )
    return found


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
            f"The offset rested on {_count(int(baselines), 'HER2-positive baseline')}{prior}."
        )
    if rule == "fixed_reference_offset" and centring["shrinkage"].notna().any():
        share = centring["shrinkage"].median()
        found.append(f"Of the observed offset a median of {100 * share:.0f} % was used per gene.")
    if study.config["subtype"]["centring"] != rule:
        found.append(
            f"The configured rule ({study.config['subtype']['centring']}) could not be used"
            f"{': ' + why.removesuffix(')') if why else ' with these samples'}."
        )
    if "switches" in results.present:
        found.append(
            "A switch needs a changed label that is not Normal-like, a margin above "
            f"{limit.switch_margin:g}, and a change above {limit.switch_delta:g} in correlation "
            "against the baseline diluted in silico to the follow-up's tumour content, still true "
            "without ERBB2 and GRB7."
        )
    return found


def differential(results: Results, packages: Callable[[str], str | None]) -> list[str]:
    """Cohort-level tests that ran."""
    found = []
    rows = results.rows("differential")
    if rows:
        method, pairs = rows[0]["method"] or "", rows[0]["pairs"]
        counted = f" over {_count(pairs, 'pair')}" if pairs is not None else ""
        if "pydeseq2" in method.lower():
            found.append(
                f"Follow-up was compared with baseline within patients{counted} with PyDESeq2 "
                f"{packages('pydeseq2')} (design ~ patient + timepoint)."
            )
        else:
            found.append(
                f"Follow-up was compared with baseline within patients{counted} by {method}."
            )
        found.append("q values are those of Benjamini and Hochberg.")
    if "pathways" in results.present:
        found.append(
            f"{_count(len(results.rows('pathways')), 'gene set')} were tested on the ranked genes "
            f"with GSEApy {packages('gseapy')} (preranked, local gene sets)."
        )
    return found


def mechanism(study: Study, results: Results) -> list[str]:
    """The model, the evidence that entered it, its priors and its decision rule."""
    limit = limits(study.config["thresholds"])
    measured = {row["variable"] for row in results.rows("evidence")}
    used = [name for variable, name in _FACTORS.items() if variable in measured]
    found = [
        "Each case was explained by latent quantities: the share of cancer cells that carry the "
        "amplification and its copies at both times, the repression of ERBB2 mRNA per copy, and "
        "the shift of the intrinsic programme. Their posterior was computed by importance "
        "sampling, and summed over the states that make up a label."
    ]
    if used:
        found.append(
            f"Evidence that entered, each measurement once: {'; '.join(used)}. "
            "A missing measurement drops its factor."
        )
    priors = {
        name: value for name, value in study.config["priors"].items() if name != "multipliers"
    }
    listed = ", ".join(f"{name} {value:g}" for name, value in priors.items())
    found.append(
        f"Prior probabilities of the states, which are assumptions: {listed}. The posterior under "
        "a flat prior over labels is reported beside."
    )
    found.append(
        f"A label is called at a posterior of at least {limit.called_posterior:g} and a Bayes "
        f"factor of at least {limit.called_bayes_factor:g} against the next label (not lost: "
        f"posterior at least {limit.called_not_lost:g}), probable from "
        f"{limit.probable_posterior:g}, else uncertain."
    )
    if not CALIBRATED:
        found.append(
            "The calibration of the probabilities has not been measured yet, so no verdict is "
            "firmer than probable."
        )
    counts = Counter(row["label"] for row in results.rows("cases"))
    found.append(
        "Labels: "
        + ", ".join(
            f"{words.LABELS[label].lower()} {counts[label]}"
            for label in words.LABELS
            if counts[label]
        )
        + "."
    )
    calls = Counter(row["call"] for row in results.rows("cases"))
    found.append(f"{calls['called']} were called, {calls['probable']} probable.")
    return found


def gates(results: Results) -> list[str]:
    """Gates that fired, with their number of cases."""
    counts: Counter[str] = Counter()
    for row in results.rows("cases"):
        counts.update(set(words.split(row["gates"])))
    if not counts:
        return ["No gate fired."]
    order = [code for code in words.GATES if code in counts]
    order += sorted(set(counts) - set(order))
    by_kind: dict[str, list[str]] = {}
    for code in order:
        kind = words.GATES.get(code, ("N", ""))[0]
        by_kind.setdefault(kind, []).append(f"{code} ({counts[code]})")
    titles = {
        "S": "Stopped the verdict",
        "C": "Capped it at probable",
        "F": "Dropped or widened a piece of evidence",
        "N": "For information",
    }
    return [f"{titles[kind]}: {', '.join(by_kind[kind])}." for kind in titles if kind in by_kind]


def changed(study: Study) -> list[str]:
    """Thresholds that differ from their defaults."""
    found = []
    for name, value in study.config["thresholds"].items():
        threshold = THRESHOLDS[name]
        if value != threshold.value:
            found.append(
                f"{name}: {value:g} {threshold.unit} instead of {threshold.value:g} "
                f"({threshold.why})."
            )
    return found


def software(packages: Callable[[str], str | None]) -> list[str]:
    """Versions of what every run uses."""
    used = [(name, packages(name)) for name in ("numpy", "scipy", "pandas")]
    listed = ", ".join(f"{name} {version}" for name, version in used if version)
    return [
        f"her2omics {__version__} with {listed}. All versions, settings and the SHA-256 of every "
        "input file are in versions.yaml."
    ]


def limitations(results: Results) -> list[str]:
    """What a reader has to know."""
    found = ["Research use only."]
    measured = {row["variable"] for row in results.rows("evidence")}
    if measured and not measured & {"erbb2_log2", "amplified_share", "cluster_ccf"}:
        found.append(
            "Without DNA or single cells the locus is judged by the 17q12 neighbours' mRNA and by "
            "ISH: a replaced clone and a lost amplification are not told apart."
        )
    found.append(
        "Loss of the protein alone (cleavage, shedding, masked epitopes) is invisible to "
        "sequencing."
    )
    return found

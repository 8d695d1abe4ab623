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
from her2omics.mechanism.calibrate import PRIOR_CASES
from her2omics.mechanism.model import VARIABLES
from her2omics.report import fired, methods_rna, words
from her2omics.report.results import Results
from her2omics.report.words import counted, tally
from her2omics.sheets.study import Study
from her2omics.thresholds import THRESHOLDS, limits

# Words for the variables of the model; one that has none here speaks for itself.
_FACTORS = {
    "her2_status": "the reported HER2 status of either biopsy",
    "erbb2_mrna": "ERBB2 mRNA",
    "neighbours_mrna": "the median mRNA of the 17q12 neighbours",
    "programme_delta": "the shift of the intrinsic programme",
    "ish_amplified_cells": "the amplified cells counted by ISH",
    "ish_copies": "ERBB2 copies per cell by ISH",
    "erbb2_log2": "the ERBB2 log2 copy ratio",
    "ploidy": "the ploidy",
    "other_copies": "the 17q copies beside the amplicon",
    "cluster_ccf": "the cancer cell fractions of mutation clusters",
    "amplicon_branch_loglr": "the reads of SNPs and mutations on the amplicon",
    "amplified_share": "the amplified share of single cells",
    "erbb2_output": "the ERBB2 output per copy of single cells",
}

# Parts of table model_noise.
_NOISE = {
    "rna": "inflation of RNA noise",
    "programme": "inflation of the programme shift's noise",
    "spread": "likeness of pieces of one tumour (intraclass correlation)",
}
_NAMED_NOISE = (
    ("setting", "wrong", "share of wrong settings"),
    ("lineages", "one each", "share of mosaics with one cluster of mutations per lineage"),
)


def entered(results: Results) -> dict[str, int]:
    """Return what entered the verdicts, as the contributions say: variable -> cases."""
    found = Counter(
        variable
        for variable, _ in {(row["variable"], row["case"]) for row in results.rows("contributions")}
    )
    order = [name for name in VARIABLES if name in found]
    return {name: found[name] for name in [*order, *sorted(set(found) - set(order))]}


def text(
    study: Study,
    results: Results,
    *,
    settings: Mapping[str, object],
    noise: pd.DataFrame,
    centring: pd.DataFrame,
    model_noise: pd.DataFrame,
    packages: Callable[[str], str | None],
) -> str:
    """Return the methods as Markdown.

    Parameters
    ----------
    study
        The study.
    results
        Tables of the whole cohort.
    settings, noise, centring, model_noise
        ``cohort.yaml``, ``noise.tsv``, ``centring.tsv`` and ``model_noise.tsv`` of the cohort
        folder; may be empty.
    packages
        Function from a package name to its version or None.
    """
    parts = [
        ("Cases", cases(study, results)),
        ("Cohort quantities", cohort(study, settings, noise, model_noise)),
        ("Expression", methods_rna.expression(study, results, settings, noise)),
        ("Intrinsic subtype", methods_rna.subtype(study, results, settings, centring)),
        ("Change over the cohort", methods_rna.differential(results, packages)),
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


def cases(study: Study, results: Results) -> list[str]:
    """What was analysed."""
    rows = results.rows("cases")
    patients = len({row["patient"] for row in rows})
    followed = sum(row["followup"] is not None for row in rows)
    found = [
        f"{counted(len(rows), 'case')} of {counted(patients, 'patient')} were analysed; "
        f"{followed} had a baseline and a follow-up biopsy."
    ]
    excluded = int(study.samples["exclude"].notna().sum())
    if excluded:
        found.append(f"{counted(excluded, 'sample')} excluded in the sample sheet formed no case.")
    settings = Counter(
        words.of(words.SETTINGS, row["setting"]) for row in rows if row["followup"] is not None
    )
    if settings:
        found.append(f"Setting of the follow-up: {tally(settings)}.")
    if study.config["ascertained"]:
        found.append(
            "The cohort was collected because HER2 was lost: a follow-up without reported status "
            "counted as HER2-negative unless it was equivocal."
        )
    return found


def cohort(
    study: Study,
    settings: Mapping[str, object],
    noise: pd.DataFrame,
    model_noise: pd.DataFrame,
) -> list[str]:
    """Whether the cohort quantities were estimated here or frozen."""
    frozen = bool(study.config["cohort_from"] or settings.get("frozen_from"))
    found = []
    if frozen and (settings or len(noise)):
        found.append(
            "Platform offset, references and noise were taken unchanged from an earlier cohort "
            "(cohort_from), so that no verdict depends on the other cases of this sheet."
        )
    elif settings or len(noise):
        found.append(
            "Platform offset, references and noise were estimated once from all samples of this "
            "sheet; a verdict may therefore move slightly when cases are added, unless the cohort "
            "is frozen (cohort_from)."
        )
    return [*found, *learnt_noise(model_noise, frozen=frozen)]


def learnt_noise(model_noise: pd.DataFrame, *, frozen: bool) -> list[str]:
    """What the noise of the model rests on."""
    parts = []
    for name, rows in model_noise[model_noise["value"].notna()].groupby("noise", sort=False):
        cases = int(rows["cases"].fillna(0).max())
        if not cases:
            continue
        means = [float((rows["value"] * rows[key]).sum()) for key in ("weight", "assumed")]
        parts.append(
            f"{_NOISE.get(name, name)} {means[0]:.2f} (mean; assumed {means[1]:.2f}; "
            f"{counted(cases, 'case')})"
        )
    for name, part, words_of in _NAMED_NOISE:
        rows = model_noise[model_noise["noise"].eq(name) & model_noise["part"].eq(part)]
        if len(rows) and rows["cases"].fillna(0).max():
            weight, assumed = rows["weight"].iloc[0], rows["assumed"].iloc[0]
            parts.append(f"{words_of} {weight:.2f} (assumed {assumed:.2f})")
    if not len(model_noise):
        return []
    if not parts:
        return ["The noise of the model stayed as assumed: no case told anything about it."]
    where = (
        "was learnt on that earlier cohort and kept frozen"
        if frozen
        else "was learnt once from the evidence of this sheet"
    )
    return [
        f"The noise of the model {where}, by expectation-maximisation over the weights of its "
        f"mixtures, which start as assumed with the weight of {PRIOR_CASES:g} cases "
        f"(model_noise.tsv of the cohort folder): {'; '.join(parts)}."
    ]


def mechanism(study: Study, results: Results) -> list[str]:
    """The model, the evidence that entered it, its priors and its decision rule."""
    limit = limits(study.config["thresholds"])
    used = [
        f"{_FACTORS.get(name, name.replace('_', ' '))} ({counted(cases, 'case')})"
        for name, cases in entered(results).items()
    ]
    found = [
        "Each case was explained by latent quantities: the share of cancer cells that carry the "
        "amplification and its copies at both times, the repression of ERBB2 mRNA per copy, and "
        "the shift of the intrinsic programme. Their posterior was computed by importance "
        "sampling, and summed over the states that make up a label."
    ]
    if used:
        found.append(
            "Evidence that entered, after the gates, each measurement once: "
            f"{'; '.join(used)}. A missing measurement drops its factor."
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
        f"posterior at least {limit.called_not_lost:g}; downregulation also a probability above "
        f"{limit.called_repression:g} that ERBB2 mRNA per copy fell by more than "
        f"{limit.repression:g} log2), probable from {limit.probable_posterior:g}, else uncertain."
    )
    found.append(words.CALIBRATION)
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
    """What the gates did, with their number of cases."""
    by_kind: dict[str, list[str]] = {}
    for (kind, code), cases in fired.counts(results).items():
        by_kind.setdefault(kind, []).append(f"{code} ({cases})")
    titles = {
        "S": "Stopped the verdict",
        "C": "Capped it at probable",
        "F": "Dropped or widened a piece of evidence",
        "N": "For information",
    }
    found = [f"{titles[kind]}: {', '.join(by_kind[kind])}." for kind in titles if kind in by_kind]
    return found or ["No gate fired."]


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
    measured = set(entered(results))
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

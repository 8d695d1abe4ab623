"""The verdict of every case: gates, posterior, decision, as tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import pandas as pd

from her2omics import tables
from her2omics.mechanism import gate_effects
from her2omics.mechanism import gates as gate_rules
from her2omics.mechanism.decide import Verdict, decide
from her2omics.mechanism.evidence import Case
from her2omics.mechanism.measurements import BASELINE, FOLLOWUP, CaseEvidence
from her2omics.mechanism.model import Posterior, adjusted_priors, has, posterior
from her2omics.mechanism.next_test import next_test
from her2omics.mechanism.sampler import NEGLIGIBLE
from her2omics.mechanism.states import STATES
from her2omics.quality.gates import Gate
from her2omics.sheets.seeds import seed_for
from her2omics.thresholds import limits

_MODALITIES = {
    "cn": ("erbb2_log2",),
    "clones": ("cluster_ccf",),
    "rna": ("erbb2_mrna", "neighbours_mrna", "programme_delta"),
    "single_cell": ("amplified_share", "erbb2_output"),
    "ish": ("ish_amplified_cells", "ish_copies"),
    "status": ("her2_status",),
}
_CAP_HETEROGENEITY = (0.05, 0.50)  # share of amplified cells; CAP definition (Vance 2009)


@dataclass(frozen=True)
class Result:
    """Everything that is written about one case."""

    case: Case
    gates: tuple[Gate, ...]
    verdict: Verdict
    posterior: dict[str, Any]
    modalities: tuple[str, ...]
    contributions: dict[str, dict[str, float]]


def classify_case(
    case: Case,
    *,
    quality: Mapping[str, Sequence[Gate]],
    config: Mapping[str, Any],
    explain: bool = True,
) -> Result:
    """Return the verdict of one case.

    Parameters
    ----------
    case
        Evidence and context.
    quality
        Case -> gates that fired elsewhere.
    config
        Complete config: seed, priors, thresholds.
    explain
        Also compute contributions and the next test.
    """
    limit = limits(config["thresholds"])
    used, fired = judged(case, quality=quality, limit=limit)
    evidence = used.evidence
    modalities = tuple(
        name
        for name, variables in _MODALITIES.items()
        if any(has(evidence, variable) for variable in variables)
    )
    found, test = None, None
    if not any(gate.kind == "S" for gate in fired):
        case_seed = seed_for(config["seed"], "classify", case.patient, case.case)
        priors = adjusted_priors(
            config["priors"],
            multipliers=config["priors"]["multipliers"],
            therapy=case.therapy,
            on_treatment=gate_rules.on_treatment(case, limit),
        )
        found = posterior(
            evidence, priors, seed=config["seed"], case_seed=case_seed, contributions=explain
        )
        fired = _unique([*fired, *_sampler_gates(found)])
        test = next_test(found, evidence, case_seed=case_seed) if explain else None
    fired.sort(key=lambda gate: "SCFN".index(gate.kind))
    verdict = decide(
        found,
        fired,
        followup_negative=case.evidence.status[FOLLOWUP] is False,
        modalities=modalities,
        values=config["thresholds"],
    )
    return Result(
        case,
        tuple(fired),
        verdict,
        _posterior_columns(found, test),
        modalities,
        {} if found is None else found.contributions,
    )


def judged(
    case: Case, *, quality: Mapping[str, Sequence[Gate]], limit: SimpleNamespace
) -> tuple[Case, list[Gate]]:
    """Return the case with the evidence that may be used, and all gates fired before the sampler.

    What drops or widens evidence acts first; baseline and locus are judged on what is left.
    """
    fired = [*quality.get(case.case, ()), *gate_rules.from_context(case, limit)]
    used = gate_effects.apply(case, fired)
    underpowered = any(gate.code == "UNDERPOWERED_CN" for gate in fired)
    later = gate_rules.from_evidence(used, limit, underpowered=underpowered)
    return used, _unique([*fired, *later])


def _unique(fired: Iterable[Gate]) -> list[Gate]:
    """Return the gates without repeats of code, kind and sample; the first of each stays."""
    unique: dict[tuple, Gate] = {}
    for gate in fired:
        unique.setdefault((gate.code, gate.kind, gate.sample), gate)
    return list(unique.values())


def _sampler_gates(found: Posterior) -> list[Gate]:
    """LOW_ESS, where Monte-Carlo error could matter: a label without weight needs no precision."""
    limit = limits()
    few = found.effective_samples < limit.min_effective_samples
    contested = min(sorted(p.values())[-2] for p in (found.p, found.p_flat)) > NEGLIGIBLE
    noisy = contested and found.log_bayes_factor_se > limit.max_log_bayes_factor_se
    if not few and not noisy:
        return []
    return [
        Gate(
            "LOW_ESS",
            "C",
            None,
            f"{found.effective_samples:.0f} particles, SE {found.log_bayes_factor_se:.2f}",
            f"{limit.min_effective_samples:g} particles, SE {limit.max_log_bayes_factor_se:g}",
            "The sampler did not settle: the posterior carries Monte-Carlo error.",
        )
    ]


def _posterior_columns(found: Posterior | None, test: str | None) -> dict[str, Any]:
    if found is None:
        return {}
    columns: dict[str, Any] = {f"p_{label}": value for label, value in found.p.items()}
    columns |= {f"p_flat_{label}": value for label, value in found.p_flat.items()}
    columns |= {f"p_locus_{name}": value for name, value in found.locus.items()}
    columns["p_programme_shift"] = found.programme_shift
    for name, (median, low, high) in found.intervals.items():
        columns |= {name: median, f"{name}_low": low, f"{name}_high": high}
    columns["effective_samples"] = found.effective_samples
    columns["next_test"] = test
    columns |= {f"p_state_{state}": found.p_state[state] for state in STATES}
    return columns


def heterogeneity(evidence: CaseEvidence) -> str:
    """Return the mosaic of amplified and other cells before treatment, as far as ISH counted it."""
    counted = evidence.get("ish_amplified_cells", BASELINE)
    if counted is None:
        return "unknown"
    low, high = _CAP_HETEROGENEITY
    share = counted.value / counted.n
    return "cap_5_50" if low <= share <= high else "none" if share > high else "unknown"


def classify(
    cases: Sequence[Case],
    *,
    quality: pd.DataFrame,
    config: Mapping[str, Any],
    cores: int = 1,
    explain: bool = True,
    progress: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return tables ``cases``, ``contributions`` and ``quality`` (all gates).

    Parameters
    ----------
    cases
        From :func:`her2omics.mechanism.evidence.parse`; the order of the rows.
    quality
        Gates that fired elsewhere.
    config
        Complete config.
    cores
        Processes; the result does not depend on it.
    explain
        Also compute contributions and the next test of each case.
    progress
        Report on stderr.
    """
    elsewhere = gates_by_case(quality)
    work = partial(classify_case, quality=elsewhere, config=config, explain=explain)
    results: list[Result] = []
    if cores > 1 and len(cases) > cores:
        with ProcessPoolExecutor(cores) as pool:
            chunk = max(1, min(25, len(cases) // (4 * cores)))
            results = list(_reported(pool.map(work, cases, chunksize=chunk), len(cases), progress))
    else:
        results = list(_reported(map(work, cases), len(cases), progress))
    return _cases_table(results), _contributions_table(results), _quality_table(results)


def _reported(results: Iterable[Result], total: int, progress: bool) -> Iterable[Result]:
    for done, result in enumerate(results, start=1):
        yield result
        if progress and (done % 100 == 0 or done == total):
            print(f"classify: {done} of {total} cases", file=sys.stderr, flush=True)


def gates_by_case(quality: pd.DataFrame) -> dict[str, list[Gate]]:
    """Return the gates of table ``quality`` by case."""
    out: dict[str, list[Gate]] = {}
    columns = ("case", "code", "kind", "sample", "value", "threshold", "note")
    for case, *fields in zip(*(quality[column] for column in columns), strict=True):
        out.setdefault(case, []).append(Gate(*fields))
    return out


def _cases_table(results: Sequence[Result]) -> pd.DataFrame:
    rows = [
        {
            "case": result.case.case,
            "patient": result.case.patient,
            "baseline": result.case.baseline,
            "followup": result.case.followup,
            "setting": result.case.setting,
            "label": result.verdict.label,
            "call": result.verdict.call,
            "sublabel": result.verdict.sublabel,
            "note": " ".join(result.verdict.notes),
            "heterogeneity_baseline": heterogeneity(result.case.evidence),
            "her2_class_baseline": result.case.her2_class[BASELINE],
            "her2_class_followup": result.case.her2_class[FOLLOWUP],
            "gates": ";".join(dict.fromkeys(gate.code for gate in result.gates)),
            "modalities": ";".join(result.modalities),
            **result.posterior,
        }
        for result in results
    ]
    extra = [f"p_state_{state}" for state in STATES]
    return tables.typed(
        pd.DataFrame(rows, columns=[*tables.TABLES["cases"].names, *extra]), "cases"
    )


def _contributions_table(results: Sequence[Result]) -> pd.DataFrame:
    rows = [
        (result.case.case, variable, label, decibans)
        for result in results
        for variable, by_label in result.contributions.items()
        for label, decibans in by_label.items()
    ]
    names = tables.TABLES["contributions"].names
    return tables.typed(pd.DataFrame(rows, columns=list(names)), "contributions")


def _quality_table(results: Sequence[Result]) -> pd.DataFrame:
    rows = [
        (
            result.case.case,
            gate.sample,
            gate.code,
            gate.kind,
            gate.value,
            gate.threshold,
            gate.note,
        )
        for result in results
        for gate in result.gates
    ]
    names = tables.TABLES["quality"].names
    return tables.typed(pd.DataFrame(rows, columns=list(names)), "quality")

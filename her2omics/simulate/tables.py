"""Cohorts of simulated cases: ids, truth, and which gates their data must or may fire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.mechanism import states
from her2omics.simulate import case
from her2omics.simulate.scenario import Scenario

_SHOWN = ("IDENTITY_UNCHECKED", "LINEAGE_UNCHECKED", "SINGLE_REGION", "CN_CONFLICT", "LOW_ESS")


@dataclass(frozen=True)
class Group:
    """Cases of one scenario with their ids: columns ``patient_id``, ``baseline``, ``followup_id``.

    ``case`` is ``<baseline>__<followup>``, or ``<baseline>__none`` where there is no follow-up.
    """

    scenario: Scenario
    cases: pd.DataFrame


def shares_to_counts(n: int, shares: Sequence[float]) -> list[int]:
    """Return whole numbers that sum to n, in proportion (largest remainder)."""
    exact = np.array(shares) * n
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: n - counts.sum()]] += 1
    return counts.tolist()


def draw_groups(
    n: int, *, seed: int, mixture: Sequence[tuple[Scenario, float]], ascertained: bool = True
) -> list[Group]:
    """Draw a cohort of n cases, one group per scenario, with ids that do not repeat."""
    counts = shares_to_counts(n, [share for _, share in mixture])
    width = max(4, len(str(n)))
    groups, patients = [], 0
    for (scenario, _), count in zip(mixture, counts, strict=True):
        if count == 0:
            continue
        cases = case.draw(count, seed=seed, scenario=scenario, ascertained=ascertained)
        cases["patient"] += patients
        patients = int(cases["patient"].max()) + 1
        groups.append(Group(scenario, with_ids(cases, scenario, width=width)))
    return groups


def with_ids(cases: pd.DataFrame, scenario: Scenario, *, width: int = 4) -> pd.DataFrame:
    """Return the cases with patient, sample and case ids (patients are numbered from 0)."""
    patient = [f"P{number + 1:0{width}d}" for number in cases["patient"]]
    lesions = cases.groupby("patient")["lesion"].transform("size")
    suffix = np.where(lesions > 1, (cases["lesion"] + 1).astype(str), "")
    baseline = np.array([f"{name}-B" for name in patient], dtype=object)
    followup = np.array(
        [f"{name}-F{end}" for name, end in zip(patient, suffix, strict=True)], dtype=object
    )
    if "followup" in scenario.missing:
        followup = np.full(len(cases), None, dtype=object)
    label = [f"{b}__{'none' if f is None else f}" for b, f in zip(baseline, followup, strict=True)]
    return cases.assign(patient_id=patient, baseline=baseline, followup_id=followup, case=label)


def truth(groups: Sequence[Group]) -> pd.DataFrame:
    """Return table ``truth`` of a cohort; the label is that of the latent state, gates or not."""
    return tables.typed(pd.concat([_truth(group) for group in groups], ignore_index=True), "truth")


def _truth(group: Group) -> pd.DataFrame:
    cases, scenario = group.cases, group.scenario
    out = cases[
        ["case", "scenario", "state", "setting", "repression_log2", "programme_shift"]
        + [f"subtype_{time}" for time in tables.TIMES]
        + [
            f"{key}_{time}"
            for key in ("purity", "ploidy", "f", "copies_amplified")
            for time in tables.TIMES
        ]
    ].copy()
    out["copies_other"] = cases["copies_other_baseline"]
    out["label"] = cases["state"].map(states.LABEL_OF)
    out["sublabel"] = cases["state"].map(states.SUBLABEL_OF)
    out["gates_must"] = ";".join(scenario.gates_must)
    out["gates_may"] = gates_may(cases, scenario)
    return out


def gates_may(cases: pd.DataFrame, scenario: Scenario) -> list[str]:
    """Return the codes whose firing is no error, `;`-separated, one text per case."""
    lower = cases[["purity_baseline", "purity_followup"]].min(axis=1)
    mean_before = cases["f_baseline"] * cases["copies_amplified_baseline"]
    weak = (cases["purity_baseline"] < 0.3) | (mean_before < 8)
    drug = cases["setting"].isin(["post_neoadjuvant", "on_treatment"])
    thin = lower < 0.4
    conditional = {
        "LOW_PURITY": thin,
        "UNDERPOWERED_CN": thin,
        "NO_LOCUS_EVIDENCE": lower < 0.3,  # RNA alone, and RNA is dropped
        "NORMAL_LIKE": lower < 0.5,
        "BASELINE_UNCERTAIN": pd.Series(True, index=cases.index),
        "BASELINE_UNCONFIRMED": weak,
        "BASELINE_NOT_FOCAL": weak,
        "ON_TREATMENT": drug,
        "FEW_MUTATIONS": pd.Series(scenario.assay == "panel", index=cases.index),
    }
    fixed = [*scenario.gates_may, *_SHOWN]
    columns = np.array([flag.to_numpy() for flag in conditional.values()]).T
    names = list(conditional)
    return [
        ";".join(
            dict.fromkeys(
                code
                for code in [*fixed, *(name for name, on in zip(names, row, strict=True) if on)]
                if code not in scenario.gates_must
            )
        )
        for row in columns.tolist()
    ]

"""A simulated cohort as evidence: every measurement of the model, without files behind it.

Noise is reported correctly in ``standard``; a departure changes the noise and leaves the reported
scale as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables as declared
from her2omics.errors import InputError, Problem, one_of
from her2omics.simulate import dosage, measure
from her2omics.simulate import tables as cohorts
from her2omics.simulate.clusters import cluster_ccf
from her2omics.simulate.distributions import stream
from her2omics.simulate.rows import Rows
from her2omics.simulate.scenario import Scenario
from her2omics.simulate.tables import Group

KINDS = ("cn", "clusters", "erbb2", "neighbours", "programme", "ish", "cells")
_RNA = ("erbb2", "neighbours", "programme")
PRESETS: dict[str, tuple[str, ...]] = {
    "all": KINDS,
    "bulk": ("cn", "clusters", *_RNA),
    "rna": _RNA,
}
CENTRING_SD = 0.03  # log2, of the genome's mean
GENE_SD = 0.25
SAMPLE_SD = 0.25
_LEAST_OUTPUT_SHARE = 0.03  # amplified cells that carry an output: 15 of 500
OUTPUT_SD = 0.25
#: What another RNA protocol adds to ERBB2, to the median of four neighbours, and to the delta.
_PROTOCOL_SD = {"erbb2": 0.88, "neighbours": 0.5, "programme": 0.2}


def parse_modalities(text: str) -> frozenset[str]:
    """Return the kinds of evidence asked for; ``mixed`` alone means what was drawn per case.

    Raises
    ------
    InputError
        For a word that is neither a kind nor a preset.
    """
    words = [word.strip() for word in text.replace(",", "+").split("+")]
    if words == ["mixed"]:
        return frozenset(words)
    allowed = ["mixed", *PRESETS, *KINDS]
    problems = [
        Problem(one_of(word, allowed), column="--modalities")
        for word in words
        if word not in (*PRESETS, *KINDS)
    ]
    if problems:
        raise InputError(problems)
    return frozenset(kind for word in words for kind in PRESETS.get(word, (word,)))


def kinds_of(group: Group, modalities: Collection[str]) -> dict[str, np.ndarray]:
    """Return kind -> which cases have it."""
    cases = group.cases
    drawn = {
        "cn": "has_cn",
        "clusters": "has_clusters",
        "ish": "has_ish",
        "cells": "has_cells",
        **dict.fromkeys(_RNA, "has_rna"),
    }
    if "mixed" in modalities:
        out = {kind: cases[drawn[kind]].to_numpy(dtype=bool) for kind in KINDS}
    else:
        out = {kind: np.full(len(cases), kind in modalities) for kind in KINDS}
    for need in group.scenario.needs:
        for kind in PRESETS.get(need, (need,)):
            out[kind] = np.ones(len(cases), dtype=bool)
    return out


def evidence(groups: Sequence[Group], modalities: Collection[str], *, seed: int) -> pd.DataFrame:
    """Return table ``evidence`` of a cohort, cases in order."""
    parts = [_group(group, kinds_of(group, modalities), seed=seed) for group in groups]
    return declared.typed(pd.concat(parts, ignore_index=True), "evidence")


def _group(group: Group, has: dict[str, np.ndarray], *, seed: int) -> pd.DataFrame:
    cases, scenario = group.cases, group.scenario
    rows = Rows(cases)
    for time in declared.TIMES:
        rng = stream(seed, scenario.name, "evidence", time)
        here = {kind: _present(group, time, kind) for kind in ("cn", "rna", "ish", "cells")}
        _dna(rows, group, time, has["cn"] & here["cn"], seed=seed, rng=rng)
        _rna(rows, group, time, has, here["rna"], seed=seed, rng=rng)
        _pathology(rows, group, time, has["ish"] & here["ish"])
        _cells(rows, cases, time, has["cells"] & here["cells"], rng)
    _pairs(rows, group, has, seed=seed)
    if has["clusters"].any():
        for time, part in cluster_ccf(cases, scenario, seed=seed).items():
            keep = (has["clusters"] & _present(group, time, "clusters"))[part["row"]]
            rows.add_long("cluster_ccf", time, part[keep], source="simulated mutations")
    return rows.frame()


def _present(group: Group, time: str, *kinds: str) -> np.ndarray:
    """Return which cases have a biopsy at this time, and these kinds of data of it."""
    exists = np.ones(len(group.cases), dtype=bool)
    if time == "followup":
        exists = group.cases["followup_id"].notna().to_numpy()
    gone = any(f"{kind}:{time}" in group.scenario.missing for kind in kinds)
    return exists & (not gone)


def t6(rng: np.random.Generator, cases: pd.DataFrame, time: str) -> np.ndarray:
    """Return t6 errors, one per biopsy: the cases of one patient share the baseline's."""
    if time != "baseline":
        return rng.standard_t(6, len(cases))
    _, row = np.unique(cases["patient"].to_numpy(), return_inverse=True)
    return rng.standard_t(6, len(cases))[row]


def _dna(
    rows: Rows,
    group: Group,
    time: str,
    has: np.ndarray,
    *,
    seed: int,
    rng: np.random.Generator,
) -> None:
    cases, scenario = group.cases, group.scenario
    purity, ploidy = (cases[f"{key}_{time}"].to_numpy() for key in ("purity", "ploidy"))
    f, amplified, other = (
        cases[f"{key}_{time}"].to_numpy() for key in ("f_bulk", "copies_amplified", "copies_other")
    )
    copies = f * amplified + (1 - f) * other
    expected = np.log2((purity * copies + 2 * (1 - purity)) / (purity * ploidy + 2 * (1 - purity)))
    noise = measure.dna_sd(scenario)
    scale = noise["erbb2_log2"]
    error = scenario.copy_number_noise * scale * t6(rng, cases, time)
    centring = CENTRING_SD * t6(rng, cases, time) / np.sqrt(1.5)
    rows.add("erbb2_log2", time, expected + centring + error, has, sd=scale, source="simulated DNA")

    estimate = measure.estimates(cases, scenario, seed=seed, time=time)
    source = measure.purity_source(cases, scenario, has)
    for name, column, sd in (
        ("dna", "purity", noise["purity"]),
        ("pathologist", "tumour_content", measure.PATHOLOGIST_SD),
    ):
        keep = (source == name) & _present(group, time)
        rows.add("purity", time, estimate[column], keep, sd=sd, n=1.0, item="1", source=name)
    for variable, column, extra in (
        ("ploidy", "ploidy", {"n": 1.0, "item": "1"}),
        ("other_copies", "copies_other", {}),
    ):
        sd = noise[variable]
        rows.add(variable, time, estimate[column], has, sd=sd, source="dna", **extra)


def _rna(
    rows: Rows,
    group: Group,
    time: str,
    has: dict[str, np.ndarray],
    here: np.ndarray,
    *,
    seed: int,
    rng: np.random.Generator,
) -> None:
    cases, scenario = group.cases, group.scenario
    moved = _protocol(scenario, seed) if time == "followup" else dict.fromkeys(_PROTOCOL_SD, 0.0)
    neighbours = dosage.neighbours_level(cases, time, amplified=not scenario.incomplete_amplicon)
    for kind, variable, level in (
        ("erbb2", "erbb2_mrna", dosage.erbb2_level(cases, time)),
        ("neighbours", "neighbours_mrna", neighbours),
    ):
        value = level + moved[kind] + GENE_SD * scenario.rna_noise * t6(rng, cases, time)
        rows.add(variable, time, value, has[kind] & here, sd=GENE_SD, source="simulated RNA")
    any_rna = (has["erbb2"] | has["neighbours"] | has["programme"]) & here
    rows.add("rna_sample_sd", time, np.full(len(cases), SAMPLE_SD), any_rna, source="simulated RNA")


def _protocol(scenario: Scenario, seed: int) -> dict[str, float]:
    """Return what the follow-ups' protocol adds: the same for all cases of a cohort."""
    if not scenario.protocol_shift:
        return dict.fromkeys(_PROTOCOL_SD, 0.0)
    draws = stream(seed, "protocol evidence").normal(0, 1, len(_PROTOCOL_SD))
    return {kind: sd * x for (kind, sd), x in zip(_PROTOCOL_SD.items(), draws, strict=True)}


def _pathology(rows: Rows, group: Group, time: str, has: np.ndarray) -> None:
    cases, here = group.cases, _present(group, time)
    ish = measure.ish(cases, group.scenario, time)
    source = "simulated ISH"
    rows.add("ish_amplified_cells", time, ish["amplified"], has, n=ish["cells"], source=source)
    rows.add("ish_copies", time, ish["copies"], has, source=source)
    rows.add("cep17_copies", time, ish["cep17"], has, source=source)
    rows.add("ihc", time, cases[f"ihc_{time}"], here, source="her2_ihc")
    rows.add("her2_status", time, cases[f"status_{time}"], here, source="her2_status")


def _cells(
    rows: Rows, cases: pd.DataFrame, time: str, has: np.ndarray, rng: np.random.Generator
) -> None:
    n = np.round(np.exp(rng.uniform(np.log(100), np.log(2000), len(cases))))
    carried = cases[f"f_cells_{time}"] * measure.dosed_amplified(cases, time)
    sd = np.sqrt(0.03**2 + 0.25 / n)
    share = np.clip(carried + sd * rng.normal(0, 1, len(cases)), 0, 1)
    rows.add("amplified_share", time, share, has, sd=sd, n=n, source="simulated cells")


def _pairs(rows: Rows, group: Group, has: dict[str, np.ndarray], *, seed: int) -> None:
    """Add what exists only for two samples: programme change, single-cell output."""
    cases, scenario = group.cases, group.scenario
    both = {
        kind: _present(group, "baseline", kind) & _present(group, "followup", kind)
        for kind in ("rna", "cells")
    }
    effects = 0.2 * (cases["sample_effect_baseline"] - cases["sample_effect_followup"])
    delta = cases["programme_shift"] + cases["programme_drift"] + effects
    delta = delta + _protocol(scenario, seed)["programme"]
    rows.add(
        "programme_delta", "pair", delta, has["programme"] & both["rna"], source="simulated RNA"
    )
    error = stream(seed, scenario.name, "output").normal(0, OUTPUT_SD, len(cases))
    # Of the dose: what the neighbours lose as well is not missing in ERBB2's output.
    output = cases["programme_effect"] * cases["programme_shift"]
    output = output - (1 - cases["neighbours_share"]) * cases["repression_log2"]
    carried = [
        cases[f"f_cells_{time}"] * measure.dosed_amplified(cases, time)
        for time in ("baseline", "followup")
    ]
    enough = np.minimum(*carried) >= _LEAST_OUTPUT_SHARE
    rows.add(
        "erbb2_output",
        "pair",
        output + error,
        has["cells"] & both["cells"] & enough,
        sd=OUTPUT_SD,
        source="simulated cells",
    )


def pairs(
    groups: Sequence[Group], modalities: Collection[str], *, ascertained: bool
) -> pd.DataFrame:
    """Return table ``pairs`` of a cohort."""
    parts = []
    for group in groups:
        cases = group.cases
        clusters = kinds_of(group, modalities)["clusters"]
        parts.append(
            pd.DataFrame(
                {
                    "case": cases["case"],
                    "patient": cases["patient_id"],
                    "baseline": cases["baseline"],
                    "followup": cases["followup_id"],
                    "setting": measure.stated_setting(cases, group.scenario),
                    "assay": np.where(clusters, group.scenario.assay, None),
                    "therapy_since_baseline": cases["therapy"],
                    "days_since_anti_her2": cases["days_since_anti_her2"],
                    "ascertained": "yes" if ascertained else "no",
                }
            )
        )
    return declared.typed(pd.concat(parts, ignore_index=True), "pairs")


def quality(groups: Sequence[Group]) -> pd.DataFrame:
    """Return table ``quality``: only codes that cannot be read from evidence and pairs."""
    rows = [
        pd.DataFrame({"case": group.cases["case"], "code": code, "kind": kind, "note": "simulated"})
        for group in groups
        for code, kind in group.scenario.quality
    ]
    if not rows:
        return declared.empty("quality")
    return declared.typed(pd.concat(rows, ignore_index=True), "quality")


def write(
    groups: Sequence[Group],
    out: Path,
    *,
    seed: int,
    modalities: Collection[str],
    ascertained: bool,
) -> None:
    """Write evidence.tsv, pairs.tsv, quality.tsv and truth.tsv."""
    declared.write(evidence(groups, modalities, seed=seed), "evidence", out)
    declared.write(pairs(groups, modalities, ascertained=ascertained), "pairs", out)
    declared.write(quality(groups), "quality", out)
    declared.write(cohorts.truth(groups), "truth", out)

"""A results folder with every label, written by hand: the report needs tables, not a model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from her2omics import tables
from her2omics.sheets.config import read_config
from her2omics.sheets.study import Study, read_study
from her2omics.tables import LABELS

# Label, sublabel, then neighbours z and ERBB2 z before and after, subtype before and after,
# amplified cells of 60 before and after.
SHAPES = {
    "downregulation": ("", (6.2, 7.5), (5.9, 2.1), ("Her2", "Her2"), (55, 52)),
    "clonal_selection": ("selection_or_sampling", (5.8, 7), (0.4, 0.6), ("Her2", "LumB"), (38, 1)),
    "subtype_switch": ("switch_with_retention", (5.5, 6.4), (5, 1.2), ("Her2", "LumA"), (54, 50)),
    "mixed": ("partial_loss", (6, 6.8), (2.9, 3.1), ("LumB", "LumB"), (52, 24)),
    "not_lost": ("retained_by_sequencing", (5.2, 6.1), (5, 6), ("Her2", "Her2"), (56, 55)),
    "uncertain": ("", (4.1, 4.4), (2.2, 1.4), ("LumB", "LumA"), (40, 22)),
    "not_assessable": ("", (0.1, 0.3), (0, 0.2), ("LumA", "LumA"), (2, 1)),
}
NOTE = "<script>alert('note')</script> & \"quoted\""


@dataclass(frozen=True)
class World:
    """One synthetic study with its results."""

    folder: Path
    study: Study
    results: Path
    cohort: Path

    @property
    def sheets(self) -> tuple[Path, Path]:
        return self.folder / "samples.tsv", self.folder / "units.tsv"


def _samples(number: int, *, long_id: bool) -> pd.DataFrame:
    rows = []
    for index in range(number):
        label = list(SHAPES)[index % len(SHAPES)]
        patient = f"P{index + 1:03d}"
        if long_id and index == 0:
            patient = "A-very-long.patient_id" + "-of-a-hospital" * 9
        positive = label != "not_assessable"
        for time in ("baseline", "followup"):
            before = time == "baseline"
            cells = SHAPES[label][4][0 if before else 1]
            rows.append(
                {
                    "patient": patient,
                    "sample": f"{patient}_{'B' if before else 'F'}",
                    "timepoint": time,
                    "setting": ""
                    if before
                    else ("metastasis", "relapse", "post_neoadjuvant", "")[index % 4],
                    "her2_status": "positive" if before and positive else "negative",
                    "her2_ihc": "3+" if before and positive else ("0", "1+", "0+")[index % 3],
                    "her2_ish_ratio": f"{1 + cells / 15:.1f}",
                    "her2_ish_copies": f"{2 * (1 + cells / 15):.1f}",
                    "cep17_copies": "2",
                    "ish_cells": "60",
                    "ish_amplified_percent": f"{100 * cells / 60:.0f}",
                    "central_review": "yes" if index % 2 else "no",
                    "er": "positive" if before else "negative",
                    "pr": "40" if before else "",
                    "tumour_content": f"{0.7 if before else 0.45}",
                    "collected_days": "0" if before else str(400 + 30 * index),
                    "therapy_since_baseline": "" if before else "chemo;trastuzumab;t-dxd",
                    "days_since_anti_her2": "" if before else "210",
                    "site": "breast" if before else "liver",
                    "note": NOTE if index == 0 else "",
                    "x_bank": "<b>tank 4</b>" if index == 0 else "",
                }
            )
    return pd.DataFrame(rows)


def _posterior(label: str, rng: np.random.Generator) -> dict[str, float]:
    if label == "not_assessable":
        return {}
    weights = rng.dirichlet(np.full(5, 0.4)) * (0.35 if label != "uncertain" else 1.0)
    if label == "uncertain":
        weights = np.array([0.42, 0.36, 0.05, 0.12, 0.05])
    else:
        weights[LABELS.index(label)] += 0.65
    weights = weights / weights.sum()
    flat = (weights + 0.05) / (weights + 0.05).sum()
    row = {f"p_{name}": value for name, value in zip(LABELS, weights, strict=True)}
    row |= {f"p_flat_{name}": value for name, value in zip(LABELS, flat, strict=True)}
    locus = rng.dirichlet((4, 1, 2, 1))
    names = ("retained", "partial", "replaced", "lost_in_lineage")
    row |= {f"p_locus_{name}": value for name, value in zip(names, locus, strict=True)}
    return row | {"p_programme_shift": float(rng.uniform(0, 1))}


def _interval(name: str, value: float, half: float, *, low: float = -np.inf) -> dict[str, float]:
    return {name: value, f"{name}_low": max(low, value - half), f"{name}_high": value + half}


def _correlations(subtype: str, rng: np.random.Generator) -> dict[str, float]:
    names = dict(zip(tables.SUBTYPES, ("basal", "her2", "luma", "lumb", "normal"), strict=True))
    values = {name: float(rng.uniform(-0.4, 0.25)) for name in names}
    values[subtype] = float(rng.uniform(0.45, 0.7))
    best, second = sorted(values.values())[::-1][:2]
    return {f"r_{names[name]}": value for name, value in values.items()} | {"margin": best - second}


def build(folder: Path, number: int = 7, *, long_id: bool = True, config: dict | None = None):
    """Write a study of ``number`` cases, its results and its cohort folder."""
    rng = np.random.default_rng(11)
    folder.mkdir(parents=True, exist_ok=True)
    samples = _samples(number, long_id=long_id)
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
    matrix = pd.DataFrame(
        rng.poisson(200, size=(3, len(samples))),
        index=pd.Index(["ERBB2", "GRB7", "ACTB"], name="gene"),
        columns=samples["sample"],
    )
    matrix.to_csv(folder / "counts.tsv", sep="\t")
    pd.DataFrame(
        {
            "sample": samples["sample"],
            "assay": "rna",
            "filetype": "matrix",
            "unit": "counts",
            "path": "counts.tsv",
        }
    ).to_csv(folder / "units.tsv", sep="\t", index=False)
    study = read_study(
        folder / "samples.tsv", folder / "units.tsv", config=read_config(None, config or {})
    )
    found: dict[str, list[dict]] = {name: [] for name in tables.TABLES}
    for index, pair in enumerate(study.cases.to_dict("records")):
        label = list(SHAPES)[index % len(SHAPES)]
        sublabel, before, after, subtypes, cells = SHAPES[label]
        key = {name: pair[name] for name in ("case", "patient", "baseline", "followup")}
        assessable = label != "not_assessable"
        call = {"uncertain": "none", "not_assessable": "none"}.get(label, "probable")
        row = key | {
            "setting": pair["setting"],
            "label": label,
            "call": "called" if call == "probable" and index % 3 else call,
            "sublabel": sublabel,
            "note": "the leading labels are downregulation and clonal selection"
            if label == "uncertain"
            else "",
            "heterogeneity_baseline": "cap_5_50" if label == "clonal_selection" else "none",
            "her2_class_baseline": "positive" if assessable else "low",
            "her2_class_followup": ("0", "low", "ultralow")[index % 3],
            "gates": "LOW_PURITY;SETTING_UNKNOWN" if assessable and index % 2 else "",
            "modalities": "rna;ish;status",
            "next_test": "cn" if assessable else "",
        }
        if not assessable:
            row["gates"] = "BASELINE_NOT_POSITIVE"
        row |= _posterior(label, rng)
        if assessable:
            row |= _interval("f_baseline", cells[0] / 60, 0.1, low=0)
            row |= _interval("f_followup", cells[1] / 60, 0.1, low=0)
            row |= _interval("copies_amplified_baseline", 14, 4)
            row |= _interval("copies_amplified_followup", 12, 5)
            row |= _interval("repression_log2", max(0.0, before[1] - after[1] - 2), 0.6, low=0)
        found["cases"].append(row)
        if row["gates"]:
            code = row["gates"].split(";")[0]
            found["quality"].append(
                {
                    "case": key["case"],
                    "sample": key["followup"],
                    "code": code,
                    "kind": "S" if not assessable else "C",
                    "value": "low" if not assessable else "0.15",
                    "threshold": "positive" if not assessable else "0.2",
                    "note": "a sentence from the gate",
                }
            )
        for time, (neighbours, erbb2), subtype, counted in zip(
            ("baseline", "followup"), (before, after), subtypes, cells, strict=True
        ):
            jitter = rng.normal(0, 0.5, 2)
            sample = {"sample": key[time], "patient": key["patient"]}
            found["expression"].append(
                sample
                | _interval("erbb2_log2", 8 + erbb2, 0.4)
                | _interval("erbb2_z", erbb2 + jitter[0], 0.5)
                | _interval("neighbours_log2", neighbours * 0.6, 0.3)
                | _interval("neighbours_z", neighbours + jitter[1], 0.6)
                | {"neighbours_used": 4, "unit": "counts", "sample_sd": 0.25}
            )
            found["subtypes"].append(
                sample
                | {"subtype": subtype, "support": 0.94, "genes_used": 50}
                | {"centring": "fixed_reference_offset"}
                | _correlations(subtype, rng)
            )
            found["purity"].append(
                sample
                | _interval("purity", 0.7 if time == "baseline" else 0.45, 0.2)
                | {"source": "pathologist", "mode": 1, "weight": 1}
            )
            evidence = {"case": key["case"], "item": "", "time": time, "source": "expression.tsv"}
            for variable, value, sd, count in (
                ("her2_status", "positive" if time == "baseline" else "negative", None, None),
                ("erbb2_mrna", erbb2 * 0.7, 0.2, None),
                ("neighbours_mrna", neighbours * 0.6, 0.2, 4),
                ("rna_sample_sd", 0.25, None, None),
                ("ish_amplified_cells", counted, None, 60),
            ):
                found["evidence"].append(
                    evidence | {"variable": variable, "value": str(value), "sd": sd, "n": count}
                )
        found["evidence"].append(
            {
                "case": key["case"],
                "variable": "programme_delta",
                "time": "pair",
                "value": "0.61" if label == "subtype_switch" else "0.04",
                "sd": 0.08,
                "source": "switches.tsv",
            }
        )
        found["expression_pairs"].append(
            key
            | _interval("erbb2_log2fc", after[1] - before[1], 0.6)
            | _interval("erbb2_log2fc_corrected", after[1] - before[1] - 0.3, 0.8)
            | {"null_sd": 0.5, "p_null": 0.004, "call": "down", "reason": ""}
        )
        found["switches"].append(
            key
            | {"subtype_baseline": subtypes[0], "subtype_followup": subtypes[1], "delta": 0.3}
            | _interval("delta_purity_adjusted", 0.25, 0.1)
            | _interval("programme_delta", 0.2, 0.1)
            | {
                "call": "switch" if label == "subtype_switch" else "unconfirmed",
                "reason": "" if label == "subtype_switch" else "PURITY_UNKNOWN;ON_TREATMENT",
            }
        )
        if assessable:
            names = ("her2_status", "erbb2_mrna", "neighbours_mrna", "programme_delta")
            for variable in (*names, "ish_amplified_cells"):
                for name in LABELS:
                    lean = 6 if name == label else -3
                    found["contributions"].append(
                        {
                            "case": key["case"],
                            "variable": variable,
                            "label": name,
                            "decibans": lean + rng.normal(0, 4),
                        }
                    )
    genes = ["ERBB2", "GRB7", "STARD3", *(f"G{index}" for index in range(800))]
    change = np.concatenate([[-3.1, -1.9, -1.4], rng.normal(0, 0.5, 800)])
    statistic = change / 0.4
    p = np.clip(2 * np.exp(-(statistic**2) / 1.6), 1e-40, 1)
    for gene, fold, z, value in zip(genes, change, statistic, p, strict=True):
        found["differential"].append(
            {"gene": gene, "base_mean": 500, "statistic": z, "p": value}
            | _interval("log2fc", fold, 0.6)
            | {
                "q": min(1, value * 40),
                "method": "moderated paired differences",
                "pairs": number,
            }
        )
    for index in range(12):
        found["pathways"].append(
            {
                "gene_set": f"SET_{index}_OF_A_PATHWAY",
                "genes": 40,
                "es": -0.5 + index / 12,
                "nes": -2.2 + 0.35 * index,
                "p": 0.01,
                "q": 0.004 * (1 + index % 6 * 8),
                "leading_edge": "ERBB2;GRB7",
            }
        )
    results = folder / "results"
    for name, rows in found.items():
        if rows:
            tables.write(pd.DataFrame(rows), name, results)
    tables.write(study.cases, "pairs", results)
    return World(folder, study, results, _cohort(results / "cohort", samples))


def _cohort(folder: Path, samples: pd.DataFrame) -> Path:
    noise = samples[["sample", "patient"]].assign(
        size_factor=1.0, stable_sd=0.3, sample_sd=0.25, unit="counts", protocol="capture"
    )
    tables.write(noise, "noise", folder)
    centring = pd.DataFrame(
        {
            "gene": ["ERBB2", "ESR1"],
            "centre": [10.0, 9.0],
            "offset": [0.4, -0.2],
            "shrinkage": [0.6, 0.7],
            "rule": "fixed_reference_offset",
        }
    )
    tables.write(centring, "centring", folder)
    settings = {"her2_positive_baselines": 6, "tau": 0.35, "seed": 1}
    (folder / "cohort.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return build(tmp_path_factory.mktemp("report"))


@pytest.fixture
def make_world():
    return build

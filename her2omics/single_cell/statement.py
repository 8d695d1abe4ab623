"""What the cells of a patient say of the amplification: rows with dose, output and pair filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from her2omics.sheets.seeds import seed_for
from her2omics.single_cell import arm, dosage, dose_genes, gene_shift, output, pair, sites
from her2omics.single_cell.arm import Cells
from her2omics.single_cell.estimates import (
    STATES,
    Dosage,
    Interval,
    SampleDosage,
    SampleOutput,
    interval,
)
from her2omics.thresholds import limits

_OF_EPITHELIUM = (
    "malignant cells by lineage alone: shares are of all epithelial cells, that of the tumour is "
    "not known"
)


@dataclass(frozen=True)
class Statement:
    """Dose and output of a patient's cells.

    Attributes
    ----------
    dose
        Of all cells and samples.
    output
        One per sample.
    molecules
        (samples, genes) of the malignant cells, without the genes of the amplicon.
    seed
        Of the patient.
    """

    dose: Dosage
    output: tuple[SampleOutput, ...]
    molecules: np.ndarray
    seed: int


def state(cells: Cells, *, name: str, seed: int) -> Statement:
    """Return dose and output of a patient's cells.

    Parameters
    ----------
    cells
        The patient's cells.
    name
        The patient, for the seed.
    seed
        Config seed.
    """
    data = cells.data
    share = np.where(
        np.isfinite(cells.ambient_share), cells.ambient_share, limits().ambient_share_default
    )
    place = data.var_names.get_indexer([*dose_genes.GENES, "ERBB2"])
    known = place >= 0
    counts = np.zeros((data.n_obs, len(place)))
    counts[:, known] = data.X[:, place[known]].toarray()
    soup = np.zeros((len(cells.samples), len(place)))
    soup[:, known] = cells.ambient_profile[:, place[known]]
    panel = np.where(known[:-1], dose_genes.reference_panel(), np.nan)
    shared: dict[str, Any] = {
        "size": size(cells),
        "sample": cells.sample,
        "clone": cells.clones.clone,
        "ambient_share": share,
        "seed": seed_for(seed, "dosage", name) % 2**32,
    }
    found = dosage.fit(
        csr_matrix(counts[:, :-1]),
        malignant=np.where(cells.kept, cells.malignant.probability, np.nan),
        normal_epithelium=cells.normal_epithelium,
        ambient_profile=soup[:, :-1],
        panel=panel,
        **shared,
    )
    outputs = output.measure(counts[:, -1], found, ambient_erbb2=soup[:, -1], **shared)
    annotate(cells, found)
    return Statement(found, tuple(outputs), _molecules(cells), shared["seed"])


def size(cells: Cells) -> np.ndarray:
    """Return (cells,) UMIs outside the amplicon: it shall not normalise itself away."""
    inside = _on_amplicon(cells).astype(np.float32)
    of_amplicon = np.asarray(cells.data.X @ inside, dtype=float).ravel()
    return cells.data.obs["her2omics_umis"].to_numpy() - of_amplicon


def _on_amplicon(cells: Cells) -> np.ndarray:
    """Return (genes,) which genes lie where an amplicon may reach."""
    genes = cells.data.var
    start = genes["start"].to_numpy()
    inside = (genes["chromosome"] == "17").to_numpy()
    return inside & (start >= dose_genes.OUTSIDE_SIZE[0]) & (start < dose_genes.OUTSIDE_SIZE[1])


def _molecules(cells: Cells) -> np.ndarray:
    """Return (samples, genes) molecules of malignant cells, 0 for genes of the amplicon."""
    own = cells.sample == np.arange(len(cells.samples))[:, None]
    weight = (own & cells.kept & cells.tumour_cells).astype(np.float32)
    return np.asarray(weight @ cells.data.X, dtype=float) * ~_on_amplicon(cells)


def annotate(cells: Cells, found: Dosage) -> None:
    """Add the dose and the probability of each state to obs."""
    for column, name in enumerate(STATES):
        cells.data.obs[f"her2omics_p_{name}"] = found.probability[:, column]
    cells.data.obs["her2omics_dosage"] = found.dose


def sample_rows(cells: Cells, said: Statement, name: str) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell``."""
    rows = arm.sample_rows(cells, name)
    among = _OF_EPITHELIUM if cells.malignant.source == "lineage" else ""
    for row, dose, made in zip(rows, said.dose.samples, said.output, strict=True):
        row |= _ends("amplified_fraction", dose.amplified_fraction)
        if not among:
            row |= _of_tumour(dose)
        row |= _ends("dosage", dose.dosage) | _ends("erbb2_output", made.output)
        row["identifiable"] = "yes" if dose.identifiable else "no"
        row["note"] = "; ".join(part for part in (dose.reason, among, row["note"]) if part)
    return rows


def _of_tumour(dose: SampleDosage) -> dict[str, float]:
    """Return the columns of the tumour's share, for each correlation of its sites."""
    columns = _ends("tumour_fraction", dose.tumour_fraction)
    for shown, icc in sites.SHOWN_ICC.items():
        low, high = sites.tumour_ends(dose.share_draws, icc=icc)
        columns |= {
            f"tumour_fraction_low_icc_{shown}": low,
            f"tumour_fraction_high_icc_{shown}": high,
        }
    return columns


def clone_rows(cells: Cells, said: Statement, name: str) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell_clones``."""
    rows = arm.clone_rows(cells, name)
    place = {sample: code for code, sample in enumerate(cells.samples)}
    for row in rows:
        dose = said.dose.samples[place[row["sample"]]]
        where = np.flatnonzero(dose.clones == int(row["clone"][1:]) - 1)
        if len(where):
            row |= _ends("amplified_fraction", interval(dose.clone_share_draws[where[0]]))
            row |= _ends("dosage", interval(dose.clone_dose_draws[where[0]]))
    return rows


def pair_rows(
    cells: Cells, said: Statement, cases: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell_pairs``: cases of which both samples have cells."""
    place = {sample: code for code, sample in enumerate(cells.samples)}
    rows = []
    for case in cases:
        if case["baseline"] not in place or case["followup"] not in place:
            continue
        first, later = place[case["baseline"]], place[case["followup"]]
        found = pair.compare(
            said.dose.samples[first],
            said.dose.samples[later],
            output_baseline=said.output[first],
            output_followup=said.output[later],
            gene_sd=gene_shift.between(said.molecules[first], said.molecules[later]),
            genes=gene_shift.worth(said.dose.log_level),
            rng=np.random.default_rng(np.random.SeedSequence([said.seed, first, later])),
            normal_among=cells.malignant.source == "lineage",
        )
        row = {key: case[key] for key in ("case", "patient", "baseline", "followup")}
        for column in ("share_change", "output_ratio", "dosage_ratio"):
            row |= _ends(column, getattr(found, column))
        plain = ("p_share_falls", "p_output_falls", "p_dosage_falls", "detectable_change")
        row |= {column: getattr(found, column) for column in (*plain, "call", "reason")}
        rows.append(row)
    return rows


def _ends(name: str, found: Interval) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def parameters(cells: Cells, code: int, *, name: str, seed: int, version: str) -> dict[str, Any]:
    """Return what stands in ``uns["her2omics"]`` of a sample's ``.h5ad``."""
    limit = limits()
    return {
        "version": version,
        "patient": name,
        "sample": cells.samples[code],
        "timepoint": str(cells.data.obs["timepoint"].iloc[np.argmax(cells.sample == code)]),
        "seed": seed,
        "ambient_share": float(cells.ambient_share[code]),
        "malignant_by": cells.malignant.source,
        "notes": list(cells.notes.get(cells.samples[code], ())),
        "clone_arms": pd.DataFrame(
            cells.clones.log2.T,
            index=pd.Index(cells.clones.arms, name="arm", dtype=object),
            columns=[f"C{number + 1}" for number in range(len(cells.clones.log2))],
        ),
        "thresholds": {
            key: float(getattr(limit, key))
            for key in (
                "cell_least_umis",
                "cell_mads",
                "lineage_probability",
                "doublet_log_lr",
                "malignant_burden",
                "clone_arm_log2",
                "clone_arm_z",
            )
        },
    }

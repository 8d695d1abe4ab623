"""Single cells of one patient: from counts to named cells and the rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from her2omics.readers.cells import CellCounts
from her2omics.sheets.seeds import seed_for
from her2omics.single_cell import bins as copy_bins
from her2omics.single_cell import clones as cell_clones
from her2omics.single_cell import lineage as lineages
from her2omics.single_cell import malignant as tumour
from her2omics.single_cell import mixture, patient, quality_control, tumour_dna
from her2omics.single_cell.clones import Clones
from her2omics.single_cell.malignant import Malignant
from her2omics.thresholds import limits

if TYPE_CHECKING:
    from anndata import AnnData

_ARM_LOG2 = 0.25
OTHER = ("immune", "stromal", "endothelial")


@dataclass(frozen=True)
class Cells:
    """The cells of one patient, named.

    Attributes
    ----------
    data
        :func:`~her2omics.single_cell.patient.assemble` with ``her2omics_*`` columns in obs.
    samples
        Samples in order; codes of samples are places in it.
    sample
        (cells,) code of the sample.
    kept
        (cells,) sound single cells.
    malignant
        Probability and where it comes from.
    clones
        Clones; none without a reference of copy number.
    ambient_share
        (samples,) estimate, NaN where no cell tells it.
    ambient_profile
        (samples, genes).
    notes
        Sample -> sentences of what was left out.
    """

    data: AnnData
    samples: tuple[str, ...]
    sample: np.ndarray
    kept: np.ndarray
    malignant: Malignant
    clones: Clones
    ambient_share: np.ndarray
    ambient_profile: np.ndarray
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def tumour_cells(self) -> np.ndarray:
        """(cells,) malignant with a probability above .5."""
        return tumour.counted(self.malignant.probability)

    @property
    def normal_epithelium(self) -> np.ndarray:
        """(cells,) epithelial cells that are surely not malignant."""
        epithelial = (self.data.obs["her2omics_lineage"] == "epithelial").to_numpy()
        probability = self.malignant.probability
        return self.kept & epithelial & (probability < limits().normal_epithelium_limit)


def name_cells(
    samples: Sequence[CellCounts],
    *,
    timepoints: Mapping[str, str],
    name: str,
    seed: int,
    segments: pd.DataFrame | None = None,
) -> Cells:
    """Return the cells of one patient with lineage, malignant probability and clone.

    Parameters
    ----------
    samples
        Samples in the sheet's order.
    timepoints
        Sample -> timepoint.
    name
        The patient, for the seed.
    seed
        Config seed.
    segments
        Rows of table ``copy_number_segments`` of this patient, where its DNA was read.
    """
    data = patient.assemble(samples, timepoints=timepoints)
    counts, genes = data.X, data.var_names.to_numpy()
    codes = pd.Categorical(data.obs["sample"], [one.sample for one in samples]).codes.astype(int)
    measured = quality_control.measures(counts, genes)
    umis = measured["umis"].to_numpy()
    found = lineages.assign(counts, genes=genes, umis=umis)
    reason = quality_control.failures(measured, sample=codes, doublet=found.doublet)
    kept = reason == ""
    other = kept & np.isin(found.lineage, OTHER)
    profile = design = dna = None
    if other.sum() >= limits().reference_least_cells:
        mean = np.asarray(other.astype(np.float32) @ counts, dtype=float).ravel()
        design = copy_bins.design(mean / mean.sum(), data.var)
        profile = copy_bins.profiles(counts, umis=umis, bins=design)
        if segments is not None:
            dna = tumour_dna.expected_profile(segments, bins=design, var=data.var)
    numbers = seed_for(seed, "single_cell", name) % 2**32
    calls = tumour.from_copy_number(
        profile, lineage=found.lineage, bins=design, umis=umis, kept=kept, sample=codes,
        seed=numbers, dna=dna,
    )  # fmt: skip
    calls = _with_annotation(calls, data.obs, kept)
    groups = Clones(np.full(len(codes), -1), [], np.empty((0, 0)))
    if profile is not None and design is not None and len(design.arm):
        groups = cell_clones.find(
            profile, malignant=calls.probability, umis=umis, bins=design, seed=numbers
        )
        spread = copy_bins.spread(umis[kept], design)
        axes = mixture.fit(profile[kept], spread=spread, seed=numbers, groups=False).scores
        scores = np.full((len(codes), axes.shape[1]), np.nan, dtype=np.float32)
        scores[kept] = axes
        data.obsm["X_her2omics_copy_number"] = scores
    shares, soups = zip(
        *(_ambient(one, data, code, codes, umis, found, kept) for code, one in enumerate(samples)),
        strict=True,
    )
    data.obs = data.obs.drop(columns="annotation", errors="ignore").assign(
        her2omics_lineage=found.lineage,
        her2omics_malignant=calls.probability,
        her2omics_clone=[f"C{code + 1}" if code >= 0 else "" for code in groups.clone],
        her2omics_left_out=reason,
        her2omics_umis=umis,
        her2omics_genes=measured["genes"].to_numpy(),
        her2omics_mitochondrial_share=measured["mitochondrial_share"].to_numpy(),
    )
    return Cells(
        data=data,
        samples=tuple(one.sample for one in samples),
        sample=codes,
        kept=kept,
        malignant=calls,
        clones=groups,
        ambient_share=np.array(shares),
        ambient_profile=np.stack(soups),
        notes={one.sample: (*one.notes, *((calls.note,) if calls.note else ())) for one in samples},
    )


def _with_annotation(calls: Malignant, obs: pd.DataFrame, kept: np.ndarray) -> Malignant:
    """Return the calls with the user's word in place of them, where there is one.

    Doublets and unsound cells that the user names are left out all the same. While lineage alone
    tells some of the malignant cells, normal epithelium may be among them, whoever names the rest.
    """
    if "annotation" not in obs or not obs["annotation"].ne("").any():
        return calls
    given = tumour.from_annotation(obs["annotation"].to_numpy())
    named = np.isfinite(given.probability)
    probability = np.where(named, given.probability, calls.probability)
    probability = np.where(kept, probability, np.nan)
    by_lineage = calls.source == "lineage" and bool((tumour.counted(probability) & ~named).any())
    return Malignant(probability, "lineage" if by_lineage else "annotation", calls.burden)


def _ambient(
    one: CellCounts,
    data: AnnData,
    code: int,
    codes: np.ndarray,
    umis: np.ndarray,
    found: lineages.Lineages,
    kept: np.ndarray,
) -> tuple[float, np.ndarray]:
    rows = np.flatnonzero(codes == code)
    drops = None
    if one.ambient is not None:
        drops = pd.Series(one.ambient, index=one.genes).reindex(data.var_names).to_numpy()
    part = lineages.Lineages(found.lineage[rows], found.probability[rows], found.doublet[rows])
    # Samples lie one after the other.
    return quality_control.ambient(
        patient.between(data.X, rows[0], rows[-1] + 1),
        genes=data.var_names.to_numpy(),
        umis=umis[rows],
        lineages=part,
        kept=kept[rows],
        drops=drops,
    )


def sample_rows(cells: Cells, name: str) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell`` as far as the cells alone say it."""
    rows = []
    malignant, obs = cells.tumour_cells, cells.data.obs
    other = cells.kept & obs["her2omics_lineage"].isin(OTHER).to_numpy()
    umis = obs["her2omics_umis"].to_numpy()
    for code, sample in enumerate(cells.samples):
        own = cells.sample == code
        of_tumour = own & malignant
        rows.append(
            {
                "sample": sample,
                "patient": name,
                "cells": int(own.sum()),
                "cells_kept": int((own & cells.kept).sum()),
                "other_cells": int((own & other).sum()),
                "malignant_cells": int(of_tumour.sum()),
                "malignant_by": cells.malignant.source,
                "median_umis": float(np.median(umis[of_tumour])) if of_tumour.any() else np.nan,
                "ambient_share": cells.ambient_share[code],
                "clones": len(set(cells.clones.clone[own]) - {-1}),
                "note": "; ".join(cells.notes.get(sample, ())),
            }
        )
    return rows


def clone_rows(cells: Cells, name: str) -> list[dict[str, Any]]:
    """Return the rows of table ``single_cell_clones`` as far as the cells alone say it."""
    found = []
    names = np.array(cells.samples, dtype=object)[cells.sample]
    for sample, code, count, low, high in cell_clones.fractions(cells.clones.clone, names):
        total = int(((names == sample) & (cells.clones.clone >= 0)).sum())
        found.append(
            {
                "sample": sample,
                "patient": name,
                "clone": f"C{code + 1}",
                "cells": count,
                "fraction": count / total,
                "fraction_low": low,
                "fraction_high": high,
                "arms": ";".join(_arms(cells.clones, code)),
            }
        )
    return found


def _arms(clones: Clones, code: int) -> Iterable[str]:
    for arm, value in zip(clones.arms, clones.log2[code], strict=True):
        if abs(value) > _ARM_LOG2:
            yield f"{'+' if value > 0 else '-'}{arm}"

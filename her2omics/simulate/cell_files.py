"""The single cells of a simulated cohort: an ``.h5ad`` of raw counts per sample, and their truth.

Cells are of the same latent case as all other files: lineages in the shares of the piece that was
read, copies of the patient's genome, dose and repression of ERBB2, programme of the subtype genes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics import tables as declared
from her2omics.simulate import cell_pairs, cells, patients, programme, rna
from her2omics.simulate.case import counted_amplified
from her2omics.simulate.patients import Patient, Tumour
from her2omics.simulate.tables import Group
from her2omics.simulate.tumour_genome import AMPLIFIED, OTHER

_SEED = 1017  # of the genes: the same in every cohort
_GENES = 6000
#: Markers by lineage, in the order of :data:`her2omics.simulate.cells.LINEAGES`.
MARKERS = {
    "immune": "PTPRC CD3D CD3E CD2 CD79A MS4A1 CD68 CD14 LYZ TYROBP FCER1G NKG7 CD52 LAPTM5",
    "stromal": "COL1A1 COL1A2 COL3A1 DCN LUM PDGFRB FAP",
    "endothelial": "PECAM1 VWF CDH5 CLDN5 PLVAP ENG",
    "epithelial": "EPCAM KRT8 KRT18 KRT19 KRT7 CDH1 CLDN3 CLDN4 CLDN7 ELF3",
}
_MARKER, _ABSENT, _RIBOSOMAL, _MITOCHONDRIAL = 9.5, -5.0, 9.5, 12.3  # log2 CPM
_OTHER_CELLS = (0.5, 0.27, 0.08, 0.15)  # immune, stromal, endothelial, normal epithelium
_EXPONENT = (0.8, 0.15)  # mean and SD of a gene's response to copies
_PROGRAMMES, _LOADING, _NOISE = 3, 0.12, (0.15, 0.6)
_PATIENT, _TUMOUR, _BATCH = 0.3, 0.35, 0.07  # natural log
_COLUMNS = ("sample", "assay", "filetype", "path")


@cache
def genes(number: int = _GENES) -> pd.DataFrame:
    """Return about ``number`` genes: index = symbol; ``chromosome``, ``start``, ``end``, ``level``.

    All genes that a part of the package asks for by name, and every k-th of the others; the level
    is in log2 CPM.
    """
    places = resources.table("gene_positions.tsv").drop_duplicates("symbol").set_index("symbol")
    places["chromosome"] = places["chromosome"].astype(str)
    known = rna.universe(rna.GENE_RANGE[1]).drop_duplicates("gene").set_index("gene")["level"]
    named = {gene for text in MARKERS.values() for gene in text.split()} | {*cell_pairs.GENES}
    named |= {gene for genes in resources.gene_sets().values() for gene in genes}
    named |= set(resources.table("her2_negative_reference.tsv")["gene"])
    named |= set(places.index[places["chromosome"].eq("MT")])
    keep = places.index.isin(named)
    rest = np.flatnonzero(~keep)
    keep[rest[:: max(1, len(rest) // (number - int(keep.sum())))]] = True
    out = places[keep].copy()
    drawn = np.random.default_rng(_SEED).normal(2.5, 2.8, len(out)).clip(-3, 11)
    out["level"] = known.reindex(out.index).fillna(pd.Series(drawn, index=out.index))
    out.loc[out.index.str.match(r"RP[LS]\d"), "level"] = _RIBOSOMAL
    out.loc[out["chromosome"].eq("MT"), "level"] = _MITOCHONDRIAL
    return out


@cache
def lineage_levels(number: int = _GENES) -> np.ndarray:
    """Return (lineages, genes) log2 CPM of diploid cells, the tumour's like normal epithelium."""
    table, rng = genes(number), np.random.default_rng(_SEED + 1)
    shift = rng.normal(0, 1, (4, len(table))) * (rng.random((4, len(table))) < 0.3)
    shift[:, table["chromosome"].eq("MT") | table.index.isin(cell_pairs.GENES)] = 0
    levels = table["level"].to_numpy() + shift
    for own, text in enumerate(MARKERS.values()):
        place = table.index.isin(text.split())
        levels[:, place] = _ABSENT
        levels[own, place] = rng.normal(_MARKER, 1, place.sum())
    return np.vstack([levels, levels[-1:]])


def write(
    groups: Sequence[Group], given: Sequence[pd.DataFrame], out: Path, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Write ``cells/<sample>.h5ad`` of all cases that have cells.

    Parameters
    ----------
    groups
        The cohort.
    given
        For each group which cases have cells: column ``cells`` of booleans.
    out
        Folder of the cohort.
    seed
        Seed of the cohort.

    Returns
    -------
    tuple
        Rows of units.tsv (sample, assay, filetype, path), and the tables ``truth_cells`` and
        ``truth_barcodes``.
    """
    units, truth, barcodes = [], [], []
    for group, kinds in zip(groups, given, strict=True):
        if not kinds["cells"].any():
            continue
        has = kinds["cells"].to_numpy()
        levels = programme.levels(group.cases, seed=seed, name=group.scenario.name)
        for patient in patients.of(group, seed=seed):
            writer = _Writer(patient, group, levels)
            for s, tumour in enumerate(patient.tumours):
                gone = f"cells:{tumour.biopsy.time}" in group.scenario.missing
                if has[tumour.row] and not gone:
                    path = f"cells/{tumour.sample}.h5ad"
                    of_sample, of_cells = writer.write(s, tumour, out / path)
                    truth.append(of_sample)
                    barcodes.append(of_cells)
                    units.append((tumour.sample, "scrna", "h5ad", path))
    found, of_cells = declared.empty("truth_cells"), declared.empty("truth_barcodes")
    if truth:
        found = declared.typed(pd.DataFrame(truth), "truth_cells")
        of_cells = declared.typed(pd.concat(barcodes), "truth_barcodes")
    return pd.DataFrame(units, columns=list(_COLUMNS)), found, of_cells


class _Writer:
    """The genes of one patient's cells, and what its tumours do with them."""

    def __init__(
        self, patient: Patient, group: Group, levels: tuple[np.ndarray, np.ndarray]
    ) -> None:
        self.patient, self.cases, self.programme = patient, group.cases, levels
        self.table = genes()
        rng, number = patient.stream("cell genes"), len(self.table)
        self.locus = self.table.index.isin(cell_pairs.GENES)
        self.erbb2 = int(self.table.index.get_loc("ERBB2"))
        levels_now = lineage_levels() * np.log(2) + _PATIENT * rng.standard_t(4, number)
        levels_now[cells.MALIGNANT] += rng.normal(0, _TUMOUR, number) * ~self.locus
        levels_now[cells.MALIGNANT] += rng.uniform(-0.35, 0.35) * self.locus
        self.level = levels_now
        self.exponent = rng.normal(*_EXPONENT, number)
        self.loading = _LOADING * rng.standard_t(4, (_PROGRAMMES, number))
        self.noise = rng.uniform(*_NOISE, number)
        where = patient.where
        inside = self.table["chromosome"].isin(
            where.genome.contigs.index.drop("Y", errors="ignore")
        )
        inside &= self.table["chromosome"] != "MT"
        self.place = np.array(
            [
                where.at(name, start) if there else -1
                for name, start, there in zip(
                    self.table["chromosome"], self.table["start"], inside, strict=True
                )
            ]
        )

    def _effects(self, tumour: Tumour) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (2, genes) natural log of the lineages over diploid, the genes carried, levels."""
        case, time, biopsy = self.cases.iloc[tumour.row], tumour.biopsy.time, tumour.biopsy
        late = time == "followup"
        start, end = biopsy.amplicon or (0, 0)
        carried = (self.table["chromosome"].eq("17") & (self.table["start"] > start)).to_numpy()
        carried &= (self.table["end"] <= end).to_numpy()
        exponent = self.exponent.copy()
        exponent[carried] += case["exponent_neighbours"] - _EXPONENT[0]
        exponent[self.erbb2] = case["exponent_erbb2"]
        total = tumour.genome.copies.sum(axis=1)  # lineages x segments
        segment = tumour.genome.segment_of(np.maximum(self.place, 0))
        copies = np.where(self.place >= 0, total[:, segment], biopsy.ploidy)
        effect = exponent * np.log(np.maximum(copies, 0.3) / biopsy.ploidy)
        if late:
            lost = case["repression_log2"] * np.log(2)
            effect[AMPLIFIED, carried] -= case["neighbours_share"] * lost
            effect[AMPLIFIED, self.erbb2] += (
                case["neighbours_share"] * carried[self.erbb2] - 1
            ) * lost
            effect[:, self.erbb2] += case["programme_effect"] * case["programme_shift"] * np.log(2)
        level = self.level.copy()
        names = programme.genes()
        own = programme.reference_level() + programme.biopsy(
            self.programme[late][[tumour.row]], np.ones(1)
        )
        place = self.table.index.get_indexer(names)
        free = (place >= 0) & ~np.isin(names, cell_pairs.GENES)
        markers = {gene for text in MARKERS.values() for gene in text.split()}
        free &= ~np.isin(names, list(markers))
        level[cells.MALIGNANT, place[free]] = own[0][free] * np.log(2)
        return effect, carried, level

    def write(self, s: int, tumour: Tumour, path: Path) -> tuple[dict, pd.DataFrame]:
        """Write the cells of one tumour; return its row of the truth, and a row per cell."""
        from anndata import AnnData

        case, time = self.cases.iloc[tumour.row], tumour.biopsy.time
        rng = self.patient.stream("cells", s)
        malignant = int(np.exp(rng.uniform(np.log(150), np.log(800))))
        purity = float(np.clip(case[f"purity_{time}"], 0.2, 0.9))
        others = rng.multinomial(int(malignant * (1 - purity) / purity), _OTHER_CELLS)
        lineage = np.r_[np.repeat(np.arange(4), others), np.full(malignant, cells.MALIGNANT)]
        clone = np.full(len(lineage), -1)
        carries = rng.random(malignant) < case[f"f_cells_{time}"]
        clone[lineage == cells.MALIGNANT] = np.where(carries, AMPLIFIED, OTHER)
        order = rng.permutation(len(lineage))
        effect, carried, level = self._effects(tumour)
        profile = np.exp(level)
        genes_now = cells.Genes(
            name=self.table.index.to_numpy(),
            profile=profile / profile.sum(axis=1, keepdims=True),
            loading=self.loading,
            noise=self.noise,
            carried=carried,
        )
        read = cells.count(
            rng,
            genes_now,
            cells.Sample(
                lineage=lineage[order],
                clone=clone[order],
                effect=effect,
                amplified=np.array([True, False]),
                umis=float(np.exp(rng.uniform(np.log(1500), np.log(6000)))),
                ambient=float(rng.uniform(0.02, 0.1)),
                doublets=0.03,
                spread=0.35,
                batch=rng.normal(0, _BATCH, len(self.table)),
            ),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        names = pd.Index([f"cell{k:05d}" for k in range(len(lineage))], dtype=object)
        data = AnnData(
            read.counts.astype(np.float32),
            obs=pd.DataFrame(index=names),
            var=pd.DataFrame(index=pd.Index(self.table.index, dtype=object, name=None)),
        )
        temporary = path.with_name(f".{path.name}.part")
        data.write_h5ad(temporary, compression="gzip")
        temporary.replace(path)
        copies = tumour.biopsy.copies_amplified, tumour.biopsy.copies_other
        near = np.setdiff1d(np.flatnonzero(self.locus & carried), [self.erbb2])
        of_cells = pd.DataFrame(
            {
                "sample": tumour.sample,
                "patient": self.patient.name,
                "barcode": names,
                "lineage": np.array(cells.LINEAGES, dtype=object)[lineage[order]],
                "amplified": np.where(clone[order] == AMPLIFIED, "yes", "no"),
                "doublet": np.where(read.doublet, "yes", "no"),
            }
        )
        return {
            "sample": tumour.sample,
            "patient": self.patient.name,
            "timepoint": time,
            "cells": len(lineage),
            "malignant_cells": malignant,
            "lineage_cells": int(carries.sum()),
            "amplified_fraction": carries.mean() * bool(counted_amplified(*map(np.array, copies))),
            "f_cells": case[f"f_cells_{time}"],
            "dosage": float(np.exp(effect[AMPLIFIED, near].mean())) if len(near) else np.nan,
            "erbb2_log2": float(effect[AMPLIFIED, self.erbb2] / np.log(2)),
        }, of_cells

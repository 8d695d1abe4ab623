"""The DNA files of a simulated cohort: bins, SNP counts, segments and mutation counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.simulate import assay, clusters, dna_bins, dna_mutations, dna_snps, patients
from her2omics.simulate.assay import Design
from her2omics.simulate.dna_text import bins_text, save, site_names, table_text
from her2omics.simulate.dna_truth import Truth
from her2omics.simulate.patients import Patient, Tumour
from her2omics.simulate.tables import Group
from her2omics.simulate.tumour_genome import SampleGenome

#: Kinds of DNA files: bins and SNPs, mutations, segments.
KINDS = ("cn", "clusters", "segments")
_SNPS = ("chromosome", "position", "ref_count", "alt_count")
_NORMAL_SNPS = ("normal_ref_count", "normal_alt_count")
_MUTATIONS = ("mutation_id", "chromosome", "position", "ref", "alt")


def write(
    groups: Sequence[Group], given: Sequence[pd.DataFrame], out: Path, *, seed: int
) -> tuple[pd.DataFrame, Truth]:
    """Write the DNA files of a cohort.

    Parameters
    ----------
    groups
        The cohort.
    given
        For each group which kinds of files its cases have: columns :data:`KINDS` of booleans.
    out
        Folder of the cohort; files lie in ``bins/``, ``snps/``, ``segments/``, ``mutations/`` and
        ``targets/`` inside it.
    seed
        Seed of the cohort.

    Returns
    -------
    DataFrame
        Rows of units.tsv: sample, assay, filetype, path, targets.
    Truth
        What the files were written from.
    """
    units: list[dict] = []
    truth = Truth()
    for group, kinds in zip(groups, given, strict=True):
        if not kinds[list(KINDS)].any(axis=None):
            continue
        latent = clusters.draw(group.cases, group.scenario, seed=seed)
        by_row = dict(iter(latent.groupby("row")))
        for patient in patients.of(group, seed=seed):
            rows = sorted({tumour.row for tumour in patient.tumours})
            wanted = {kind for kind in KINDS if kinds[kind].iloc[rows[0]]}
            mine = pd.concat([by_row[row] for row in rows])
            writer = _Writer(patient, wanted, out)
            writer.run(group, mine, truth)
            units += writer.units
    columns = ["sample", "assay", "filetype", "path", "targets"]
    return pd.DataFrame(units, columns=columns), truth


class _Writer:
    """Writes the files of one patient and keeps their rows of units.tsv."""

    def __init__(self, patient: Patient, kinds: Collection[str], out: Path) -> None:
        self.patient, self.kinds, self.out = patient, kinds, out
        self.units: list[dict] = []
        scenario = patient.scenario
        later = [tumour.biopsy.time == "followup" for tumour in patient.tumours]
        self.designs = [
            assay.of(scenario.assay, second=scenario.different_panels and late) for late in later
        ]
        # Streams by place in the patient, not by name: names count the patients of the cohort.
        self.libraries = [
            dna_snps.library(patient.stream("library", s), design, normal=False)
            for s, design in enumerate(self.designs)
        ]
        self.normal_library = dna_snps.library(
            patient.stream("library", "normal"), self.designs[0], normal=True
        )

    def has(self, kind: str, tumour: Tumour) -> bool:
        """Return whether there is this kind of file of a tumour."""
        missing = self.patient.scenario.missing
        name = "clusters" if kind == "clusters" else "cn"
        return kind in self.kinds and f"{name}:{tumour.biopsy.time}" not in missing

    @property
    def own_normal(self) -> bool:
        """Whether the normal has files of its own."""
        return self.patient.scenario.normal == "sample"

    def run(self, group: Group, latent: pd.DataFrame, truth: Truth) -> None:
        """Write all files; add to the truth what they were written from."""
        if not self.kinds:
            return
        for s, tumour in enumerate(self.patient.tumours):
            if self.has("cn", tumour):
                self._bins(s)
            if self.has("segments", tumour):
                self._segments(s)
        if "cn" in self.kinds:
            self._snps()
            if self.own_normal:
                self._bins(None)
        mutations = self._mutations(latent) if "clusters" in self.kinds else None
        truth.add(group, self.patient, mutations)

    def _bins(self, s: int | None) -> None:
        """Write the bins of a tumour, or of the normal (None)."""
        patient, design = self.patient, self.designs[s or 0]
        rng = patient.stream("bins", "normal" if s is None else s)
        genome = None if s is None else patient.tumours[s].genome
        scale = patient.scenario.copy_number_noise
        ratios = dna_bins.log2_ratios(rng, design, genome, scale=scale)
        sample = patient.normal if s is None else patient.tumours[s].sample
        self._file(sample, design, "bins", ".tsv.gz", bins_text(design, ratios))

    def _segments(self, s: int) -> None:
        tumour, design = self.patient.tumours[s], self.designs[s]
        rng, scale = self.patient.stream("segments", s), self.patient.scenario.copy_number_noise
        table = dna_bins.segments(rng, design, tumour.genome, scale=scale)
        text = table.to_csv(sep="\t", index=False, float_format="%.4f", lineterminator="\n")
        self._file(tumour.sample, design, "segments", ".tsv", text)

    def _snps(self) -> None:
        """Write the alleles of all samples at the patient's sites, whoever a sample belongs to."""
        patient, swapped = self.patient, self.patient.scenario.swapped
        for s, tumour in enumerate(patient.tumours):
            if not self.has("cn", tumour):
                continue
            design, rng = self.designs[s], patient.stream("snps", s)
            stranger = swapped == "followup" and tumour.biopsy.time == "followup"
            reads = self._alleles(rng, design, tumour.genome, self.libraries[s], stranger)
            if patient.scenario.normal == "columns":
                reads += self._normal_alleles(design)
            self._snp_file(tumour.sample, design, reads)
        if self.own_normal:
            design = self.designs[0]
            self._snp_file(patient.normal, design, self._normal_alleles(design))

    def _normal_alleles(self, design: Design) -> list[np.ndarray]:
        rng = self.patient.stream("snps", "normal", design.name)
        stranger = self.patient.scenario.swapped == "normal"
        return self._alleles(rng, design, None, self.normal_library, stranger)

    def _alleles(
        self,
        rng: np.random.Generator,
        design: Design,
        genome: SampleGenome | None,
        how: dna_snps.Library,
        stranger: bool,
    ) -> list[np.ndarray]:
        """Return reference and alternative reads of one sample, of the patient or of another."""
        rows = dna_snps.listed(dna_snps.germline(self.patient, design), design)
        genotype = dna_snps.germline(self.patient, design, other=stranger)
        return list(dna_snps.counts(rng, design, rows, genotype, genome, how))

    def _snp_file(self, sample: str, design: Design, reads: list[np.ndarray]) -> None:
        rows = dna_snps.listed(dna_snps.germline(self.patient, design), design)
        header = _SNPS + (_NORMAL_SNPS if len(reads) > 2 else ())
        columns = [site_names(design, rows), *(values.tolist() for values in reads)]
        self._file(sample, design, "snps", ".tsv.gz", table_text(header, columns))

    def _mutations(self, latent: pd.DataFrame) -> dna_mutations.Mutations:
        """Write the reads of all samples at the sites called in any tumour; return those."""
        patient = self.patient
        drawn = dna_mutations.draw(patient, latent, self.designs)
        called = np.zeros(len(drawn.place), dtype=bool)
        reads = []
        for s, tumour in enumerate(patient.tumours):
            if self.has("clusters", tumour):
                rng, design = patient.stream("mutation counts", s), self.designs[s]
                found = dna_mutations.counts(rng, drawn, s, tumour.genome, self.libraries[s])
                called |= assay.covers(design.bins, drawn.place) & dna_mutations.called(*found)
                reads.append((tumour.sample, design, tumour.genome, found))
        if self.own_normal:
            rng = patient.stream("mutation counts", "normal")
            found = dna_mutations.counts(rng, drawn, None, None, self.normal_library)
            reads.append((patient.normal, self.designs[0], None, found))
        for sample, design, genome, (ref, alt) in reads:
            keep = np.flatnonzero(called & assay.covers(design.bins, drawn.place))
            columns = [drawn.table[name].to_numpy()[keep].tolist() for name in _MUTATIONS]
            columns += [[sample] * len(keep), ref[keep].tolist(), alt[keep].tolist()]
            header = (*_MUTATIONS, "sample_id", "ref_counts", "alt_counts")
            if patient.scenario.mutation_copies and genome is not None:
                header += ("major_cn", "minor_cn", "normal_cn")
                columns += _whole_copies(genome, drawn.place[keep])
            self._file(sample, design, "mutations", ".tsv", table_text(header, columns))
        return drawn.rows(called)

    def _file(self, sample: str, design: Design, filetype: str, ending: str, text: str) -> None:
        path = f"{filetype}/{sample}{ending}"
        save(text, self.out / path)
        targets = None
        if design.assay != "wgs":
            targets = f"targets/{design.name}.bed"
            if not (self.out / targets).exists():
                save(assay.bed(design), self.out / targets)
        self.units.append(
            {
                "sample": sample,
                "assay": design.assay,
                "filetype": filetype,
                "path": path,
                "targets": targets,
            }
        )


def _whole_copies(genome: SampleGenome, place: np.ndarray) -> list[list[int]]:
    """Return major, minor and normal copies as a copy-number program rounds them."""
    copies = np.round(genome.haplotypes[:, genome.segment_of(place)]).astype(int)
    normal = [2] * len(place)
    return [copies.max(axis=0).tolist(), copies.min(axis=0).tolist(), normal]

"""What is made of the fastq and bam files of a study, and the sheet that names it.

The rest of the workflow reads tables only. So the plan turns the study into one that names the
tables to be made; what a user gives as a table already is never made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from her2omics.errors import Problem
from her2omics.sheets.cases import cases_of
from her2omics.sheets.normal_bins import MIN_NORMALS
from her2omics.sheets.study import Study
from her2omics.sheets.unit_rows import INDEXES, LEVEL_TABLES

DNA_ASSAYS = ("wgs", "wes", "panel")
READ_FILES = ("fastq", "bam")
_UNKNOWN_LANE = "L1"


@dataclass(frozen=True)
class Lane:
    """Reads of one library and lane: ``name`` is a file name, ``files`` one or two FASTQ files."""

    name: str
    sample: str
    files: tuple[str, ...]
    lane: str
    library: str
    strandedness: str | None = None

    @property
    def read_group(self) -> str:
        r"""Header line of its reads (``\t`` written as two characters, as aligners take it)."""
        parts = {"ID": self.name, "SM": self.sample, "LB": self.library, "PU": self.lane}
        fields = [f"{key}:{value}" for key, value in parts.items()]
        return "\\t".join(["@RG", *fields, "PL:ILLUMINA"])


@dataclass(frozen=True)
class Alignment:
    """The aligned reads of one sample in one DNA assay: from lanes, or a BAM or CRAM of the user.

    ``name`` is a file name; ``design`` names the windows in which its depth is measured.
    """

    name: str
    sample: str
    patient: str
    timepoint: str
    assay: str
    targets: str | None
    design: str
    lanes: tuple[Lane, ...]
    bam: str | None
    column: str | None

    @property
    def without_index(self) -> bool:
        """Whether it is a BAM or CRAM of the user that has no index beside it."""
        if self.bam is None:
            return False
        path = Path(self.bam)
        endings = INDEXES.get(path.suffix, ())
        beside = [f"{path}{ending}" for ending in endings]
        beside += [str(path.with_suffix(ending)) for ending in endings]
        return not any(Path(name).is_file() for name in beside)


@dataclass(frozen=True)
class Plan:
    """What is made of the reads of a study.

    Attributes
    ----------
    study
        As the user gave it.
    folder
        Where everything made of reads lies.
    alignments
        DNA, in the order of the sheet.
    rna
        RNA libraries: sample -> lanes.
    """

    study: Study
    folder: Path
    alignments: tuple[Alignment, ...]
    rna: dict[str, tuple[Lane, ...]]

    @property
    def empty(self) -> bool:
        """Whether the study has tables only."""
        return not (self.alignments or self.rna)

    def path(self, kind: str, name: str) -> str:
        """Return the path of a file made (bins, snps, mutations, salmon, bam)."""
        endings = {"bins": ".tsv.gz", "snps": ".tsv.gz", "mutations": ".tsv", "bam": ".bam"}
        if kind == "salmon":
            return str(self.folder / "salmon" / name / "quant.genes.sf")
        return str(self.folder / kind / f"{name}{endings[kind]}")

    def alignment(self, name: str) -> Alignment:
        """Return the alignment of this name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Alignment]:
        return {alignment.name: alignment for alignment in self.alignments}

    @cached_property
    def lanes(self) -> dict[str, Lane]:
        """All lanes by name, RNA included."""
        every = [lane for alignment in self.alignments for lane in alignment.lanes]
        every += [lane for lanes in self.rna.values() for lane in lanes]
        return {lane.name: lane for lane in every}

    def reference_files(self) -> dict[str, str]:
        """Return the files of the config that the reads are worked on with: key -> path."""
        reads = self.study.config["reads"]
        kinds = {"reference": self.alignments, "snp_sites": self.alignments}
        kinds |= {"gtf": self.rna, "transcripts": self.rna}
        return {key: reads[key] for key, used in kinds.items() if used and reads[key]}

    def of_patient(self, patient: str) -> list[Alignment]:
        """Return the alignments of a patient."""
        return [one for one in self.alignments if one.patient == patient]

    def normal_of(self, alignment: Alignment) -> Alignment | None:
        """Return the patient's normal of the same assay and design."""
        for other in self.of_patient(alignment.patient):
            if other.timepoint == "normal" and other.design == alignment.design:
                return other
        return None

    def pooled(self, alignment: Alignment) -> bool:
        """Return whether a reference of several normals is there for its assay and design.

        The normals of the sheet, a reference that the config names, or a frozen cohort. Then bins
        keep what the capture does to them, for the reference to take off; without it they are
        relative to the patient's own normal.
        """
        config = self.study.config
        if config["copy_number"]["reference"] or config["cohort_from"]:
            return True
        normals = [
            one.sample
            for one in self.alignments
            if one.timepoint == "normal" and one.design == alignment.design
        ]
        return len(set(normals)) >= MIN_NORMALS

    def denominator(self, alignment: Alignment) -> Alignment | None:
        """Return the normal whose depth a tumour's bins are relative to, if any."""
        if alignment.timepoint == "normal" or self.pooled(alignment):
            return None
        return self.normal_of(alignment)

    def makes(self, alignment: Alignment, kind: str) -> bool:
        """Return whether a table (``bins``, ``snps``, ``mutations``) is made of an alignment."""
        given = self._given(alignment)
        if kind == "bins":
            alone = alignment.timepoint == "normal" and not self.pooled(alignment)
            return not (alone or given & set(LEVEL_TABLES))
        if kind == "snps":
            return "snps" not in given and self.has_snp_sites(alignment)
        return self.mutation_source(alignment.patient) is not None

    def has_snp_sites(self, alignment: Alignment) -> bool:
        """Return whether there are sites at which alleles are counted."""
        named = self.study.config["reads"]["snp_sites"] is not None
        return named or self.normal_of(alignment) is not None

    def mutation_source(self, patient: str) -> str | None:
        """Return at whose mutations alleles are counted: ``given``, ``called`` or none."""
        if len(self.mutation_units(patient)):
            return "given"
        tumours = [one for one in self.of_patient(patient) if one.timepoint != "normal"]
        return "called" if tumours and self.study.config["reads"]["call_mutations"] else None

    def mutation_units(self, patient: str) -> pd.DataFrame:
        """Return the user's mutation files of a patient with aligned reads."""
        samples = self.study.samples
        mine = samples.loc[samples["patient"].eq(patient), "sample"]
        units = self.study.units
        return units[units["filetype"].eq("mutations") & units["sample"].isin(mine)]

    def _given(self, alignment: Alignment) -> set[str]:
        units = self.study.units
        mine = units["sample"].eq(alignment.sample) & units["assay"].eq(alignment.assay)
        return set(units.loc[mine, "filetype"])

    def tables(self) -> list[str]:
        """Return the paths of all tables that are made, in the order of the sheet."""
        return self._made()["path"].tolist()

    def _made(self) -> pd.DataFrame:
        rows = [
            {
                "sample": one.sample,
                "assay": one.assay,
                "filetype": kind,
                "path": self.path(kind, one.name),
                "targets": one.targets,
            }
            for one in self.alignments
            for kind in ("bins", "snps", "mutations")
            if self.makes(one, kind)
        ]
        rows += [
            {
                "sample": sample,
                "assay": "rna",
                "filetype": "salmon",
                "path": self.path("salmon", sample),
            }
            for sample in self.rna
        ]
        return pd.DataFrame(rows, columns=["sample", "assay", "filetype", "path", "targets"])

    def units(self) -> pd.DataFrame:
        """Return the units of the tables: those given, then those made in the plan's folder."""
        units = self.study.units
        kept = ~units["filetype"].isin(READ_FILES)
        counted = {one.sample for one in self.alignments if self.makes(one, "mutations")}
        kept &= ~(units["filetype"].eq("mutations") & units["sample"].isin(counted))
        made = self._made()
        made = made.reindex(columns=units.columns).astype(object)
        made = made.where(made.notna(), None)
        # A table made has no line in the user's sheet; messages then name the sheet that has one.
        made["line"] = 0
        return pd.concat([units[kept], made], ignore_index=True).astype({"line": "int64"})

    def derived(self) -> Study:
        """Return the study as the rest of the workflow sees it: tables only."""
        units = self.units()
        ascertained = self.study.config["ascertained"]
        cases = cases_of(self.study.samples, units, ascertained=ascertained)
        return replace(self.study, units=units, cases=cases)

    def aligned_units(self) -> pd.DataFrame:
        """Return units that start from the alignments made: a sheet to begin again with."""
        units = self.study.units
        rows = [
            {
                "sample": one.sample,
                "assay": one.assay,
                "filetype": "bam",
                "path": self.path("bam", one.name),
                "targets": one.targets,
            }
            for one in self.alignments
            if one.lanes
        ]
        lanes_of = units["filetype"].eq("fastq") & units["assay"].isin(DNA_ASSAYS)
        made = pd.DataFrame(rows).reindex(columns=units.columns).astype(object)
        return pd.concat([units[~lanes_of], made.where(made.notna(), None)], ignore_index=True)


def plan(study: Study, folder: Path) -> tuple[Plan, list[Problem]]:
    """Return what is made of the reads of a study, and why it cannot be made.

    Parameters
    ----------
    study
        As the user gave it.
    folder
        Where everything made of reads is to lie.
    """
    units = study.units
    people = study.samples.set_index("sample")
    reads = units[units["filetype"].isin(READ_FILES)]
    alignments, problems = [], []
    designs: dict[tuple[str, str | None], str] = {}
    for (sample, assay), rows in reads[reads["assay"].isin(DNA_ASSAYS)].groupby(
        ["sample", "assay"], sort=False
    ):
        name = f"{sample}.{assay}"
        targets = rows["targets"].dropna()
        target = None if assay == "wgs" or targets.empty else str(targets.iloc[0])
        design = designs.setdefault((assay, target), _design(assay, target, designs))
        bams = rows[rows["filetype"].eq("bam")]
        problems += _row_problems(study, rows, bams, target)
        alignments.append(
            Alignment(
                name=name,
                sample=sample,
                patient=people.at[sample, "patient"],
                timepoint=people.at[sample, "timepoint"],
                assay=assay,
                targets=target,
                design=design,
                lanes=_lanes(rows[rows["filetype"].eq("fastq")], name),
                bam=None if bams.empty else bams["path"].iloc[0],
                column=None if bams.empty else bams["column"].iloc[0],
            )
        )
    rna = {
        sample: _lanes(rows, f"{sample}.rna")
        for sample, rows in reads[reads["assay"].eq("rna")].groupby("sample", sort=False)
    }
    problems += _config_problems(study, bool(alignments), bool(rna))
    return Plan(study, Path(folder), tuple(alignments), rna), problems


def _design(assay: str, targets: str | None, known: dict[tuple[str, str | None], str]) -> str:
    """Return a file name for a design that no other one has."""
    name = assay if targets is None else f"{assay}.{Path(targets).name.split('.')[0]}"
    return f"{name}.{len(known) + 1}" if name in known.values() else name


def _lanes(rows: pd.DataFrame, name: str) -> tuple[Lane, ...]:
    return tuple(
        Lane(
            name=f"{name}__{number}",
            sample=row["sample"],
            files=tuple(path for path in (row["path"], row["path2"]) if path),
            lane=row["lane"] or _UNKNOWN_LANE,
            library=row["library"] or row["sample"],
            strandedness=row["strandedness"],
        )
        for number, row in enumerate(rows.to_dict("records"), start=1)
    )


def _row_problems(
    study: Study, rows: pd.DataFrame, bams: pd.DataFrame, target: str | None
) -> list[Problem]:
    first = rows.iloc[0]
    place = {"file": study.units_file, "line": int(first["line"]), "sample": first["sample"]}
    found = []
    if len(bams) > 1 or 0 < len(bams) < len(rows):
        message = (
            f"{len(bams)} bam and {len(rows) - len(bams)} fastq rows of assay {first['assay']}: "
            "give one bam, or fastq files alone"
        )
        found.append(Problem(message, column="filetype", **place))
    if first["assay"] in ("wes", "panel") and target is None:
        message = f"{first['assay']} reads need the BED file of the design"
        found.append(Problem(message, column="targets", **place))
    return found


def _config_problems(study: Study, dna: bool, rna: bool) -> list[Problem]:
    reads = study.config["reads"]
    needed: Sequence[tuple[bool, str, str]] = (
        (dna, "reference", "the units sheet has DNA reads: name the FASTA of the genome build"),
        (rna, "gtf", "the units sheet has RNA reads: name the GTF of the transcripts"),
        (rna, "transcripts", "the units sheet has RNA reads: name the FASTA of the transcripts"),
    )
    problems = [
        Problem(message, "config", column=f"reads.{key}")
        for wanted, key, message in needed
        if wanted and reads[key] is None
    ]
    reference = reads["reference"]
    if dna and reference is not None and not Path(f"{reference}.fai").is_file():
        message = f"{reference} has no index: make one with `samtools faidx {reference}`"
        problems.append(Problem(message, "config", column="reads.reference"))
    return problems

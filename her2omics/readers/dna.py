"""The DNA tables of a sample: which reader serves which filetype, and what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.genome import CHROMOSOMES, Genome
from her2omics.readers import bins, gene_cn, mutations, purity, segments, snps
from her2omics.readers.somatic import somatic
from her2omics.sheets.study import Study
from her2omics.sheets.unit_rows import DNA_TABLES

# Several files of one sample and assay are one table (chromosomes apart; SNVs and indels); what
# identifies a row must then be different.
_JOINED = {"snps": ["chromosome", "position"], "mutations": ["mutation_id"]}
# In a file of many samples, so many with faults are listed before the rest is left unread.
_MAX_SAMPLES = 5


@dataclass(frozen=True)
class SampleDna:
    """DNA tables of one sample in one assay; ``None`` where the sheet names no file.

    A sample that was sequenced twice (exome and panel) is two of these: which of them to compare
    is for the caller, who knows what the patient's other samples have.

    Attributes
    ----------
    sample, patient, timepoint, assay
        As in the sheets; the timepoint is ``baseline``, ``followup`` or ``normal``.
    targets
        BED of the design, ``None`` where no file of this sample and assay names one.
    bins, segments, gene_cn, snps, mutations, purity
        What the readers return, each with the name of its ``file``.
    """

    sample: str
    patient: str
    timepoint: str
    assay: str
    targets: Path | None = None
    bins: bins.Bins | None = None
    segments: segments.Segments | None = None
    gene_cn: gene_cn.GeneCopyNumber | None = None
    snps: snps.Snps | None = None
    mutations: mutations.Mutations | None = None
    purity: purity.Purity | None = None

    @property
    def files(self) -> dict[str, str]:
        """Filetype -> name of the file, of the tables that are there."""
        return {kind: getattr(self, kind).file for kind in DNA_TABLES if getattr(self, kind)}


@dataclass(frozen=True)
class PatientDna:
    """DNA tables of one patient.

    Attributes
    ----------
    patient
        The patient.
    tumours, normals
        In the order of the sheet, one per sample and assay; samples without DNA tables and those
        with a problem are in neither.
    problems
        What is wrong with the files, each with its sample.
    """

    patient: str
    tumours: tuple[SampleDna, ...]
    normals: tuple[SampleDna, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def lost(self) -> list[tuple[str, str, str]]:
        """Return sample, file and message of each problem, as table ``input_errors`` has them."""
        return [(p.sample or "", p.file or "", p.message) for p in self.problems]


def dna_units(study: Study, kinds: Sequence[str] = DNA_TABLES) -> pd.DataFrame:
    """Return the units that are DNA tables of these kinds."""
    return study.units[study.units["filetype"].isin(kinds)]


def read_patient(
    study: Study, patient: str, *, genome: Genome, kinds: Sequence[str] = DNA_TABLES
) -> PatientDna:
    """Read the DNA tables of a patient's samples and join the normals' SNP counts to the tumours'.

    Of the mutations the somatic ones stay (:func:`~her2omics.readers.somatic.somatic`).

    A tumour whose own file holds the normal's counts keeps these. Else they are those of the
    patient's normals in the same assay, or in any where that assay has none (the genotype is the
    same), at the tumour's positions; the reads of several normals are added up.

    Parameters
    ----------
    study
        The study.
    patient
        A patient of the sheet.
    genome
        Build of the config.
    kinds
        Filetypes to read; others are not looked at.

    Returns
    -------
    PatientDna
        A sample with any bad file is left out and its problems are listed, so that with
        ``on_bad_file: gate`` the patient's other samples go on: without the counts of a normal
        whose file is bad. Nothing is raised.
    """
    rows = study.samples[study.samples["patient"].eq(patient)]
    found: list[SampleDna] = []
    problems: list[Problem] = []
    for sample in rows["sample"]:
        try:
            found += read_sample(study, sample, genome=genome, kinds=kinds)
        except InputError as error:
            problems += error.problems
    normals = tuple(dna for dna in found if dna.timepoint == "normal")
    tumours = [_with_normals(dna, normals) for dna in found if dna.timepoint != "normal"]
    counted = somatic([dna.mutations for dna in tumours], [dna.mutations for dna in normals])
    tumours = [replace(dna, mutations=own) for dna, own in zip(tumours, counted, strict=True)]
    return PatientDna(patient, tuple(tumours), normals, tuple(problems))


def read_sample(
    study: Study, sample: str, *, genome: Genome, kinds: Sequence[str] = DNA_TABLES
) -> tuple[SampleDna, ...]:
    """Read the DNA tables of one sample, one :class:`SampleDna` per assay in sheet order.

    Several files of ``snps`` or ``mutations`` of one assay become one table; they must hold
    different sites, because the same reads counted twice would weigh double. Of every other
    filetype a sample has one file per assay (the sheet is refused else). Its normal is not looked
    at (:func:`read_patient`).

    Raises
    ------
    InputError
        With the problems of all files, each with the sample.
    """
    specimen = study.samples.set_index("sample").loc[sample]
    own = dna_units(study, kinds)
    own = own[own["sample"].eq(sample)]
    found: list[SampleDna] = []
    problems: list[Problem] = []
    for assay, rows in own.groupby("assay", sort=False):
        tables: dict[str, Any] = {}
        for kind, files in rows.groupby("filetype", sort=False):
            read = []
            for row in files.to_dict("records"):
                try:
                    read.append(_read(row, study, genome, Path(row["path"]).name))
                except InputError as error:
                    problems += error.problems
            problems += _same_rows(kind, read)
            if not problems:
                tables[kind] = _joined(kind, read)
        targets = next((Path(path) for path in rows["targets"].dropna()), None)
        found.append(
            SampleDna(sample, specimen["patient"], specimen["timepoint"], assay, targets, **tables)
        )
    raise_all([replace(problem, sample=problem.sample or sample) for problem in problems])
    return tuple(found)


def file_problems(study: Study, rows: pd.DataFrame, *, genome: Genome, shown: str) -> list[Problem]:
    """Return what is wrong with one file, read for each of its samples.

    Parameters
    ----------
    study
        The study.
    rows
        Its units that name this file with one filetype and unit.
    genome
        Build of the config.
    shown
        Name of the file in messages.

    Notes
    -----
    A fault of the whole file is listed once; of samples with faults the first five.
    """
    problems: list[Problem] = []
    if rows["filetype"].iloc[0] == "gene_cn":
        path, unit = Path(rows["path"].iloc[0]), rows["unit"].iloc[0]
        for _, same in rows.groupby("assay", sort=False):
            try:
                gene_cn.read_gene_cn(path, columns=_columns(same), unit=unit, shown=shown)
            except InputError as error:
                problems += error.problems
        return list(dict.fromkeys(problems))
    faulty = 0
    for row in rows.to_dict("records"):
        try:
            _read(row, study, genome, shown)
        except InputError as error:
            if set(error.problems) <= set(problems):
                break
            problems += error.problems
            faulty += 1
        if faulty == _MAX_SAMPLES:
            problems.append(Problem("the file's other samples were not looked at", shown))
            break
    return list(dict.fromkeys(problems))


def overlap_problems(study: Study, *, genome: Genome) -> list[Problem]:
    """Return the sites that several files of one sample and assay have in common."""
    problems: list[Problem] = []
    counted = dna_units(study, tuple(_JOINED)).groupby(["sample", "filetype"], sort=False)["assay"]
    for (sample, kind), assays in counted:
        if assays.duplicated().any():
            try:
                read_sample(study, sample, genome=genome, kinds=(kind,))
            except InputError as error:
                problems += error.problems
    return problems


def _read(row: Mapping[str, Any], study: Study, genome: Genome, shown: str) -> Any:
    """Read one file of the units sheet for one sample: which reader serves which filetype."""
    path, sample = Path(row["path"]), row["sample"]
    named = {"column": _name_in(row, study), "sample": sample, "shown": shown}
    match row["filetype"]:
        case "bins":
            return bins.read_bins(path, genome=genome, shown=shown)
        case "segments":
            return segments.read_segments(path, genome=genome, **named)
        case "snps":
            return snps.read_snps(path, genome=genome, **named)
        case "mutations":
            patient = study.samples.set_index("sample").at[sample, "patient"]
            return mutations.read_mutations(path, genome=genome, patient=patient, **named)
        case "purity":
            return purity.read_purity(path, **named)
        case "gene_cn":
            return _gene_cn(row, study, shown)
    raise ValueError(f"{row['filetype']} is no DNA table")


def _name_in(row: Mapping[str, Any], study: Study) -> str | None:
    """Return the sample's name that the file must hold, ``None`` if it may be any single one.

    Where several samples of the sheet point at one file, each must be found by its name: else one
    sample's values would be taken for another's.
    """
    units = study.units
    same = units["path"].eq(row["path"]) & units["filetype"].eq(row["filetype"])
    shared = (same & units["sample"].ne(row["sample"])).any()
    return row["column"] or (row["sample"] if shared else None)


def _columns(rows: pd.DataFrame) -> dict[str, str]:
    """Return sample -> name of its column."""
    return dict(zip(rows["sample"], rows["column"].fillna(rows["sample"]), strict=True))


def _gene_cn(row: Mapping[str, Any], study: Study, shown: str) -> gene_cn.GeneCopyNumber:
    """Return one sample's values of a matrix, which is read once for all samples of the assay."""
    units, keys = study.units, ["path", "filetype", "unit", "assay"]
    same = units[keys].eq([row[key] for key in keys]).all(axis=1)
    columns = tuple(_columns(units[same]).items())
    path = Path(row["path"])
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    read, problems = _matrix(path, row["unit"], columns, shown, stamp)
    raise_all([p for p in problems if p.sample in (None, row["sample"])])
    return replace(read, frame=read.frame[[row["sample"]]])


@lru_cache(maxsize=1)
def _matrix(
    path: Path, unit: str, columns: tuple[tuple[str, str], ...], shown: str, _stamp: int
) -> tuple[gene_cn.GeneCopyNumber | None, tuple[Problem, ...]]:
    """Return the samples of a matrix that can be read, and the problems of the others."""
    left = dict(columns)
    problems: list[Problem] = []
    while left:
        try:
            return gene_cn.read_gene_cn(path, columns=left, unit=unit, shown=shown), tuple(problems)
        except InputError as error:
            problems += error.problems
            own = {problem.sample for problem in error.problems}
            left = {} if None in own else {k: v for k, v in left.items() if k not in own}
    return None, tuple(problems)


def _same_rows(kind: str, read: Sequence[Any]) -> list[Problem]:
    """Return the problems of files of one sample that hold the same sites."""
    keys = _JOINED.get(kind)
    if keys is None and len(read) > 1:
        message = f"{len(read)} files of {kind} for one sample and assay: keep one"
        return [Problem(message, read[-1].file)]
    problems = []
    for index, later in enumerate(read):
        for earlier in read[:index]:
            both = later.frame[keys].merge(earlier.frame[keys])
            if len(both):
                place = ":".join(str(value) for value in both.iloc[0])
                message = (
                    f"{len(both)} of its rows are also in {earlier.file}, such as {place}: files "
                    "of one sample must hold different sites (merge lanes and callers before)"
                )
                problems.append(Problem(message, later.file))
    return problems


def _joined(kind: str, read: Sequence[Any]) -> Any:
    """Return the tables of several files as one, in genome order."""
    if len(read) == 1:
        return read[0]
    frame = pd.concat([table.frame for table in read], ignore_index=True)
    rank = frame["chromosome"].map({name: index for index, name in enumerate(CHROMOSOMES)})
    order = frame.assign(rank=rank).sort_values(["rank", "position"], kind="stable").index
    dropped: dict[str, int] = {}
    for table in read:
        for contig, rows in table.dropped.items():
            dropped[contig] = dropped.get(contig, 0) + rows
    changed = {
        "frame": frame.loc[order].reset_index(drop=True),
        "file": ", ".join(table.file for table in read),
        "dropped": dropped,
    }
    if kind == "snps":
        changed["multiallelic"] = sum(table.multiallelic for table in read)
        files = [table.normal_file for table in read if table.normal_file]
        changed["normal_file"] = ", ".join(files) or None
    return replace(read[0], **changed)


def _with_normals(dna: SampleDna, normals: Sequence[SampleDna]) -> SampleDna:
    """Return the tumour with the normals' SNP counts, unless its own file has them."""
    if dna.snps is None or dna.snps.normal_file is not None:
        return dna
    counted = [normal for normal in normals if normal.snps is not None]
    counted = [normal for normal in counted if normal.assay == dna.assay] or counted
    if not counted:
        return dna
    return replace(dna, snps=_beside(dna.snps, [normal.snps for normal in counted]))


def _beside(tumour: snps.Snps, normals: Sequence[snps.Snps]) -> snps.Snps:
    """Return the tumour's SNPs with the summed counts of the normals at their positions."""
    place = ["chromosome", "position"]
    counts = dict(zip(snps.COUNTS, snps.NORMAL_COUNTS, strict=True))
    whole = pd.concat([normal.frame[[*place, *counts]] for normal in normals])
    if len(normals) > 1:
        whole = whole.groupby(place, sort=False, as_index=False).sum(min_count=1)
    frame = tumour.frame[[*place, *counts]].merge(
        whole.rename(columns=counts), on=place, how="left", validate="one_to_one"
    )
    if frame["normal_ref_count"].isna().all():
        return tumour
    return replace(tumour, frame=frame, normal_file=", ".join(normal.file for normal in normals))

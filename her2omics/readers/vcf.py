"""Read counts of one sample in a VCF or BCF of somatic calls.

Counts are AD (Mutect2, freebayes, bcftools), RO and AO (freebayes), the tier-1 counts of Strelka,
or RD and AD (VarScan). Every alternative allele is a row of its own.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam

from her2omics.errors import InputError, Problem, suggestion
from her2omics.genome import Genome, contradiction
from her2omics.readers.table_text import TableText, listed

COLUMNS = (
    "chromosome", "position", "ref", "alt", "ref_count", "alt_count", "normal_ref_count",
    "normal_alt_count", "passed", "gene", "change", "effect",
)  # fmt: skip
_GZIP, _BGZIP, _VCF = b"\x1f\x8b", b"BC", b"##fileformat=VCF"
_SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf")
_PASSED = ({"PASS"}, set())
_NO_SEQUENCE = "no sequence of the alternative allele"
_CALLERS = "AD (Mutect2, freebayes), RO and AO (freebayes), AU to TU or TAR and TIR (Strelka)"

Counts = tuple[float, float]


@dataclass(frozen=True)
class Records(TableText):
    """A VCF for messages: the line of each row."""

    lines: tuple[int, ...] = ()

    def line(self, row: int) -> int:
        """Return the line of a row in the file."""
        return self.lines[int(row)]


def is_vcf(path: Path) -> bool:
    """Return whether a file is a VCF or BCF, by its name or its first bytes."""
    if path.name.lower().endswith(_SUFFIXES):
        return True
    with path.open("rb") as handle:
        return handle.read(len(_VCF)) == _VCF


def read_vcf(
    path: Path, *, genome: Genome, column: str | None, sample: str | None, shown: str
) -> tuple[pd.DataFrame, Records, dict[str, int]]:
    """Return the calls of one sample, what messages need, and the rows left out by reason.

    Parameters
    ----------
    path
        VCF (plain or compressed) or BCF.
    genome
        Build that the contigs of the header must fit.
    column
        The sample's name in the file; default: ``sample`` if it is one of them, the tumour that the
        header names (``##tumor_sample``), ``TUMOR``, or the only one.
    sample
        Its name in the sheet.
    shown
        Name of the file in messages.

    Returns
    -------
    frame
        :data:`COLUMNS`, a row per record and alternative allele; ``chromosome`` is a category.
        ``passed``: FILTER is PASS or empty. Counts of the normal where the header names one.

    Raises
    ------
    InputError
        If it is no VCF, cut short, of another build, without this sample or without counts.
    """
    before = pysam.set_verbosity(0)
    try:
        with _seekable(path) as opened, pysam.VariantFile(str(opened)) as file:
            return _read(file, _first_line(path), genome, column, sample, shown)
    except (OSError, EOFError, ValueError):  # its message would name the file by another path
        message = "no VCF or BCF that can be read: is it cut short, or its header incomplete?"
        raise InputError(Problem(message, shown)) from None
    finally:
        pysam.set_verbosity(before)


@contextmanager
def _seekable(path: Path) -> Iterator[Path]:
    """Yield the file, or its text beside it in a temporary one where it is packed by plain gzip."""
    with path.open("rb") as handle:
        head = handle.read(14)
    if head[:2] != _GZIP or head[12:14] == _BGZIP:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".vcf") as text, gzip.open(path, "rb") as packed:
        shutil.copyfileobj(packed, text)
        text.flush()
        yield Path(text.name)


def _first_line(path: Path) -> int:
    """Return the line of the first record; 1 in a BCF, which has no lines."""
    with path.open("rb") as handle:
        packed = handle.read(2) == _GZIP
    with gzip.open(path, "rb") if packed else path.open("rb") as lines:
        return 1 + sum(1 for _ in takewhile(lambda line: line.startswith(b"#"), lines))


def _read(
    file: pysam.VariantFile,
    first: int,
    genome: Genome,
    column: str | None,
    sample: str | None,
    shown: str,
) -> tuple[pd.DataFrame, Records, dict[str, int]]:
    header = file.header
    lengths = {name: contig.length for name, contig in header.contigs.items() if contig.length}
    other_build = contradiction(genome, lengths=lengths)
    if other_build:
        raise InputError(Problem(other_build, shown))
    normals = _normals(header)
    tumour = _tumour(header, normals, column, sample, shown)
    normal = next((name for name in normals if name != tumour), None)
    count, annotate = _counter(header, shown), _annotator(header)
    file.subset_samples([name for name in (tumour, normal) if name])
    rows: list[tuple] = []
    lines: list[int] = []
    dropped: dict[str, int] = {}
    for number, record in enumerate(file):
        passed = set(record.filter.keys()) in _PASSED
        for index, alt in enumerate(record.alts or (), start=1):
            if not set(alt.upper()) <= set("ACGTN"):
                dropped[_NO_SEQUENCE] = dropped.get(_NO_SEQUENCE, 0) + 1
                continue
            own = count(record, tumour, index)
            beside = count(record, normal, index) if normal else (np.nan, np.nan)
            place = record.chrom, record.pos, record.ref, alt
            rows.append((*place, *own, *beside, passed, *annotate(record, index)))
            lines.append(first + number)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if frame.empty:
        message = "no call with the sequence of its alternative allele"
        raise InputError(Problem(message, shown, sample=sample))
    frame["chromosome"] = pd.Categorical(frame["chromosome"])
    frame["position"] = frame["position"].astype(float)
    return frame, Records("", COLUMNS, "\t", first, shown, tuple(lines)), dropped


def _normals(header: pysam.VariantHeader) -> list[str]:
    """Return the samples of the file that are normals: named by Mutect2, or NORMAL."""
    named = [record.value for record in header.records if record.key == "normal_sample"]
    return [name for name in header.samples if name in named or name.upper() == "NORMAL"]


def _tumour(
    header: pysam.VariantHeader,
    normals: Sequence[str],
    column: str | None,
    sample: str | None,
    shown: str,
) -> str:
    """Return the sample of the file that is ours."""
    present = list(header.samples)
    if not present:
        raise InputError(Problem("the file holds no sample, only sites", shown))
    wanted = column or (sample if sample in present else None)
    if wanted is not None:
        if wanted in present:
            return wanted
        found = f"the file holds {listed(present)}{suggestion(wanted, present)}"
        raise InputError(Problem(f"sample '{wanted}' is not in it: {found}", shown, sample=sample))
    tumours = [name for name in present if name not in normals]
    if len(tumours) == 1:
        return tumours[0]
    message = (
        f"the file holds {listed(present)}: name this sample's own in column `column` of the units"
    )
    raise InputError(Problem(message, shown, sample=sample))


def _counter(header: pysam.VariantHeader, shown: str) -> Callable[[Any, str, int], Counts]:
    """Return the function from record, sample and number of the allele to its two counts."""
    known = set(header.formats)
    readers = []
    if "AD" in known:
        readers.append(_varscan if {"RD"} <= known else _ad)
    for names, reader in ((("RO", "AO"), _freebayes), (("AU", "TU"), _strelka_snv)):
        if set(names) <= known:
            readers.append(reader)
    if {"TAR", "TIR"} <= known:
        readers.append(_strelka_indel)
    if not readers:
        message = f"FORMAT holds no read counts: expected {_CALLERS} (found {listed(known)})"
        raise InputError(Problem(message, shown))

    def count(record: Any, sample: str, allele: int) -> Counts:
        call = record.samples[sample]
        for reader in readers:
            found = reader(record, call, allele)
            if found is not None and None not in found:
                return float(found[0]), float(found[1])
        return np.nan, np.nan

    return count


def _annotator(header: pysam.VariantHeader) -> Callable[[Any, int], tuple]:
    """Return the function from record and number of the allele to gene, change and effect.

    They are those of the first annotation of the allele: SnpEff's ``ANN`` or VEP's ``CSQ``, whose
    fields stand in the header.
    """
    key = next((name for name in ("ANN", "CSQ") if name in header.info), None)
    if key is None:
        return lambda record, allele: (None, None, None)
    fields = header.info[key].description.split(":")[-1].strip(" '\"")
    names = [name.strip(" '\"").lower() for name in fields.split("|")]
    wanted = (
        ("symbol", "gene_name"),
        ("hgvsp", "hgvs.p"),
        ("consequence", "annotation"),
    )
    columns = [
        next((names.index(name) for name in options if name in names), None) for options in wanted
    ]

    def annotate(record: Any, allele: int) -> tuple:
        entries = [entry.split("|") for entry in record.info.get(key, ())]
        alt = record.alts[allele - 1]
        # VEP leaves out the base that both alleles of an insertion or deletion begin with.
        own = [entry for entry in entries if entry[0] in (alt, alt[1:] or "-")] or entries
        if not own:
            return None, None, None
        return tuple(
            own[0][column] or None if column is not None and column < len(own[0]) else None
            for column in columns
        )

    return annotate


def _ad(record: Any, call: Any, allele: int) -> tuple | None:
    values = call.get("AD")
    return None if values is None or len(values) <= allele else (values[0], values[allele])


def _varscan(record: Any, call: Any, allele: int) -> tuple | None:
    values = call.get("AD")
    alt = values[allele - 1] if isinstance(values, tuple) else values
    return call.get("RD"), alt


def _freebayes(record: Any, call: Any, allele: int) -> tuple | None:
    values = call.get("AO")
    alt = values[allele - 1] if isinstance(values, tuple) else values
    return call.get("RO"), alt


def _strelka_snv(record: Any, call: Any, allele: int) -> tuple | None:
    bases = record.ref.upper(), record.alts[allele - 1].upper()
    tiers = [call.get(f"{base}U") for base in bases if len(base) == 1]
    return tuple(tier[0] for tier in tiers) if len(tiers) == 2 and None not in tiers else None


def _strelka_indel(record: Any, call: Any, allele: int) -> tuple | None:
    tiers = call.get("TAR"), call.get("TIR")
    return None if None in tiers else (tiers[0][0], tiers[1][0])

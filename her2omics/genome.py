"""Genome builds: contig lengths, chromosome arms and the genes of chromosome 17."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from her2omics import resources
from her2omics.errors import InputError, Problem, raise_all
from her2omics.files import read_text

BUILDS = ("GRCh38", "GRCh37")
CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X", "Y")
_ALIASES = {"23": "X", "24": "Y", "M": "MT", "25": "MT"}
_CONTIG_COLUMNS = ("chromosome", "length", "centromere_start", "centromere_end")
_GENE_COLUMNS = ("gene", "start", "end")


@dataclass(frozen=True)
class Genome:
    """One genome build.

    Attributes
    ----------
    build
        ``GRCh38``, ``GRCh37`` or ``custom``.
    contigs
        Indexed by chromosome (no ``chr``): length, centromere_start, centromere_end in base pairs,
        0-based and half-open.
    genes
        Indexed by gene: chromosome, start, end of the genes of chromosome 17 that are looked at.
    """

    build: str
    contigs: pd.DataFrame
    genes: pd.DataFrame

    def arms(self) -> pd.DataFrame:
        """Return the arms: arm (``17q``), chromosome, start, end; centromeres are in no arm."""
        table = self.contigs.reset_index()
        short = pd.DataFrame(
            {
                "arm": table["chromosome"] + "p",
                "chromosome": table["chromosome"],
                "start": 0,
                "end": table["centromere_start"],
            }
        )
        long = pd.DataFrame(
            {
                "arm": table["chromosome"] + "q",
                "chromosome": table["chromosome"],
                "start": table["centromere_end"],
                "end": table["length"],
            }
        )
        both = pd.concat([short, long]).sort_index(kind="stable")
        return both.reset_index(drop=True)


def of_config(config: Mapping[str, object]) -> Genome:
    """Return the genome build that a study's config names."""
    folder = config["genome_tables"]
    return load(str(config["genome_build"]), tables=Path(str(folder)) if folder else None)


def load(build: str, *, tables: Path | None = None) -> Genome:
    """Return a genome build.

    Parameters
    ----------
    build
        ``GRCh38``, ``GRCh37``, or ``custom`` with ``tables``.
    tables
        Folder with ``contigs.tsv`` (chromosome, length, centromere_start, centromere_end) and
        ``chr17_genes.tsv`` (gene, start, end), 0-based and half-open.

    Raises
    ------
    InputError
        If the build is unknown or the tables of a custom build are wrong.
    """
    if build == "custom":
        if tables is None:
            message = "a custom build needs the folder of its tables"
            raise InputError(Problem(message, column="genome_tables"))
        return _custom(Path(tables))
    if build not in BUILDS:
        message = f"'{build}' is not one of {', '.join((*BUILDS, 'custom'))}"
        raise InputError(Problem(message, column="genome_build"))
    return _bundled(build)


@cache
def _bundled(build: str) -> Genome:
    contigs = resources.table(f"genome/{build}.tsv").astype({"chromosome": str})
    genes = resources.table("chr17_genes.tsv")
    prefix = build.lower()
    genes = pd.DataFrame(
        {
            "gene": genes["gene"],
            "chromosome": "17",
            "start": genes[f"{prefix}_start"],
            "end": genes[f"{prefix}_end"],
        }
    )
    return Genome(build, contigs.set_index("chromosome"), genes.set_index("gene"))


def _custom(folder: Path) -> Genome:
    contigs = _table(folder / "contigs.tsv", _CONTIG_COLUMNS)
    contigs["chromosome"] = plain_chromosomes(contigs["chromosome"])
    genes = _table(folder / "chr17_genes.tsv", _GENE_COLUMNS)
    genes.insert(1, "chromosome", "17")
    problems = []
    if "17" not in set(contigs["chromosome"]):
        problems.append(Problem("chromosome 17 is missing", str(folder / "contigs.tsv")))
    if "ERBB2" not in set(genes["gene"]):
        problems.append(Problem("gene ERBB2 is missing", str(folder / "chr17_genes.tsv")))
    raise_all(problems)
    return Genome("custom", contigs.set_index("chromosome"), genes.set_index("gene"))


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a table of names and whole numbers."""
    rows = [line.split("\t") for line in read_text(path).splitlines() if line.strip()]
    header, body = rows[0], rows[1:]
    if tuple(header) != columns:
        message = f"found columns {', '.join(header)}; expected {', '.join(columns)}"
        raise InputError(Problem(message, str(path), 1))
    problems = [
        Problem(
            f"expected a name and {len(columns) - 1} whole numbers in {len(columns)} columns",
            str(path),
            number,
        )
        for number, row in enumerate(body, start=2)
        if len(row) != len(columns) or not all(cell.isdigit() for cell in row[1:])
    ]
    raise_all(problems)
    frame = pd.DataFrame(body, columns=list(columns))
    return frame.astype(dict.fromkeys(columns[1:], "int64"))


@cache
def _gene_positions() -> pd.DataFrame:
    table = resources.table("gene_positions.tsv").astype({"chromosome": str})
    return table.set_index("symbol")


def gene_positions() -> pd.DataFrame:
    """Return where the protein-coding genes lie on GRCh38, in order along the genome.

    Returns
    -------
    DataFrame
        Indexed by symbol (unique): ensembl_id, chromosome (``1``-``22``, ``X``, ``Y``, ``MT``),
        start, end in base pairs. What counts of transcripts need of positions, which chromosome,
        arm and neighbours a gene has, does not depend on the genome build of a study's DNA.
    """
    return _gene_positions().copy()


def plain_chromosomes(names: pd.Series) -> pd.Series:
    """Return chromosome names without ``chr`` prefix; 23, 24, 25 and M become X, Y, MT and MT.

    A prefix is no evidence of a build.
    """
    text = names.astype(str).str.strip().str.replace(r"^chr", "", case=False, regex=True)
    text = text.str.replace(r"^([xym]|mt)$", lambda found: found[0].upper(), case=False, regex=True)
    return text.replace(_ALIASES)


def contradiction(
    genome: Genome,
    *,
    chromosomes: pd.Series | None = None,
    positions: pd.Series | None = None,
    lengths: Mapping[str, int] | None = None,
) -> str | None:
    """Return how a file contradicts the genome build, or ``None``.

    Parameters
    ----------
    genome
        Build of the config.
    chromosomes, positions
        Coordinates of the file; a position beyond the contig's end contradicts.
    lengths
        Contig lengths that the file states (BAM or VCF header); another length contradicts.

    Returns
    -------
    str or None
        Sentence that names both sides, and the build that would fit.
    """
    length = genome.contigs["length"]
    if lengths:
        stated = pd.Series({_plain(name): value for name, value in lengths.items()}, dtype="int64")
        stated = stated[stated.index.isin(length.index)]
        differs = stated[stated != length.reindex(stated.index)]
        if not differs.empty:
            name = differs.index[0]
            fitting = _fitting(stated, equal=True)
            return (
                f"the file says that chromosome {name} has {differs[name]} bp; in {genome.build} "
                f"it has {length[name]}{fitting}"
            )
    if chromosomes is not None and positions is not None:
        furthest = positions.groupby(plain_chromosomes(chromosomes).to_numpy()).max()
        furthest = furthest[furthest.index.isin(length.index)]
        beyond = furthest[furthest > length.reindex(furthest.index)]
        if not beyond.empty:
            name = beyond.index[0]
            return (
                f"position {int(beyond[name])} lies beyond chromosome {name}, which has "
                f"{length[name]} bp in {genome.build}{_fitting(furthest, equal=False)}"
            )
    return None


def _plain(name: str) -> str:
    return plain_chromosomes(pd.Series([name])).iloc[0]


def _fitting(found: pd.Series, *, equal: bool) -> str:
    """Return the hint which build fits all lengths (or holds all positions)."""
    for build in BUILDS:
        length = _bundled(build).contigs["length"].reindex(found.index)
        if (found == length).all() if equal else (found <= length).all():
            return f": the file fits {build}, set genome_build accordingly"
    return ""

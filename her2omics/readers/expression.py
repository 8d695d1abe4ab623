"""Gene expression of the user's RNA files: matrix, salmon and STAR, as genes x samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import InputError, Problem, raise_all
from her2omics.files import read_text
from her2omics.readers import gene_ids, gene_problems, matrix_text, units

# Rows that counting programs add below the genes.
_SUMMARY_ROWS = {
    "no_feature", "ambiguous", "too_low_aQual", "not_aligned", "alignment_not_unique",
    "N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous",
    "_empty", "_ambiguous", "_lowaqual", "_notaligned", "_no_feature", "_ambig_genes",
    "_unmapped", "_total_unmapped",
}  # fmt: skip
_STAR_COLUMNS = ("unstranded", "forward", "reverse")


@dataclass(frozen=True)
class Expression:
    """Values of one file.

    Attributes
    ----------
    frame
        Genes x samples, float64; index = unique gene names, columns = sample ids of the sheet;
        missing values where the file holds none.
    unit
        One of :data:`her2omics.readers.units.UNITS`.
    strandedness
        STAR only: the column used, ``unstranded``, ``forward`` or ``reverse``.
    file
        Name of the file in messages.
    """

    frame: pd.DataFrame
    unit: str
    strandedness: str | None = None
    file: str = ""


def read_matrix(
    path: Path, *, columns: Mapping[str, str], unit: str, shown: str | None = None
) -> Expression:
    """Read the samples of one gene matrix.

    Parameters
    ----------
    path
        Genes x samples, tab- or comma-separated, plain or gzip; one or more leading id columns.
    columns
        Sample id -> name of its column.
    unit
        The unit stated in the units sheet, checked against the values.
    shown
        Name of the file in messages.

    Raises
    ------
    InputError
        With every problem found at that stage: file, header, cells, gene names, unit, ERBB2.
    """
    shown = shown or str(path)
    wanted = dict(columns)
    matrix = matrix_text.split(read_text(Path(path), shown=shown), shown=shown)
    raise_all(matrix_text.column_problems(matrix, wanted))
    ids, values = matrix_text.load(matrix, wanted)
    kept = ~_is_summary(ids)
    ids, values = ids[kept], values[kept]
    named = matrix_text.gene_columns(ids)
    if not named:
        raise InputError(gene_problems.unrecognised(ids, shown))
    raise_all(gene_problems.mangled(named, shown))
    raise_all(_infinite_problems(ids, values, list(wanted), unit, shown))
    raise_all(_unit_problems(values, list(wanted), unit, shown))
    names, _ = gene_ids.resolve(named)
    frame = _unique(pd.DataFrame(values, index=names, columns=list(wanted)), unit)
    raise_all(gene_problems.without_erbb2(frame, shown))
    return Expression(frame, unit, file=shown)


def read_salmon(path: Path, *, sample: str, shown: str | None = None) -> Expression:
    """Read ``NumReads`` of salmon: ``quant.genes.sf``, or ``quant.sf`` whose names hold genes.

    Names may be Ensembl gene ids, symbols, or the ``ENST|ENSG|..|SYMBOL|`` names of GENCODE fasta
    files; transcripts are summed per gene.

    Raises
    ------
    InputError
        If the names are bare transcript ids, columns are missing or cells are not numbers.
    """
    shown = shown or str(path)
    matrix = matrix_text.split(read_text(Path(path), shown=shown, sample=sample), shown=shown)
    missing = [name for name in ("Name", "NumReads") if name not in matrix.header]
    if missing:
        message = (
            f"no column {' and '.join(missing)}: not a salmon quant.sf, whose columns are Name, "
            f"Length, EffectiveLength, TPM, NumReads (found {', '.join(matrix.header[:6])})"
        )
        raise InputError(Problem(message, shown, 1, sample))
    ids, values = matrix_text.load(matrix, {sample: "NumReads"})
    raw = ids["Name"].fillna("")
    bare = raw.str.match(r"ENST\d+(\.\d+)?$")
    if bare.mean() > 0.5:
        message = (
            f"names are transcript ids ({raw[bare].iloc[0]} ...): run salmon with --geneMap and "
            "give quant.genes.sf, or import with tx2gene and give a gene matrix"
        )
        raise InputError(Problem(message, shown, None, sample))
    gencode = raw.str.startswith("ENST") & raw.str.contains("|", regex=False)
    names = raw.where(~gencode, raw.map(_gencode_gene))
    return _one_sample(names, values, sample, shown)


def read_star(
    path: Path, *, sample: str, strandedness: str | None = None, shown: str | None = None
) -> Expression:
    """Read ``ReadsPerGene.out.tab`` of STAR.

    Parameters
    ----------
    path
        Four columns: gene, unstranded, forward and reverse counts; first four rows ``N_...``.
    sample
        Sample id.
    strandedness
        ``unstranded``, ``forward`` or ``reverse``; ``None``: the column with the largest sum over
        the genes, which for a stranded library is its strand because antisense overlaps are
        ambiguous in the unstranded column.
    shown
        Name of the file in messages.
    """
    shown = shown or str(path)
    text = read_text(Path(path), shown=shown, sample=sample)
    if text.split("\n", 1)[0].count("\t") != 3 or not text.startswith("N_"):
        message = (
            "not a STAR ReadsPerGene.out.tab: expected four tab-separated columns and first rows "
            "N_unmapped, N_multimapping, N_noFeature, N_ambiguous"
        )
        raise InputError(Problem(message, shown, 1, sample))
    matrix = matrix_text.split("gene\tunstranded\tforward\treverse\n" + text, shown=shown)
    ids, values = matrix_text.load(matrix, {name: name for name in _STAR_COLUMNS})
    genes = ~_is_summary(ids)
    ids, values = ids[genes], values[genes]
    chosen = strandedness or _STAR_COLUMNS[int(np.argmax(np.nansum(values, axis=0)))]
    counts = values[:, [_STAR_COLUMNS.index(chosen)]]
    read = _one_sample(ids["gene"], counts, sample, shown)
    return Expression(read.frame, read.unit, chosen, shown)


def _one_sample(ids: pd.Series, values: np.ndarray, sample: str, shown: str) -> Expression:
    """Return the counts of one sample from ids and values, checked like a matrix."""
    names, known = gene_ids.resolve([ids])
    if not known.any():
        raise InputError(gene_problems.unrecognised(ids.to_frame(), shown))
    raise_all(_infinite_problems(ids.to_frame(), values, [sample], "counts", shown))
    raise_all(_unit_problems(values, [sample], "counts", shown))
    frame = _unique(pd.DataFrame(values, index=names, columns=[sample]), "counts")
    raise_all(gene_problems.without_erbb2(frame, shown))
    return Expression(frame, "counts", file=shown)


def _gencode_gene(name: str) -> str:
    """Return ``ENSG|SYMBOL`` of a GENCODE name (``ENST|ENSG|OTTHUMG|OTTHUMT|TX|SYMBOL|...``)."""
    fields = name.split("|")
    ensembl = fields[1] if len(fields) > 1 else ""
    symbol = fields[5] if len(fields) > 5 else ""
    return f"{ensembl}|{symbol}"


def _is_summary(ids: pd.DataFrame) -> np.ndarray:
    first = ids.iloc[:, 0].fillna("")
    return (first.isin(_SUMMARY_ROWS) | first.str.startswith("__")).to_numpy()


def _unique(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return one row per gene: linear units summed, log levels the largest, log ratios the mean.

    Each sample for itself: its values do not move with who else is in the file. Of levels the
    largest is nearly the sum; of ratios it would be the most extreme noise. Rows without any name
    are dropped; the order is that of first appearance.
    """
    frame = frame[frame.index != ""]
    twice = frame.index.duplicated(keep=False)
    if not twice.any():
        return frame
    order = frame.index[~frame.index.duplicated()]
    repeated = frame[twice].groupby(level=0, sort=False)
    if unit in units.LINEAR_UNITS:
        merged = repeated.sum(min_count=1)
    else:
        merged = repeated.mean() if unit == "log2_ratio" else repeated.max()
    return pd.concat([frame[~twice], merged]).loc[order]


def _infinite_problems(
    ids: pd.DataFrame, values: np.ndarray, samples: list[str], unit: str, shown: str
) -> list[Problem]:
    """Return the samples that hold infinite values, each with its first gene.

    Minus infinity is the log2 of a gene without reads, and none of a ratio or of a linear value.
    """
    infinite = np.isinf(values)
    if unit not in (*units.LINEAR_UNITS, "log2_ratio"):
        infinite &= values > 0
    problems = []
    for column in np.flatnonzero(infinite.any(axis=0)):
        rows = np.flatnonzero(infinite[:, column])
        gene = " ".join(str(name) for name in ids.iloc[rows[0]].dropna())[:60]
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        message = (
            f"the value of {gene}{more} is {values[rows[0], column]:g}, and no number can be "
            "taken from it: leave the cell empty, or give the matrix as it was before dividing"
        )
        problems.append(Problem(message, shown, None, samples[column]))
    return problems


def _unit_problems(values: np.ndarray, samples: list[str], unit: str, shown: str) -> list[Problem]:
    """Return the samples whose values do not fit the unit; one problem if all of them."""
    faults = {
        sample: found
        for index, sample in enumerate(samples)
        if (found := units.refusal(values[:, index], unit)) is not None
    }
    problems = gene_problems.of_samples(faults, samples, shown)
    if not problems and unit == "log2_ratio" and units.are_z_scores(values):
        message = (
            "every gene has mean 0 and SD 1 over the samples: these are z-scores, whose "
            "differences have no size; give the values before they were scaled"
        )
        problems.append(Problem(message, shown))
    return problems

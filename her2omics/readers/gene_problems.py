"""What is wrong with the genes of a matrix, for every kind of value alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from her2omics.errors import Problem
from her2omics.readers import gene_ids
from her2omics.readers.table_text import listed


def unrecognised(ids: pd.DataFrame, shown: str) -> Problem:
    """Return the problem of id columns in which no gene is known."""
    found = ", ".join(str(value) for value in ids.iloc[:4, 0])
    message = (
        f"no gene is recognised (found {found} ...): expected human gene symbols, Ensembl ids "
        "(ENSG...) or Entrez ids in the first columns"
    )
    return Problem(message, file=shown)


def mangled(columns: list[pd.Series], shown: str) -> list[Problem]:
    """Return the problem of gene names that a spreadsheet turned into dates."""
    found = gene_ids.mangled(columns)
    if not found:
        return []
    texts = dict.fromkeys(text for _, text in found)
    message = (
        f"{len(found)} gene names were turned into dates by a spreadsheet ({listed(texts)}): give "
        "the matrix as it was before Excel, or add a column of Ensembl ids"
    )
    return [Problem(message, file=shown)]


def of_samples(faults: Mapping[str, str], samples: Sequence[str], shown: str) -> list[Problem]:
    """Return the problem of each sample with a fault, or one if all have theirs.

    Parameters
    ----------
    faults
        Sample -> what is wrong with its values.
    samples
        All samples of the matrix that are read.
    shown
        Name of the file.
    """
    if len(faults) == len(samples) > 1:
        # The file as a whole is at fault: one message, with one sample's values.
        message = f"all {len(samples)} samples, such as {samples[0]}: {faults[samples[0]]}"
        return [Problem(message, shown)]
    return [Problem(found, shown, None, sample) for sample, found in faults.items()]


def without_erbb2(frame: pd.DataFrame, shown: str) -> list[Problem]:
    """Return the problem of a matrix (genes x samples) without ERBB2, or of samples without it."""
    if "ERBB2" not in frame.index:
        looked = ", ".join(gene_ids.spellings("ERBB2"))
        message = f"ERBB2 is not among the {len(frame)} genes (looked for {looked})"
        return [Problem(message, file=shown)]
    absent = frame.columns[frame.loc["ERBB2"].isna()]
    return [Problem("the value of ERBB2 is missing", shown, None, sample) for sample in absent]

"""Which gene is meant: Ensembl, Entrez, current and former symbols, alone or glued together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from her2omics import resources

_ENSEMBL = re.compile(r"(ENSG\d{11})(?:\.\d+)?(?:_PAR_Y)?")
_BRACKETED = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*$")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mrz|mai|okt|dez"
# What spreadsheets make of MARCH1, SEPT2, DEC1 or OCT4.
_MANGLED = re.compile(
    rf"(\d{{1,2}}[-. ]?({_MONTHS})\w*|({_MONTHS})[a-z]*[-. ]\d{{1,4}}"
    r"|\d{4}-\d{2}-\d{2}( 00:00:00)?|\d{1,2}/\d{1,2}/\d{2,4})",
    re.IGNORECASE,
)
_NO_NAME = {"", "?", "-", "NA", "na", "N/A", "nan", "NaN", "None", "---"}


@dataclass(frozen=True)
class GeneTable:
    """Lookup of ids to the symbol used throughout (``resources/gene_ids.tsv``)."""

    symbols: frozenset[str]
    ensembl: dict[str, str]
    entrez: dict[str, str]
    aliases: dict[str, str]


@cache
def gene_table() -> GeneTable:
    """Return the lookup of the shipped gene table."""
    table = resources.table("gene_ids.tsv")
    filled = table.dropna(subset="entrez_id")
    numbers = filled["entrez_id"].astype(int).astype(str)
    listed = table.dropna(subset="aliases")
    return GeneTable(
        symbols=frozenset(table["symbol"]),
        ensembl=dict(zip(table["ensembl_gene_id"], table["symbol"], strict=True)),
        entrez=dict(zip(numbers, filled["symbol"], strict=True)),
        aliases={
            alias: symbol
            for symbol, aliases in zip(listed["symbol"], listed["aliases"], strict=True)
            for alias in aliases.split(";")
        },
    )


def spellings(symbol: str) -> list[str]:
    """Return every id under which a gene is looked for: symbol, former symbols, Ensembl, Entrez."""
    table = gene_table()
    return [
        symbol,
        *(alias for alias, name in table.aliases.items() if name == symbol),
        *(ensembl for ensembl, name in table.ensembl.items() if name == symbol),
        *(entrez for entrez, name in table.entrez.items() if name == symbol),
    ]


def parts(text: str) -> tuple[str | None, str | None, str | None]:
    """Return the Ensembl id (without version), Entrez id and symbol that one id holds.

    Understands ``ENSG00000141736.15``, ``ERBB2``, ``2064``, ``ERBB2|2064``,
    ``ENSG00000141736.15|ERBB2``, ``ENSG00000141736_ERBB2``, ``ERBB2 (2064)``.
    """
    text = text.strip().strip("\"'")
    found = _ENSEMBL.search(text)
    ensembl = found.group(1) if found else None
    if found:
        text = text[: found.start()] + "|" + text[found.end() :]
    text = _BRACKETED.sub(r"|\1", text)
    pieces = [piece.strip(" _:;,") for piece in text.split("|")]
    pieces = [piece for piece in pieces if piece not in _NO_NAME]
    entrez = next((piece for piece in pieces if piece.isdigit()), None)
    symbol = next((piece for piece in pieces if not piece.isdigit()), None)
    return ensembl, entrez, symbol


def resolve(columns: Sequence[Iterable[str | float]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the name of each row's gene.

    Parameters
    ----------
    columns
        One or more id columns of equal length, the best first; missing values allowed.

    Returns
    -------
    names : ndarray of str, one per row
        The symbol of ``resources/gene_ids.tsv`` where any id of the row is in it (Ensembl before
        symbol before Entrez before alias), else the row's own symbol, Ensembl id or Entrez id.
        An alias is followed only where the gene itself is in no other row.
    recognised : ndarray of bool
        Whether the name comes from the gene table.
    """
    table = gene_table()
    names: list[str] = []
    recognised: list[bool] = []
    aliased: list[tuple[int, str]] = []
    for row, ids in enumerate(zip(*columns, strict=True)):
        split = [parts(text) for text in ids if isinstance(text, str)]
        symbols = [symbol for _, _, symbol in split if symbol]
        known = (
            next((table.ensembl[e] for e, _, _ in split if e in table.ensembl), None)
            or next((symbol for symbol in symbols if symbol in table.symbols), None)
            or next((table.entrez[e] for _, e, _ in split if e in table.entrez), None)
        )
        if known is None:
            alias = next((symbol for symbol in symbols if symbol in table.aliases), None)
            if alias is not None:
                aliased.append((row, table.aliases[alias]))
        own = symbols or [e for e, _, _ in split if e] or [e for _, e, _ in split if e]
        names.append(known or (own[0] if own else ""))
        recognised.append(known is not None)
    present = {name for name, known in zip(names, recognised, strict=True) if known}
    for row, symbol in aliased:
        if symbol not in present:
            names[row], recognised[row] = symbol, True
    return np.array(names, dtype=object), np.array(recognised, dtype=bool)


def mangled(columns: Sequence[Iterable[str | float]]) -> list[tuple[int, str]]:
    """Return (row, text) of gene names that a spreadsheet turned into dates.

    A row that also holds an Ensembl or Entrez id is not listed: its gene is still known.
    """
    found = []
    for row, ids in enumerate(zip(*columns, strict=True)):
        texts = [text.strip() for text in ids if isinstance(text, str)]
        dates = [text for text in texts if _MANGLED.fullmatch(text)]
        if dates and not any(ensembl or entrez for ensembl, entrez, _ in map(parts, texts)):
            found.append((row, dates[0]))
    return found


def canonical(symbols: Iterable[str]) -> list[str]:
    """Return the symbols of the gene table for a list of symbols, unknown ones unchanged."""
    table = gene_table()
    return [
        symbol if symbol in table.symbols else table.aliases.get(symbol, symbol)
        for symbol in symbols
    ]

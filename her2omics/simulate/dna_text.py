"""The text of DNA files, fast: thousands of rows per sample, hundreds of samples."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from her2omics import tables as declared
from her2omics.simulate import assay
from her2omics.simulate.assay import Design
from her2omics.simulate.coordinates import CHROMOSOMES

_GZIP_LEVEL = 1
_DECIMALS = 1000  # of log2
_LOWEST, _HIGHEST = -20, 20  # log2
_BINS = "chromosome\tstart\tend\tlog2\tweight\tgc\tmappability\n"


@cache
def _log2_words() -> list[str]:
    """Return all log2 ratios a file can hold, in steps of .001."""
    return [f"{k / _DECIMALS:.3f}" for k in range(_LOWEST * _DECIMALS, _HIGHEST * _DECIMALS + 1)]


@cache
def _around(design: str, assay_name: str) -> tuple[list[str], list[str]]:
    """Return what stands before and after the log2 ratio in the rows of a design."""
    bins = assay.of(assay_name, second=design != assay_name).bins
    before = [
        f"chr{CHROMOSOMES[k]}\t{start}\t{end}\t"
        for k, start, end in zip(bins.chromosome, bins.start, bins.end, strict=True)
    ]
    after = [
        f"\t{weight:.2f}\t{gc:.3f}\t{mappability:.2f}\n"
        for weight, gc, mappability in zip(bins.weight, bins.gc, bins.mappability, strict=True)
    ]
    return before, after


def bins_text(design: Design, log2: np.ndarray) -> str:
    """Return the file of one sample's bins."""
    before, after = _around(design.name, design.assay)
    words = _log2_words()
    step = np.round(np.clip(log2, _LOWEST, _HIGHEST) * _DECIMALS).astype(int)
    values = (words[k] for k in (step - _LOWEST * _DECIMALS).tolist())
    rows = [f"{a}{b}{c}" for a, b, c in zip(before, values, after, strict=True)]
    return _BINS + "".join(rows)


def site_names(design: Design, rows: np.ndarray) -> list[str]:
    """Return chromosome and position of SNP sites, joined by a tab."""
    sites = design.sites
    return [
        f"chr{CHROMOSOMES[k]}\t{position}"
        for k, position in zip(sites.chromosome[rows], sites.position[rows], strict=True)
    ]


def table_text(header: Iterable[str], columns: list[list]) -> str:
    """Return a tab-separated table."""
    rows = ["\t".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join(["\t".join(header), *rows, ""])


def save(text: str, path: Path) -> None:
    """Write a file whole; gzip, fast and without a time, where the name says so."""
    if path.suffix != ".gz":
        declared.write_text(text, path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(zlib.compress(text.encode(), level=_GZIP_LEVEL, wbits=31))
    temporary.replace(path)

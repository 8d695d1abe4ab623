"""The one accessor of the files shipped with the package (``resources/``, schemas)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

_PACKAGE = Path(__file__).resolve().parent


def path(name: str, *, kind: str = "resources") -> Path:
    """Return the path of a shipped file.

    Parameters
    ----------
    name
        File name below ``resources/`` (or ``workflow/schemas/`` with ``kind="schemas"``).
    kind
        ``resources`` or ``schemas``.

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    source = {"resources": "resources", "schemas": "workflow/schemas"}[kind]
    for folder in (_PACKAGE / "_data" / kind, _PACKAGE.parent / source):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{kind}/{name} is not in this installation: run `pip install .` again")


@cache
def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(path(name), sep="\t", comment="#")


def table(name: str) -> pd.DataFrame:
    """Return a shipped tab-separated table; lines that start with ``#`` are its source notes."""
    return _table(name).copy()


def gene_sets() -> dict[str, list[str]]:
    """Return the shipped gene sets (``gene_sets.gmt``) as name -> symbols."""
    with path("gene_sets.gmt").open(encoding="utf-8") as handle:
        rows = [line.rstrip("\n").split("\t") for line in handle if line.strip()]
    return {name: genes for name, _, *genes in rows}

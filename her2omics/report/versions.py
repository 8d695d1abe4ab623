"""What produced the results: package versions, settings and the hash of every input file."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import pandas as pd
import yaml

from her2omics import __version__
from her2omics.files import sha256
from her2omics.reads.sheets import INPUTS


def packages() -> dict[str, str]:
    """Return the version of every installed package that her2omics declares."""
    try:
        required = metadata.requires("her2omics") or []
    except metadata.PackageNotFoundError:
        required = []
    names = sorted(
        {
            re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0]
            for line in required
            if "extra ==" not in line
        }
    )
    found = {name: version(name) for name in names}
    return {name: value for name, value in found.items() if value}


@cache
def version(package: str) -> str | None:
    """Return the installed version of a package, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def inputs(samples: Path, units_sheet: Path, config: Path | None, units: pd.DataFrame) -> list:
    """Return every input file with size and hash, each once, in sheet order.

    Files below the folder of the units sheet are named relative to it; of a folder, every file
    counts. A file that has gone since is listed as missing.
    """
    folder = Path(units_sheet).resolve().parent
    files: dict[Path, None] = {Path(samples).resolve(): None, Path(units_sheet).resolve(): None}
    if config is not None:
        files[Path(config).resolve()] = None
    for column in ("path", "path2", "targets"):
        for name in units[column].dropna() if column in units else ():
            path = Path(name)
            parts = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            files.update(dict.fromkeys(parts))
    entries = []
    for path in files:
        shown = path.relative_to(folder) if path.is_relative_to(folder) else path
        entry: dict[str, object] = {"file": shown.as_posix()}
        if path.is_file():
            entry |= {"bytes": path.stat().st_size, "sha256": sha256(path)}
        else:
            entry["missing"] = True
        entries.append(entry)
    return entries


def document(
    *,
    config: Mapping[str, object],
    settings: Mapping[str, object],
    files: list,
    resources: Mapping[str, str],
    tools: Mapping[str, str] | None = None,
) -> str:
    """Return ``versions.yaml``.

    Parameters
    ----------
    config
        Complete config.
    settings
        ``cohort.yaml``.
    files
        :func:`inputs`.
    resources
        SHA-256 of the bundled tables.
    tools
        Version of each external tool that made the tables.
    """
    content = {
        "her2omics": __version__,
        "tools": {"python": platform.python_version(), **(tools or {})},
        "packages": packages(),
        "resources": dict(resources),
        "inputs": files,
        "cohort": dict(settings),
        "config": dict(config),
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def of_tools(units_sheet: Path) -> dict[str, str]:
    """Return the versions of the external tools written down beside a sheet of tables made."""
    files = sorted((Path(units_sheet).parent / "versions").glob("*.txt"))
    return {path.stem: path.read_text(encoding="utf-8").strip() for path in files}


def of_reads(units_sheet: Path) -> list[dict[str, str]]:
    """Return the files of reads that the tables beside a sheet were made of, each with its hash.

    They were hashed when they were checked, before anything was made of them.
    """
    path = Path(units_sheet).parent / INPUTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [{"file": line[66:], "sha256": line[:64]} for line in lines]


def bundled() -> dict[str, str]:
    """Return the SHA-256 of the shipped tables."""
    from her2omics import resources

    folder = resources.path("pam50_centroids.tsv").parent
    names = sorted(p.name for p in folder.iterdir() if p.suffix in (".tsv", ".gmt"))
    return {name: sha256(folder / name) for name in names}

"""The file of a reference of normals: a zip of numpy arrays and one JSON text, without a time.

``meta.json``: format, assay, targets, digest, build, tau, gc, normals, left_out, found.
``chromosome.npy`` (B,) 1 to 22 and 23 for X; ``start.npy``, ``end.npy`` (B,) 0-based, half-open;
``centre.npy``, ``sd.npy`` (B,) and ``components.npy`` (k, B), log2. The ending is ``.npz``, so that
``numpy.load`` opens the arrays.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from her2omics.cohort.components import Middle
from her2omics.cohort.normal_reference import NormalReference
from her2omics.errors import InputError, Problem
from her2omics.genome import CHROMOSOMES

FORMAT = 1
_META = "meta.json"
_ARRAYS = ("chromosome", "start", "end", "centre", "sd", "components")
_KEYS = (
    "assay", "targets", "digest", "build", "tau", "gc", "normals", "left_out", "found",
)  # fmt: skip
_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


def write(reference: NormalReference, path: Path) -> None:
    """Write a reference whole: to a temporary name first, the same bytes for the same reference."""
    bins, middle = reference.bins, reference.middle
    arrays = {
        "chromosome": pd.Categorical(bins["chromosome"], CHROMOSOMES).codes + 1,
        "start": bins["start"].to_numpy(),
        "end": bins["end"].to_numpy(),
        "centre": middle.centre,
        "sd": middle.sd,
        "components": middle.components,
    }
    kinds = dict(zip(_ARRAYS, ("<i1", "<i4", "<i4", "<f4", "<f4", "<f4"), strict=True))
    meta = {"format": FORMAT} | {key: getattr(reference, key) for key in _KEYS}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with zipfile.ZipFile(temporary, "w") as archive:
        text = json.dumps(meta, indent=1, default=dict)
        _add(archive, _META, text.encode("utf-8"))
        for name in _ARRAYS:
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name], kinds[name]))
            _add(archive, f"{name}.npy", buffer.getvalue())
    temporary.replace(path)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, data, compresslevel=6)


def read(path: Path) -> NormalReference:
    """Read a reference.

    Raises
    ------
    InputError
        If the file is missing, damaged, or no reference of normals.
    """
    meta = read_meta(path)
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {name: _array(archive, name) for name in _ARRAYS}
        bins = pd.DataFrame(
            {
                "chromosome": np.array(CHROMOSOMES, dtype=object)[arrays["chromosome"] - 1],
                "start": arrays["start"].astype(np.int64),
                "end": arrays["end"].astype(np.int64),
            }
        )
        values = [arrays[name].astype(float) for name in ("centre", "sd", "components")]
        if any(part.shape[-1] != len(bins) for part in values) or values[2].ndim != 2:
            raise ValueError("its arrays have different lengths")
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(_problem(path, f"cannot be read ({error})")) from None
    meta["normals"] = tuple(meta["normals"])
    return NormalReference(bins=bins, middle=Middle(*values), **{key: meta[key] for key in _KEYS})


def read_meta(path: Path) -> dict[str, Any]:
    """Return what a reference is for and was learnt from, without its arrays.

    Raises
    ------
    InputError
        As :func:`read`.
    """
    if not path.is_file():
        raise InputError(Problem("no such file", file=str(path)))
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read(_META))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
        raise InputError(_problem(path, "is no reference of normals")) from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        found = meta.get("format") if isinstance(meta, dict) else None
        message = f"has format {found}, this version reads {FORMAT}"
        raise InputError(_problem(path, message))
    absent = [key for key in _KEYS if key not in meta]
    if absent:
        raise InputError(_problem(path, f"lacks {', '.join(absent)}"))
    return meta


def _problem(path: Path, message: str) -> Problem:
    return Problem(f"{message}: make it with `her2omics copy-number-reference`", file=str(path))


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    data = io.BytesIO(archive.read(f"{name}.npy"))
    return np.lib.format.read_array(data, allow_pickle=False)

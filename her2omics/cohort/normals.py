"""The references of normals of a cohort folder: made from the sheet's normals, and found again.

They lie in ``normals/``, one file per assay and design (:mod:`her2omics.cohort.normals_file`), and
are listed in ``cohort.yaml``.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from her2omics.cohort import normals_file, panel
from her2omics.cohort.normal_reference import NormalReference
from her2omics.errors import InputError, Problem
from her2omics.genome import Genome
from her2omics.readers import dna
from her2omics.sheets.normal_bins import normal_bins, wants_references
from her2omics.sheets.study import Study
from her2omics.thresholds import limits

FOLDER = "normals"
_SETTINGS = "cohort.yaml"


@dataclass
class NormalInput:
    """What the sheet's normals came to.

    Attributes
    ----------
    references
        Name of the file -> reference.
    warnings
        Normals that were left out, and groups without a reference.
    problems
        Of files that could not be read, and of groups that hold no normals.
    lost
        (sample, file name, message) of the samples whose file could not be read.
    expected
        Whether there should be a reference, so that the folder is made whatever came of it.
    """

    references: dict[str, NormalReference] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)
    expected: bool = False

    def entries(self) -> list[dict[str, Any]]:
        """Return what ``cohort.yaml`` says about the references."""
        return [
            {
                "file": f"{FOLDER}/{name}",
                "assay": reference.assay,
                "targets": reference.targets,
                "digest": reference.digest,
                "normals": len(reference.normals),
                "left_out": dict(reference.left_out),
                "bins": len(reference.bins),
                "components": len(reference.middle.components),
                "tau": float(f"{reference.tau:.6g}"),
            }
            for name, reference in self.references.items()
        ]


@dataclass(frozen=True)
class References:
    """The references of a cohort folder, read when asked for.

    Attributes
    ----------
    folder
        The cohort folder.
    entries
        What ``cohort.yaml`` says of each.
    """

    folder: Path
    entries: Sequence[Mapping[str, Any]]

    def reference_for(self, assay: str, targets: Path | None) -> NormalReference | None:
        """Return the reference for samples of an assay and design, ``None`` without one.

        Parameters
        ----------
        assay
            ``wgs``, ``wes`` or ``panel``.
        targets
            BED file of the design, known again by its content. A sample or reference without one
            fits the only reference of its assay: whether the bins are the same,
            :func:`her2omics.cohort.normal_reference.apply` sees.

        Raises
        ------
        InputError
            If the file is missing or damaged.
        """
        mine = [entry for entry in self.entries if entry["assay"] == assay]
        wanted = design_digest(targets)
        exact = [entry for entry in mine if entry["digest"] == wanted]
        if not exact and len(mine) == 1 and None in (wanted, mine[0]["digest"]):
            exact = mine
        return _read(self.folder / exact[0]["file"]) if exact else None


def _read(path: Path) -> NormalReference:
    if not path.is_file():
        return normals_file.read(path)  # says what is wrong
    status = path.stat()
    return _kept(path, status.st_size, status.st_mtime_ns)


@cache
def _kept(path: Path, _size: int, _time: int) -> NormalReference:
    return normals_file.read(path)


@cache
def _digest(path: Path, _size: int, _time: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def design_digest(targets: Path | None) -> str | None:
    """Return the sha256 of a BED file, ``None`` without one."""
    if targets is None:
        return None
    status = targets.stat()
    return _digest(targets, status.st_size, status.st_mtime_ns)


def load(folder: Path | str) -> References:
    """Return the references of a cohort folder, none where it was made without normals.

    Raises
    ------
    InputError
        If the folder holds no cohort.
    """
    path = Path(folder) / _SETTINGS
    if not path.is_file():
        message = f"no cohort folder ({_SETTINGS} is missing): run `her2omics cohort` first"
        raise InputError(Problem(message, file=str(folder)))
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    return References(Path(folder), settings.get("normals") or [])


def make(study: Study, *, genome: Genome, frozen: References | None) -> NormalInput:
    """Return the references of a study.

    Those of a frozen cohort where there is one; else one per assay and design with bins of at
    least two normals. The config's ``copy_number.reference`` goes before both.

    Nothing is raised: with a bad file the sample is left out, and its problems are listed.
    """
    given = study.config["copy_number"]["reference"]
    units = normal_bins(study)
    found = NormalInput(expected=wants_references(study))
    if given:
        try:
            reference = _given(Path(given), genome)
            found.references[_name(reference.assay, reference.digest)] = reference
        except InputError as error:
            found.problems += [
                replace(problem, column="copy_number.reference") for problem in error.problems
            ]
    if frozen is not None:
        for entry in frozen.entries:
            reference = _read(frozen.folder / entry["file"])
            found.references.setdefault(_name(reference.assay, reference.digest), reference)
        return found
    for (assay, targets), rows in units.groupby(
        [units["assay"], units["targets"].fillna("")], sort=False
    ):
        path = Path(targets) if targets else None
        # A reference given without a design serves every design of its assay.
        if found.references.keys().isdisjoint((_name(assay, design_digest(path)), _name(assay))):
            _learn(found, study, str(assay), path, list(rows["sample"].unique()), genome)
    return found


def _given(path: Path, genome: Genome) -> NormalReference:
    reference = normals_file.read(path)
    if reference.build != genome.build:
        message = f"is of {reference.build}, this study of {genome.build}"
        raise InputError(Problem(message, file=str(path)))
    return reference


def _name(assay: str, digest: str | None = None) -> str:
    """Return the name of the file of an assay and design."""
    return f"{assay}_{digest[:12]}.npz" if digest else f"{assay}.npz"


def _learn(
    found: NormalInput,
    study: Study,
    assay: str,
    targets: Path | None,
    samples: list[str],
    genome: Genome,
) -> None:
    """Learn one reference from the sheet's normals."""
    problems: list[Problem] = []

    def each() -> Iterator[tuple[str, pd.DataFrame]]:
        for sample in panel.at_most(samples):
            try:
                read = dna.read_sample(study, sample, genome=genome, kinds=("bins",))
            except InputError as error:
                problems.extend(error.problems)
                found.lost += [(sample, p.file or "", p.message) for p in error.problems]
                continue
            yield from ((sample, one.bins.frame) for one in read if one.assay == assay)

    name = targets.name if targets else None
    try:
        reference = panel.learn(
            each(),
            assay=assay,
            genome=genome,
            targets=name,
            digest=design_digest(targets),
            limit=limits(study.config["thresholds"]),
        )
    except InputError as error:
        # Where files could not be read, that is what is wrong.
        found.problems += problems or error.problems
        return
    found.problems += problems
    found.warnings += panel.warnings_of(reference)
    found.references[_name(assay, reference.digest)] = reference


def write(found: NormalInput, folder: Path) -> None:
    """Write the references into a cohort folder; files of an earlier one go."""
    target = folder / FOLDER
    if target.is_dir():
        shutil.rmtree(target)
    if found.expected:
        target.mkdir(parents=True)
    for name, reference in found.references.items():
        normals_file.write(reference, target / name)

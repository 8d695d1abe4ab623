"""Arguments that every verb on a study shares, and what they mean."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any

import yaml

from her2omics.errors import InputError, Problem, raise_all, suggestion
from her2omics.sheets.batches import batch_patients, parse_batch
from her2omics.sheets.config import read_config
from her2omics.sheets.study import Study, read_study


def add_sheet_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what the study is: sheets, config and its overrides."""
    group = parser.add_argument_group("study")
    group.add_argument("--samples", type=Path, metavar="TSV", help="sheet of specimens")
    group.add_argument("--units", type=Path, metavar="TSV", help="sheet of files")
    group.add_argument("--config", type=Path, metavar="YAML", help="settings; all have defaults")
    group.add_argument(
        "--genome-build", metavar="BUILD", help="GRCh38, GRCh37 or custom; overrides the config"
    )
    group.add_argument(
        "--set",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="config keys, such as ascertained=true or thresholds.low_purity=0.25",
    )


def add_study_arguments(
    parser: argparse.ArgumentParser, *, batch: bool = True, cohort: bool = True
) -> None:
    """Add the arguments of an inference verb.

    Parameters
    ----------
    parser
        The verb's parser.
    batch
        Whether the verb takes a part of the patients (``--batch``, ``--patients``).
    cohort
        Whether it needs the cohort folder (``--cohort``).
    """
    add_sheet_arguments(parser)
    if cohort:
        parser.add_argument(
            "--cohort", type=Path, metavar="DIR", help="cohort folder; made in OUT/cohort if absent"
        )
    if batch:
        part = parser.add_mutually_exclusive_group()
        part.add_argument("--batch", metavar="I/N", help="batch I of N of the patients")
        part.add_argument("--patients", metavar="A,B", help="these patients only")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")


def load_config(args: argparse.Namespace) -> dict[str, Any]:
    """Return the complete config: defaults, then the file, then the flags.

    Raises
    ------
    InputError
        With all problems of file and flags.
    """
    overrides: dict[str, Any] = {}
    problems = []
    for assignment in args.set:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            problems.append(Problem(f"'{assignment}' is not KEY=VALUE", column="--set"))
            continue
        try:
            overrides[key.strip()] = yaml.safe_load(text)
        except yaml.YAMLError:
            problems.append(Problem(f"'{text}' is no YAML value", column=f"--set {key}"))
    raise_all(problems)
    if args.genome_build is not None:
        overrides["genome_build"] = args.genome_build
    for key in ("samples", "units"):
        if getattr(args, key) is not None:
            overrides[key] = str(getattr(args, key))
    return read_config(args.config, overrides)


def load_study(args: argparse.Namespace) -> Study:
    """Return the study that the arguments name.

    Raises
    ------
    InputError
        With all problems of the config, or of both sheets.
    """
    config = load_config(args)
    return read_study(Path(config["samples"]), Path(config["units"]), config=config)


def chosen_patients(args: argparse.Namespace, study: Study) -> list[str]:
    """Return the patients to work on, in sheet order.

    Raises
    ------
    InputError
        If ``--batch`` is no batch or ``--patients`` names a patient without a case.
    """
    patients = study.patients()
    if getattr(args, "batch", None):
        return batch_patients(patients, *parse_batch(args.batch))
    if getattr(args, "patients", None):
        wanted = [name for text in args.patients.split(",") if (name := text.strip())]
        raise_all(
            [
                Problem(
                    f"patient '{name}' has no case in {study.samples_file}"
                    f"{suggestion(name, patients)}",
                    column="--patients",
                )
                for name in wanted
                if name not in patients
            ]
        )
        if not wanted:
            raise InputError(Problem("names no patient", column="--patients"))
        return [patient for patient in patients if patient in set(wanted)]
    return patients


def cohort_folder(args: argparse.Namespace, study: Study) -> Path:
    """Return the cohort folder: ``--cohort``, else ``OUT/cohort``; built where it does not exist.

    ``OUT/cohort`` is built again when the sheets, the config or the files changed since.

    Raises
    ------
    InputError
        If ``--cohort`` names a folder that holds something else than a cohort.
    """
    given = getattr(args, "cohort", None)
    if given is not None and (given / "cohort.yaml").is_file():
        return given
    if given is not None and given.exists():
        message = f"{given} holds no cohort (cohort.yaml): make one with `her2omics cohort`"
        raise InputError(Problem(message, column="--cohort"))
    folder = given or args.out / "cohort"
    stamp, state = folder / "study.sha256", _study_state(study)
    if stamp.is_file() and stamp.read_text(encoding="ascii") == state:
        return folder
    if given is not None:
        print(f"{given} is not there: made from this sheet", file=sys.stderr)
    from her2omics.cohort.build import build

    for warning in build(study, folder):
        print(f"her2omics cohort: warning: {warning}", file=sys.stderr)
    stamp.write_text(state, encoding="ascii")
    return folder


def _study_state(study: Study) -> str:
    """Return a hash that changes with the sheets, the config and the files they name."""
    digest = hashlib.sha256(repr(sorted(study.config.items(), key=str)).encode())
    for frame in (study.samples, study.units):
        digest.update(frame.to_csv(index=False).encode())
    named = study.config["copy_number"]["reference"]
    for path in [*study.units["path"].unique(), *([named] if named else [])]:
        status = Path(path).stat()
        digest.update(f"{status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()

"""Make a reference of normals from the bins of normal tissue or blood of one assay and design.

Centre and noise of each bin and, from eight normals on, the components that normals share. Give the
file in the config (copy_number.reference). Normals of the sheets need none of this: `her2omics
cohort` learns from them. A sample whose genome is not flat is left out with a warning.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from her2omics.errors import InputError, Problem, raise_all

if TYPE_CHECKING:
    import pandas as pd

    from her2omics.genome import Genome

_ASSAYS = ("wgs", "wes", "panel")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "--bins",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="bins of normals, one file per sample: CNVkit .cnr or a plain table",
    )
    parser.add_argument("--assay", choices=_ASSAYS, required=True, help="assay of all of them")
    parser.add_argument(
        "--targets", type=Path, metavar="BED", help="their design, as `targets` of units.tsv"
    )
    parser.add_argument(
        "--genome-build",
        default="GRCh38",
        metavar="BUILD",
        help="GRCh38 (default), GRCh37 or custom",
    )
    parser.add_argument(
        "--genome-tables", type=Path, metavar="DIR", help="tables of a custom build"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the reference, an .npz file"
    )


def run(args: argparse.Namespace) -> None:
    """Write the reference to ``--out``."""
    from her2omics import genome
    from her2omics.cohort import normals_file, panel
    from her2omics.cohort.normals import design_digest

    raise_all(_argument_problems(args))
    build = genome.load(args.genome_build, tables=args.genome_tables)
    files = panel.at_most(args.bins)
    if len(files) < len(args.bins):
        print(f"her2omics: {len(files)} of {len(args.bins)} files are used", file=sys.stderr)
    problems: list[Problem] = []
    try:
        reference = panel.learn(
            _each(files, build, problems),
            assay=args.assay,
            genome=build,
            targets=args.targets.name if args.targets else None,
            digest=design_digest(args.targets),
        )
    except InputError as error:
        raise InputError(problems or error.problems) from None
    raise_all(problems)
    for warning in panel.warnings_of(reference):
        print(f"her2omics copy-number-reference: warning: {warning}", file=sys.stderr)
    normals_file.write(reference, args.out)
    print(_summary(reference))


def _argument_problems(args: argparse.Namespace) -> list[Problem]:
    """Return what is wrong with the arguments before any file is read."""
    problems = []
    if args.out.suffix != ".npz":
        problems.append(Problem(f"'{args.out}' does not end in .npz", column="--out"))
    if args.targets is not None and not args.targets.is_file():
        problems.append(Problem(f"no such file: {args.targets}", column="--targets"))
    if args.genome_build != "custom" and args.genome_tables is not None:
        message = f"is used with genome build custom only, found {args.genome_build}"
        problems.append(Problem(message, column="--genome-tables"))
    twice = sorted({str(path) for path in args.bins if args.bins.count(path) > 1})
    problems += [Problem("is given twice", file=path, column="--bins") for path in twice]
    return problems


def _each(
    files: list[Path], build: Genome, problems: list[Problem]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each file's name and bins; collect what is wrong with the others."""
    from her2omics.readers import bins

    for path in files:
        try:
            read = bins.read_bins(path, genome=build)
        except InputError as error:
            problems.extend(error.problems)
        else:
            yield str(path), read.frame


def _summary(reference) -> str:
    components = len(reference.middle.components)
    return "\n".join(
        [
            f"normals      {len(reference.normals)}, {len(reference.left_out)} left out",
            f"bins         {len(reference.bins):,} of {reference.found:,} that all normals have",
            f"GC           {'corrected' if reference.gc else 'not corrected (no gc column)'}",
            f"components   {components or 'none: a centre only'}",
            f"ERBB2        SD {reference.tau:.3f} log2 between normals beyond the noise of bins",
        ]
    )

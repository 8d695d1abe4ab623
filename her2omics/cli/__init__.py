"""The command ``her2omics``: one module per verb, loaded only when chosen."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from her2omics import __version__
from her2omics.errors import InputError

# One BLAS thread per process: parallel work is by patients, and sums keep their order.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

VERBS = {
    "check": "check the sheets, the config and the files they name",
    "reads": "from FASTQ and BAM to tables: the steps between the external tools",
    "cohort": "everything that needs more than one patient: expression, references, identity",
    "copy-number": "purity (and, from DNA, ERBB2 copy number) of each sample",
    "copy-number-reference": "a reference of normals from their bins",
    "clones": "clones of each patient: clusters of mutations, trees, selection, one origin or two",
    "expression": "ERBB2 and 17q12 expression of each sample and its paired change",
    "differential": "follow-up against baseline over the cohort: genes and pathways",
    "subtype": "PAM50-like subtypes and subtype switches",
    "single-cell": "which malignant cells carry the ERBB2 amplification, and which express it",
    "quality": "gates: what the data of each case cannot carry",
    "calibrate": "the noise of the cohort, learnt from the evidence of the whole sheet",
    "classify": "the mechanism of HER2 loss of each case",
    "gather": "join the tables of several batches",
    "report": "case pages, cohort page, methods and versions",
    "simulate": "simulated cohorts with known truth",
    "demo": "write the small demonstration cohort",
}


def _parser(verb: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="her2omics",
        description="Why a HER2-positive breast tumour came back HER2-negative.",
    )
    parser.add_argument("--version", action="version", version=f"her2omics {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, summary in VERBS.items():
        if name != verb:
            verbs.add_parser(name, help=summary, add_help=False)
            continue
        module = importlib.import_module(f"her2omics.cli.{name.replace('-', '_')}")
        chosen = verbs.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(chosen)
        chosen.add_argument("--debug", action="store_true", help="show the traceback of an error")
        chosen.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return 0 (done), 1 (the input is wrong) or 2 (usage)."""
    words = list(sys.argv[1:] if argv is None else argv)
    verb = next((word for word in words if not word.startswith("-")), None)
    args = _parser(verb).parse_args(words)
    try:
        args.run(args)
    except InputError as error:
        if args.debug:
            raise
        for problem in error.problems:
            print(f"her2omics {args.verb}: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        if args.debug or error.filename is None:
            raise
        problem = f"{error.filename}: {error.strerror}: name another path or free this one"
        print(f"her2omics {args.verb}: {problem}", file=sys.stderr)
        return 1
    return 0

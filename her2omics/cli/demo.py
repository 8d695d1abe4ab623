"""Write the small demonstration cohort with known truth: RNA, IHC and ISH of fifteen patients.

The cohort is simulated. It holds each mechanism of HER2 loss, tumours that kept HER2, a mixed one
and two that cannot be assessed. `make demo` writes it, runs the workflow on it and, with `--show`,
prints the labels beside the truth.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--out", type=Path, help="folder to write into")
    task.add_argument("--show", type=Path, metavar="DIR", help="print the labels of a finished run")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    if args.show:
        from her2omics.simulate import beside_truth

        print(beside_truth.summary(args.show))
        return
    from her2omics.simulate import demo

    demo.write(args.out)

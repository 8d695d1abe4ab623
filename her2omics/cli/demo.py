"""Write the small demonstration cohort with known truth: RNA, IHC and ISH of fifteen patients.

The cohort is simulated. It holds each mechanism of HER2 loss, tumours that kept HER2, a mixed one
and two that cannot be assessed. `make demo` writes it and runs the workflow on it.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from her2omics.simulate import demo

    demo.write(args.out)

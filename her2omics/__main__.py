"""Run ``python -m her2omics``."""

import sys

from her2omics.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""CPU seconds and memory of clustering one patient's mutations, two samples, four clear clones.

    python benchmarks/clones_speed.py 500 5000

Each number of mutations runs in a process of its own; what importing numpy, pandas and
scipy.special takes is left out.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import scipy.special  # noqa: F401  (its import is not ours)

CCF = np.array([[1, 1], [0.4, 0.9], [0.6, 0], [0, 0.7]])
PURITY, DEPTH = (0.7, 0.6), 120


def measured(count: int) -> str:
    """Return what one set of so many mutations costs."""
    rng = np.random.default_rng(1)
    clone = rng.choice(4, count, p=[0.4, 0.2, 0.2, 0.2])
    names = [f"m{number}" for number in range(count)]
    parts = []
    for sample, purity in enumerate(PURITY):
        depth = rng.poisson(DEPTH, count)
        alt = rng.binomial(depth, purity * CCF[clone, sample] / 2)
        part = {"mutation_id": names, "sample_id": f"S{sample}", "ref_counts": depth - alt}
        part |= {"alt_counts": alt, "major_cn": 1, "minor_cn": 1, "normal_cn": 2}
        parts.append(pd.DataFrame(part | {"tumour_content": purity}))
    table = pd.concat(parts)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    from her2omics.clones.clustering import cluster

    cluster(table)
    seconds = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    more = (after - before) // 1024
    return f"{count} mutations: {seconds:.3f} s CPU, {more} MB more, {after // 1024} MB in all"


def main() -> None:
    """Print a line per number of mutations."""
    alone = {"max_workers": 1, "max_tasks_per_child": 1, "mp_context": get_context("spawn")}
    with ProcessPoolExecutor(**alone) as pool:
        for line in pool.map(measured, map(int, sys.argv[1:] or ("500", "5000"))):
            print(line)


if __name__ == "__main__":
    main()

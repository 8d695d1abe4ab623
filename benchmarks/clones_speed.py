"""CPU seconds and memory of clustering one patient's mutations, two samples, four clear clones.

    python benchmarks/clones_speed.py 500 5000
    python benchmarks/clones_speed.py --patients 1000

Each number of mutations runs in a process of its own; what importing numpy, pandas and
scipy.special takes is left out. ``--patients``: so many patients of 150 mutations in one table,
through the command on two cores.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import scipy.special  # noqa: F401  (its import is not ours)

CCF = np.array([[1, 1], [0.4, 0.9], [0.6, 0], [0, 0.7]])
PURITY, DEPTH = (0.7, 0.6), 120


def mutations(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return one patient's table."""
    clone = rng.choice(4, count, p=[0.4, 0.2, 0.2, 0.2])
    names = [f"m{number}" for number in range(count)]
    parts = []
    for sample, purity in enumerate(PURITY):
        depth = rng.poisson(DEPTH, count)
        alt = rng.binomial(depth, purity * CCF[clone, sample] / 2)
        part = {"mutation_id": names, "sample_id": f"S{sample}", "ref_counts": depth - alt}
        part |= {"alt_counts": alt, "major_cn": 1, "minor_cn": 1, "normal_cn": 2}
        parts.append(pd.DataFrame(part | {"tumour_content": purity}))
    return pd.concat(parts)


def cohort(patients: int, count: int = 150) -> str:
    """Return what the command takes for a table of many patients on two cores."""
    rng = np.random.default_rng(2)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "cohort.tsv"
        tables = [mutations(count, rng).assign(patient=f"P{k}") for k in range(patients)]
        pd.concat(tables).to_csv(table, sep="\t", index=False)
        words = ["clones", "--mutations", str(table), "--cores", "2", "--out", f"{folder}/out"]
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "her2omics", *words], check=True)
        seconds = time.perf_counter() - start
    return f"{patients} patients of {count} mutations: {seconds:.0f} s on two cores"


def measured(count: int) -> str:
    """Return what one set of so many mutations costs."""
    table = mutations(count, np.random.default_rng(1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    from her2omics.clones.clustering import cluster

    cluster(table)
    seconds = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    more = (after - before) // 1024
    return f"{count} mutations: {seconds:.3f} s CPU, {more} MB more, {after // 1024} MB in all"


def main() -> None:
    """Print a line per number of mutations, or one for a cohort."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[500, 5000])
    parser.add_argument("--patients", type=int, help="a cohort of so many patients instead")
    args = parser.parse_args()
    if args.patients:
        print(cohort(args.patients))
        return
    alone = {"max_workers": 1, "max_tasks_per_child": 1, "mp_context": get_context("spawn")}
    with ProcessPoolExecutor(**alone) as pool:
        for line in pool.map(measured, args.counts):
            print(line)


if __name__ == "__main__":
    main()

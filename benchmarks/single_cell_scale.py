"""Single cells at full size: seconds and memory of the verb, alone and beside infercnvpy.

    python benchmarks/single_cell_scale.py make DIR --cells 100000       two samples of one patient
    python benchmarks/single_cell_scale.py verb DIR [--umap]             end to end, as users run it
    python benchmarks/single_cell_scale.py stages DIR [--umap]           the same by stage
    python benchmarks/single_cell_scale.py clones DIR                    clones against the truth
    python benchmarks/single_cell_scale.py peers DIR --peer-python PATH  accuracy and cost of both

``make`` draws whole cells from the laws of :mod:`her2omics.simulate.cells`: 15,000 genes, five
lineages, an amplified clone of which .85 are left at baseline and .30 later, cells of the same arms
without the amplification, and a branch with arms of its own. Truth stands in obs (``truth_*``),
which the verb does not read. ``peers`` gives infercnvpy the true normal cells as its reference, and
the place and threshold that are best on the truth; her2omics finds all by itself. Cells that it
leaves out (doublets, poor ones) or does not name malignant have no call, and count as not amplified
under "all cells"; under "called cells" both are judged on the same ones.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import genome, tables
from her2omics.simulate import cell_files, cell_pairs, cells
from her2omics.simulate.distributions import stream

GENES = 15_000
SAMPLES = ("P1_B", "P1_F")
#: Of immune, stromal, endothelial, normal epithelial and malignant cells.
LINEAGES = (0.2, 0.1, 0.05, 0.05, 0.6)
#: Amplified; the same arms without it; the branch: before and after.
CLONES = ((0.85, 0.1, 0.05), (0.3, 0.35, 0.35))
TRUNK = {"1q": 1.5, "8q": 1.5, "16q": 0.5, "8p": 0.5, "17p": 0.5, "5q": 0.5}
BRANCH = {**TRUNK, "11q": 0.5, "20q": 1.5, "3p": 0.5}
_EXPONENT, _LOADING, _PROGRAMMES = (0.8, 0.15), 0.12, 3
PEER = Path(__file__).with_name("infercnvpy_cells.py")
WINDOWS = (20, 100)


def make(out: Path, *, number: int, seed: int, dose: float, umis: float) -> None:
    """Write the sheets and both samples of one patient."""
    from anndata import AnnData

    out.mkdir(parents=True, exist_ok=True)
    rng = stream(seed, "cells at scale")
    table, level = _genes()
    level = level * np.log(2) + 0.3 * rng.standard_t(4, len(table))
    carried = table.index.isin(cell_pairs.GENES)
    level[cells.MALIGNANT] += rng.normal(0, 0.35, len(table)) * ~carried
    profile = np.exp(level)
    genes = cells.Genes(
        name=table.index.to_numpy(),
        profile=profile / profile.sum(axis=1, keepdims=True),
        loading=_LOADING * rng.standard_t(4, (_PROGRAMMES, len(table))),
        noise=rng.uniform(0.15, 0.6, len(table)),
        carried=carried,
    )
    exponent = rng.normal(*_EXPONENT, len(table))
    effect = np.stack([exponent * np.log(_copies(table, arms)) for arms in (TRUNK, TRUNK, BRANCH)])
    effect[0, carried] = np.log(dose)
    units = ["sample\tassay\tfiletype\tpath"]
    for name, shares in zip(SAMPLES, CLONES, strict=True):
        lineage = rng.choice(len(LINEAGES), number // 2, p=LINEAGES)
        clone = rng.choice(len(shares), len(lineage), p=shares)
        clone[lineage != cells.MALIGNANT] = -1
        sample = cells.Sample(
            lineage=lineage,
            clone=clone,
            effect=effect,
            amplified=np.array([True, False, False]),
            umis=umis,
            ambient=0.05,
            doublets=0.03,
            spread=0.35,
            batch=rng.normal(0, 0.07, len(table)),
        )
        read = cells.count(rng, genes, sample)
        obs = pd.DataFrame(
            {
                "truth_lineage": pd.Categorical.from_codes(lineage, list(cells.LINEAGES)),
                "truth_clone": clone,
                "truth_amplified": clone == 0,
                "truth_doublet": read.doublet,
            },
            index=[f"cell{k:06d}" for k in range(len(lineage))],
        )
        data = AnnData(
            read.counts.astype(np.float32), obs=obs, var=table[["chromosome", "start", "end"]]
        )
        data.write_h5ad(out / f"{name}.h5ad", compression="lzf")
        units.append(f"{name}\tscrna\th5ad\t{name}.h5ad")
        print(f"{name}: {data.shape}, {data.X.nnz} values, median UMIs {_median(data):.0f}")
    (out / "samples.tsv").write_text(
        "patient\tsample\ttimepoint\tsetting\ther2_ihc\n"
        "P1\tP1_B\tbaseline\t\t3+\nP1\tP1_F\tfollowup\trelapse\t1+\n"
    )
    (out / "units.tsv").write_text("\n".join(units) + "\n")


def _genes() -> tuple[pd.DataFrame, np.ndarray]:
    """Return the 15,000 genes most expressed in any lineage, and their levels."""
    every = 10 * GENES
    table, level = cell_files.genes(every), cell_files.lineage_levels(every)
    highest = level.max(axis=0) + 100 * table.index.isin(cell_pairs.GENES)
    kept = np.sort(np.argsort(-highest, kind="stable")[:GENES])
    return table.iloc[kept], level[:, kept]


def _copies(table: pd.DataFrame, arms: dict[str, float]) -> np.ndarray:
    """Return (genes,) copies over two."""
    copies = np.ones(len(table))
    for _, arm in genome.load("GRCh38").arms().iterrows():
        inside = (table["chromosome"] == arm["chromosome"]) & (table["start"] >= arm["start"])
        copies[inside & (table["start"] < arm["end"])] = arms.get(arm["arm"], 1.0)
    return copies


def _median(data: object) -> float:
    return float(np.median(np.asarray(data.X.sum(axis=1))))


def measured(command: list[str]) -> dict[str, float]:
    """Return CPU seconds, wall seconds and peak memory (GB) of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - start,
        "peak": used.ru_maxrss * 1024 / 1e9,
    }


def verb(folder: Path, *, umap: bool) -> dict[str, float]:
    """Run ``her2omics single-cell`` on a folder of ``make``, with a map of all cells or none."""
    config = folder / "config.yaml"
    config.write_text("single_cell:\n  map_cells: 0\n")
    command = [sys.executable, "-m", "her2omics", "single-cell", "--out", str(folder / "out")]
    command += ["--config", str(config)]
    command += ["--samples", str(folder / "samples.tsv"), "--units", str(folder / "units.tsv")]
    return measured([*command, "--umap"] if umap else command)


def stages(folder: Path, *, umap: bool) -> None:
    """Print CPU seconds and memory of each stage."""
    from her2omics.readers.cells import read_cells
    from her2omics.single_cell import arm, display, h5ad, statement

    clock = [time.process_time()]

    def told(name: str) -> None:
        now = time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        here = pages * resource.getpagesize() / 1e9
        print(f"{name}\t{now - clock[0]:.1f} CPU s\t{here:.2f} GB held\t{peak:.2f} GB peak so far")
        clock[0] = time.process_time()

    told("imports")
    samples = [
        read_cells(folder / f"{name}.h5ad", filetype="h5ad", sample=name) for name in SAMPLES
    ]
    told("read")
    times = dict(zip(SAMPLES, ("baseline", "followup"), strict=True))
    named = arm.name_cells(samples, timepoints=times, name="P1", seed=1)
    told("name")
    statement.state(named, name="P1", seed=1)
    told("dose")
    if umap:
        named.data.obsm["X_umap"] = display.umap(named, seed=1)
        told("map")
    for code, name in enumerate(named.samples):
        h5ad.write(named, code, folder / "stages" / f"{name}.h5ad", parameters={})
        told(f"write {name}")


def peers(folder: Path, *, python: str, umap: bool) -> None:
    """Print accuracy and cost of her2omics and infercnvpy on the same cells."""
    columns = ("accuracy, called cells", "accuracy, all cells", "share error")
    print("method", *columns, "CPU s", "wall s", "peak GB", sep="\t")
    cost = verb(folder, umap=umap)
    truth = _truth(folder)
    found = _found(folder).reindex(truth.index)
    table = tables.read(folder / "out", "single_cell").set_index("sample")
    error = (table["amplified_fraction"] - truth.groupby("sample")["amplified"].mean()).abs().mean()
    called = found.notna().to_numpy()
    right = ((found > 0.5) == truth["amplified"]).to_numpy()
    _print("her2omics", (right[called].mean(), right.mean(), error), cost)
    for window in WINDOWS:
        out = folder / f"infercnvpy_{window}.npy"
        files = [str(folder / f"{name}.h5ad") for name in SAMPLES]
        cost = measured([python, str(PEER), str(window), str(out), *files])
        score = np.load(out).T
        every = max(_best(one, truth) for one in score)
        same = max(_best(one[called], truth[called]) for one in score)
        _print(f"infercnvpy, window {window}", (same[0], *every), cost)
    print(f"her2omics calls {called.mean():.3f} of {len(called)} malignant cells")


def _truth(folder: Path) -> pd.DataFrame:
    """Return sample, amplification and clone of all malignant cells, in the order of the files."""
    from anndata import read_h5ad

    parts = []
    for name in SAMPLES:
        obs = read_h5ad(folder / f"{name}.h5ad", backed="r").obs
        frame = pd.DataFrame({"sample": name, "amplified": obs["truth_amplified"].astype(bool)})
        frame["branch"] = obs["truth_clone"] == 2  # the other clones have the same arms
        frame.index = name + ":" + frame.index.astype(str)
        parts.append(frame[(obs["truth_lineage"] == "malignant").to_numpy()])
    return pd.concat(parts)


def _found(folder: Path) -> pd.Series:
    """Return P(amplified) of all cells."""
    from anndata import read_h5ad

    parts = []
    for name in SAMPLES:
        obs = read_h5ad(folder / "out" / "single_cell" / f"{name}.h5ad", backed="r").obs
        parts.append(obs["her2omics_p_amplified"].rename(lambda cell, of=name: f"{of}:{cell}"))
    return pd.concat(parts)


def _best(score: np.ndarray, truth: pd.DataFrame) -> tuple[float, float]:
    """Return accuracy at the threshold where it is best, and the share's error there."""
    amplified = truth["amplified"].to_numpy()
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    gain = np.cumsum(np.where(amplified[order], 1, -1))[ends]
    right = np.r_[0, gain] + (~amplified).sum()
    cut = np.r_[np.inf, score[order][ends]][right.argmax()]
    called = pd.Series(score >= cut, index=truth.index).groupby(truth["sample"]).mean()
    error = (called - truth.groupby("sample")["amplified"].mean()).abs().mean()
    return right.max() / len(score), float(error)


def _print(name: str, figures: tuple[float, ...], cost: dict[str, float]) -> None:
    costs = [f"{cost[key]:.1f}" for key in ("cpu", "wall", "peak")]
    print(name, *(f"{figure:.3f}" for figure in figures), *costs, sep="\t", flush=True)


def clones(folder: Path) -> None:
    """Print the adjusted Rand index of the clones with the truth, over true malignant cells."""
    from sklearn.metrics import adjusted_rand_score

    from her2omics.readers.cells import read_cells
    from her2omics.single_cell import arm

    read = [
        read_cells(
            folder / f"{name}.h5ad", filetype="h5ad", sample=name, column=None, annotation=None,
            shown=name,
        )
        for name in SAMPLES
    ]  # fmt: skip
    times = dict(zip(SAMPLES, ("baseline", "followup"), strict=True))
    found = arm.name_cells(read, timepoints=times, name="P1", seed=1)
    obs = found.data.obs.assign(clone=found.clones.clone)
    own = obs[obs["clone"] >= 0].join(_truth(folder)[["branch"]], how="inner")
    print(
        f"cells {len(own)}, median UMIs {own['her2omics_umis'].median():.0f}, "
        f"clones {own['clone'].nunique()}, "
        f"ARI {adjusted_rand_score(own['branch'], own['clone']):.3f}"
    )


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("make", "verb", "stages", "clones", "peers"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cells", type=int, default=100_000, help="of both samples together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dose", type=float, default=10.0)
    parser.add_argument("--umis", type=float, default=4000.0, help="median of a malignant cell")
    parser.add_argument("--umap", action="store_true")
    parser.add_argument("--peer-python", help="interpreter of an environment with infercnvpy")
    args = parser.parse_args()
    if args.part == "make":
        given = {"number": args.cells, "seed": args.seed, "dose": args.dose, "umis": args.umis}
        make(args.folder, **given)
    elif args.part == "verb":
        print(json.dumps(verb(args.folder, umap=args.umap)))
    elif args.part == "stages":
        stages(args.folder, umap=args.umap)
    elif args.part == "clones":
        clones(args.folder)
    else:
        peers(args.folder, python=args.peer_python, umap=args.umap)


if __name__ == "__main__":
    main()

"""Which malignant cells carry the ERBB2 amplification: errors, intervals and calls on known truth.

    python benchmarks/single_cell.py pairs --seeds 40        simulated pairs (seeds from 1,000)
    python benchmarks/single_cell.py calls --seeds 20        what the pair statement says
    python benchmarks/single_cell.py thin FILE.h5ad          real cells thinned to a known dose
    python benchmarks/single_cell.py change --seeds 1000     whether a share falls, sites differing
    python benchmarks/single_cell.py again --seeds 3         the same cells read six times
    python benchmarks/single_cell.py speed                   5,000 + 5,000 cells

The model was tuned on seeds below 1,000; figures are from seeds above. ``thin`` takes a matrix of
one real tumour without amplification (obs ``copykat_pred``, tumour cells ``aneuploid``): of a cell
that shall be amplified D-fold the amplicon is kept and all else thinned to 1/D, of a neutral cell
everything is thinned; silenced cells have their ERBB2 thinned once more.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
from scipy import sparse, stats

from her2omics.simulate import cell_pairs, cells
from her2omics.single_cell import dosage, dose_genes, gene_shift, output, pair, sites, states
from her2omics.single_cell.estimates import AMPLIFIED, Dosage, PairStatement
from her2omics.thresholds import limits

GENES = len(dose_genes.GENES)
FIRST_SEED = 1000
CELLS = 500  # of a sample in `change`
PAIRS = {
    "0.95 and 0.95, D 10, 3k UMI": {"site_icc": 0.03},
    "0.95 to 0.30, D 10, 3k UMI": {"share": (0.95, 0.3), "site_icc": 0.03},
    "0.95 to 0.30, D 8, 1.5k UMI, 200 cells": {
        "share": (0.95, 0.3), "dose": (8.0, 8.0), "umis": 1500.0, "malignant": (200, 200),
        "site_icc": 0.03,
    },
    "0.60 to 0.20, D 8, 1.5k UMI": {
        "share": (0.6, 0.2), "dose": (8.0, 8.0), "umis": 1500.0, "site_icc": 0.03,
    },
    "the same, lineages known": {
        "share": (0.6, 0.2), "dose": (8.0, 8.0), "umis": 1500.0, "site_icc": 0.03,
        "clones": "true",
    },
    "0.90 to 0.10, D 20, 5k UMI": {
        "share": (0.9, 0.1), "dose": (20.0, 20.0), "umis": 5000.0, "site_icc": 0.03,
    },
    "0.60 to 0.20, D 5, 3k UMI": {
        "share": (0.6, 0.2), "dose": (5.0, 5.0), "site_icc": 0.03,
    },
    "1 to 0, D 10, 2k UMI": {"share": (1.0, 0.0), "umis": 2000.0},
    "0 and 0, 3k UMI": {"share": (0.0, 0.0)},
    "1 and 1, D 12, 3k UMI": {"share": (1.0, 1.0), "dose": (12.0, 12.0)},
    "1 and 1, D 6, 3k UMI": {"share": (1.0, 1.0), "dose": (6.0, 6.0)},
    "0.95 and 0.95, D 12 to 6 in all cells": {"dose": (12.0, 6.0)},
    "0.95 and 0.95, D 12 to 4 in all cells": {"dose": (12.0, 4.0)},
    "0.95 and 0.95, D 12 to 3 in all cells": {"dose": (12.0, 3.0)},
    "0.95 to 0.30, doses vary by .15": {"share": (0.95, 0.3), "spread": 0.15, "site_icc": 0.03},
    "0.95 to 0.30, doses vary by .6": {"share": (0.95, 0.3), "spread": 0.6, "site_icc": 0.03},
    "0.95 to 0.30, .08 doublets": {"share": (0.95, 0.3), "doublets": 0.08, "site_icc": 0.03},
    "0.95 to 0.30, .2 ambient": {"share": (0.95, 0.3), "ambient": 0.2, "site_icc": 0.03},
    "0.95 to 0.30, seven genes": {"share": (0.95, 0.3), "reach": False, "site_icc": 0.03},
    "0.95 to 0.30, 100 cells": {"share": (0.95, 0.3), "malignant": (100, 100), "site_icc": 0.03},
}  # fmt: skip
CALLS = {
    "no change": {},
    "selection 0.95 to 0.10": {"share": (0.95, 0.1)},
    "selection 0.95 to 0": {"share": (0.95, 0.0)},
    "downregulation, 2.5 log2": {"repression_log2": 2.5},
    "mixed 0.95 to 0.40, 2 log2": {"share": (0.95, 0.4), "repression_log2": 2.0},
    "cut 12 to 6 in all cells": {"dose": (12.0, 6.0)},
    "cut 12 to 4 in all cells": {"dose": (12.0, 4.0)},
    "cut 12 to 3 in all cells": {"dose": (12.0, 3.0)},
    "nobody amplified": {"share": (0.0, 0.0)},
}


def read(drawn: cell_pairs.Drawn, seed: int, *, normal: bool) -> tuple[Dosage, PairStatement]:
    """Return fit and statement of a simulated pair; of one sample, its statement with itself."""
    malignant = drawn.lineage == cells.MALIGNANT
    healthy = (drawn.lineage == cells.NORMAL_EPITHELIUM) & normal
    return _read(
        drawn.counts, drawn.size, drawn.sample, drawn.clone, malignant, healthy,
        drawn.ambient_share, drawn.ambient_profile, seed,
    )  # fmt: skip


def _read(
    counts: sparse.csr_matrix,
    size: np.ndarray,
    sample: np.ndarray,
    clone: np.ndarray,
    malignant: np.ndarray,
    healthy: np.ndarray,
    ambient_share: np.ndarray,
    ambient_profile: np.ndarray,
    seed: int,
) -> tuple[Dosage, PairStatement]:
    given = {
        "size": size, "sample": sample, "clone": clone, "ambient_share": ambient_share,
        "seed": seed,
    }  # fmt: skip
    fit = dosage.fit(
        counts[:, :GENES],
        malignant=np.where(malignant, 1.0, np.nan),
        normal_epithelium=healthy,
        ambient_profile=ambient_profile[:, :GENES],
        panel=dose_genes.reference_panel(),
        **given,
    )
    erbb2 = counts[:, GENES].toarray().ravel()
    made = output.measure(erbb2, fit, ambient_erbb2=ambient_profile[:, GENES], **given)
    return fit, pair.compare(
        fit.samples[0],
        fit.samples[-1],
        output_baseline=made[0],
        output_followup=made[-1],
        gene_sd=gene_shift.least(),
        genes=gene_shift.worth(fit.log_level),
        rng=np.random.default_rng(seed),
    )


def pairs(seeds: range, normals: Sequence[str], *, alone: bool, rows: slice) -> None:
    """Print error and coverage of the amplified share, of each sample by itself if ``alone``.

    ``told``: shares that have a value, of all samples; ``off``: those wrong by more than .2.
    """
    print(
        "pair", "normal epithelium", "error", "bias", "cover biopsy", "cover tumour", "width",
        "accuracy", "clear", "told", "off", sep="\t",
    )  # fmt: skip
    for name, given in list(PAIRS.items())[rows]:
        for normal in normals:
            found = [
                _row(cell_pairs.Pair(**given), seed, normal=normal == "yes", alone=alone)
                for seed in seeds
            ]
            print(name, normal, _text(np.concatenate(found)), sep="\t", flush=True)


def _row(given: cell_pairs.Pair, seed: int, *, normal: bool, alone: bool) -> np.ndarray:
    drawn = cell_pairs.draw(given, seed=seed)
    if alone:
        parts = [(_one(drawn, k), given.share[k : k + 1]) for k in range(2)]
    else:
        parts = [(drawn, given.share)]
    return np.concatenate([_figures(part, share, seed, normal=normal) for part, share in parts])


def _one(drawn: cell_pairs.Drawn, k: int) -> cell_pairs.Drawn:
    """Return one sample of a pair."""
    mine = drawn.sample == k
    cells_of = {
        name: getattr(drawn, name)[mine]
        for name in ("counts", "size", "sample", "clone", "lineage", "amplified")
    }
    sample_of = {
        name: getattr(drawn, name)[[k]]
        for name in ("ambient_share", "ambient_profile", "share_piece", "share_cells")
    }
    return cell_pairs.Drawn(**(cells_of | sample_of | {"sample": cells_of["sample"] * 0}))


def _figures(
    drawn: cell_pairs.Drawn, share: Sequence[float], seed: int, *, normal: bool
) -> np.ndarray:
    fit, _ = read(drawn, seed, normal=normal)
    rows = []
    for k, sample in enumerate(fit.samples):
        piece, tumour = sample.amplified_fraction, sample.tumour_fraction
        mine = (drawn.sample == k) & (drawn.lineage == cells.MALIGNANT)
        called = fit.probability[mine, 2] > 0.5
        rows.append(
            (
                piece.value - drawn.share_cells[k],
                piece.low <= drawn.share_piece[k] <= piece.high,
                tumour.low <= share[k] <= tumour.high,
                piece.high - piece.low,
                np.mean(called == drawn.amplified[mine]),
                sample.identifiable,
                np.isfinite(piece.value),
                abs(piece.value - drawn.share_cells[k]) > 0.2,
            )
        )
    return np.array(rows, dtype=float)


def _text(rows: np.ndarray) -> str:
    error = rows[:, 0]
    figures = [np.nanmean(np.abs(error)), np.nanmean(error), *rows[:, 1:].mean(axis=0)]
    return "\t".join(f"{value:.3f}" for value in figures)


def calls(seeds: range) -> None:
    """Print what the pair statement says."""
    print("pair\tcalls\tshare change\toutput ratio\tdosage ratio")
    for name, given in CALLS.items():
        said = []
        for seed in seeds:
            said.append(
                read(cell_pairs.draw(cell_pairs.Pair(**given), seed=seed), seed, normal=True)[1]
            )
        names, number = np.unique([one.call for one in said], return_counts=True)
        counted = ", ".join(f"{call} {n}" for call, n in zip(names, number, strict=True))
        spans = [
            f"{min(values):.2f}-{max(values):.2f}" if (values := known(said, field)) else "-"
            for field in ("share_change", "output_ratio", "dosage_ratio")
        ]
        print(name, counted, *spans, sep="\t", flush=True)


def known(said: list[PairStatement], field: str) -> list[float]:
    """Return the finite values of one figure."""
    values = [getattr(one, field).value for one in said]
    return [value for value in values if np.isfinite(value)]


def thin(path: str, seeds: range) -> None:
    """Print error of the share and output ratio on thinned real cells."""
    import anndata

    data = anndata.read_h5ad(path)
    tumour = data[(data.obs["copykat_pred"] == "aneuploid").to_numpy()]
    names = [*dose_genes.GENES, "ERBB2"]
    place = data.var_names.get_indexer(names)
    if (place < 0).any():
        raise SystemExit(f"{path}: no {np.array(names)[place < 0].tolist()}")
    genes = np.asarray(tumour.X[:, place].todense()).astype(int)
    rest = np.asarray(tumour.X.sum(axis=1)).ravel().astype(int) - genes.sum(axis=1)
    print("D\tshares\tsilenced\terror\ttold\taccuracy\toutput ratio\tcalls")
    for dose in (10, 5):
        for shares, kept in (((0.95, 0.3), 1.0), ((0.95, 0.95), 1.0), ((0.6, 0.2), 1.0),
                             ((0.95, 0.95), 0.2), ((0.0, 0.0), 1.0)):  # fmt: skip
            rows = [_thinned(genes, rest, dose, shares, kept, seed) for seed in seeds]
            error = np.concatenate([row[0] for row in rows])
            right = np.mean([row[1] for row in rows])
            ratio = [row[2].output_ratio.value for row in rows]
            ratio = f"{np.nanmean(ratio):.2f}" if np.isfinite(ratio).any() else "-"
            called, number = np.unique([row[2].call for row in rows], return_counts=True)
            text = ", ".join(f"{call} {n}" for call, n in zip(called, number, strict=True))
            print(
                dose,
                shares,
                kept,
                f"{np.nanmean(error):.3f}",
                f"{np.isfinite(error).mean():.2f}",
                f"{right:.3f}",
                ratio,
                text,
                sep="\t",
                flush=True,
            )


def _thinned(
    genes: np.ndarray, rest: np.ndarray, dose: float, shares: tuple, kept: float, seed: int
) -> tuple[list[float], float, PairStatement]:
    rng = np.random.default_rng(seed)
    parts = []
    for time_, share in enumerate(shares):
        amplified = np.zeros(len(rest), dtype=bool)
        amplified[rng.permutation(len(rest))[: round(share * len(rest))]] = True
        chance = np.where(amplified[:, None], 1.0, 1 / dose) * np.ones(genes.shape)
        chance[:, -1] *= np.where(amplified & (time_ == 1), kept, 1.0)
        parts.append((rng.binomial(genes, chance), rng.binomial(rest, 1 / dose), amplified))
    counts = sparse.csr_matrix(np.vstack([part[0] for part in parts]))
    size = np.concatenate([part[1] for part in parts]).astype(float)
    amplified = np.concatenate([part[2] for part in parts])
    sample = np.repeat([0, 1], len(rest))
    whole, nobody = np.ones(len(size), dtype=bool), np.zeros(len(size), dtype=bool)
    fit, said = _read(
        counts, size, sample, sample * 0, whole, nobody, np.zeros(2), np.zeros((2, GENES + 1)), seed
    )
    error = [
        abs(of.amplified_fraction.value - amplified[sample == k].mean())
        for k, of in enumerate(fit.samples)
    ]
    right = np.mean((fit.probability[:, 2] > 0.5) == amplified)
    return error, float(right), said


def change(seeds: range) -> None:
    """Print how often a share is said to change: states of cells known, sites that differ.

    Fisher's test takes cells for replicates (p < .05); ``0 outside`` is the 90 % interval of the
    change without 0, ``falls`` the rule of the pair statement.
    """
    print("tumour\tsites\tFisher\t0 outside\tfalls")
    for shares in ((0.95, 0.95), (0.6, 0.6), (0.3, 0.3), (0.95, 0.3), (0.6, 0.2)):
        for icc in (0.01, 0.03, 0.1):
            said = np.mean([_changes(shares, icc, seed) for seed in seeds], axis=0)
            print(shares, icc, *(f"{value:.3f}" for value in said), sep="\t", flush=True)


def _changes(shares: tuple[float, float], icc: float, seed: int) -> tuple[bool, bool, bool]:
    rng = np.random.default_rng(seed)
    size = 1 / icc - 1
    seen = [rng.binomial(CELLS, rng.beta(x * size, (1 - x) * size)) for x in shares]
    yes, no = states.WEIGHT_PRIOR[AMPLIFIED], states.WEIGHT_PRIOR[:AMPLIFIED].sum()
    draws = [rng.beta(k + yes, CELLS - k + no, 200) for k in seen]
    first, second = (sites.tumour_share(piece, rng=rng) for piece in draws)
    ends = np.quantile(second - first, [0.05, 0.95])
    limit = limits()
    falls = np.mean(second - first < -limit.single_cell_share_fall)
    fisher = stats.fisher_exact([[k, CELLS - k] for k in seen]).pvalue < 0.05
    return fisher, ends[0] > 0 or ends[1] < 0, falls >= limit.single_cell_probability


def again(seeds: range) -> None:
    """Print how far shares of the same cells lie apart when only the draws differ.

    SD of the reported share over six runs: mean and greatest of all samples.
    """
    print("pair", "mean SD", "greatest SD", sep="\t")
    for name, given in list(PAIRS.items())[2:7]:
        drawn = [cell_pairs.draw(cell_pairs.Pair(**given), seed=seed) for seed in seeds]
        shares = np.array(
            [[_values(one, run) for run in range(6)] for one in drawn]
        )  # (pairs, runs, samples)
        sd = shares.std(axis=1, ddof=1)
        print(name, f"{sd.mean():.4f}", f"{sd.max():.4f}", sep="\t", flush=True)


def _values(drawn: cell_pairs.Drawn, seed: int) -> list[float]:
    fit, _ = read(drawn, seed, normal=True)
    return [sample.amplified_fraction.value for sample in fit.samples]


def speed() -> None:
    """Print the seconds of a pair of 5,000 + 5,000 malignant cells."""
    given = cell_pairs.Pair(share=(0.9, 0.3), malignant=(5000, 5000))
    drawn = cell_pairs.draw(given, seed=FIRST_SEED)
    start = time.process_time(), time.perf_counter()
    read(drawn, FIRST_SEED, normal=True)
    print(
        f"CPU {time.process_time() - start[0]:.1f} s, wall {time.perf_counter() - start[1]:.1f} s"
    )


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("pairs", "calls", "thin", "change", "again", "speed"))
    parser.add_argument("file", nargs="?")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--normal", nargs="+", default=("yes", "no"), help="epithelium: yes no")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--alone", action="store_true", help="samples one by one, for pairs")
    parser.add_argument("--rows", type=int, nargs=2, default=(0, None), help="of pairs: from, to")
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    if args.part == "thin":
        thin(args.file, seeds)
    elif args.part == "change":
        change(seeds)
    elif args.part == "again":
        again(seeds)
    elif args.part == "speed":
        speed()
    elif args.part == "pairs":
        pairs(seeds, args.normal, alone=args.alone, rows=slice(*args.rows))
    else:
        calls(seeds)


if __name__ == "__main__":
    main()

"""programme_delta of tumours that keep to other laws than the fit assumes.

A tumour is drawn from the TCGA subgroup medians and SDs. Half of them move .5-1.1 of the way to
another subtype and lose up to half of what is their own on it; the others drift. All of them drift
along two directions that have nothing to do with subtypes, genes are read with an SD of .25-.6 log2
(t6), and purities with an SD of .06. Compared with the rise of r_Y - r_X between the two tumours as
they are. Nothing is fitted.

    python benchmarks/programme_other_laws.py [--pairs 700] [--seed 78]
"""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import numpy as np
from programme_null import PURITY, purity_as_known, tumours

from her2omics.subtype import ranks
from her2omics.subtype.programme import shift
from her2omics.subtype.usual import SHARE, medians
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

EARLY_PURITY = (6.0, 4.0)  # beta
WAY, KEPT, DRIFT = (0.5, 1.1), (0.5, 1.0), 0.12
FACTORS, FACTOR_SD = 2, 0.15
GENE_SD = (0.25, 0.6)
T6_SD = np.sqrt(1.5)
LEAST = 0.25  # of a gene's level, where normal tissue is taken out


def bulk(profiles: np.ndarray, normal: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return biopsies of these tumour shares."""
    kept = share[:, None] / SHARE
    linear = kept * np.exp2(profiles) + (1 - kept) * np.exp2(normal)
    return np.log2(np.maximum(linear, LEAST * np.exp2(profiles) * (kept > 1)))


def pairs(rng: np.random.Generator, count: int) -> SimpleNamespace:
    """Return biopsies before and after, their purities, whether they moved and how far."""
    before, normal = tumours(rng, count)
    types, rows = medians(normal), np.arange(count)
    tumour = np.array([i for i, name in enumerate(SUBTYPES) if name != "Normal"])
    outside = (~ranks.centroids().amplicon)[None, :].astype(float)
    first = ranks.correlations(before, outside)[:, 0]
    x = tumour[first[:, tumour].argmax(axis=1)]
    y = np.array([rng.choice(tumour[tumour != own]) for own in x])
    moved = rng.random(count) < 0.5
    way = np.where(moved, rng.uniform(*WAY, count), rng.normal(0, DRIFT, count))
    own = before - types[x]
    kept = rng.uniform(*KEPT, (count, 1))
    new = kept * own + np.sqrt(1 - kept**2) * own.std(axis=0) * rng.normal(size=own.shape)
    after = types[x] + way[:, None] * (types[y] - types[x]) + np.where(moved[:, None], new, own)
    factors = rng.normal(size=(FACTORS, own.shape[1]))
    after += rng.normal(0, FACTOR_SD, (count, FACTORS)) @ factors
    last = ranks.correlations(after, outside)[:, 0]
    early, late = rng.beta(*EARLY_PURITY, count), rng.beta(*PURITY, count)
    noise = rng.uniform(*GENE_SD, (count, 1)) * rng.standard_t(6, (2, *own.shape)) / T6_SD
    return SimpleNamespace(
        before=bulk(before, normal, early) + noise[0],
        after=bulk(after, normal, late) + noise[1],
        purities=[
            tuple(purity_as_known(value, rng) for value in both)
            for both in zip(early, late, strict=True)
        ],
        normal=normal,
        moved=moved,
        rise=(last - first)[rows, y] - (last - first)[rows, x],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=700)
    parser.add_argument("--seed", type=int, default=78)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    given = pairs(rng, args.pairs)
    found = np.array(
        [
            shift(b, f, purities=known, normal=given.normal, rng=rng, limit=limits())[
                "programme_delta"
            ]
            for b, f, known in zip(given.before, given.after, given.purities, strict=True)
        ]
    )
    error = found - given.rise
    for name, part in (("stable", ~given.moved), ("moved", given.moved)):
        print(f"{name}: bias {error[part].mean():+.2f}, SD {error[part].std():.2f}")
    above = found[given.moved][:, None] > found[~given.moved]
    print(f"AUC {above.mean():.3f}, slope {np.polyfit(given.rise, found, 1)[0]:.2f}")


if __name__ == "__main__":
    main()

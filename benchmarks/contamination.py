"""How well foreign DNA is measured: allele counts of mixtures of two people.

Usage: python benchmarks/contamination.py --samples 100 --seed 7000

Draws genotypes of two people at common SNPs (frequencies .1 to .9), mixes their DNA, and reads it
with errors of .001. In tumours 60 % of the heterozygous sites are out of balance or lost. Prints
for each setting the mean and SD of the estimate, and in how many samples the 90 % interval holds
the truth.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from her2omics.reads.contamination import contamination

_ERROR = 0.001
_LOST = (0.03, 0.97, 0.2, 0.8)
_SETTINGS = [
    (tumour, depth, share)
    for tumour in (True, False)
    for depth, share in ((30, 0.0), (80, 0.0), (80, 0.005), (80, 0.01), (30, 0.03), (80, 0.03),
                         (80, 0.1), (80, 0.2))
]  # fmt: skip


def mixture(
    rng: np.random.Generator, share: float, *, tumour: bool, depth: float, sites: int
) -> tuple[pd.DataFrame, pd.DataFrame | None, pd.DataFrame]:
    """Return the counts of a sample, those of its normal (None: it is one), and frequencies."""
    frequency = rng.uniform(0.1, 0.9, sites)
    own, other = ((rng.random((2, sites)) < frequency).sum(axis=0) for _ in range(2))
    place = {
        "chromosome": np.repeat([str(k) for k in range(1, 21)], sites // 20),
        "position": np.arange(sites) * 30_000 + 1,
    }
    moved = rng.random(sites) < 0.6
    held = np.where(own == 1, np.where(moved, rng.choice(_LOST, sites), 0.5), own / 2)

    def counts(alt: np.ndarray, mean: float) -> pd.DataFrame:
        number = rng.poisson(mean * rng.gamma(12, 1 / 12, sites))
        reads = rng.binomial(number, _ERROR + (1 - 2 * _ERROR) * alt)
        frame = pd.DataFrame({**place, "ref_count": number - reads, "alt_count": reads})
        return frame[number > 0]

    mixed = (1 - share) * (held if tumour else own / 2) + share * other / 2
    normal = counts(own / 2, 0.6 * depth) if tumour else None
    return counts(mixed, depth), normal, pd.DataFrame({**place, "frequency": frequency})


def main() -> None:
    """Print one row per setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--sites", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7000)
    args = parser.parse_args()
    print("sample\tdepth\ttruth\tmean\tsd\tlargest\tinterval_holds_truth")
    for tumour, depth, share in _SETTINGS:
        found = []
        for number in range(args.samples):
            rng = np.random.default_rng([args.seed, number])
            drawn = mixture(rng, share, tumour=tumour, depth=depth, sites=args.sites)
            found.append(contamination(*drawn))
        shares = np.array([one.share for one in found])
        holds = np.mean([one.low <= share <= one.high for one in found])
        name = "tumour" if tumour else "normal"
        print(
            f"{name}\t{depth}\t{share:g}\t{shares.mean():.4f}\t{shares.std():.4f}"
            f"\t{shares.max():.4f}\t{holds:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

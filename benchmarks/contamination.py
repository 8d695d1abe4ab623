"""How well foreign DNA is measured: allele counts of mixtures of two people.

Usage: python benchmarks/contamination.py --samples 100 --seed 7000

Draws genotypes of two people at common SNPs (frequencies .1 to .9), mixes their DNA, and reads it
with errors of .001. In tumours 60 % of the heterozygous sites are out of balance or lost. Prints
for each setting the mean and SD of the estimate, and in how many samples the 90 % interval holds
the truth.

``--folders FOLDER ...`` takes mapped reads instead: each FOLDER was written by ``her2omics simulate
reads`` and run from FASTQ. To the reads of every tumour (P0001-B, P0001-F) come those of every
sample of the other folders, as many as make up ``--share`` of all bases; one row each, and how many
intervals hold it.
"""

from __future__ import annotations

import argparse
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.reads.alleles import snp_sites
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


def _counts(folder: Path, sample: str) -> tuple[pd.DataFrame, float]:
    """Return the allele counts of a sample whose reads were mapped, and all its aligned bases."""
    reads = folder / "results" / "reads"
    path = reads / "depth" / f"{sample}.wes.mosdepth.summary.txt"
    bases = pd.read_csv(path, sep="\t").set_index("chrom")["bases"]["total"]
    counts = pd.read_csv(
        reads / "snps" / f"{sample}.wes.tsv.gz", sep="\t", dtype={"chromosome": str}
    )
    return counts, float(bases)


def of_folders(folders: list[Path], share: float, seed: int) -> None:
    """Print what is found where reads of one study's sample are in another study's tumour."""
    rng = np.random.default_rng(seed)
    place, alleles = ["chromosome", "position"], ["ref_count", "alt_count"]
    held = []
    print("tumour\tforeign\tshare\tlow\thigh")
    for mine, theirs in permutations(folders, 2):
        frequency, normal = snp_sites(mine / "reference" / "sites.vcf"), _counts(mine, "P0001-N")[0]
        for tumour in ("P0001-B", "P0001-F"):
            own, bases = _counts(mine, tumour)
            for name in ("P0001-N", "P0001-B", "P0001-F"):
                other, other_bases = _counts(theirs, name)
                chance = share / (1 - share) * bases / other_bases
                part = min(chance, 1.0)
                other[alleles] = rng.binomial(other[alleles], part)
                mixed = pd.concat([own, other]).groupby(place, as_index=False)[alleles].sum()
                truth = part * other_bases / (part * other_bases + bases)
                found = contamination(mixed, normal, frequency)
                held.append(found.low <= truth <= found.high)
                print(
                    f"{mine.name} {tumour}\t{theirs.name} {name} ({truth:.3f})\t{found.share:.4f}"
                    f"\t{found.low:.4f}\t{found.high:.4f}"
                )
    print(f"{sum(held)} of {len(held)} intervals hold the truth")


def main() -> None:
    """Print one row per setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--sites", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--folders", type=Path, nargs="+", help="studies of reads that were run")
    parser.add_argument("--share", type=float, default=0.05, help="foreign share with --folders")
    args = parser.parse_args()
    if args.folders:
        of_folders(args.folders, args.share, args.seed)
        return
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

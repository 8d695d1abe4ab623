"""Identity of samples under what real files do: lost alleles, low purity, few sites, contamination.

Genomes are drawn here and not by the simulator of cohorts, so that each difficulty can be set
alone. For each setting: the share of true pairs and of swapped ones by call, and the smallest
log10 likelihood ratio that matters. Usage: ``python benchmarks/identity_limits.py --pairs 400``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

from her2omics.cohort import identity
from her2omics.cohort.genotypes import CHROMOSOME, Genotypes, genotypes

_LENGTHS = np.array(
    [248, 242, 198, 190, 181, 170, 159, 145, 138, 133, 135, 133, 114, 107, 102, 90, 83, 80, 58, 64,
     46, 50]
) * 1_000_000  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """What two samples of a patient are like.

    ``lists``: ``common`` (the same common SNPs), ``rare`` (the same SNPs, most of them rare),
    ``normal`` (heterozygous sites of the baseline's person, read in both samples), ``own``
    (heterozygous sites of whoever the sample belongs to), ``mixed`` (``normal`` and a tenth of the
    others). ``normal`` says that the second sample is the normal.
    """

    sites: int = 4000
    lists: str = "common"
    purity: tuple[float, float] = (0.3, 0.8)
    lost: float = 0.2
    segments: int = 40
    copies: int = 4
    depth: tuple[float, float] = (100, 100)
    dispersion: float = 0.008
    contamination: float = 0.0
    normal: bool = False
    share: float = 1.0


SETTINGS = {
    "exome": Setting(),
    "exome, normal": Setting(normal=True),
    "purity .05": Setting(purity=(0.05, 0.05)),
    "purity .95": Setting(purity=(0.95, 0.95)),
    "half lost, .95": Setting(purity=(0.95, 0.95), lost=0.6),
    "half lost, .95, normal": Setting(purity=(0.95, 0.95), lost=0.6, normal=True),
    "half lost, .95, list of the normal": Setting(
        purity=(0.95, 0.95), lost=0.6, normal=True, lists="normal"
    ),
    "half lost, .95, two tumours, list of the normal": Setting(
        purity=(0.95, 0.95), lost=0.6, lists="normal"
    ),
    "cell lines, list of the normal": Setting(purity=(1, 1), lost=0.6, lists="normal", normal=True),
    "shattered genome": Setting(purity=(0.6, 0.95), lost=0.5, segments=400, copies=9),
    "shattered genome, list of the normal": Setting(
        purity=(0.6, 0.95), lost=0.5, segments=400, copies=9, lists="normal", normal=True
    ),
    "depth 10": Setting(depth=(10, 10)),
    "depth 4": Setting(depth=(4, 4)),
    "depth 10, list of the normal, normal": Setting(
        depth=(10, 10), lists="normal", normal=True, purity=(0.9, 0.9), lost=0.5
    ),
    "contamination .05": Setting(contamination=0.05),
    "contamination .2": Setting(contamination=0.2),
    "contamination .2, list of the normal": Setting(contamination=0.2, lists="normal"),
    "rare SNPs": Setting(lists="rare"),
    "own lists": Setting(lists="own"),
    "own lists, half lost": Setting(lists="own", lost=0.6, purity=(0.95, 0.95)),
    "mixed list": Setting(lists="mixed"),
    "exome and panel": Setting(share=0.05, depth=(100, 500)),
    "48 sites": Setting(sites=48),
    "24 sites": Setting(sites=24),
    "48 sites, half lost": Setting(sites=48, lost=0.6, purity=(0.9, 0.9)),
    "48 sites, half lost, normal": Setting(sites=48, lost=0.6, purity=(0.9, 0.9), normal=True),
    "48 sites, list of the normal": Setting(sites=48, lists="normal"),
    "48 sites, list of the normal, half lost": Setting(
        sites=48, lists="normal", lost=0.6, purity=(0.8, 0.8), normal=True
    ),
    "24 shared of 4000": Setting(share=24 / 4000, lost=0.5, purity=(0.8, 0.9)),
    "48 sites, depth 20": Setting(sites=48, depth=(20, 20)),
    "48 sites, contamination .1": Setting(sites=48, contamination=0.1),
}


def person(rng: np.random.Generator, frequency: np.ndarray) -> np.ndarray:
    """Return (2, K) alleles."""
    return (rng.random((2, len(frequency))) < frequency).astype(int)


def sibling(rng: np.random.Generator, first: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Return (2, K) alleles of a full sibling: whole chromosomes are passed on."""
    out = person(rng, frequency)
    block = np.arange(len(frequency)) * 40 // max(len(frequency), 1)
    for haplotype in (0, 1):
        kept = (rng.random(40) < 0.5)[block]
        out[haplotype, kept] = first[haplotype, kept]
    return out


def tumour(
    rng: np.random.Generator, setting: Setting, site: np.ndarray, purity: float
) -> np.ndarray:
    """Return (2, K) copies of both haplotypes per cell, normal cells among them."""
    place = np.cumsum(np.r_[0, _LENGTHS])[site // CHROMOSOME - 1] + site % CHROMOSOME
    edges = np.sort(rng.uniform(0, _LENGTHS.sum(), setting.segments))
    segment = np.searchsorted(edges, place)
    copies = rng.integers(1, setting.copies + 1, (2, setting.segments + 1)).clip(1)
    usual = rng.random(setting.segments + 1) < 0.4
    copies[:, usual] = 1
    lost = rng.random(setting.segments + 1) < setting.lost
    copies[rng.integers(0, 2, lost.sum()), np.flatnonzero(lost)] = 0
    return purity * copies[:, segment] + (1 - purity)


def reads(
    rng: np.random.Generator,
    setting: Setting,
    alleles: np.ndarray,
    copies: np.ndarray,
    depth: float,
    stranger: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return reads of the reference and the alternative allele."""
    share = (alleles * copies).sum(axis=0) / copies.sum(axis=0)
    share = (1 - setting.contamination) * share + setting.contamination * stranger.mean(axis=0)
    balance = rng.normal(0.53, 0.02, len(share))
    share = share * (1 - balance) / (share * (1 - balance) + (1 - share) * balance)
    share = share * 0.998 + (1 - share) * 0.002
    bad = rng.random(len(share)) < 0.01
    share = np.where(bad, share * rng.uniform(0.3, 1, len(share)), share)
    size = 1 / setting.dispersion - 1
    share = rng.beta(share * size, (1 - share) * size)
    total = rng.poisson(depth * rng.gamma(8, 1 / 8, len(share)))
    alt = rng.binomial(total, share)
    return total - alt, alt


def pair(
    rng: np.random.Generator, setting: Setting, kin: str
) -> tuple[Genotypes, Genotypes, np.ndarray, tuple[int, int] | None]:
    """Return two samples of the ``same`` person, of a ``stranger`` or of a ``sibling``."""
    count = setting.sites * (2 if setting.lists in ("normal", "own", "mixed") else 1)
    chromosome = 1 + rng.choice(22, count, p=_LENGTHS / _LENGTHS.sum())
    site = np.unique(chromosome * CHROMOSOME + rng.integers(1, _LENGTHS[chromosome - 1]))
    low, high = (0.001, 0.15) if setting.lists == "rare" else (0.3, 0.7)
    frequency = rng.uniform(low, high, len(site))
    first = person(rng, frequency)
    other = {
        "same": lambda: first,
        "stranger": lambda: person(rng, frequency),
        "sibling": lambda: sibling(rng, first, frequency),
    }[kin]()
    listed = []
    for alleles in (first, other):
        chooser = alleles if setting.lists == "own" else first
        rows = chooser.sum(axis=0) == 1
        if setting.lists in ("common", "rare"):
            rows = np.ones(len(site), bool)
        if setting.lists == "mixed":
            rows |= site % 10 == 0
        listed.append(rows)
    if setting.share < 1:
        listed[1] = listed[1] & (rng.random(len(site)) < setting.share)
    samples = []
    for number, alleles in enumerate((first, other)):
        normal = setting.normal and number == 1
        rows = np.flatnonzero(listed[number])
        copies = np.full((2, len(rows)), 1.0)
        if not normal:
            copies = tumour(rng, setting, site[rows], setting.purity[number])
        stranger = person(rng, frequency)[:, rows]
        ref, alt = reads(rng, setting, alleles[:, rows], copies, setting.depth[number], stranger)
        some = ref + alt > 2
        samples.append(genotypes(site[rows][some], ref[some], alt[some], normal=normal))
    a, b = samples
    both = len(identity.shared(a, b)[0])
    lists = both, min(len(a.site), len(b.site))
    use = identity.chosen(a) and identity.chosen(b) and setting.share == 1
    return a, b, frequency, lists if use else None


def main() -> None:
    """Print one line per setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=900_000)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    print("setting\tkin\tsites\tsame\tdifferent\tunknown\tlog10_lr_5\tlog10_lr_95\tms")
    for number, (name, setting) in enumerate(SETTINGS.items()):
        if args.only not in name:
            continue
        few = min(1.0, 4000 / setting.sites / 20)
        for kin in ("same", "stranger", "sibling"):
            rng = np.random.default_rng([args.seed, number, len(kin)])
            pairs = max(40, int(args.pairs * few))
            found, spent = [], 0.0
            for _ in range(pairs):
                a, b, _, listed = pair(rng, setting, kin)
                started = time.perf_counter()
                found.append(identity.compare(a, b, listed=listed))
                spent += time.perf_counter() - started
            calls = [
                sum(one.call == call for one in found) / pairs
                for call in ("same", "different", "unknown")
            ]
            ratio = np.nanquantile([one.log10_lr for one in found], [0.05, 0.95])
            sites = np.median([one.sites for one in found])
            shown = "\t".join(f"{call:.3f}" for call in calls)
            print(
                f"{name}\t{kin}\t{sites:.0f}\t{shown}\t{ratio[0]:.1f}\t{ratio[1]:.1f}"
                f"\t{1000 * spent / pairs:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""Accuracy, calibration and speed of the joint purity fit on pairs whose truth is known.

The generator departs from the model on purpose: private segments up to half of the genome,
subclones of any fraction, t-distributed noise, a bias of .03 log2 in every segment, reference bias
.48-.55 and overdispersed allele counts. Usage: ``python benchmarks/purity_fit.py --pairs 40``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.copy_number.fit import fit_sample
from her2omics.copy_number.profile import Profile, SegmentSnps
from her2omics.copy_number.transfer import fit_patient

_CHROMOSOMES = [str(c) for c in range(1, 23)]


@dataclass(frozen=True)
class Pair:
    """A simulated patient with its latent purities (S,) and ploidies (S,)."""

    profile: Profile
    snps: SegmentSnps
    mutations: dict[str, pd.DataFrame]
    purity: np.ndarray
    ploidy: np.ndarray


def pair(
    rng: np.random.Generator,
    purity: tuple[float, ...],
    *,
    segments: int = 60,
    snps: int = 5000,
    depth: float = 80.0,
    altered: float = 0.5,
    private: float = 0.15,
    doubled: bool = False,
    base: int = 2,
    bin_sd: float = 0.3,
    mutations: int = 60,
    subclonal: float = 0.1,
) -> Pair:
    """Simulate the samples of a patient; ``altered`` 0 gives a flat genome."""
    arms = [(c, arm) for c in _CHROMOSOMES for arm in "pq"]
    picks = np.sort(np.r_[np.arange(len(arms)), rng.integers(0, len(arms), segments - len(arms))])
    bins = np.maximum(20, rng.lognormal(np.log(350), 0.7, segments)).astype(int)
    total, minor = _states(rng, segments, altered, base)
    balance = rng.uniform(0.48, 0.55)
    segment = np.sort(rng.choice(segments, snps, p=bins / bins.sum()))
    alt_major = rng.random(snps) < 0.5
    log2, se, alt, reads, ploidy, variants = [], [], [], [], [], {}
    clones = _mutations(rng, mutations, total, minor, len(purity))
    for s, p in enumerate(purity):
        c, m = total.astype(float), minor.astype(float)
        if s and doubled:
            c, m = 2 * c, 2 * m
        if s:
            change = rng.random(segments) < private
            new_c, new_m = _states(rng, segments, max(altered, 0.2), base * (1 + doubled))
            c, m = np.where(change, new_c, c), np.where(change, new_m, m)
        some = rng.random(segments) < subclonal
        part = np.where(some, rng.uniform(0.1, 0.95, segments), 1.0)
        host = base * (1 + (doubled and s > 0))
        c, m = part * c + (1 - part) * host, part * m + (1 - part) * host / 2
        psi = np.average(c, weights=bins)
        ratio = (p * c + 2 * (1 - p)) / (p * psi + 2 * (1 - p))
        noise = rng.normal(0, 0.03, segments) + bin_sd * 1.1 / np.sqrt(bins) * rng.standard_t(
            5, segments
        )
        log2.append(np.log2(ratio) + noise - rng.normal(0, 0.1))
        se.append(np.sqrt(1.2 * bin_sd**2 / bins + 0.03**2))
        share = ((p * (c - m) + 1 - p) / (p * c + 2 * (1 - p)))[segment]
        share = np.where(alt_major, share, 1 - share)
        seen = share * balance / (share * balance + (1 - share) * (1 - balance))
        size = 1 / rng.uniform(0.002, 0.02)
        n = rng.poisson(depth * ratio[segment] * rng.gamma(4, 0.25, snps))
        reads.append(n.astype(float))
        alt.append(rng.binomial(n, rng.beta(seen * size, (1 - seen) * size)).astype(float))
        ploidy.append(psi)
        variants[f"S{s}"] = _counts(rng, clones, s, p, c, depth, 1 + (doubled and s > 0))
    table = pd.DataFrame(
        {
            "chromosome": [arms[k][0] for k in picks],
            "start": np.arange(segments) * 1000,
            "end": np.arange(1, segments + 1) * 1000,
            "arm": ["".join(arms[k]) for k in picks],
            "bins": bins,
        }
    )
    empty = pd.DataFrame()
    profile = Profile(
        tuple(variants),
        table,
        np.array(log2),
        np.array(se),
        np.full(len(purity), bin_sd),
        *(empty,) * 4,
    )
    nan = np.full(snps, np.nan)
    where = table["chromosome"].to_numpy()[segment]
    place = segment, where, np.arange(snps)
    found = SegmentSnps(*place, np.array(alt), np.array(reads), nan, nan, np.zeros(snps))
    return Pair(profile, found, variants, np.array(purity), np.array(ploidy))


def _states(rng, count, altered, base):
    """States of segments: gains, losses and copy-neutral losses of one haplotype."""
    total, minor = np.full(count, base), np.full(count, base // 2)
    kind = rng.choice(5, count, p=[0.3, 0.3, 0.15, 0.15, 0.1])
    gain = np.array([1, -1, 0, 2, 3])[kind]
    new = np.maximum(total + gain, 1)
    new_minor = np.select(
        [kind == 0, kind == 1, kind == 2], [base // 2, np.maximum(base // 2 - 1, 0), 0], base // 2
    )
    change = rng.random(count) < altered
    return np.where(change, new, total), np.where(change, np.minimum(new_minor, new // 2), minor)


def _mutations(rng, count, total, minor, samples):
    """Latent mutations: segment, copies that carry it, cancer cell fraction by sample."""
    segment = rng.integers(0, len(total), count)
    major = np.maximum(total - minor, 1)[segment]
    early = (rng.random(count) < 0.3) & (major > 1)
    ccf = np.zeros((samples, count))
    kind = rng.choice(3, count, p=[0.5, 0.25, 0.25])  # truncal, of the baseline, of the others
    ccf[:, kind == 0] = 1
    ccf[0, kind == 1] = rng.choice([1.0, 0.6, 0.3], (kind == 1).sum())
    ccf[1:, kind == 2] = rng.choice([1.0, 0.5, 0.2], (kind == 2).sum())
    return segment, np.where(early, major, 1), ccf


def _counts(rng, clones, sample, purity, copies, depth, times):
    segment, multiplicity, ccf = clones
    c = copies[segment]
    on = np.minimum(multiplicity * times, np.maximum(c, 0.5))
    share = np.clip(purity * on * ccf[sample] / (purity * c + 2 * (1 - purity)), 1e-3, 0.999)
    n = rng.poisson(depth, len(c))
    alt = rng.binomial(n, rng.beta(share * 150, (1 - share) * 150))
    return pd.DataFrame(
        {
            "mutation_id": [f"m{k}" for k in range(len(c))],
            "chromosome": "1",
            "position": np.arange(len(c)) + 1,
            "ref": "A",
            "alt": "T",
            "ref_count": (n - alt).astype(float),
            "alt_count": alt.astype(float),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20, help="pairs a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutations", action="store_true", help="give the fit the mutations too")
    options = parser.parse_args()
    rows = []
    cells = [
        ("usual", {}),
        ("half private", {"private": 0.5}),
        ("doubled later", {"doubled": True}),
        ("doubled before", {"base": 4}),
        ("quiet", {"altered": 0.06, "private": 0.02}),
        ("few SNPs", {"snps": 300}),
    ]
    for name, extra in cells:
        for second in (0.045, 0.09, 0.18, 0.27, 0.5, 0.8):
            for k in range(options.pairs):
                rng = np.random.default_rng([options.seed, k, int(second * 1000), len(name)])
                one = pair(rng, (float(rng.uniform(0.35, 0.8)), second), **extra)
                start = time.process_time()
                found = fit_patient(
                    one.profile, one.snps, mutations=one.mutations if options.mutations else None
                ).samples
                spent = time.process_time() - start
                for s, fit in enumerate(found):
                    low, high = fit.interval()
                    rows.append(
                        (
                            name,
                            "baseline" if s == 0 else second,
                            one.purity[s],
                            fit.modes["purity"][0],
                            low,
                            high,
                            spent,
                        )
                    )
                if k == 0:
                    alone = fit_sample(one.profile, 1, one.snps)
                    print(
                        name,
                        second,
                        found[1].modes.round(3).to_numpy().tolist(),
                        "alone",
                        alone.modes.round(3).to_numpy()[0].tolist(),
                        flush=True,
                    )
    frame = pd.DataFrame(
        rows, columns=["cell", "second", "truth", "estimate", "low", "high", "seconds"]
    )
    frame["covered"] = frame["truth"].between(frame["low"], frame["high"])
    frame["error"] = frame["estimate"] - frame["truth"]
    frame["width"] = frame["high"] - frame["low"]
    frame["second"] = frame["second"].astype(str)
    summary = frame.groupby(["cell", "second"], sort=False).agg(
        covered=("covered", "mean"),
        bias=("error", "median"),
        mad=("error", lambda e: e.abs().median()),
        width=("width", "median"),
        seconds=("seconds", "mean"),
    )
    print(summary.round(3).to_string())
    print(f"covered {frame['covered'].mean():.3f} of {len(frame)}")


if __name__ == "__main__":
    main()

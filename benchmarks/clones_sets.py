"""Fresh sets of mutations with known clones, simulated forward along a tree.

The assumptions differ from those of the model on purpose. Copy number evolves on the branches of
a random tree, haplotype by haplotype, and a mutation is carried, doubled or lost with the copy it
sits on; so multiplicities, mutation loss and subclonal copy number follow from history rather than
from a rule. Reads are drawn around the exact share of mutated copies, with depth of a negative
binomial and a logit-normal (not beta) spread of the share. What is reported is what a pipeline
reports: one integer state per segment and sample, some of them wrong, purities that may be off by a
fifth, mutations only where a caller would have seen them, and artefacts.

Usage: ``python benchmarks/clones_sets.py --scenario usual --seed 1 --out DIR``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

ERROR = 0.001  # reads that show the alternative allele by chance
CALLED_READS = 3  # alternative reads in at least one sample: else no caller reports the site
SEGMENTS = 60


@dataclass(frozen=True)
class Scenario:
    """Ranges a set is drawn from; shares are per segment, per mutation or of cells."""

    clones: tuple[int, int] = (2, 6)
    samples: int = 2
    mutations: tuple[int, int] = (80, 400)
    depth: tuple[float, float] = (60, 200)
    purity: tuple[float, float] = (0.3, 0.85)
    spread: tuple[float, float] = (0.02, 0.25)  # SD of the logit of the share of mutated reads
    trunk_cn: tuple[float, float] = (0.15, 0.6)  # segments altered in all cells
    branch_cn: tuple[float, float] = (0.0, 0.05)  # ... on each later branch
    doubled: float = 0.0  # probability of a whole-genome doubling on the trunk
    cn_wrong: float = 0.02  # segments whose reported state is wrong
    purity_error: float = 0.05  # SD of the natural log of reported over true purity
    purity_shift: float = 0.0  # or: off by exactly this share, up or down
    artefacts: tuple[float, float] = (0.0, 0.02)  # share of mutations
    artefact_vaf: tuple[float, float] = (1.5, 18.0)  # beta distribution of their share of reads
    missing: float = 0.0  # mutation and sample not covered
    shape: str = "random"  # random, independent, early, sweep, null
    apart: float = 0.0  # least distance of any two clones in at least one sample
    least: int = 0  # least mutations of a clone


USUAL = Scenario()
SCENARIOS: Mapping[str, Scenario] = {
    "usual": USUAL,
    "panel": replace(USUAL, clones=(2, 4), mutations=(20, 60), depth=(300, 800)),
    "wgs": replace(USUAL, mutations=(600, 1500), depth=(35, 90)),
    "low_purity": replace(USUAL, purity=(0.2, 0.35), depth=(80, 200)),
    "doubled": replace(USUAL, doubled=1.0),
    "loss": replace(USUAL, branch_cn=(0.1, 0.3)),
    "many": replace(USUAL, clones=(5, 8), mutations=(300, 800), depth=(80, 250)),
    "fair": replace(
        USUAL,
        clones=(5, 7),
        mutations=(150, 600),
        depth=(120, 120),
        purity=(0.6, 0.6),
        spread=(0.02, 0.1),
        trunk_cn=(0.15, 0.4),
        branch_cn=(0.0, 0.0),
        cn_wrong=0.0,
        purity_error=0.0,
        artefacts=(0.0, 0.0),
        apart=0.25,
        least=10,
    ),
    "independent": replace(USUAL, shape="independent", clones=(4, 6)),
    "early": replace(USUAL, shape="early", clones=(4, 6)),
    "sweep": replace(USUAL, shape="sweep", clones=(4, 4), mutations=(100, 300), depth=(80, 160)),
    "ffpe": replace(
        USUAL, artefacts=(0.08, 0.25), spread=(0.2, 0.4), depth=(60, 150), purity_error=0.08
    ),
    "ffpe_high": replace(USUAL, artefacts=(0.05, 0.2), artefact_vaf=(3.0, 12.0)),
    "wrong_purity": replace(USUAL, purity_shift=0.2, branch_cn=(0.05, 0.15), purity_error=0.0),
    "wrong_cn": replace(USUAL, cn_wrong=0.15),
    "three": replace(USUAL, samples=3, clones=(3, 7)),
    "gaps": replace(USUAL, missing=0.08),
    "null": replace(USUAL, shape="null", clones=(2, 4), purity_error=0.0),
    "null_wrong_purity": replace(
        USUAL, shape="null", clones=(2, 4), purity_error=0.0, purity_shift=0.2
    ),
}
SCENARIOS = {**SCENARIOS, "fair_wide": replace(SCENARIOS["fair"], apart=0.4, clones=(5, 5))}
# What the bars are measured on: every scenario that has a shift to find, alike.
GENERAL = tuple(x for x in SCENARIOS if not x.startswith(("null", "gaps", "early", "fair_wide")))


@dataclass(frozen=True)
class SimulatedSet:
    """A set: ``input`` as PyClone-VI reads it, ``truth`` a row per mutation, ``meta``."""

    name: str
    input: pd.DataFrame
    truth: pd.DataFrame
    meta: dict


def simulate(scenario: str, seed: int) -> SimulatedSet:
    """Draw one set of a scenario; the same name and seed give the same set."""
    rng = np.random.default_rng([seed, *scenario.encode()])
    rule = SCENARIOS[scenario]
    parent, shares = _clones(rng, rule)
    ccf = _ccf(parent, shares)
    genome = _copy_number(rng, rule, parent)
    purity = rng.uniform(*rule.purity, rule.samples)
    reported_purity = _reported_purity(rng, rule, purity)
    depth = rng.uniform(*rule.depth, rule.samples)
    spread = rng.uniform(*rule.spread, rule.samples)
    size = np.maximum(1, rng.gamma(2.0, 1.0, SEGMENTS))
    size /= size.sum()
    states = _reported_states(rng, rule, genome, shares)
    wanted = int(np.exp(rng.uniform(*np.log(rule.mutations))))
    weights = rng.dirichlet(np.full(len(parent), 2.0))
    counts = np.maximum(rule.least, np.round(weights * wanted)).astype(int)
    rows = []
    for clone, count in enumerate(counts):
        made = 0
        for _ in range(50 * count):
            if made == count:
                break
            segment = int(rng.choice(SEGMENTS, p=size))
            copies = _inherit(rng, parent, genome, clone, segment)
            share = _share(copies, genome[:, segment].sum(axis=1), shares, purity)
            alt, total = _reads(rng, rule, share, depth, spread, states[:, segment].sum(axis=1))
            if copies is not None and alt.max() >= CALLED_READS:
                rows.append((clone, segment, alt, total, ccf[:, clone]))
                made += 1
    for _ in range(int(rng.uniform(*rule.artefacts) * len(rows))):
        segment = int(rng.choice(SEGMENTS, p=size))
        share = np.full(rule.samples, ERROR)
        share[rng.integers(rule.samples)] = rng.beta(*rule.artefact_vaf)
        alt, total = _reads(rng, rule, share, depth, spread, states[:, segment].sum(axis=1))
        if alt.max() >= CALLED_READS:
            rows.append((-1, segment, alt, total, np.full(rule.samples, np.nan)))
    order = rng.permutation(len(rows))
    frame, truth = _tables([rows[i] for i in order], states, reported_purity, rng, rule)
    meta = {
        "scenario": scenario,
        "seed": seed,
        "parent": [int(p) for p in parent],
        "ccf": ccf.T.round(4).tolist(),
        "purity": purity.round(4).tolist(),
        "reported_purity": reported_purity.round(4).tolist(),
        "depth": depth.round(1).tolist(),
        "rule": asdict(rule),
    }
    return SimulatedSet(f"{scenario}_{seed}", frame, truth, meta)


def _clones(rng: np.random.Generator, rule: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Parents (K,) and shares of cells (S, K) of a random tree that keeps the asked distance."""
    for _ in range(20000):
        count = int(rng.integers(rule.clones[0], rule.clones[1] + 1))
        if rule.shape == "sweep":
            return _sweep(rng)
        if rule.shape == "independent":
            parent = np.r_[-1, -1, [rng.integers(0, k) for k in range(2, count)]]
        elif rule.shape == "early":  # the samples share the trunk alone
            parent = np.r_[-1, 0, 0, [rng.integers(1, k) for k in range(3, count)]].astype(int)
        else:
            chain = rng.random()  # 1: a chain; 0: a random recursive tree
            parent = np.r_[
                -1,
                [k - 1 if rng.random() < chain else rng.integers(0, k) for k in range(1, count)],
            ].astype(int)
        side, first = None, 0
        if rule.shape == "independent":
            side = _side(parent)
        elif rule.shape == "early":
            side, first = np.r_[-1, _side(parent[1:] - 1)], 1
        shares = np.zeros((rule.samples, count))
        for s in range(rule.samples):
            here = rng.random(count) < rng.uniform(0.4, 1.0)
            if side is not None:
                here = side == s % 2
            here[rng.integers(count) if side is None else first + s % 2] = True
            shares[s, here] = rng.dirichlet(np.full(here.sum(), rng.choice([0.5, 1.0, 3.0])))
        if rule.shape == "null":
            shares[:] = shares[0]
        ccf = _ccf(parent, shares)
        seen = ccf.max(axis=0) > 0.1
        gap = np.abs(ccf[:, :, None] - ccf[:, None, :]).max(axis=0) + 9 * np.eye(count)
        if seen.all() and gap.min() >= max(rule.apart, 0.05):
            return parent, shares
    raise ValueError("no tree with such distances")


def _sweep(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A minor clone of the baseline takes over and branches again."""
    minor, rest, new = rng.uniform(0.04, 0.35), rng.uniform(0, 0.05), rng.uniform(0.2, 0.7)
    root = rng.uniform(0, 0.1)
    before = [root, 1 - root - minor, minor, 0]
    after = [0, rest, (1 - rest) * (1 - new), (1 - rest) * new]
    return np.array([-1, 0, 0, 2]), np.array([before, after])


def _side(parent: np.ndarray) -> np.ndarray:
    """Root (0 or 1) every clone descends from."""
    side = np.arange(len(parent))
    for k, p in enumerate(parent):
        side[k] = k if p < 0 else side[p]
    return side


def _ccf(parent: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """CCF (S, K): cells of a clone and of all its descendants."""
    ccf = shares.copy()
    for k in range(len(parent) - 1, 0, -1):
        if parent[k] >= 0:
            ccf[:, parent[k]] += ccf[:, k]
    return np.minimum(ccf, 1.0)


def _copy_number(rng: np.random.Generator, rule: Scenario, parent: np.ndarray) -> np.ndarray:
    """Copies (K, segment, haplotype, 2): before and after the changes on the clone's branch.

    The last axis lets a mutation fall before or after them.
    """
    genome = np.ones((len(parent), SEGMENTS, 2, 2), dtype=int)
    trunk, branch = rng.uniform(*rule.trunk_cn), rng.uniform(*rule.branch_cn)
    for k, p in enumerate(parent):
        before = genome[p, :, :, 1] if p >= 0 else np.ones((SEGMENTS, 2), dtype=int)
        after = before.copy()
        if p < 0 and rng.random() < rule.doubled:
            after *= 2
        for segment in np.flatnonzero(rng.random(SEGMENTS) < (trunk if p < 0 else branch)):
            which = rng.integers(2)
            kind = rng.choice(4, p=[0.4, 0.3, 0.15, 0.15])
            if kind in (1, 3):
                after[segment, which] = max(after[segment, which] - 1 - (rng.random() < 0.3), 0)
            if kind in (0, 2, 3):
                other = which if kind != 3 else 1 - which
                after[segment, other] += (after[segment, other] > 0) * (1, 0, 3, 1)[kind]
            if after[segment].sum() == 0:
                after[segment, which] = 1
        genome[k, :, :, 0], genome[k, :, :, 1] = before, after
    return genome


def _inherit(rng, parent, genome, clone, segment):
    """Copies (K, 2) of a new mutation in every clone, (mutated, all); None: it is carried nowhere.

    It falls before or after the changes of its branch and follows its haplotype from there.
    """
    early = rng.random() < 0.5
    copies = genome[clone, segment, :, 0 if early else 1]
    if copies.sum() == 0:
        return None
    haplotype = int(rng.random() < copies[1] / copies.sum())
    mutated = np.zeros(len(parent), dtype=int)
    alive = np.zeros(len(parent), dtype=bool)
    for k, p in enumerate(parent):
        if k == clone:
            mutated[k], alive[k] = 1, True
            start = copies[haplotype]
        elif p >= 0 and alive[p]:
            mutated[k], alive[k] = mutated[p], True
            start = genome[k, segment, haplotype, 0]
        else:
            continue
        if k == clone and not early:
            continue
        end = genome[k, segment, haplotype, 1]
        while start < end:  # gains copy a random copy; a doubling copies each
            mutated[k] += mutated[k] if end == 2 * start else rng.random() < mutated[k] / start
            start = end if end == 2 * start else start + 1
        while start > end:
            mutated[k] -= rng.random() < mutated[k] / start
            start -= 1
    return None if mutated.max() == 0 else mutated


def _share(copies, totals, shares, purity):
    """Expected share of mutated reads (S,); totals (K, 2) before and after."""
    if copies is None:
        return np.zeros(len(purity))
    carried = shares @ copies
    all_copies = shares @ totals[:, 1]
    return purity * carried / np.maximum(purity * all_copies + 2 * (1 - purity), 0.05)


def _reads(rng, rule, share, depth, spread, copies):
    """Alternative and total reads (S,); depth follows the copies, its spread is a gamma's."""
    mean = depth * np.maximum(copies, 0.5) / 2 * 0.6 + depth * 0.4
    total = rng.poisson(mean * rng.gamma(8.0, 1 / 8.0, len(mean)))
    biased = np.clip(0.98 * share, 1e-9, 1 - 1e-9)
    logit = np.log(biased / (1 - biased)) + rng.normal(0, spread)
    seen = ERROR + (1 - 2 * ERROR) / (1 + np.exp(-logit))
    alt = rng.binomial(total, np.clip(seen, 0, 1))
    return alt, total


def _reported_states(rng, rule, genome, shares):
    """Reported major and minor copies (S, segment, 2): the rounded mean, some of them wrong."""
    mean = np.einsum("sk,kgh->sgh", shares, genome[:, :, :, 1])
    states = np.sort(np.round(mean), axis=2)[:, :, ::-1].astype(int)
    wrong = rng.random(states.shape[:2]) < rule.cn_wrong
    shift = rng.choice([-1, 1], states.shape[:2])
    states[:, :, 0] = np.where(wrong, np.maximum(states[:, :, 0] + shift, 1), states[:, :, 0])
    states[:, :, 0] = np.maximum(states[:, :, 0], 1)
    states[:, :, 1] = np.minimum(states[:, :, 1], states[:, :, 0])
    return states


def _reported_purity(rng, rule, purity):
    if rule.purity_shift:
        sign = rng.choice([-1.0, 1.0], len(purity))
        return np.clip(purity * (1 + sign * rule.purity_shift), 0.05, 1.0)
    return np.clip(purity * np.exp(rng.normal(0, rule.purity_error, len(purity))), 0.05, 1.0)


def _tables(rows, states, purity, rng, rule):
    records, truths = [], []
    for n, (clone, segment, alt, total, ccf) in enumerate(rows):
        name = f"m{n:05d}"
        truth = {"mutation_id": name, "clone": clone, "segment": segment}
        covered = rng.random(len(alt)) >= rule.missing
        for s in range(len(alt)):
            truth[f"ccf_S{s}"] = ccf[s]
            records.append(
                {
                    "mutation_id": name,
                    "sample_id": f"S{s}",
                    "ref_counts": total[s] - alt[s] if covered[s] else np.nan,
                    "alt_counts": alt[s] if covered[s] else np.nan,
                    "major_cn": states[s, segment, 0],
                    "minor_cn": states[s, segment, 1],
                    "normal_cn": 2,
                    "tumour_content": purity[s],
                }
            )
        truths.append(truth)
    return pd.DataFrame(records), pd.DataFrame(truths)


def read_set(folder: Path | str) -> SimulatedSet:
    """Read a set kept as ``input.tsv``, ``truth.tsv`` and ``meta.json``."""
    folder = Path(folder)
    frame, truth = (pd.read_csv(folder / f"{x}.tsv", sep="\t") for x in ("input", "truth"))
    return SimulatedSet(folder.name, frame, truth, json.loads((folder / "meta.json").read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="usual")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made = simulate(options.scenario, options.seed)
    folder = options.out / made.name
    folder.mkdir(parents=True, exist_ok=True)
    made.input.to_csv(folder / "input.tsv", sep="\t", index=False)
    made.truth.to_csv(folder / "truth.tsv", sep="\t", index=False)
    (folder / "meta.json").write_text(json.dumps(made.meta, indent=1))


if __name__ == "__main__":
    main()

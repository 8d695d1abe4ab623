"""Five to seven clones a fair way apart: how often each of them is found, and an oracle's limit.

The target: clones of at least 10 mutations and .25 apart in at least one sample, at 120x and purity
.6; one cluster to one clone, its fraction within .05, and 90 % of the members in it: of all members
of the set (``target``), or of each clone's (``target_each``). Fractions are those of the best tree;
``within_reads`` are those of the reads of each cluster alone.

``oracle`` knows the clones' fractions and sizes and the fitted reads' model, and places each
mutation where it is likeliest; its fractions are of one who knows each mutation's clone: what it
misses the reads do not tell. ``started`` is our own mixture with the true clones as its start and
nothing merged or split; ``truth_likelier`` says whether its evidence is the higher one, so that
the search has failed.

Usage: ``python benchmarks/clones_fair.py --sets 30 --first 1``.
"""

from __future__ import annotations

import argparse

import clones_sets
import numpy as np
import pandas as pd

from her2omics.clones.clustering import cluster, fit_samples
from her2omics.clones.grid import GRID, quantile
from her2omics.clones.mixture import Mixture, fit
from her2omics.clones.observations import Observations
from her2omics.clones.samples import SampleModel, spread_by_purity
from her2omics.clones.trees import trees

SCENARIOS = ("fair", "fair_wide")
WITHIN, MEMBERS = 0.05, 0.9
_LIKELIER = 0.5  # difference of log evidence that is none


def oracle(model: SampleModel, truth: np.ndarray, ccf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the clone (n,) of each mutation for one who knows the clones' fractions and sizes.

    And the fractions (K, S) for one who knows each mutation's clone.
    """
    fraction = np.zeros((*ccf.shape, len(GRID)))
    np.put_along_axis(fraction, np.rint(ccf * 100).astype(int)[..., None], 1.0, axis=2)
    trunk = (ccf >= 1).all(axis=1)[:, None]
    data = model.data()
    patterns = np.zeros((len(ccf), data.flat.shape[1] - fraction[0].size))
    patterns[:, :1] = trunk  # the first: in all samples
    known = np.hstack([np.where(trunk, 0.0, fraction.reshape(len(ccf), -1)), patterns])
    sizes = np.bincount(truth, minlength=len(ccf))
    placed = (data.scores(known) + np.log(sizes)).argmax(axis=1)
    likely = np.array([data.cube[truth == clone].sum(axis=0) for clone in range(len(ccf))])
    weight = np.exp(likely - likely.max(axis=2, keepdims=True))
    mean = (weight * GRID).sum(axis=2) / weight.sum(axis=2)
    mean[trunk[:, 0]] = 1.0
    return placed, mean


def started(model: SampleModel, truth: np.ndarray) -> Mixture:
    """Return our mixture with the true clones as its start."""
    return fit(model.data(), np.eye(truth.max() + 1)[truth], np.zeros(len(truth)))


def by_tree(posterior: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the fractions (K, S), of the best tree where there is one."""
    found = trees(posterior, sizes, seed=1)
    own = quantile(posterior, 0.5)
    own[found.clusters] = quantile(found.posterior, 0.5)
    return own


def reached(
    label: np.ndarray, own: np.ndarray, truth: np.ndarray, ccf: np.ndarray
) -> dict[str, float]:
    """Return what labels (n,) and fractions (clusters, S) reach; -1 is no cluster."""
    counts = [pd.Series(label[truth == k]).value_counts() for k in range(len(ccf))]
    used = [one.index[0] for one in counts]
    held = np.array([one.iloc[0] for one in counts])
    distinct = len(set(used)) == len(used) and min(used) >= 0
    within = distinct and bool(np.abs(own[used] - ccf).max() <= WITHIN)
    each = (held / np.bincount(truth)).min()
    return {
        "one_to_one": distinct,
        "within": within,
        "target": within and held.sum() / len(truth) >= MEMBERS,
        "target_each": within and each >= MEMBERS,
        "members": held.sum() / len(truth),
        "members_least": each,
    }


def _label(mixture: Mixture) -> np.ndarray:
    return np.c_[mixture.alone, mixture.member].argmax(axis=1) - 1


def _sorted(one: clones_sets.SimulatedSet, observed: Observations) -> tuple[np.ndarray, np.ndarray]:
    """Return each mutation's clone (n,) and the fractions (K, S) in the order of the table."""
    truth = one.truth.set_index("mutation_id")["clone"].loc[observed.mutations].to_numpy()
    return truth, np.array(one.meta["ccf"])[:, [int(name[1:]) for name in observed.samples]]


def judged(one: clones_sets.SimulatedSet) -> dict:
    """Return what is reached on one set."""
    found = cluster(one.input)
    truth, ccf = _sorted(one, found.observed)
    label = found.mutations["cluster_id"].to_numpy()[:: len(found.observed.samples)]
    sizes = found.clusters.drop_duplicates("cluster_id")["mutations"].to_numpy()
    ours = reached(label, by_tree(found.posterior, sizes), truth, ccf)
    reads = reached(label, quantile(found.posterior, 0.5), truth, ccf)

    observed = found.observed.taken(*found.observed.order())
    truth, ccf = _sorted(one, observed)
    model, mixture = fit_samples(observed)
    placed, fractions = oracle(model, truth, ccf)
    best = reached(placed, fractions, truth, ccf)
    begun = started(model, truth)
    spread = spread_by_purity(model, begun)
    own = by_tree(spread, begun.member.sum(axis=0))
    same = reached(_label(begun), own, truth, ccf)
    return {
        "scenario": one.meta["scenario"],
        "count_right": len(sizes) == len(ccf),
        **ours,
        "within_reads": reads["within"],
        "target_reads": reads["target"],
        **{f"oracle_{name}": value for name, value in best.items()},
        **{f"started_{name}": value for name, value in same.items()},
        "truth_likelier": begun.bound > mixture.bound + _LIKELIER,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=30, help="sets of each scenario")
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--scenarios", nargs="*", default=SCENARIOS)
    args = parser.parse_args()
    rows = [
        judged(clones_sets.simulate(scenario, seed))
        for scenario in args.scenarios
        for seed in range(args.first, args.first + args.sets)
    ]
    frame = pd.DataFrame(rows)
    print(frame.groupby("scenario").mean(numeric_only=False).round(3).T.to_string())


if __name__ == "__main__":
    main()

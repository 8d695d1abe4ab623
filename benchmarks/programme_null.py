"""Median of the programme statistic in stable pairs: derives threshold ``programme_null``.

The statistic is a maximum over three or four subtypes, so it lies above 0 where nothing changed.
Stable pairs are drawn from the bundled subgroup medians and SDs (TCGA): a HER2-positive tumour, ER
status as in TCGA; two samples whose genes differ with an SD as in true pairs (.38-.87 log2, drawn
per pair), the follow-up with more normal tissue, the baseline diluted to the same. No cohort of
patients is used, and nothing is fitted.

    python benchmarks/programme_null.py [--pairs 20000] [--seed 1]
"""

from __future__ import annotations

import argparse

import numpy as np

from her2omics import resources
from her2omics.subtype import ranks
from her2omics.subtype.counterfactual import dilute
from her2omics.subtype.pair import OUTSIDE
from her2omics.subtype.switch import direction, rise

ER_POSITIVE = 123 / 160
PAIR_SD = (0.38, 0.87)
PURITY = (4.0, 5.0)  # beta: follow-ups of mean purity .44
BULK_PURITY = 0.65  # of the tumours behind the medians


def tumours(rng: np.random.Generator, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return centred profiles, pairs x 50, and the Normal-like profile."""
    genes = list(ranks.centroids().genes)
    table = resources.table("tcga712_subgroup_reference.tsv").set_index("gene").loc[genes]
    positive = rng.random(pairs)[:, None] < ER_POSITIVE
    median = np.where(positive, table["HER2pos_ERpos_median"], table["HER2pos_ERneg_median"])
    sd = np.where(positive, table["HER2pos_ERpos_sd"], table["HER2pos_ERneg_sd"])
    profiles = median + sd * rng.normal(size=(pairs, len(genes)))
    centre = table["ERbalanced_median"].to_numpy()
    return profiles - centre, table["PAM50_Normal_median"].to_numpy() - centre


def statistics(rng: np.random.Generator, pairs: int, *, diluted: bool) -> np.ndarray:
    """Return the statistic of each pair."""
    profiles, normal = tumours(rng, pairs)
    share = np.minimum(1.0, rng.beta(*PURITY, pairs) / BULK_PURITY) if diluted else np.ones(pairs)
    sd = rng.uniform(*PAIR_SD, (pairs, 1)) / np.sqrt(2)
    own = profiles + sd * rng.normal(size=profiles.shape)
    after = _diluted(profiles, normal, share) + sd * rng.normal(size=profiles.shape)
    counts = np.ones((2, profiles.shape[1]))
    counts[OUTSIDE] = ~ranks.centroids().amplicon
    observed, before, after = (
        ranks.correlations(values, counts)[:, OUTSIDE]
        for values in (own, _diluted(own, normal, share), after)
    )
    return np.array(
        [rise(b, f, *direction(o, b, f)) for o, b, f in zip(observed, before, after, strict=True)]
    )


def _diluted(profiles: np.ndarray, normal: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.vstack(
        [dilute(row, normal, [part]) for row, part in zip(profiles, share, strict=True)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    for name, diluted in (("as sampled", False), ("at follow-up purity", True)):
        values = statistics(rng, args.pairs, diluted=diluted)
        quantiles = np.quantile(values, (0.05, 0.5, 0.95))
        print(name, "5 %, median, 95 %:", " ".join(f"{value:.3f}" for value in quantiles))
        scale = 1.4826 * np.median(np.abs(values - np.median(values)))
        print(name, f"1.4826 MAD: {scale:.3f}")


if __name__ == "__main__":
    main()

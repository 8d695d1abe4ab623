"""Median of the programme shift in stable pairs: derives threshold ``programme_null``.

The shift is a maximum over the directions a tumour can move in, so it lies above 0 where nothing
changed. Stable pairs are drawn from the bundled subgroup medians and SDs (TCGA): a HER2-positive
tumour, ER status as in TCGA; two samples whose programme drifts a little (t6 of scale .18) and
whose genes differ with an SD as in true pairs (.38-.87 log2, drawn per pair), the follow-up with as
much normal tissue or more, purities known with an SD of .06. No cohort of patients is used, and
nothing is fitted.

    python benchmarks/programme_null.py [--pairs 2000] [--seed 1]
"""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import numpy as np

from her2omics import resources
from her2omics.subtype import ranks
from her2omics.subtype.counterfactual import Purity, dilute
from her2omics.subtype.programme import shift
from her2omics.subtype.usual import medians
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

ER_POSITIVE = 123 / 160
PAIR_SD = (0.38, 0.87)
PURITY = (4.0, 5.0)  # beta: follow-ups of mean purity .44
BULK_PURITY = 0.6  # of the tumours behind the medians
PURITY_SD, DRAWS = 0.06, 100
DRIFT = 0.18  # scale of the t6 the programme moves by, as in the mechanism model
STEP = 0.25  # of the way to another subtype: gives the slope


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
    late = rng.beta(*PURITY, pairs) if diluted else np.full(pairs, BULK_PURITY)
    sd = rng.uniform(*PAIR_SD, (pairs, 1)) / np.sqrt(2)
    own = profiles + sd * rng.normal(size=profiles.shape)
    drifted = _drifted(profiles, normal, rng)
    after = _diluted(drifted, normal, np.minimum(1.0, late / BULK_PURITY))
    after += sd * rng.normal(size=profiles.shape)
    limit = SimpleNamespace(switch_margin=limits().switch_margin, programme_null=0.0)
    return np.array(
        [
            shift(
                before,
                follow,
                purities=(
                    purity_as_known(BULK_PURITY, rng),
                    purity_as_known(min(purity, BULK_PURITY), rng),
                ),
                normal=normal,
                rng=rng,
                limit=limit,
            )["programme_delta"]
            for before, follow, purity in zip(own, after, late, strict=True)
        ]
    )


def _drifted(profiles: np.ndarray, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return tumours moved towards or away from another subtype, as stable pairs do by chance."""
    types, rows = medians(normal), np.arange(len(profiles))
    tumour = [i for i, name in enumerate(SUBTYPES) if name != "Normal"]
    outside = (~ranks.centroids().amplicon)[None, :].astype(float)
    before = ranks.correlations(profiles, outside)[:, 0]
    x = np.array(tumour)[before[:, tumour].argmax(axis=1)]
    y = np.array([rng.choice([i for i in tumour if i != own]) for own in x])
    path = types[y] - types[x]
    after = ranks.correlations(profiles + STEP * path, outside)[:, 0]
    slope = (after - before)[rows, y] - (after - before)[rows, x]
    way = DRIFT * rng.standard_t(6, len(rows)) * STEP / np.maximum(slope, 0.02)
    return profiles + np.clip(way, -1, 1)[:, None] * path


def purity_as_known(true: float, rng: np.random.Generator) -> Purity:
    """Return the purity as a DNA fit of a near-diploid tumour gives it."""
    value = np.clip(true + PURITY_SD * rng.normal(), 0.02, 0.98)
    draws = np.clip(value + PURITY_SD * rng.normal(size=DRAWS), 0.02, 1.0)
    return Purity(value, draws, np.full(DRAWS, 2.1))


def _diluted(profiles: np.ndarray, normal: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.vstack(
        [dilute(row, normal, [part]) for row, part in zip(profiles, share, strict=True)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    for name, diluted in (("same purity", False), ("less pure", True)):
        values = statistics(rng, args.pairs, diluted=diluted)
        quantiles = np.quantile(values, (0.05, 0.5, 0.95))
        print(name, "5 %, median, 95 %:", " ".join(f"{value:.3f}" for value in quantiles))
        scale = 1.4826 * np.median(np.abs(values - np.median(values)))
        print(name, f"1.4826 MAD: {scale:.3f}")


if __name__ == "__main__":
    main()

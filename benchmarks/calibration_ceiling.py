"""How often can the leading label be right: a learned classifier beside the model.

    python benchmarks/calibration_ceiling.py --modalities cn+rna --training 600000 --seed 972001

Gradient-boosted trees learn the label from simulated ``standard`` cases by the hundred thousand, of
the same simulator as the cases judged, noise and all: what they miss, the evidence hardly tells.
No user could train them, as no cohort has verified labels. The model knows the simulator's laws
only as far as its priors do, is wider for departures from them, and has its gates. Measured without
mutation clusters and cells, which are no fixed set of numbers.
"""

from __future__ import annotations

import argparse

import calibration
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from her2omics.simulate import evidence as evidence_level
from her2omics.simulate import scenarios
from her2omics.simulate.tables import draw_groups, truth
from her2omics.tables import LABELS

VARIABLES = (
    "erbb2_log2",
    "purity",
    "ploidy",
    "other_copies",
    "erbb2_mrna",
    "neighbours_mrna",
    "programme_delta",
)
TIMES = ("baseline", "followup")
BATCH = 50_000
FIRST_TRAINING_SEED = 31_000


def numbers(modalities: str, *, cases: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what is measured, a row per case, and the place of the true label."""
    groups = draw_groups(cases, seed=seed, mixture=scenarios.parse("standard"), ascertained=True)
    kinds = evidence_level.parse_modalities(modalities)
    rows = evidence_level.evidence(groups, kinds, seed=seed)
    rows = rows[rows["variable"].isin(VARIABLES)]
    rows = rows.assign(key=rows["variable"] + "_" + rows["time"], value=rows["value"].astype(float))
    true = truth(groups)
    wide = rows.pivot_table(index="case", columns="key", values="value").reindex(true["case"])
    pairs = evidence_level.pairs(groups, kinds, ascertained=True).set_index("case")
    wide["treated"] = pairs["setting"].eq("post_neoadjuvant").astype(float).reindex(wide.index)
    _changes(wide)
    label = true["label"].map({name: i for i, name in enumerate(LABELS)}).to_numpy()
    return wide, label


def _changes(wide: pd.DataFrame) -> None:
    """Add what a tree would have to learn from sums: copies, retained share, changes."""
    change = {}
    for kind in ("erbb2_mrna", "neighbours_mrna"):
        if f"{kind}_followup" in wide:
            change[kind] = wide[f"{kind}_followup"] - wide[f"{kind}_baseline"]
            wide[f"{kind}_change"] = change[kind]
    if len(change) == 2:
        wide["erbb2_beyond_neighbours"] = change["erbb2_mrna"] - change["neighbours_mrna"]
    if "erbb2_log2_followup" not in wide:
        return
    gained = []
    for time in TIMES:
        purity, ploidy = wide[f"purity_{time}"].clip(0.05, 0.95), wide[f"ploidy_{time}"]
        total = purity * ploidy + 2 * (1 - purity)
        copies = (np.exp2(wide[f"erbb2_log2_{time}"]) * total - 2 * (1 - purity)) / purity
        wide[f"copies_{time}"] = copies
        gained.append(copies - wide[f"other_copies_{time}"])
    retained = np.log2((gained[1] / gained[0].clip(lower=1)).clip(0.02, 50))
    wide["retained_log2"] = retained
    for kind, exponent in (("erbb2_mrna", 1.6), ("neighbours_mrna", 1.1)):
        if kind in change:
            wide[f"{kind}_beyond_copies"] = change[kind] - exponent * retained


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modalities", default="cn+rna", help="of her2omics simulate evidence")
    parser.add_argument("--training", type=int, default=600_000, help="cases learnt from")
    parser.add_argument("--cases", type=int, default=20_000, help="cases judged")
    parser.add_argument("--seed", type=int, required=True, help="of the cases judged")
    parser.add_argument("--cores", type=int, default=1)
    args = parser.parse_args()
    batches = [
        numbers(args.modalities, cases=BATCH, seed=FIRST_TRAINING_SEED + i)
        for i in range(args.training // BATCH)
    ]
    learned = HistGradientBoostingClassifier(
        max_iter=1200,
        learning_rate=0.04,
        l2_regularization=1.0,
        early_stopping=True,
        validation_fraction=0.05,
        random_state=1,
    )
    learned.fit(pd.concat([x for x, _ in batches]), np.concatenate([y for _, y in batches]))
    measured, label = numbers(args.modalities, cases=args.cases, seed=args.seed)
    p = learned.predict_proba(measured)
    verdicts = calibration.classified(
        ("standard", args.modalities, False), cases=args.cases, seed=args.seed, cores=args.cores
    ).set_index("case")
    own = verdicts.loc[measured.index, [f"p_{name}" for name in LABELS]].to_numpy()
    assessed = np.isfinite(own).all(axis=1)
    rnaless = verdicts.loc[measured.index, "gates"].fillna("").str.contains("LOW_PURITY").to_numpy()
    for name, chosen in (
        ("all assessed", assessed),
        ("no LOW_PURITY", assessed & ~rnaless),
        ("LOW_PURITY", assessed & rnaless),
    ):
        right = [(found[chosen].argmax(axis=1) == label[chosen]) for found in (p, own)]
        both = (right[1].astype(float) - right[0]).std() / np.sqrt(chosen.sum())
        print(
            f"{name}: {chosen.sum()} cases, learned {right[0].mean():.4f}, model "
            f"{right[1].mean():.4f}, SE of the difference {both:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

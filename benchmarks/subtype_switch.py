"""False and true switches, and what the programme shift of diluted real tumours comes to.

Real tumours (TCGA, n = 712, ``tcga712_pam50`` below HER2OMICS_REAL_DATA) serve as baselines:
HER2-positive and not Normal-like. A stable follow-up is the same tumour, a switched one a tumour of
another published subtype; genes differ between biopsies by an SD of .38-.87 log2 as in true pairs,
and a part of the follow-up is replaced by normal tissue on the linear scale. Purities are known
with an SD of .06. Nothing is fitted.

    HER2OMICS_REAL_DATA=... python benchmarks/subtype_switch.py [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from subtype_centring import Tcga, by_rule

from her2omics import resources, tables
from her2omics.subtype import ranks
from her2omics.subtype.centroids import pam50_values, subtypes
from her2omics.subtype.counterfactual import dilute
from her2omics.subtype.switch import switches
from her2omics.tables import SUBTYPES

SHARES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25)
PAIR_SD = (0.38, 0.87)
PURITY, PURITY_SD = 0.7, 0.06


def profiles(tcga: Tcga) -> tuple[pd.DataFrame, pd.Series]:
    """Return centred profiles, tumours x 50, and the normal profile centred alike."""
    centre = by_rule(tcga.levels, "fixed_reference", her2=[], er=tcga.er, tau=0.35)
    table = pd.DataFrame({"gene": centre.index, "centre": centre.to_numpy()})
    reference = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")
    return pam50_values(tcga.levels, table), reference["PAM50_Normal_median"] - centre


def sampled(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return another biopsy of the same tissue: half of a pair's gene noise."""
    sd = rng.uniform(*PAIR_SD, (len(values), 1)) / np.sqrt(2)
    return values + sd * rng.normal(size=values.shape)


def thinned(values: np.ndarray, normal: np.ndarray, share: float) -> np.ndarray:
    """Return the tissue with only this share of it left, the rest normal."""
    return np.vstack([dilute(row, normal, [share]) for row in values])


def table_of(base: np.ndarray, after: np.ndarray, normal: pd.Series, share: float) -> pd.DataFrame:
    """Return table ``switches`` of pairs of rows."""
    n = len(base)
    names = [f"b{i}" for i in range(n)] + [f"f{i}" for i in range(n)]
    values = pd.DataFrame(np.vstack([base, after]), index=names, columns=normal.index)
    cases = pd.DataFrame(
        {
            "case": [f"b{i}__f{i}" for i in range(n)],
            "patient": [f"p{i}" for i in range(n)],
            "baseline": names[:n],
            "followup": names[n:],
            "setting": "relapse",
        }
    )
    purity = pd.DataFrame({"sample": names, "purity": np.repeat([PURITY, PURITY * share], n)})
    reach = 1.645 * PURITY_SD
    purity = purity.assign(
        purity_low=purity["purity"] - reach, purity_high=purity["purity"] + reach, weight=1.0
    )
    context = pd.DataFrame(
        {"protocol": "", "preservation": "", "unit": "counts", "scaled": True}, index=names
    )
    called = subtypes(
        values, patients=pd.Series("", index=names), seed=1, centring="", bootstraps=2
    )
    return switches(
        tables.typed(cases, "pairs"),
        values,
        subtypes=called,
        purity=purity,
        normal=normal,
        context=context,
        seed=1,
        draws=50,
    )


def rises(base: np.ndarray, own: np.ndarray, other: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the rise of r_target - r_own between two real tumours as they are, 48 genes."""
    outside = (~ranks.centroids().amplicon)[None, :].astype(float)
    before, after = (ranks.correlations(values, outside)[:, 0] for values in (base, other))
    x, y = ([SUBTYPES.index(name) for name in names] for names in (own, target))
    rows = np.arange(len(base))
    return (after[rows, y] - after[rows, x]) - (before[rows, y] - before[rows, x])


def auc(changed: np.ndarray, stable: np.ndarray) -> float:
    """Return the chance that a switched pair lies above a stable one."""
    return float((changed[:, None] > stable[None, :]).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = os.environ.get("HER2OMICS_REAL_DATA")
    if not folder:
        print("set HER2OMICS_REAL_DATA to the folder that holds tcga712_pam50", file=sys.stderr)
        return 1
    tcga, rng = Tcga(Path(folder) / "tcga712_pam50"), np.random.default_rng(args.seed)
    values, normal = profiles(tcga)
    array, label = values.to_numpy(), tcga.published[values.index].to_numpy()
    chosen = tcga.her2[values.index].to_numpy() & (label != "Normal")
    enriched = label[chosen] == "Her2"
    partner = [
        rng.choice(np.flatnonzero((label != own) & (label != "Normal"))) for own in label[chosen]
    ]
    luminal = np.isin(label[partner], ["LumA", "LumB"])
    normal = normal[list(values.columns)]
    full = rises(array[chosen], label[chosen], array[partner], label[partner])
    rows = []
    for share in SHARES:
        base = sampled(array[chosen], rng)
        same = sampled(thinned(array[chosen], normal.to_numpy(), share), rng)
        other = sampled(thinned(array[partner], normal.to_numpy(), share), rng)
        stable, changed = (table_of(base, after, normal, share) for after in (same, other))
        flips = (stable["subtype_baseline"] != stable["subtype_followup"]).to_numpy()
        s_moved, c_moved = (table["programme_delta"].to_numpy() for table in (stable, changed))
        part = enriched & luminal
        rows.append(
            {
                "share kept": share,
                "HER2-E label flips, stable": flips[enriched].mean(),
                "called switch, stable": stable["call"].eq("switch").to_numpy()[enriched].mean(),
                "called switch, HER2-E to luminal": changed["call"]
                .eq("switch")
                .to_numpy()[part]
                .mean(),
                "AUC delta (HER2-E to luminal)": auc(
                    changed["delta_purity_adjusted"].to_numpy()[part],
                    stable["delta_purity_adjusted"].to_numpy()[enriched],
                ),
                "AUC programme": auc(c_moved, s_moved),
                "median programme, stable": float(np.median(s_moved)),
                "95 % of |programme|, stable": float(np.quantile(np.abs(s_moved), 0.95)),
                "mean programme, switched": c_moved.mean(),
                "the same two tumours undiluted": full.mean(),
            }
        )
    print(pd.DataFrame(rows).T.to_string(header=False, float_format="{:.2f}".format))
    print(f"{chosen.sum()} pairs, of which {enriched.sum()} HER2-enriched")
    return 0


if __name__ == "__main__":
    sys.exit(main())

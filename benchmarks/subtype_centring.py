"""Agreement of the subtype calls with published calls, by centring rule.

TCGA, n = 712 with IHC and published PAM50 calls (``tcga712_pam50`` below HER2OMICS_REAL_DATA; the
same tumours are behind the bundled reference, so the rules that use it are flattered a little).
Nothing is fitted. Prints two tables: the whole set, and small HER2-enriched cohorts as a study of
HER2 loss would see them, with and without gene offsets of SD .88 log2 (FFPE against poly-A).

    HER2OMICS_REAL_DATA=... python benchmarks/subtype_centring.py [--draws 200] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.cohort import centring
from her2omics.readers import gene_ids
from her2omics.subtype import ranks
from her2omics.subtype.centroids import pam50_values
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

BALANCED_DRAWS = 50
PUBLISHED = {  # agreement measured before this code existed: all, HER2+
    "cohort median": (0.72, 0.69),
    "none": (0.89, 0.83),
    "ER-balanced median (50 draws)": (0.97, 0.97),
}
PUBLISHED_SMALL = {
    "cohort median": (".19", ".68", ".68"),
    "fixed reference": (".89", ".91", ".77"),
    "co-processed ER-balanced 20+20": (".93", ".93", ".93"),
    "fixed reference + shrunk offset": (".88-.94",) * 3,
}


class Tcga:
    """Levels (50 genes x 712, log2 RSEM), published calls, ER and HER2 by IHC."""

    def __init__(self, folder: Path) -> None:
        levels = pd.read_csv(folder / "tcga712_log2_pam50genes.tsv.gz", sep="\t", index_col=0)
        levels.index = gene_ids.canonical(levels.index)
        table = pd.read_csv(folder / "tcga712_ihc_pam50.tsv", sep="\t").set_index("PatientID")
        self.levels = levels.loc[list(ranks.centroids().genes), table.index]
        self.published = table["PAM50_paper"]
        self.er = table["er_status_by_ihc"].str.lower()
        self.her2 = table["her2_status_by_ihc"].eq("Positive")


def calls(levels: pd.DataFrame, centre: pd.Series) -> pd.Series:
    """Return the subtype of each sample."""
    table = pd.DataFrame({"gene": centre.index, "centre": centre.to_numpy()})
    values = pam50_values(levels, table)
    best, _ = ranks.best_two(ranks.correlations(values.to_numpy()))
    return pd.Series(np.array(SUBTYPES)[best], index=values.index)


def by_rule(
    levels: pd.DataFrame, rule: str, *, her2: list[str], er: pd.Series, tau: float
) -> pd.Series:
    """Return the centre of each gene under a rule of the package; levels are log2 RSEM."""
    table = centring.platform_centring(
        levels, her2_positive_baselines=her2, er=er, rule=rule, tau=tau, shift=0.0
    )
    return table.set_index("gene")["centre"]


def whole(tcga: Tcga, rng: np.random.Generator) -> pd.DataFrame:
    """Return the agreement of each rule over all 712 tumours and over the HER2-positive ones."""
    limit, positives = limits(), list(tcga.her2.index[tcga.her2])
    options = {"her2": positives, "er": tcga.er, "tau": limit.platform_tau_same}
    negative, positive = (
        tcga.er.index[tcga.er == status].to_numpy() for status in ("negative", "positive")
    )
    drawn = [
        tcga.levels[[*negative, *rng.choice(positive, len(negative), replace=False)]].median(axis=1)
        for _ in range(BALANCED_DRAWS)
    ]
    centres = {
        "cohort median": [tcga.levels.median(axis=1)],
        "none": [by_rule(tcga.levels, "none", **options)],
        "ER-balanced median (50 draws)": drawn,
        "er_balanced_cohort (weighted)": [by_rule(tcga.levels, "er_balanced_cohort", **options)],
        "fixed_reference": [by_rule(tcga.levels, "fixed_reference", **options)],
        "fixed_reference_offset": [by_rule(tcga.levels, "fixed_reference_offset", **options)],
    }
    rows = []
    for name, options in centres.items():
        agrees = np.array([calls(tcga.levels, c).eq(tcga.published) for c in options])
        rows.append(
            (name, agrees.mean(), agrees[:, tcga.her2].mean(), *PUBLISHED.get(name, ("", "")))
        )
    return pd.DataFrame(rows, columns=["rule", "all", "HER2+", "page: all", "page: HER2+"])


def small(tcga: Tcga, rng: np.random.Generator, draws: int) -> pd.DataFrame:
    """Return the agreement of each rule in cohorts of twelve, drawn by their published call.

    The offset is learnt from those of the twelve that are HER2-positive by IHC.
    """
    enriched = tcga.published.index[tcga.published.eq("Her2")].to_numpy()
    luminal = tcga.published.index[tcga.published.isin(["LumA", "LumB"])].to_numpy()
    columns = {
        "12 HER2-E": (12, 0, 0.0),
        "6 HER2-E + 6 luminal": (6, 6, 0.0),
        "6+6 with shift": (6, 6, limits().protocol_offset_sd),
    }
    out = {
        name: {
            rule: np.mean(values)
            for rule, values in _cohorts(tcga, rng, draws, enriched, luminal, *shape).items()
        }
        for name, shape in columns.items()
    }
    table = pd.DataFrame(out)
    for index, name in enumerate(columns):
        table[f"page: {name}"] = [PUBLISHED_SMALL[rule][index] for rule in table.index]
    return table.reset_index(names="rule")


def _cohorts(tcga, rng, draws, enriched, luminal, n_enriched, n_luminal, shift_sd):
    """Return the agreement of each rule in each drawn cohort."""
    limit = limits()
    tau = limit.platform_tau_unknown if shift_sd else limit.platform_tau_same
    found: dict[str, list[float]] = {rule: [] for rule in PUBLISHED_SMALL}
    for _ in range(draws):
        names = [
            *rng.choice(enriched, n_enriched, replace=False),
            *rng.choice(luminal, n_luminal, replace=False),
        ]
        rest = tcga.er.drop(names)
        processed = [
            name
            for status in ("positive", "negative")
            for name in rng.choice(rest.index[rest == status], 20, replace=False)
        ]
        shift = rng.normal(0, shift_sd, len(tcga.levels))
        levels = tcga.levels[names].add(shift, axis=0)
        both = tcga.levels[processed].add(shift, axis=0)
        positives = [name for name in names if tcga.her2[name]]
        options = {"her2": positives, "er": tcga.er, "tau": tau}
        centres = {
            "cohort median": levels.median(axis=1),
            "fixed reference": by_rule(levels, "fixed_reference", **options),
            "co-processed ER-balanced 20+20": by_rule(both, "er_balanced_cohort", **options),
            "fixed reference + shrunk offset": by_rule(levels, "fixed_reference_offset", **options),
        }
        for rule, centre in centres.items():
            found[rule].append(calls(levels, centre).eq(tcga.published[names]).mean())
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200, help="small cohorts of each kind")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = os.environ.get("HER2OMICS_REAL_DATA")
    if not folder:
        print("set HER2OMICS_REAL_DATA to the folder that holds tcga712_pam50", file=sys.stderr)
        return 1
    tcga, rng = Tcga(Path(folder) / "tcga712_pam50"), np.random.default_rng(args.seed)
    for table in (whole(tcga, rng), small(tcga, rng, args.draws)):
        print(table.to_string(index=False, float_format="{:.3f}".format), end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

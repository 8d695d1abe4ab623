"""programme_delta through simulated files against the programme shift of truth.

Cohorts with many subtype switches go through `simulate`, `cohort` and `subtype`; the table compares
programme_delta with the latent shift plus the centre of the setting (0 at relapse, .4 after
neoadjuvant treatment), by the lower purity of the pair. Coverage: share within 1.645 x
sqrt(scale^2 + programme_delta_sd^2), scale .18 and .25.

    python benchmarks/programme_files.py [--seeds 5000,5001,5002,5003] [--cases 300]
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cli import main as her2omics
from her2omics.simulate import cohort
from her2omics.simulate.scenarios import SCENARIOS
from her2omics.simulate.tables import draw_groups, truth

STATES = {"R": 0.5, "SS-ret": 0.25, "SS-lost": 0.25}
KINDS = ("rna", "ish", "dna")
SETTINGS = {"relapse": (0.0, 0.18), "post_neoadjuvant": (0.4, 0.25)}
BANDS = {"all": (0, 1), "< .20": (0, 0.2), ".20-.35": (0.2, 0.35), ".35-.50": (0.35, 0.5)}
BANDS |= {"> .50": (0.5, 1)}


def measured(seed: int, cases: int) -> pd.DataFrame:
    """Return truth and switches of one cohort, case by case."""
    scenario = replace(SCENARIOS["standard"], states=STATES)
    groups = draw_groups(cases, seed=seed, mixture=[(scenario, 1.0)], ascertained=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cohort.write(groups, folder, seed=seed, genes=400, modalities=KINDS, ascertained=False)
        study = ["--samples", str(folder / "samples.tsv"), "--units", str(folder / "units.tsv")]
        study += ["--config", str(folder / "config.yaml")]
        her2omics(["cohort", *study, "--out", str(folder / "cohort")])
        her2omics(["subtype", *study, "--cohort", str(folder / "cohort"), "--out", str(folder)])
        found = tables.read(folder, "switches")[["case", "programme_delta", "programme_delta_sd"]]
    return found.merge(truth(groups), on="case")


def summary(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per setting and band of purity."""
    low = pairs[["purity_baseline", "purity_followup"]].min(axis=1)
    rows = []
    for setting, (centre, scale) in SETTINGS.items():
        for band, (least, most) in BANDS.items():
            part = pairs[pairs["setting"].eq(setting) & low.gt(least) & low.le(most)]
            moved = part["programme_shift"].ge(0.5)
            error = part["programme_delta"] - part["programme_shift"] - centre
            inside = error.abs() <= 1.645 * np.hypot(scale, part["programme_delta_sd"])
            values = part["programme_delta"].to_numpy()
            higher = values[moved][:, None] > values[~moved][None, :]
            rows.append(
                {
                    "setting": setting,
                    "purity": band,
                    "stable": int((~moved).sum()),
                    "switched": int(moved.sum()),
                    "stable: bias": error[~moved].mean(),
                    "SD": error[~moved].std(),
                    "covered": inside[~moved].mean(),
                    "switched: m": part["programme_shift"][moved].mean(),
                    "delta - centre": (part["programme_delta"][moved] - centre).mean(),
                    "SD of error": error[moved].std(),
                    "covered ": inside[moved].mean(),
                    "AUC": higher.mean() if higher.size else np.nan,
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="5000,5001,5002,5003")
    parser.add_argument("--cases", type=int, default=300)
    args = parser.parse_args()
    found = [measured(int(seed), args.cases) for seed in args.seeds.split(",")]
    print(summary(pd.concat(found)).to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()

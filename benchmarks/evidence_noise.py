"""How far the evidence read from files lies from the latent truth, beside what it says of itself.

    python benchmarks/calibration.py --level files --cells "files, all bulk" --cases 300 --out DIR
    python benchmarks/evidence_noise.py DIR/cohorts/* --out resources/evidence_noise.tsv

A row per variable and assay: the robust SD (1.4826 MAD) of value - truth, the median stated SD, the
SD of (value - truth) / stated, and the share of truths inside the stated 90 % interval. What stands
in ``simulated`` is the SD that cases simulated at evidence level are drawn with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.simulate import measure

_Z90 = 1.6448536269514722
_VARIABLES = tuple(measure.ASSUMED_SD["wes"])


def errors(folder: Path) -> pd.DataFrame:
    """Return error and stated SD of every measurement of one simulated cohort that has a truth."""
    evidence = pd.read_csv(folder / "results" / "evidence.tsv", sep="\t")
    truth = pd.read_csv(folder / "truth_dna.tsv", sep="\t").set_index("sample")
    pairs = pd.read_csv(folder / "cohort" / "pairs.tsv", sep="\t").set_index("case")
    here = evidence[evidence["variable"].isin(_VARIABLES) & evidence["time"].ne("pair")]
    here = here[here["item"].isna() | here["item"].astype(str).isin(("1", "1.0"))]
    sample = [pairs.at[case, time] for case, time in zip(here["case"], here["time"], strict=True)]
    true = truth.loc[sample]
    dna = true["purity"] * true["ploidy"] + 2 * (1 - true["purity"])
    expected = {
        "erbb2_log2": np.log2(
            (true["purity"] * true["erbb2_copies"] + 2 - 2 * true["purity"]) / dna
        ),
        "purity": true["purity"],
        "ploidy": true["ploidy"],
        "other_copies": true["copies_other"],
    }
    target = np.select(
        [here["variable"].eq(name) for name in expected],
        [values.to_numpy() for values in expected.values()],
    )
    return pd.DataFrame(
        {
            "variable": here["variable"].to_numpy(),
            "assay": true["assay"].to_numpy(),
            "error": pd.to_numeric(here["value"]).to_numpy() - target,
            "stated": here["sd"].to_numpy(dtype=float),
        }
    )


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row per variable and assay."""
    rows = []
    for (variable, assay), part in found.dropna().groupby(["variable", "assay"], sort=True):
        error, z = part["error"], part["error"] / part["stated"]
        rows.append(
            {
                "variable": variable,
                "assay": assay,
                "measurements": len(part),
                "bias": error.median(),
                "sd": 1.4826 * (error - error.median()).abs().median(),
                "stated_sd": part["stated"].median(),
                "z_sd": 1.4826 * (z - z.median()).abs().median(),
                "inside_90": z.abs().le(_Z90).mean(),
                "simulated_sd": measure.ASSUMED_SD[assay][variable],
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="cohorts with results")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    table = summary(pd.concat([errors(folder) for folder in args.folders]))
    print(table.round(3).to_string(index=False))
    if args.out:
        table.to_csv(args.out, sep="\t", index=False, float_format="%.3g")


if __name__ == "__main__":
    main()

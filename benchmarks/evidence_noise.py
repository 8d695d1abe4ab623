"""How far the evidence read from files lies from the latent truth, beside what it says of itself.

    python benchmarks/calibration.py --level files --cells "files, all bulk" --cases 300 --out DIR
    python benchmarks/evidence_noise.py DIR/cohorts/* --out resources/evidence_noise.tsv

A row per variable and assay: the robust SD (1.4826 MAD) of value - truth, the median stated SD, the
SD of (value - truth) / stated, and the share of truths inside the stated 90 % interval. What stands
in ``simulated`` is the SD that cases simulated at evidence level are drawn with.

The truth of a mutation cluster is the cancer cell fraction of the clone that most of its mutations
come from. Only fractions from .05 to .95 count: those of all cells or none are hardly ever off.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.simulate import clusters, measure

_Z90 = 1.6448536269514722
_VARIABLES = tuple(measure.ASSUMED_SD["wes"])
_FRACTIONS = (0.05, 0.95)


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
            "simulated": [
                measure.ASSUMED_SD[assay][variable]
                for assay, variable in zip(true["assay"], here["variable"], strict=True)
            ],
        }
    )


def cluster_errors(folder: Path) -> pd.DataFrame:
    """Return the same of the mutation clusters whose true fraction is neither 0 nor 1."""
    read = {
        name: pd.read_csv(folder / path, sep="\t", low_memory=False)
        for name, path in {
            "evidence": "results/evidence.tsv",
            "mutations": "results/mutations.tsv",
            "truth": "truth_mutations.tsv",
            "dna": "truth_dna.tsv",
            "pairs": "cohort/pairs.tsv",
        }.items()
    }
    own = read["mutations"][["patient", "mutation_id", "cluster_id"]].drop_duplicates()
    true = own.merge(read["truth"], on=["patient", "mutation_id"])
    keys = ["case", "cluster_id"]
    true["size"] = true.groupby([*keys, "clone"])["clone"].transform("size")
    true = true.sort_values("size", ascending=False, kind="stable").drop_duplicates(keys)
    here = read["evidence"][read["evidence"]["variable"].eq("cluster_ccf")]
    here = here.assign(cluster_id=here["item"].astype(float).astype(int))
    here = here.merge(true, on=keys).merge(read["pairs"], on="case", suffixes=("", "_pair"))
    late = here["time"].eq("followup")
    here["true"] = here["ccf_followup"].where(late, here["ccf_baseline"])
    here = here[here["true"].between(*_FRACTIONS)]
    sample = here["followup"].where(here["time"].eq("followup"), here["baseline"])
    dna = read["dna"].set_index("sample").loc[sample]
    return pd.DataFrame(
        {
            "variable": "cluster_ccf",
            "assay": dna["assay"].to_numpy(),
            "error": here["value"].to_numpy(dtype=float) - here["true"].to_numpy(),
            "stated": here["sd"].to_numpy(dtype=float),
            "simulated": clusters.ccf_sd(
                here["n"].to_numpy(), purity=dna["purity"].to_numpy(), assay=dna["assay"]
            ),
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
                "simulated_sd": part["simulated"].median(),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="cohorts with results")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found = [read(folder) for folder in args.folders for read in (errors, cluster_errors)]
    table = summary(pd.concat(found))
    print(table.round(3).to_string(index=False))
    if args.out:
        table.to_csv(args.out, sep="\t", index=False, float_format="%.3g")


if __name__ == "__main__":
    main()

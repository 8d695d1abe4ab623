"""Which arm loses what evidence level has, on one cohort read from files.

    python benchmarks/calibration.py --level files --cells "files, all bulk" --cases 300 \
        --seed 933001 --out DIR
    python benchmarks/files_losses.py DIR/cohorts/standard_bulk_933001 --cases 300 --seed 933001

The cases are judged with the evidence of the files, without its mutation clusters, with the
clusters that evidence level measures of the same latent cases, and with all evidence of that level.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from calibration import beside, score

from her2omics import tables
from her2omics.mechanism.calibrate import learn, with_noise
from her2omics.mechanism.classify import classify, gates_by_case
from her2omics.mechanism.evidence import parse
from her2omics.sheets.config import defaults
from her2omics.simulate import evidence as evidence_level
from her2omics.simulate import scenarios
from her2omics.simulate.tables import draw_groups

_CLUSTERS = "cluster_ccf"
_SHOWN = ("accuracy", "log_loss", "called", "called_right", "recall_subtype_switch")


def alternatives(folder: Path, *, cases: int, seed: int) -> dict[str, pd.DataFrame]:
    """Return table ``evidence`` by what it is made of."""
    groups = draw_groups(cases, seed=seed, mixture=scenarios.parse("standard"), ascertained=True)
    level = evidence_level.evidence(groups, evidence_level.parse_modalities("bulk"), seed=seed)
    files = tables.read(folder / "results", "evidence")
    rest = files[files["variable"].ne(_CLUSTERS)]
    better = pd.concat([rest, level[level["variable"].eq(_CLUSTERS)]])
    return {
        "files": files,
        "files without clusters": rest,
        "files, clusters of evidence level": better,
        "evidence level": level,
    }


def judged(evidence: pd.DataFrame, folder: Path, *, cores: int) -> dict[str, float]:
    """Return the figures of the cases with this evidence and the gates of the files."""
    config = defaults()
    quality = tables.read(folder / "results" / "gates", "quality")
    evidence = tables.typed(
        evidence.sort_values("case", kind="stable").reset_index(drop=True), "evidence"
    )
    pairs = tables.read(folder / "cohort", "pairs")
    parsed = parse(evidence, pairs, multipliers=config["priors"]["multipliers"])
    noise, _ = learn(parsed, quality=gates_by_case(quality), config=config, cores=cores)
    verdicts, _, _ = classify(
        with_noise(parsed, noise), quality=quality, config=config, cores=cores, explain=False
    )
    return score(beside(verdicts, tables.read(folder, "truth")))


def main() -> None:
    """Print one row per alternative."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="cohort with results")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, required=True, help="seed the cohort was made with")
    parser.add_argument("--cores", type=int, default=1)
    args = parser.parse_args()
    rows = {
        name: {key: np.round(value, 3) for key, value in found.items() if key in _SHOWN}
        for name, evidence in alternatives(args.folder, cases=args.cases, seed=args.seed).items()
        for found in [judged(evidence, args.folder, cores=args.cores)]
    }
    print(pd.DataFrame(rows).T.to_string())


if __name__ == "__main__":
    main()

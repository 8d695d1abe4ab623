"""How often the gates that must fire do, and how often the verdict of a clean case is stopped.

    python benchmarks/gates.py --cases 5000 --seed 940001 --out DIR

Evidence level, fresh seeds. Every row is one kind of cohort, the codes of which one has to fire
(or, for clean cases, no code of kind S may), and the share of its cases in which that holds, with
the 90 % Wilson interval. Writes ``gates.tsv``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.mechanism.classify import judged
from her2omics.mechanism.evidence import parse
from her2omics.sheets.config import defaults
from her2omics.simulate import evidence as evidence_level
from her2omics.simulate import scenarios
from her2omics.simulate.tables import draw_groups, truth
from her2omics.thresholds import limits

_Z90 = 1.645


@dataclass(frozen=True)
class Row:
    """One kind of cohort: what is drawn and measured, and what has to fire."""

    name: str
    scenario: str
    modalities: str
    codes: tuple[str, ...]
    chosen: Callable[[pd.DataFrame], pd.Series] = lambda truths: pd.Series(True, truths.index)
    bar: float = 0.98


def _clean(truths: pd.DataFrame) -> pd.Series:
    purity = truths[["purity_baseline", "purity_followup"]].min(axis=1)
    return purity.ge(0.30) & truths["copies_amplified_baseline"].ge(8)


POLYSOMY = ("BASELINE_NOT_FOCAL", "BASELINE_UNCONFIRMED")
ROWS = (
    Row("purity .05, DNA only", "purity_05", "cn+clusters", ("LOW_PURITY", "UNDERPOWERED_CN")),
    Row("purity .10, DNA only", "purity_10", "cn+clusters", ("LOW_PURITY",), bar=0.0),
    Row("polysomy, all bulk", "polysomy", "bulk", POLYSOMY),
    Row("polysomy, copy number and ISH", "polysomy", "cn+ish", POLYSOMY),
    Row("HER2-negative baseline", "her2_negative_baseline", "mixed", ("BASELINE_NOT_POSITIVE",)),
    Row("never amplified", "false_positive_baseline", "bulk", ("BASELINE_UNCONFIRMED",), bar=0.0),
    Row("ISH totals", "ish_totals", "bulk+ish", ("ISH_INCONSISTENT",)),
    Row("clean cases: no stop, mixed", "standard", "mixed", (), _clean),
    Row("clean cases: no stop, all bulk", "standard", "bulk", (), _clean),
    Row("clean cases: no stop, RNA alone", "standard", "rna", (), _clean, bar=0.0),
)


def measured(row: Row, *, cases: int, seed: int) -> dict:
    """Return the share of a cohort in which the row's condition holds."""
    groups = draw_groups(cases, seed=seed, mixture=scenarios.parse(row.scenario), ascertained=True)
    kinds = evidence_level.parse_modalities(row.modalities)
    table = evidence_level.evidence(groups, kinds, seed=seed)
    pairs = evidence_level.pairs(groups, kinds, ascertained=True)
    config = defaults()
    limit = limits(config["thresholds"])
    chosen = row.chosen(truth(groups)).to_numpy()
    held = []
    for case in parse(table, pairs, multipliers=config["priors"]["multipliers"]):
        fired = judged(case, quality={}, limit=limit)[1]
        if row.codes:
            held.append(any(gate.code in row.codes for gate in fired))
        else:
            held.append(not any(gate.kind == "S" for gate in fired))
    held = np.array(held)[chosen]
    low, high = wilson(held.sum(), len(held))
    return {
        "cohort": row.name,
        "holds": " or ".join(row.codes) or "no code of kind S",
        "cases": len(held),
        "share": held.mean(),
        "low": low,
        "high": high,
        "bar": row.bar or None,
    }


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return the 90 % Wilson interval of a share."""
    share, z2 = count / total, _Z90**2 / total
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z90 / (1 + z2) * np.sqrt(share * (1 - share) / total + z2 / (4 * total))
    return middle - half, middle + half


def main() -> None:
    """Measure all rows and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=940001)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows = [
        measured(row, cases=args.cases, seed=args.seed + place) for place, row in enumerate(ROWS)
    ]
    args.out.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows)
    table.to_csv(args.out / "gates.tsv", sep="\t", index=False, float_format="%.4f")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3f}"))


if __name__ == "__main__":
    main()

"""The demonstration cohort: clear cases of every kind, chosen by their latent truth alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from her2omics.simulate import case, cohort
from her2omics.simulate.scenarios import SCENARIOS, Scenario
from her2omics.simulate.tables import Group, with_ids

SEED = 2022
GENES = 2500
_DRAWN = 6000

#: Cases of each state.
_WANTED = {"D": 3, "CS": 3, "SS-lost": 2, "SS-ret": 1, "DA": 1, "R": 2, "MIX": 1}


def _clear(cases: pd.DataFrame) -> pd.Series:
    """Return which cases show their state plainly, by their latent values.

    Tumour-rich samples of a strongly amplified tumour; large repression, shift or loss where the
    state has one, none where it has not; the amplified clone the larger one before selection.
    """
    rich = cases[["purity_baseline", "purity_followup"]].min(axis=1).ge(0.55)
    strong = cases["copies_amplified_baseline"].ge(14) & cases["f_baseline"].ge(0.6)
    state, d, m = cases["state"], cases["repression_log2"], cases["programme_shift"]
    repressed = state.isin(["D", "MIX"])
    switched = state.isin(["SS-ret", "SS-lost"])
    steady = ~repressed & ~switched & d.lt(0.3) & m.eq(0)
    plain = (repressed & d.gt(2.5)) | (switched & m.gt(0.9)) | steady
    # On the drug programmes move without a switch.
    off_drug = cases["setting"].eq("relapse")
    return rich & strong & plain & off_drug & ~cases["doubling_between"]


def groups(*, seed: int = SEED) -> list[Group]:
    """Return the demonstration cohort: standard cases, one negative baseline, one lone baseline."""
    standard = SCENARIOS["standard"]
    cases = case.draw(_DRAWN, seed=seed, scenario=standard)
    clear = cases[_clear(cases)]
    chosen = pd.concat(
        [clear[clear["state"].eq(state)].head(count) for state, count in _WANTED.items()]
    )
    parts: list[tuple[Scenario, pd.DataFrame]] = [(standard, chosen)]
    for name in ("her2_negative_baseline", "no_followup"):
        parts.append((SCENARIOS[name], case.draw(1, seed=seed, scenario=SCENARIOS[name])))
    out, first = [], 0
    for scenario, rows in parts:
        numbered = rows.assign(patient=range(first, first + len(rows))).reset_index(drop=True)
        out.append(Group(scenario, with_ids(numbered, scenario, width=2)))
        first += len(rows)
    return out


def write(out: Path, *, seed: int = SEED, genes: int = GENES) -> None:
    """Write the demonstration cohort: RNA, IHC, ISH with amplified cells counted."""
    cohort.write(
        groups(seed=seed),
        out,
        seed=seed,
        genes=genes,
        modalities={"rna", "ish"},
        ascertained=True,
    )

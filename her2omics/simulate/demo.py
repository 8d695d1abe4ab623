"""The demonstration cohort: clear cases of every kind, chosen by their latent truth alone.

One more lies near the border between states, picked because its verdict is ``uncertain``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from her2omics.simulate import case, cohort
from her2omics.simulate.scenario import Scenario
from her2omics.simulate.scenarios import SCENARIOS
from her2omics.simulate.tables import Group, with_ids

SEED = 2022
GENES = 2500
_DRAWN = 4000  # of each state

#: Cases of each state.
_WANTED = {"D": 3, "CS": 2, "SS-ret": 1, "SS-lost": 1, "DA": 1, "R": 2, "PR": 2}

_UNCERTAIN = 3  # which of the cases near the border


def _clear(cases: pd.DataFrame) -> pd.Series:
    """Return which cases show their state plainly, by their latent values.

    Samples rich in tumour cells and tumour RNA, of a strongly amplified tumour at relapse; a large
    repression, shift or loss where the state has one and none where it has not; HER2-enriched
    before a switch, since Luminal A hides in normal tissue, with ERBB2 mRNA well down if its
    copies stay; lost copies down to those of other cells; a part of the lineage well between kept
    and replaced.
    """
    rich = cases[["purity_baseline", "purity_followup"]].min(axis=1).ge(0.65)
    rich &= cases[["rna_share_baseline", "rna_share_followup"]].min(axis=1).ge(0.65)
    strong = cases["copies_amplified_baseline"].ge(14) & cases["f_baseline"].ge(0.6)
    quiet = cases["programme_drift"].abs().lt(0.25) & ~cases["doubling_between"]
    state, d, m = cases["state"], cases["repression_log2"], cases["programme_shift"]
    repressed = state.eq("D") & d.gt(2.5)
    switched = state.isin(["SS-ret", "SS-lost"]) & m.gt(0.9)
    switched &= cases["subtype_baseline"].eq("Her2") & (state.eq("SS-lost") | d.gt(1.5))
    steady = state.isin(["R", "CS", "DA"]) & d.lt(0.3) & m.eq(0)
    lost = state.isin(["DA", "SS-lost"])
    scar = cases["copies_amplified_followup"] - cases["copies_other_followup"]
    partial = cases["f_followup"].between(0.25, 0.5 * cases["f_baseline"]) & ~cases["by_copies"]
    partial &= cases["f_baseline"].ge(0.8) & d.lt(0.3)
    # On the drug programmes move without a switch.
    off_drug = cases["setting"].eq("relapse")
    shown = repressed | switched | steady
    return rich & strong & quiet & off_drug & (shown | partial) & ~(lost & scar.gt(2))


def _on_the_border(cases: pd.DataFrame) -> pd.Series:
    """Return which cases hardly differ from their neighbours: moderate repression, few copies."""
    before, other = cases["copies_amplified_baseline"], cases["copies_other_baseline"]
    return cases["repression_log2"].between(1.3, 1.6) & before.lt(1.6 * other)


def groups(*, seed: int = SEED) -> list[Group]:
    """Return the demonstration cohort: standard cases, one negative baseline, one lone baseline."""
    standard = SCENARIOS["standard"]
    chosen = []
    for index, (state, count) in enumerate(_WANTED.items()):
        # A seed of its own: else the states would share their patients' random numbers.
        only = replace(standard, states={state: 1.0})
        cases = case.draw(_DRAWN, seed=seed + index, scenario=only)
        chosen.append(cases[_clear(cases) & cases["state"].eq(state)].head(count))
    cases = case.draw(_DRAWN, seed=seed, scenario=replace(standard, states={"D": 1.0}))
    chosen.append(cases[_on_the_border(cases)].iloc[[_UNCERTAIN]])
    chosen = pd.concat(chosen)
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
    """Write the demonstration cohort: RNA, IHC, ISH with amplified cells counted, purity."""
    cohort.write(
        groups(seed=seed),
        out,
        seed=seed,
        genes=genes,
        modalities={"rna", "ish", "dna"},
        ascertained=True,
    )

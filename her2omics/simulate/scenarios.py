"""All scenarios by name: ``standard``, hard cases and departures from the model.

A scenario changes a few parameters of ``standard`` and says which gate its cases must or may fire.
The classifier is never told which scenario a case comes from.
"""

from __future__ import annotations

from her2omics.errors import InputError, Problem, one_of
from her2omics.simulate.departures import DEPARTURES
from her2omics.simulate.hard_cases import HARD_CASES
from her2omics.simulate.scenario import Scenario

_STANDARD = Scenario(name="standard", description="the parameter table, nothing changed")

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for scenario in (_STANDARD, *HARD_CASES, *DEPARTURES)
}


def parse(text: str) -> list[tuple[Scenario, float]]:
    """Return scenarios and their shares of a cohort.

    Parameters
    ----------
    text
        ``NAME``, or ``NAME:SHARE,NAME:SHARE``; shares are scaled to sum to 1.

    Raises
    ------
    InputError
        For an unknown name or a share that is not a positive number.
    """
    parts, problems = [], []
    for item in text.split(","):
        name, _, share = item.strip().partition(":")
        if name not in SCENARIOS:
            problems.append(Problem(one_of(name, list(SCENARIOS)), column="--scenario"))
            continue
        try:
            weight = float(share) if share else 1.0
        except ValueError:
            weight = -1.0
        if not 0 < weight < float("inf"):
            problems.append(
                Problem(f"share '{share}' of {name} is not a positive number", column="--scenario")
            )
        parts.append((SCENARIOS[name], weight))
    if problems:
        raise InputError(problems)
    total = sum(weight for _, weight in parts)
    return [(scenario, weight / total) for scenario, weight in parts]

"""Errors a user can mend, written for the person who has to mend them.

Every function that reads user input collects :class:`Problem` objects and raises one
:class:`InputError` with all of them. The command line prints one line per problem and exits with 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input.

    Parameters
    ----------
    message
        What was found, what was expected and what to do.
    file
        Name of the file as the user wrote it.
    line
        1-based line of the file, header included.
    sample
        Sample, case or gene concerned.
    column
        Column or config key concerned.
    """

    message: str
    file: str | None = None
    line: int | None = None
    sample: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return ``file line N (sample): column: message`` with the absent parts left out."""
        place = " ".join(
            part
            for part in (
                self.file or "",
                f"line {self.line}" if self.line is not None else "",
                f"({self.sample})" if self.sample else "",
            )
            if part
        )
        return ": ".join(part for part in (place, self.column or "", self.message) if part)


class InputError(Exception):
    """The input is wrong; carries all problems found, at least one."""

    def __init__(self, problems: Iterable[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        elif isinstance(problems, Problem):
            problems = [problems]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def raise_all(problems: Sequence[Problem]) -> None:
    """Raise :class:`InputError` if there is any problem."""
    if problems:
        raise InputError(problems)


def suggestion(found: str, allowed: Iterable[str]) -> str:
    """Return `` - did you mean 'x'?`` for the closest allowed value, or an empty string."""
    choices = [str(value) for value in allowed]
    lowered = {value.lower(): value for value in reversed(choices)}
    close = difflib.get_close_matches(str(found).lower(), lowered, n=1, cutoff=0.6)
    return f" - did you mean '{lowered[close[0]]}'?" if close else ""


def one_of(found: str, allowed: Sequence[str]) -> str:
    """Return the message for a value outside a closed list, with a suggestion if one is close."""
    listed = ", ".join(str(value) for value in allowed)
    return f"'{found}' is not one of {listed}{suggestion(found, allowed)}"

"""The gates of a case with what each did to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from her2omics.report import words
from her2omics.report.results import Record, Results

_ORDER = "SCFN"


def kind_in(case: Record, code: str, kind: str | None) -> str:
    """Return the kind of a gate in one case.

    Parameters
    ----------
    case
        Row of ``cases``.
    code
        Code of the gate.
    kind
        Kind in table ``quality``; one code may have fired with several. None where unknown.
    """
    kind = kind or words.GATES.get(code, ("N", ""))[0]
    only = words.CAPS_ONLY.get(code)
    return "N" if kind == "C" and only not in (None, case["label"]) else kind


def of_case(case: Record, quality: Sequence[Record]) -> list[dict[str, object]]:
    """Return the gates of a case in the order of their weight.

    Parameters
    ----------
    case
        Row of ``cases``.
    quality
        Its rows of ``quality``; codes that only ``cases`` names are added.
    """
    detailed = {row["code"] for row in quality}
    named = [code for code in words.split(case["gates"]) if code not in detailed]
    gates = []
    for row in [*quality, *({"code": code, "kind": None} for code in named)]:
        code = row["code"]
        kind = kind_in(case, code, row["kind"])
        effect = words.KINDS[kind]
        if row["kind"] == "C" and kind == "N":
            label = words.LABELS[words.CAPS_ONLY[code]].lower()
            effect = f"for information (it caps only the label {label})"
        gates.append(
            {
                "code": code,
                "kind": kind,
                "meaning": row.get("note") or words.GATES.get(code, ("N", ""))[1],
                "effect": effect,
                "sample": row.get("sample"),
                "value": row.get("value"),
                "threshold": row.get("threshold"),
            }
        )
    return sorted(gates, key=lambda gate: _ORDER.index(gate["kind"]))


def counts(results: Results) -> dict[tuple[str, str], int]:
    """Return how many cases each gate did something to: (kind, code) -> cases, sorted.

    In a case that a gate stopped, nothing was left to cap or to drop: there only stops count, and
    what is for information.
    """
    found: Counter[tuple[str, str]] = Counter()
    for case in results.rows("cases"):
        gates = of_case(case, results.of_case("quality", case["case"]))
        kept = "SN" if case["label"] == "not_assessable" else _ORDER
        found.update({(gate["kind"], gate["code"]) for gate in gates if gate["kind"] in kept})
    place = {code: index for index, code in enumerate(words.GATES)}
    order = sorted(
        found, key=lambda key: (_ORDER.index(key[0]), place.get(key[1], len(place)), key[1])
    )
    return {key: found[key] for key in order}

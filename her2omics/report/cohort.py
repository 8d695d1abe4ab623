"""The cohort page: labels, loss rates, exclusions, and what happened over all pairs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from her2omics.report import case_figures, cohort_figures, fired, words
from her2omics.report.case import has_page, page_name
from her2omics.report.palette import LABEL, ON_LABEL
from her2omics.report.results import Record, Results
from her2omics.report.svg import Drawing, percent
from her2omics.tables import LABELS

ALL_LABELS = (*LABELS, "uncertain", "not_assessable")
_Z95 = 1.959963984540054  # two-sided 95 % of a normal distribution
_TOP_GENES, _TOP_SETS = 14, 25
# Sections that share a row of the page: the first at the left, the others at the right.
_BESIDE = (("labels", "loss_rate", "exclusions"), ("arrows", "subtypes"))


@dataclass(frozen=True)
class CohortView:
    """What the cohort page is made from."""

    results: Results
    samples: Mapping[str, Record]
    limit: SimpleNamespace
    wanted: str
    excluded: int = 0

    @property
    def cases(self) -> list[Record]:
        """Rows of table ``cases``."""
        return self.results.rows("cases")

    def href(self, case: Record) -> str | None:
        """Return the address of a case page, None where the config asks for none."""
        return f"cases/{page_name(case['case'])}" if has_page(case, self.wanted) else None


def wilson(events: int, total: int) -> tuple[float, float, float] | None:
    """Return a proportion with its 95 % Wilson interval (J Am Stat Assoc 1927;22:209), or None."""
    if total == 0:
        return None
    share = events / total
    z2 = _Z95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return share, max(0.0, centre - half), min(1.0, centre + half)


# --- sections -----------------------------------------------------------------------------------


def headline(view: CohortView) -> dict[str, object]:
    """Numbers at the top of the page."""
    cases = view.cases
    stopped = sum(case["label"] == "not_assessable" for case in cases)
    firm = Counter(case["call"] for case in cases)
    return {
        "tiles": [
            ("cases", len(cases)),
            ("patients", len({case["patient"] for case in cases})),
            ("with a verdict (called or probable)", firm["called"] + firm["probable"]),
            ("uncertain", sum(case["label"] == "uncertain" for case in cases)),
            ("not assessable", stopped),
        ]
    }


def labels(view: CohortView) -> dict[str, object]:
    """Counts per label and firmness."""
    counts = Counter((case["label"], case["call"]) for case in view.cases)
    rows = []
    for label in ALL_LABELS:
        by_call = {call: counts[label, call] for call in words.CALLS}
        rows.append(
            {
                "label": words.LABELS[label],
                "meaning": words.LABEL_MEANING[label],
                "colour": LABEL[label],
                "called": by_call["called"],
                "probable": by_call["probable"],
                "none": by_call["none"],
                "total": sum(by_call.values()),
            }
        )
    return {
        "rows": rows,
        "total": len(view.cases),
        "figure": cohort_figures.labels(rows).svg(),
    }


def loss_rate(view: CohortView) -> dict[str, object]:
    """Loss of HER2 as reported, and by evidence after the gates."""
    pairs = {row["case"]: row for row in view.results.rows("pairs")}
    central = {case for case, row in pairs.items() if row["central_review"] == "both"}
    ascertained = sum(row["ascertained"] == "yes" for row in pairs.values())
    followed = [case for case in view.cases if case["followup"]]
    reported, judged = [], []
    for case in followed:
        before, after = (
            (view.samples.get(case[time]) or {}).get("reported_status")
            for time in ("baseline", "followup")
        )
        if before == "positive" and after is not None:
            reported.append((case["case"], after == "negative"))
        if case["label"] != "not_assessable" and case["p_not_lost"] is not None:
            judged.append((case["case"], case["p_not_lost"] < 0.5))
    rows = []
    for name, outcomes in (
        ("Reported positive before, reported negative after", reported),
        ("... both tests read centrally", [row for row in reported if row[0] in central]),
        ("After the gates: loss more probable than not", judged),
        ("... both tests read centrally", [row for row in judged if row[0] in central]),
    ):
        events = sum(lost for _, lost in outcomes)
        rows.append((name, events, len(outcomes), wilson(events, len(outcomes))))
    return {
        "rows": [(name, *_rate(events, total, rate)) for name, events, total, rate in rows],
        "figure": cohort_figures.rates(rows).svg(),
        "ascertained": ascertained,
        "pairs": len(pairs),
    }


def _rate(events: int, total: int, rate: tuple | None) -> tuple[str, str]:
    if rate is None:
        return "none", "missing"
    share, low, high = rate
    return f"{events} of {total}", f"{100 * share:.0f} % ({100 * low:.0f}-{100 * high:.0f} %)"


def exclusions(view: CohortView) -> dict[str, object]:
    """How many cases fell at which gate."""
    return {"figure": cohort_figures.exclusions(falls(view), excluded=view.excluded).svg()}


def gates(view: CohortView) -> dict[str, object] | None:
    """What the gates did, with their number of cases."""
    rows = [
        {
            "code": code,
            "meaning": words.GATES.get(code, ("N", ""))[1],
            "effect": words.KINDS[kind],
            "kind": kind,
            "cases": count,
        }
        for (kind, code), count in fired.counts(view.results).items()
    ]
    return {"rows": rows} if rows else None


def falls(view: CohortView) -> list[tuple[str, int]]:
    """Return where cases fall, in order: (code or outcome, cases); the last three stand.

    A case that several gates stop counts at the first one of the order of ``words.GATES``.
    """
    order = {code: index for index, code in enumerate(words.GATES)}
    stopped: Counter[str] = Counter()
    for case in view.cases:
        if case["label"] != "not_assessable":
            continue
        codes = words.split(case["gates"])
        stops = [code for code in codes if words.GATES.get(code, ("S",))[0] == "S"] or codes
        first = min(stops, key=lambda code: order.get(code, len(order)), default="no code")
        stopped[first] += 1
    standing = Counter(case["call"] for case in view.cases if case["label"] != "not_assessable")
    ranked = sorted(stopped, key=lambda code: (order.get(code, len(order)), code))
    return [(code, stopped[code]) for code in ranked] + [
        (call, standing[call]) for call in words.CALLS
    ]


def posteriors(view: CohortView) -> dict[str, object] | None:
    """Posteriors of all cases that carry one."""
    shown = [case for case in view.cases if case["p_not_lost"] is not None]
    if not shown:
        return None
    return {"figure": cohort_figures.posteriors(shown, view.href).svg(), "cases": len(shown)}


def arrows(view: CohortView) -> dict[str, object] | None:
    """DNA-versus-RNA arrows of all cases with RNA of both biopsies."""
    drawing = cohort_figures.arrows(view.results, view.href, view.limit)
    return {"figure": drawing.svg()} if drawing else None


def subtypes(view: CohortView) -> dict[str, object] | None:
    """Subtypes before and after, one band per change."""
    moves = subtype_moves(view)
    if not moves:
        return None
    changed = sum(count for (before, after), count in moves.items() if before != after)
    calls = Counter(row["call"] for row in view.results.rows("switches") if row["call"])
    return {
        "figure": cohort_figures.subtype_flow(moves).svg(),
        "total": sum(moves.values()),
        "changed": changed,
        "calls": [(call.replace("_", " "), calls[call]) for call in sorted(calls)],
    }


def subtype_moves(view: CohortView) -> dict[tuple[str, str], int]:
    """Return how many cases went from which subtype to which; both must be called."""
    moves: Counter[tuple[str, str]] = Counter()
    for case in view.cases:
        pair = [view.results.of_sample("subtypes", case[time]) for time in ("baseline", "followup")]
        names = [row["subtype"] if row else None for row in pair]
        if None not in names:
            moves[names[0], names[1]] += 1
    return dict(moves)


def differential(view: CohortView) -> dict[str, object] | None:
    """Genes that change over the cohort's pairs."""
    rows = [row for row in view.results.rows("differential") if row["log2fc"] is not None]
    if not rows:
        return None
    tested = [row for row in rows if row["p"] is not None]
    top = sorted(tested, key=lambda row: row["p"])[:_TOP_GENES]
    return {
        "figure": cohort_figures.volcano(tested).svg() if tested else "",
        "rows": top,
        "genes": len(rows),
        "significant": sum((row["q"] if row["q"] is not None else 1) < 0.05 for row in tested),
        "method": rows[0]["method"],
        "pairs": rows[0]["pairs"],
    }


def pathways(view: CohortView) -> dict[str, object] | None:
    """Gene sets that change over the cohort's pairs."""
    rows = [row for row in view.results.rows("pathways") if row["nes"] is not None]
    if not rows:
        return None
    ranked = sorted(
        rows, key=lambda row: (row["q"] if row["q"] is not None else 1, -abs(row["nes"]))
    )
    top = ranked[:_TOP_SETS]
    return {"figure": cohort_figures.pathways(top).svg(), "sets": len(rows)}


def gate_kinds(quality: Sequence[Record], codes: Sequence[str]) -> dict[str, str]:
    """Return the strongest kind in which each gate of a case fired."""
    kinds = {code: words.GATES.get(code, ("N", ""))[0] for code in codes}
    fired: dict[str, str] = {}
    for row in quality:
        fired[row["code"]] = min(row["kind"], fired.get(row["code"], "N"), key="SCFN".index)
    return kinds | fired


def case_table(view: CohortView) -> dict[str, object]:
    """The sortable table of all cases."""
    rows = []
    for case in view.cases:
        shares = case_figures.posterior_shares(case)
        bar = ""
        if shares:
            drawing = Drawing(120, 14, title="posterior")
            drawing.stacked(shares, x=0, y=0, width=120, height=14)
            bar = drawing.svg()
        top = max((share for _, share, _, _ in shares), default=None)
        codes = words.split(case["gates"])
        kinds = gate_kinds(view.results.of_case("quality", case["case"]), codes)
        classes = [case[f"her2_class_{time}"] for time in ("baseline", "followup")]
        rows.append(
            {
                "case": case,
                "href": view.href(case),
                "label": words.LABELS[case["label"]],
                "colour": LABEL[case["label"]],
                "on_colour": ON_LABEL[case["label"]],
                "call": words.of(words.CALLS, case["call"]),
                "sublabel": (case["sublabel"] or "").replace("_", " "),
                "setting": (case["setting"] or "not given").replace("_", " "),
                "bar": bar,
                "top": "" if top is None else f"{top:.4f}",
                "top_text": "" if top is None else percent(top),
                "classes": " \N{RIGHTWARDS ARROW} ".join(
                    words.of(words.CLASSES, name, missing="unknown").removeprefix("HER2-")
                    for name in classes
                ),
                "gates": [code for code in codes if kinds.get(code, "N") != "N"],
                "remarks": [code for code in codes if kinds.get(code, "N") == "N"],
            }
        )
    present = {case["label"] for case in view.cases}
    chips = [(label, words.LABELS[label], LABEL[label]) for label in ALL_LABELS if label in present]
    return {"rows": rows, "chips": chips}


SECTIONS: tuple[tuple[str, str, Callable[[CohortView], dict | None]], ...] = (
    ("headline", "", headline),
    ("labels", "Why HER2 was lost", labels),
    ("loss_rate", "How often HER2 was lost", loss_rate),
    ("exclusions", "Which cases carry a verdict", exclusions),
    ("posteriors", "Every case at a glance", posteriors),
    ("arrows", "Locus and ERBB2 mRNA of all pairs", arrows),
    ("subtypes", "Intrinsic subtype before and after", subtypes),
    ("differential", "Genes that change", differential),
    ("pathways", "Gene sets that change", pathways),
    ("gates", "Gates that fired", gates),
    ("case_table", "All cases", case_table),
)


def sections(view: CohortView) -> list[dict[str, object]]:
    """Return the sections that have something to show, in order."""
    found = []
    for name, title, build in SECTIONS:
        data = build(view)
        if data is not None:
            found.append({"name": name, "title": title, **data})
    return found


def side_by_side(found: list[dict[str, object]]) -> list[list[dict[str, object]]]:
    """Return the sections in groups that share a row of the page."""
    groups: list[list[dict[str, object]]] = []
    for section in found:
        first = groups[-1][0]["name"] if groups else None
        if any(first == row[0] and section["name"] in row for row in _BESIDE):
            groups[-1].append(section)
        else:
            groups.append([section])
    return groups


def figures(view: CohortView) -> Sequence[tuple[str, Drawing]]:
    """Return the figures that are also written as files of their own."""
    drawings = []
    shown = [case for case in view.cases if case["p_not_lost"] is not None]
    if shown:
        drawings.append(("posteriors", cohort_figures.posteriors(shown, lambda _: None)))
    arrows_figure = cohort_figures.arrows(view.results, lambda _: None, view.limit)
    if arrows_figure:
        drawings.append(("arrows", arrows_figure))
    if shown and arrows_figure:
        bars = cohort_figures.posteriors(shown, lambda _: None, total=600, tallest=26)
        drawings.append(("overview", cohort_figures.overview(arrows_figure, bars)))
    moves = subtype_moves(view)
    if moves:
        drawings.append(("subtypes", cohort_figures.subtype_flow(moves)))
    drawings.append(("exclusions", cohort_figures.exclusions(falls(view), excluded=view.excluded)))
    return drawings

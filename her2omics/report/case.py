"""One page per case. Every section is a function that returns its data, or None to stay away.

A later arm adds a function to :data:`SECTIONS` and a template of the same name below
``templates/case/``; the section then appears wherever the arm's table has rows.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace

from her2omics.genome import Genome
from her2omics.mechanism.states import LABEL_OF
from her2omics.report import (
    case_figures,
    cells,
    clinical,
    clones,
    copy_number,
    evidence_table,
    fired,
    specimen,
    words,
)
from her2omics.report.palette import LABEL, ON_LABEL
from her2omics.report.results import Record, Results
from her2omics.tables import LABELS, TIMES

_MOST_NAME_BYTES = 200  # of 255 that file systems allow


def page_name(case: str) -> str:
    """Return the file name of a case page; very long ids end in a hash."""
    if len(case) <= _MOST_NAME_BYTES:
        return f"{case}.html"
    digest = hashlib.sha256(case.encode()).hexdigest()[:12]
    return f"{case[: _MOST_NAME_BYTES - 13]}-{digest}.html"


def has_page(case: Record, wanted: str) -> bool:
    """Return whether config ``report.case_pages`` (all, losses, none) asks for this page.

    ``losses``: the leading label is a loss; a case that cannot be assessed has none.
    """
    if wanted == "losses":
        shares = {label: case[f"p_{label}"] for label in LABELS}
        known = {label: share for label, share in shares.items() if share is not None}
        return bool(known) and max(known, key=known.get) != "not_lost"
    return wanted == "all"


@dataclass(frozen=True)
class CaseView:
    """What is known about one case, ready for the sections."""

    case: Record
    samples: Mapping[str, Record]
    results: Results
    priors: Mapping[str, object]
    limit: SimpleNamespace
    genome: Genome
    wanted: str = "all"

    @property
    def name(self) -> str:
        """Case id."""
        return str(self.case["case"])

    @property
    def assessable(self) -> bool:
        """Whether the case carries a verdict."""
        return self.case["label"] != "not_assessable"

    def sample(self, time: str) -> Record | None:
        """Row of the sample sheet at a time point."""
        return self.samples.get(self.case[time]) if self.case[time] else None

    def at(self, table: str) -> dict[str, Record | None]:
        """Row of a sample table at both time points."""
        return {time: self.results.of_sample(table, self.case[time]) for time in TIMES}

    def pair(self, table: str) -> Record | None:
        """Row of a pair table."""
        rows = self.results.of_case(table, self.name)
        return rows[0] if rows else None

    @cached_property
    def siblings(self) -> list[Record]:
        """The other cases of the patient."""
        rows = self.results.grouped("cases", "patient").get(self.case["patient"], [])
        return [row for row in rows if row["case"] != self.case["case"]]

    @cached_property
    def gates(self) -> list[dict[str, object]]:
        """Gates of the case in the order of their weight: code, kind, words, what was found."""
        return fired.of_case(self.case, self.results.of_case("quality", self.name))

    @property
    def codes(self) -> list[str]:
        """Codes of the gates."""
        return [gate["code"] for gate in self.gates]


# --- sections -----------------------------------------------------------------------------------


def verdict(view: CaseView) -> dict[str, object]:
    """Label, how firm it is, and both posteriors."""
    case = view.case
    label = case["label"]
    stops = [gate for gate in view.gates if gate["kind"] == "S"] or view.gates[:1]
    priors = {words.LABELS[name]: value for name, value in _label_priors(view.priors).items()}
    return {
        "label": words.LABELS[label],
        "meaning": words.LABEL_MEANING[label],
        "colour": LABEL[label],
        "on_colour": ON_LABEL[label],
        "call": None if case["call"] == "none" else words.of(words.CALLS, case["call"]),
        "classes": [
            (time, case[time], words.of(words.CLASSES, case[f"her2_class_{time}"]))
            for time in TIMES
        ],
        "sublabel": words.sublabel(case),
        "note": case["note"] if view.assessable or not stops else None,
        "stops": stops if not view.assessable else [],
        "posterior": case_figures.posterior(case) if view.assessable else None,
        "axes": case_figures.axes(case) if view.assessable else None,
        "priors": priors,
    }


def _label_priors(priors: Mapping[str, object]) -> dict[str, float]:
    """Return the prior per label: states are summed where the config lists states."""
    sums: dict[str, float] = {}
    for name, value in priors.items():
        label = name if name in LABELS else LABEL_OF.get(name)
        if label is None or not isinstance(value, int | float):
            continue
        sums[label] = sums.get(label, 0.0) + float(value)
    return {label: sums[label] for label in LABELS if label in sums}


def facts(view: CaseView) -> dict[str, object]:
    """Setting, interval, therapy and evidence, before any interpretation."""
    case, pair = view.case, view.pair("pairs") or {}
    days = _interval_days(view)
    anti = pair.get("days_since_anti_her2")
    therapy = words.listed(words.THERAPIES, pair.get("therapy_since_baseline"))
    if anti is not None:
        therapy += f" (last anti-HER2 dose {anti:.0f} days before the follow-up)"
    rows = [
        ("Setting of the follow-up", words.of(words.SETTINGS, case["setting"])),
        ("Time between the biopsies", "not given" if days is None else _duration(days)),
        ("Therapy since baseline", therapy),
        ("HER2 testing", words.of(words.REVIEW, pair.get("central_review"))),
        (
            "Evidence used" if view.assessable else "Evidence given",
            words.listed(words.MODALITIES, case["modalities"], missing="none"),
        ),
        ("Baseline heterogeneity", words.of(words.HETEROGENEITY, case["heterogeneity_baseline"])),
    ]
    if pair.get("ascertained") == "yes":
        rows.append(("Cohort", "collected because HER2 was lost"))
    return {
        "rows": rows,
        "others": [
            {
                "case": row["case"],
                "label": words.LABELS[row["label"]],
                "href": page_name(row["case"]) if has_page(row, view.wanted) else None,
            }
            for row in view.siblings
        ],
    }


def _interval_days(view: CaseView) -> float | None:
    days = [(view.sample(time) or {}).get("collected_days") for time in TIMES]
    return None if None in days else days[1] - days[0]


def _duration(days: float) -> str:
    if days < 90:
        return f"{days:.0f} days"
    return f"{days:.0f} days ({days / 30.4375:.0f} months)"


def gates(view: CaseView) -> dict[str, object] | None:
    """What could not be assessed, and why."""
    return {"rows": view.gates} if view.gates else None


def evidence(view: CaseView) -> dict[str, object] | None:
    """Observed against expected, with the weight of every piece of evidence."""
    rows = evidence_table.table(
        view.results.of_case("evidence", view.name),
        view.results.of_case("contributions", view.name),
    )
    if not rows:
        return None
    labels = [(label, words.LABELS[label], LABEL[label]) for label in LABELS]
    if not view.assessable:  # what a label would show means nothing where none is judged
        rows, labels = [row | {"cells": []} for row in rows], []
    return {"rows": rows, "labels": labels, "leading": view.case["label"]}


def locus(view: CaseView) -> dict[str, object] | None:
    """DNA-versus-RNA arrow; 17q12 neighbours stand for the locus where there is no DNA."""
    figure = case_figures.locus_arrow(view.at("expression"), view.limit)
    if figure is None:
        return None
    pair = view.pair("expression_pairs") or {}
    return {"figure": figure[0], "caption": figure[1], "lines": _erbb2_lines(pair)}


def _erbb2_lines(pair: Record) -> list[str]:
    lines = []
    for key, name in (
        ("erbb2_log2fc", "ERBB2 mRNA, follow-up minus baseline"),
        ("erbb2_log2fc_corrected", "the same, corrected for tumour content"),
    ):
        if pair.get(key) is not None:
            lines.append(f"{name}: {evidence_table.signed(pair[key])} log2{_range(pair, key)}")
    if pair.get("p_null") is not None:
        lines.append(f"share of expression-matched genes that fall as far: {pair['p_null']:.2g}")
    if pair.get("call"):
        reason = words.listed(words.REASONS, pair.get("reason"), missing="")
        because = f" ({reason})" if reason else ""
        lines.append(f"paired call: {pair['call'].replace('_', ' ')}{because}")
    return lines


def _range(row: Record, key: str) -> str:
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    if low is None or high is None:
        return ""
    return f" (90 % interval {evidence_table.signed(low)} to {evidence_table.signed(high)})"


def subtype(view: CaseView) -> dict[str, object] | None:
    """PAM50 correlations before and after, and the switch call."""
    times = view.at("subtypes")
    figure = case_figures.subtype_dots(times)
    if figure is None:
        return None
    switch = view.pair("switches") or {}
    lines = []
    if switch.get("programme_delta") is not None:
        shift = evidence_table.signed(switch["programme_delta"])
        lines.append(
            "programme shift, 48 genes, both biopsies brought to the lower tumour content of the "
            f"two: {shift}{_range(switch, 'programme_delta')}"
        )
    if switch.get("delta_purity_adjusted") is not None:
        delta = evidence_table.signed(switch["delta_purity_adjusted"])
        lines.append(
            "HER2-enriched minus luminal correlation, lost at equal tumour content: "
            f"{delta}{_range(switch, 'delta_purity_adjusted')}"
        )
    if switch.get("call"):
        reason = words.listed(words.REASONS, switch.get("reason"), missing="")
        call = switch["call"].replace("_", " ")
        lines.append(f"switch call: {call}{f' ({reason})' if reason else ''}")
    notes = {time: row["note"] for time, row in times.items() if row and row["note"]}
    return {"figure": figure, "lines": lines, "notes": notes}


def dna(view: CaseView) -> dict[str, object] | None:
    """ERBB2 copies of both biopsies, the fate of the amplification, and where it lies."""
    return copy_number.section(
        view.results,
        view.at("copy_number"),
        view.at("purity"),
        view.pair("copy_number_pairs"),
        view.genome,
    )


def clonal(view: CaseView) -> dict[str, object] | None:
    """Clusters of mutations before and after, and what became of drivers' mutations."""
    return clones.section(view.results, view.case)


def single_cell(view: CaseView) -> dict[str, object] | None:
    """Single cells before and after: map, doses, clones, subtypes."""
    return cells.section(view.results, view.case)


def pathology(view: CaseView) -> dict[str, object] | None:
    """IHC, ISH and specimen of both biopsies as given in the sheet."""
    rows = specimen.rows([view.sample(time) for time in TIMES], list(view.at("purity").values()))
    return {"rows": rows, "samples": [view.case[time] for time in TIMES]} if rows else None


_LATENTS = (
    ("Cancer cells of the amplified lineage", "baseline", "f_baseline", "share", 1),
    ("Cancer cells of the amplified lineage", "followup", "f_followup", "share", 1),
    ("ERBB2 copies in that lineage", "baseline", "copies_amplified_baseline", "copies", 30),
    ("ERBB2 copies in that lineage", "followup", "copies_amplified_followup", "copies", 30),
    ("Loss of ERBB2 mRNA per copy", "followup", "repression_log2", "log2", 5),
)


def latents(view: CaseView) -> dict[str, object] | None:
    """What the model infers about cells, copies and repression, with 90 % intervals."""
    rows = []
    for name, time, key, unit, top in _LATENTS:
        value, low, high = (view.case[f"{key}{end}"] for end in ("", "_low", "_high"))
        if value is None:
            continue
        if unit != "share":
            top = max(top, math.ceil(max(value, high or 0)))
        figure = case_figures.interval_bar(
            value, low, high, domain_low=0, domain_high=top, time=time, title=f"{name}, {time}"
        )
        known = None not in (low, high)
        span = f"{_latent(low, unit)} to {_latent(high, unit)}" if known else "not given"
        scale = "0 to 100 %" if unit == "share" else f"0 to {top} {unit}"
        rows.append((name, time, _latent(value, unit), span, figure, scale))
    return {"rows": rows} if rows else None


def _latent(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:.1f} {unit}"


def tumour_board(view: CaseView) -> dict[str, object]:
    """The clinical block."""
    return {
        "lines": clinical.lines(
            view.case,
            baseline=view.sample("baseline"),
            followup=view.sample("followup"),
            others=view.siblings,
            gates=view.codes,
            reported_negative=_reported_negative(view),
        )
    }


def _reported_negative(view: CaseView) -> bool | None:
    status = (view.sample("followup") or {}).get("reported_status")
    return None if status is None else status == "negative"


def sources(view: CaseView) -> dict[str, object] | None:
    """Every measurement as it entered the model."""
    rows = evidence_table.sources(view.results.of_case("evidence", view.name))
    return {"rows": rows} if rows else None


SECTIONS: tuple[tuple[str, str, Callable[[CaseView], dict | None]], ...] = (
    ("verdict", "Verdict", verdict),
    ("facts", "The case", facts),
    ("gates", "What could not be assessed, and why", gates),
    ("locus", "Locus and ERBB2 mRNA", locus),
    ("subtype", "Intrinsic subtype", subtype),
    ("copy_number", "ERBB2 copy number", dna),
    ("clones", "Clones and mutations", clonal),
    ("single_cell", "Single cells", single_cell),
    ("evidence", "Observed and expected", evidence),
    ("latents", "Inferred cells and copies", latents),
    ("tumour_board", "For the tumour board", tumour_board),
    ("pathology", "Pathology", pathology),
    ("sources", "Measurements and their sources", sources),
)


def sections(view: CaseView) -> list[dict[str, object]]:
    """Return the sections that have something to show, in order."""
    found = []
    for name, title, build in SECTIONS:
        data = build(view)
        if data is not None:
            found.append({"name": name, "title": title, **data})
    return found

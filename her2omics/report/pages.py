"""Writing the report: case pages of a batch, the cohort page with methods and versions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

from her2omics import genome, tables
from her2omics.report import case, cohort, methods, render, specimen, versions
from her2omics.report.palette import FALL, RISE
from her2omics.report.results import LONG, READ, load
from her2omics.sheets.study import Study
from her2omics.thresholds import limits

_TOP = ("verdict", "facts", "gates")
_SIDE = ("locus", "subtype")


def _weight(decibans: float) -> str:
    """Return how much worse than the best label the evidence fits, whole decibans."""
    worse = round(-decibans)
    return "best fit" if worse == 0 else f"\N{MINUS SIGN}{worse} dB"


def _tint(decibans: float) -> str:
    """Return a background: blue where it fits best, red the stronger the worse, up to 20 dB."""
    if round(-decibans) == 0:
        return f"{FALL}30"
    return f"{RISE}{round(16 + 74 * min(-decibans / 20, 1.0)):02x}"


def write_cases(
    study: Study, results: Path, out: Path, *, patients: Sequence[str] | None = None
) -> list[Path]:
    """Write the case pages that config ``report.case_pages`` asks for.

    Parameters
    ----------
    study
        The study.
    results
        Folder with ``cases.tsv`` and the tables beside it.
    out
        Report folder; pages go to ``out/cases``.
    patients
        Only the cases of these patients.

    Returns
    -------
    list of Path
        The pages, in the order of ``cases.tsv``.
    """
    wanted = study.config["report"]["case_pages"]
    if wanted == "none":
        return []
    found = load(results, pairs=study.cases, patients=patients, names=(*READ, *LONG))
    build = genome.of_config(study.config)
    samples = specimen.by_sample(study.samples, ascertained=study.config["ascertained"])
    limit = limits(study.config["thresholds"])
    written = []
    for row in found.rows("cases"):
        if not case.has_page(row, wanted):
            continue
        view = case.CaseView(
            case=row,
            samples=samples,
            results=found,
            priors=study.config["priors"],
            limit=limit,
            genome=build,
            wanted=wanted,
        )
        written.append(write_case(view, Path(out) / "cases"))
    return written


def write_case(view: case.CaseView, folder: Path) -> Path:
    """Write the page of one case."""
    sections = case.sections(view)
    names = [section["name"] for section in sections]
    return render.write_page(
        "case.html",
        folder / case.page_name(view.name),
        case=view.case,
        data={section["name"]: section for section in sections},
        top=_TOP,
        side=_SIDE,
        rest=[name for name in names if name not in (*_TOP, *_SIDE)],
        weight=_weight,
        tint=_tint,
    )


def write_cohort(
    study: Study,
    results: Path,
    cohort_folder: Path | None,
    out: Path,
    *,
    sheets: tuple[Path, Path],
    config_file: Path | None,
) -> list[Path]:
    """Write the cohort page, its figures as files, ``methods.md`` and ``versions.yaml``.

    Pages in ``out/cases`` that the cohort page does not link are removed: left over from a case
    that is gone, or from another ``report.case_pages``.

    Parameters
    ----------
    study
        The study.
    results
        Results folder; ``methods.md`` and ``versions.yaml`` go there.
    cohort_folder
        Folder with ``cohort.yaml``, ``noise.tsv`` and ``centring.tsv``; None if there is none.
    out
        Report folder: ``index.html`` and ``figures/*.svg``.
    sheets
        The two sheets, to be hashed.
    config_file
        The config file, if one was given.
    """
    results, out = Path(results), Path(out)
    found = load(results, pairs=study.cases)
    settings, learnt = _cohort(cohort_folder)
    text = methods.text(
        study,
        found,
        settings=settings,
        noise=learnt["noise"],
        centring=learnt["centring"],
        model_noise=learnt["model_noise"],
        packages=versions.version,
    )
    view = cohort.CohortView(
        results=found,
        samples=specimen.by_sample(study.samples, ascertained=study.config["ascertained"]),
        limit=limits(study.config["thresholds"]),
        wanted=study.config["report"]["case_pages"],
        excluded=int(study.samples["exclude"].notna().sum()),
    )
    record = versions.document(
        config=study.config,
        settings=settings,
        files=[
            *versions.inputs(*sheets, config_file, study.units),
            *versions.of_reads(sheets[1]),
        ],
        resources=versions.bundled(),
        tools=versions.of_tools(sheets[1]),
    )
    written = []
    for name, drawing in cohort.figures(view):
        path = out / "figures" / f"{name}.svg"
        tables.write_text(drawing.svg(standalone=True) + "\n", path)
        written.append(path)
    tables.write_text(text, results / "methods.md")
    tables.write_text(record, results / "versions.yaml")
    page = render.write_page(
        "index.html",
        out / "index.html",
        groups=cohort.side_by_side(cohort.sections(view)),
        methods=methods.plain(text),
        up=_relative(results, out),
    )
    linked = {case.page_name(row["case"]) for row in view.cases if view.href(row)}
    _remove_others(out / "cases", linked)
    return [page, *written, results / "methods.md", results / "versions.yaml"]


def _relative(target: Path, start: Path) -> str:
    """Return the way from the page's folder to another folder, as an address."""
    return Path(os.path.relpath(target.resolve(), start.resolve())).as_posix()


def _cohort(folder: Path | None) -> tuple[dict, dict[str, pd.DataFrame]]:
    """Return ``cohort.yaml`` and the tables of the cohort folder; empty where there is none."""
    names = ("noise", "centring", "model_noise")
    if folder is None:
        return {}, {name: tables.empty(name) for name in names}
    settings: dict = {}
    if (Path(folder) / "cohort.yaml").is_file():
        text = (Path(folder) / "cohort.yaml").read_text(encoding="utf-8")
        settings = yaml.safe_load(text) or {}
    return settings, {name: tables.read_or_empty(Path(folder), name) for name in names}


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove the pages of cases that are gone, or that the config no longer asks for."""
    for path in sorted(folder.glob("*.html")):
        if path.name not in kept:
            path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

"""A study with single cells: planned, its rule run, its cells gathered and its page written."""

import re

import pytest

from her2omics import tables
from her2omics.cli import main


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """One simulated case with single cells and nothing else; without a map of the cells."""
    folder = tmp_path_factory.mktemp("cells")
    options = ("--cases", "1", "--seed", "7", "--modalities", "cells")
    assert main(["simulate", "cohort", *options, "--out", str(folder)]) == 0
    with (folder / "config.yaml").open("a", encoding="utf-8") as handle:
        handle.write("single_cell: {map_cells: 0}\n")
    return folder


def files(run, rule, kind):
    """Return the files of a rule, ``input`` or ``output``, from the output of a dry run."""
    job = re.search(rf"\brule {rule}:\n(.*?)\n\n", run.stdout, re.DOTALL)[1]
    return set(re.search(rf"^\s*{kind}: (.*)$", job, re.MULTILINE)[1].split(", "))


def test_the_cells_are_planned_and_gathered(study, snakemake, repo):
    words = ("-n", "-s", repo / "Snakefile", "--directory", study, "--configfile")
    run = snakemake(*words, study / "config.yaml", cwd=study)
    assert run.returncode == 0, run.stdout
    assert {f"{study}/cells/P0001-{time}.h5ad" for time in "BF"} <= files(
        run, "single_cell", "input"
    )
    made = files(run, "single_cell", "output")
    assert {f"results/batches/1/single_cell{end}" for end in ("", ".tsv", "_map.tsv")} <= made
    assert "results/batches/1/single_cell" in files(run, "gather", "input")
    assert "results/single_cell" in files(run, "gather", "output")
    assert "results/batches/1/single_cell_doses.tsv" in files(run, "case_pages", "input")


def test_the_rule_runs_and_the_page_shows_the_cells(study, snakemake, repo):
    target = "results/batches/1/single_cell.tsv"
    words = ("--cores", "1", "-s", repo / "Snakefile", "--directory", study, "--configfile")
    run = snakemake(*words, study / "config.yaml", "--quiet", "all", "--", target, cwd=study)
    assert run.returncode == 0, run.stdout
    results = study / "results"
    batch = results / "batches" / "1"
    assert len(tables.read(batch, "single_cell")) == 2
    given = []
    for name in ("samples.tsv", "units.tsv", "config.yaml"):
        given += [f"--{name.split('.')[0]}", str(study / name)]
    for verb in ("quality", "copy-number"):
        assert main([verb, *given, "--out", str(batch)]) == 0
    gates = ("--quality", str(batch / "quality.tsv"), "--tables", str(batch))
    assert main(["classify", *given, *gates, "--out", str(batch)]) == 0
    assert main(["gather", *given, "--out", str(results), str(batch)]) == 0
    cells = sorted((results / "single_cell").glob("*.h5ad"))
    assert [path.stem for path in cells] == ["P0001-B", "P0001-F"]
    assert all(path.samefile(batch / "single_cell" / path.name) for path in cells)
    pages = ("--pages", "cases", "--out", str(results / "report"))
    assert main(["report", *given, "--tables", str(results), *pages]) == 0
    page = (results / "report" / "cases" / "P0001-B__P0001-F.html").read_text(encoding="utf-8")
    section = page[page.index('<section class="card" id="single_cell">') :]
    assert "<code>single_cell/P0001-B.h5ad</code>" in section
    assert "Dose of the amplicon in malignant cells" in section
    assert "Map of the cells" not in section

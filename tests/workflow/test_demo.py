"""The demonstration from its sheets to its report: a planted truth for each label."""

import shutil

import pytest

from her2omics import tables

MECHANISMS = ("downregulation", "clonal_selection", "subtype_switch")


@pytest.fixture(scope="session")
def demo(snakemake, her2omics, repo, tmp_path_factory):
    """Return the folder of the demonstration after the whole workflow ran on it."""
    folder = tmp_path_factory.mktemp("demo")
    assert her2omics("demo", "--out", folder, cwd=folder).returncode == 0
    words = ("-s", repo / "Snakefile", "--configfile", "config.yaml", "--cores", "2")
    run = snakemake(*words, cwd=folder)
    assert run.returncode == 0, run.stdout
    return folder


@pytest.fixture(scope="session")
def verdicts(demo):
    """Return the cases with the truth beside them, indexed by case."""
    cases = tables.read(demo / "results", "cases").set_index("case")
    truth = tables.read(demo, "truth").set_index("case")
    return cases.join(truth[["label", "gates_must"]].rename(columns={"label": "truth"}))


def test_every_case_has_a_row(demo, verdicts):
    truth = tables.read(demo, "truth")
    assert list(verdicts.index) == list(truth["case"])
    posterior = verdicts[[f"p_{label}" for label in tables.LABELS]].sum(axis=1, min_count=1)
    unassessed = verdicts["label"].eq("not_assessable")
    assert posterior[~unassessed].sub(1).abs().max() < 1e-4
    assert posterior[unassessed].isna().all()


@pytest.mark.parametrize("label", [*MECHANISMS, "not_lost"])
def test_planted_truth_is_found(verdicts, label):
    planted = verdicts[verdicts["truth"].eq(label) & verdicts["label"].ne("not_assessable")]
    top = planted[[f"p_{name}" for name in tables.LABELS]].idxmax(axis=1).str.removeprefix("p_")
    assert len(planted) >= 2
    assert top.eq(label).mean() > 0.5, planted[["label", "call"]]


def test_each_label_is_shown(verdicts):
    found = verdicts[verdicts["label"].eq(verdicts["truth"])]
    assert {*MECHANISMS, "mixed", "not_lost"} <= set(found["label"])
    assert {"uncertain", "not_assessable"} <= set(verdicts["label"])
    assert "called" in set(verdicts["call"])


def test_what_cannot_be_assessed_says_why(verdicts):
    stopped = verdicts[verdicts["gates_must"].notna()]
    assert len(stopped) >= 2
    for row in stopped.itertuples():
        assert set(row.gates_must.split(";")) <= set(row.gates.split(";"))
    assert verdicts["label"].eq("not_assessable").sum() >= 2


def test_report_and_record(demo, verdicts):
    results = demo / "results"
    assert (results / "report" / "index.html").stat().st_size > 10_000
    for case in verdicts.index:
        assert (results / "report" / "cases" / f"{case}.html").is_file()
    for name in ("methods.md", "versions.yaml", "config.yaml", "differential.tsv", "pathways.tsv"):
        assert (results / name).stat().st_size > 0, name
    for name in ("samples.tsv", "units.tsv"):
        assert (results / name).read_bytes() == (demo / name).read_bytes()
    assert not list(results.rglob("*.part"))


def test_labels_beside_the_truth(demo, her2omics, verdicts):
    run = her2omics("demo", "--show", demo, cwd=demo)
    assert run.returncode == 0, run.stdout
    shown = {line.split()[0]: line.split()[1:3] for line in run.stdout.splitlines()[1:] if line}
    for case, row in verdicts.iterrows():
        assert shown[case][-1] == row["label"]
    assert "report/index.html" in run.stdout


def test_runs_again_only_what_changed(demo, snakemake, repo, tmp_path):
    folder = shutil.copytree(demo, tmp_path / "again", copy_function=shutil.copy2)
    words = ("-n", "-s", repo / "Snakefile", "--configfile", "config.yaml", "--rerun-triggers")
    run = snakemake(*words, "mtime", "params", "code", cwd=folder)
    assert "Nothing to be done" in run.stdout, run.stdout
    sheet = folder / "samples.tsv"
    sheet.write_text(sheet.read_text().replace("\trelapse\t", "\tmetastasis\t", 1))
    run = snakemake(*words, "mtime", cwd=folder)
    assert "cohort" in run.stdout[run.stdout.index("Job stats:") :]
    run = snakemake(*words, "params", "--config", "seed=5", cwd=folder)
    assert "settings" in run.stdout[run.stdout.index("Job stats:") :]

"""The same bytes whatever the batch size and the number of cores; a frozen cohort holds still."""

import pytest

from her2omics import tables

PATIENTS = 8
RUNS = {"one": (1, 2), "seven": (7, 1), "all": (100, 2)}  # batch size, cores

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(snakemake, her2omics, repo, tmp_path_factory):
    """Return a folder in which one cohort was run with several batch sizes and cores."""
    folder = tmp_path_factory.mktemp("batches")
    made = her2omics(
        *("simulate", "cohort", "--cases", PATIENTS, "--seed", 11, "--genes", 1500),
        *("--modalities", "mixed", "--out", folder),
        cwd=folder,
    )
    assert made.returncode == 0, made.stdout
    _interleave(folder / "samples.tsv")
    for name, (size, cores) in RUNS.items():
        run = _run(snakemake, repo, folder, name, cores, f"batch_size={size}")
        assert run.returncode == 0, run.stdout
    return folder


def _interleave(sheet):
    """Put the follow-ups behind all baselines: patients are no longer contiguous."""
    header, *rows = sheet.read_text().splitlines()
    rows.sort(key=lambda row: "followup" in row)
    sheet.write_text("\n".join([header, *rows]) + "\n")


def _run(snakemake, repo, folder, name, cores, *config):
    return snakemake(
        f"{name}/cases.tsv",
        *("-s", repo / "Snakefile", "--configfile", "config.yaml", "--cores", cores),
        *("--config", f"results={name}", *config),
        cwd=folder,
    )


@pytest.mark.parametrize("name", ["one", "seven"])
def test_same_bytes(folder, name):
    assert len(list((folder / name / "batches").iterdir())) == {"one": PATIENTS, "seven": 2}[name]
    compared = 0
    for part in ("", "cohort"):
        for table in sorted((folder / "all" / part).glob("*.tsv")):
            assert (folder / name / part / table.name).read_bytes() == table.read_bytes(), (
                table.name
            )
            compared += 1
    assert compared >= 14
    assert len(tables.read(folder / name, "cases")) == PATIENTS


def test_frozen_cohort_does_not_move(folder, snakemake, repo):
    kept = tables.read(folder / "all", "cases")["patient"].unique()[::3]
    header, *rows = (folder / "samples.tsv").read_text().splitlines()
    rows = [row for row in rows if row.split("\t")[0] in kept]
    (folder / "few.tsv").write_text("\n".join([header, *rows]) + "\n")
    present = {row.split("\t")[1] for row in rows}
    header, *units = (folder / "units.tsv").read_text().splitlines()
    units = [row for row in units if row.split("\t")[0] in present]
    (folder / "few_units.tsv").write_text("\n".join([header, *units]) + "\n")
    sheets = ("samples=few.tsv", "units=few_units.tsv", "cohort_from=all/cohort")
    run = _run(snakemake, repo, folder, "frozen", 2, *sheets)
    assert run.returncode == 0, run.stdout
    everyone = (folder / "all" / "cases.tsv").read_text().splitlines()
    expected = [everyone[0], *(row for row in everyone[1:] if row.split("\t")[1] in kept)]
    assert (folder / "frozen" / "cases.tsv").read_text().splitlines() == expected

"""The same bytes whatever the batch size and the number of cores; a frozen cohort holds still."""

import pytest

from her2omics import cli, tables

PATIENTS = 4
ARMS = ("expression", "subtype")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(snakemake, her2omics, repo, tmp_path_factory):
    """Return a folder in which one cohort was run with several batch sizes and cores.

    ``all``: one batch on two cores; ``three``: two batches on one core; ``one``: a batch for each
    patient, by hand (the same commands, without a new Python for each).
    """
    folder = tmp_path_factory.mktemp("batches")
    made = her2omics(
        *("simulate", "cohort", "--cases", PATIENTS, "--seed", 11, "--genes", 1500),
        *("--modalities", "mixed", "--out", folder),
        cwd=folder,
    )
    assert made.returncode == 0, made.stdout
    _interleave(folder / "samples.tsv")
    for name, size, cores in (("all", 100, 2), ("three", 3, 1)):
        run = snakemake(
            f"{name}/cases.tsv",
            *("-s", repo / "Snakefile", "--configfile", "config.yaml", "--cores", cores),
            *("--config", f"results={name}", f"batch_size={size}"),
            cwd=folder,
        )
        assert run.returncode == 0, run.stdout
    _by_hand(folder, folder / "one", batches=PATIENTS)
    return folder


def _interleave(sheet):
    """Put the follow-ups behind all baselines: patients are no longer contiguous."""
    header, *rows = sheet.read_text().splitlines()
    rows.sort(key=lambda row: "followup" in row)
    sheet.write_text("\n".join([header, *rows]) + "\n")


def _by_hand(folder, results, *, batches, sheets=("samples.tsv", "units.tsv"), settings=()):
    """Run the commands of the workflow up to the gathered tables."""
    study = ("--samples", folder / sheets[0], "--units", folder / sheets[1])
    study += ("--config", folder / "config.yaml")
    if settings:
        study += ("--set", *settings)
    cohort = results / "cohort"
    _call("cohort", *study, "--out", cohort)
    parts = [results / "batches" / str(number) for number in range(1, batches + 1)]
    shares = {}
    for number, part in enumerate(parts, start=1):
        batch = ("--batch", f"{number}/{batches}")
        _call("copy-number", *study, *batch, "--out", part)
        shares[part] = common = (*study, "--cohort", cohort, "--tables", part, *batch)
        for verb in ARMS:
            _call(verb, *common, "--out", part)
        _call("clones", *study, *batch, "--copy-number", part, "--out", part)
        _call("single-cell", *study, *batch, "--out", part)
        _call("quality", *common, "--out", part / "gates")
    _call("calibrate", *study, "--cohort", cohort, "--tables", *parts, "--out", cohort)
    for part, common in shares.items():
        given = ("--quality", part / "gates" / "quality.tsv", "--noise", cohort / "model_noise.tsv")
        _call("classify", *common, *given, "--out", part)
    _call("gather", *study, "--out", results, *parts)


def _call(*words):
    assert cli.main([str(word) for word in words]) == 0


@pytest.mark.parametrize("name", ["one", "three"])
def test_same_bytes(folder, name):
    assert len(list((folder / name / "batches").iterdir())) == {"one": PATIENTS, "three": 2}[name]
    compared = 0
    for part in ("", "cohort"):
        for table in sorted((folder / "all" / part).glob("*.tsv")):
            same = (folder / name / part / table.name).read_bytes() == table.read_bytes()
            assert same, table.name
            compared += 1
    assert compared >= 14


def test_rows_in_the_order_of_the_sheet(folder):
    rows = [row.split("\t") for row in (folder / "samples.tsv").read_text().splitlines()[1:]]
    samples = [row[1] for row in rows if row[2] != "normal"]
    modes = tables.read(folder / "three", "purity")["sample"]
    assert list(modes.drop_duplicates()) == samples
    pairs = list(tables.read(folder / "three" / "cohort", "pairs")["case"])
    assert list(tables.read(folder / "three", "cases")["case"]) == pairs
    assert len(pairs) == PATIENTS


def test_frozen_cohort_does_not_move(folder):
    kept = tables.read(folder / "all", "cases")["patient"].unique()[::3]
    header, *rows = (folder / "samples.tsv").read_text().splitlines()
    rows = [row for row in rows if row.split("\t")[0] in kept]
    (folder / "few.tsv").write_text("\n".join([header, *rows]) + "\n")
    present = {row.split("\t")[1] for row in rows}
    header, *units = (folder / "units.tsv").read_text().splitlines()
    units = [row for row in units if row.split("\t")[0] in present]
    (folder / "few_units.tsv").write_text("\n".join([header, *units]) + "\n")
    frozen = {"batches": 1, "settings": (f"cohort_from={folder / 'all' / 'cohort'}",)}
    _by_hand(folder, folder / "frozen", **frozen)
    _by_hand(folder, folder / "few", sheets=("few.tsv", "few_units.tsv"), **frozen)
    everyone = (folder / "frozen" / "cases.tsv").read_text().splitlines()
    expected = [everyone[0], *(row for row in everyone[1:] if row.split("\t")[1] in kept)]
    assert len(expected) == 3
    assert (folder / "few" / "cases.tsv").read_text().splitlines() == expected
    free = tables.read(folder / "all", "cases")
    assert list(tables.read(folder / "frozen", "cases")["label"]) == list(free["label"])

import pytest

from her2omics.cli import main


def arguments(world, out, *more):
    samples, units = world.sheets
    return [
        *("report", "--samples", str(samples), "--units", str(units), "--out", str(out)),
        *("--tables", str(world.results), *more),
    ]


def test_batches_then_the_cohort_page(world, tmp_path):
    out = tmp_path / "report"
    for batch in ("1/2", "2/2"):
        assert main(arguments(world, out, "--pages", "cases", "--batch", batch)) == 0
    assert len(list((out / "cases").iterdir())) == 7
    assert not (out / "index.html").exists()
    assert main(arguments(world, out, "--pages", "cohort", "--cohort", str(world.cohort))) == 0
    assert (out / "index.html").is_file()
    assert "6 HER2-positive baselines" in (world.results / "methods.md").read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--cohort", "nowhere"], "nowhere holds no cohort"),
        (["--tables", "nowhere"], "no such file: run `her2omics classify` first"),
        (["--patients", "P999"], "patient 'P999' has no case"),
    ],
)
def test_wrong_input_is_said_and_nothing_written(world, tmp_path, capsys, more, message):
    out = tmp_path / "report"
    assert main(arguments(world, out, *more)) == 1
    assert message in capsys.readouterr().err
    assert not (out / "index.html").exists()

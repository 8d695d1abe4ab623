import json

import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main


def purity(sample):
    row = {"sample": sample, "patient": "P", "purity": 0.5, "source": "sheet", "mode": 1}
    return tables.typed(pd.DataFrame([row]), "purity")


def test_batches_are_joined_in_the_order_given(tmp_path):
    for folder, sample in (("1", "B"), ("2", "A")):
        tables.write(purity(sample), "purity", tmp_path / folder)
    tables.write(tables.empty("switches"), "switches", tmp_path / "1")
    folders = [str(tmp_path / "1"), str(tmp_path / "2")]
    assert main(["gather", "--out", str(tmp_path / "all"), *folders]) == 0
    assert list(tables.read(tmp_path / "all", "purity")["sample"]) == ["B", "A"]
    assert len(tables.read(tmp_path / "all", "switches")) == 0
    assert not (tmp_path / "all" / "cases.tsv").exists()


def test_trees_of_all_batches_are_in_one_file(tmp_path):
    for folder, name in (("1", "P1"), ("2", "P2")):
        tables.write(purity(name), "purity", tmp_path / folder)
        (tmp_path / folder / "clone_trees.json").write_text(json.dumps({name: {"clones": [0]}}))
    folders = [str(tmp_path / "1"), str(tmp_path / "2")]
    assert main(["gather", "--out", str(tmp_path / "all"), *folders]) == 0
    assert list(json.loads((tmp_path / "all" / "clone_trees.json").read_text())) == ["P1", "P2"]


def test_a_missing_folder_is_named(tmp_path, capsys):
    assert main(["gather", "--out", str(tmp_path / "all"), str(tmp_path / "9")]) == 1
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.parametrize("hard", [True, False], ids=["hard", "symbolic"])
def test_cells_of_all_batches_are_linked_not_copied(tmp_path, monkeypatch, hard):
    for folder, sample in (("1", "A"), ("2", "B")):
        cells = tmp_path / folder / "single_cell"
        cells.mkdir(parents=True)
        (cells / f"{sample}.h5ad").write_text(sample)
    (tmp_path / "all" / "single_cell").mkdir(parents=True)
    (tmp_path / "all" / "single_cell" / "gone.h5ad").write_text("of a sample that is gone")
    if not hard:

        def refuse(*_):
            raise OSError("no hard links here")

        monkeypatch.setattr("os.link", refuse)
    folders = [str(tmp_path / "1"), str(tmp_path / "2")]
    for _ in range(2):  # again on top of what is there
        assert main(["gather", "--out", str(tmp_path / "all"), *folders]) == 0
    found = sorted((tmp_path / "all" / "single_cell").iterdir())
    assert [path.name for path in found] == ["A.h5ad", "B.h5ad"]
    for path, folder in zip(found, ("1", "2"), strict=True):
        assert path.samefile(tmp_path / folder / "single_cell" / path.name)
        assert path.is_symlink() != hard
        assert path.read_text() == path.stem


def test_no_cells_no_folder(tmp_path):
    tables.write(purity("A"), "purity", tmp_path / "1")
    assert main(["gather", "--out", str(tmp_path / "all"), str(tmp_path / "1")]) == 0
    assert not (tmp_path / "all" / "single_cell").exists()


def test_a_folder_gathered_into_itself_keeps_its_cells(tmp_path):
    for folder, sample in (("all", "A"), ("more", "B")):
        cells = tmp_path / folder / "single_cell"
        cells.mkdir(parents=True)
        (cells / f"{sample}.h5ad").write_text(sample)
    folders = [str(tmp_path / name) for name in ("all", "more")]
    assert main(["gather", *folders, "--out", folders[0]]) == 0
    found = {path.name: path.read_text() for path in (tmp_path / "all/single_cell").iterdir()}
    assert found == {"A.h5ad": "A", "B.h5ad": "B"}


def test_a_sample_of_two_folders_is_named_once_and_nothing_is_written(tmp_path, capsys):
    for folder in ("1", "2"):
        tables.write(purity("A"), "purity", tmp_path / folder)
        cells = tmp_path / folder / "single_cell"
        cells.mkdir()
        (cells / "A.h5ad").write_text(folder)
        (cells / "B.h5ad").write_text(folder)
    folders = [str(tmp_path / name) for name in ("1", "2")]
    assert main(["gather", *folders, "--out", str(tmp_path / "all")]) == 1
    printed = capsys.readouterr().err
    assert printed.count("(A)") == printed.count("(B)") == 1
    assert f"{folders[1]}/purity.tsv (A): its sample is in {folders[0]} as well" in printed
    assert "give each sample in one folder only" in printed
    assert not (tmp_path / "all").exists()


def test_a_folder_given_twice_is_one_problem(tmp_path, capsys):
    tables.write(purity("A"), "purity", tmp_path / "1")
    again = str(tmp_path / "1" / ".." / "1")
    assert main(["gather", str(tmp_path / "1"), again, "--out", str(tmp_path / "all")]) == 1
    printed = capsys.readouterr().err
    assert printed.count("given twice") == 1
    assert "(A)" not in printed

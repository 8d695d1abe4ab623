"""Header, separator, comments, rows and samples of a table; faults by line."""

import gzip

import numpy as np
import pytest

from her2omics.readers import table_text

HEADER = ("chrom", "start", "log2")


def split(path):
    return table_text.split(path, shown="t.tsv", what="bins")


def load(path):
    table = split(path)
    return table_text.load(table, numbers={"log2": "log2"}, names={"chromosome": "chrom"})


@pytest.mark.parametrize(
    "text",
    [
        "chrom\tstart\tlog2\n1\t5\t.5\n",
        "chrom,start,log2\n1,5,.5\n",
        "# made by x\n# and y\nchrom\tstart\tlog2\n1\t5\t.5\n",
        "#chrom\tstart\tlog2\n1\t5\t.5\n",
        '"chrom"\t"start"\t"log2"\n"1"\t5\t.5\n',
        "chrom\tstart\tlog2\r\n1\t5\t.5\r\n",
        "chrom\tstart\tlog2\nrow1\t1\t5\t.5\n",
        "chrom, start, log2\n1, 5, .5\n\n\n",
    ],
    ids=["tab", "comma", "comments", "PURPLE", "quoted", "Windows", "row names of R", "spaces"],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_the_forms_a_table_comes_in(tmp_path, text, compressed):
    path = tmp_path / "t"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    frame = load(path)
    assert frame["chromosome"].tolist() == ["1"]
    assert frame["log2"].tolist() == [0.5]


def test_commas_inside_quotes_are_no_separators(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('chrom,start,log2\n"1, or so",5,.5\n')
    assert load(path)["chromosome"].tolist() == ["1, or so"]


def test_names_are_compared_without_case_and_marks(write):
    table = split(write(("Start_Position(bp)", "seg.mean", "Start.Position.bp."), "1\t2\t3"))
    assert table.find("chromosome", "start_position_bp") == "Start_Position(bp)"
    assert table.find("SEGMEAN") == "seg.mean"
    assert table.find("log2") is None


def test_missing_values_stay_missing(write):
    frame = load(write(HEADER, ("1", 5, ""), ("1", 5, "NA"), (".", 5, "."), ("", 5, "nan")))
    assert np.isnan(frame["log2"]).all()
    assert frame["chromosome"].isna().tolist() == [False, False, True, True]


BAD = {
    "one column": (["a b c", "1 2 3"], "line 1: the header has one column only"),
    "no rows": (["chrom\tlog2"], "t.tsv: no rows below the header"),
    "only comments": (["# a", "# b\tc"], "t.tsv: no rows below the header"),
    "cut row": (["chrom\tstart\tlog2", "1\t2\t3", "1\t2"], "line 3: 2 cells, but the header has 3"),
    "blank row": (["chrom\tstart\tlog2", "1\t2\t3", "", "1\t2\t3"], "line 3: 1 cells, but"),
    "word": (["chrom\tstart\tlog2", "1\t2\tlow"], "line 2: log2: 'low' is not a number"),
    "decimal comma": (["chrom\tstart\tlog2", "1\t2\t0,5"], "write decimal points, not commas"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), BAD.values(), ids=BAD.keys())
def test_faults_are_named_with_their_line(write, messages, lines, message):
    found = messages(load, write(*lines))
    assert len(found) == 1
    assert message in found[0]


def test_many_faults_are_counted(write, messages):
    found = messages(load, write(HEADER, *[("1", 5, "x")] * 9))
    assert len(found) == 6
    assert found[-1] == "t.tsv: 4 more cells of log2 are not numbers"


def rows_of(path, **wanted):
    table = split(path)
    frame = table_text.load(
        table, numbers={"log2": "log2"}, names=table.find_all({"sample": ("ID",)})
    )
    return table_text.of_sample(frame, table=table, **wanted)["log2"].tolist()


def test_rows_of_one_sample(write, messages):
    several = write(("ID", "log2"), ("A", 1), ("B", 2), ("A", 3))
    assert rows_of(several, column=None, sample="A") == [1, 3]
    assert rows_of(several, column="B", sample="A") == [2]
    assert messages(rows_of, several, column=None, sample="a") == [
        "t.tsv (a): the file holds A, B; 'a' is none of them: name one in `column` of the units "
        "sheet - did you mean 'A'?"
    ]
    assert messages(rows_of, several, column="Bb", sample="a") == [
        "t.tsv (a): sample 'Bb' is not in it: the file holds A, B - did you mean 'B'?; name it in "
        "`column` of the units sheet"
    ]


def test_a_file_of_one_sample_may_call_it_anything(write, messages):
    single = write(("ID", "log2"), ("T-1", 1))
    assert rows_of(single, column=None, sample="A") == [1]
    assert "sample 'B' is not in it" in messages(rows_of, single, column="B", sample="A")[0]
    nameless = write(("x", "log2"), ("T-1", 1))
    assert rows_of(nameless, column=None, sample="A") == [1]
    assert "no column of sample names" in messages(rows_of, nameless, column="A", sample="A")[0]


def test_rows_without_a_sample_are_not_dropped_silently(write, messages):
    path = write(("ID", "log2"), ("A", 1), ("", 2))
    assert messages(rows_of, path, column=None, sample="A") == ["t.tsv line 3: sample: is empty"]


def test_a_file_is_parsed_once_and_again_when_it_changed(tmp_path):
    asked = []

    @table_text.keep_last
    def parse(path, shown):
        asked.append(shown)
        return path.read_text()

    path = tmp_path / "a"
    path.write_text("1")
    assert [parse(path, "a"), parse(path, "a")] == ["1", "1"]
    path.write_text("22")
    assert parse(path, "a") == "22"
    assert len(asked) == 2
    with pytest.raises(FileNotFoundError):
        parse(tmp_path / "b", "b")

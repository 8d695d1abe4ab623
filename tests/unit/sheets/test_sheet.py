import pytest

from her2omics.errors import InputError
from her2omics.sheets.sheet import read_sheet


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "samples.tsv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "patient\tsample\n002\tA B\nP2\t\n",
        "patient\tsample\r\n002\tA B\r\nP2\t\r\n",
        "\ufeffpatient\tsample\n002\tA B\nP2\t\n",
        "patient\tsample\n\n002\tA B\n\t\nP2\tNA",
        "patient\tsample\t\t\n002\t A B \t\t\nP2\tNaN\t\t\n",
        'patient\tsample\n"002"\t"A B"\nP2\t""\n',
    ],
)
def test_what_spreadsheet_programs_write_is_read_alike(tmp_path, text):
    sheet = read_sheet(write(tmp_path, text))
    assert sheet.cells.to_dict("list") == {"patient": ["002", "P2"], "sample": ["A B", ""]}


def test_rows_keep_their_lines(tmp_path):
    sheet = read_sheet(write(tmp_path, "\npatient\tsample\n\na\tb\n\t\nc\td\n"))
    assert sheet.lines == (4, 6)


def test_a_header_alone_is_a_sheet_without_rows(tmp_path):
    assert len(read_sheet(write(tmp_path, "sample\tassay\n")).cells) == 0


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("patient,sample\nP1,P1_B\n", ["samples.tsv line 1: the columns are separated by commas"]),
        ("patient;sample\nP1;P1_B\n", ["separated by semicolons, expected tabs"]),
        ("patient sample\nP1 P1_B\n", ["separated by spaces, expected tabs"]),
        ("# my sheet\npatient\tsample\n", ["line 1: comments are not allowed"]),
        (
            "patient\tsample\tsample\t\tx_a\nP1\tP1_B\t\t\t\n",
            ["column 4 has no name", "line 1: sample: the column is there 2 times: keep one"],
        ),
        (
            "patient\tsample\nP1\nP2\tb\tc\nP3\tc\n",
            [
                "line 2: found 1 cells, the header has 2",
                "line 3: found 3 cells, the header has 2: a tab is missing or too many",
            ],
        ),
        ('patient\tsample\n"P1\tb\n', ["line 2: found 1 cells"]),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path, text, messages):
    with pytest.raises(InputError) as caught:
        read_sheet(write(tmp_path, text))
    assert len(caught.value.problems) == len(messages)
    for problem, message in zip(caught.value.problems, messages, strict=True):
        assert message in str(problem)


def test_a_sheet_that_is_not_there_is_named_with_its_folder(tmp_path):
    with pytest.raises(InputError, match=r"config.samples\.tsv: no such file"):
        read_sheet(tmp_path / "config" / "samples.tsv")

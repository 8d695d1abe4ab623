import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics import outputs_page, tables
from her2omics.errors import InputError
from her2omics.tables import TABLES


def purity(**changes):
    row = {
        "sample": "P1_B",
        "patient": "002",
        "purity": 0.5,
        "purity_low": 0.4,
        "purity_high": 0.6,
        "ploidy": None,
        "source": "sheet",
        "mode": 1,
        "weight": 1,
    }
    return pd.DataFrame([row | changes])


def test_every_declaration_is_sound():
    for name, table in TABLES.items():
        assert table.name == name
        assert len(set(table.names)) == len(table.names)
        for column in table.columns:
            assert column.kind in ("text", "number", "integer")
            assert column.meaning
            assert not column.allowed or column.kind == "text"


def test_an_interval_has_both_ends():
    for table in TABLES.values():
        lows = {name[:-4] for name in table.names if name.endswith("_low")}
        highs = {name[:-5] for name in table.names if name.endswith("_high")}
        assert lows == highs
        assert lows <= set(table.names)


def test_a_table_survives_the_file(tmp_path):
    written = tables.typed(purity(), "purity")
    path = tables.write(written, "purity", tmp_path)
    assert path == tmp_path / "purity.tsv"
    read = tables.read(tmp_path, "purity")
    pd.testing.assert_frame_equal(read, written)
    assert read.loc[0, "patient"] == "002"
    assert np.isnan(read.loc[0, "ploidy"])


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False, width=32), max_size=8))
def test_numbers_survive_to_six_digits(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("numbers")
    frame = pd.DataFrame({"sample": "a", "patient": "p", "purity": values})
    tables.write(frame, "purity", folder)
    read = tables.read(folder, "purity")["purity"].to_numpy()
    np.testing.assert_allclose(read, np.array(values, dtype=float), rtol=1e-5)


def test_missing_is_an_empty_cell_and_text_is_none(tmp_path):
    path = tables.write(purity(source=None, purity=np.nan), "purity", tmp_path)
    assert path.read_text().splitlines()[1] == "P1_B\t002\t\t0.4\t0.6\t\t\t1\t1\t"
    assert tables.read(path, "purity").loc[0, "source"] is None


def test_a_gzip_is_the_same_whenever_it_is_written(tmp_path):
    first = tables.write(purity(), "purity", tmp_path / "a.tsv.gz").read_bytes()
    second = tables.write(purity(), "purity", tmp_path / "b.tsv.gz").read_bytes()
    assert first == second
    assert gzip.decompress(first).startswith(b"sample\tpatient")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tsv.gz", "b.tsv.gz"]


def test_what_is_not_declared_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="undeclared columns"):
        tables.write(purity(colour="red"), "purity", tmp_path)
    with pytest.raises(ValueError, match="not allowed"):
        tables.write(purity(source="guess"), "purity", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_open_table_takes_more_columns(tmp_path):
    cases = tables.empty("cases").assign(extra=[])
    assert "extra" in tables.read(tables.write(cases, "cases", tmp_path), "cases").columns


def test_reading_reports_every_wrong_value_with_its_line(tmp_path):
    path = tmp_path / "purity.tsv"
    header = "\t".join(TABLES["purity"].names)
    path.write_text(f"{header}\na\tp\thalf\t\t\t\tsheet\t1.5\t1\nb\tp\t.5\t\t\t\tsheat\t1\t1\n")
    with pytest.raises(InputError) as caught:
        tables.read(path, "purity")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 2]
    assert "'sheat' is not one of sheet, dna, snv, pathologist, none - did you mean 'sheet'?" in (
        str(caught.value)
    )


def test_reading_reports_missing_columns_with_a_suggestion(tmp_path):
    path = tmp_path / "evidence.tsv"
    path.write_text("case\tvariabel\n")
    with pytest.raises(InputError, match="did you mean 'variabel'"):
        tables.read(path, "evidence", required=("case", "variable"))
    with pytest.raises(InputError, match="no such file"):
        tables.read(tmp_path / "absent.tsv", "evidence")


def test_a_column_of_the_user_is_ignored_with_one_warning(tmp_path):
    path = tmp_path / "evidence.tsv"
    path.write_text("case\tvariable\tmood\nc\tihc\tfine\n")
    with pytest.warns(UserWarning, match="columns ignored: mood"):
        read = tables.read(path, "evidence", required=("case", "variable"))
    assert tuple(read.columns) == TABLES["evidence"].names


def test_rows_in_the_order_of_the_sheet():
    frame = pd.DataFrame({"sample": ["b", "a", "b"], "value": [1, 2, 3]})
    assert tables.in_order(frame, "sample", ["a", "b"])["value"].tolist() == [2, 1, 3]


def test_the_page_of_tables_is_current(request):
    page = request.config.rootpath / "docs" / "outputs.md"
    assert page.read_text(encoding="utf-8") == outputs_page.render(), (
        "run: python -m her2omics.outputs_page > docs/outputs.md"
    )

"""Gene-level copy number: ids, units, repeated genes."""

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.readers.gene_cn import read_gene_cn

IDS = resources.table("pam50_centroids.tsv")
RNG = np.random.default_rng(5)
LOG2 = pd.DataFrame(RNG.normal(0, 0.4, (len(IDS), 2)), index=IDS["gene"], columns=["T1", "T2"])
LOG2.loc["ERBB2"] = [3.1, -0.2]
CALLS = LOG2.round().clip(-2, 2) + 0.0
COPIES = (2 * 2**LOG2).round(2)


def written(tmp_path, frame, **options):
    path = tmp_path / "cn.tsv"
    frame.to_csv(path, sep=options.pop("sep", "\t"), **options)
    return path


def read(path, unit="log2", **columns):
    return read_gene_cn(path, columns=columns or {"T1": "T1", "T2": "T2"}, unit=unit, shown="cn")


@pytest.mark.parametrize(
    ("frame", "unit"), [(LOG2, "log2"), (CALLS, "discrete"), (COPIES, "copies")]
)
def test_every_unit(tmp_path, frame, unit):
    found = read(written(tmp_path, frame), unit)
    pd.testing.assert_frame_equal(found.frame, frame.rename_axis(None))
    assert (found.unit, found.file) == (unit, "cn")


def test_cbioportal_and_gistic_have_several_id_columns(tmp_path):
    frame = CALLS.reset_index(names="Hugo_Symbol")
    frame.insert(1, "Entrez_Gene_Id", IDS["entrez_id"])
    frame.insert(2, "Cytoband", "17q12")
    found = read(written(tmp_path, frame, index=False), "discrete", P1_B="T2").frame
    assert list(found.columns) == ["P1_B"]
    assert found.loc["ERBB2", "P1_B"] == CALLS.loc["ERBB2", "T2"]


def test_repeated_genes_and_no_coverage(tmp_path):
    extra = pd.DataFrame({"T1": [5.1, -30], "T2": [0.2, 0.3]}, index=["ERBB2", "VIM"])
    found = read(written(tmp_path, pd.concat([LOG2, extra]))).frame
    assert found.loc["ERBB2"].tolist() == pytest.approx([4.1, 0.0])
    assert np.isnan(found.loc["VIM", "T1"])
    calls = pd.DataFrame({"T1": [-1.0], "T2": [2.0]}, index=["ERBB2"])
    found = read(written(tmp_path, pd.concat([CALLS, calls])), "discrete").frame
    assert found.loc["ERBB2"].tolist() == [2, 2]


BAD = {
    "calls as log2": (CALLS, "log2", "all of them are whole numbers from -2", "discrete calls"),
    "log2 as calls": (LOG2, "discrete", "is none of -2, -1, 0, 1, 2", "log2 ratios"),
    "log2 as copies": (LOG2, "copies", "of them are negative", "log2 ratios"),
    "calls as copies": (CALLS.abs(), "copies", "their median is expected at about 2", "discrete"),
    "ratios as copies": (2**LOG2, "copies", "their median is expected", "linear ratios"),
    "copies as calls": (
        COPIES.round().clip(upper=2), "discrete", "most of them are 2", "copies"),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "unit", "found", "looks"), BAD.values(), ids=BAD.keys())
def test_the_wrong_unit_is_refused(tmp_path, messages, frame, unit, found, looks):
    told = messages(read, written(tmp_path, frame), unit)
    assert len(told) == 1
    assert f"cn: all 2 samples, such as T1: unit '{unit}' does not fit the values: " in told[0]
    assert found in told[0]
    assert f"they look like {looks}" in told[0]


def test_what_cannot_be_a_matrix_of_genes(tmp_path, messages):
    without = written(tmp_path, LOG2.drop(index="ERBB2"))
    assert "ERBB2 is not among the" in messages(read, without)[0]
    absent = LOG2.copy()
    absent.loc["ERBB2", "T2"] = np.nan
    assert messages(read, written(tmp_path, absent)) == ["cn (T2): the value of ERBB2 is missing"]
    dates = written(tmp_path, LOG2.rename(index={"MKI67": "1-Mar"}))
    assert "turned into dates" in messages(read, dates)[0]
    assert "column 'T3' is not in the matrix" in messages(read, dates, T3="T3")[0]
    empty = written(tmp_path, LOG2.assign(T2=np.nan))
    assert messages(read, empty)[0] == "cn (T2): no value at all"
    numbers = written(tmp_path, LOG2.set_axis([f"NOGENE{n}" for n in range(len(LOG2))]))
    assert "no gene is recognised" in messages(read, numbers)[0]

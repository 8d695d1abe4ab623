"""Which normals make a reference."""

from types import SimpleNamespace

import pandas as pd
import pytest

from her2omics.sheets.normal_bins import normal_bins, wants_references

SAMPLES = pd.DataFrame(
    {"sample": ["N1", "N2", "N3", "B"], "timepoint": ["normal", "normal", "normal", "baseline"]}
)


def study(*rows, reference=None, frozen=None):
    units = pd.DataFrame(rows, columns=["sample", "assay", "filetype", "targets"])
    config = {"copy_number": {"reference": reference}, "cohort_from": frozen}
    return SimpleNamespace(samples=SAMPLES, units=units, config=config)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("N1", "wes", "bins", None), ("N2", "wes", "bins", None)], ["N1", "N2"]),
        ([("N1", "wes", "bins", None), ("N2", "panel", "bins", None)], []),
        ([("N1", "wes", "bins", "a.bed"), ("N2", "wes", "bins", "b.bed")], []),
        ([("N1", "wes", "bins", None), ("N1", "wes", "bins", None)], []),  # one normal, two files
        ([("N1", "wes", "bins", None), ("B", "wes", "bins", None)], []),  # never a tumour
        ([("N1", "wes", "snps", None), ("N2", "wes", "snps", None)], []),
    ],
)
def test_two_normals_of_one_assay_and_design(rows, expected):
    found = study(*rows)
    assert list(normal_bins(found)["sample"]) == expected
    assert wants_references(found) is bool(expected)


def test_a_given_reference_and_a_frozen_cohort_count_where_there_are_bins():
    tumour = ("B", "wes", "bins", None)
    assert wants_references(study(reference="r.npz"))
    assert wants_references(study(tumour, frozen="old"))
    assert not wants_references(study(("B", "wes", "snps", None), frozen="old"))

"""Percentages written as fractions, and timepoints that look swapped."""

import pytest

from her2omics.errors import InputError
from her2omics.sheets.config import defaults
from her2omics.sheets.study import read_study

HEADER = "patient\tsample\ttimepoint\ther2_status\tish_amplified_percent\n"


def study(folder, *rows):
    (folder / "samples.tsv").write_text(HEADER + "".join("\t".join(row) + "\n" for row in rows))
    (folder / "units.tsv").write_text("sample\tassay\tfiletype\tpath\n")
    return read_study(folder / "samples.tsv", folder / "units.tsv", config=defaults())


def test_shares_given_as_percent_are_refused(tmp_path):
    rows = [("P", "B", "baseline", "", "0.9"), ("P", "F", "followup", "", "0.05")]
    with pytest.raises(InputError) as caught:
        study(tmp_path, *rows)
    assert str(caught.value) == (
        "samples.tsv line 2 (B): ish_amplified_percent: 0.9 in percent of cells, and no row has "
        "more than 1: write 90 for a share of 0.9"
    )


@pytest.mark.parametrize("values", [("90", "0.5"), ("0", "0.5"), ("0", "0")])
def test_true_percentages_pass(tmp_path, values):
    study(tmp_path, ("P", "B", "baseline", "", values[0]), ("P", "F", "followup", "", values[1]))


def test_statuses_in_the_other_order_are_pointed_out(tmp_path):
    found = study(
        tmp_path, ("P", "B", "baseline", "negative", ""), ("P", "F", "followup", "positive", "")
    )
    assert "are the timepoints swapped?" in " ".join(str(warning) for warning in found.warnings)

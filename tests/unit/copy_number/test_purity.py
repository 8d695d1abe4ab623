import numpy as np
import pandas as pd
import pytest

from her2omics.copy_number.purity import from_sheet


def sheet(**columns):
    frame = pd.DataFrame(
        {
            "sample": ["B", "F", "N"],
            "patient": ["P", "P", "P"],
            "timepoint": ["baseline", "followup", "normal"],
            "exclude": [None, None, None],
            "purity": np.nan,
            "tumour_content": np.nan,
            "ploidy": np.nan,
        }
    )
    return frame.assign(**columns)


def test_the_sheet_wins_over_the_pathologist():
    found = from_sheet(sheet(purity=[0.4, np.nan, np.nan], tumour_content=[0.8, 0.7, np.nan]))
    assert list(found["source"]) == ["sheet", "pathologist"]
    assert list(found["purity"]) == [0.4, 0.7]
    assert found["purity_low"][0] == pytest.approx(0.4 - 1.645 * 0.06, abs=1e-3)
    assert found["purity_high"][1] == pytest.approx(0.7 + 1.645 * 0.15, abs=1e-3)


def test_unknown_stays_unknown_and_normals_have_no_purity():
    found = from_sheet(sheet())
    assert list(found["sample"]) == ["B", "F"]
    assert list(found["source"]) == ["none", "none"]
    assert found[["purity", "purity_low", "purity_high"]].isna().all(axis=None)


def test_excluded_samples_are_left_out():
    found = from_sheet(sheet(exclude=["failed", None, None]))
    assert list(found["sample"]) == ["F"]

"""One rule for what counts as the same protocol."""

import numpy as np
import pandas as pd
import pytest

from her2omics.cohort.protocol import like_reference, pair_differs

SAMPLE = {"protocol": "polya", "preservation": "frozen", "unit": "counts"}


@pytest.mark.parametrize(
    ("changed", "like"),
    [
        ({}, True),
        ({"unit": "log2_counts"}, True),
        ({"unit": "tpm"}, False),
        ({"protocol": "capture"}, False),
        ({"protocol": None}, False),
        ({"protocol": ""}, False),
        ({"preservation": "ffpe"}, False),
        ({"preservation": None}, False),
    ],
)
def test_like_the_reference_alone_and_in_a_table(changed, like):
    sample = SAMPLE | changed
    assert like_reference(**sample) is like
    table = pd.DataFrame([SAMPLE, sample])
    found = like_reference(table["protocol"], table["preservation"], table["unit"])
    assert found.tolist() == [True, like]


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({}, None),
        ({"unit": "log2_counts"}, None),
        ({"unit": "tpm"}, "counts against tpm"),
        ({"unit": "log2_ratio"}, "counts against log2_ratio"),
        ({"protocol": "capture"}, "polya against capture"),
        ({"preservation": "ffpe"}, "frozen against ffpe"),
        ({"preservation": "decalcified"}, "frozen against decalcified"),
        ({"protocol": "total", "preservation": "ffpe"}, "polya against total, frozen against ffpe"),
        ({"protocol": None}, None),
        ({"protocol": ""}, None),
        ({"preservation": np.nan}, None),
        ({"protocol": "", "preservation": None, "unit": None}, None),
    ],
)
def test_only_what_is_known_differs(changed, difference):
    other = SAMPLE | changed
    assert pair_differs(SAMPLE, other) == difference
    assert (pair_differs(other, SAMPLE) is None) == (difference is None)


def test_tpm_and_fpkm_are_one_kind_of_unit():
    kinds = [{**SAMPLE, "unit": unit} for unit in ("tpm", "log2_tpm", "fpkm")]
    assert all(pair_differs(first, second) is None for first in kinds for second in kinds)
    ratio = {**SAMPLE, "unit": "log2_ratio"}
    assert pair_differs(kinds[0], ratio) == "tpm against log2_ratio"


def test_decalcified_tissue_is_fixed_tissue():
    fixed = [SAMPLE | {"preservation": word} for word in ("ffpe", "decalcified")]
    assert pair_differs(*fixed) is None


def test_rows_of_a_table_can_be_compared():
    table = pd.DataFrame([SAMPLE, SAMPLE | {"protocol": "capture"}])
    assert pair_differs(table.iloc[0], table.iloc[1]) == "polya against capture"

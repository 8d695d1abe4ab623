import numpy as np
import pandas as pd
import pytest

from her2omics.clones.observations import observations
from her2omics.errors import InputError


def table(**changes):
    base = {
        "mutation_id": ["a", "a", "b"],
        "sample_id": ["P", "L", "P"],
        "ref_counts": [10, 20, 30],
        "alt_counts": [1, 2, 3],
        "tumour_content": [0.5, 0.6, 0.5],
    }
    return pd.DataFrame(base | changes)


def test_a_missing_row_is_not_covered_and_takes_the_purity_of_its_sample():
    found = observations(table())
    assert list(found.mutations) == ["a", "b"]
    assert np.isnan(found.alt[1, 1])
    assert found.purity[1, 1] == 0.6
    assert (found.copies == 2).all()
    assert (found.normal == 2).all()


def test_swapped_copies_are_ordered():
    found = observations(table(major_cn=[1, 1, 0], minor_cn=[2, 1, 3]))
    assert found.major[0, 0] == 2
    assert found.minor[1, 0] == 0


def test_a_second_state_counts_by_its_share():
    found = observations(table(major_cn=1, minor_cn=1, major_cn_2=3, minor_cn_2=1, cn_share_2=0.25))
    assert found.copies[0, 0] == pytest.approx(0.75 * 2 + 0.25 * 4)


def test_all_problems_at_once():
    wrong = table(mutation_id=["a", "a", "a"], alt_counts=[-1, 2, 3], tumour_content=[7, None, 7])
    with pytest.raises(InputError) as caught:
        observations(wrong)
    text = str(caught.value)
    assert "mutation a occurs twice" in text
    assert "-1 reads of mutation a" in text
    assert "7 is no share of cells" in text
    assert "the sample's purity is unknown" in text


def test_missing_columns_are_named():
    with pytest.raises(InputError, match="tumour_content: column is missing"):
        observations(table().drop(columns="tumour_content"))

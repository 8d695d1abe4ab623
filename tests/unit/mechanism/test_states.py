import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.mechanism.states import (
    LABEL_OF,
    LOCUS_OF,
    STATES,
    SUBLABEL_OF,
    copies_ratio,
    state_of,
)


@pytest.mark.parametrize(
    ("f1", "f2", "r", "d", "m", "state"),
    [
        (0.95, 0.95, 1.0, 0.1, 0.0, "R"),
        (0.95, 0.95, 1.0, 2.0, 0.0, "D"),
        (0.60, 0.04, 1.0, 0.0, 0.0, "CS"),
        (0.60, 0.04, 1.0, 3.0, 0.9, "CS"),  # a replaced lineage is selection whatever else
        (0.95, 0.95, 0.05, 0.0, 0.0, "DA"),
        (0.95, 0.95, 0.05, 0.0, 0.8, "SS-lost"),
        (0.95, 0.95, 1.0, 0.0, 0.8, "SS-ret"),
        (0.95, 0.95, 1.0, 2.0, 0.8, "SS-ret"),
        (0.80, 0.30, 1.0, 0.0, 0.0, "PR"),
        (0.80, 0.30, 1.0, 1.5, 0.0, "MIX"),
        (0.95, 0.95, 0.40, 0.0, 0.0, "PR"),
        (0.95, 0.95, 0.40, 1.5, 0.0, "MIX"),
        (0.20, 0.14, 1.0, 0.0, 0.0, "R"),  # below .15, but not below half of what was there
    ],
)
def test_each_row_of_the_partition(f1, f2, r, d, m, state):
    assert state_of(f1, f2, r, d, m) == state


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-1, 3), st.floats(0, 6), st.floats(-0.5, 2))
def test_the_partition_is_complete(f1, f2, r, d, m):
    assert str(state_of(f1, f2, r, d, m)) in STATES


def test_every_state_has_a_label_a_sublabel_and_a_place_on_the_locus_axis():
    assert set(STATES) == set(LABEL_OF) == set(SUBLABEL_OF) == set(LOCUS_OF)


def test_copies_ratio_uses_the_other_copies_of_each_time():
    assert copies_ratio(np.array(14.0), np.array(16.0), 2.0, 4.0) == pytest.approx(1.0)
    assert copies_ratio(np.array(2.5), np.array(2.5), 2.0, 2.0) == pytest.approx(0.5)

"""What the report draws of the cells: how many of each sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.single_cell.view import quotas


@pytest.mark.parametrize(
    ("sizes", "most", "numbers"),
    [
        ([5000, 5000], 2000, [1000, 1000]),
        ([346, 1941], 2000, [346, 1654]),
        ([1941, 346], 2000, [1654, 346]),
        ([346, 1500], 2000, [346, 1500]),
        ([50, 900, 900], 1000, [50, 475, 475]),
        ([0, 30], 20, [0, 20]),
        ([9, 9], 5, [2, 3]),
    ],
)
def test_what_a_small_sample_leaves_goes_to_the_others(sizes, most, numbers):
    assert quotas(sizes, most) == numbers


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=5), st.integers(0, 3000))
def test_as_many_as_asked_and_as_equal_as_can_be(sizes, most):
    numbers = quotas(sizes, most)
    assert sum(numbers) == min(most, sum(sizes))
    assert all(number <= size for number, size in zip(numbers, sizes, strict=True))
    short = np.array(numbers)[np.array(numbers) < np.array(sizes)]
    # A sample with cells to spare has as many as any other, give or take one.
    assert not len(short) or short.min() >= max(numbers) - 1

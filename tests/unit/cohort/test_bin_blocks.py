"""Bins of several samples side by side, and blocks of neighbours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.cohort import bin_blocks
from her2omics.errors import InputError


def test_shared_bins_are_centred_and_x_by_itself(bins_of, grch38):
    men = bins_of(1).assign(log2=0.4)
    men.loc[men["chromosome"].eq("X"), "log2"] = -0.6
    women = bins_of(2).iloc[5:].assign(log2=-0.1)
    found = bin_blocks.stack([("M", men), ("W", women)], genome=grch38)
    assert found.names == ("M", "W")
    assert len(found.bins) == len(women)
    assert found.found == len(men)
    np.testing.assert_allclose(found.log2, 0, atol=1e-6)


def test_other_contigs_and_y_are_left_out():
    bins = pd.DataFrame({"chromosome": ["1", "X", "Y", "MT"], "start": 0, "end": 1000})
    number = bin_blocks.bin_numbers(bins)
    assert list(number < 0) == [False, False, True, True]


@given(
    st.lists(
        st.tuples(st.integers(0, 21), st.integers(0, 248_000_000), st.integers(1, 5_000_000)),
        min_size=2,
        max_size=20,
        unique=True,
    )
)
def test_numbers_of_bins_are_unique_and_sort_as_the_genome(rows):
    bins = pd.DataFrame(
        [(str(c + 1), start, start + length) for c, start, length in rows],
        columns=["chromosome", "start", "end"],
    )
    number = bin_blocks.bin_numbers(bins)
    assert len(set(number.tolist())) == len(rows)
    assert np.argsort(number).tolist() == sorted(range(len(rows)), key=lambda row: rows[row])


def test_no_samples_and_no_coverage_are_said(bins_of, grch38):
    with pytest.raises(InputError, match="no bins of normals: give at least one file"):
        bin_blocks.stack([], genome=grch38)
    empty = bins_of(1).assign(log2=np.nan)
    with pytest.raises(InputError, match="no bin has coverage: leave the sample out"):
        bin_blocks.stack([("A", bins_of(2)), ("E", empty)], genome=grch38)


def test_blocks_have_ten_bins_and_one_chromosome(design):
    bins, _ = design
    grouped = bin_blocks.blocks(bins)
    ends = np.r_[grouped.first[1:], len(bins)]
    last = np.r_[grouped.chromosome[1:] != grouped.chromosome[:-1], True]
    assert (ends - grouped.first)[~last].min() >= bin_blocks.BLOCK_BINS
    for start, end in zip(grouped.first, ends, strict=True):
        assert len(set(bins["chromosome"].iloc[start:end])) == 1
    assert not bin_blocks.shaping(grouped)[np.isin(grouped.chromosome, ["17", "X"])].any()


def test_block_means_pass_over_missing_bins():
    grouped = bin_blocks.Blocks(np.array([0, 2]), np.array(["1", "1"]))
    log2 = np.array([[1.0, np.nan, 2.0, 4.0]])
    means, weight = grouped.means(log2, np.array([1.0, 1.0, 1.0, 3.0]))
    np.testing.assert_allclose(means, [[1.0, 3.5]])
    np.testing.assert_allclose(weight, [[1.0, 4.0]])

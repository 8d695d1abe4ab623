"""The geometry of the fish plot: children inside their parent, heights as the shares."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.report.streams import BASELINE, FOLLOWUP, NO_PARENT, START, Stream, drawn, edges, own

TIMES = np.r_[np.linspace(START, FOLLOWUP, 81), 1.5]
SELECTED = [
    Stream(0, NO_PARENT, 0.05, 0.05),
    Stream(1, 0, 0.70, 0.0),
    Stream(2, 0, 0.15, 0.40),
    Stream(3, 2, 0.0, 0.55),
    Stream(4, 1, 0.10, 0.0),
]


def _height(shapes, time):
    column = int(np.argmin(np.abs(TIMES - time)))
    return shapes[:, column, 1] - shapes[:, column, 0]


def _below(streams, k):
    return [j for j, stream in enumerate(streams) if stream.parent == k]


@st.composite
def clones(draw):
    count = draw(st.integers(1, 8))
    shares = st.lists(st.floats(0, 1), min_size=count, max_size=count)
    both = np.array([draw(shares), draw(shares)])
    both = both / np.maximum(both.sum(axis=1, keepdims=True), 1.0)
    parents = [draw(st.integers(NO_PARENT, k - 1)) for k in range(count)]
    return [Stream(k, parents[k], *both[:, k]) for k in range(count)]


@given(clones())
def test_children_lie_inside_their_parent_and_beside_each_other(streams):
    shapes = edges(streams, TIMES)
    assert (shapes[:, :, 0] <= shapes[:, :, 1] + 1e-9).all()
    assert shapes.min() >= -1e-9
    assert shapes.max() <= 1 + 1e-9
    for k in range(len(streams)):
        inside = _below(streams, k)
        for j in inside:
            assert (shapes[j, :, 0] >= shapes[k, :, 0] - 1e-9).all()
            assert (shapes[j, :, 1] <= shapes[k, :, 1] + 1e-9).all()
        for first, second in itertools.pairwise(inside):
            assert (shapes[first, :, 1] <= shapes[second, :, 0] + 1e-9).all()
    roots = _below(streams, NO_PARENT)
    for first, second in itertools.pairwise(roots):
        assert (shapes[first, :, 1] <= shapes[second, :, 0] + 1e-9).all()


@given(clones())
def test_heights_at_the_biopsies_are_the_shares(streams):
    shapes, shares = edges(streams, TIMES), own(streams)
    for column, time in enumerate((BASELINE, FOLLOWUP)):
        height = _height(shapes, time)
        inner = [height[_below(streams, k)].sum() for k in range(len(streams))]
        np.testing.assert_allclose(height - inner, shares[:, column], atol=1e-9)


def test_clones_come_and_go_where_they_were_seen():
    shapes = edges(SELECTED, TIMES)
    new = shapes[3, :, 1] - shapes[3, :, 0] > 0
    assert TIMES[new].min() > BASELINE
    gone = shapes[4, :, 1] - shapes[4, :, 0] > 0
    assert START < TIMES[gone].min() < BASELINE
    assert TIMES[gone].max() < FOLLOWUP
    np.testing.assert_allclose(_height(shapes, START), 0)
    np.testing.assert_allclose(_height(shapes, FOLLOWUP), _height(shapes, 1.5))


def test_shares_of_more_than_all_cells_are_scaled_and_traces_are_none():
    shares = own([Stream(0, NO_PARENT, 0.9, 0.004), Stream(1, 0, 0.3, 0.5)])
    np.testing.assert_allclose(shares, [[0.75, 0.0], [0.25, 0.5]])


def test_small_clones_are_left_out_but_not_their_larger_descendants():
    streams = [
        Stream(0, NO_PARENT, 0.9, 0.5),
        Stream(1, 0, 0.01, 0.01),
        Stream(2, 1, 0.0, 0.4),
        Stream(3, 0, 0.015, 0.0),
    ]
    kept = drawn(streams)
    assert [stream.name for stream in kept] == [0, 1, 2]
    assert [stream.parent for stream in kept] == [NO_PARENT, 0, 1]


@pytest.mark.parametrize("streams", [[], [Stream(0, NO_PARENT, 0.01, 0.0)]])
def test_nothing_to_draw(streams):
    assert drawn(streams) == []

"""Log2 ratios from depth."""

import gzip

import numpy as np
import pandas as pd
import pytest

from her2omics.errors import InputError
from her2omics.reads import depth


def _windows(on, off=0):
    count = on + off
    length = np.where(np.arange(count) < on, 300, 20_000)
    start = np.cumsum(length + 1000) - length
    return pd.DataFrame(
        {
            "chromosome": "chr1",
            "start": start,
            "end": start + length,
            "on_target": np.arange(count) < on,
            "gc": 0.4,
        }
    )


def test_each_class_is_relative_to_its_own_median():
    windows = _windows(6, 6)
    values = np.array([100, 100, 100, 100, 200, 50, 1, 1, 1, 1, 2, 0.5])
    found = depth.bins(windows, values)
    expected = [0, 0, 0, 0, 1, -1] * 2
    np.testing.assert_allclose(found["log2"], expected, atol=1e-9)
    assert np.median(found["weight"]) == pytest.approx(1, rel=0.3)
    assert found["weight"].iloc[0] > found["weight"].iloc[6]  # 300 reads against 200


def test_the_normal_takes_off_what_the_capture_does():
    rng = np.random.default_rng(3)
    capture = np.exp(rng.normal(0, 0.5, 400))
    copies = np.where(np.arange(400) < 300, 1.0, 2.0)
    windows = _windows(400)
    alone = depth.bins(windows, 100 * capture * copies)
    both = depth.bins(windows, 100 * capture * copies, 60 * capture)
    assert alone["log2"].iloc[:300].std() > 0.5
    np.testing.assert_allclose(both["log2"].diff().drop([0, 300]), 0, atol=1e-9)
    assert both["log2"].iloc[300] - both["log2"].iloc[0] == pytest.approx(1)


def test_bins_without_measurement():
    windows = _windows(5)
    values = np.array([100.0, 100, 0, 100, 100])
    normal = np.array([50.0, 50, 50, 1, 50])
    found = depth.bins(windows, values, normal)
    assert found["log2"].tolist()[2:4] == [depth.NO_COVERAGE] * 2
    assert found["weight"].tolist()[2:4] == [0, 0]
    assert not depth.bins(windows, np.zeros(5))["log2"].gt(depth.NO_COVERAGE).any()


def test_bins_between_targets_that_hold_nothing_are_left_out():
    windows = _windows(4, 4)
    values = np.array([100.0] * 4 + [0.01] * 4)
    assert len(depth.bins(windows, values)) == 4


def test_reading_regions(tmp_path):
    path = tmp_path / "x.regions.bed.gz"
    path.write_bytes(gzip.compress(b"chr1\t0\t100\t12.5\nchr1\t100\t200\tname\t3\n"))
    assert depth.read_regions(path)["depth"].tolist() == [12.5, 3.0]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match="is no table of depths"):
        depth.read_regions(path)

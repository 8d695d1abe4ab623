"""Sex chromosomes: both alleles on X, depth of X and Y, and what a tumour may have lost."""

import numpy as np
import pandas as pd
import pytest

from her2omics.reads.sex import SHARED_ENDS, sex
from her2omics.thresholds import limits

OUTSIDE = 20_000_000  # a place of X and Y that they do not share


def _windows(x, y=None, *, on_target=1):
    parts = [("chr1", 100.0), ("chrX", 100.0 * x)] + (
        [("chrY", 100.0 * y)] if y is not None else []
    )
    frames = [
        pd.DataFrame(
            {
                "chromosome": name,
                "start": OUTSIDE + 1000 * np.arange(20),
                "end": OUTSIDE + 1000 * np.arange(20) + 300,
                "on_target": on_target,
                "depth": depth,
            }
        )
        for name, depth in parts
    ]
    return pd.concat(frames, ignore_index=True)


def _snps(heterozygous, sites=50, start=OUTSIDE):
    alt = np.where(np.arange(sites) < heterozygous, 20, 0)
    place = {"chromosome": "chrX", "position": start + 100 * np.arange(sites)}
    return pd.DataFrame({**place, "ref_count": 40 - alt, "alt_count": alt})


def _sex(snps, windows, *, normal=True, build="GRCh38"):
    return sex(snps, windows, build=build, normal=normal, limit=limits())


def test_a_woman_and_a_man():
    woman = _sex(_snps(20), _windows(1.0, 0.01))
    assert (woman.call, woman.heterozygous, woman.x_depth, woman.y_depth) == ("XX", 0.4, 1.0, 0.01)
    assert woman.low < 0.4 < woman.high
    man = _sex(_snps(0), _windows(0.5, 0.5))
    assert (man.call, man.heterozygous, man.low) == ("XY", 0.0, 0.0)
    assert _sex(_snps(0), _windows(0.5)).call == "XY"


def test_a_tumour_may_have_lost_what_is_not_seen():
    assert _sex(_snps(0), _windows(0.5), normal=False).call == "unknown"
    assert _sex(_snps(0), _windows(0.5, 0.3), normal=False).call == "XY"
    assert _sex(_snps(20), _windows(0.5), normal=False).call == "XX"


def test_both_alleles_of_x_beside_y_are_no_answer():
    assert _sex(_snps(20), _windows(1.0, 0.5)).call == "unknown"


def test_ends_that_x_and_y_share_do_not_count():
    shared = _snps(40, sites=40, start=100_000)
    both = pd.concat([shared, _snps(0, sites=40)])
    assert _sex(both, _windows(0.5, 0.5)).heterozygous == 0
    assert _sex(both, _windows(0.5, 0.5), build="custom").heterozygous == 0.5
    for ends in SHARED_ENDS.values():
        lengths = [[end - start for start, end in ends[name]] for name in ("X", "Y")]
        assert lengths[0] == lengths[1]  # the same sequence


@pytest.mark.parametrize("snps", [None, _snps(3, sites=10)])
def test_without_enough_to_look_at(snps):
    windows = _windows(1.0)
    found = _sex(snps, windows[windows["chromosome"] == "chr1"])
    assert found.call == "unknown"
    assert np.isnan([found.heterozygous, found.x_depth, found.y_depth]).all()


def test_gaps_between_targets_tell_where_no_target_lies():
    gaps = _windows(1.0, 0.5, on_target=0)
    gaps["depth"] /= 50
    targets = _windows(1.0)
    found = _sex(_snps(0), pd.concat([targets, gaps]))
    assert (found.x_depth, found.y_depth, found.call) == (1.0, 0.5, "XY")

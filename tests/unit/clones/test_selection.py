import numpy as np
import pytest

from her2omics.clones.clustering import cluster
from her2omics.clones.selection import CALLS, SHIFTS, shifts
from her2omics.tables import TABLES
from her2omics.thresholds import limits


def of(drawn, ccf, sizes, **options):
    table, _ = drawn(ccf, sizes, **options)
    return shifts(cluster(table), "S0", "S1", limit=limits()).set_index("call")


def test_each_fate_is_called(drawn):
    found = of(drawn, [[1, 1], [0.2, 1.0], [0.7, 0.0]], [40, 30, 30])
    assert list(found.index) == ["clonal", "sweep", "loss"]
    assert found.loc["sweep", "p_sweep"] > 0.95
    assert found.loc["clonal", "p_shift"] < 0.05
    assert (
        found.loc["sweep", "log10_bayes_factor"] > 5 > 0 > found.loc["clonal", "log10_bayes_factor"]
    )
    found = of(drawn, [[1, 0], [0, 1], [0, 0.5]], [40, 40, 30])
    assert set(found.index) == {"baseline_private_clonal", "followup_private_clonal", "new"}
    found = of(drawn, [[1, 1], [0.25, 0.7], [0.7, 0.25]], [40, 40, 40], depth=200)
    assert set(found.index) == {"clonal", "expansion", "contraction"}


def test_no_change_is_no_shift(drawn):
    found = of(drawn, [[1, 1], [0.4, 0.4]], [60, 60], depth=300)
    assert not set(found.index) & set(SHIFTS)
    assert (found["p_shift"] < 0.05).all()


def test_power_grows_with_mutations_and_depth(drawn):
    small = of(drawn, [[1, 1], [0.3, 0.3]], [20, 4], depth=60, purity=(0.4, 0.4))
    large = of(drawn, [[1, 1], [0.3, 0.3]], [60, 60], depth=200)
    assert small["power"].iloc[-1] < 0.6 < 0.9 < large["power"].iloc[-1]
    assert large["detectable_change"].iloc[-1] < 0.25


def test_power_is_the_share_of_calls(drawn):
    called, power = [], []
    for seed in range(20):
        found = of(
            drawn, [[1, 1], [0.3, 0.55]], [20, 6], depth=80, purity=(0.5, 0.5), seed=100 + seed
        ).reset_index()
        rest = found[found["ccf_baseline"] < 0.8]
        called.append(rest["call"].isin(SHIFTS).any())
        power.append(rest["power"].mean())
    assert np.mean(called) == pytest.approx(np.mean(power), abs=0.3)


def test_the_calls_are_those_of_the_table():
    column = next(c for c in TABLES["cluster_shifts"].columns if c.name == "call")
    assert column.allowed == CALLS

"""Log2 ratios: no coverage is missing, linear values are refused."""

import numpy as np

from her2omics.readers import log_ratios

RNG = np.random.default_rng(3)
LOG2 = RNG.normal(0, 0.4, 200)


def test_no_coverage_is_missing_and_counted():
    values, uncovered = log_ratios.measured(np.array([0.5, -20, -np.inf, np.nan, -14.9]))
    np.testing.assert_array_equal(values, [0.5, np.nan, np.nan, np.nan, -14.9])
    assert uncovered == 2


def test_log_ratios_pass_and_others_are_refused():
    assert log_ratios.refusal(LOG2) is None
    assert log_ratios.refusal(np.append(LOG2 + 0.6, [np.nan, -np.inf])) is None
    assert "no value is negative and the median is" in log_ratios.refusal(2**LOG2)
    assert "no possible log2 ratio" in log_ratios.refusal(np.append(LOG2, 40.0))
    assert "no possible log2 ratio" in log_ratios.refusal(np.append(LOG2, np.inf))
    assert log_ratios.refusal(np.array([np.nan, -np.inf])) == "no value at all"


def test_few_values_may_all_be_gained():
    assert log_ratios.refusal(np.full(10, 3.0)) is None
    assert log_ratios.refusal(np.full(100, 3.0), enough=500) is None

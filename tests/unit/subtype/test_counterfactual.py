import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.subtype.counterfactual import dilute, purity_of, shares


def rows(*modes: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(modes, columns=["purity", "purity_low", "purity_high", "weight"])


def of(table: pd.DataFrame, seed: int = 1):
    return purity_of(table, draws=4000, rng=np.random.default_rng(seed))


def test_dilution_mixes_on_the_linear_scale():
    mixed = dilute(np.array([4.0, 0.0]), np.array([0.0, 4.0]), np.array([0.25]))
    np.testing.assert_allclose(2**mixed, [[0.25 * 16 + 0.75, 0.25 + 0.75 * 16]])


@given(
    share=st.floats(0.01, 1), level=st.floats(-5, 15), normal=st.floats(-5, 15), c=st.floats(-9, 9)
)
def test_dilution_stays_between_and_does_not_mind_the_centre(share, level, normal, c):
    value = dilute(np.array([level]), np.array([normal]), [share])[0, 0]
    assert min(level, normal) - 1e-9 <= value <= max(level, normal) + 1e-9
    shifted = dilute(np.array([level - c]), np.array([normal - c]), [share])[0, 0]
    assert shifted + c == pytest.approx(value, abs=1e-9)


def test_nothing_is_diluted_at_share_one_and_missing_stays_missing():
    values = np.array([1.25, np.nan])
    np.testing.assert_array_equal(dilute(values, np.array([9.0, 9.0]), [1.0])[0], values)
    assert np.isnan(dilute(values, np.array([9.0, 9.0]), [0.5])[0, 1])


@given(b=st.floats(0.02, 1), f=st.floats(0.02, 1))
def test_the_purer_sample_is_brought_to_the_other(b, f):
    keep_b, keep_f = shares(np.array([b]), np.array([f]))
    assert max(keep_b[0], keep_f[0]) == 1
    assert b * keep_b[0] == pytest.approx(f * keep_f[0])


def test_a_known_purity_and_its_error():
    purity = of(rows((0.6, 0.5013, 0.6987, 1.0)))
    assert purity.known
    assert purity.value == 0.6
    assert purity.draws.mean() == pytest.approx(0.6, abs=0.005)
    assert purity.draws.std() == pytest.approx(0.06, abs=0.005)


def test_an_interval_cut_at_one_does_not_narrow_the_error():
    cut = of(rows((0.9, 0.9 - 0.2467, 1.0, 1.0)))  # pathologist's sd .15
    assert cut.draws.min() < 0.5
    assert cut.draws.max() == 1.0


def test_modes_of_a_fit_are_drawn_by_weight():
    purity = of(rows((0.3, 0.29, 0.31, 0.25), (0.8, 0.79, 0.81, 0.75)))
    assert purity.value == 0.8
    assert (purity.draws > 0.55).mean() == pytest.approx(0.75, abs=0.03)


def test_an_unknown_purity_is_a_beta_around_one_half():
    unknown = of(rows((np.nan, np.nan, np.nan, 1.0)))
    assert not unknown.known
    assert unknown.draws.mean() == pytest.approx(0.5, abs=0.01)
    assert unknown.draws.std() == pytest.approx(np.sqrt(0.25 / 11), abs=0.01)
    np.testing.assert_array_equal(unknown.draws, of(rows()).draws)


def test_draws_of_the_second_sample_do_not_depend_on_what_is_known_of_the_first():
    after = []
    for first in (rows(), rows((0.5, 0.4, 0.6, 1.0))):
        rng = np.random.default_rng(5)
        purity_of(first, draws=10, rng=rng)
        after.append(rng.random())
    assert after[0] == after[1]

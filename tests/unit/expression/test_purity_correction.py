"""Expression of the cancer cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.expression.purity_correction import FLOOR, correct


@given(
    cancer=st.floats(-1.5, 8),
    purity=st.floats(0.05, 1.0),
    normal=st.floats(-2, 2),
)
def test_mixing_is_undone(cancer, purity, normal):
    mixed = np.log2(purity * 2.0**cancer + (1 - purity) * 2.0**normal)
    np.testing.assert_allclose(correct(mixed, purity, normal), cancer, atol=1e-8)


def test_published_cost_of_dilution():
    """A tumour:normal ratio of 16 loses .9 log2 from purity .8 to .4 and 1.7 to .2."""
    level = {p: np.log2(p * 16 + 1 - p) for p in (0.8, 0.4, 0.2)}
    assert level[0.4] - level[0.8] == pytest.approx(-0.9, abs=0.05)
    assert level[0.2] - level[0.8] == pytest.approx(-1.7, abs=0.05)
    np.testing.assert_allclose(correct(level[0.2], 0.2) - correct(level[0.8], 0.8), 0, atol=1e-9)


def test_less_than_the_normal_tissue_is_the_floor():
    assert correct(-3.0, 0.3) == np.log2(FLOOR)


def test_unknown_purity_gives_no_answer():
    assert np.isnan(correct(3.0, np.nan))

import numpy as np
import pytest
from scipy import stats

from her2omics.mechanism.student import t6_logpdf


def test_t6_is_students_t():
    x = np.linspace(-4, 4, 9)
    assert t6_logpdf(x, 0.7) == pytest.approx(stats.t(6, scale=0.7).logpdf(x))

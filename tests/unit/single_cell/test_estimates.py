"""A share that may be anything has an interval and no value."""

import numpy as np
import pytest

from her2omics.single_cell.estimates import SampleDosage, unclear

DRAWS = 100


def sample(share, tumour=None):
    share = np.asarray(share, dtype=float)
    return SampleDosage(
        sample=0,
        malignant_cells=200,
        clones=np.array([0]),
        share_draws=share,
        tumour_share_draws=share if tumour is None else np.asarray(tumour, dtype=float),
        dose_draws=np.full(DRAWS, 8.0),
        clone_share_draws=share[None],
        clone_dose_draws=np.full((1, DRAWS), 8.0),
        gain_fraction=0.0,
        identifiable=True,
        reason="",
    )


def test_two_modes_have_no_value_but_an_interval():
    two = sample(np.repeat([0.01, 0.95], [70, 30]))
    assert np.isnan(two.amplified_fraction.value)
    assert np.isnan(two.tumour_fraction.value)
    assert (two.amplified_fraction.low, two.amplified_fraction.high) == pytest.approx((0.01, 0.95))


def test_sites_that_vary_do_not_make_a_share_unclear():
    one = sample(np.linspace(0.45, 0.55, DRAWS), tumour=np.linspace(0.1, 0.9, DRAWS))
    assert one.amplified_fraction.value == pytest.approx(0.5)
    assert one.tumour_fraction.value == pytest.approx(0.5)


def test_nothing_known_is_not_unclear():
    assert not unclear(np.full(DRAWS, np.nan))

from dataclasses import replace

import numpy as np
import pytest

from her2omics.single_cell.anchor import anchored, why_not
from her2omics.single_cell.estimates import SampleDosage

DRAWS = 20


def sample(share, dose, gain=0.0):
    draws = np.full(DRAWS, float(share))
    return SampleDosage(
        sample=0,
        malignant_cells=300,
        clones=np.array([0]),
        share_draws=draws,
        tumour_share_draws=draws,
        dose_draws=np.full(DRAWS, float(dose)),
        clone_share_draws=draws[None],
        clone_dose_draws=draws[None],
        gain_fraction=gain,
        identifiable=True,
        reason="",
    )


@pytest.mark.parametrize(
    ("samples", "normal_cells", "expected"),
    [
        ([(0.95, 6), (0.1, 6)], 20, [True, True]),  # normal epithelium
        ([(0.95, 6), (0.9, 6)], 19, [False, False]),
        ([(0.95, 4), (0.1, 4)], 50, [False, False]),  # too low a dose whatever is known
        ([(0.95, 6), (0.8, 3.4)], 50, [True, False]),  # near three: amplified by a little
        ([(0.95, 6), (0.8, 4.4)], 50, [True, True]),
        ([(0.95, 6), (0.01, np.nan)], 50, [True, True]),  # next to none beside a clear dose
        ([(0.95, 6), (0.2, np.nan)], 50, [True, False]),
        ([(0.0, np.nan), (0.0, np.nan)], 50, [False, False]),  # nobody amplified
        ([(0.95, 6), (0.5, 6)], 0, [True, True]),  # neutral cells side by side
        ([(0.95, 6), (0.01, np.nan)], 0, [True, True]),  # or one after the other
        ([(0.3, 6), (0.01, np.nan)], 0, [True, True]),  # one sample is enough
        ([(0.5, 6), (np.nan, np.nan, np.nan)], 0, [True, False]),  # no malignant cell in the other
        ([(0.95, 15), (0.95, 15)], 0, [True, True]),  # no level explains the dose away
        ([(0.95, 15), (0.01, np.nan)], 0, [True, True]),
        ([(0.95, 9), (0.95, 10)], 0, [True, True]),  # nothing changed
        ([(0.95, 20), (0.95, 10)], 0, [True, False]),  # fewer copies, or another level
        ([(0.95, 6.1), (0.95, 7.3)], 0, [False, False]),
        ([(0.95, 9)], 0, [False]),  # one sample alone has nothing to be compared with
    ],
)
def test_what_tells_the_diploid_level(samples, normal_cells, expected):
    made = [sample(*one) for one in samples]
    assert anchored(made, normal_cells=normal_cells) == expected


def test_few_neutral_cells_of_many_tell_no_level():
    many, few = sample(0.99, 6), sample(0.01, np.nan)
    made = [replace(many, malignant_cells=5000), replace(few, malignant_cells=60)]
    assert anchored(made, normal_cells=0) == [False, False]


def test_cells_with_a_gain_are_no_neutral_ones():
    made = [sample(0.95, 6), sample(0.5, 6, gain=0.4)]
    assert anchored(made, normal_cells=0) == [False, False]


@pytest.mark.parametrize(
    ("share", "dose", "normal_cells", "reason"),
    [
        (0.01, 3.5, 0, "next to no amplified cells"),
        (0.01, 3.5, 200, "next to no amplified cells"),
        (0.9, 3.5, 0, "without knowing the tumour's diploid level"),
        (0.9, 3.5, 200, "below 5-fold"),
        (0.2, np.nan, 200, "too few amplified cells"),
    ],
)
def test_the_reason_is_what_is_missing(share, dose, normal_cells, reason):
    assert reason in why_not(sample(share, dose), normal_cells=normal_cells)


def test_few_amplified_cells_of_a_clear_dose_are_not_said_to_have_a_low_one():
    few = replace(sample(0.03, 9.0), share_draws=np.r_[np.full(18, 0.03), 0.4, 0.4])
    assert "too few amplified cells" in why_not(few, normal_cells=200)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2omics.simulate import dosage


def _case(**changes) -> pd.DataFrame:
    values = {
        "f_bulk": 0.8,
        "copies_amplified": 16.0,
        "copies_other": 2.0,
        "ploidy": 2.0,
        "rna_share": 0.5,
        "normal_level": -1.0,
        "sample_effect": 0.0,
    }
    row = {f"{key}_{time}": value for key, value in values.items() for time in dosage._TIMES}
    row |= {
        "repression_log2": 2.0,
        "programme_shift": 0.5,
        "programme_effect": 0.4,
        "exponent_erbb2": 1.5,
        "exponent_neighbours": 1.0,
        "level_erbb2": 0.3,
        "level_neighbours": -0.2,
        "neighbours_share": 0.7,
    }
    return pd.DataFrame([row | changes])


def test_erbb2_follows_dosage_purity_repression_and_programme():
    before = 0.3 + np.log2(0.5 * (0.8 * 8**1.5 + 0.2) + 0.5 * 2**-1.0)
    after = 0.3 + 0.4 * 0.5 + np.log2(0.5 * (0.8 * 8**1.5 / 4 + 0.2) + 0.5 * 2**-1.0)
    assert dosage.erbb2_level(_case(), "baseline")[0] == pytest.approx(before)
    assert dosage.erbb2_level(_case(), "followup")[0] == pytest.approx(after)


def test_neighbours_follow_in_part_and_not_the_programme():
    after = -0.2 + np.log2(0.5 * (0.8 * 8 * 2**-1.4 + 0.2) + 0.5 * 2**-1.0)
    assert dosage.neighbours_level(_case(), "followup")[0] == pytest.approx(after)
    stays = dosage.neighbours_level(_case(neighbours_share=0.0), "followup")[0]
    assert stays == pytest.approx(-0.2 + np.log2(0.5 * (0.8 * 8 + 0.2) + 0.5 * 2**-1.0))


def test_a_gene_outside_the_amplicon_has_the_other_copies():
    outside = dosage.neighbours_level(_case(), "baseline", amplified=False)[0]
    assert outside == pytest.approx(-0.2 + np.log2(0.5 + 0.5 * 2**-1.0))


def test_an_unknown_time_is_an_error():
    with pytest.raises(ValueError, match="pair"):
        dosage.erbb2_level(_case(), "pair")

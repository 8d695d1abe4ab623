"""The HER2-negative reference, shipped or of the cohort."""

import numpy as np
import pandas as pd
import pytest

from her2omics.cohort import reference


def cohort_levels(n, shift=2.0):
    genes = reference.bundled().set_index("gene")
    rng = np.random.default_rng(1)
    values = genes["median"].to_numpy()[:, None] + shift + rng.normal(0, 0.5, (len(genes), n))
    return pd.DataFrame(values, index=genes.index, columns=[f"N{i}" for i in range(n)])


def test_roles_of_the_bundled_reference():
    roles = reference.bundled().set_index("gene")["role"]
    assert roles["ERBB2"] == "locus;pam50"
    assert roles["STARD3"] == "locus"
    assert (roles == "stable").sum() == 300


def test_the_cohorts_own_median_and_mad():
    levels = cohort_levels(40)
    found = reference.from_cohort(levels, list(levels)).set_index("gene")
    bundled = reference.bundled().set_index("gene")
    np.testing.assert_allclose((found["median"] - bundled["median"]).mean(), 2.0, atol=0.05)
    assert found["sd"].median() == pytest.approx(0.5, abs=0.05)
    assert found.loc["ERBB2", "source"] == "cohort: 40 HER2-negative baselines"


def test_few_negatives_are_no_reference():
    levels = cohort_levels(7)
    assert reference.from_cohort(levels, list(levels)) is None


def test_genes_not_measured_keep_the_bundled_values():
    levels = cohort_levels(9).drop(index="GRB7")
    found = reference.from_cohort(levels, list(levels)).set_index("gene")
    assert found.loc["GRB7", "source"] == "bundled"
    assert (
        found.loc["GRB7", "median"] == reference.bundled().set_index("gene").loc["GRB7", "median"]
    )


def test_another_protocol_makes_levels_uncertain_and_the_own_reference_does_not():
    bundled = reference.bundled()
    options = {"same_sd": 0.35, "other_sd": 0.88}
    other = reference.level_uncertainty(bundled, same_protocol=False, **options)["ERBB2"]
    same = reference.level_uncertainty(bundled, same_protocol=True, **options)["ERBB2"]
    levels = cohort_levels(25)
    own = reference.from_cohort(levels, list(levels))
    learnt = reference.level_uncertainty(own, same_protocol=False, **options)["ERBB2"]
    assert other == pytest.approx(np.hypot(0.88, 1.2533 * 0.761 / np.sqrt(30)))
    assert learnt < same < other

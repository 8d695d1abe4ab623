import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics import resources
from her2omics.cohort.centring import (
    er_balanced_median,
    platform_centring,
    platform_offsets,
    reference_shift,
)
from her2omics.errors import InputError
from her2omics.tables import TABLES

GENES = list(resources.table("pam50_centroids.tsv")["gene"])
REFERENCE = resources.table("tcga712_subgroup_reference.tsv").set_index("gene").loc[GENES]


def her2_positive(n: int, *, shift: float = -4.0, offsets=0.0, seed: int = 1, er: str = "positive"):
    """Return HER2-positive tumours of one ER status, drawn from the reference; 50 x n."""
    kind = {"positive": "HER2pos_ERpos", "negative": "HER2pos_ERneg"}[er]
    drawn = np.random.default_rng(seed).normal(size=(50, n))
    values = REFERENCE[[f"{kind}_median"]].to_numpy() + REFERENCE[[f"{kind}_sd"]].to_numpy() * drawn
    names = [f"{er}{i}" for i in range(n)]
    return pd.DataFrame(values, index=GENES, columns=names).add(shift).add(offsets, axis=0)


def centre(levels, rule="fixed_reference_offset", *, er=None, tau=0.35, positives=None, **options):
    return platform_centring(
        levels,
        her2_positive_baselines=list(levels.columns) if positives is None else positives,
        er=er,
        rule=rule,
        tau=tau,
        **options,
    ).set_index("gene")


def of(levels: pd.DataFrame) -> pd.Series:
    return pd.Series(levels.columns.str.rstrip("0123456789"), index=levels.columns)


def test_the_references_lie_four_log2_apart():
    assert -4.5 < reference_shift() < -3.5


def test_fixed_reference():
    found = centre(her2_positive(5), "fixed_reference")
    assert tuple(found.reset_index().columns) == TABLES["centring"].names
    np.testing.assert_allclose(found["centre"] - found["reference"], reference_shift())
    np.testing.assert_allclose(
        found["normal"] - found["centre"],
        REFERENCE["PAM50_Normal_median"] - REFERENCE["ERbalanced_median"],
    )


def test_offsets_of_the_platform_are_learnt():
    true = np.random.default_rng(2).normal(0, 0.9, 50)
    levels = her2_positive(400, offsets=true)
    found = centre(levels, er=of(levels), tau=0.9)
    learnt = found["centre"] - found["reference"]
    fixed = centre(levels, "fixed_reference")
    error = (learnt - learnt.mean()) - (true - true.mean())
    assert error.std() < 0.25
    assert error.std() < 0.3 * (fixed["centre"] - fixed["reference"] - true).std()
    assert (found["shrinkage"] > 0.8).all()


def test_few_baselines_shrink_most_where_genes_vary_most():
    levels = her2_positive(3)
    found = centre(levels, er=of(levels))
    spread = REFERENCE["HER2pos_ERpos_sd"]
    expected = 0.35**2 / (0.35**2 + np.pi / 2 * spread**2 / 3)
    np.testing.assert_allclose(found["shrinkage"], expected)
    # A constant between the scales is not an offset: it is not shrunk.
    assert abs((found["centre"] - found["reference"]).mean() + 4) < 0.5
    assert (found["centre"] - found["reference"]).std() < 0.35


@given(shift=st.floats(-30, 30), n=st.integers(3, 8), seed=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_a_constant_shift_of_all_levels_shifts_all_centres_alike(shift, n, seed):
    levels = her2_positive(n, seed=seed)
    before, after = centre(levels), centre(levels + shift)
    np.testing.assert_allclose(after["centre"], before["centre"] + shift, atol=1e-9)
    np.testing.assert_allclose(after["normal"], before["normal"] + shift, atol=1e-9)


@given(order=st.permutations(range(6)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_samples_and_genes_does_not_matter(order):
    levels = her2_positive(6)
    shuffled = levels.iloc[::-1, list(order)]
    pd.testing.assert_frame_equal(centre(levels), centre(shuffled))


def test_two_baselines_teach_nothing_and_the_table_says_so():
    levels = her2_positive(9)
    found = centre(levels, positives=list(levels.columns[:2]))
    assert set(found["rule"]) == {"fixed_reference (2 HER2-positive baselines of 3 needed)"}
    np.testing.assert_allclose(found["centre"], centre(levels, "fixed_reference")["centre"])


def test_only_her2_positive_baselines_are_used():
    levels = her2_positive(6)
    others = her2_positive(6, seed=9, offsets=5.0).add_prefix("other")
    both = pd.concat([levels, others], axis=1)
    pd.testing.assert_frame_equal(centre(levels), centre(both, positives=list(levels.columns)))


def test_er_of_the_baselines_is_allowed_for():
    levels = her2_positive(300, er="negative")
    knowing = platform_offsets(levels, er=of(levels), tau=0.35)
    assert abs(knowing.loc["ESR1", "offset"]) < 0.5
    blind = platform_offsets(levels, er=None, tau=0.35)
    assert blind.loc["ESR1", "offset"] < -2


def test_genes_not_measured_keep_the_reference():
    levels = her2_positive(5)
    levels.loc["MKI67"] = np.nan
    found = centre(levels.drop(index="ESR1"))
    for gene in ("MKI67", "ESR1"):
        assert np.isnan(found.loc[gene, "offset"])
        assert found.loc[gene, "shrinkage"] == 0
        assert np.isfinite(found.loc[gene, "centre"])
    assert found["centre"].notna().all()


def test_er_balanced_median_gives_both_groups_half_the_weight():
    levels = pd.DataFrame([[1.0, 1, 1, 1, 1, 1, 9, 9]])
    positive = np.array([True] * 6 + [False] * 2)
    assert er_balanced_median(levels, positive)[0] == 5.0
    levels = pd.DataFrame([[3.0, np.nan, 1, 2], [np.nan] * 4])
    equal = er_balanced_median(levels, np.array([True, True, False, False]))
    assert equal[0] == 2.5
    assert np.isnan(equal[1])


def test_er_balanced_median_of_equal_groups_is_the_median():
    levels = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 30)))
    found = er_balanced_median(levels, np.arange(30) % 2 == 0)
    np.testing.assert_allclose(found, levels.median(axis=1))


def test_the_cohorts_own_median_balanced_by_er():
    levels = pd.concat([her2_positive(20), her2_positive(5, er="negative")], axis=1)
    found = centre(levels, "er_balanced_cohort", er=of(levels))
    halves = (REFERENCE["HER2pos_ERpos_median"] + REFERENCE["HER2pos_ERneg_median"]) / 2 - 4
    assert np.median(np.abs(found["centre"] - halves)) < 1
    with pytest.raises(InputError, match="found 20 and 4"):
        centre(levels.iloc[:, :-1], "er_balanced_cohort", er=of(levels))


def test_a_cohort_that_is_not_balanced_has_no_median_of_its_own():
    levels = pd.concat([her2_positive(16), her2_positive(5, er="negative")], axis=1)
    with pytest.raises(InputError, match="76% ER-positive"):
        centre(levels, "cohort_median", er=of(levels))
    with pytest.raises(InputError, match="found 0 of 21: fill in er"):
        centre(levels, "cohort_median")
    balanced = levels.iloc[:, 10:]
    found = centre(balanced, "cohort_median", er=of(balanced))
    np.testing.assert_allclose(found["centre"], balanced.median(axis=1))


def test_no_centring():
    found = centre(her2_positive(5), "none")
    assert (found["centre"] == 0).all()
    np.testing.assert_allclose(
        found["normal"], REFERENCE["PAM50_Normal_median"] + reference_shift()
    )


def test_levels_on_the_references_own_scale():
    found = centre(her2_positive(2), "fixed_reference", shift=0.0)
    np.testing.assert_allclose(found["centre"], REFERENCE["ERbalanced_median"])


def test_an_unknown_rule_is_a_defect():
    with pytest.raises(ValueError, match="not one of"):
        centre(her2_positive(5), "robust")

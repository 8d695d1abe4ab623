"""The cohort's change of all genes."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from her2omics.expression import differential

RNG = np.random.default_rng(1)


def cohort(pairs, genes=300, *, fall=-3.0, sd=0.4, seed=1):
    """Return levels, counts and obs; gene ``DOWN`` falls, every patient has its own level."""
    rng = np.random.default_rng(seed)
    names = ["DOWN", *(f"G{index}" for index in range(genes - 1))]
    base = rng.uniform(4, 10, genes)[:, None] + rng.normal(0, 1, (genes, pairs))
    change = rng.normal(0, sd, (genes, pairs))
    change[0] += fall
    levels = np.stack([base, base + change], axis=2).reshape(genes, -1)
    samples = [f"{patient}_{time}" for patient in range(pairs) for time in "BF"]
    obs = pd.DataFrame(
        {
            "patient": [str(index) for index in range(pairs) for _ in "BF"],
            "timepoint": ["baseline", "followup"] * pairs,
            "unit": "counts",
            "size_factor": 1.0,
        },
        index=samples,
    )
    frame = pd.DataFrame(levels, index=names, columns=samples)
    counts = pd.DataFrame(
        rng.negative_binomial(20, 20 / (20 + np.exp2(levels) * 4)), index=names, columns=samples
    )
    return frame, counts, obs


def test_fewer_than_three_pairs_give_an_empty_table():
    levels, counts, obs = cohort(2)
    assert differential.differential_table(levels, counts, obs, max_pairs=50).empty


def test_pydeseq2_finds_the_planted_fall_within_patients_named_by_numbers():
    levels, counts, obs = cohort(4, genes=80, sd=0.1)
    table = differential.differential_table(levels, counts, obs, max_pairs=50)
    first = table.iloc[0]
    assert first["gene"] == "DOWN"
    assert first["log2fc"] == pytest.approx(-3.0, abs=0.6)
    assert first["q"] < 1e-3
    assert set(table["method"]) == {"pydeseq2"}
    assert set(table["pairs"]) == {4}
    assert (table["log2fc_low"] < table["log2fc"]).all()


def test_above_the_limit_moderated_differences_are_used_and_said():
    levels, counts, obs = cohort(8)
    table = differential.differential_table(levels, counts, obs, max_pairs=7)
    assert set(table["method"]) == {"moderated paired differences"}
    assert table.iloc[0]["gene"] == "DOWN"
    assert table.iloc[0]["log2fc"] == pytest.approx(-3.0, abs=0.5)
    assert (table["q"] < 0.05).sum() <= 3


def test_without_counts_moderated_differences_are_used():
    levels, _, obs = cohort(4)
    table = differential.differential_table(levels, None, obs, max_pairs=50)
    assert set(table["method"]) == {"moderated paired differences"}


def test_genes_seen_in_few_samples_are_not_tested():
    levels, _, obs = cohort(6)
    levels.loc["G5"] = -0.8
    assert "G5" not in differential.moderated_differences(levels, obs).index


def test_p_values_of_unchanged_genes_are_uniform():
    levels, _, obs = cohort(6, genes=3000, fall=0.0)
    found = differential.moderated_differences(levels, obs)
    assert stats.kstest(found["p"], "uniform").pvalue > 0.01


def test_the_prior_variance_is_recovered():
    df, prior_df, prior = 5, 8.0, 0.3
    true = prior * prior_df / RNG.chisquare(prior_df, 40_000)
    variance = true * RNG.chisquare(df, 40_000) / df
    found_df, found = differential.variance_prior(variance, df)
    assert found_df == pytest.approx(prior_df, rel=0.1)
    assert found == pytest.approx(prior, rel=0.05)


def test_equal_variances_have_an_infinite_prior():
    variance = 0.5 * RNG.chisquare(5, 200) / 5
    variance = variance * 0 + np.sort(variance).mean()
    assert differential.variance_prior(variance, 5)[0] == np.inf


def test_several_followups_count_as_one_patient():
    levels, _, obs = cohort(3, genes=50)
    second = obs.iloc[[1]].rename(index={"0_F": "0_F2"})
    more = pd.concat([obs, second])
    levels["0_F2"] = levels["0_F"]
    one = differential.moderated_differences(levels[list(obs.index)], obs)
    two = differential.moderated_differences(levels, more)
    np.testing.assert_allclose(two["log2fc"], one["log2fc"])


def test_patients_without_both_times_or_with_unlike_units_are_left_out():
    _, _, obs = cohort(4)
    obs = obs.drop(index="1_F")
    obs.loc["2_F", "unit"] = "log2_ratio"
    assert set(differential.paired_samples(obs)["patient"]) == {"0", "3"}

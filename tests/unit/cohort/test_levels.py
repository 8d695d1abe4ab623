"""Levels: one sample at a time, one scale, whatever the depth or unit."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from her2omics.cohort import levels

STABLE = levels.stable_levels()
GENES = pd.Index([*STABLE.index, "ERBB2", "GRB7", "MKI67", "VIM"])
LEVEL = np.concatenate([STABLE, [12.0, 6.0, 5.0, 9.0]])


def sample(millions=40.0, *, level=LEVEL, name="S"):
    values = (np.exp2(level) - levels.PSEUDOCOUNT) * millions
    return pd.DataFrame({name: values}, index=GENES)


@given(millions=st.floats(0.5, 500))
def test_levels_do_not_depend_on_depth(millions):
    found, factors = levels.to_levels(sample(millions), "counts")
    np.testing.assert_allclose(found["S"], LEVEL, atol=1e-9)
    np.testing.assert_allclose(factors["S"], millions / levels.REFERENCE_MILLIONS)


def test_a_sample_does_not_depend_on_the_others():
    alone, factor = levels.to_levels(sample(), "counts")
    crowd = pd.concat([sample(), sample(3.0, level=LEVEL[::-1], name="T")], axis=1)
    together, factors = levels.to_levels(crowd, "counts")
    assert together["S"].equals(alone["S"])
    assert factors["S"] == factor["S"]


def test_the_median_ratio_ignores_changed_genes():
    changed = LEVEL.copy()
    changed[:120] += 3.0
    found, _ = levels.to_levels(sample(level=changed), "counts")
    np.testing.assert_allclose(found.loc[["ERBB2", "VIM"], "S"], [12.0, 9.0], atol=1e-9)


def test_logs_of_counts_give_the_levels_of_the_counts():
    values = sample()
    values.iloc[-10:] = 0.0
    plain, _ = levels.to_levels(values, "counts")
    logs, _ = levels.to_levels(np.log2(values + 1), "log2_counts")
    np.testing.assert_allclose(logs, plain, atol=1e-6)


def test_tpm_of_genes_of_known_length_are_on_the_scale_of_counts():
    lengths = levels.gene_lengths().reindex(GENES).fillna(levels.STABLE_LENGTH_KB)
    per_kb = sample().div(lengths, axis=0)
    found, _ = levels.to_levels(per_kb / per_kb.sum() * 1e6, "tpm")
    np.testing.assert_allclose(found["S"], LEVEL, atol=1e-6)


def test_lengths_of_well_known_messages():
    lengths = levels.gene_lengths()
    assert 4.0 < lengths["ERBB2"] < 5.5
    assert 1.8 < lengths["GRB7"] < 3.0
    assert 11.0 < lengths["MKI67"] < 14.5


def test_ratios_stay_as_they_are():
    values = pd.DataFrame({"S": [0.5, -1.0]}, index=["ERBB2", "GRB7"])
    found, factors = levels.to_levels(values, "log2_ratio")
    assert found.equals(values)
    assert factors.isna().all()


def test_without_stable_genes_there_is_no_size_factor():
    values = sample().iloc[-34:]
    values = values[~values.index.isin(STABLE.index[-10:])]
    found, factors = levels.to_levels(values, "counts")
    assert factors.isna().all()
    assert np.isfinite(found.to_numpy()).all()


def test_counting_noise_is_that_of_poisson_reads():
    rng = np.random.default_rng(1)
    drawn = np.log2(rng.poisson(400, 20_000))
    level = np.log2(400 / levels.REFERENCE_MILLIONS + levels.PSEUDOCOUNT)
    np.testing.assert_allclose(drawn.std(), levels.counting_sd(np.array(level), 1.0), rtol=0.02)

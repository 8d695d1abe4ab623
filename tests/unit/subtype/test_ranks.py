import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from her2omics import resources
from her2omics.subtype import ranks
from her2omics.tables import SUBTYPES

CENTROIDS = resources.table("pam50_centroids.tsv")[list(SUBTYPES)].to_numpy()


def profiles(seed: int, n: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1.5, (n, 50))


def spearman(values: np.ndarray) -> list[float]:
    kept = np.isfinite(values)
    return [stats.spearmanr(values[kept], CENTROIDS[kept, i]).statistic for i in range(5)]


def test_correlations_are_those_of_scipy_with_missing_genes_and_ties():
    values = np.round(profiles(1), 1)  # one decimal: many ties
    values[0, [3, 17, 40]] = np.nan
    expected = [spearman(row) for row in values]
    np.testing.assert_allclose(ranks.correlations(values), expected, atol=1e-12)


def test_counts_are_genes_repeated():
    values = profiles(2, 1)
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 50, 50)
    counts = np.bincount(drawn, minlength=50)[None, None, :].astype(float)
    expected = [stats.spearmanr(values[0, drawn], CENTROIDS[drawn, i]).statistic for i in range(5)]
    np.testing.assert_allclose(ranks.correlations(values, counts)[0, 0], expected, atol=1e-12)


def test_genes_counted_zero_times_are_as_good_as_missing():
    values = profiles(4)
    without = values.copy()
    without[:, ranks.centroids().amplicon] = np.nan
    counts = (~ranks.centroids().amplicon).astype(float)[None, :]
    np.testing.assert_allclose(
        ranks.correlations(values, counts)[:, 0], ranks.correlations(without), atol=1e-12
    )


def test_only_erbb2_and_grb7_are_of_the_amplicon_and_eleven_genes_proliferate():
    known = ranks.centroids()
    assert [g for g, a in zip(known.genes, known.amplicon, strict=True) if a] == ["ERBB2", "GRB7"]
    assert known.proliferation.sum() == 11


@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_a_shift_or_a_stretch_of_a_sample_changes_nothing(seed, shift, scale):
    values = profiles(seed, 2)
    moved = values * scale + shift
    np.testing.assert_allclose(
        ranks.correlations(moved), ranks.correlations(values), rtol=0, atol=1e-9
    )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_any_increasing_map_leaves_the_correlations(seed):
    values = profiles(seed, 2)
    np.testing.assert_allclose(
        ranks.correlations(np.sinh(values)), ranks.correlations(values), rtol=0, atol=1e-9
    )


@given(seed=st.integers(0, 10_000), n=st.integers(2, 9))
@settings(max_examples=25, deadline=None)
def test_a_sample_does_not_depend_on_its_batch_to_the_last_bit(seed, n):
    values = profiles(seed, n)
    counts = np.stack(
        [
            ranks.bootstrap_counts(np.ones(50, bool), draws=7, rng=np.random.default_rng(i))
            for i in range(n)
        ]
    )
    together = ranks.correlations(values, counts)
    alone = np.vstack([ranks.correlations(values[i : i + 1], counts[i : i + 1]) for i in range(n)])
    reversed_order = ranks.correlations(values[::-1], counts[::-1])[::-1]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, reversed_order)


def test_the_order_in_memory_does_not_matter_to_the_last_bit():
    values = profiles(6, 5)
    np.testing.assert_array_equal(
        ranks.standardised(np.asfortranarray(values)), ranks.standardised(values)
    )


def test_nothing_to_rank_is_missing():
    assert np.isnan(ranks.correlations(np.zeros((1, 50)))).all()
    assert np.isnan(ranks.correlations(np.full((1, 50), np.nan))).all()


def test_resamples_draw_measured_genes_as_often_as_there_are():
    measured = np.arange(50) % 3 > 0
    counts = ranks.bootstrap_counts(measured, draws=40, rng=np.random.default_rng(1))
    assert (counts.sum(axis=1) == measured.sum()).all()
    assert (counts[:, ~measured] == 0).all()
    assert (counts.max(axis=1) > 1).all()


def test_best_two():
    best, margin = ranks.best_two(np.array([[0.1, 0.7, 0.5, -1, 0], [np.nan] * 5]))
    assert best.tolist() == [1, -1]
    assert margin[0] == pytest.approx(0.2)
    assert np.isnan(margin[1])

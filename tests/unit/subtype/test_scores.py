import numpy as np
import pytest

from her2omics.subtype import ranks, scores


def test_ror_s_and_ror_p_by_hand():
    # Basal, Her2, LumA, LumB, Normal; Parker 2009, scaled 100 (x + .35) / .85
    r = np.array([[-0.6, -0.04, 0.72, 0.003, 0.2]])
    raw = 0.04210193 * -0.6 + 0.12466938 * -0.04 - 0.35235561 * 0.72 + 0.14213283 * 0.003
    assert scores.ror_s(r)[0] == pytest.approx(100 * (raw + 0.35) / 0.85)
    raw = -0.0009299747 * -0.6 + 0.0692289192 * -0.04 - 0.0951505484 * 0.72
    raw += 0.0493487685 * 0.003 + 0.3385116381 * -0.7
    assert scores.ror_p(r, np.array([-0.7]))[0] == pytest.approx(100 * (raw + 0.35) / 0.85)


def test_normal_like_tissue_carries_no_weight():
    r = np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4, -0.9]])
    assert scores.ror_s(r)[0] == scores.ror_s(r)[1]


def test_proliferation_is_the_mean_of_the_standardised_genes():
    values = np.random.default_rng(1).normal(size=(3, 50))
    z = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, ddof=1, keepdims=True)
    expected = z[:, ranks.centroids().proliferation].mean(axis=1)
    np.testing.assert_allclose(scores.proliferation(values), expected)
    np.testing.assert_allclose(scores.proliferation(3 * values + 7), expected)


def test_proliferation_without_its_genes_is_missing():
    values = np.random.default_rng(2).normal(size=(1, 50))
    values[:, ranks.centroids().proliferation] = np.nan
    assert np.isnan(scores.proliferation(values)).all()


def test_proliferation_follows_the_counts():
    values = np.random.default_rng(3).normal(size=(1, 50))
    one = np.zeros((1, 1, 50))
    gene = int(np.flatnonzero(ranks.centroids().proliferation)[4])
    one[..., gene] = 3
    z = ranks.standardised(values)
    assert scores.proliferation(values, one)[0, 0] == pytest.approx(z[0, gene])

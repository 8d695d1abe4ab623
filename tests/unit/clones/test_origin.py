import numpy as np
import pytest

from her2omics.clones.clustering import cluster
from her2omics.clones.grid import GRID
from her2omics.clones.origin import (
    ABSENT,
    CLONAL,
    TRUNK,
    log_alone,
    on_grid,
    patterns,
    posterior,
    trunk_columns,
    trunks,
    without_each,
)


def peaks(*centres, trunk=-50.0, sd=0.03):
    """Log-likelihoods (columns,) of a branch at these fractions, and of a trunk in any pattern."""
    branch = [-0.5 * ((GRID - centre) / sd) ** 2 for centre in centres]
    return np.r_[np.concatenate(branch), np.full(len(patterns(len(centres))), trunk)]


def test_a_trunk_is_in_some_sample():
    assert patterns(1).tolist() == [[1]]
    assert patterns(2).tolist() == [[1, 1], [1, 0], [0, 1]]
    assert len(patterns(4)) == 15
    many = patterns(6)
    assert len(many) == len(np.unique(many, axis=0)) == 13
    assert many.any(axis=1).all()


def test_a_mutation_of_the_trunk_has_as_many_copies_in_all_samples():
    one, two = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    weight, absent = np.array([[0.6, 0.4]]), [np.zeros(1) + 1e-9] * 2
    same = trunk_columns(absent, [two, two], weight)
    assert np.exp(same[0, 0]) == pytest.approx(0.4, rel=1e-5)
    with np.errstate(divide="ignore"):
        differing = trunk_columns(absent, [one, two], weight)
    assert differing[0, 0] == -np.inf


def test_a_mutation_alone_has_the_evidence_of_the_prior():
    flat = np.zeros((3, len(patterns(2))))
    np.testing.assert_allclose(log_alone(np.zeros(3), flat, 2), 0, atol=1e-12)


def test_probabilities_add_up_in_every_sample_and_keep_the_fractions():
    weights, _ = posterior(np.stack([peaks(0.3, 0.8), peaks(0.0, 0.5, trunk=2.0)]), 2)
    fraction = on_grid(weights, 2)
    np.testing.assert_allclose(fraction.sum(axis=2), 1)
    np.testing.assert_allclose((fraction @ GRID)[0], [0.3, 0.8], atol=0.01)
    assert (fraction[1, :, -1] >= trunks(weights, 2)[1] - 1e-9).all()


def test_without_reads_the_posterior_is_the_prior():
    weights, evidence = posterior(np.zeros(2 * len(GRID) + 3), 2)
    assert on_grid(weights, 2).sum(axis=1) == pytest.approx([1, 1])
    wide = CLONAL + 10 / 99 * (1 - ABSENT - CLONAL)  # prior of .9 and above in one sample
    assert evidence == pytest.approx(np.log(TRUNK + (1 - TRUNK) * (1 - wide**2)))


def test_what_is_nearly_everywhere_in_all_samples_is_the_trunk():
    weights, _ = posterior(peaks(0.97, 0.97, trunk=-3.0, sd=0.02), 2)
    assert trunks(weights, 2).min() > 0.5
    swept, _ = posterior(peaks(0.4, 0.8, trunk=-30.0), 2)
    assert trunks(swept, 2).max() < 1e-6
    assert (on_grid(swept, 2) @ GRID) == pytest.approx([0.4, 0.8], abs=0.02)


def test_no_clusters_have_no_posterior():
    weights, evidence = posterior(np.zeros((0, 2 * len(GRID) + 3)), 2)
    assert weights.shape == (0, 2 * len(GRID) + 3)
    assert evidence.shape == (0,)


def test_a_sample_without_a_trunk_draws_the_cluster_that_may_be_it():
    likely = peaks(0.93, 0.5, trunk=-20.0)
    without, with_bonus = (
        trunks(posterior(likely, 2, bonus)[0], 2) for bonus in (None, np.array([25.0, 0.0]))
    )
    assert with_bonus[0] > without[0]


def test_product_without_each():
    np.testing.assert_allclose(without_each(np.array([[2.0, 3.0, 5.0]])), [[15, 10, 6]])
    np.testing.assert_allclose(without_each(np.array([[0.0, 3.0]])), [[3, 0]])


def test_a_swept_clone_of_a_doubled_genome_is_not_halved(drawn):
    """One copy of four in most cells is no mutation of two copies in half of them."""
    ccf = [[1, 1], [0.25, 0.9], [0.6, 0.0]]
    table, truth = drawn(ccf, [40, 40, 40], copies=(2, 2), depth=150)
    found = cluster(table)
    label = found.mutations["cluster_id"].to_numpy()[::2]
    swept = np.bincount(label[truth == 1] + 1).argmax() - 1
    rows = found.clusters[found.clusters["cluster_id"].eq(swept)]
    np.testing.assert_allclose(rows["ccf_mean"], [0.25, 0.9], atol=0.07)

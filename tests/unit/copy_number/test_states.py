"""States of a segment: every prior is one, and histories make different states likely."""

import numpy as np
import pytest

from her2omics.copy_number.states import (
    histories,
    log_given_ploidy,
    log_ploidy,
    mixtures,
    states,
    usual_prior,
)

PLOIDY = np.arange(1.5, 6.55, 0.1)


def test_states_are_possible():
    for kind in (states(), mixtures()):
        assert (kind.minor <= kind.total / 2 + 1e-12).all()
        assert (kind.minor >= 0).all()


def test_priors_sum_to_one():
    for one in histories():
        assert one.unaltered.sum() == pytest.approx(1)
        assert one.altered.sum() == pytest.approx(1)
        assert (one.altered >= 0).all()
    np.testing.assert_allclose(np.exp(log_given_ploidy(PLOIDY)).sum(axis=(0, 1)), 1)
    np.testing.assert_allclose(usual_prior(PLOIDY).sum(axis=1), 1)


def test_an_altered_segment_is_not_as_its_genome_was():
    for one in histories():
        (base,) = np.flatnonzero(one.unaltered)
        assert states().total[base] == (4 if one.doubled else 2)
        assert one.altered[base] == 0


def at(prior, total, minor):
    kind = states()
    return prior[kind.clonal & (kind.total == total) & (kind.minor == minor)].item()


def test_an_early_loss_leaves_two_copies_and_a_late_one_three():
    plain, late, early = (one.altered for one in histories())
    assert at(plain, 1, 0) > 5 * at(plain, 3, 0)
    assert at(early, 2, 0) > at(late, 2, 0)
    assert at(late, 3, 1) > at(early, 3, 1)
    assert min(at(late, 3, 1), at(early, 2, 0)) > 5 * max(at(late, 1, 0), at(early, 1, 0))


def test_a_quiet_genome_has_two_copies_and_a_doubled_one_has_lost_some():
    density = np.exp(log_given_ploidy(PLOIDY) + log_ploidy(PLOIDY))
    quiet = PLOIDY[density[0, 0].argmax()]
    assert quiet == pytest.approx(2.0)
    doubled = density[1:].sum(axis=(0, 1))
    assert 3.0 < doubled @ PLOIDY / doubled.sum() < 3.8
    assert density[0].sum(axis=0)[PLOIDY < 1.65].sum() < 0.1 * density[0].sum()

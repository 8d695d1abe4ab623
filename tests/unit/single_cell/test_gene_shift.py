"""How far genes move between two samples: what sampling and the tumour's own changes leave."""

import numpy as np
import pytest

from her2omics.single_cell import gene_shift

LEAST = 0.25 * np.log(2)


def molecules(sd, *, changed=0.0, seed=1, genes=3000):
    """Return the molecules of two samples: genes move by ``sd``, some of them eightfold."""
    rng = np.random.default_rng(seed)
    expected = np.exp(rng.normal(6.5, 1.0, genes))
    shift = rng.normal(0, sd, genes) + np.log(8) * (rng.random(genes) < changed)
    return rng.poisson(expected).astype(float), rng.poisson(0.4 * expected * np.exp(shift))


@pytest.mark.parametrize("sd", [0.3, 0.6])
def test_genes_tell_how_far_they_move(sd):
    assert gene_shift.between(*molecules(sd)) == pytest.approx(sd, rel=0.06)


def test_genes_that_the_tumour_changed_weigh_little():
    assert gene_shift.between(*molecules(0.4, changed=0.08)) == pytest.approx(0.4, rel=0.15)


def test_sampling_is_no_shift_and_few_genes_tell_none():
    assert gene_shift.between(*molecules(0.0)) == pytest.approx(LEAST)
    assert gene_shift.between(*molecules(0.9, genes=60)) == pytest.approx(LEAST)
    assert gene_shift.between(*np.zeros((2, 3000))) == pytest.approx(LEAST)


def test_what_the_dosage_genes_are_worth():
    assert gene_shift.worth(np.full(5, -9.0)) == pytest.approx(5)
    assert gene_shift.worth(np.array([-3.0, -9.0, -9.0, np.nan])) == pytest.approx(1, abs=0.02)
    assert gene_shift.worth(np.array([np.nan])) == 1

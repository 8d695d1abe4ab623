from types import SimpleNamespace

import numpy as np
import pytest

from her2omics.mechanism import cells
from her2omics.mechanism.measurements import CaseEvidence, Measurement


def lineage(*, copies=(14.0, 14.0), f=(1.0, 1.0), d=0.0):
    """One particle, diploid."""
    arrays = {"C_A": copies, "f": f, "psi": (2.0, 2.0), "b": (1.6, 1.1)}
    return SimpleNamespace(
        **{name: tuple(np.array([v]) for v in value) for name, value in arrays.items()},
        d=np.array([d]),
        spread=np.array([0.1]),
    )


def test_rna_of_single_cells_shows_high_copies_and_no_gain():
    assert cells.dosed_amplified(lineage(), 1, follow=0.0)[0] > 0.99
    assert cells.dosed_amplified(lineage(copies=(14.0, 3.0)), 1, follow=0.0)[0] < 0.05


def test_a_deep_repression_that_the_neighbours_follow_hides_the_amplification_at_followup_only():
    deep = lineage(d=4.0)
    assert cells.dosed_amplified(deep, 1, follow=0.7)[0] < 0.01
    assert cells.dosed_amplified(deep, 0, follow=0.7)[0] > 0.99


def test_no_share_is_no_density():
    assert cells.amplified_share(lineage(), CaseEvidence("c"), follow=0.7) == 0


@pytest.mark.parametrize("measured", [0, 1])
def test_a_share_speaks_for_the_lineage_of_its_own_biopsy(measured):
    share = CaseEvidence("c", single={("amplified_share", measured): Measurement(0.05, 0.05)})
    gone = tuple(0.05 if time == measured else 1.0 for time in (0, 1))
    fits = cells.amplified_share(lineage(f=gone), share, follow=0.0)[0]
    assert fits > cells.amplified_share(lineage(f=gone[::-1]), share, follow=0.0)[0] + 5

from __future__ import annotations

import numpy as np
import pytest

from her2omics.simulate import amplicon, case
from her2omics.simulate.coordinates import axis
from her2omics.simulate.scenarios import SCENARIOS

GENOME = axis().genome
STANDARD = SCENARIOS["standard"]


def _draw(n=600, name="standard"):
    cases = case.draw(n, seed=5, scenario=SCENARIOS[name])
    return cases, amplicon.draw(cases, SCENARIOS[name], seed=5)


def _edges(reach):
    return np.array(
        [
            amplicon.edges(left, right, whole=reach.whole, genome=GENOME)
            for left, right in zip(reach.left, reach.right, strict=True)
        ]
    )


def test_the_amplicon_holds_the_genes_whose_mrna_it_raises():
    _, both = _draw()
    edges = _edges(both["baseline"])
    for gene in amplicon.GENES:
        row = GENOME.genes.loc[gene]
        inside = (edges[:, 0] <= row["start"]) & (edges[:, 1] >= row["end"])
        np.testing.assert_array_equal(inside, both["baseline"].carries(gene), err_msg=gene)


def test_lengths_and_top2a():
    _, both = _draw(3000)
    reach = both["baseline"]
    assert reach.carries("TOP2A").mean() == pytest.approx(0.31, abs=0.03)
    length = np.diff(_edges(reach), axis=1)[:, 0] / 1e3
    assert 83 <= length.min() < 150
    assert 400 < np.median(length) < 2500
    assert length.max() < 20_000


def test_the_smallest_amplicon_reaches_from_tcap_to_grb7():
    start, end = amplicon.edges(0.999999, 0.999999, whole=True, genome=GENOME)
    assert GENOME.genes.at["TCAP", "start"] - start < 100
    assert end - GENOME.genes.at["GRB7", "end"] < 100


def test_an_incomplete_amplicon_holds_erbb2_alone():
    _, both = _draw(20, "incomplete_amplicon")
    reach = both["followup"]
    assert reach.carries("ERBB2").all()
    assert not reach.carries("GRB7").any()
    start, end = amplicon.edges(0.5, 0.5, whole=False, genome=GENOME)
    assert GENOME.genes.at["PGAP3", "end"] == start
    assert GENOME.genes.at["MIEN1", "start"] == end


def test_reach_is_the_patients_unless_the_tumours_are_unrelated():
    _, both = _draw(50)
    np.testing.assert_array_equal(both["baseline"].left, both["followup"].left)
    _, other = _draw(50, "second_primary")
    assert (other["baseline"].left != other["followup"].left).all()
    _, few = _draw(20)
    np.testing.assert_array_equal(few["baseline"].right, both["baseline"].right[:20])

from __future__ import annotations

import numpy as np
import pytest

from her2omics.simulate import case
from her2omics.simulate.clusters import MIN_MUTATIONS, cluster_ccf
from her2omics.simulate.scenarios import SCENARIOS


def _clusters(name="standard", assay="wes", n=3000):
    cases = case.draw(n, seed=31, scenario=SCENARIOS[name])
    return cases, cluster_ccf(np.random.default_rng(1), cases, assay=assay)


def test_clusters_are_the_same_in_both_samples_and_ordered_by_size():
    _, both = _clusters(n=200)
    before, after = both["baseline"], both["followup"]
    assert before[["row", "item", "n"]].equals(after[["row", "item", "n"]])
    assert before["n"].min() >= MIN_MUTATIONS
    assert before.groupby("row")["n"].apply(lambda n: n.is_monotonic_decreasing).all()
    assert before["value"].between(0, 1).all()


def test_mutation_counts_follow_the_table():
    cases, both = _clusters()
    shares = (cases["private_share_baseline"] + cases["private_share_followup"]) / 2
    mosaic = cases["f_baseline"] < 0.98
    expected = 40 * (1 - shares) + 80 * shares + 24 * mosaic
    found = both["baseline"].groupby("row")["n"].sum().reindex(range(len(cases)), fill_value=0)
    # clusters of one mutation are not reported
    assert found.mean() == pytest.approx(expected.mean(), rel=0.02)
    _, panel = _clusters(assay="panel")
    assert panel["baseline"]["n"].sum() < 0.2 * both["baseline"]["n"].sum()


def test_errors_are_as_reported():
    cases, both = _clusters("second_primary")
    # no trunk: a cluster is private to one side, or of one of the lineages
    alone = cases["f_baseline"].ge(0.98).to_numpy()
    private = both["followup"][alone[both["followup"]["row"]]]
    absent = private[private["value"] < 0.05]
    assert len(absent) > 100
    sd = both["baseline"]["sd"]
    assert sd.min() > 0.03
    depth = np.sqrt(0.25 / (both["baseline"]["n"] * 100 * _purity(cases, both) / 2) + 0.03**2)
    np.testing.assert_allclose(sd, depth)


def _purity(cases, both):
    return cases["purity_baseline"].to_numpy()[both["baseline"]["row"].to_numpy()]


def test_selection_moves_the_lineages_clusters_in_opposite_directions():
    cases, both = _clusters("clone_60")
    before, after = both["baseline"], both["followup"]
    falls = before["value"].between(0.4, 0.8) & after["value"].lt(0.15)
    rises = before["value"].between(0.2, 0.6) & after["value"].gt(0.85)
    assert before.loc[falls, "row"].nunique() > 0.6 * len(cases)
    assert before.loc[rises, "row"].nunique() > 0.6 * len(cases)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.simulate import case, clusters
from her2omics.simulate.clusters import MIN_MUTATIONS, cluster_ccf
from her2omics.simulate.scenarios import SCENARIOS


def _clusters(name="standard", n=3000):
    cases = case.draw(n, seed=31, scenario=SCENARIOS[name])
    return cases, cluster_ccf(cases, SCENARIOS[name], seed=1)


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
    _, panel = _clusters("panel")
    assert panel["baseline"]["n"].sum() < 0.2 * both["baseline"]["n"].sum()


def test_errors_are_as_reported():
    cases, both = _clusters("second_primary")
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


def test_unrelated_tumours_share_no_cluster():
    cases = case.draw(300, seed=31, scenario=SCENARIOS["second_primary"])
    true = clusters.draw(cases, SCENARIOS["second_primary"], seed=1)
    assert not (true["baseline"].gt(0) & true["followup"].gt(0) & true["n"].gt(0)).any()
    clonal = true[true["n"].gt(5)].groupby("row")[["baseline", "followup"]].max()
    assert clonal.gt(0.99).mean().min() > 0.9


def test_artefacts_are_a_cluster_of_one_sample():
    scenario = SCENARIOS["ffpe_artefacts"]
    cases = case.draw(200, seed=31, scenario=scenario)
    artefacts = clusters.draw(cases, scenario, seed=1).query("clone == 'artefact'")
    assert artefacts["n"].mean() == pytest.approx(scenario.ffpe_artefacts, rel=0.1)
    assert (artefacts["baseline"].gt(0) != artefacts["followup"].gt(0)).all()
    late = artefacts["followup"].gt(0)
    assert 0.35 < late.mean() < 0.65
    pretended = 0.08 / cases["purity_followup"]
    np.testing.assert_allclose(
        artefacts.loc[late, "followup"], pretended[late.to_numpy()].clip(upper=1)
    )


def test_another_panel_leaves_clusters_uncovered_on_one_side():
    _, both = _clusters("different_panels", n=500)
    keys = {time: set(zip(part["row"], part["item"], strict=True)) for time, part in both.items()}
    assert keys["baseline"] - keys["followup"]
    assert keys["followup"] - keys["baseline"]
    assert keys["followup"] & keys["baseline"]
    _, same = _clusters("panel", n=500)
    assert len(same["baseline"]) == len(same["followup"])


def test_clusters_of_a_case_do_not_depend_on_the_number_of_cases():
    few, many = (_clusters(n=n)[1] for n in (40, 90))
    for time in ("baseline", "followup"):
        first = many[time][many[time]["row"] < 40].reset_index(drop=True)
        pd.testing.assert_frame_equal(first, few[time])


def test_two_lesions_share_the_clusters_of_their_baseline():
    scenario = SCENARIOS["lesions_disagree"]
    cases = case.draw(40, seed=31, scenario=scenario)
    true = clusters.draw(cases, scenario, seed=1)
    wide = true.pivot(index="row", columns="clone", values="n")
    first, second = wide.iloc[0::2].to_numpy(), wide.iloc[1::2].to_numpy()
    same = (first == second).all(axis=0)
    assert set(wide.columns[same]) == {"trunk", "amplified", "other", "baseline_1", "baseline_2"}


def test_noise_of_files_widens_the_fractions_of_clusters_only():
    table = resources.table("evidence_noise.tsv").set_index("variable").loc["cluster_ccf"]
    ratio = round(float(table["sd"] / table["simulated_sd"]), 6)
    for name, expected in (("standard", {1.0}), ("noise_of_files", {1.0, ratio})):
        cases, both = _clusters(name, n=300)
        part = both["followup"]
        purity = cases["purity_followup"].to_numpy()[part["row"]]
        plain = clusters.ccf_sd(part["n"].to_numpy(), purity=purity, assay="wes")
        assert set((part["sd"] / plain).round(6)) == expected

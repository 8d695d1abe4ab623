from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from her2omics import resources
from her2omics.simulate import case, programme
from her2omics.simulate.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def cases():
    return case.draw(400, seed=21, scenario=SCENARIOS["standard"])


def _rho(levels: np.ndarray) -> np.ndarray:
    """Spearman correlation of each row to the five centroids, 48 genes, by scipy."""
    centroids = resources.table("pam50_centroids.tsv").set_index("gene")
    use = ~centroids.index.isin(["ERBB2", "GRB7"])
    table = centroids.loc[use, ["Basal", "Her2", "LumA", "LumB", "Normal"]].to_numpy()
    return np.array(
        [[stats.spearmanr(row[use], table[:, k]).statistic for k in range(5)] for row in levels]
    )


def test_the_change_is_that_of_spearman_correlations(cases):
    base = programme.reference_level()
    before, after = (x[:20] - base for x in programme.levels(cases, seed=4))
    own, target = (
        cases[column].to_numpy()[:20] for column in ("subtype_baseline", "programme_target")
    )
    names = ["Basal", "Her2", "LumA", "LumB", "Normal"]
    change = _rho(after) - _rho(before)
    expected = [
        change[k, names.index(target[k])] - change[k, names.index(own[k])] for k in range(20)
    ]
    np.testing.assert_allclose(
        programme.pure_change(before, after, own, target), expected, atol=1e-9
    )


def test_pure_tumours_move_as_far_as_asked(cases):
    base = programme.reference_level()
    before, after = programme.levels(cases, seed=4)
    found = programme.pure_change(
        before - base,
        after - base,
        cases["subtype_baseline"].to_numpy(),
        cases["programme_target"].to_numpy(),
    )
    wanted = programme.wanted_change(cases)
    # Correlation is a step function of the profile, and some profiles cannot move that far.
    assert np.mean(np.abs(found - wanted) < 0.03) > 0.9
    assert np.corrcoef(found, wanted)[0, 1] > 0.97
    shifted = cases["programme_shift"].to_numpy() > 0.5
    assert found[shifted].mean() > found[~shifted].mean() + 0.5


def test_a_pure_tumour_looks_like_its_own_subtype(cases):
    before, _ = programme.levels(cases, seed=4)
    names = np.array(["Basal", "Her2", "LumA", "LumB", "Normal"])
    best = names[_rho(before - programme.reference_level()).argmax(axis=1)]
    assert np.mean(best == cases["subtype_baseline"].to_numpy()) > 0.95


def test_lesions_of_a_patient_share_the_tumour_before():
    cases = case.draw(20, seed=3, scenario=SCENARIOS["lesions_disagree"])
    before, after = programme.levels(cases, seed=4)
    np.testing.assert_array_equal(before[0::2], before[1::2])
    assert not np.array_equal(after[0::2], after[1::2])

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
    before, after = (x[:20] for x in programme.levels(cases, seed=4))
    own, target = (
        cases[column].to_numpy()[:20] for column in ("subtype_baseline", "programme_target")
    )
    names = ["Basal", "Her2", "LumA", "LumB", "Normal"]
    change = _rho(after) - _rho(before)
    expected = [
        change[k, names.index(target[k])] - change[k, names.index(own[k])] for k in range(20)
    ]
    np.testing.assert_allclose(programme.change(before, after, own, target), expected, atol=1e-9)


def test_bulk_of_usual_purity_moves_as_far_as_asked(cases):
    before, after = programme.levels(cases, seed=4)
    found = programme.change(
        before,
        after,
        cases["subtype_baseline"].to_numpy(),
        cases["programme_target"].to_numpy(),
    )
    wanted = programme.wanted_change(cases)
    # Correlation is a step function of the profile, and some profiles cannot move that far.
    assert np.mean(np.abs(found - wanted) < 0.03) > 0.9
    assert np.corrcoef(found, wanted)[0, 1] > 0.97
    shifted = cases["programme_shift"].to_numpy() > 0.5
    assert found[shifted].mean() > found[~shifted].mean() + 0.5


def test_bulk_of_usual_purity_looks_like_its_own_subtype(cases):
    before, _ = programme.levels(cases, seed=4)
    names = np.array(["Basal", "Her2", "LumA", "LumB", "Normal"])
    best = names[_rho(before).argmax(axis=1)]
    assert np.mean(best == cases["subtype_baseline"].to_numpy()) > 0.98


def test_a_biopsy_of_usual_share_shows_the_medians_and_none_shows_normal_tissue():
    usual = np.array([programme.profile(name) for name in ("Her2", "LumA", "LumB", "Basal")])
    shares = np.full(4, programme.USUAL_SHARE)
    np.testing.assert_allclose(programme.biopsy(usual, shares), usual)
    nothing = programme.biopsy(usual, np.zeros(4))
    np.testing.assert_allclose(nothing, np.tile(programme.normal_profile(), (4, 1)))


def test_a_biopsy_mixes_on_the_linear_scale_and_takes_out_no_more_than_there_is():
    usual = np.tile(programme.profile("Her2"), (2, 1))
    half, rich = programme.biopsy(usual, np.array([programme.USUAL_SHARE / 2, 0.95]))
    normal = programme.normal_profile()
    np.testing.assert_allclose(2**half, (2 ** usual[0] + 2**normal) / 2)
    assert (2**rich >= 2 ** usual[0] / 3 - 1e-12).all()
    assert ((rich - usual[0]) * (usual[0] - normal) >= -1e-12).all()


def test_less_tumour_shows_less_of_the_change(cases):
    own, target = (cases[c].to_numpy() for c in ("subtype_baseline", "programme_target"))
    usual = programme.levels(cases, seed=4)
    shifted = cases["programme_shift"].to_numpy() > 0.5
    seen = [
        programme.change(*(programme.biopsy(x, np.full(len(x), q)) for x in usual), own, target)
        for q in (programme.USUAL_SHARE, 0.4, 0.2)
    ]
    means = [change[shifted].mean() for change in seen]
    assert means[0] > means[1] > means[2] > 0


def test_the_platform_differs_little_from_the_reference():
    table = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")
    offset = programme.reference_level() - table.loc[programme.genes(), "ERbalanced_median"]
    assert np.std(offset, ddof=1) == pytest.approx(0.35)
    assert np.median(offset) == pytest.approx(-4, abs=0.3)  # log2 CPM against log2 RSEM


def test_lesions_of_a_patient_share_the_tumour_before():
    cases = case.draw(20, seed=3, scenario=SCENARIOS["lesions_disagree"])
    before, after = programme.levels(cases, seed=4)
    np.testing.assert_array_equal(before[0::2], before[1::2])
    assert not np.array_equal(after[0::2], after[1::2])

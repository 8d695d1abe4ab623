from __future__ import annotations

import numpy as np
import pytest

from her2omics.subtype import ranks, usual
from her2omics.subtype.counterfactual import dilute
from her2omics.tables import SUBTYPES

MEDIANS = usual.medians(None)
NORMAL = MEDIANS[SUBTYPES.index("Normal")]
USE = ~ranks.centroids().amplicon
GENES = usual.Genes(USE, NORMAL)
BASAL, HER2, LUMA, LUMB = (
    usual.TUMOUR.index(SUBTYPES.index(name)) for name in ("Basal", "Her2", "LumA", "LumB")
)


def tumour(name: str = "Her2", seed: int = 1, sd: float = 0.8) -> np.ndarray:
    own = np.random.default_rng(seed).normal(0, sd, len(NORMAL))
    return MEDIANS[SUBTYPES.index(name)] + own


def biopsy(profile: np.ndarray, share: float) -> np.ndarray:
    return dilute(profile, NORMAL, [share / usual.SHARE])[0][USE]


def test_usual_purity_changes_little():
    profile = tumour()
    found = GENES.usual(profile[USE], np.array([usual.SHARE]))
    left = found.profiles[HER2, 0] - profile[USE]
    assert np.abs(left).mean() < 0.15  # drawn to the median by the noise of a gene


@pytest.mark.parametrize("share", [0.45, 0.3])
def test_normal_tissue_is_taken_out(share):
    profile = tumour()
    seen = biopsy(profile, share)
    found = GENES.usual(seen, np.array([share]))
    before = np.abs(seen - profile[USE]).mean()
    assert np.abs(found.profiles[HER2, 0] - profile[USE]).mean() < 0.6 * before


def test_hidden_genes_are_drawn_to_the_median_and_less_certain():
    profile = tumour()
    found = GENES.usual(biopsy(profile, 0.06), np.array([0.06]))
    clear = GENES.usual(biopsy(profile, 0.6), np.array([0.6]))
    median = MEDIANS[SUBTYPES.index("Her2")][USE]

    def away(one: usual.Usual) -> float:
        return float(np.abs(one.profiles[HER2, 0] - median).mean())

    assert away(found) < away(clear)
    assert (found.variance[HER2] > clear.variance[HER2]).mean() > 0.9


def test_a_purer_biopsy_than_usual_is_diluted():
    profile = tumour()
    linear = 1.5 * np.exp2(profile) - 0.5 * np.exp2(NORMAL)
    pure = np.log2(np.maximum(linear, np.exp2(profile) / 3))[USE]
    found = GENES.usual(pure, np.array([0.9]))
    assert np.abs(found.profiles[HER2, 0] - profile[USE]).mean() < 0.3


@pytest.mark.parametrize("way", [0.0, 0.4, 0.9])
@pytest.mark.parametrize("share", [0.6, 0.3])
def test_a_move_is_found_at_any_share(way, share):
    profile = tumour()
    path = MEDIANS[SUBTYPES.index("LumA")] - MEDIANS[SUBTYPES.index("Her2")]
    before = GENES.usual(profile[USE], np.array([0.6]))
    found = GENES.move(before, biopsy(profile + way * path, share), np.array([share]), HER2, LUMA)
    assert found.way[0] == pytest.approx(way, abs=0.1)
    other = GENES.move(before, biopsy(profile + way * path, share), np.array([share]), HER2, BASAL)
    if way:
        assert found.agreement[0] > other.agreement[0]


def test_rise_is_zero_without_a_move_and_grows_with_it():
    before = GENES.usual(tumour()[USE], np.array([0.6]))
    rises = [GENES.rise(before, np.array([way]), HER2, LUMB)[0] for way in (0.0, 0.5, 1.0)]
    assert rises[0] == 0
    assert rises == sorted(rises)


def test_correlations_are_those_of_the_subtype_arm():
    profiles = np.stack([tumour(seed=k) for k in range(5)])
    ours = GENES.correlations(profiles[:, USE])
    theirs = ranks.correlations(np.where(USE, profiles, np.nan))[:, list(usual.TUMOUR)]
    np.testing.assert_allclose(ours, theirs, atol=1e-9)

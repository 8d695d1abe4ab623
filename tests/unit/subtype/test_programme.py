from __future__ import annotations

import numpy as np
import pytest

from her2omics.subtype import programme, usual
from her2omics.subtype.counterfactual import Purity, dilute
from her2omics.tables import SUBTYPES
from her2omics.thresholds import limits

LIMIT = limits()
MEDIANS = usual.medians(None)
NORMAL = MEDIANS[SUBTYPES.index("Normal")]
DRAWS = 100


def median(name: str) -> np.ndarray:
    return MEDIANS[SUBTYPES.index(name)]


def purity(value: float, sd: float = 0.06, ploidy: float = 2.1, seed: int = 1) -> Purity:
    draws = np.clip(value + sd * np.random.default_rng(seed).normal(size=DRAWS), 0.02, 1)
    return Purity(value, draws, np.full(DRAWS, ploidy))


def shift(before, after, values=(0.6, 0.6), normal=NORMAL, **options) -> dict[str, float]:
    purities = tuple(purity(value, seed=k, **options) for k, value in enumerate(values))
    rng = np.random.default_rng(2)
    return programme.shift(before, after, purities=purities, normal=normal, rng=rng, limit=LIMIT)


def pairs(move: float, count: int = 16) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return HER2-enriched tumours that go this part of the way to luminal A."""
    rng = np.random.default_rng(4)
    path = median("LumA") - median("Her2")
    own = median("Her2") + rng.normal(0, 0.8, (count, 50))
    noise = rng.normal(0, 0.3, (2, count, 50))
    return list(zip(own + noise[0], own + move * path + noise[1], strict=True))


def mean(found: list[dict[str, float]], name: str = "programme_delta") -> float:
    return float(np.mean([row[name] for row in found]))


@pytest.mark.parametrize("late", [0.5, 0.4, 0.3])
def test_normal_tissue_does_not_attenuate_the_shift(late):
    usual = [shift(b, f) for b, f in pairs(0.5)]
    mixed = [
        shift(b, dilute(f, NORMAL, [late / 0.6])[0], values=(0.6, late)) for b, f in pairs(0.5)
    ]
    assert mean(usual) > 0.6
    assert mean(mixed) == pytest.approx(mean(usual), rel=0.25)


def test_normal_tissue_alone_is_no_shift():
    found = [
        shift(b, dilute(f, NORMAL, [0.5])[0], values=(0.6, 0.3), sd=0.1) for b, f in pairs(0.0)
    ]
    assert abs(mean(found)) < 0.12
    assert max(row["programme_delta"] for row in found) < 0.4


def test_a_further_move_is_a_larger_shift():
    values = [mean([shift(b, f) for b, f in pairs(move, 8)]) for move in (0, 0.3, 0.6, 0.9)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(0, abs=0.12)


def test_less_tumour_and_a_vaguer_purity_widen_the_sd():
    base = pairs(0.5)
    known = mean([shift(b, f) for b, f in base], "programme_delta_sd")
    thin = mean(
        [
            shift(dilute(b, NORMAL, [0.25])[0], dilute(f, NORMAL, [0.25])[0], values=(0.15, 0.15))
            for b, f in base
        ],
        "programme_delta_sd",
    )
    vague = mean([shift(b, f, sd=0.2) for b, f in base], "programme_delta_sd")
    assert thin > known
    assert vague > known


def test_a_common_centre_changes_nothing():
    (before, after), offset = pairs(0.5)[0], np.random.default_rng(6).normal(0, 1, 50)
    plain = shift(before, after)["programme_delta"]
    moved = shift(before + 3, after + 3, normal=NORMAL + 3)["programme_delta"]
    assert moved == pytest.approx(plain)
    # The medians move with the normal profile, so that another platform keeps the move's size.
    other = usual.medians(NORMAL + offset) - usual.medians(NORMAL)
    np.testing.assert_allclose(other, np.tile(offset, (5, 1)))


def test_without_a_scale_nothing_is_diluted_and_missing_genes_are_left_out():
    before, after = pairs(0.5)[1]
    found = shift(before, after, normal=None)
    assert found["programme_delta"] > 0.5
    assert found["programme_delta_low"] <= found["programme_delta_high"]
    before = before.copy()
    before[:8] = np.nan
    assert np.isfinite(list(shift(before, after).values())).all()


def test_rna_share_follows_purity_and_ploidy():
    rng = np.random.default_rng(3)
    shares = [
        np.median(programme.rna_share(purity(value, 0.0, ploidy), rng))
        for value, ploidy in ((0.3, 2.0), (0.6, 2.0), (0.6, 4.0))
    ]
    assert shares[0] == pytest.approx(0.3, abs=0.03)
    assert shares[1] == pytest.approx(0.6, abs=0.03)
    assert shares[2] == pytest.approx(0.75, abs=0.03)
    unknown = programme.rna_share(purity(0.6, 0.0, np.nan), rng)
    assert 0.6 < np.median(unknown) < 0.72
    assert unknown.std() > 0.05

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics.copy_number import pair
from her2omics.copy_number.absolute import Draws
from her2omics.copy_number.retention import Slope, slope_draws

N = 4000


def draws(purity, erbb2, *, ploidy=2.0, background=2.0, sigma=0.1, cep17=2.0, seed=1):
    """Draws of a sample whose purity is nearly known."""
    rng = np.random.default_rng(seed)
    cells = np.clip(purity * np.exp(0.05 * rng.standard_normal(N)), 0.01, 1)
    mean = purity * ploidy + 2 * (1 - purity)

    def ratio(copies):
        return (purity * copies + 2 * (1 - purity)) / mean * 2 ** (sigma * rng.standard_normal(N))

    def copies(value):
        normal = 2 * (1 - cells) / cells
        return np.maximum(value * (ploidy + normal) - normal, 0.05)

    locus, beside = ratio(erbb2), ratio(background)
    weight, centre = np.full(N, 1 / N), np.full(N, cep17)
    psi = np.full(N, ploidy)
    return Draws(cells, psi, copies(locus), copies(beside), centre, locus, beside, weight, False)


def compared(before, after, *, sigma=0.1, **options):
    slope = slope_draws(
        np.array([before.purity, after.purity]), np.array([before.ploidy, after.ploidy]), 0, 1
    )
    known = {"resolved": (True, True), "reasons": ("", "")} | options
    return pair.compare(before, after, slope, sigma_before=sigma, sigma_after=sigma, **known)


AMPLIFIED = draws(0.6, 12)


def test_lost():
    found = compared(AMPLIFIED, draws(0.5, 2, seed=2))
    assert (found.call, found.reason) == ("lost", "")
    assert found.p_amplified < 0.1


def test_retained():
    found = compared(AMPLIFIED, draws(0.5, 12, seed=2))
    assert found.call == "retained"
    assert found.retention[1] < 1 < found.retention[2]


def test_reduced():
    found = compared(AMPLIFIED, draws(0.5, 5, sigma=0.05, seed=2), sigma=0.05)
    assert found.call == "reduced"


def test_a_deep_fall_that_stays_amplified_is_not_lost():
    """From 60 to 8 copies the retention is .1, and the tumour is still HER2-positive."""
    found = compared(draws(0.7, 60), draws(0.7, 8, seed=2))
    assert found.retention[2] < pair.LOST_BELOW
    assert found.call == "reduced"


def test_too_few_cancer_cells_say_which_purity_was_needed():
    found = compared(AMPLIFIED, draws(0.04, 2, seed=2))
    assert found.call == "not_assessable"
    assert "too few cancer cells: purity 0.04" in found.reason


def test_an_amplicon_that_may_hide_is_no_loss():
    reason = "the segment over ERBB2 has 11.5 Mb: an amplicon may hide in it"
    found = compared(AMPLIFIED, draws(0.5, 2, seed=2), resolved=(True, False), reasons=("", reason))
    assert (found.call, found.reason) == ("not_assessable", f"follow-up: {reason}")
    found = compared(AMPLIFIED, draws(0.5, 2, seed=2), resolved=(False, True), reasons=(reason, ""))
    assert (found.call, found.reason) == ("not_assessable", f"baseline: {reason}")


def test_a_baseline_without_gain_has_nothing_to_lose():
    found = compared(draws(0.6, 2), draws(0.6, 2, seed=2))
    assert found.call == "not_assessable"
    assert "no gain" in found.reason


def test_an_unmeasured_locus_is_not_assessable():
    after = draws(0.5, 2, seed=2)
    gone = Draws(
        after.purity, after.ploidy, after.erbb2, after.background, after.cep17,
        np.full(N, np.nan), after.background_ratio, after.weight, True,
    )  # fmt: skip
    found = compared(AMPLIFIED, gone)
    assert found.call == "not_assessable"
    assert "not measured" in found.reason


def test_contradicting_slopes_widen_the_interval():
    rng = np.random.default_rng(3)
    drawn = 0.5 * np.exp(0.03 * rng.standard_normal(N))
    same, agree = pair.combined_slope(drawn, Slope(0.51, 0.02, 1, 1, 50), rng)
    assert not agree
    assert same is drawn
    mixed, conflict = pair.combined_slope(drawn, Slope(1.5, 0.02, 1, 1, 50), rng)
    assert conflict
    assert np.quantile(mixed, 0.05) < 0.55
    assert np.quantile(mixed, 0.95) > 1.3
    for quiet in (np.nan, -0.1, 0.0):
        assert not pair.combined_slope(drawn, Slope(quiet, 1.0, 1, 1, 4), rng)[1]


# The power table of the method: standard error, copies -> purity, background of two copies.
POWER = {
    (0.05, 4): 0.15, (0.05, 12): 0.03, (0.085, 4): 0.26, (0.085, 6): 0.13, (0.085, 8): 0.09,
    (0.085, 12): 0.053, (0.085, 20): 0.029, (0.12, 4): 0.39, (0.12, 12): 0.08, (0.17, 12): 0.12,
}  # fmt: skip


@pytest.mark.parametrize(("sigma", "copies"), POWER)
def test_minimal_purity_is_that_of_the_power_table(sigma, copies):
    found = pair.minimal_purity(copies - 2, 2.0, sigma)
    assert found == pytest.approx(POWER[sigma, copies], rel=0.05)


def test_more_background_needs_more_purity():
    assert pair.minimal_purity(2.0, 4.0, 0.085) == pytest.approx(0.36, abs=0.02)


def test_no_purity_would_do():
    assert pair.minimal_purity(0.0, 4.0, 0.1) == np.inf


@settings(max_examples=100, deadline=None)
@given(purity=st.floats(0.03, 1.0), background=st.floats(1.0, 6.0), sigma=st.floats(0.03, 0.3))
def test_detectable_copies_invert_the_minimal_purity(purity, background, sigma):
    copies = pair.detectable_copies(purity, background, sigma)
    assert copies > background
    assert pair.minimal_purity(copies - background, background, sigma) == pytest.approx(
        purity, rel=1e-6
    )

import numpy as np
import pandas as pd
import pytest

from her2omics.copy_number import fit
from her2omics.copy_number.heterozygous import heterozygous_snps


def fitted(made, tumour, *, seed=3, snps=True, prior=None, **options):
    rng = np.random.default_rng(seed)
    profile = made.profile_of(tumour, seed=seed)
    found = None
    if snps:
        frame = made.snps_of(tumour, made.germline(rng), rng, **options).frame
        found = heterozygous_snps([frame], profile.segments, genome=made.GRCH38)
    return fit.fit_sample(profile, 0, found, prior=prior)


def modes(*rows):
    return pd.DataFrame(rows, columns=["purity", "purity_sd", "ploidy", "weight", "tool"])


@pytest.mark.parametrize("bias", [0.5, 0.535])
def test_purity_and_ploidy_of_an_altered_genome(made, bias):
    tumour = made.Tumour()
    found = fitted(made, tumour, bias=bias)
    assert found.modes["purity"][0] == pytest.approx(0.6, abs=0.04)
    assert found.modes["ploidy"][0] == pytest.approx(tumour.ploidy(), abs=0.15)


def test_a_flat_genome_leaves_the_purity_open(made):
    """Its ploidy is 2: only where ploidy is free does a purity near 0 explain it best."""
    low, high = fitted(made, made.Tumour(arms={}, erbb2=2.0)).interval()
    assert high - low > 0.4


@pytest.mark.parametrize("altered", [{}, {"1q": (2, 1)}, {"1q": (2, 1), "16q": (1, 0)}])
def test_few_alterations_do_not_make_the_purity_low(made, altered):
    low, high = fitted(made, made.Tumour(arms=altered, erbb2=30.0)).interval()
    assert low <= 0.6 <= high


def test_without_snps_the_modes_are_kept(made):
    found = fitted(made, made.Tumour(), snps=False)
    near = found.modes["purity"].sub(0.6).abs().lt(0.08)
    assert found.modes["weight"][near].sum() > 0.3
    assert found.modes["weight"].sum() == pytest.approx(1)
    assert found.modes["weight"].is_monotonic_decreasing


def test_draws_follow_the_posterior(made, rng):
    found = fitted(made, made.Tumour())
    purity, ploidy = found.draws(4000, rng)
    low, high = found.interval()
    assert np.mean((purity >= low) & (purity <= high)) == pytest.approx(0.9, abs=0.03)
    assert purity.min() > 0
    assert ploidy.min() >= fit.PLOIDY[0]


def test_priors_of_one_tool_are_alternatives_and_tools_multiply():
    row = (0.3, 0.03, np.nan, 0.5)
    one = fit.log_prior_grid(modes((*row, "a"), (0.7, 0.03, np.nan, 0.5, "a")))
    two = fit.log_prior_grid(modes((*row, "a"), (0.32, 0.03, np.nan, 0.5, "b")))
    purity = [np.exp(logs - logs.max()).sum(axis=1) for logs in (one, two)]
    at = [np.argmin(np.abs(value - fit.PURITY)) for value in (0.31, 0.7)]
    assert purity[0][at[1]] > 0.3 * purity[0][at[0]]
    assert purity[1][at[1]] < 1e-3 * purity[1][at[0]]


def test_an_unknown_prior_changes_nothing():
    flat = fit.log_prior_grid(None)
    np.testing.assert_array_equal(fit.log_prior_grid(pd.DataFrame()), flat)
    np.testing.assert_array_equal(fit.log_prior_grid(modes((np.nan, np.nan, 3.0, 1.0, "x"))), flat)


def test_a_wrong_prior_does_not_hold_against_the_genome(made):
    """It may choose between a genome and its double, but not add a purity of its own."""
    prior = modes((0.2, 0.03, np.nan, 1.0, "facets"))
    found = fitted(made, made.Tumour(), prior=prior).modes
    possible = found["purity"].sub(0.6).abs().lt(0.06) | found["purity"].sub(0.43).abs().lt(0.06)
    assert possible.all()
    assert found["weight"][found["purity"].sub(0.6).abs().lt(0.06)].sum() > 0.02


def test_modes_are_summits():
    purity, ploidy = fit.PURITY[:, None], fit.PLOIDY[None]
    weight = 0.7 * np.exp(-((purity - 0.3) ** 2 + (ploidy - 2) ** 2) / 0.005)
    weight = weight + 0.3 * np.exp(-((purity - 0.7) ** 2 + (ploidy - 4) ** 2) / 0.005)
    found = fit.posterior(fit.PURITY, fit.PLOIDY, weight, "dna").modes
    assert len(found) == 2
    assert found["purity"].tolist() == pytest.approx([0.3, 0.7], abs=0.02)
    assert found["ploidy"].tolist() == pytest.approx([2, 4], abs=0.05)

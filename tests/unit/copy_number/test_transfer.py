import numpy as np
import pytest

from her2omics.copy_number.heterozygous import heterozygous_snps
from her2omics.copy_number.retention import slope_draws
from her2omics.copy_number.transfer import fit_patient


def inputs(made, *tumours, seed=3, depth=80):
    rng = np.random.default_rng(seed)
    profile, sites = made.profile_of(*tumours, seed=seed), made.germline(rng)
    frames = [made.snps_of(tumour, sites, rng, depth=depth).frame for tumour in tumours]
    return profile, heterozygous_snps(frames, profile.segments, genome=made.GRCH38)


def mutations(made, *tumours):
    rng = np.random.default_rng(9)
    return {f"S{n}": made.mutations_of(one, rng).frame for n, one in enumerate(tumours)}


@pytest.mark.parametrize("purity", [0.3, 0.09])
def test_the_baseline_tells_the_purity_of_a_faint_followup(made, purity):
    fit = fit_patient(*inputs(made, made.Tumour(), made.Tumour(purity=purity)))
    assert fit.anchor == 0
    low, high = fit.samples[1].interval()
    assert low <= purity <= high
    assert high - low < 0.15


def test_the_clearest_sample_anchors_whatever_its_place(made):
    fit = fit_patient(*inputs(made, made.Tumour(purity=0.15), made.Tumour(purity=0.7)))
    assert fit.anchor == 1
    low, high = fit.samples[0].interval()
    assert low <= 0.15 <= high


def test_a_doubling_leaves_the_slope_though_not_the_copies(made, rng):
    """Twice all copies at purity .5 look like the same copies at .67: the slope does not differ."""
    before, after = made.Tumour(), made.Tumour(purity=0.5, times=2, erbb2=24.0)
    purity, ploidy = fit_patient(*inputs(made, before, after)).draws(2000, rng)
    cells = [
        one.purity / (one.purity * one.ploidy() + 2 * (1 - one.purity)) for one in (before, after)
    ]
    drawn = slope_draws(purity, ploidy, 0, 1)
    low, high = np.quantile(drawn, [0.05, 0.95])
    assert low <= 2 * cells[1] / cells[0] <= high
    assert high / low < 1.5


QUIET = {"arms": {}, "erbb2": 12.0}


def test_mutations_carry_the_purity_through_a_quiet_genome(made):
    both = made.Tumour(purity=0.6, **QUIET), made.Tumour(purity=0.2, **QUIET)
    drawn = mutations(made, *both)
    fit = fit_patient(*inputs(made, *both), mutations=drawn)
    low, high = fit.samples[1].interval()
    # One draw of 60 mutations: the purity that its reads show, .2 but for their own error.
    reads = drawn["S1"]["alt_count"], drawn["S1"]["ref_count"]
    shown = 2 * reads[0].sum() / (reads[0].sum() + reads[1].sum())
    assert shown == pytest.approx(0.2, abs=0.02)
    assert low <= shown <= high
    assert high - low < 0.2


def test_a_quiet_pair_leaves_the_purity_open(made):
    both = made.Tumour(purity=0.6, **QUIET), made.Tumour(purity=0.2, **QUIET)
    low, high = fit_patient(*inputs(made, *both)).samples[1].interval()
    assert high - low > 0.4


def test_draws_are_joint_and_within_bounds(made, rng):
    fit = fit_patient(*inputs(made, made.Tumour(), made.Tumour(purity=0.3)))
    purity, ploidy = fit.draws(500, rng)
    assert purity.shape == ploidy.shape == (2, 500)
    assert ((purity > 0) & (purity <= 1)).all()
    for sample, posterior in enumerate(fit.samples):
        mean = posterior.weight.sum(axis=1) @ posterior.purity
        assert purity[sample].mean() == pytest.approx(mean, abs=0.02)
        assert posterior.weight.sum() == pytest.approx(1)


def test_a_single_sample_has_nothing_given(made, rng):
    fit = fit_patient(*inputs(made, made.Tumour()))
    assert (len(fit.samples), fit.anchor, dict(fit.given)) == (1, 0, {})
    assert fit.draws(10, rng)[0].shape == (1, 10)

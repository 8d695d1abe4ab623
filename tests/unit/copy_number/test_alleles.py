from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics.copy_number import alleles
from her2omics.copy_number.heterozygous import heterozygous_snps

FLAT = {}


def snps_of(made, rng, *tumours, **options):
    arms = made.GRCH38.arms()[["chromosome", "start", "end"]]
    sites = made.germline(rng, sites=2500)
    frames = [made.snps_of(tumour, sites, rng, **options).frame for tumour in tumours]
    return heterozygous_snps(frames, arms, genome=made.GRCH38), len(arms)


@pytest.mark.parametrize(("bias", "dispersion"), [(0.5, 0.006), (0.535, 0.01), (0.47, 0.03)])
def test_noise_of_the_counts_is_fitted(made, rng, bias, dispersion):
    """Real alternative shares lie at .47 to .54; fixing either would look like imbalance."""
    snps, _ = snps_of(made, rng, made.Tumour(), bias=bias, dispersion=dispersion)
    rows = alleles.usable(snps, 0)
    found = alleles.fit_noise(
        snps.alt[0, rows], snps.depth[0, rows], snps.segment[rows], np.zeros(len(rows))
    )
    assert found.balanced == pytest.approx(bias, abs=0.012)
    assert dispersion / 2.2 < found.dispersion < dispersion * 2.2


def test_the_share_of_bad_sites_speaks_for_little_overdispersion(made, rng):
    """2 % of sites at .15 already have more variance than .002 in all: it is not counted twice."""
    snps, _ = snps_of(made, rng, made.Tumour(), dispersion=0.002)
    rows = alleles.usable(snps, 0)
    counts = snps.alt[0, rows], snps.depth[0, rows], snps.segment[rows]
    assert alleles.fit_noise(*counts, np.zeros(len(rows))).dispersion < 0.003


def test_a_flat_genome_is_balanced_whatever_the_bias(made, rng):
    flat = made.Tumour(purity=0.5, arms=FLAT, erbb2=2.0)
    snps, count = snps_of(made, rng, flat, bias=0.535, dispersion=0.01)
    curve = alleles.curves(snps, 0, count).curve
    assert (alleles.excess(curve) == 0.5).all()


@pytest.mark.parametrize("dispersion", [0.006, 0.012])
def test_overdispersion_is_not_taken_for_many_small_imbalances(made, rng, dispersion):
    """Unphased reads at .5 +- .04 look overdispersed; a flat genome must not look impure."""
    flat = made.Tumour(purity=0.5, arms=FLAT, erbb2=2.0)
    snps, count = snps_of(made, rng, flat, dispersion=dispersion, depth=100)
    found = alleles.curves(snps, 0, count)
    assert found.noise.dispersion >= 0.75 * dispersion
    over_balance = found.curve.max(axis=1) - found.curve[:, len(alleles.SHARES) // 2]
    assert over_balance.sum() < 0.5 * count


def test_curves_peak_at_the_share_of_the_haplotype(made, rng):
    snps, count = snps_of(made, rng, made.Tumour(arms={"1q": (3, 1)}), depth=150)
    arms = list(made.GRCH38.arms()["arm"])
    curve = alleles.curves(snps, 0, count).curve
    excess = alleles.excess(curve)
    # .6 x 3 + .4 of .6 x 4 + .8
    assert excess[arms.index("1q")] == pytest.approx(2.2 / 3.2, abs=0.03)
    np.testing.assert_allclose(curve, curve[:, ::-1], atol=1e-6)
    empty = ~np.isin(np.arange(count), snps.segment)
    assert not curve[empty].any()


def test_phases_show_what_unphased_snps_leave_open(made, rng):
    tumours = made.Tumour(), made.Tumour(purity=0.05)
    snps, count = snps_of(made, rng, *tumours, depth=150)
    anchor = alleles.curves(snps, 0, count)
    phase = alleles.phases(snps, 0, alleles.excess(anchor.curve), anchor.noise)
    unphased, phased = (alleles.curves(snps, 1, count, phase=one).curve for one in (None, phase))
    arm = list(made.GRCH38.arms()["arm"]).index("8q")
    truth = (0.05 * 3 + 0.95) / (0.05 * 4 + 1.9)
    assert alleles.SHARES[phased[arm].argmax()] == pytest.approx(truth, abs=0.015)
    assert alleles.excess(unphased)[arm] == 0.5
    assert alleles.excess(phased)[arm] > 0.51


def test_without_a_normal_nothing_is_phased(made, rng):
    snps, count = snps_of(made, rng, made.Tumour(), normal=False)
    anchor = alleles.curves(snps, 0, count)
    assert (alleles.phases(snps, 0, alleles.excess(anchor.curve), anchor.noise) == 0.5).all()


def test_no_snps_no_curves(made, rng):
    assert alleles.curves(None, 0, 5) is None
    snps, count = snps_of(made, rng, made.Tumour())
    gone = replace(snps, depth=np.full_like(snps.depth, np.nan))
    assert alleles.curves(gone, 0, count) is None


def test_usable_keeps_the_deepest(made, rng):
    snps, _ = snps_of(made, rng, made.Tumour())
    many = replace(snps, segment=np.zeros_like(snps.segment))
    rows = alleles.usable(many, 0)
    assert len(rows) == 500
    assert snps.depth[0, rows].min() >= np.sort(snps.depth[0])[-500]


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0.0, 1.0), balanced=st.floats(0.4, 0.6), tilt=st.floats(-0.5, 0.5))
def test_expected_reads_mirror_with_the_allele(share, balanced, tilt):
    up = alleles.seen(np.array([share]), balanced, np.array([tilt]))
    down = alleles.seen(np.array([1 - share]), 1 - balanced, np.array([-tilt]))
    assert up[0, 0] + down[0, 0] == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(depth=st.integers(1, 40), share=st.floats(0.01, 0.99), dispersion=st.floats(1e-4, 0.2))
def test_counts_have_probabilities(depth, share, dispersion):
    from scipy.special import gammaln

    alt = np.arange(depth + 1.0)
    logs = alleles.counts_loglik(alt, np.full(depth + 1, depth), np.full((1, 1), share), dispersion)
    choose = gammaln(depth + 1) - gammaln(alt + 1) - gammaln(depth - alt + 1)
    assert np.exp(logs[:, 0] + choose).sum() == pytest.approx(1, rel=1e-5)

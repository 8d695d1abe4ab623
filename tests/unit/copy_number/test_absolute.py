import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from her2omics.copy_number import absolute

N = 4000


@settings(max_examples=200, deadline=None)
@given(purity=st.floats(0.03, 1.0), ploidy=st.floats(1.5, 6.0), truth=st.floats(0.0, 60.0))
def test_copies_invert_the_ratio(purity, ploidy, truth):
    ratio = (purity * truth + 2 * (1 - purity)) / (purity * ploidy + 2 * (1 - purity))
    assert absolute.copies(ratio, purity, ploidy) == pytest.approx(truth, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(
    purity=st.floats(0.01, 1.0),
    total=st.floats(0.0, 60.0),
    other=st.floats(0.0, 10.0),
)
def test_shares_of_a_haplotype_are_shares(purity, total, other):
    other = min(other, total)
    share = absolute.haplotype_share(total, other, purity)
    assert 0 <= share <= 1
    if total > 2 * other:
        assert share >= 0.5


@pytest.mark.parametrize(
    ("erbb2", "cep17", "group"),
    [(12, 2, 1), (4, 2, 1), (3.9, 1.5, 2), (8, 5, 3), (6, 3.1, 3), (5, 3, 4), (3, 2, 5)],
)
def test_ish_groups(erbb2, cep17, group):
    found = absolute.ish_groups(np.full(3, erbb2), np.full(3, cep17), np.full(3, 1 / 3))
    assert found.argmax() + 1 == group
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize(("erbb2", "group"), [(8, 1), (5, 4), (2, 5)])
def test_without_cep17_copies_decide(erbb2, group):
    found = absolute.ish_groups(np.array([erbb2, erbb2]), np.array([np.nan, 2]), np.full(2, 0.5))
    assert found.argmax() + 1 == group


@settings(max_examples=60, deadline=None)
@given(
    erbb2=st.lists(st.floats(0, 50), min_size=2, max_size=30),
    cep17=st.floats(0.3, 8),
)
def test_groups_are_probabilities(erbb2, cep17):
    weight = np.full(len(erbb2), 1 / len(erbb2))
    found = absolute.ish_groups(np.array(erbb2), np.full(len(erbb2), cep17), weight)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()


def test_quantiles_follow_the_weights():
    values = np.arange(100.0)
    middle, low, high = absolute.quantiles(values, np.full(100, 0.01))
    assert (low, middle, high) == pytest.approx((4, 49, 94), abs=1)
    weight = np.where(values >= 90, 0.1, 0.0)
    assert absolute.quantiles(values, weight)[1] >= 90
    assert np.isnan(absolute.quantiles(np.full(3, np.nan), np.full(3, 1 / 3))).all()


def drawn(profile, tumour, rng, sd=0.02, **options):
    purity = np.clip(tumour.purity + sd * rng.standard_normal(N), 0.02, 1)
    return absolute.draws_of(profile, 0, purity, np.full(N, tumour.ploidy()), rng, **options)


def test_draws_hold_the_truth(made, rng):
    tumour = made.Tumour()
    found = drawn(made.profile_of(tumour), tumour, rng)
    middle, low, high = absolute.quantiles(found.erbb2, found.weight)
    assert low < 12 < high
    assert middle == pytest.approx(12, abs=1.5)
    assert absolute.quantiles(found.background, found.weight)[0] == pytest.approx(2, abs=0.3)


def test_the_larger_side_of_the_centromere_counts(made, rng):
    """17p is lost: its side would double the ratio of ERBB2 to CEP17."""
    tumour = made.Tumour(arms={"17p": (1, 0), "17q": (2, 1), "8q": (3, 1)})
    found = drawn(made.profile_of(tumour), tumour, rng)
    assert not found.cep17_unresolved
    assert np.median(found.cep17) == pytest.approx(3, abs=0.4)


def test_copies_of_a_program_need_no_purity(made, rng):
    tumour = made.Tumour(purity=0.2)
    segments = made.segments_of(tumour, copies=True).frame
    track = made.tracks.of_segments(
        segments, kind="ascat", sample="B", assay="wes", genome=made.GRCH38
    )
    profile = made.joint_profile([track], [0.1], genome=made.GRCH38)
    found = drawn(profile, tumour, rng, sd=0.05, deconvoluted=True)
    assert np.median(found.erbb2) == pytest.approx(12, rel=0.05)


def test_genes_around_the_amplicon_are_no_mean_of_the_genome(made):
    tumour = made.Tumour()
    track = made.tracks.of_genes(
        made.genes_of(tumour, "log2"), "log2", sample="B", assay="wes", genome=made.GRCH38
    )
    profile = made.joint_profile([track], [0.1], genome=made.GRCH38)
    assert absolute.centre(profile, 0) == 0
    assert profile.locus["log2"][0] == pytest.approx(np.log2(tumour.ratio(12.0)))


def test_an_amplicon_moves_the_mean_of_the_genome_by_its_bins_only(made):
    """As many bins as it has, each at most at four times the mean, whatever its height."""
    quiet, high, higher = (
        made.profile_of(made.Tumour(purity=1.0, erbb2=copies)) for copies in (2.0, 60.0, 600.0)
    )
    bins = high.segments["bins"]
    inside = high.segments["chromosome"].eq("17") & high.segments["start"].between(*made.AMPLICON)
    share = bins[inside].sum() / bins.sum()
    moved = absolute.centre(high, 0) - absolute.centre(quiet, 0)
    assert moved <= np.log2(1 + 3 * share) + 0.005
    # The ratios are relative to the mean copies of the genome, which the amplicon raises itself.
    raised = np.log2(made.Tumour(erbb2=600.0).ploidy() / made.Tumour(erbb2=60.0).ploidy())
    further = absolute.centre(higher, 0) - absolute.centre(high, 0)
    assert further == pytest.approx(-raised, abs=0.02)

import numpy as np
import pytest
from scipy.stats import betabinom

from her2omics.clones.grid import GRID
from her2omics.clones.likelihood import STRAY, WRONG_STATE, SampleReads
from her2omics.clones.observations import observations


def reads_of(table):
    return SampleReads(observations(table), 0)


def row(drawn, **changes):
    table, _ = drawn([[0.5]], [1], purity=(0.7,))
    return table.assign(**changes)


def test_two_copies_give_the_beta_binomial_at_the_expected_share(drawn):
    table = row(drawn, ref_counts=80, alt_counts=25)
    found = reads_of(table).likelihood(200.0)
    at = np.array([20, 50, 80])
    share = 0.001 + 0.998 * 0.7 * GRID[at] / 2
    exact = betabinom.pmf(25, 105, share * 200, (1 - share) * 200)
    wrong = WRONG_STATE / 106  # any share of reads alike
    expected = (1 - WRONG_STATE) * exact + wrong
    ratio = found.density[0, at] / expected
    np.testing.assert_allclose(ratio / ratio[0], 1, rtol=2e-3)


def test_a_site_without_reads_says_nothing(drawn):
    found = reads_of(row(drawn, ref_counts=np.nan, alt_counts=np.nan)).likelihood(200.0)
    assert (found.density == 1).all()
    assert found.top[0] == 0


def test_a_clonal_mutation_may_sit_on_all_gained_copies(drawn):
    # Two thirds of the reads at three copies to one: three mutated copies of four.
    table = row(drawn, ref_counts=34, alt_counts=66, major_cn=3, minor_cn=1, tumour_content=0.8)
    density = reads_of(table).likelihood(500.0).density[0]
    assert density.argmax() > 85
    single = row(drawn, ref_counts=56, alt_counts=44, major_cn=2, minor_cn=2, tumour_content=0.8)
    assert reads_of(single).likelihood(500.0).density[0].argmax() > 85


def test_a_mutation_may_be_lost_where_its_haplotype_fell(drawn):
    table, _ = drawn([[1.0, 1.0]], [1])
    table["ref_counts"], table["alt_counts"] = [70, 120], [40, 0]
    kept = SampleReads(observations(table), 1).likelihood(500.0).density[0]
    table["minor_cn"] = [1, 0]
    lost = SampleReads(observations(table), 1).likelihood(500.0).density[0]
    assert lost[-1] / lost[0] == pytest.approx(0.2, rel=0.1)
    assert kept[-1] / kept[0] < 10 * WRONG_STATE


def test_stray_reads_do_not_exclude_absence(drawn):
    table = row(drawn, ref_counts=97, alt_counts=6)
    density = reads_of(table).likelihood(1000.0).density[0]
    assert density[0] > 0.5 * STRAY / 104


def test_no_copies_no_reads(drawn):
    table = row(drawn, major_cn=0, minor_cn=0, ref_counts=30, alt_counts=0)
    density = reads_of(table).likelihood(200.0).density[0]
    np.testing.assert_allclose(density[1:], density[1], rtol=1e-5)

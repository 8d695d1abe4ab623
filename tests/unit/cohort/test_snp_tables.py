"""SNP tables of a study: what is kept of them, how often alleles are, what two lists share."""

from pathlib import Path

import numpy as np

from her2omics.cohort import snp_tables
from her2omics.cohort.genotypes import CHROMOSOME, genotypes
from her2omics.cohort.snp_tables import SnpTable


def table(site, alt, *, patient="P", normal=False, targets=None, whole=True):
    site = np.asarray(site)
    alt = np.asarray(alt)
    hashed = snp_tables.site_hash(site)
    limit = int(np.iinfo(np.uint64).max if whole else np.median(hashed))
    return SnpTable(
        patient,
        f"{patient}_B",
        "wes",
        targets,
        normal,
        False,
        genotypes(site, 50 - alt, alt, normal=normal),
        site[hashed <= limit],
        limit,
    )


def sites(first, count):
    return CHROMOSOME + 1_000_000 * np.arange(first, first + count)


def test_frequencies_count_each_patient_once_and_its_normal_first():
    site = sites(1, 30)
    tumour = table(site, np.zeros(30, int))
    normal = table(site, np.full(30, 50), normal=True)
    other = table(site, np.full(30, 50), patient="Q")
    found = snp_tables.frequencies([tumour, normal, other])
    np.testing.assert_allclose(found.at(site), 5 / 6, atol=0.02)  # (4 alleles + 1) / (4 + 2)
    np.testing.assert_allclose(found.at(sites(90, 2)), 0.5)


def test_lists_are_compared_window_by_window():
    """Each list has a gap where the other has sites: a lost allele, no other person."""
    whole = np.concatenate([sites(1, 60) + chromosome * CHROMOSOME for chromosome in range(20)])
    gaps = [np.isin(whole // CHROMOSOME, lost) for lost in ([1, 2, 3, 4], [5, 6, 7, 8])]
    a, b = (table(whole[~gap], np.full((~gap).sum(), 25)) for gap in gaps)
    assert snp_tables.shared_list(a, b, {}) == (12 * 60, 12 * 60)


def test_lists_of_different_designs_are_compared_where_both_look():
    site = sites(1, 100)
    a = table(site, np.full(100, 25))
    b = table(site[::2], np.full(50, 25), targets=Path("b.bed"))
    assert snp_tables.shared_list(a, b, {}) is None
    elsewhere = {a.design: site, b.design: site[::2]}
    assert snp_tables.shared_list(a, b, elsewhere) == (50, 50)


def test_sites_that_several_patients_list_are_what_a_design_can_see():
    a, b, c = (table(sites(k, 40), np.full(40, 25), patient=f"P{k}") for k in (1, 11, 21))
    assert snp_tables.listed_elsewhere([a, b, c]) == {}
    other = table(sites(1, 5), np.full(5, 25), patient="Q", targets=Path("b.bed"))
    found = snp_tables.listed_elsewhere([a, b, c, other])
    assert found[a.design].tolist() == sites(11, 40).tolist()
    assert len(found[other.design]) == 0


def test_a_part_of_a_long_list_is_compared_with_the_same_part():
    site = sites(1, 200)
    a, b = table(site, np.full(200, 25)), table(site, np.full(200, 25), whole=False)
    both, length = snp_tables.shared_list(a, b, {})
    assert both == length == len(b.listed)

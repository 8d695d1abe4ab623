"""A sample corrected by a reference of normals keeps its own copies and loses what all share."""

import numpy as np
import pytest

from her2omics.cohort import normal_reference, panel
from her2omics.errors import InputError
from her2omics.genome import load

AMPLICON = ("17", 39_500_000, 39_900_000)
ARM = ("8", 46_000_000, 146_000_000)


@pytest.fixture(scope="module")
def reference(bins_of, grch38):
    normals = [(f"N{seed}", bins_of(seed)) for seed in range(20)]
    return panel.learn(normals, assay="wes", genome=grch38)


def level(bins, region):
    chromosome, start, end = region
    inside = bins["chromosome"].eq(chromosome) & bins["start"].between(start, end - 1)
    return float(bins.loc[inside, "log2"].median() - bins["log2"].median())


def test_what_normals_share_goes_and_the_tumours_own_copies_stay(bins_of, reference, grch38):
    quiet = bins_of(700, noise=0.05, pattern=0.2)
    events = {AMPLICON: 2.0, ARM: 0.5}
    tumour = bins_of(700, noise=0.05, pattern=0.2, events=events)
    before = quiet["log2"].std()
    found = normal_reference.apply(quiet, reference, genome=grch38)
    assert found.bins["log2"].std() < 0.6 * before
    found = normal_reference.apply(tumour, reference, genome=grch38)
    assert level(found.bins, AMPLICON) == pytest.approx(2.0, abs=0.1)
    assert level(found.bins, ARM) == pytest.approx(0.5, abs=0.08)
    assert found.tau == reference.tau
    assert found.shared == 1.0


def test_chromosome_17_has_no_say_in_the_loadings(bins_of, reference, grch38):
    plain = normal_reference.apply(bins_of(701), reference, genome=grch38)
    for change in (-1.0, 3.0):
        events = {("17", 0, 84_000_000): change}
        other = normal_reference.apply(bins_of(701, events=events), reference, genome=grch38)
        np.testing.assert_allclose(other.loadings, plain.loadings, atol=1e-9)


def test_a_constant_changes_nothing_but_itself(bins_of, reference, grch38):
    bins = bins_of(702)
    plain = normal_reference.apply(bins, reference, genome=grch38).bins["log2"]
    shifted = bins.assign(log2=bins["log2"] + 0.7)
    moved = normal_reference.apply(shifted, reference, genome=grch38).bins["log2"]
    np.testing.assert_allclose(moved - plain, 0.7, atol=1e-6)


def test_bins_without_coverage_stay_without_a_ratio(bins_of, reference, grch38):
    bins = bins_of(703)
    bins.loc[100:110, "log2"] = np.nan
    found = normal_reference.apply(bins, reference, genome=grch38).bins
    assert found["log2"].isna().sum() == 11


def test_another_design_and_another_build_are_refused(bins_of, reference, grch38):
    moved = bins_of(704)
    moved["start"] += 7
    with pytest.raises(InputError, match=r"0 of its .* bins are among the .* of the reference"):
        normal_reference.apply(moved, reference, genome=grch38)
    with pytest.raises(InputError, match="is of GRCh38, this study of GRCh37"):
        normal_reference.apply(bins_of(704), reference, genome=load("GRCh37"))

"""Bins and segments against the genomes they are written from."""

from __future__ import annotations

import numpy as np
import pytest

from her2omics.simulate import assay, dna_bins, patients
from her2omics.simulate import tables as cohorts
from her2omics.simulate.coordinates import axis
from her2omics.simulate.scenarios import parse

SEED = 29
AXIS = axis()
ASSAYS = ("wes", "panel", "wgs")


@pytest.fixture(scope="module")
def tumours():
    group = cohorts.draw_groups(25, seed=SEED, mixture=parse("standard"))[0]
    return [tumour for patient in patients.of(group, seed=SEED) for tumour in patient.tumours]


def _inside(bins, start, end):
    whole = (bins.place >= AXIS.at("17", start)) & (
        bins.place + bins.end - bins.start <= AXIS.at("17", end)
    )
    return np.flatnonzero(whole & bins.on_target)


def test_designs_are_as_large_as_they_shall_be():
    sizes = {name: assay.of(name) for name in ASSAYS}
    assert 28_000 < len(sizes["wes"].bins.start) < 32_000
    assert 5_000 < len(sizes["panel"].bins.start) < 7_000
    assert 3_000 < sizes["panel"].bins.on_target.sum() < 5_000
    assert len(sizes["wgs"].bins.start) > 100_000
    for design in (*sizes.values(), assay.of("panel", second=True)):
        bins = design.bins
        assert (np.diff(bins.place) > 0).all()
        assert (bins.place[1:] >= (bins.place + bins.end - bins.start)[:-1]).all()
        ends = AXIS.starts[bins.chromosome] + bins.end
        assert (ends <= AXIS.starts[bins.chromosome] + AXIS.lengths[bins.chromosome]).all()
        assert 0.35 < bins.gc.mean() < 0.55
    gene = AXIS.genome.genes.loc["ERBB2"]
    assert len(_inside(sizes["wes"].bins, gene["start"], gene["end"])) >= 10


def test_two_panels_share_half_of_their_genes():
    first, second = assay.of("panel"), assay.of("panel", second=True)
    target = first.bins.on_target
    shared = assay.covers(second.bins, first.bins.place[target] + 60)
    assert 0.4 < shared.mean() < 0.65
    known = dict(zip(first.sites.place, first.sites.key, strict=True))
    both = [
        (key, known[place])
        for place, key in zip(second.sites.place, second.sites.key, strict=True)
        if place in known
    ]
    assert len(both) > 1000
    assert all(a == b for a, b in both)


@pytest.mark.parametrize("name", ASSAYS)
def test_expected_depth_follows_the_formula(tumours, name):
    design = assay.of(name)
    for tumour in tumours[:10]:
        biopsy = tumour.biopsy
        ratio = dna_bins.depth_ratio(design, tumour.genome)
        core = _inside(design.bins, *biopsy.amplicon)
        beside = _inside(design.bins, 28_000_000, 31_000_000)
        p, f = biopsy.purity, biopsy.f
        copies = f * biopsy.copies_amplified + (1 - f) * biopsy.copies_other
        expected = (p * copies + 2 * (1 - p)) / (p * biopsy.copies_other + 2 * (1 - p))
        np.testing.assert_allclose(ratio[core].mean() / ratio[beside].mean(), expected, rtol=1e-6)
        # the mean depth is that of the ploidy, up to where the bins lie
        scale = ratio[beside].mean() * (p * tumour.genome.ploidy(AXIS) + 2 * (1 - p))
        assert scale == pytest.approx(p * biopsy.copies_other + 2 * (1 - p), rel=0.08)


def test_files_lie_around_the_expected_log2_ratio(tumours):
    design = assay.of("wes")
    errors = []
    for number, tumour in enumerate(tumours):
        rng = np.random.default_rng(number)
        values = dna_bins.log2_ratios(rng, design, tumour.genome)
        core = _inside(design.bins, *tumour.biopsy.amplicon)
        expected = np.log2(dna_bins.depth_ratio(design, tumour.genome)[core])
        errors.append(np.median(values[core] - expected))
    assert abs(np.mean(errors)) < 0.06
    assert 0.06 < np.std(errors) < 0.22


@pytest.mark.parametrize(("name", "sd", "locus"), [("wes", 0.30, 0.11), ("wgs", 0.08, 0.05)])
def test_noise_of_normals(name, sd, locus):
    design = assay.of(name)
    core = _inside(design.bins, 39_550_000, 39_850_000)
    spread, level = [], []
    for number in range(60):
        values = dna_bins.log2_ratios(np.random.default_rng(number), design, None)
        values = values[values > dna_bins.NO_COVERAGE]
        spread.append(1.4826 * np.median(np.abs(np.diff(values))) / np.sqrt(2))
        whole = dna_bins.log2_ratios(np.random.default_rng(number), design, None)
        level.append(np.median(whole[core]) - np.median(whole))
    # tails are heavy: the robust spread lies below the SD
    assert 0.65 * sd < np.median(spread) < 1.05 * sd
    assert np.std(level) == pytest.approx(np.hypot(locus, sd / np.sqrt(len(core))), rel=0.4)


def test_noise_is_scaled_and_some_bins_have_no_read():
    design = assay.of("wes")
    plain, loud = (
        dna_bins.log2_ratios(np.random.default_rng(1), design, None, scale=scale)
        for scale in (1.0, 1.6)
    )
    read = plain > dna_bins.NO_COVERAGE
    assert 0.001 < 1 - read.mean() < 0.006
    change = [np.median(np.abs(np.diff(values[read]))) for values in (plain, loud)]
    assert 1.4 < change[1] / change[0] < 1.7


def test_weights_tell_of_the_noise():
    bins = assay.of("panel").bins
    assert np.corrcoef(np.log(bins.weight), np.log(bins.spread))[0, 1] < -0.8
    assert bins.weight.max() <= 1


@pytest.mark.parametrize("name", ["wes", "wgs"])
def test_segments_are_the_true_ones_with_an_error(tumours, name):
    design = assay.of(name)
    errors, counts = [], []
    for number, tumour in enumerate(tumours):
        table = dna_bins.segments(np.random.default_rng(number), design, tumour.genome)
        counts.append(len(table))
        assert table["probes"].sum() == len(design.bins.start)
        assert (table["end"] > table["start"]).all()
        place = [
            AXIS.at(name.removeprefix("chr"), (start + end) // 2)
            for name, start, end in zip(
                table["chromosome"], table["start"], table["end"], strict=True
            )
        ]
        genome = tumour.genome
        dna = genome.dna()
        expected = np.log2(dna / np.average(dna, weights=np.diff(genome.edges)))
        long = table["probes"] > 100
        error = table["log2"] - expected[genome.segment_of(np.array(place))]
        errors += (error - error[long].median())[long].tolist()
        core = table[
            (table["chromosome"] == "chr17")
            & (table["start"] < 39_700_000)
            & (table["end"] > 39_710_000)
        ]
        assert len(core) == 1
        assert core["end"].iloc[0] - core["start"].iloc[0] < 20_000_000
    assert np.std(errors) < 0.08
    assert 40 < np.mean(counts) < 120

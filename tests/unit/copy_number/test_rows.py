import numpy as np
import pytest

from her2omics.copy_number import rows, tracks
from her2omics.copy_number.absolute import centre, draws_of
from her2omics.copy_number.alleles import SHARES, AlleleCurves, AlleleNoise
from her2omics.copy_number.fit import PLOIDY, PURITY, posterior

N = 2000


def known(purity, ploidy):
    weight = np.zeros((len(PURITY), len(PLOIDY)))
    weight[np.abs(PURITY - purity).argmin(), np.abs(PLOIDY - ploidy).argmin()] = 1
    return posterior(PURITY, PLOIDY, weight, "dna")


@pytest.fixture
def sample(made, rng):
    tumour = made.Tumour(arms={"17p": (1, 1), "17q": (3, 1), "8q": (3, 1)}, erbb2=20.0)
    profile = made.profile_of(tumour)
    purity, ploidy = np.full(N, tumour.purity), np.full(N, tumour.ploidy())
    frame = made.bins_of(tumour, rng).frame
    track = tracks.of_bins(frame, sample="S0", assay="wes", genome=made.GRCH38)
    return tumour, profile, track, draws_of(profile, 0, purity, ploidy, rng)


def test_a_row_of_a_sample(made, sample):
    _, profile, track, draws = sample
    row = rows.sample_row(profile, 0, track, draws)
    assert row["measured_by"] == "bins"
    assert row["cep17_gain"] == "yes"
    assert row["other_copies"] == pytest.approx(4, abs=0.5)
    assert row["erbb2_cep17_ratio"] == pytest.approx(row["erbb2_copies"] / 4, rel=0.2)
    assert (row["ish_group"], row["resolved"], row["note"]) == (1, "yes", "")
    assert {"ERBB2", "GRB7"} <= set(row["amplicon_genes"].split(";"))
    for name in ("erbb2_copies", "cep17_copies", "erbb2_cep17_ratio", "purity"):
        assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]


def test_levels_are_over_the_mean_of_the_genome(made, sample):
    tumour, profile, track, draws = sample
    row = rows.sample_row(profile, 0, track, draws)
    # The bins of the generator are denser around ERBB2: the mean is over length, not over bins.
    assert row["erbb2_log2"] == pytest.approx(np.log2(tumour.ratio(20)), abs=0.05)
    assert row["p17_log2"] == pytest.approx(np.log2(tumour.ratio(2)), abs=0.05)
    near = rows.near_locus(profile, 0, track, genome=made.GRCH38)
    erbb2 = made.GRCH38.genes.loc["ERBB2"]
    assert near["end"].min() > erbb2["start"] - 3_000_000
    assert near["start"].max() < erbb2["end"] + 3_000_000
    shift = centre(profile, 0)
    assert near["log2"].max() == pytest.approx(np.nanmax(track.log2) - shift)


def test_segments_at_the_leading_solution(made):
    tumour = made.Tumour()
    profile, fitted = made.profile_of(tumour), known(tumour.purity, tumour.ploidy())
    unknown = np.full(len(profile.segments), np.nan)
    frame = rows.segment_rows(profile, 0, fitted, minor=unknown, deconvoluted=False)
    assert len(frame) == np.isfinite(profile.log2[0]).sum()
    eight = frame[frame["arm"].eq("8q")]
    assert np.average(eight["copies"], weights=eight["bins"]) == pytest.approx(4, abs=0.3)
    assert (frame["copies"] >= 0).all()


def test_a_loss_of_17p_is_no_gain_of_the_centromere(made, rng):
    tumour = made.Tumour(arms={"17p": (1, 0), "8q": (3, 1), "1q": (2, 1)})
    profile = made.profile_of(tumour)
    draws = draws_of(profile, 0, np.full(N, tumour.purity), np.full(N, tumour.ploidy()), rng)
    frame = made.bins_of(tumour, rng).frame
    track = tracks.of_bins(frame, sample="S0", assay="wes", genome=made.GRCH38)
    row = rows.sample_row(profile, 0, track, draws)
    assert row["cep17_copies"] == pytest.approx(2, abs=0.3)
    assert row["cep17_gain"] == "no"


def test_the_amplified_haplotypes_share_where_its_alleles_are_phased():
    noise = AlleleNoise(0.5, 0.005)
    lost = -0.5 * ((SHARES - 0.2) / 0.03) ** 2
    row = rows.haplotype_row(AlleleCurves(lost[None], noise))
    assert row["amplified_haplotype_share"] == pytest.approx(0.2, abs=1e-3)
    assert row["amplified_haplotype_share_sd"] == pytest.approx(0.03, abs=1e-3)
    unphased = np.logaddexp(lost, lost[::-1])
    assert rows.haplotype_row(AlleleCurves(unphased[None], noise)) == {}
    assert rows.haplotype_row(None) == {}

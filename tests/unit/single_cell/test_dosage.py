"""The dose of the amplicon: shares, doses, silence, and what cannot be known."""

from dataclasses import replace

import numpy as np
import pytest

from her2omics.simulate import cell_pairs, cells
from her2omics.simulate.cell_pairs import Pair
from her2omics.single_cell import dosage, dose_genes, gene_shift, output, pair

GENES = len(dose_genes.GENES)


def given(drawn, *, order=None, normal=True):
    order = np.arange(len(drawn.size)) if order is None else order
    lineage = drawn.lineage[order]
    shared = {
        "size": drawn.size[order],
        "sample": drawn.sample[order],
        "clone": drawn.clone[order],
        "ambient_share": drawn.ambient_share,
        "seed": 5,
    }
    fitted = dosage.fit(
        drawn.counts[order][:, :GENES],
        malignant=np.where(lineage == cells.MALIGNANT, 1.0, np.nan),
        normal_epithelium=(lineage == cells.NORMAL_EPITHELIUM) & normal,
        ambient_profile=drawn.ambient_profile[:, :GENES],
        panel=dose_genes.reference_panel(),
        **shared,
    )
    erbb2 = drawn.counts[order][:, GENES].toarray().ravel()
    made = output.measure(erbb2, fitted, ambient_erbb2=drawn.ambient_profile[:, GENES], **shared)
    return fitted, made


def said(drawn, **options):
    fitted, made = given(drawn, **options)
    first, second = fitted.samples
    return fitted, pair.compare(
        first,
        second,
        output_baseline=made[0],
        output_followup=made[1],
        gene_sd=gene_shift.least(),
        genes=gene_shift.worth(fitted.log_level),
        rng=np.random.default_rng(5),
    )


@pytest.mark.parametrize(
    ("given_pair", "call"),
    [
        (Pair(), "retained"),
        (Pair(share=(0.95, 0.1)), "lost"),
        (Pair(share=(0.95, 0.0)), "lost"),
        (Pair(repression_log2=2.5), "silenced"),
        (Pair(share=(0.95, 0.4), repression_log2=2.5, malignant=(800, 800)), "mixed"),
    ],
    ids=["no change", "selection", "replacement", "downregulation", "mixed"],
)
def test_ways_to_lose_her2_are_told_apart(given_pair, call):
    fitted, statement = said(cell_pairs.draw(given_pair, seed=11))
    assert statement.call == call
    ratio = statement.output_ratio.value
    if np.isfinite(ratio):
        assert ratio == pytest.approx(2.0**-given_pair.repression_log2, rel=0.35)
    for sample, share in zip(fitted.samples, given_pair.share, strict=True):
        assert sample.amplified_fraction.value == pytest.approx(share, abs=0.06)


def test_a_cut_in_all_cells_is_no_selection():
    _, statement = said(cell_pairs.draw(Pair(dose=(16, 5), malignant=(800, 800)), seed=13))
    assert statement.call == "retained"
    assert statement.reason == "fewer copies in the amplified cells"
    assert statement.dosage_ratio.value == pytest.approx(5 / 16, rel=0.2)


@pytest.mark.parametrize(("seed", "normal"), [(17, True), (113, True), (107, False)])
def test_nobody_is_amplified(seed, normal):
    """Levels of the tumour that differ from the panel's do not pass for a dose."""
    drawn = cell_pairs.draw(Pair(share=(0.0, 0.0)), seed=seed)
    fitted, statement = said(drawn, normal=normal)
    assert all(sample.amplified_fraction.value < 0.02 for sample in fitted.samples)
    assert statement.call == "undetermined"


def test_a_lineage_that_is_gone_tells_the_level_without_normal_cells():
    drawn = cell_pairs.draw(Pair(share=(0.95, 0.0)), seed=11)
    _, statement = said(drawn, normal=False)
    assert statement.call == "lost"


def test_nothing_is_claimed_without_a_diploid_level():
    """All cells alike at a middling dose: with own normal epithelium known, without it not."""
    drawn = cell_pairs.draw(Pair(dose=(6, 6), share=(1.0, 1.0)), seed=7)
    with_normal, _ = said(drawn)
    without, statement = said(drawn, normal=False)
    assert with_normal.samples[0].amplified_fraction.value > 0.95
    assert not without.samples[0].identifiable
    assert "diploid level" in without.samples[0].reason
    assert statement.call == "undetermined"


def test_a_small_sample_has_modes_of_its_own():
    """150 cells beside 3,000: neutral ones do not pass for amplified at a level that fits these."""
    drawn = cell_pairs.draw(Pair(share=(1.0, 0.0), dose=(6, 6), malignant=(3000, 150)), seed=1001)
    fitted, _ = given(drawn, normal=False)
    assert fitted.samples[1].amplified_fraction.low < 0.05
    assert fitted.samples[0].amplified_fraction.value > 0.95


def test_a_clone_of_one_cell_among_thousands():
    drawn = cell_pairs.draw(Pair(share=(0.9, 0.2), malignant=(3300, 3300)), seed=37)
    lone = np.flatnonzero(drawn.lineage == cells.MALIGNANT)[11]
    clone = drawn.clone.copy()
    clone[lone] = 7
    fitted, _ = given(replace(drawn, clone=clone))
    assert 7 in fitted.samples[0].clones
    assert fitted.samples[0].amplified_fraction.value == pytest.approx(0.9, abs=0.05)


def test_order_of_cells_makes_no_difference():
    drawn = cell_pairs.draw(Pair(share=(0.9, 0.2), malignant=(200, 200)), seed=23)
    order = np.random.default_rng(1).permutation(len(drawn.size))
    fitted, made = given(drawn)
    again, made_again = given(drawn, order=order)
    np.testing.assert_array_equal(fitted.probability[order], again.probability)
    np.testing.assert_array_equal(fitted.dose[order], again.dose)
    for a, b in zip(fitted.samples, again.samples, strict=True):
        np.testing.assert_array_equal(a.tumour_share_draws, b.tumour_share_draws)
    np.testing.assert_array_equal(made[0].draws, made_again[0].draws)


def test_clones_have_shares_of_their_own():
    drawn = cell_pairs.draw(Pair(share=(0.7, 0.3), clones="true"), seed=29)
    fitted, made = given(drawn)
    for sample, of in zip(fitted.samples, made, strict=True):
        assert sample.clones.tolist() == [0, 1]
        medians = np.median(sample.clone_share_draws, axis=1)
        assert medians[0] > 0.9
        assert medians[1] < 0.1
        assert of.clone_draws.shape == sample.clone_share_draws.shape


def test_a_gene_outside_the_amplicon_is_left_out():
    drawn = cell_pairs.draw(Pair(share=(0.7, 0.3), reach=False, malignant=(800, 800)), seed=31)
    fitted, _ = given(drawn)
    distal = [dose_genes.GENES.index(gene) for gene in ("ORMDL3", "PSMD3", "MED24", "MED1")]
    assert not fitted.genes_used[distal].any()
    assert fitted.genes_used[[dose_genes.GENES.index(gene) for gene in ("STARD3", "GRB7")]].any()
    assert np.isnan(fitted.log_level[distal]).all()


def test_normal_epithelium_tells_where_the_amplicon_ends():
    """All cells amplified: none of the tumour tells which genes the amplicon holds."""
    drawn = cell_pairs.draw(Pair(share=(1.0, 1.0), reach=False), seed=31)
    fitted, _ = given(drawn)
    distal = [dose_genes.GENES.index(gene) for gene in ("ORMDL3", "PSMD3", "MED24", "MED1")]
    assert not fitted.genes_used[distal].any()
    for sample in fitted.samples:
        assert sample.dosage.value > 6
        assert sample.amplified_fraction.value > 0.98


def test_cells_that_may_be_normal_leave_the_share_open():
    """Normal cells named malignant, with the chance their calls had."""
    drawn = cell_pairs.draw(Pair(share=(1.0, 1.0), normal_epithelium=100), seed=43)
    of_tumour = drawn.lineage == cells.MALIGNANT
    healthy = np.flatnonzero(drawn.lineage == cells.NORMAL_EPITHELIUM)
    misnamed = healthy[::4]
    probability = np.where(of_tumour, 0.999, np.nan)
    highs = {}
    for chance in (0.6, 1.0):
        probability[misnamed] = chance
        fitted = dosage.fit(
            drawn.counts[:, :GENES],
            size=drawn.size,
            sample=drawn.sample,
            clone=drawn.clone * 0,
            malignant=probability,
            normal_epithelium=np.isin(np.arange(len(drawn.size)), np.setdiff1d(healthy, misnamed)),
            ambient_share=drawn.ambient_share,
            ambient_profile=drawn.ambient_profile[:, :GENES],
            panel=dose_genes.reference_panel(),
            seed=5,
        )
        highs[chance] = [sample.amplified_fraction.high for sample in fitted.samples]
    assert min(highs[0.6]) > 0.995
    assert max(highs[1.0]) < 0.985


def test_a_sample_without_malignant_cells():
    drawn = cell_pairs.draw(Pair(malignant=(300, 0)), seed=37)
    fitted, statement = said(drawn)
    assert fitted.samples[1].reason == "no malignant cells"
    assert np.isnan(fitted.samples[1].amplified_fraction.value)
    assert statement.call == "undetermined"
    assert np.isnan(statement.p_share_falls)


def test_no_malignant_cells_at_all():
    drawn = cell_pairs.draw(Pair(malignant=(0, 0)), seed=41)
    fitted, statement = said(drawn)
    assert np.isnan(fitted.probability).all()
    assert statement.call == "undetermined"


def test_panel_is_that_of_a_diploid_cell():
    panel = dose_genes.reference_panel()
    assert panel.shape == (GENES,)
    assert 1e-4 < np.exp(panel).sum() < 2e-3

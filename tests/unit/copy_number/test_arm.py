import numpy as np
import pandas as pd
import pytest

from her2omics import tables as declared

LOST = {"purity": 0.4, "erbb2": 2.0}


@pytest.fixture(scope="module")
def lost(made):
    return made.analysed(*made.pair_of(made.Tumour(), made.Tumour(**LOST)))


def one(tables, name, **where):
    frame = tables[name]
    for column, value in where.items():
        frame = frame[frame[column].eq(value)]
    (row,) = frame.to_dict("records")
    return row


def test_tables_are_as_declared(lost):
    for name, table in lost.items():
        pd.testing.assert_frame_equal(declared.typed(table, name), table)
    assert list(lost["copy_number"]["sample"]) == ["B", "F"]


def test_a_lost_amplification(lost):
    pair = one(lost, "copy_number_pairs")
    assert (pair["call"], pair["reason"]) == ("lost", None)
    assert pair["retention_low"] <= 0.0 <= pair["retention_high"]
    assert pair["retention_high"] < 0.25
    before, after = (one(lost, "copy_number", sample=name) for name in "BF")
    assert before["erbb2_copies_low"] <= 12 <= before["erbb2_copies_high"]
    assert after["erbb2_copies_low"] <= 2 <= after["erbb2_copies_high"]
    assert (before["ish_group"], after["ish_group"]) == (1, 5)
    assert before["min_detectable_copies"] < after["min_detectable_copies"] < 6


def test_purity_comes_from_the_dna(lost):
    for sample, truth in (("B", 0.6), ("F", 0.4)):
        row = one(lost, "purity", sample=sample, mode=1)
        assert row["source"] == "dna"
        assert row["purity"] == pytest.approx(truth, abs=0.04)


def test_segments_have_their_copies(made, lost):
    segments = lost["copy_number_segments"].query("sample == 'B'")
    for arm, (major, minor) in (("8q", (3, 1)), ("3p", (1, 0)), ("2p", (1, 1))):
        found = segments[segments["arm"].eq(arm)]
        copies = np.average(found["copies"].astype(float), weights=found["bins"].astype(float))
        assert copies == pytest.approx(major + minor, abs=0.25)


def test_bins_near_the_locus_show_the_amplicon(made, lost):
    near = lost["locus_bins"].query("sample == 'B'")
    inside = near["start"].ge(made.AMPLICON[0]) & near["end"].le(made.AMPLICON[1])
    assert inside.sum() == 30
    assert (
        near[inside]["log2"].astype(float).mean() > near[~inside]["log2"].astype(float).mean() + 1
    )


def test_the_same_seed_gives_the_same_tables(made, lost):
    again = made.analysed(*made.pair_of(made.Tumour(), made.Tumour(**LOST)))
    for name, table in lost.items():
        pd.testing.assert_frame_equal(again[name], table)


def test_a_retained_amplification_at_low_purity(made):
    found = made.analysed(*made.pair_of(made.Tumour(), made.Tumour(purity=0.25)))
    pair = one(found, "copy_number_pairs")
    assert pair["call"] == "retained"
    assert pair["same_edges"] == "yes"
    assert pair["retention_low"] <= 1 <= pair["retention_high"]


def test_too_little_tumour_is_not_called_lost(made):
    found = made.analysed(*made.pair_of(made.Tumour(), made.Tumour(purity=0.03, erbb2=2.0)))
    assert one(found, "copy_number_pairs")["call"] == "not_assessable"


def test_a_quiet_genome_without_mutations_is_not_assessable(made):
    both = made.Tumour(arms={}), made.Tumour(arms={}, purity=0.4, erbb2=2.0)
    pair = one(made.analysed(*made.pair_of(*both)), "copy_number_pairs")
    assert pair["call"] == "not_assessable"
    assert pair["reason"]


def test_several_followups_and_one_sample_only(made):
    before, gone = made.pair_of(made.Tumour(), made.Tumour(**LOST))
    kept = made.pair_of(made.Tumour(), made.Tumour(purity=0.5), seed=3)[1]
    kept = made.dna("G", "followup", bins=kept.bins, snps=kept.snps)
    pairs = made.analysed(before, gone, kept)["copy_number_pairs"].set_index("followup")
    assert pairs["call"]["G"] == "retained"
    # The three samples do not exclude a doubled genome, in which nothing lost leaves 4 copies.
    assert pairs["call"]["F"] in ("lost", "not_assessable")
    assert pairs["retention_high"]["F"] < 0.25
    alone = made.analysed(before)
    assert len(alone["copy_number"]) == 1
    assert alone["copy_number_pairs"].empty


def test_segments_alone(made):
    both = (
        made.dna("B", "baseline", segments=made.segments_of(made.Tumour())),
        made.dna("F", "followup", segments=made.segments_of(made.Tumour(**LOST))),
    )
    found = made.analysed(*both)
    assert set(found["copy_number"]["measured_by"]) == {"segments"}
    pair = one(found, "copy_number_pairs")
    assert pair["retention_high"] < 0.25
    assert pair["call"] in ("lost", "not_assessable")
    assert one(found, "copy_number", sample="B")["erbb2_copies"] > 6


def test_a_swallowed_amplicon_is_no_loss(made):
    both = (
        made.dna("B", "baseline", segments=made.segments_of(made.Tumour())),
        made.dna(
            "F", "followup",
            segments=made.segments_of(made.Tumour(**LOST), swallowed=True, probes=False),
        ),
    )  # fmt: skip
    found = made.analysed(*both)
    pair, after = one(found, "copy_number_pairs"), one(found, "copy_number", sample="F")
    assert pair["call"] == "not_assessable"
    assert after["resolved"] == "no"
    assert pd.isna(after["ish_group"])
    assert "may hide" in after["note"]


def test_copies_of_another_program(made):
    low = made.Tumour(purity=0.2)
    row = made.dna(
        "B", "baseline",
        segments=made.segments_of(low, kind="ascat", copies=True),
        purity=made.purity_of(0.2, low.ploidy(), "ascat"),
    )  # fmt: skip
    found = made.analysed(row)
    here = one(found, "copy_number")
    assert here["measured_by"] == "copies"
    assert here["erbb2_copies"] == pytest.approx(12, rel=0.1)
    assert one(found, "purity")["purity"] == pytest.approx(0.2, abs=0.03)
    expected = np.log2(low.ratio(12.0))
    assert here["erbb2_log2"] == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("unit", ["log2", "copies", "discrete"])
def test_values_of_genes(made, unit):
    tumour = made.Tumour()
    row = made.dna("B", "baseline", genes=(made.genes_of(tumour, unit), unit))
    here = one(made.analysed(row), "copy_number")
    if unit == "discrete":
        assert pd.isna(here["erbb2_copies"])
        assert pd.isna(here["ish_group"])
        assert "no copies can be given" in here["note"]
    else:
        assert here["erbb2_copies_low"] > 4
    assert here["erbb2_log2"] > 0.5


def test_a_purity_of_the_sheet_is_a_fact(made):
    both = made.pair_of(made.Tumour(), made.Tumour(**LOST), snps=False)
    sheet = made.sheet_of(both, purity=[0.6, 0.4])
    found = made.analysed(*both, sheet=sheet)
    assert list(found["purity"]["source"]) == ["sheet", "sheet"]
    assert one(found, "copy_number_pairs")["call"] == "lost"
    here = one(found, "copy_number", sample="B")
    assert here["purity_high"] - here["purity_low"] < 0.06


def test_without_levels_the_purity_is_that_of_the_mutations(made, rng):
    mutations = made.mutations_of(made.Tumour(purity=0.5), rng)
    found = made.analysed(made.dna("B", "baseline", mutations=mutations))
    assert found["copy_number"].empty
    row = one(found, "purity", mode=1)
    assert row["source"] == "snv"
    assert row["purity_low"] <= 0.5 <= row["purity_high"]


def test_nothing_at_all(made):
    found = made.analysed(sheet=made.sheet_of([made.dna("B", "baseline")]))
    assert all(found[name].empty for name in found if name != "purity")
    assert one(found, "purity")["source"] == "none"


def test_the_assay_of_most_samples_is_chosen(made, rng):
    bins = {name: made.bins_of(made.Tumour(), rng) for name in "ab"}
    choose = made.arm.choose
    exome = made.dna("B", "baseline", bins=bins["a"])
    panel = made.dna("B", "baseline", assay="panel", bins=bins["b"])
    after = made.dna("F", "followup", assay="panel", bins=bins["b"])
    assert [(one.sample, one.assay) for one in choose([after, exome, panel])] == [
        ("B", "panel"), ("F", "panel"),
    ]  # fmt: skip
    assert choose([panel, exome]) == [exome]
    segments = made.dna("B", "baseline", assay="wgs", segments=made.segments_of(made.Tumour()))
    assert choose([exome, segments]) == [exome]
    assert choose([made.dna("B", "baseline")]) == []


def test_segments_say_how_many_copies_the_rarer_haplotype_has(made):
    found = made.analysed(*made.pair_of(made.Tumour(), made.Tumour(purity=0.5)))
    segments = found["copy_number_segments"]
    both = segments[segments["sample"].eq("B") & segments["bins"].ge(20)]
    by_arm = both.set_index("arm")["minor_copies"]
    for arm, copies in {"1q": 1, "3p": 0, "5q": 0, "8q": 1, "2p": 1}.items():
        assert by_arm[arm] == copies
    flat = made.dna("B", "baseline", bins=made.bins_of(made.Tumour(), np.random.default_rng(1)))
    without = made.analysed(flat)["copy_number_segments"]
    assert without["minor_copies"].isna().all()

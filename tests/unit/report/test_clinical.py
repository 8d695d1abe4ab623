import pytest

from her2omics.report import clinical, words


def case(**values):
    row = {"case": "a__b", "label": "downregulation", "sublabel": None, "next_test": None}
    return row | {"heterogeneity_baseline": "unknown"} | values


def answers(row, **changed):
    given = {"baseline": None, "followup": None, "others": [], "gates": [], "negative": None}
    given |= changed
    block = clinical.lines(
        row,
        baseline=given["baseline"],
        followup=given["followup"],
        others=given["others"],
        gates=given["gates"],
        reported_negative=given["negative"],
    )
    return [answer for _, answer in block]


def test_a_repeat_is_worth_it_where_what_was_reported_lost_looks_kept():
    row = case(label="not_lost", sublabel="retained_by_sequencing", modalities="cn;rna;ish")
    assert "sequencing shows the ERBB2 amplification kept" in answers(row, negative=True)[0]
    rna = answers(row | {"modalities": "rna;ish;status"}, negative=True)[0]
    assert "RNA of ERBB2 and its neighbours speaks for a kept amplification" in rna
    assert "equencing" not in rna
    ish = answers(case(label="not_lost", modalities="ish;status"), negative=True)[0]
    assert ish.startswith("Yes, it could.")
    assert "equencing" not in ish
    assert "RNA" not in ish
    assert answers(case(label="not_lost"), negative=False)[0].startswith("No loss to explain")


def test_the_sublabel_says_what_was_measured():
    row = {"sublabel": "retained_by_sequencing", "modalities": "rna;ish"}
    assert words.sublabel(row).startswith("reported negative, but RNA of ERBB2")
    row["modalities"] = "single_cell"
    assert words.sublabel(row) == (
        "reported negative, but sequencing shows the ERBB2 amplification kept"
    )
    row["modalities"] = "ish"
    assert "equencing" not in words.sublabel(row)
    assert words.sublabel({"sublabel": None}) is None


def test_a_mosaic_speaks_for_a_second_region():
    row = case(label="clonal_selection", sublabel="selection_or_sampling")
    assert answers(row)[1].startswith("Yes, it could")
    assert "mosaic" in answers(case(heterogeneity_baseline="cap_5_50"))[1]
    assert "more tumour cells" in answers(case(), gates=["LOW_PURITY"])[1]
    assert answers(case())[1].startswith("Nothing in these data")


@pytest.mark.parametrize("label", ["uncertain", "not_assessable"])
def test_no_verdict_no_claim(label):
    text = answers(case(label=label), others=[case(label="mixed", case="a__c")])[2]
    assert text == "This case carries no verdict; the other ones: a__c (mixed)."


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("positive", "negative", "ER positive \N{RIGHTWARDS ARROW} negative (changed)"),
        ("80", "5", "ER 80 % \N{RIGHTWARDS ARROW} 5 % (unchanged)"),
        ("90", "0", "ER 90 % \N{RIGHTWARDS ARROW} 0 % (changed)"),
        ("positive", None, "ER positive \N{RIGHTWARDS ARROW} not given"),
        (None, None, "ER not given"),
    ],
)
def test_receptors(before, after, text):
    line = clinical.receptors({"er": before, "pr": None}, {"er": after, "pr": None})
    assert line == f"{text}; PR not given."


def test_the_next_test_is_in_words():
    assert clinical.next_test(case(next_test="ish_followup")) == (
        "ISH of the follow-up with amplified cells counted."
    )
    assert clinical.next_test(case(next_test="a_later_test")) == "a later test."

from types import SimpleNamespace

import pytest

from her2omics.mechanism import decide as rules
from her2omics.quality.gates import Gate
from her2omics.tables import LABELS


def posterior(label, p, *, states=None, bayes_factor=100.0, repressed=0.95):
    rest = (1 - p) / (len(LABELS) - 1)
    return SimpleNamespace(
        p={name: p if name == label else rest for name in LABELS},
        p_state=states or {},
        shifted_in={"CS": 0.0},
        repressed=repressed,
        bayes_factor=lambda _: bayes_factor,
    )


def decide(found, gates=(), **more):
    return rules.decide(found, gates, **({"followup_negative": True} | more))


@pytest.mark.parametrize(
    ("label", "p", "more", "call"),
    [
        ("downregulation", 0.85, {}, "called"),
        ("downregulation", 0.79, {}, "probable"),
        ("downregulation", 0.95, {"bayes_factor": 9.0}, "probable"),
        ("downregulation", 0.95, {"repressed": 0.7}, "probable"),
        ("not_lost", 0.91, {"bayes_factor": 2.0}, "called"),
        ("not_lost", 0.89, {}, "probable"),
        ("downregulation", 0.50, {}, "probable"),
    ],
)
def test_how_firm(label, p, more, call):
    verdict = decide(posterior(label, p, **more))
    assert (verdict.label, verdict.call) == (label, call)


def test_below_one_half_is_uncertain_and_names_the_two_leading_labels():
    found = posterior("downregulation", 0.45)
    found.p["mixed"] = 0.40
    verdict = decide(found)
    assert (verdict.label, verdict.call) == ("uncertain", "none")
    assert "downregulation (0.45), mixed loss (0.40)" in verdict.notes[0]


def test_gates_stop_cap_or_only_show():
    found = posterior("downregulation", 0.95)
    assert decide(found, [Gate("LOW_PURITY", "C")]).call == "probable"
    assert decide(found, [Gate("SETTING_UNKNOWN", "N")]).call == "called"
    assert decide(found, [Gate("MIXED_PROTOCOL", "F")]).call == "called"
    stopped = decide(found, [Gate("NO_FOLLOWUP", "S", note="There is none.")])
    assert (stopped.label, stopped.call, stopped.notes) == (
        "not_assessable",
        "none",
        ("There is none.",),
    )


def test_treatment_caps_switches_only():
    gate = Gate("ON_TREATMENT", "C")
    states = {"SS-ret": 0.95, "SS-lost": 0.0}
    assert decide(posterior("downregulation", 0.95), [gate]).call == "called"
    assert decide(posterior("subtype_switch", 0.95, states=states), [gate]).call == "probable"


def test_thresholds_of_the_user_count():
    found = posterior("downregulation", 0.85)
    assert decide(found, values={"called_posterior": 0.9}).call == "probable"


@pytest.mark.parametrize(
    ("states", "sublabel"),
    [
        ({"CS": 0.90, "DA": 0.02}, "selection_or_sampling"),
        ({"CS": 0.02, "DA": 0.90}, "deamplification"),
        ({"CS": 0.50, "DA": 0.42}, None),
    ],
)
def test_the_sublabel_needs_four_fifths_of_the_label(states, sublabel):
    verdict = decide(posterior("clonal_selection", 0.92, states=states))
    assert verdict.sublabel == sublabel
    if sublabel is None:
        assert "Not told apart" in verdict.notes[0]


@pytest.mark.parametrize(
    ("modalities", "negative", "sentence"),
    [
        (("cn", "rna"), True, "Sequencing shows the ERBB2 amplification kept."),
        (("rna", "status"), True, "RNA of ERBB2 and its neighbours"),
        (("ish", "status"), True, None),
        (("cn",), False, None),
    ],
)
def test_retained_by_sequencing_needs_sequencing_and_a_negative_report(
    modalities, negative, sentence
):
    verdict = decide(posterior("not_lost", 0.95), modalities=modalities, followup_negative=negative)
    assert verdict.sublabel == ("retained_by_sequencing" if sentence else None)
    assert sentence is None or verdict.notes[0].startswith(sentence)


def test_notes_of_a_replaced_lineage():
    found = posterior("clonal_selection", 0.92, states={"CS": 0.9, "DA": 0.02})
    found.shifted_in["CS"] = 0.7
    notes = decide(found, [Gate("SINGLE_REGION", "N")]).notes
    assert notes[0].startswith("One biopsy each")
    assert notes[1].startswith("with_subtype_change")
    assert decide(found).notes[0].startswith("with_subtype_change")

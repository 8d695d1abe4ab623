"""Every gate that is read from evidence: a case in which it fires and one in which it does not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.mechanism import estimates, gate_effects, gates
from her2omics.mechanism.classify import judged
from her2omics.mechanism.evidence import parse
from her2omics.quality.gates import Gate
from her2omics.thresholds import limits

MULTIPLIERS = {"central_negative_not_lost": 0.5, "outside_baseline_not_lost": 2.0}
CLEAN = [
    ("her2_status", "baseline", "positive"),
    ("her2_status", "followup", "negative"),
    ("erbb2_mrna", "baseline", 3.8),
    ("erbb2_mrna", "followup", 0.5),
    ("neighbours_mrna", "baseline", 2.4),
    ("neighbours_mrna", "followup", 0.3),
    ("purity", "baseline", 0.6),
    ("purity", "followup", 0.5),
]


def case(rows, *, without=(), **context):
    rows = [row for row in CLEAN if row[:2] not in without] + list(rows)
    evidence = pd.DataFrame(rows, columns=["variable", "time", "value"])
    if "n" not in evidence:
        evidence["n"] = np.where(evidence["variable"] == "ish_amplified_cells", 20.0, np.nan)
    evidence["case"] = "B__F"
    evidence["value"] = evidence["value"].astype(str)
    pair = {
        "case": "B__F",
        "patient": "P",
        "baseline": "B",
        "followup": "F",
        "setting": "relapse",
        "ascertained": "yes",
    } | context
    pairs = tables.typed(pd.DataFrame([pair]), "pairs")
    return parse(tables.typed(evidence, "evidence"), pairs, multipliers=MULTIPLIERS)[0]


def fired(*arguments, thresholds=None, **context):
    _, found = judged(case(*arguments, **context), quality={}, limit=limits(thresholds))
    return {(gate.code, gate.kind) for gate in found}


def test_a_clean_case_fires_nothing():
    assert fired([]) == set()


LOW_RNA = [("erbb2_mrna", "baseline", 0.6), ("neighbours_mrna", "baseline", 0.3)]
RNA = [
    (variable, time)
    for variable in ("erbb2_mrna", "neighbours_mrna")
    for time in ("baseline", "followup")
]
RNA_BASELINE = [("erbb2_mrna", "baseline"), ("neighbours_mrna", "baseline")]


@pytest.mark.parametrize(
    ("rows", "without", "context", "expected"),
    [
        (
            [("her2_status", "baseline", "negative")],
            [("her2_status", "baseline")],
            {},
            ("BASELINE_NOT_POSITIVE", "S"),
        ),
        (
            [("ihc", "baseline", "1+")],
            [("her2_status", "baseline")],
            {},
            ("BASELINE_NOT_POSITIVE", "S"),
        ),
        (LOW_RNA, RNA_BASELINE, {}, ("BASELINE_UNCONFIRMED", "S")),
        (
            [
                ("erbb2_log2", "baseline", 0.0),
                ("erbb2_log2", "followup", 0.0),
                ("ploidy", "baseline", 2.0),
            ],
            RNA,
            {},
            ("BASELINE_UNCONFIRMED", "S"),
        ),
        (
            [("erbb2_mrna", "baseline", 1.6)],
            [("erbb2_mrna", "baseline")],
            {},
            ("BASELINE_UNCERTAIN", "C"),
        ),
        ([], RNA, {}, ("NO_LOCUS_EVIDENCE", "S")),
        ([], RNA_BASELINE, {}, ("NO_LOCUS_EVIDENCE", "S")),
        ([], [("purity", "followup")], {}, ("PURITY_UNKNOWN", "C")),
        ([("purity", "followup", 0.15)], [("purity", "followup")], {}, ("LOW_PURITY", "C")),
        ([("purity", "followup", 0.05)], [("purity", "followup")], {}, ("LOW_PURITY", "F")),
        (
            [("ish_copies", "baseline", 280), ("cep17_copies", "baseline", 45)],
            [],
            {},
            ("ISH_INCONSISTENT", "F"),
        ),
        (
            [
                ("ish_copies", "baseline", 8),
                ("cep17_copies", "baseline", 2),
                ("ish_ratio", "baseline", 2.1),
            ],
            [],
            {},
            ("ISH_INCONSISTENT", "F"),
        ),
        (
            [
                ("erbb2_log2", "baseline", 3.0),
                ("ish_copies", "baseline", 2.5),
                ("cep17_copies", "baseline", 2),
                ("ploidy", "baseline", 2.0),
            ],
            [],
            {},
            ("CN_CONFLICT", "C"),
        ),
        (
            [
                ("erbb2_log2", "baseline", 1.5),
                ("erbb2_log2", "followup", 0.0),
                ("purity", "followup", 0.05),
            ],
            [("purity", "followup")],
            {},
            ("UNDERPOWERED_CN", "F"),
        ),
        ([], [], {"days_since_anti_her2": 20}, ("ON_TREATMENT", "C")),
        ([], [], {"setting": "on_treatment"}, ("ON_TREATMENT", "C")),
        ([], [], {"setting": None}, ("SETTING_UNKNOWN", "N")),
        ([], [], {"followup": None}, ("NO_FOLLOWUP", "S")),
    ],
)
def test_each_gate_fires(rows, without, context, expected):
    assert expected in fired(rows, without=without, **context)


@pytest.mark.parametrize(
    ("rows", "without", "context", "code"),
    [
        ([("ihc", "baseline", "3+")], [("her2_status", "baseline")], {}, "BASELINE_NOT_POSITIVE"),
        (
            [*LOW_RNA, ("ish_copies", "baseline", 9), ("cep17_copies", "baseline", 2)],
            RNA_BASELINE,
            {},
            "BASELINE_UNCONFIRMED",
        ),
        (
            [("erbb2_log2", "baseline", 2.2), ("erbb2_log2", "followup", 0.0)],
            RNA,
            {},
            "BASELINE_UNCERTAIN",
        ),
        (
            [("ish_copies", "baseline", 9), ("cep17_copies", "baseline", 2)],
            RNA,
            {},
            "BASELINE_UNCERTAIN",
        ),
        (
            [("ish_copies", "baseline", 9), ("ish_copies", "followup", 3)],
            RNA,
            {},
            "NO_LOCUS_EVIDENCE",
        ),
        ([("purity", "followup", 0.22)], [("purity", "followup")], {}, "LOW_PURITY"),
        (
            [
                ("ish_copies", "baseline", 8),
                ("cep17_copies", "baseline", 2),
                ("ish_ratio", "baseline", 4.1),
            ],
            [],
            {},
            "ISH_INCONSISTENT",
        ),
        (
            [
                ("erbb2_log2", "baseline", 3.0),
                ("ish_copies", "baseline", 14),
                ("cep17_copies", "baseline", 2),
                ("ploidy", "baseline", 2.0),
            ],
            [],
            {},
            "CN_CONFLICT",
        ),
        (
            [("erbb2_log2", "baseline", 2.2), ("erbb2_log2", "followup", 0.0)],
            [],
            {},
            "UNDERPOWERED_CN",
        ),
        ([], [], {"days_since_anti_her2": 90}, "ON_TREATMENT"),
    ],
)
def test_each_gate_stays_quiet(rows, without, context, code):
    assert code not in {found for found, _ in fired(rows, without=without, **context)}


UNSEEN = [
    ("erbb2_log2", "baseline", 1.5),
    ("erbb2_log2", "followup", 0.0),
    ("purity", "followup", 0.105),  # 8.3 copies detectable, the baseline has 8.1
    ("erbb2_mrna", "followup", 0.5),
]


def test_without_power_in_dna_the_mrna_of_erbb2_alone_does_not_carry_the_locus():
    gone = [("purity", "followup"), ("erbb2_mrna", "followup")]
    alone = fired(UNSEEN, without=[*gone, ("neighbours_mrna", "followup")])
    assert {("UNDERPOWERED_CN", "F"), ("NO_LOCUS_EVIDENCE", "S")} <= alone
    carried = {code for code, _ in fired(UNSEEN, without=gone)}
    assert "UNDERPOWERED_CN" in carried
    assert "NO_LOCUS_EVIDENCE" not in carried


def test_dna_without_power_is_dropped_at_follow_up_only():
    used, _ = judged(case(UNSEEN[:3], without=[("purity", "followup")]), quality={}, limit=limits())
    assert used.evidence.get("erbb2_log2", 0) is not None
    assert used.evidence.get("erbb2_log2", 1) is None


def test_detectable_copies_are_those_of_the_power_formula():
    # At its own minimal purity .08 (12 copies, SE .12), 12 copies are just detectable.
    found = estimates.min_detectable_copies(0.078, sd=0.12, background=2.0)
    assert found == pytest.approx(12, abs=0.3)
    assert estimates.min_detectable_copies(0.3, sd=0.12, background=2.0) < found


def test_pathology_alone_asks_for_no_purity():
    rows = [("ish_copies", "baseline", 9), ("ish_copies", "followup", 3)]
    without = [*RNA, ("purity", "baseline"), ("purity", "followup")]
    assert fired(rows, without=without) == {("BASELINE_UNCERTAIN", "C")}


def test_copies_at_low_purity_cannot_disprove_the_baseline():
    """A flat log ratio at purity .10 hides six copies: not a negative baseline."""
    rows = [
        ("erbb2_log2", "baseline", 0.05),
        ("erbb2_log2", "followup", 0.0),
        ("purity", "baseline", 0.1),
    ]
    assert ("BASELINE_UNCONFIRMED", "S") not in fired(rows, without=[*RNA, ("purity", "baseline")])


def test_copies_interval_covers_the_copies_that_made_the_log_ratio():
    ratio = np.log2((0.6 * 14 + 0.8) / 2)
    evidence = case([("erbb2_log2", "baseline", ratio), ("ploidy", "baseline", 2.0)]).evidence
    low, high = estimates.copies_interval(evidence, 0)
    assert low < 14 < high
    assert high / low < 3


ISH = [
    ("ish_amplified_cells", "baseline", 18),
    ("ish_amplified_cells", "followup", 2),
    ("ish_copies", "followup", 3),
]


def applied(code, sample, rows=()):
    before = case([*ISH, ("programme_delta", "pair", 0.1), *rows])
    return before.evidence, gate_effects.apply(before, [Gate(code, "F", sample)]).evidence


def test_low_purity_drops_rna_of_that_biopsy():
    _, after = applied("LOW_PURITY", "F")
    assert after.get("erbb2_mrna", 1) is None
    assert after.get("erbb2_mrna", 0) is not None
    assert after.get("programme_delta", 2) is None


def test_inconsistent_ish_is_dropped_on_its_side():
    _, after = applied("ISH_INCONSISTENT", "F")
    assert after.get("ish_copies", 1) is None
    assert after.get("ish_amplified_cells", 1) is None
    assert after.get("ish_amplified_cells", 0) is not None


def test_late_fixation_takes_the_status_out():
    before, after = applied("PREANALYTIC", "F")
    assert before.status == (True, False)
    assert after.status == (True, None)


def test_mixed_protocols_widen_the_change_once():
    before, after = applied("MIXED_PROTOCOL", None)
    assert after.get("erbb2_mrna", 0) == before.get("erbb2_mrna", 0)
    assert after.get("erbb2_mrna", 1).sd == pytest.approx(np.hypot(0.25, 0.88))
    assert after.get("neighbours_mrna", 1).sd == pytest.approx(np.hypot(0.25, 0.44))
    assert after.get("programme_delta", 2).sd == pytest.approx(0.29)


def test_decalcification_halves_the_precision_of_dna_and_ish():
    _, after = applied("DECALCIFIED", "F", [("erbb2_log2", "followup", 0.1)])
    assert after.get("erbb2_log2", 1).sd == pytest.approx(0.2)
    assert after.get("ish_amplified_cells", 1).n == pytest.approx(5)
    assert after.get("ish_amplified_cells", 0).n == pytest.approx(20)


def test_small_libraries_and_few_genes():
    _, library = applied("LOW_LIBRARY", "B")
    assert library.get("erbb2_mrna", 0).sd == pytest.approx(0.5)
    assert library.get("erbb2_mrna", 1).scale(0.25) == pytest.approx(0.25)
    _, genes = applied("FEW_GENES", "B")
    assert genes.get("programme_delta", 2) is None


CELLS = [
    ("amplified_share", "baseline", 0.9),
    ("amplified_share", "followup", 0.1),
    ("erbb2_output", "pair", -2.0),
]


def test_few_cells_say_nothing_about_their_biopsy_and_the_pair():
    _, after = applied("FEW_CELLS", "F", CELLS)
    assert after.get("amplified_share", 0) is not None
    assert after.get("amplified_share", 1) is None
    assert after.get("erbb2_output", 2) is None


def test_without_normal_cells_the_share_says_nothing():
    before, after = applied("NO_NORMAL_CELLS", "F", CELLS)
    assert after.get("amplified_share", 0) == before.get("amplified_share", 0)
    assert after.get("amplified_share", 1) is None
    assert after.get("erbb2_output", 2) == before.get("erbb2_output", 2)


def test_other_kinds_change_nothing():
    before = case(ISH)
    fired = [Gate("LOW_PURITY", "C", "F"), Gate("SETTING_UNKNOWN", "N")]
    assert gate_effects.apply(before, fired) == before


@pytest.mark.parametrize(
    ("key", "value", "rows", "without", "context", "code"),
    [
        ("low_purity", 0.55, [], [], {}, "LOW_PURITY"),
        ("very_low_purity", 0.55, [], [], {}, "NO_LOCUS_EVIDENCE"),
        ("erbb2_high_z", 9.0, [], [], {}, None),
        ("on_treatment_days", 100, [], [], {"days_since_anti_her2": 90}, "ON_TREATMENT"),
        (
            "erbb2_intermediate_z",
            2.5,
            [
                ("erbb2_mrna", "baseline", 1.7),
                ("neighbours_mrna", "baseline", 1.5),
                ("purity", "baseline", 0.95),
            ],
            [*RNA_BASELINE, ("purity", "baseline")],
            {},
            "BASELINE_UNCONFIRMED",
        ),
    ],
)
def test_thresholds_of_the_user_move_the_gates(key, value, rows, without, context, code):
    codes = {found for found, _ in fired(rows, without=without, **context)}
    moved = {found for found, _ in fired(rows, without=without, thresholds={key: value}, **context)}
    if code is None:  # both ways of being ERBB2-high have to be lifted
        both = {key: value, "erbb2_high_log2": 9.0}
        assert "BASELINE_UNCERTAIN" in {f for f, _ in fired(rows, thresholds=both)}
        return
    assert code not in codes
    assert code in moved


def test_what_may_not_be_used_stops_nothing():
    """RNA dropped for low purity cannot disprove a baseline that ISH confirms."""
    rows = [
        *LOW_RNA,
        ("purity", "baseline", 0.05),
        ("ish_amplified_cells", "baseline", 19),
        ("ish_amplified_cells", "followup", 1),
    ]
    found = fired(rows, without=[*RNA_BASELINE, ("purity", "baseline")])
    assert ("LOW_PURITY", "F") in found
    assert not {code for code, kind in found if kind == "S"}


def test_a_status_that_may_not_be_used_does_not_make_a_baseline_negative():
    negative = case(
        [("her2_status", "baseline", "negative"), ("ihc", "baseline", "1+")],
        without=[("her2_status", "baseline")],
    )
    late = {"B__F": [Gate("PREANALYTIC", "F", "B")]}
    _, found = judged(negative, quality=late, limit=limits())
    assert "BASELINE_NOT_POSITIVE" not in {gate.code for gate in found}


@pytest.mark.parametrize(
    ("rows", "fires"),
    [
        ([("ish_copies", "baseline", 7), ("cep17_copies", "baseline", 6.4)], True),
        ([("ish_copies", "baseline", 14), ("cep17_copies", "baseline", 3.4)], False),
        ([("ish_copies", "baseline", 5), ("cep17_copies", "baseline", 2.0)], False),
        (
            [
                ("erbb2_log2", "baseline", 1.2),
                ("erbb2_log2", "followup", 0.0),
                ("ploidy", "baseline", 2.2),
                ("other_copies", "baseline", 6.0),
            ],
            True,
        ),
    ],
)
def test_polysomy_is_no_focal_amplification(rows, fires):
    found = fired([*rows, ("ish_copies", "followup", 3)], without=RNA)
    assert (("BASELINE_NOT_FOCAL", "C") in found) == fires


@pytest.mark.parametrize(("ratio", "fires"), [(1.2, True), (1.75, False)])
def test_polysomy_raises_mrna_too(ratio, fires):
    # 12 copies beside the amplicon are the limit: an interval below it is polysomy whatever the
    # mRNA, one that reaches over it is not where the mRNA is high.
    rows = [
        ("erbb2_log2", "baseline", ratio),
        ("erbb2_log2", "followup", 0.0),
        ("ploidy", "baseline", 2.2),
        ("other_copies", "baseline", 6.0),
    ]
    assert (("BASELINE_NOT_FOCAL", "C") in fired(rows)) == fires


@pytest.mark.parametrize(
    ("purity", "expected"),
    [(0.8, ("BASELINE_UNCONFIRMED", "S")), (0.25, ("BASELINE_UNCERTAIN", "C"))],
)
def test_rna_denies_a_baseline_only_where_it_would_have_shown(purity, expected):
    rows = [*LOW_RNA, ("purity", "baseline", purity)]
    found = fired(rows, without=[*RNA_BASELINE, ("purity", "baseline")])
    assert expected in found
    assert not found & ({("BASELINE_UNCONFIRMED", "S"), ("BASELINE_UNCERTAIN", "C")} - {expected})


def test_an_excluded_case_is_stopped_with_its_reason():
    found = gates.from_context(replace(case([]), excluded="failed library"), limits())
    assert [(gate.code, gate.kind, gate.value) for gate in found] == [
        ("EXCLUDED", "S", "failed library")
    ]


def test_without_a_normal_private_clusters_count_for_less():
    before = case([])
    clusters = np.array(
        [[1.0, 0.02, 0.98, 0.02], [0.0, 0.03, 0.95, 0.04], [np.nan, 0.03, 0.9, 0.04]]
    )
    before = replace(before, evidence=replace(before.evidence, clusters=clusters))
    after = gate_effects.apply(before, [Gate("NO_NORMAL", "F")]).evidence.clusters
    np.testing.assert_allclose(after[:, 1], [0.02, 0.06, 0.03])
    np.testing.assert_allclose(after[:, 3], [0.02, 0.08, 0.04])
    np.testing.assert_array_equal(after[:, [0, 2]], clusters[:, [0, 2]])

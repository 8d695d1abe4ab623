"""The paired change of ERBB2."""

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.cohort import reference
from her2omics.expression.erbb2 import library_shift, matched_changes, pair_table, paired_call
from her2omics.expression.levels import expression_table
from her2omics.readers import gene_ids
from her2omics.thresholds import limits

REFERENCE = reference.bundled()
MEDIAN = REFERENCE.set_index("gene")["median"]
CODING = sorted(gene_ids.gene_table().symbols - set(REFERENCE["gene"]))[:3000]


def run(before, after, *, purity=(0.7, 0.7), library=0.0, seed=1, thresholds=None, **columns):
    """Return the row of a pair with ERBB2 ``before`` and ``after``, log2 above the reference."""
    rng = np.random.default_rng(3)
    genes = [*MEDIAN.index, *CODING]
    level = np.concatenate([MEDIAN, rng.uniform(0, 14, len(CODING))])
    frame = pd.DataFrame({"B": level, "F": level + rng.normal(0, 0.5, len(genes))}, index=genes)
    frame.loc["ERBB2"] = MEDIAN["ERBB2"] + np.array([before, after])
    frame["F"] += library
    obs = pd.DataFrame(
        {
            "patient": "P",
            "unit": "counts",
            "protocol": "",
            "preservation": "",
            "size_factor": 1.0,
            "sample_sd": 0.25,
        },
        index=["B", "F"],
    ).assign(**columns)
    cases = tables.typed(
        pd.DataFrame({"case": ["B__F"], "patient": "P", "baseline": "B", "followup": "F"}), "pairs"
    )
    share = pd.DataFrame({"sample": ["B", "F"], "patient": "P", "purity": purity})
    share = share.assign(
        purity_low=share["purity"] - 0.1, purity_high=share["purity"] + 0.1, mode=1, weight=1.0
    )
    single = expression_table(frame, obs, REFERENCE, thresholds=thresholds)
    found = pair_table(
        cases,
        frame,
        obs,
        single,
        tables.typed(share, "purity"),
        REFERENCE,
        seed=seed,
        thresholds=thresholds,
    )
    return found.iloc[0]


def test_a_deep_fall_is_down():
    row = run(4.5, 0.5)
    assert row["call"] == "down"
    assert row["reason"] is None
    assert row["erbb2_log2fc"] == pytest.approx(-4.0, abs=0.05)
    assert row["erbb2_log2fc_low"] < row["erbb2_log2fc"] < row["erbb2_log2fc_high"]
    assert row["p_null"] < 0.05
    assert row["null_sd"] == pytest.approx(0.5, abs=0.12)


def test_a_larger_library_is_no_change():
    plain, shifted = run(4.5, 4.5), run(4.5, 4.5, library=0.6)
    assert plain["call"] == shifted["call"] == "stable"
    assert shifted["erbb2_log2fc"] == pytest.approx(plain["erbb2_log2fc"], abs=0.05)
    assert shifted["p_null"] == pytest.approx(plain["p_null"], abs=0.1)


def test_dilution_alone_is_not_down():
    after = np.log2((2**5 - 0.2) / 0.8 * 0.2 + 0.8)
    row = run(5.0, after, purity=(0.8, 0.2))
    assert row["erbb2_log2fc"] < -1.5
    assert row["erbb2_log2fc_corrected"] == pytest.approx(0.0, abs=0.1)
    assert row["call"] != "down"
    assert "SMALL_FALL" in row["reason"]


@pytest.mark.parametrize(
    ("case", "call", "reason"),
    [
        ({"before": 4.5, "after": 4.4}, "stable", None),
        ({"before": 1.0, "after": 4.0}, "up", None),
        ({"before": 4.5, "after": 0.5, "purity": (0.7, np.nan)}, "partial_down", "PURITY_UNKNOWN"),
        ({"before": 4.5, "after": 0.5, "purity": (0.7, 0.15)}, "partial_down", "LOW_PURITY"),
        ({"before": 6.5, "after": 3.5}, "partial_down", "FOLLOWUP_STILL_HIGH"),
        ({"before": 1.5, "after": -1.0}, "partial_down", "BASELINE_NOT_HIGH"),
        (
            {"before": 4.5, "after": 0.5, "protocol": ["polya", "capture"]},
            "partial_down",
            "MIXED_PROTOCOL",
        ),
        (
            {"before": 4.5, "after": 0.5, "unit": ["counts", "log2_ratio"]},
            "not_assessable",
            "UNITS_DIFFER",
        ),
        ({"before": 4.5, "after": 0.5, "unit": "log2_ratio"}, "partial_down", "NO_LEVEL"),
        ({"before": 4.5, "after": np.nan}, "not_assessable", "NO_ERBB2"),
    ],
)
def test_calls_and_their_reasons(case, call, reason):
    row = run(**case)
    assert row["call"] == call
    assert row["reason"] == reason


def test_preservation_counts_as_protocol_and_tpm_go_with_fpkm():
    fall = {"before": 4.5, "after": 0.5}
    assert run(**fall, preservation=["frozen", "ffpe"])["reason"] == "MIXED_PROTOCOL"
    assert run(**fall, unit=["tpm", "fpkm"])["reason"] != "MIXED_PROTOCOL"


def test_a_mixed_protocol_widens_the_interval():
    same, mixed = run(4, 4), run(4, 4, protocol=["polya", "total"])
    width = [row["erbb2_log2fc_high"] - row["erbb2_log2fc_low"] for row in (same, mixed)]
    assert width[1] > 2 * width[0]


def test_unknown_purity_gives_no_corrected_change():
    row = run(4.5, 0.5, purity=(np.nan, np.nan))
    assert np.isnan(row["erbb2_log2fc_corrected"])
    assert np.isfinite(row["erbb2_log2fc"])


def test_the_interval_of_the_corrected_change_grows_as_purity_falls():
    wide, narrow = run(4.5, 1.0, purity=(0.7, 0.25)), run(4.5, 1.0, purity=(0.7, 0.9))
    size = [
        row["erbb2_log2fc_corrected_high"] - row["erbb2_log2fc_corrected_low"]
        for row in (wide, narrow)
    ]
    assert size[0] > 1.5 * size[1]


def test_the_same_seed_gives_the_same_row_and_another_one_another_interval():
    assert run(4.5, 1.0).equals(run(4.5, 1.0))
    other = run(4.5, 1.0, seed=2)
    assert other["erbb2_log2fc_corrected_low"] != run(4.5, 1.0)["erbb2_log2fc_corrected_low"]
    assert other["erbb2_log2fc_corrected"] == run(4.5, 1.0)["erbb2_log2fc_corrected"]


def test_the_users_threshold_counts():
    assert run(3.9, 2.2, thresholds={"down_log2fc": -1.9})["call"] == "partial_down"
    assert run(3.9, 2.2)["call"] == "down"


def test_matched_genes_are_the_nearest_in_mean_level():
    levels = np.column_stack([np.arange(1000.0), np.arange(1000.0) + 1.0])
    levels[:, 1] += np.where(np.abs(np.arange(1000) - 500) > 160, 50.0, 0.0)
    np.testing.assert_allclose(matched_changes(levels, np.array([500.0, 501.0])), 1.0)


def test_few_genes_give_no_library_shift():
    levels = np.tile([8.0, 9.0], (400, 1))
    assert library_shift(levels, np.full(400, True), ratios=False) == 0.0
    levels = np.tile([8.0, 9.0], (600, 1))
    assert library_shift(levels, np.full(600, True), ratios=False) == 1.0


def test_without_a_null_nothing_is_down():
    call, reasons = paired_call(
        change=-4.0,
        corrected=-4.0,
        p_fall=np.nan,
        p_rise=np.nan,
        levels_known=True,
        high_before=True,
        high_after=False,
        least_purity=0.7,
        mixed_protocol=False,
        limit=limits(),
    )
    assert (call, reasons) == ("partial_down", ["WITHIN_NULL"])

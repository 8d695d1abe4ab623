from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics import tables as declared
from her2omics.errors import InputError
from her2omics.simulate import dosage, evidence
from her2omics.simulate import tables as cohorts
from her2omics.simulate.scenarios import SCENARIOS, parse

SEED = 61
#: Codes that the verb `classify` reads from evidence and pairs itself.
_CLASSIFY_FIRES = {
    "LOW_PURITY",
    "PURITY_UNKNOWN",
    "NO_LOCUS_EVIDENCE",
    "ISH_INCONSISTENT",
    "ON_TREATMENT",
    "SETTING_UNKNOWN",
    "CN_CONFLICT",
    "LOW_ESS",
}


def _draw(scenario="standard", n=3000, ascertained=True):
    return cohorts.draw_groups(n, seed=SEED, mixture=parse(scenario), ascertained=ascertained)


def _values(table: pd.DataFrame, variable: str, time: str) -> pd.Series:
    rows = table[table["variable"].eq(variable) & table["time"].eq(time)]
    return rows.set_index("case")["value"].astype(float)


@pytest.fixture(scope="module")
def standard():
    groups = _draw()
    table = evidence.evidence(groups, set(evidence.KINDS), seed=SEED)
    return groups[0].cases.set_index("case"), table


def test_every_variable_of_the_model_is_there(standard):
    _, table = standard
    assert set(table["variable"]) == {
        "erbb2_log2", "purity", "ploidy", "other_copies", "cluster_ccf", "erbb2_mrna",
        "neighbours_mrna", "rna_sample_sd", "programme_delta", "amplified_share", "erbb2_output",
        "ish_amplified_cells", "ish_copies", "cep17_copies", "ihc", "her2_status",
    }  # fmt: skip
    one_a_time = table[table["variable"].ne("cluster_ccf")]
    assert not one_a_time.duplicated(["case", "variable", "time"]).any()


def test_noise_of_files_is_that_of_the_measured_table():
    measured = resources.table("evidence_noise.tsv").set_index("variable")["sd"]
    table = evidence.evidence(_draw("noise_of_files", 400), {"cn"}, seed=SEED)
    cases = _draw("noise_of_files", 400)[0].cases.set_index("case")
    for variable, true in (("purity", "purity"), ("ploidy", "ploidy")):
        error = _values(table, variable, "followup") - cases[f"{true}_followup"]
        assert error.std() == pytest.approx(measured[variable], rel=0.12)
    stated = table[table["variable"].eq("erbb2_log2")]["sd"].astype(float)
    assert stated.unique() == pytest.approx([measured["erbb2_log2"]])


@pytest.mark.parametrize("time", ["baseline", "followup"])
def test_errors_are_as_large_as_reported(standard, time):
    cases, table = standard
    f, amplified, other, purity, ploidy = (
        cases[f"{key}_{time}"]
        for key in ("f_bulk", "copies_amplified", "copies_other", "purity", "ploidy")
    )
    copies = f * amplified + (1 - f) * other
    expected = {
        "erbb2_log2": np.log2(
            (purity * copies + 2 * (1 - purity)) / (purity * ploidy + 2 * (1 - purity))
        ),
        "erbb2_mrna": pd.Series(dosage.erbb2_level(cases, time), cases.index),
        "neighbours_mrna": pd.Series(dosage.neighbours_level(cases, time), cases.index),
        "other_copies": other,
        "ploidy": ploidy,
    }
    # variance of t6 is 1.5; the log ratio has the centring error on top
    sd = {
        "erbb2_log2": np.hypot(0.10 * np.sqrt(1.5), 0.03),
        "erbb2_mrna": 0.25 * np.sqrt(1.5),
        "neighbours_mrna": 0.25 * np.sqrt(1.5),
        "other_copies": 0.2,
        "ploidy": 0.15,
    }
    for variable, mean in expected.items():
        error = _values(table, variable, time) - mean
        assert abs(error.mean()) < 4.5 * sd[variable] / np.sqrt(len(error)), variable
        assert error.std() == pytest.approx(sd[variable], rel=0.08), variable


def test_programme_change_is_shift_plus_noise(standard):
    cases, table = standard
    delta = _values(table, "programme_delta", "pair")
    error = delta - cases["programme_shift"]
    drug = cases["setting"].eq("post_neoadjuvant")
    effects = 0.2 * 0.25 * np.sqrt(2)
    assert error[drug].mean() == pytest.approx(0.4, abs=0.03)
    assert error[~drug].mean() == pytest.approx(0.0, abs=0.03)
    assert error[~drug].std() == pytest.approx(np.hypot(0.18 * np.sqrt(1.5), effects), rel=0.08)
    assert error[drug].std() == pytest.approx(np.hypot(0.25 * np.sqrt(1.5), effects), rel=0.08)


def test_cells_counted_and_single_cells(standard):
    cases, table = standard
    counted = table[table["variable"].eq("ish_amplified_cells")]
    assert (counted["value"].astype(float) <= counted["n"]).all()
    assert set(counted["n"]) == {20, 40, 100}
    share = _values(table, "amplified_share", "followup")
    assert share[cases["state"].eq("CS")].median() < 0.1
    assert share[cases["state"].eq("DA")].median() < 0.1
    silenced = cases["state"].eq("D") & cases["copies_amplified_followup"].gt(10)
    follow = cases["neighbours_share"].gt(0)
    assert share[silenced & ~follow].median() > 0.8
    # Where the neighbours follow a deep repression, RNA shows no amplification.
    assert share[silenced & follow & cases["repression_log2"].gt(4)].median() < 0.1
    output = _values(table, "erbb2_output", "pair")
    assert output[cases["state"].eq("D")].median() < -1.5


def test_departures_change_the_noise_and_not_what_is_reported():
    def spread(name, variable):
        groups = _draw(name, 2000)
        table = evidence.evidence(groups, set(evidence.KINDS), seed=SEED)
        cases = groups[0].cases.set_index("case")
        if variable == "erbb2_mrna":
            mean = dosage.erbb2_level(cases, "baseline")
        else:
            mean = cases["purity_baseline"]
        sd = table.loc[table["variable"].eq(variable), "sd"].unique()
        return (_values(table, variable, "baseline") - mean), sd

    error, sd = spread("rna_noise_doubled", "erbb2_mrna")
    assert error.std() == pytest.approx(0.5 * np.sqrt(1.5), rel=0.08)
    assert sd.tolist() == [0.25]
    error, sd = spread("purity_noisy", "purity")
    assert error.std() == pytest.approx(0.12, rel=0.1)
    assert sd.tolist() == [0.06]
    error, _ = spread("purity_high", "purity")
    assert error.mean() == pytest.approx(0.2 * 0.6, abs=0.02)


def test_modalities_are_those_drawn_or_those_asked_for(standard):
    groups = _draw(n=500)
    cases = groups[0].cases.set_index("case")
    mixed = evidence.evidence(groups, {"mixed"}, seed=SEED)
    for variable, column in (
        ("erbb2_log2", "has_cn"),
        ("erbb2_mrna", "has_rna"),
        ("ish_copies", "has_ish"),
        ("amplified_share", "has_cells"),
    ):
        found = set(_values(mixed, variable, "baseline").index)
        assert found == set(cases.index[cases[column]]), variable
    only = evidence.evidence(groups, evidence.parse_modalities("cn"), seed=SEED)
    assert set(only["variable"]) == {
        "erbb2_log2", "purity", "ploidy", "other_copies", "ihc", "her2_status"
    }  # fmt: skip
    # the same measurement whatever else was measured
    everything = evidence.evidence(groups, set(evidence.KINDS), seed=SEED)
    shared = everything.merge(only, on=["case", "variable", "time"], suffixes=("", "_only"))
    shared = shared[shared["variable"].ne("purity")]
    assert (shared["value"] == shared["value_only"]).all()


def test_preset_and_wrong_modalities():
    assert evidence.parse_modalities("bulk+ish") == {
        "cn", "clusters", "erbb2", "neighbours", "programme", "ish"
    }  # fmt: skip
    assert evidence.parse_modalities("mixed") == {"mixed"}
    with pytest.raises(InputError, match="did you mean 'clusters'"):
        evidence.parse_modalities("cn+cluster")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_writes_tables_that_can_be_read(tmp_path, name):
    groups = _draw(name, 40)
    evidence.write(groups, tmp_path, seed=SEED, modalities={"mixed"}, ascertained=True)
    read = {table: declared.read(tmp_path, table) for table in ("evidence", "pairs", "quality")}
    truth = declared.read(tmp_path, "truth")
    assert read["pairs"]["case"].tolist() == truth["case"].tolist()
    assert set(read["evidence"]["case"]) == set(truth["case"])
    assert not set(read["quality"]["code"]) & _CLASSIFY_FIRES
    assert not read["quality"]["code"].str.startswith("BASELINE_").any()


def test_missing_samples_have_no_evidence():
    table = evidence.evidence(_draw("no_followup", 40), set(evidence.KINDS), seed=SEED)
    assert set(table["time"]) == {"baseline"}
    table = evidence.evidence(_draw("no_rna_followup", 40), set(evidence.KINDS), seed=SEED)
    rna = table[table["variable"].str.contains("mrna|rna_sample|programme")]
    assert set(rna["time"]) == {"baseline"}
    table = evidence.evidence(_draw("no_dna_followup", 40), set(evidence.KINDS), seed=SEED)
    dna = table[table["variable"].isin(["erbb2_log2", "cluster_ccf"])]
    assert set(dna["time"]) == {"baseline"}


def test_lesions_of_one_patient_share_the_baseline_measurements():
    groups = _draw("lesions_disagree", 20)
    table = evidence.evidence(groups, set(evidence.KINDS), seed=SEED)
    for variable in ("erbb2_log2", "purity", "erbb2_mrna", "ish_copies", "ploidy"):
        values = _values(table, variable, "baseline").to_numpy()
        np.testing.assert_array_equal(values[0::2], values[1::2])


def test_settings_as_stated():
    groups = _draw("settings_wrong", 50)
    pairs = evidence.pairs(groups, {"mixed"}, ascertained=True)
    assert (pairs["setting"] != groups[0].cases["setting"]).all()
    pairs = evidence.pairs(_draw("settings_unknown", 50), {"mixed"}, ascertained=False)
    assert pairs["setting"].isna().all()
    assert set(pairs["ascertained"]) == {"no"}

"""The latent cases against the parameter table of docs/simulator.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from her2omics.mechanism import states
from her2omics.simulate import case
from her2omics.simulate.scenario import STATE_PRIOR
from her2omics.simulate.scenarios import SCENARIOS

STANDARD = SCENARIOS["standard"]
N = 40_000


@pytest.fixture(scope="module")
def unselected() -> pd.DataFrame:
    return case.draw(N, seed=101, scenario=STANDARD, ascertained=False)


def near(values: pd.Series, mean: float, *, errors: float = 4.5) -> bool:
    """Whether the mean lies within its Monte-Carlo error of what the table says."""
    return abs(values.mean() - mean) < errors * values.std() / np.sqrt(len(values))


def test_share_of_settings_ploidies_and_assays(unselected):
    relapse = unselected["setting"].eq("relapse").astype(float)
    assert near(relapse, 0.6)
    tetraploid = unselected["ploidy_baseline"].gt(2.8).astype(float)
    assert near(tetraploid, 0.3)
    assert near(unselected["has_rna"].astype(float), 0.45 + 0.27)
    assert near(unselected["has_cn"].astype(float), 0.45 + 0.22 + 0.06)
    assert near(unselected["has_clusters"].astype(float), 0.45 + 0.22)
    assert near(unselected["has_ish"].astype(float), 0.5)
    assert near(unselected["has_cells"].astype(float), 0.05)


def test_purity_by_setting(unselected):
    relapse = unselected["setting"].eq("relapse")
    assert near(unselected["purity_baseline"], 0.60)
    assert near(unselected.loc[relapse, "purity_followup"], 0.50)
    assert unselected.loc[~relapse, "purity_followup"].mean() == pytest.approx(0.337, abs=0.006)
    assert unselected["purity_baseline"].between(0.10, 0.95).all()
    assert unselected["purity_followup"].between(0.05, 0.95).all()


def test_copies(unselected):
    amplified = unselected["copies_amplified_baseline"]
    assert amplified.between(6, 80).all()
    # lognormal(median 14, sd log .5) between 6 and 80
    assert amplified.median() == pytest.approx(14.4, abs=0.25)
    gained = amplified - unselected["copies_other_baseline"]
    assert gained.min() >= 2
    near_diploid = unselected["ploidy_baseline"].lt(2.55)
    assert near(unselected.loc[near_diploid, "copies_other_baseline"], 2.4)
    assert near(unselected.loc[~near_diploid, "copies_other_baseline"], 4.4)
    doubled = unselected["doubling_between"]
    assert near(doubled[near_diploid].astype(float), 0.03)
    gained = unselected["copies_other_followup"] - unselected["copies_other_baseline"]
    assert gained.eq(2 * doubled).all()


def test_the_mrna_latents(unselected):
    moments = {
        "exponent_erbb2": (1.6, 0.3),
        "exponent_neighbours": (1.1, 0.4),
        "level_erbb2": (0, 0.5),
        "level_neighbours": (0, 0.5),
        "programme_effect": (0, 0.5),
        "normal_level_baseline": (-1.5, 1.0),
        "sample_effect_baseline": (0, 0.25),
        "sample_effect_followup": (0, 0.25),
    }
    for column, (mean, sd) in moments.items():
        assert near(unselected[column], mean), column
        assert unselected[column].std() == pytest.approx(sd, rel=0.02), column
    assert unselected["level_erbb2"].corr(unselected["level_neighbours"]) == pytest.approx(
        0.5, abs=0.02
    )
    yielded = np.log(unselected["rna_per_cell_baseline"] / (unselected["ploidy_baseline"] / 2))
    assert near(yielded, 0)
    assert yielded.std() == pytest.approx(0.35, rel=0.02)
    assert near(unselected["neighbours_share"].gt(0).astype(float), 0.4)
    site = unselected["normal_level_followup"] - unselected["normal_level_baseline"]
    relapse = unselected["setting"].eq("relapse")
    assert site[relapse].std() == pytest.approx(0.5, rel=0.02)
    assert site[~relapse].eq(0).all()


def test_latents_of_each_state(unselected):
    by = dict(iter(unselected.groupby("state")))
    assert near(by["D"]["repression_log2"], 1 + 2 * 0.6)
    assert by["D"]["repression_log2"].ge(1).all()
    assert near(by["SS-lost"]["programme_shift"], 0.828, errors=5)  # N(.8, .2) above .5
    assert near(by["R"]["repression_log2"], 0.25 * np.sqrt(2 / np.pi), errors=5)
    assert by["R"]["programme_shift"].eq(0).all()
    assert near(by["CS"]["programme_shift"].gt(0).astype(float), 0.5)
    assert near(by["CS"]["f_followup"], 0.15 / 4, errors=5)
    assert near(by["CS"]["f_baseline"], 0.605, errors=6)  # Beta(3, 2) in [.20, .98]


def test_states_are_those_of_the_partition(unselected):
    kept = states.copies_ratio(
        unselected["copies_amplified_baseline"],
        unselected["copies_amplified_followup"],
        unselected["copies_other_baseline"],
        unselected["copies_other_followup"],
    )
    expected = states.state_of(
        unselected["f_baseline"],
        unselected["f_followup"],
        kept,
        unselected["repression_log2"],
        unselected["programme_shift"],
    )
    assert (unselected["state"].to_numpy() == expected).all()
    shares = unselected["state"].value_counts(normalize=True)
    for state, prior in STATE_PRIOR.items():
        # about 1 % of R drifts below r = .7 and counts as PR
        assert shares[state] == pytest.approx(prior, abs=0.013), state
    assert shares["R"] < STATE_PRIOR["R"]


def test_one_in_eleven_kept_tumours_is_reported_negative(unselected):
    kept = unselected[unselected["state"].eq("R")]
    negative = kept["status_followup"].eq("negative").mean()
    assert negative == pytest.approx(0.09, abs=0.008)
    assert kept["escape"].mean() == pytest.approx(0.04, abs=0.005)


def test_stain_and_status_agree(unselected):
    for time in ("baseline", "followup"):
        status, ihc = unselected[f"status_{time}"], unselected[f"ihc_{time}"]
        assert status[ihc.eq("3+")].eq("positive").all()
        assert status[ihc.isin(["0", "1+"])].eq("negative").all()


def test_pieces_vary_around_the_lesion(unselected):
    f, piece = unselected["f_baseline"], unselected["f_bulk_baseline"]
    assert near(piece - f, 0)
    ratio = ((piece - f) ** 2).sum() / (f * (1 - f)).sum()
    assert ratio == pytest.approx(0.1, abs=0.01)
    wide = case.draw(N, seed=1, scenario=SCENARIOS["pieces_025"], ascertained=False)
    f, piece = wide["f_baseline"], wide["f_bulk_baseline"]
    assert ((piece - f) ** 2).sum() / (f * (1 - f)).sum() == pytest.approx(0.25, abs=0.02)


def test_lost_copies_are_not_counted_as_amplified_cells(unselected):
    deamplified = unselected[unselected["state"].eq("DA")]
    share = deamplified["ish_amplified_followup"] / deamplified["ish_cells_followup"]
    assert share.median() < 0.1
    before = deamplified["ish_amplified_baseline"] / deamplified["ish_cells_baseline"]
    assert before.median() > 0.8


def test_ascertained_pairs_were_positive_and_then_negative():
    cases = case.draw(500, seed=7, scenario=STANDARD)
    assert cases["status_baseline"].eq("positive").all()
    assert cases["status_followup"].eq("negative").all()
    assert cases["state"].eq("R").mean() < 0.45


def test_the_same_seed_gives_the_same_cases_whatever_their_number():
    first = case.draw(700, seed=11, scenario=STANDARD)
    again = case.draw(250, seed=11, scenario=STANDARD)
    pd.testing.assert_frame_equal(first.iloc[:250].reset_index(drop=True), again)
    other = case.draw(250, seed=12, scenario=STANDARD)
    assert not other["purity_baseline"].equals(again["purity_baseline"])


def test_two_lesions_share_their_baseline():
    cases = case.draw(60, seed=3, scenario=SCENARIOS["lesions_disagree"])
    for _, lesions in cases.groupby("patient"):
        assert lesions["lesion"].tolist() == [0, 1]
        for column in ("purity_baseline", "ihc_baseline", "f_bulk_baseline", "ploidy_baseline"):
            assert lesions[column].iloc[0] == lesions[column].iloc[1]
    assert cases["state"].isin(["D", "DA"]).mean() > 0.9


def test_a_selection_nothing_passes_is_an_error(monkeypatch):
    monkeypatch.setattr(case, "_MAX_BLOCKS", 2)
    hopeless = replace(STANDARD, forced_status=("negative", "negative"))
    with pytest.raises(ValueError, match="0 of 5 pairs pass"):
        case.draw(5, seed=1, scenario=hopeless)

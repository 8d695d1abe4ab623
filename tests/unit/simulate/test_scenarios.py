from __future__ import annotations

from pathlib import Path

import pytest

from her2omics.errors import InputError
from her2omics.simulate import case, scenarios
from her2omics.simulate.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_draws_and_is_described(name):
    scenario = SCENARIOS[name]
    assert scenario.name == name
    assert scenario.description
    cases = case.draw(150, seed=5, scenario=scenario)
    assert len(cases) == 150
    assert cases["scenario"].eq(name).all()
    assert not cases.drop(columns="days_since_anti_her2").isna().any(axis=None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clone_30", {"CS"}),
        ("clone_90", {"CS"}),
        ("other_clone_invisible", {"CS"}),
        ("deamplification", {"DA"}),
        ("partial_selection", {"PR"}),
        ("gain_cut_40", {"PR"}),
        ("weak_repression", {"R", "PR"}),
        ("protein_only_loss", {"R", "PR"}),
    ],
)
def test_hard_cases_have_the_state_they_are_named_after(name, expected):
    cases = case.draw(300, seed=9, scenario=SCENARIOS[name])
    assert set(cases["state"]) <= expected


def test_switches_do_what_they_say():
    def draw(name):
        return case.draw(200, seed=2, scenario=SCENARIOS[name])

    assert draw("purity_05")["purity_followup"].eq(0.05).all()
    assert draw("low_level")["copies_amplified_baseline"].between(5, 7).all()
    assert draw("clone_60")["f_baseline"].eq(0.6).all()
    assert draw("neighbours_following")["neighbours_share"].eq(0.7).all()
    assert draw("repression_weak")["repression_log2"].max() <= 1.1
    assert draw("exponent_190")["exponent_erbb2"].eq(1.9).all()
    assert draw("doubling_between").query("doubling_between").shape[0] > 100
    assert draw("protein_only_loss")["escape"].all()
    assert draw("dark_stroma")["normal_level_baseline"].mean() < -3.5
    negative = draw("her2_negative_baseline")
    assert negative["status_baseline"].eq("negative").all()
    assert negative["copies_amplified_baseline"].eq(negative["copies_other_baseline"]).all()
    polysomy = draw("polysomy")
    assert polysomy["status_baseline"].eq("positive").all()
    assert polysomy["ish_copies_baseline"].gt(4).all()
    drug = draw("luma_like_on_drug")
    assert drug["setting"].eq("post_neoadjuvant").all()
    assert drug["programme_shift"].eq(0).all()


def test_a_mixture_is_read_and_scaled():
    parts = scenarios.parse("standard:3, purity_10:1")
    assert [(scenario.name, share) for scenario, share in parts] == [
        ("standard", 0.75),
        ("purity_10", 0.25),
    ]
    assert scenarios.parse("polysomy") == [(SCENARIOS["polysomy"], 1.0)]


def test_all_errors_of_a_mixture_are_told_at_once():
    with pytest.raises(InputError) as caught:
        scenarios.parse("standrad:.5,purity_10:-1,polysomy:x")
    messages = [str(problem) for problem in caught.value.problems]
    assert len(messages) == 3
    assert "did you mean 'standard'?" in messages[0]
    assert "'-1' of purity_10" in messages[1]
    assert "'x' of polysomy" in messages[2]


def test_every_scenario_is_in_the_documentation():
    page = (Path(__file__).parents[3] / "docs/simulator.md").read_text(encoding="utf-8")
    missing = [name for name in SCENARIOS if f"`{name}`" not in page]
    assert missing == []

import numpy as np
import pytest

from her2omics import tables
from her2omics.mechanism import calibrate
from her2omics.mechanism.evidence import parse
from her2omics.mechanism.noise import DEFAULT, ModelNoise
from her2omics.sheets.config import defaults
from her2omics.simulate import evidence, scenarios
from her2omics.simulate.tables import draw_groups


def cohort(scenario, cases=60, modalities="rna"):
    config = defaults()
    groups = draw_groups(cases, seed=31, mixture=scenarios.parse(scenario), ascertained=True)
    kinds = evidence.parse_modalities(modalities)
    pairs = evidence.pairs(groups, kinds, ascertained=True)
    rows = evidence.evidence(groups, kinds, seed=31)
    return parse(rows, pairs, multipliers=config["priors"]["multipliers"])


def learn(cases, **more):
    return calibrate.learn(cases, quality={}, config=defaults(), **more)


def test_noise_that_was_doubled_is_seen_in_the_cohort():
    quiet, counts = learn(cohort("standard"))
    noisy, _ = learn(cohort("rna_noise_doubled"))
    assert counts["rna"] > 50
    assert noisy.rna[0] < quiet.rna[0] - 0.1
    assert noisy.rna[2] > quiet.rna[2] + 0.03


def test_without_cases_the_assumed_noise_stays():
    noise, counts = learn([])
    assert noise == DEFAULT
    assert counts == {"rna": 0, "programme": 0, "spread": 0}


def test_weights_come_from_the_densities_and_the_assumption():
    assumed = np.array([0.5, 0.5])
    few = calibrate._weights(np.array([[1.0, 0.0]]), assumed)
    many = calibrate._weights(np.array([[1.0, 0.0]] * 500), assumed)
    assert few[0] == pytest.approx((1 + 7.5) / 16, abs=1e-6)
    assert many[0] > 0.98
    assert sum(many) == pytest.approx(1)


def test_a_stopped_case_says_nothing():
    cases = cohort("her2_negative_baseline", cases=5)
    assert learn(cases)[1]["rna"] == 0


def test_the_table_keeps_the_noise(tmp_path):
    noise = ModelNoise(rna=(0.2, 0.3, 0.5), programme=(0.6, 0.4), spread=(0.9, 0.1))
    path = tables.write(calibrate.table(noise, {"rna": 7}), "model_noise", tmp_path)
    back = calibrate.from_table(tables.read(path, "model_noise"))
    for name in ("rna", "programme", "spread"):
        assert getattr(back, name) == pytest.approx(getattr(noise, name))
    assert calibrate.from_table(tables.empty("model_noise")) == DEFAULT


def test_learnt_noise_reaches_the_case():
    noise = ModelNoise(rna=(0.2, 0.3, 0.5))
    changed = calibrate.with_noise(cohort("standard", cases=3), noise)
    assert {case.evidence.noise for case in changed} == {noise}

from dataclasses import replace

import numpy as np
import pytest

from her2omics import tables
from her2omics.mechanism import calibrate
from her2omics.mechanism.evidence import parse
from her2omics.mechanism.noise import CLUSTER_WEIGHTS, DEFAULT, ModelNoise
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
    assert counts == dict.fromkeys(("rna", "programme", "spread", "setting", "lineages"), 0)


def test_weights_come_from_the_densities_and_the_assumption():
    assumed = np.array([0.5, 0.5])
    few = calibrate._weights(np.array([[1.0, 0.0]]), assumed)
    many = calibrate._weights(np.array([[1.0, 0.0]] * 500), assumed)
    assert few[0] == pytest.approx((1 + 7.5) / 16, abs=1e-6)
    assert many[0] > 0.98
    assert sum(many) == pytest.approx(1)


def test_the_make_up_of_the_clusters_is_learnt_by_setting_and_assay():
    plain, counts = learn(cohort("standard", modalities="bulk"))
    branched, _ = learn(cohort("early_branching", modalities="bulk"))
    groups = {name for name, _ in plain.clusters}
    assert groups == {"relapse, wes", "post_neoadjuvant, wes"}
    assert counts["clusters: relapse, wes"] > 20
    for noise in (plain, branched):
        assert all(sum(weights) == pytest.approx(1) for _, weights in noise.clusters)
    group = "relapse, wes"
    assert branched.cluster_weights(group)[2] > plain.cluster_weights(group)[2]
    assert plain.cluster_weights("metastasis, panel") == CLUSTER_WEIGHTS


def test_a_class_that_was_not_there_loses_no_weight():
    # Half of the clusters trunk, half private, in tumours that are no mosaic.
    case = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    trunk, lineage, private = calibrate._cluster_weights([case] * 300)
    assert trunk == pytest.approx(private, rel=0.05)
    assert lineage == pytest.approx(CLUSTER_WEIGHTS[1], abs=0.02)


def test_wrong_settings_are_noticed():
    stated, counts = learn(cohort("standard"))
    wrong, _ = learn(cohort("settings_wrong"))
    assert counts["setting"] > 20
    assert stated.setting[1] < 0.1 < wrong.setting[1]


def test_how_many_clusters_a_lineage_has_is_learnt():
    single, counts = learn(cohort("clone_60", modalities="bulk"))
    assert counts["lineages"] > 20
    assert single.lineages[0] > 0.6
    assert sum(single.lineages) == pytest.approx(1)


def test_a_stopped_case_says_nothing():
    cases = cohort("her2_negative_baseline", cases=5)
    assert learn(cases)[1]["rna"] == 0


def test_the_table_keeps_the_noise(tmp_path):
    noise = ModelNoise(rna=(0.2, 0.3, 0.5), programme=(0.6, 0.4), spread=(0.9, 0.1))
    noise = replace(noise, setting=(0.7, 0.3), lineages=(0.4, 0.6))
    noise = replace(noise, clusters=(("relapse, wes", (0.2, 0.3, 0.5)),))
    path = tables.write(calibrate.table(noise, {"rna": 7}), "model_noise", tmp_path)
    back = calibrate.from_table(tables.read(path, "model_noise"))
    for name in ("rna", "programme", "spread", "setting", "lineages"):
        assert getattr(back, name) == pytest.approx(getattr(noise, name))
    assert back.cluster_weights("relapse, wes") == pytest.approx((0.2, 0.3, 0.5))
    assert calibrate.from_table(tables.empty("model_noise")) == DEFAULT


def test_learnt_noise_reaches_the_case():
    noise = ModelNoise(rna=(0.2, 0.3, 0.5))
    changed = calibrate.with_noise(cohort("standard", cases=3), noise)
    assert {case.evidence.noise for case in changed} == {noise}

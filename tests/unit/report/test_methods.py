import shutil

import pandas as pd
import pytest

from her2omics import tables
from her2omics.report import methods
from her2omics.report.results import load
from her2omics.sheets.study import read_study


def text_of(world, *, results=None, settings=None, study=None, noise=None, model_noise=None):
    study = study or world.study
    return methods.text(
        study,
        load(results or world.results, pairs=study.cases),
        settings={} if settings is None else settings,
        noise=tables.read(world.cohort, "noise") if noise is None else noise,
        centring=tables.read(world.cohort, "centring"),
        model_noise=tables.empty("model_noise") if model_noise is None else model_noise,
        packages=lambda name: f"9.9-{name}",
    )


def changed(world, folder, **tables_changed):
    shutil.copytree(world.results, folder, ignore=shutil.ignore_patterns("report"))
    for name, change in tables_changed.items():
        frame = change(tables.read(folder, name)) if change else None
        (folder / f"{name}.tsv").unlink()
        if frame is not None:
            tables.write(frame, name, folder)
    return folder


def test_names_only_the_tools_that_ran(world, tmp_path):
    full = text_of(world)
    assert "GSEApy 9.9-gseapy" in full
    assert "PyDESeq2" not in full
    assert "moderated paired differences" in full
    bare = text_of(world, results=changed(world, tmp_path / "a", differential=None, pathways=None))
    assert "GSEApy" not in bare
    assert "moderated" not in bare
    deseq = changed(world, tmp_path / "b", differential=lambda f: f.assign(method="pydeseq2"))
    assert "PyDESeq2 9.9-pydeseq2" in text_of(world, results=deseq)


def test_without_rna_nothing_is_said_about_it(world, tmp_path):
    gone = dict.fromkeys(
        ("expression", "expression_pairs", "subtypes", "switches", "differential", "pathways")
    )
    results = changed(
        world,
        tmp_path / "r",
        **gone,
        contributions=lambda frame: frame[frame["variable"].eq("her2_status")],
    )
    text = text_of(world, results=results)
    for word in ("PAM50", "ERBB2 mRNA;", "17q12", "log2 scale", "centroid"):
        assert word not in text.split("## Limits")[0]
    assert "the reported HER2 status" in text


def test_frozen_cohort_and_offset_are_told(world):
    settings = {"her2_positive_baselines": 6, "tau": 0.9, "frozen_from": None}
    text = text_of(world, settings=settings)
    assert "6 HER2-positive baselines with a prior scale of 0.9 log2" in text
    assert "estimated once from all samples of this sheet" in text
    frozen = text_of(world, settings=settings | {"frozen_from": "earlier/cohort"})
    assert "taken unchanged from an earlier cohort" in frozen
    assert "estimated once" not in frozen


def test_a_rule_that_could_not_be_used_is_told(world, tmp_path):
    rule = "fixed_reference (2 HER2-positive baselines of 3 needed)"
    results = changed(world, tmp_path / "r", subtypes=lambda frame: frame.assign(centring=rule))
    text = text_of(world, results=results, settings={"her2_positive_baselines": 2, "tau": 0.9})
    assert "could not be used: 2 HER2-positive baselines of 3 needed" in text
    assert "The offset rested" not in text


def test_changed_thresholds_and_gates(world):
    from her2omics.sheets.config import read_config

    config = read_config(None, {"thresholds.low_purity": 0.3})
    study = read_study(*world.sheets, config=config)
    text = text_of(world, study=study)
    assert "low_purity: 0.3 share of cells instead of 0.2" in text
    assert "Stopped the verdict: BASELINE_NOT_POSITIVE (1)." in text
    assert "## Settings changed" not in text_of(world)


def test_units_and_protocols_are_recorded(world):
    text = text_of(world)
    assert "given as counts (14)" in text
    assert "capture (14)" in text


@pytest.mark.parametrize("number", [1, 2])
def test_plural(number):
    assert methods.words.counted(number, "case") == ("1 case" if number == 1 else "2 cases")


def test_plain_drops_the_marks():
    assert methods.plain("# Methods\n\n## Cases\n\nSeven.\n") == "Cases\n\nSeven."


def test_no_gate(world, tmp_path):
    gone = {"cases": lambda frame: frame.assign(gates=pd.NA), "quality": None}
    results = changed(world, tmp_path / "r", **gone)
    assert "No gate fired." in text_of(world, results=results)


def test_the_configured_rule_of_a_frozen_cohort_is_not_blamed(world):
    from her2omics.sheets.config import read_config

    config = read_config(None, {"subtype.centring": "fixed_reference"})
    study = read_study(*world.sheets, config=config)
    text = text_of(world, study=study, settings={"frozen_from": "earlier"})
    assert "came with the frozen cohort (cohort_from), in place of the configured one" in text
    assert "could not be used" not in text


def test_every_variable_of_the_model_has_words():
    from her2omics.mechanism.model import VARIABLES

    assert set(methods._FACTORS) == set(VARIABLES)


def test_only_what_entered_counts_as_evidence(world, tmp_path):
    text = text_of(world)
    assert "the reported HER2 status of either biopsy (6 cases)" in text  # 7, one was stopped
    assert "the amplified cells counted by ISH (6 cases)" in text
    results = changed(
        world, tmp_path / "r", contributions=lambda f: f[f["variable"].ne("erbb2_mrna")]
    )
    assert "ERBB2 mRNA (" not in text_of(world, results=results)


def test_log2_ratios_are_not_said_to_be_scaled(world):
    noise = tables.read(world.cohort, "noise")
    assert "scaled by the median ratio of stable genes" in text_of(world)
    ratios = noise.assign(unit="log2_ratio", size_factor=float("nan"))
    text = text_of(world, noise=ratios)
    assert "median ratio of stable genes" not in text
    assert "14 samples given as log2 ratios entered as given" in text
    few = noise.assign(size_factor=[float("nan"), *[1.0] * 13])
    assert "1 sample with too few stable genes" in text_of(world, noise=few)


def test_thresholds_are_told_in_full(world):
    text = text_of(world)
    assert "a z of at least 3 or a level at least 2.5 log2 above them" in text
    assert "above 0.8 that ERBB2 mRNA per copy fell by more than 1 log2" in text
    assert "the follow-up's tumour content" not in text


def test_the_noise_learnt_from_the_cohort_is_told(world):
    from her2omics.mechanism import calibrate
    from her2omics.mechanism.noise import ModelNoise

    assert "noise of the model" not in text_of(world)
    learnt = calibrate.table(ModelNoise(rna=(0.0, 0.5, 0.5)), {"rna": 30})
    text = text_of(world, model_noise=learnt)
    assert "learnt once from the evidence of this sheet" in text
    assert "inflation of RNA noise 2.30 (mean; assumed 1.31; 30 cases)" in text
    assert "programme shift's noise" not in text
    frozen = text_of(world, model_noise=learnt, settings={"frozen_from": "earlier"})
    assert "learnt on that earlier cohort and kept frozen" in frozen
    none = text_of(world, model_noise=calibrate.table(ModelNoise(), {}))
    assert "stayed as assumed" in none


def test_calibration_in_the_same_words_as_in_the_readme(world):
    from pathlib import Path

    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    readme = readme.replace("[docs/calibration.md](docs/calibration.md)", "docs/calibration.md")
    sentence = methods.words.CALIBRATION
    assert sentence in text_of(world)
    assert sentence in " ".join(readme.split())


def gate_rows(rows):
    names = list(tables.TABLES["quality"].names)
    return pd.DataFrame([dict.fromkeys(names) | row for row in rows], columns=names)


def test_gates_count_by_what_they_did(world, tmp_path):
    cases = tables.read(world.results, "cases").set_index("label")["case"]
    switch, down, stopped = (
        cases[label] for label in ("subtype_switch", "downregulation", "not_assessable")
    )
    rows = [
        {"case": switch, "code": "ON_TREATMENT", "kind": "C"},
        {"case": down, "code": "ON_TREATMENT", "kind": "C"},
        {"case": down, "code": "LOW_PURITY", "kind": "C"},
        {"case": down, "code": "LOW_PURITY", "kind": "F"},
        {"case": stopped, "code": "NO_FOLLOWUP", "kind": "S"},
        {"case": stopped, "code": "LOW_PURITY", "kind": "F"},
    ]
    results = changed(
        world,
        tmp_path / "r",
        cases=lambda frame: frame.assign(gates=pd.NA),
        quality=lambda frame: gate_rows(rows),
    )
    text = text_of(world, results=results)
    assert "Stopped the verdict: NO_FOLLOWUP (1)." in text
    assert "Capped it at probable: LOW_PURITY (1), ON_TREATMENT (1)." in text
    assert "Dropped or widened a piece of evidence: LOW_PURITY (1)." in text
    assert "For information: ON_TREATMENT (1)." in text

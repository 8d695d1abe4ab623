import shutil

import pandas as pd
import pytest

from her2omics import tables
from her2omics.report import methods
from her2omics.report.results import load
from her2omics.sheets.study import read_study


def text_of(world, *, results=None, settings=None, study=None):
    study = study or world.study
    return methods.text(
        study,
        load(results or world.results, pairs=study.cases),
        settings={} if settings is None else settings,
        noise=tables.read(world.cohort, "noise"),
        centring=tables.read(world.cohort, "centring"),
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
        evidence=lambda frame: frame[frame["variable"].eq("her2_status")],
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
    assert methods._count(number, "case") == ("1 case" if number == 1 else "2 cases")


def test_plain_drops_the_marks():
    assert methods.plain("# Methods\n\n## Cases\n\nSeven.\n") == "Cases\n\nSeven."


def test_no_gate(world, tmp_path):
    results = changed(world, tmp_path / "r", cases=lambda frame: frame.assign(gates=pd.NA))
    assert "No gate fired." in text_of(world, results=results)

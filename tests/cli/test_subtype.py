"""``her2omics subtype``: one matrix alone, and a study through its cohort folder."""

import numpy as np
import pandas as pd
import pytest

from her2omics import resources, tables
from her2omics.cli import main
from her2omics.cohort.centring import reference_shift
from her2omics.subtype.counterfactual import dilute
from her2omics.tables import SUBTYPES

MEDIANS = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")
STABLE = (
    resources.table("her2_negative_reference.tsv").query("role == 'stable'").set_index("gene")
)["her2_negative_median"]
NORMAL = MEDIANS["PAM50_Normal_median"].to_numpy()


def profile(name: str, seed: int) -> np.ndarray:
    return MEDIANS[f"PAM50_{name}_median"].to_numpy() + np.random.default_rng(seed).normal(
        0, 0.3, len(MEDIANS)
    )


def counts(**profiles: np.ndarray) -> pd.DataFrame:
    """Return reads: the 50 genes of each profile, and the genes that give the library's scale."""
    levels = np.column_stack(list(profiles.values())) + reference_shift()
    stable = np.repeat(STABLE.to_numpy()[:, None], len(profiles), axis=1)
    cpm = 2.0 ** np.vstack([levels, stable])
    genes = [*MEDIANS.index, *STABLE.index]
    reads = np.random.default_rng(9).poisson(np.maximum(cpm - 0.5, 0) * 30)
    return pd.DataFrame(reads, index=pd.Index(genes, name="gene"), columns=list(profiles))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Six HER2-positive pairs: a switch, normal tissue in the follow-up, four stable ones."""
    monkeypatch.chdir(tmp_path)
    profiles, samples, units = {}, [], []
    for number in range(6):
        before = profile("Her2", number)
        after = before + np.random.default_rng(number + 50).normal(0, 0.3, len(before))
        after = {0: profile("LumA", 60), 1: dilute(after, NORMAL, [0.4])[0]}.get(number, after)
        for time, values in (("baseline", before), ("followup", after)):
            name = f"P{number}_{time[0]}"
            profiles[name] = values
            setting = "relapse" if time == "followup" else ""
            content = "0.3" if name == "P1_f" else "0.75"
            samples.append([f"P{number}", name, time, setting, "positive", content, "polya"])
            units.append([name, "rna", "matrix", "counts", "counts.tsv.gz"])
    counts(**profiles).to_csv("counts.tsv.gz", sep="\t")
    columns = ["patient", "sample", "timepoint", "setting", "her2_status", "purity", "rna_protocol"]
    pd.DataFrame(samples, columns=columns).to_csv("samples.tsv", sep="\t", index=False)
    columns = ["sample", "assay", "filetype", "unit", "path"]
    pd.DataFrame(units, columns=columns).to_csv("units.tsv", sep="\t", index=False)
    return ["subtype", "--samples", "samples.tsv", "--units", "units.tsv"]


def test_a_study(study, capsys):
    assert main([*study, "--out", "out"]) == 0, capsys.readouterr().err
    found = tables.read("out", "switches").set_index("patient")
    assert found["call"].to_dict() == {"P0": "switch"} | {f"P{n}": "stable" for n in range(1, 6)}
    assert found.loc["P1", "subtype_followup"] != "Her2"
    assert found.loc["P1", "reason"] == "PURITY_EXPLAINS"
    called = tables.read("out", "subtypes")
    assert called["sample"].tolist() == [f"P{n}_{t}" for n in range(6) for t in "bf"]
    assert set(called["centring"]) == {"fixed_reference_offset"}
    assert called["genes_used"].eq(50).all()


def test_batches_write_the_same_rows(study):
    assert main([*study, "--out", "whole"]) == 0
    parts = {"subtypes": [], "switches": []}
    for index in (1, 2, 3):
        words = ["--cohort", "whole/cohort", "--batch", f"{index}/3", "--out", f"part{index}"]
        assert main([*study, *words]) == 0
        for name, rows in parts.items():
            with open(f"part{index}/{name}.tsv", encoding="utf-8") as handle:
                rows += handle.readlines()[1:]
    for name, rows in parts.items():
        with open(f"whole/{name}.tsv", encoding="utf-8") as handle:
            assert handle.readlines()[1:] == rows


def test_purity_of_another_arm_takes_the_place_of_the_sheet(study):
    assert main([*study, "--out", "out"]) == 0
    rows = pd.DataFrame({"sample": ["P1_b", "P1_f"], "patient": "P1", "purity": 0.75})
    tables.write(rows.assign(mode=1, weight=1.0, source="dna"), "purity", "dna")
    words = ["--cohort", "out/cohort", "--patients", "P1", "--tables", "dna", "--out", "again"]
    assert main([*study, *words]) == 0
    sheet = tables.read("out", "switches").set_index("patient").loc["P1"]
    dna = tables.read("again", "switches").set_index("patient").loc["P1"]
    assert dna["delta"] == sheet["delta"]
    assert dna["delta_purity_adjusted"] == pytest.approx(dna["delta"])
    assert abs(sheet["delta_purity_adjusted"]) < abs(dna["delta_purity_adjusted"]) / 2


@pytest.mark.parametrize("unit", ["counts", "log2_counts", "tpm"])
def test_one_matrix(tmp_path, unit):
    matrix = counts(**{name: profile(name, 3) for name in SUBTYPES}).astype(float)
    if unit == "log2_counts":
        matrix = np.log2(matrix + 1)
    if unit == "tpm":
        from her2omics.cohort.levels import gene_lengths

        lengths = gene_lengths().reindex(matrix.index).fillna(3.0)
        matrix = matrix.div(lengths, axis=0)
        matrix = matrix / matrix.sum() * 1e6
    matrix.insert(0, "entrez", np.arange(len(matrix)) + 10**9)
    matrix.insert(1, "description", "a gene")
    matrix.to_csv(tmp_path / "m.tsv", sep="\t")
    words = ["subtype", "--matrix", str(tmp_path / "m.tsv"), "--unit", unit]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    found = tables.read(tmp_path / "out", "subtypes").set_index("sample")
    assert found["subtype"].to_dict() == {name: name for name in SUBTYPES}
    assert found["centring"].str.startswith("fixed_reference (0 HER2-positive baselines").all()
    assert not (tmp_path / "out" / "switches.tsv").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--matrix", "m.tsv"], "--unit: missing; --matrix needs it"),
        (["--matrix", "m.tsv", "--unit", "tmp"], "did you mean 'tpm'?"),
        (["--unit", "tpm"], "--unit: goes with --matrix"),
        (["--matrix", "no.tsv", "--unit", "tpm"], "no.tsv"),
        (["--matrix", "ids.tsv", "--unit", "tpm"], "no column of values behind the gene ids"),
    ],
)
def test_refusals(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    counts(a=profile("LumA", 1)).to_csv("m.tsv", sep="\t")
    (tmp_path / "ids.tsv").write_text("gene\tname\nERBB2\tx\nESR1\ty\n", encoding="utf-8")
    assert main(["subtype", *words, "--out", "out"]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

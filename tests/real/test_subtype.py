"""Subtypes on real data with known answers (``HER2OMICS_REAL_DATA``)."""

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main
from her2omics.readers import gene_ids
from her2omics.subtype import ranks, scores

DATA = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="HER2OMICS_REAL_DATA is not set")


@pytest.fixture(scope="module")
def unc():
    """Return centred values (200 x 50) and what the reference classifier makes of them."""
    folder = Path(DATA) / "unc_pam50_testset"
    levels = pd.read_csv(folder / "pam50_testdata.tsv", sep="\t", index_col=0)
    levels.index = gene_ids.canonical(levels.index)
    expected = pd.read_csv(folder / "pam50_testdata_assignments.tsv", sep="\t", index_col=0)
    centred = levels.sub(levels.median(axis=1), axis=0)
    return centred.loc[list(ranks.centroids().genes), expected.index].to_numpy().T, expected


def test_the_unc_test_set_is_reproduced_exactly(unc):
    values, expected = unc
    assert np.isnan(values).sum() > 200
    correlation = ranks.correlations(values)
    names = ["basal", "her2", "luminal_a", "luminal_b", "normal"]
    np.testing.assert_allclose(correlation, expected[names], atol=1e-6)
    best, _ = ranks.best_two(correlation)
    assert (np.array(names)[best] == expected["assignment"]).sum() == 200


def test_the_unc_scores_are_reproduced(unc):
    values, expected = unc
    correlation, proliferation = ranks.correlations(values), scores.proliferation(values)
    np.testing.assert_allclose(proliferation, expected["prolif_scores"], atol=1e-6)
    np.testing.assert_allclose(scores.ror_s(correlation), expected["ror_subtype"], atol=1e-6)
    ror_p = scores.ror_p(correlation, proliferation)
    np.testing.assert_allclose(ror_p, expected["ror_prolif"], atol=1e-6)


def test_agreement_with_published_calls_by_centring_rule():
    benchmarks = Path(__file__).resolve().parents[2] / "benchmarks"
    sys.path.insert(0, str(benchmarks))
    try:
        import subtype_centring as benchmark
    finally:
        sys.path.remove(str(benchmarks))
    tcga = benchmark.Tcga(Path(DATA) / "tcga712_pam50")
    found = benchmark.whole(tcga, np.random.default_rng(1)).set_index("rule")
    for rule, (everybody, her2_positive) in benchmark.PUBLISHED.items():
        assert found.loc[rule, "all"] == pytest.approx(everybody, abs=0.015), rule
        assert found.loc[rule, "HER2+"] == pytest.approx(her2_positive, abs=0.015), rule
    assert (found.loc[["fixed_reference", "fixed_reference_offset"], "all"] > 0.955).all()


REPLICATES = [
    ("BP29", "BPF29"),
    ("BP51", "BPF51"),
    ("BP68", "BPF68"),
    ("BP72", "BPF72"),
    ("22M", "22M-DECAL"),
    ("BM03", "BM03-DECAL"),
    ("BM08", "BM08-DECAL"),
]


def test_no_switch_between_replicates_of_one_tumour(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matrix = Path(DATA) / "bone_metastasis_pairs" / "qorts_gene_counts_39samples.tsv.gz"
    samples, units = [], []
    for number, pair in enumerate(REPLICATES):
        for time, name in zip(("baseline", "followup"), pair, strict=True):
            setting = "relapse" if time == "followup" else ""
            # Unknown purity would forbid a switch: with a known one the rule itself is tried.
            samples.append([f"P{number}", name, time, setting, "0.5"])
            units.append([name, "rna", "matrix", "counts", str(matrix)])
    columns = ["patient", "sample", "timepoint", "setting", "purity"]
    pd.DataFrame(samples, columns=columns).to_csv("samples.tsv", sep="\t", index=False)
    columns = ["sample", "assay", "filetype", "unit", "path"]
    pd.DataFrame(units, columns=columns).to_csv("units.tsv", sep="\t", index=False)
    sheets = ["--samples", "samples.tsv", "--units", "units.tsv"]
    assert main(["subtype", *sheets, "--out", "out"]) == 0
    found = tables.read("out", "switches")
    assert len(found) == len(REPLICATES)
    assert not found["call"].eq("switch").any()
    assert found["delta"].abs().median() < 0.35

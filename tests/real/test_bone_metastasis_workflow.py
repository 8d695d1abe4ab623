"""The whole workflow on real pairs: plain ``snakemake`` from sheets written for them.

Needs ``HER2OMICS_REAL_DATA`` with ``bone_metastasis_pairs`` (Priedigkeit 2017, JCI Insight): eleven
pairs of a primary and its bone metastasis; pair 44 is HER2-positive before and after, the other ten
baselines are HER2-negative by IHC.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from her2omics import tables

ROOT = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = [
    pytest.mark.skipif(not ROOT, reason="HER2OMICS_REAL_DATA is not set"),
    pytest.mark.slow,
]
REPO = Path(__file__).resolve().parents[2]
POSITIVE = "44P__44M"
LOSSES = ["downregulation", "clonal_selection", "subtype_switch", "mixed"]


def run(folder, *, with_status):
    data = Path(ROOT).resolve() / "bone_metastasis_pairs"
    given = pd.read_csv(data / "sampleTable_11pairs.tsv", sep="\t", dtype=str)
    followup = given["Tumor"].eq("metastasis")
    samples = pd.DataFrame(
        {
            "patient": "P" + given["Patient"],
            "sample": given["Sample"],
            "timepoint": followup.map({True: "followup", False: "baseline"}),
            "setting": followup.map({True: "metastasis", False: ""}),
        }
    )
    if with_status:
        samples["her2_status"] = given["HER2.Status"].map({"Pos": "positive", "Neg": "negative"})
    units = samples[["sample"]].assign(
        assay="rna",
        filetype="matrix",
        unit="counts",
        path=str(data / "qorts_gene_counts_39samples.tsv.gz"),
    )
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
    units.to_csv(folder / "units.tsv", sep="\t", index=False)
    # Moderated paired differences instead of pydeseq2: the labels do not depend on it.
    settings = ["samples=samples.tsv", "units=units.tsv", "genome_build=GRCh38"]
    words = ["snakemake", "-s", REPO / "Snakefile", "--directory", folder, "--cores", "2"]
    words += ["--config", *settings, "differential_max_pairs=2"]
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, "PATH": search, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tables.read(folder / "results", "cases").set_index("case")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Return the cases with the reported status, and those of the same folder run without it."""
    folder = tmp_path_factory.mktemp("bone_metastases")
    return {known: run(folder, with_status=known) for known in (True, False)}


def test_with_the_reported_status(cases):
    with_status = cases[True]
    assert len(with_status) == 11
    assert with_status.loc[POSITIVE, "label"] == "not_lost"
    others = with_status.drop(index=POSITIVE)
    assert others["label"].eq("not_assessable").all()
    assert others["gates"].str.contains("BASELINE_NOT_POSITIVE").all()


def test_without_the_reported_status(cases):
    without = cases[False]
    assert not (without["label"].isin(LOSSES) & without["call"].isin(["called", "probable"])).any()
    others = without.drop(index=POSITIVE)
    assert others["label"].eq("not_assessable").sum() >= 7

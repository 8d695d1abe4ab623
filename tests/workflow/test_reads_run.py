"""From reads to a label with the real tools, and a run that is killed and started again."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from her2omics import tables
from her2omics.cli import main
from her2omics.reads.tools import problems, version

TOOLS = ("fastp", "bwa", "samtools", "mosdepth", "bcftools", "freebayes", "salmon")
ABSENT = "; ".join(str(problem) for problem in problems(TOOLS))

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

#: A downregulation: purity .59 and .67, the amplified lineage .87 and .88 of the cancer cells.
SEED = 14


def _simulate(out, *options):
    assert main(["simulate", "reads", "--seed", str(SEED), *options, "--out", str(out)]) == 0


@pytest.fixture(scope="module")
def run_of(snakemake, repo):
    """Return a function that runs the workflow on simulated reads."""

    def run(folder, *words):
        done = snakemake(
            *("-s", repo / "Snakefile", "--directory", folder, "--cores", "2", "--quiet", "rules"),
            *("--configfile", folder / "config.yaml", *words),
            cwd=folder,
        )
        assert done.returncode == 0, done.stdout
        return folder / "results"

    return run


@pytest.fixture(scope="module")
def whole(run_of, tmp_path_factory):
    """Return a folder of simulated reads after the whole workflow ran on it."""
    folder = tmp_path_factory.mktemp("whole")
    _simulate(folder)
    run_of(folder)
    return folder


def _read(path):
    return pd.read_csv(path, sep="\t")


def test_the_label_is_right(whole):
    case = tables.read(whole / "results", "cases").iloc[0]
    truth = tables.read(whole, "truth").iloc[0]
    assert case["label"] == truth["label"] == "downregulation"
    assert {"cn", "clones", "rna", "ish"} <= set(case["modalities"].split(";"))
    assert case["p_downregulation"] > 0.8


def test_copies_and_purity_are_those_of_the_genome(whole):
    truth = tables.read(whole, "truth_dna").set_index("sample")
    found = tables.read(whole / "results", "copy_number").set_index("sample").loc[truth.index]
    assert (found["purity"] - truth["purity"]).abs().max() < 0.05
    assert np.abs(np.log2(found["erbb2_copies"] / truth["erbb2_copies"])).max() < 0.3


def test_versions_are_those_of_the_tools(whole):
    written = yaml.safe_load((whole / "results" / "versions.yaml").read_text())["tools"]
    assert {tool: written[tool] for tool in TOOLS} == {tool: version(tool) for tool in TOOLS}


def test_the_trunk_is_clonal(whole):
    truth = tables.read(whole, "truth_mutations").set_index("mutation_id")
    trunk = truth.index[truth["clone"].eq("trunk")]
    found = tables.read(whole / "results", "mutations")
    found = found[found["mutation_id"].isin(trunk)]
    assert found["mutation_id"].nunique() > 0.9 * len(trunk)
    prevalence = found.groupby("sample_id")["cellular_prevalence"].mean()
    assert prevalence.min() > 0.9


def test_tpm_are_those_of_the_library(whole):
    truth = tables.read(whole, "truth_rna")
    for sample, rows in truth.groupby("sample"):
        found = _read(whole / f"results/reads/salmon/{sample}/quant.genes.sf").set_index("Name")
        both = rows.set_index("gene").join(found["TPM"])
        error = np.log2((both["TPM"] + 1) / (both["tpm"] + 1))
        assert abs(error["ERBB2"]) < 0.15
        assert error.abs().quantile(0.95) < 0.3


def test_the_sheets_made_begin_again(whole, her2omics):
    reads = whole / "results" / "reads"
    for name in ("units.tsv", "units_aligned.tsv"):
        words = ["--samples", whole / "samples.tsv", "--units", reads / name]
        run = her2omics("check", *words, "--config", whole / "config.yaml", cwd=whole)
        assert run.returncode == 0, run.stdout
    rows = _read(reads / "units_aligned.tsv")
    assert rows[rows["assay"] == "wes"]["filetype"].eq("bam").all()


def _tables_of(results):
    """Return the hash of every table made of reads."""
    reads = results / "reads"
    files = [
        *reads.glob("bins/*.tsv.gz"),
        *reads.glob("snps/*.tsv.gz"),
        *reads.glob("mutations/*.tsv"),
        *reads.glob("salmon/*/quant.genes.sf"),
    ]
    return {
        str(path.relative_to(reads)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def test_killed_and_started_again(run_of, repo, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    _simulate(first, "--depth", "6", "--rna-pairs", "20000")
    shutil.copytree(first, second)
    expected = _tables_of(run_of(first, "--until", "read_sheets"))
    assert len(expected) == 10  # 2 bins, 3 SNP tables, 3 of mutations, 2 RNA libraries

    words = ["snakemake", "-s", repo / "Snakefile", "--cores", "2", "--until", "read_sheets"]
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    running = subprocess.Popen(
        [*map(str, words), "--configfile", "config.yaml"],
        cwd=second,
        env={**os.environ, "PATH": search},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    begun = second / "results/reads/fastp"
    deadline = time.monotonic() + 300
    while not (begun.is_dir() and any(begun.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.poll() is None
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (second / "results/reads/units.tsv").exists()
    run_of(second, "--unlock")
    assert _tables_of(run_of(second, "--until", "read_sheets")) == expected

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
import pysam
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
    _simulate(folder, "--rna-pairs", "300000")
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
    record = yaml.safe_load((whole / "results" / "versions.yaml").read_text())
    written = record["tools"]
    assert {tool: written[tool] for tool in TOOLS} == {tool: version(tool) for tool in TOOLS}

    hashes = {entry["file"]: entry["sha256"] for entry in record["inputs"] if "sha256" in entry}
    config = yaml.safe_load((whole / "config.yaml").read_text())["reads"]
    keys = ("reference", "snp_sites", "gtf", "transcripts")
    references = [whole / config[key] for key in keys]
    for path in [*(whole / "fastq").glob("*.fastq.gz"), *references]:
        found = [hashes[name] for name in hashes if name.endswith(path.name)]
        assert found == [hashlib.sha256(path.read_bytes()).hexdigest()]


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


#: A patient with a normal, a CRAM without index and a BAM; another normal, and the reads of the BAM
#: once more as CRAM.
GIVEN = """\
patient\tsample\ttimepoint\tsetting
P1\tN1\tnormal\t
P1\tB1\tbaseline\t
P1\tF1\tfollowup\trelapse
P2\tN2\tnormal\t
P2\tB2\tbaseline\t
"""
GIVEN_UNITS = """\
sample\tassay\tfiletype\tpath\tcolumn
N1\twgs\tbam\tN.bam\tP0001-N
B1\twgs\tbam\tlocked/B.cram\tP0001-B
F1\twgs\tbam\tlocked/F.bam\tP0001-F
N2\twgs\tbam\tN2.bam\tP0001-N
B2\twgs\tbam\tF.cram\tP0001-F
"""


def _samtools(*words):
    subprocess.run(["samtools", *map(str, words)], check=True)


def test_genomes_from_bam_and_cram_with_several_normals(run_of, whole, tmp_path):
    made, fasta = whole / "results/reads/bam", whole / "reference/genome.fa"
    locked = tmp_path / "locked"
    locked.mkdir()
    for name, out in (("P0001-B", locked / "B.cram"), ("P0001-F", tmp_path / "F.cram")):
        _samtools("view", "-s", "1.2", "-C", "-T", fasta, "-o", out, made / f"{name}.wes.bam")
    _samtools("view", "-s", "1.2", "-b", "-o", locked / "F.bam", made / "P0001-F.wes.bam")
    for name in ("N.bam", "N2.bam"):
        shutil.copy(made / "P0001-N.wes.bam", tmp_path / name)
    for name in ("N.bam", "N2.bam", "F.cram"):
        _samtools("index", tmp_path / name)
    locked.chmod(0o555)
    (tmp_path / "samples.tsv").write_text(GIVEN)
    (tmp_path / "units.tsv").write_text(GIVEN_UNITS)
    config = yaml.safe_load((whole / "config.yaml").read_text())
    config["genome_tables"] = str(whole / config["genome_tables"])
    names = ("reference", "snp_sites")
    config["reads"] = {name: str(whole / config["reads"][name]) for name in names}
    config["reads"] |= {"wgs_bin": 20_000, "call_mutations": False, "multiqc": "never"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    results = run_of(tmp_path, "--until", "read_sheets")
    locked.chmod(0o755)
    assert sorted(path.name for path in locked.iterdir()) == ["B.cram", "F.bam"]
    # The same reads as BAM and as CRAM; both normals make bins, for a reference of normals.
    snps = results / "reads/snps"
    assert (snps / "F1.wgs.tsv.gz").read_bytes() == (snps / "B2.wgs.tsv.gz").read_bytes()
    assert len(_read(snps / "B1.wgs.tsv.gz")) > 1000
    bins = {path.name[:2]: _read(path) for path in (results / "reads/bins").iterdir()}
    assert set(bins) == {"N1", "B1", "F1", "N2", "B2"}
    assert 19_000 < (bins["B1"]["end"] - bins["B1"]["start"]).median() <= 20_000
    quality = _read(results / "reads/reads_quality.tsv").set_index("sample")
    assert quality["sex"].eq("XX").all()
    assert quality["contamination_high"].max() < 0.01


def test_the_folder_of_another_user_may_be_locked(repo, whole, heeding_permissions, tmp_path):
    bam, fasta = whole / "results/reads/bam/P0001-F.wes.bam", whole / "reference/genome.fa"
    locked = tmp_path / "locked"
    locked.mkdir()
    _samtools("view", "-s", "1.02", "-C", "-T", fasta, "-o", locked / "B.cram", bam)
    _samtools("view", "-s", "1.02", "-b", "-o", locked / "F.bam", bam)
    (tmp_path / "samples.tsv").write_text(
        "patient\tsample\ttimepoint\tsetting\nP1\tB1\tbaseline\t\nP1\tF1\tfollowup\trelapse\n"
    )
    (tmp_path / "units.tsv").write_text(
        "sample\tassay\tfiletype\tpath\tcolumn\n"
        "B1\twgs\tbam\tlocked/B.cram\tP0001-F\nF1\twgs\tbam\tlocked/F.bam\tP0001-F\n"
    )
    config = yaml.safe_load((whole / "config.yaml").read_text())
    config["genome_tables"] = str(whole / config["genome_tables"])
    config["reads"] = {"reference": str(fasta), "call_mutations": False, "multiqc": "never"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    for path in (locked / "B.cram", locked / "F.bam", locked):
        path.chmod(0o555 if path.is_dir() else 0o444)
        if os.geteuid() == 0:
            shutil.chown(path, "nobody")
    words = ["snakemake", "-s", repo / "Snakefile", "--directory", tmp_path, "--cores", "2"]
    words += ["--configfile", tmp_path / "config.yaml", "--until", "index_bam"]
    run = heeding_permissions(*words, cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert sorted(path.name for path in locked.iterdir()) == ["B.cram", "F.bam"]
    made = sorted(path.name for path in (tmp_path / "results/reads/given").iterdir())
    assert made == ["B1.wgs.cram", "B1.wgs.cram.crai", "F1.wgs.bam", "F1.wgs.bam.bai"]

    (locked / "F.bam").chmod(0)
    words = ["reads", "check-lane", "--sample", "F1", "--files", locked / "F.bam"]
    run = heeding_permissions("her2omics", *words, cwd=tmp_path)
    assert run.returncode == 1
    assert "F.bam (F1): may not be read by this user" in run.stdout
    locked.chmod(0o755)


@pytest.mark.skipif(not shutil.which("minimap2"), reason="minimap2 is not on PATH")
def test_minimap2_takes_the_place_of_bwa(run_of, tmp_path):
    _simulate(tmp_path, "--depth", "2", "--modalities", "dna")
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    config["reads"] |= {"aligner": "minimap2", "call_mutations": False, "multiqc": "never"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    reads = run_of(tmp_path, "--until", "merge_lanes") / "reads"
    assert not (reads / "reference").exists()  # minimap2 needs no index
    with pysam.AlignmentFile(reads / "bam/P0001-B.wes.bam") as bam:
        groups = {(group["SM"], group["PU"]) for group in bam.header.to_dict()["RG"]}
        flags = np.array([read.flag for read in bam if not read.flag & 0x900])
    assert groups == {("P0001-B", "L1"), ("P0001-B", "L2")}
    assert np.mean(flags & 0x2 > 0) > 0.99  # both mates where they belong


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


def _give_index(folder, *, of):
    """Copy the aligner's index of the same genome from a folder that has it."""
    genome = "reference/genome.fa"
    assert (folder / genome).read_bytes() == (of / genome).read_bytes()
    index = "results/reads/reference"
    shutil.copytree(of / index, folder / index, copy_function=shutil.copy)  # newer than the genome


def test_killed_and_started_again(run_of, repo, whole, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    _simulate(first, "--depth", "4", "--rna-pairs", "5000")
    shutil.copytree(first, second)
    for folder in (first, second):
        _give_index(folder, of=whole)
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

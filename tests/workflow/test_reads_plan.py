"""What the workflow plans for sheets with reads, and that studies of tables plan none of it."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from her2omics.cli import main

TOOLS = ("fastp", "bwa", "samtools", "bcftools", "mosdepth", "freebayes", "salmon")


def planned(output):
    """Return how often each rule is planned, from the table of a dry run."""
    table = output[output.index("Job stats:") :].split("\n\n")[0].splitlines()[3:]
    return {name: int(count) for name, count in (line.split() for line in table)}


@pytest.fixture(scope="module")
def reads(tmp_path_factory):
    """Return a folder of simulated reads, few of them."""
    out = tmp_path_factory.mktemp("reads")
    options = ["--depth", "2", "--rna-pairs", "1000", "--out", str(out)]
    assert main(["simulate", "reads", "--seed", "3", *options]) == 0
    return out


@pytest.fixture
def tools(tmp_path):
    """Return an environment whose PATH has a stand-in that tells a version for every tool."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        path = folder / name
        path.write_text("#!/bin/sh\necho 1.2.3\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    search = [str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {"PATH": os.pathsep.join(search)}


def _plan(snakemake, repo, folder, settings=None, env=None):
    """Return a dry run; ``settings`` is the text of a second config file."""
    files = [folder / "config.yaml"]
    if settings:
        files.append(folder / "more.yaml")
        files[1].write_text(settings)
    return snakemake(
        *("-n", "-s", repo / "Snakefile", "--directory", folder, "--quiet", "rules"),
        *("--configfile", *files),
        cwd=folder,
        env=env,
    )


def test_from_fastq(snakemake, repo, reads):
    run = _plan(snakemake, repo, reads, "reads: {multiqc: never}\n")
    assert run.returncode == 0, run.stdout
    jobs = planned(run.stdout)
    assert jobs["reference_index"] == 1
    assert jobs["align_lane"] == 4  # two lanes of the baseline
    assert jobs["check_lane"] == 6
    assert jobs["hash_reference"] == 4  # once for all samples
    assert jobs["merge_lanes"] == jobs["depth"] == jobs["pileup"] == 3
    assert jobs["bins"] == 2  # a lone normal is what they are relative to
    assert jobs["salmon"] == jobs["trim_rna"] == 2
    assert jobs["tool_version"] == len(TOOLS)
    assert jobs["somatic_calls"] == jobs["sites"] == jobs["read_sheets"] == 1
    assert "check_bam" not in jobs


def test_multiqc_is_planned_where_it_is_asked_for(snakemake, repo, reads, tools, tmp_path):
    shutil.copy(tmp_path / "bin" / "salmon", tmp_path / "bin" / "multiqc")
    for wanted, planned_jobs in (("auto", 1), ("never", 0)):
        run = _plan(snakemake, repo, reads, f"reads: {{multiqc: {wanted}}}\n", env=tools)
        assert run.returncode == 0, run.stdout
        jobs = planned(run.stdout)
        assert jobs.get("multiqc", 0) == jobs.get("multiqc_content", 0) == planned_jobs


def test_without_calls_and_sites(snakemake, repo, reads):
    run = _plan(snakemake, repo, reads, "reads: {call_mutations: false, snp_sites: null}\n")
    assert run.returncode == 0, run.stdout
    jobs = planned(run.stdout)
    assert jobs["normal_snps"] == 1
    assert "somatic_calls" not in jobs
    assert "snp_sites" not in jobs


def test_tables_plan_no_reads(snakemake, repo, clinic):
    run = snakemake("-n", "-s", repo / "Snakefile", "--quiet", "rules", cwd=clinic)
    assert run.returncode == 0, run.stdout
    jobs = planned(run.stdout)
    assert not {"align_lane", "read_sheets", "windows", "salmon"} & set(jobs)


@pytest.fixture
def no_tools(tmp_path):
    """Return an environment whose PATH has every program of this machine but the tools."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for place in reversed(os.get_exec_path()):  # the first on PATH is linked last, and stays
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    for name in (*TOOLS, "bwa-mem2", "minimap2", "multiqc"):
        (folder / name).unlink(missing_ok=True)
    return {"PATH": os.pathsep.join([str(Path(sys.executable).parent), str(folder)])}


def test_a_dry_run_needs_no_tools(snakemake, repo, reads, no_tools):
    run = _plan(snakemake, repo, reads, "reads: {aligner: minimap2}\n", env=no_tools)
    assert run.returncode == 0, run.stdout
    assert planned(run.stdout)["align_lane"] == 4
    named = ("fastp", "minimap2", "samtools", "mosdepth", "bcftools", "freebayes", "salmon")
    lines = run.stdout.splitlines()
    for name in named:
        (line,) = [line for line in lines if line.startswith(f"  {name}: is not on PATH")]
        assert f"apt-get install {name}" in line
        assert "--sdm conda" in line
    assert not any(line.startswith("  bwa:") for line in lines)


def test_a_run_without_tools_says_so_once(snakemake, repo, reads, no_tools):
    words = ["-s", repo / "Snakefile", "--directory", reads, "--cores", "1", "--quiet", "rules"]
    run = snakemake(*words, "--configfile", reads / "config.yaml", cwd=reads, env=no_tools)
    assert run.returncode == 1
    assert run.stdout.count("Tools that the run needs are missing") == 1
    assert run.stdout.count("is not on PATH") == len(TOOLS)
    assert "Traceback" not in run.stdout
    assert not (reads / "results").exists()


def test_a_missing_tool_is_named_with_the_ways_to_get_it(snakemake, repo, reads, tmp_path, tools):
    folder = tools["PATH"].split(os.pathsep)[0]
    os.remove(f"{folder}/mosdepth")
    (tmp_path / "bin" / "mosdepth").write_text(
        "#!/bin/sh\necho could not load: libhts.so\nexit 1\n"
    )
    (tmp_path / "bin" / "mosdepth").chmod(0o755)
    words = ["-s", repo / "Snakefile", "--directory", reads, "--cores", "1", "--quiet", "rules"]
    run = snakemake(*words, "--configfile", reads / "config.yaml", cwd=reads, env=tools)
    assert run.returncode == 1
    assert "Tools that the run needs are missing" in run.stdout
    assert "does not start (could not load: libhts.so)" in run.stdout
    assert "apt-get install mosdepth libhts-dev" in run.stdout
    assert "--sdm conda" in run.stdout
    assert "Traceback" not in run.stdout
    assert not (reads / "results").exists()


def test_reads_without_reference(snakemake, repo, reads):
    run = _plan(snakemake, repo, reads, "reads: {reference: null}\n")
    assert run.returncode == 1
    assert "reads.reference: the units sheet has DNA reads" in run.stdout

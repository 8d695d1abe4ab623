"""External tools: which are needed, and one message for each that is missing."""

import stat
from pathlib import Path

import yaml

from her2omics.reads import tools

UNITS = "sample\tassay\tfiletype\tpath\nP1-B\twgs\tbam\tb.bam\n"


def _tool(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_every_tool_is_pinned_in_its_environment():
    assert set(tools.ENVIRONMENT) == set(tools.VERSION_OF)
    envs = Path(__file__).resolve().parents[3] / "envs"
    for tool, name in tools.ENVIRONMENT.items():
        packages = yaml.safe_load((envs / f"{name}.yaml").read_text())["dependencies"]
        pinned = dict(package.split(" =") for package in packages)
        assert pinned[tool].count(".") >= 1


def test_what_a_plan_needs(study, tmp_path):
    found, _ = study(UNITS)
    assert tools.needed(found) == ["mosdepth", "bcftools", "freebayes"]
    (tmp_path / "b.bam.bai").unlink()
    assert tools.needed(found)[0] == "samtools"  # it makes the index
    found, _ = study(UNITS, settings={"reads.call_mutations": False})
    assert tools.needed(found) == ["mosdepth", "bcftools"]
    fastq = UNITS.replace("bam\tb.bam", "fastq\tb.fq")
    found, _ = study(fastq, settings={"reads.aligner": "minimap2"})
    assert tools.needed(found)[:3] == ["fastp", "minimap2", "samtools"]
    assert "multiqc" not in tools.needed(found)
    found, _ = study(fastq, settings={"reads.multiqc": "always"})
    assert tools.needed(found)[-1] == "multiqc"
    empty, _ = study("sample\tassay\tfiletype\tpath\n")
    assert tools.needed(empty) == []


def test_multiqc_runs_where_it_is(study, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    auto, _ = study(UNITS)
    never, _ = study(UNITS, settings={"reads.multiqc": "never"})
    tables_only, _ = study("sample\tassay\tfiletype\tpath\n")
    assert not tools.multiqc_wanted(auto, deployed=False)
    assert tools.multiqc_wanted(auto, deployed=True)
    assert not tools.multiqc_wanted(tables_only, deployed=True)
    _tool(tmp_path / "bin", "multiqc", "echo multiqc, version 1.35")
    assert tools.multiqc_wanted(auto, deployed=False)
    assert not tools.multiqc_wanted(never, deployed=True)
    assert tools.version("multiqc") == "1.35"
    assert tools.problems(["multiqc"]) == []
    (tmp_path / "bin" / "multiqc").unlink()
    (message,) = [str(problem) for problem in tools.problems(["multiqc"])]
    assert "pipx install multiqc" in message
    assert "reads: {multiqc: never}" in message


def test_missing_and_broken_tools_and_versions(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    _tool(tmp_path, "bwa", "echo 'Version: 0.7.17-r1188' >&2; exit 1")
    _tool(tmp_path, "mosdepth", "echo 'could not load: libhts.so'; exit 1")
    assert tools.version("bwa") == "0.7.17-r1188"
    assert tools.version("samtools") is None
    found = [str(problem) for problem in tools.problems(["bwa", "samtools", "mosdepth"])]
    (other,) = [str(problem) for problem in tools.problems(["bwa-mem2"])]
    assert "apt-get" not in other  # Debian has no package of it
    assert "reads: {aligner: bwa}" in other
    assert len(found) == 2
    assert found[0].startswith("samtools: is not on PATH: install it (Debian: `apt-get install")
    assert "--sdm conda" in found[0]
    assert "does not start (could not load: libhts.so)" in found[1]
    assert "libhts-dev" in found[1]

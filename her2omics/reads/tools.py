"""The external tools: which ones a plan needs, whether they start, and their versions."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable

from her2omics.errors import Problem
from her2omics.reads.plan import Plan

#: Tool -> arguments with which it tells its version.
VERSION_OF = {
    "fastp": ("--version",),
    "bwa": (),
    "bwa-mem2": ("version",),
    "minimap2": ("--version",),
    "samtools": ("--version",),
    "bcftools": ("--version",),
    "freebayes": ("--version",),
    "mosdepth": ("--version",),
    "salmon": ("--version",),
    "multiqc": ("--version",),
}
#: Tool -> environment of ``envs/`` that has it.
ENVIRONMENT = {
    **dict.fromkeys(("fastp", "bwa", "bwa-mem2", "minimap2", "samtools"), "align"),
    **dict.fromkeys(("bcftools", "freebayes", "mosdepth"), "variants"),
    "salmon": "salmon",
    "multiqc": "multiqc",
}
_NUMBER = re.compile(r"\d+\.\d+[\w.+-]*")
_WAYS = (
    "install it (Debian: `apt-get install {package}`; conda: `conda install -c conda-forge -c "
    "bioconda {tool}`), or let Snakemake do it: `--sdm conda`"
)
#: Debian's mosdepth opens libhts.so, which comes with this package.
_PACKAGES = {"mosdepth": "mosdepth libhts-dev"}
#: Tools that Debian 12 does not have: another way to get them.
_OTHER_WAYS = {
    "bwa-mem2": "install it (conda: `conda install -c conda-forge -c bioconda bwa-mem2`, or the "
    "binary of its release), let Snakemake do it: `--sdm conda`, or take another aligner: "
    "`reads: {aligner: bwa}`",
    "multiqc": "install it (`pipx install multiqc`; conda: `conda install -c conda-forge -c "
    "bioconda multiqc`), let Snakemake do it: `--sdm conda`, or leave it out: "
    "`reads: {multiqc: never}`",
}


def multiqc_wanted(plan: Plan, *, deployed: bool) -> bool:
    """Return whether MultiQC runs: ``auto`` means where it is on PATH, or Snakemake brings it."""
    wanted = plan.study.config["reads"]["multiqc"]
    if plan.empty or wanted == "never":
        return False
    return wanted == "always" or deployed or shutil.which("multiqc") is not None


def needed(plan: Plan, *, deployed: bool = False) -> list[str]:
    """Return the external tools that a plan runs, in the order of their first use.

    ``deployed`` says that Snakemake makes the environments of ``envs/``.
    """
    tools: list[str] = []
    reads = plan.study.config["reads"]
    if any(alignment.lanes for alignment in plan.alignments):
        tools += ["fastp", reads["aligner"], "samtools"]
    if any(alignment.without_index for alignment in plan.alignments):
        tools.append("samtools")
    if plan.alignments:
        tools += ["mosdepth", "bcftools"]
    if any(plan.mutation_source(one.patient) == "called" for one in plan.alignments):
        tools.append("freebayes")
    if plan.rna:
        tools += ["fastp", "salmon"]
    if multiqc_wanted(plan, deployed=deployed):
        tools.append("multiqc")
    return list(dict.fromkeys(tools))


def problems(tools: Iterable[str]) -> list[Problem]:
    """Return one problem per tool that is not on PATH or does not start."""
    found = []
    for tool in tools:
        ways = _OTHER_WAYS.get(tool) or _WAYS.format(tool=tool, package=_PACKAGES.get(tool, tool))
        if shutil.which(tool) is None:
            found.append(Problem(f"is not on PATH: {ways}", file=tool))
        elif version(tool) is None:
            said = _output(tool).strip().splitlines()
            reason = said[0] if said else "it says nothing"
            message = f"{shutil.which(tool)} does not start ({reason}): {ways}"
            found.append(Problem(message, file=tool))
    return found


def version(tool: str) -> str | None:
    """Return the version of a tool on PATH, ``None`` where it cannot be had."""
    if shutil.which(tool) is None:
        return None
    match = _NUMBER.search(_output(tool))
    return match[0] if match else None


def _output(tool: str) -> str:
    run = subprocess.run(
        [tool, *VERSION_OF[tool]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return run.stdout

"""From a BAM of six million different reads to bins and allele counts: CPU and memory side by side.

Usage: python benchmarks/reads_speed.py --reads 6000000 --rounds 3 --out FOLDER

Draws the molecules of a normal on the mini genome (every pair a molecule of its own, no copies),
writes them as a sorted BAM, and runs, taking turns,
  ours   the commands of the rules depth, bins, pileup and allele_counts
  tools  mosdepth in the same windows and one `bcftools mpileup -T` over the same sites
Prints the CPU seconds (user and system) of each command, the largest memory of a process, and the
ratio of the sums: the smallest of the rounds each.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.cli import main as her2omics
from her2omics.simulate.dna_mutations import Mutations
from her2omics.simulate.reads import molecules
from her2omics.simulate.reads.design import mini_exome
from her2omics.simulate.reads.mini_genome import mini_genome
from her2omics.simulate.reads.molecules import Chemistry, Molecules

_LENGTH = 100
_READS_PER_DEPTH = 5400  # of the mini exome, measured
_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
_CHUNK = 200_000


def sam_lines(drawn: Molecules, reference: np.ndarray, rng: np.random.Generator) -> Iterator[bytes]:
    """Yield the two alignments of each molecule, as they lie; one base in a thousand is wrong."""
    where = mini_genome().where
    chromosome = where.chromosome(drawn.start)
    names = [f"chr{name}".encode() for name in where.genome.contigs.index]
    quality = b"F" * _LENGTH
    for first in range(0, len(drawn.start), _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, len(drawn.start)))
        rows = rows[drawn.length[rows] >= _LENGTH]
        left, right = drawn.start[rows], drawn.start[rows] + drawn.length[rows] - _LENGTH
        bases = reference[np.stack([left, right])[..., None] + np.arange(_LENGTH)]
        _change(bases, drawn, rows, left, right)
        wrong = rng.random(bases.shape, dtype=np.float32) < 0.001
        bases[wrong] = (bases[wrong] + rng.integers(1, 4, int(wrong.sum()))) % 4
        text = _BASES[bases]
        starts = where.starts[chromosome[rows]]
        for k, row in enumerate(rows):
            contig = names[chromosome[row]]
            a, b, size = left[k] - starts[k] + 1, right[k] - starts[k] + 1, drawn.length[row]
            flags = (99, 147) if drawn.top[row] else (163, 83)
            one = b"m%d\t%d\t%s\t%d\t60\t100M\t=\t%d\t%d\t%s\t%s\tRG:Z:a\n"
            sequence = text[0, k].tobytes(), text[1, k].tobytes()
            yield one % (row, flags[0], contig, a, b, size, sequence[0], quality)
            yield one % (row, flags[1], contig, b, a, -size, sequence[1], quality)


def _change(
    bases: np.ndarray, drawn: Molecules, rows: np.ndarray, left: np.ndarray, right: np.ndarray
) -> None:
    """Write the alleles of molecules into the bases of their reads, in place."""
    low, high = np.searchsorted(drawn.change_of, [rows[0], rows[-1] + 1])
    of, at, to = (x[low:high] for x in (drawn.change_of, drawn.change_at, drawn.change_to))
    k = np.searchsorted(rows, of)
    known = (k < len(rows)) & (rows[np.minimum(k, len(rows) - 1)] == of)
    k, at, to = k[known], at[known], to[known]
    for mate, begin in enumerate((left, right)):
        offset = at - (begin[k] - left[k])
        inside = (offset >= 0) & (offset < _LENGTH)
        bases[mate, k[inside], offset[inside]] = to[inside]


def make_bam(study: Path, out: Path, *, reads: int) -> None:
    """Write a sorted BAM of a normal's reads, with the references of a simulated study."""
    lines = (study / "reference/genome.fa").read_bytes().split(b"\n")
    letters = np.frombuffer(b"".join(x for x in lines if not x.startswith(b">")), dtype=np.uint8)
    reference = np.searchsorted(_BASES, letters).astype(np.uint8)
    sites = mini_exome().design.sites
    rng = np.random.default_rng(6)
    genotype = (rng.random((2, len(sites.place))) < sites.frequency).astype(np.int8)
    nothing = _no_mutations()
    alt = reference[sites.place] ^ 2
    person = molecules.Person(genotype, alt, nothing, np.zeros(0, dtype=np.uint8))
    chemistry = Chemistry(reads / _READS_PER_DEPTH, 200.0, 35.0, 0.0, 0.0)
    drawn = molecules.draw(rng, person, None, None, chemistry, reference)
    head = ["@HD\tVN:1.6\tSO:unsorted"]
    contigs = mini_genome().where.genome.contigs["length"].items()
    head += [f"@SQ\tSN:chr{name}\tLN:{length}" for name, length in contigs]
    head.append("@RG\tID:a\tSM:P0001-N")
    words = ["samtools", "sort", "-l", "6", "-m", "512M", "-T", f"{out}.sorting", "-o", out, "-"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as sorting:
        assert sorting.stdin is not None
        sorting.stdin.write("\n".join([*head, ""]).encode())
        sorting.stdin.writelines(sam_lines(drawn, reference, rng))
    subprocess.run(["samtools", "index", out], check=True)


def _no_mutations() -> Mutations:
    """Return the mutations of someone who has none."""
    empty = np.zeros(0, dtype=np.int64)
    table = pd.DataFrame({"clone": pd.Series(dtype=object), "ref": pd.Series(dtype=object)})
    none = np.zeros((0, 0))
    return Mutations(table, empty, empty, none, none, none)


#: Run by a Python of its own: the memory of a process counts what it was forked from.
_MEASURE = """
import resource, subprocess, sys
silent = subprocess.DEVNULL
done = subprocess.run(sys.argv[1], shell=True, stdout=silent, stderr=silent)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def cost(command: str) -> tuple[float, float]:
    """Run a shell command; return its CPU seconds and the memory of its largest process, MB."""
    words = [sys.executable, "-S", "-c", _MEASURE, command]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    if said[0] != "0":
        raise SystemExit(f"failed: {command}")
    return float(said[1]), float(said[2])


def main() -> None:
    """Print one row per command and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=6_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    study, bam = args.out / "study", args.out / "reads.bam"
    if not bam.is_file():
        words = ["--seed", "3", "--depth", "1", "--modalities", "dna", "--out", str(study)]
        her2omics(["simulate", "reads", *words])
        make_bam(study, bam, reads=args.reads)
    count = subprocess.run(
        ["samtools", "view", "-c", bam], check=True, capture_output=True, text=True
    )
    print(f"reads\t{count.stdout.strip()}")
    q = {name: shlex.quote(str(path)) for name, path in {"s": study, "o": args.out}.items()}
    q["f"] = f"{q['s']}/reference/genome.fa"
    sheets = "--samples samples.tsv --units units.tsv --config config.yaml"
    out = shlex.quote(str(args.out.absolute()))
    for step in (
        f"windows {sheets} --targets reference/targets.bed --out {out}/w.tsv --bed {out}/w.bed",
        f"snps {sheets} --windows {out}/w.tsv --out {out}/snps.vcf",
    ):
        cost(f"cd {q['s']} && her2omics reads {step}")
    positions = f"grep -v '^#' {q['o']}/snps.vcf | cut -f 1,2 > {q['o']}/positions.tsv"
    cost(positions)
    mosdepth = "mosdepth -n -t 1 -Q 20 -f {f} --by {o}/w.bed {o}/depth {o}/reads.bam".format(**q)
    pileup = (
        "bcftools mpileup --no-version -B -d 100000 -a AD -q 20 -Q 20 -T {o}/positions.tsv -f {f}"
        " -O z -o {o}/pileup.vcf.gz {o}/reads.bam"
    ).format(**q)
    ours = {
        "mosdepth": mosdepth,
        "bins": "her2omics reads bins --windows {o}/w.tsv --depth {o}/depth.regions.bed.gz"
        " --out {o}/bins.tsv.gz".format(**q),
        "pileup": pileup,
        "counts": "her2omics reads counts --sample N --pileup {o}/pileup.vcf.gz"
        " --snp-sites {o}/snps.vcf --snps {o}/snps.tsv.gz".format(**q),
    }
    tools = {"mosdepth": mosdepth, "pileup": pileup}
    sums = {"ours": np.inf, "tools": np.inf}
    best: dict[tuple[str, str], tuple[float, float]] = {}
    for _ in range(args.rounds):
        for name, commands in (("ours", ours), ("tools", tools)):
            found = {step: cost(command) for step, command in commands.items()}
            total = sum(cpu for cpu, _ in found.values())
            if total < sums[name]:
                sums[name] = total
                best |= {(name, step): value for step, value in found.items()}
    for (name, step), (cpu, memory) in best.items():
        print(f"{name}\t{step}\t{cpu:.1f} s\t{memory:.0f} MB")
    print(
        f"ratio\t{sums['ours']:.1f} s / {sums['tools']:.1f} s = {sums['ours'] / sums['tools']:.2f}"
    )


if __name__ == "__main__":
    main()

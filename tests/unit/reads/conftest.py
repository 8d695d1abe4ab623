"""A small reference with its index, a genome build that fits it, and studies with reads."""

import numpy as np
import pandas as pd
import pysam
import pytest

from her2omics.genome import Genome
from her2omics.reads.plan import plan
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study

CONTIGS = {"chr1": 40_000, "chr17": 60_000, "chrX": 20_000}
SAMPLES = """\
patient\tsample\ttimepoint\tsetting
P1\tP1-N\tnormal\t
P1\tP1-B\tbaseline\t
P1\tP1-F\tfollowup\trelapse
P2\tP2-B\tbaseline\t
P2\tP2-F\tfollowup\trelapse
"""


@pytest.fixture(scope="session")
def fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "genome.fa"
    rng = np.random.default_rng(1)
    with path.open("w") as handle:
        for name, length in CONTIGS.items():
            bases = rng.choice(list("ACGT"), length)
            if name == "chr1":
                bases[10_000:20_000] = "N"
            handle.write(f">{name}\n")
            text = "".join(bases)
            handle.writelines(f"{text[k : k + 60]}\n" for k in range(0, length, 60))
    pysam.faidx(str(path))
    return path


@pytest.fixture(scope="session")
def build():
    contigs = pd.DataFrame(
        {
            "chromosome": ["1", "17", "X"],
            "length": list(CONTIGS.values()),
            "centromere_start": [15_000, 20_000, 8_000],
            "centromere_end": [16_000, 22_000, 9_000],
        }
    ).set_index("chromosome")
    genes = pd.DataFrame(
        {"gene": ["ERBB2"], "chromosome": ["17"], "start": [30_000], "end": [34_000]}
    ).set_index("gene")
    return Genome("custom", contigs, genes)


@pytest.fixture
def study(tmp_path, fasta):
    """Return a function that makes the plan of a units sheet; named files are made, empty."""

    def make(units, *, settings=None, samples=SAMPLES, folder="results/reads"):
        (tmp_path / "samples.tsv").write_text(samples)
        lines = units.splitlines()
        (tmp_path / "units.tsv").write_text("\n".join(lines) + "\n")
        header = lines[0].split("\t")
        for line in lines[1:]:
            row = dict(zip(header, line.split("\t"), strict=True))
            for column in ("path", "path2", "targets"):
                if row.get(column):
                    (tmp_path / row[column]).touch()
                    if row[column].endswith(".bam"):
                        (tmp_path / f"{row[column]}.bai").touch()
        given = {"reads.reference": str(fasta)} | (settings or {})
        config = read_config(None, given)
        read = read_study(tmp_path / "samples.tsv", tmp_path / "units.tsv", config=config)
        return plan(read, tmp_path / folder)

    return make


@pytest.fixture
def library(tmp_path, fasta):
    """Return a function that writes read pairs and opens them as BAM."""
    with pysam.FastaFile(str(fasta)) as sequences:
        text = sequences.fetch("chr17", 0, 60_000)

    def make(pairs, size=100, name="library.bam", sample=None):
        header = {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chr17", "LN": 60_000}]}
        if sample:
            header["RG"] = [{"ID": "a", "SM": sample}]
        reads = []
        for number, pair in enumerate(pairs):
            start, end = pair["start"], pair["end"]
            for reverse, left in ((False, start), (True, end - size)):
                read = pysam.AlignedSegment()
                bases = list(text[left : left + size])
                for place, base in pair.get("changes", {}).items():
                    mates = pair.get("mates", (False, True))
                    if left <= place < left + size and reverse in mates:
                        bases[place - left] = base
                read.query_name, read.reference_id, read.reference_start = f"m{number}", 0, left
                read.query_sequence = "".join(bases)
                read.cigartuples = pair.get("cigar", [(0, size)])
                read.mapping_quality = pair.get("mapping", 60)
                first = pair["top"] != reverse  # read 1 lies on the sequenced strand
                read.flag = 0x1 | 0x2 | (0x10 if reverse else 0x20) | (0x40 if first else 0x80)
                read.flag |= pair.get("flag", 0)
                quality = np.full(size, 37, dtype=np.uint8)
                quality[pair.get("poor", [])] = 10
                read.query_qualities = quality.tolist()
                reads.append(read)
        reads.sort(key=lambda read: read.reference_start)
        path = str(tmp_path / name)
        with pysam.AlignmentFile(path, "wb", header=header) as out:
            for read in reads:
                out.write(read)
        pysam.index(path)
        return pysam.AlignmentFile(path)

    make.text = text
    return make

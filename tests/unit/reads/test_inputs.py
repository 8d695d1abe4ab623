"""One clear message for every file that cannot be worked with."""

import gzip
from dataclasses import replace

import numpy as np
import pysam
import pytest

from her2omics.errors import InputError
from her2omics.reads.inputs import check_bam, check_lane
from her2omics.reads.plan import Alignment, Lane
from her2omics.simulate.reads import fastq


def _fastq(path, names, mate=""):
    text = "".join(f"@{name}{mate}\nACGT\n+\nFFFF\n" for name in names)
    path.write_bytes(gzip.compress(text.encode()))
    return str(path)


def _lane(*files):
    return Lane("x", "P1-B", tuple(files), "L1", "x")


def test_sound_lanes(tmp_path):
    names = [f"r{k}" for k in range(5)]
    one = _fastq(tmp_path / "1.fq.gz", names, " 1:N:0:ACGT")
    two = _fastq(tmp_path / "2.fq.gz", names, " 2:N:0:ACGT")
    assert check_lane(_lane(one, two)) == 5
    assert check_lane(_lane(_fastq(tmp_path / "s.fq.gz", names))) == 5
    old = [_fastq(tmp_path / f"o{k}.fq.gz", names, f"/{k}") for k in (1, 2)]
    assert check_lane(_lane(*old)) == 5


def _refused(*files):
    with pytest.raises(InputError) as caught:
        check_lane(_lane(*files))
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_wrong_lanes(tmp_path):
    names = [f"r{k}" for k in range(5)]
    one = _fastq(tmp_path / "1.fq.gz", names, " 1:N:0")
    two = _fastq(tmp_path / "2.fq.gz", names, " 2:N:0")
    assert "swap path and path2" in _refused(two, one)
    other = _fastq(tmp_path / "o.fq.gz", ["q1", *names[1:]], " 2:N:0")
    assert "'q1' stands where 'r0' is expected" in _refused(one, other)
    short = _fastq(tmp_path / "s.fq.gz", names[:3], " 2:N:0")
    assert "has 3 reads, read 1" in _refused(one, short)

    empty = tmp_path / "e.fq.gz"
    empty.write_bytes(gzip.compress(b""))
    assert "is empty" in _refused(str(empty))
    cut = tmp_path / "c.fq.gz"
    content = fastq.text("r", np.arange(500), *_random())
    cut.write_bytes(gzip.compress(content)[:-200])
    assert "is cut off: copy or download it again" in _refused(str(cut))
    lines = tmp_path / "l.fq.gz"
    lines.write_bytes(gzip.compress(b"@r\nACGT\n+\nFFFF\n@r\nAC"))
    assert "6 lines are no whole number of reads" in _refused(str(lines))
    page = tmp_path / "p.fq"
    page.write_text("<html>\n\n\n\n")
    assert "is no FASTQ file" in _refused(str(page))


def _random():
    rng = np.random.default_rng(1)
    bases = rng.integers(0, 4, (500, 50)).astype(np.uint8)
    return bases, np.full(bases.shape, 37, dtype=np.uint8)


@pytest.fixture
def make_bam(tmp_path):
    def make(
        name="b.bam", *, sample="P1-B", contigs=(("chr1", 40_000), ("chr17", 60_000)), order=True
    ):
        header = {"SQ": [{"SN": contig, "LN": length} for contig, length in contigs]}
        header["HD"] = {"VN": "1.6", "SO": "coordinate" if order else "unsorted"}
        header["RG"] = [{"ID": name, "SM": sample} for name, sample in enumerate(sample.split("+"))]
        header["RG"] = [{"ID": str(group["ID"]), "SM": group["SM"]} for group in header["RG"]]
        path = str(tmp_path / name)
        with pysam.AlignmentFile(path, "wb", header=header) as out:
            for place in range(100, 1100):
                read = pysam.AlignedSegment(out.header)
                read.query_name, read.reference_id, read.reference_start = "r", 0, place
                read.query_sequence, read.cigarstring = "ACGTACGT", "8M"
                out.write(read)
        pysam.index(path)
        return path

    return make


ALIGNMENT = Alignment("P1-B.wgs", "P1-B", "P1", "baseline", "wgs", None, "wgs", (), None, None)


def _messages(path, build, fasta, **changes):
    with pytest.raises(InputError) as caught:
        check_bam(replace(ALIGNMENT, bam=path, **changes), genome=build, reference=fasta)
    return [str(problem) for problem in caught.value.problems]


def test_a_sound_bam(make_bam, build, fasta, tmp_path):
    check_bam(replace(ALIGNMENT, bam=make_bam()), genome=build, reference=fasta)
    (tmp_path / "b.bam.bai").unlink()  # one is made later
    check_bam(replace(ALIGNMENT, bam=str(tmp_path / "b.bam")), genome=build, reference=fasta)
    named = replace(ALIGNMENT, bam=make_bam(sample="LAB7"), column="LAB7")
    check_bam(named, genome=build, reference=fasta)


def test_wrong_bams(make_bam, build, fasta):
    (message,) = _messages(make_bam(sample="LAB7"), build, fasta)
    assert "say sample (SM) LAB7, expected P1-B" in message
    (message,) = _messages(make_bam(sample="A+B"), build, fasta)
    assert "reads of several samples (A, B)" in message
    (message,) = _messages(make_bam(contigs=[("chr17", 81_195_210)]), build, fasta)
    assert "says that chromosome 17 has 81195210 bp; in custom it has 60000" in message
    (message,) = _messages(make_bam(contigs=[("17", 60_000)]), build, fasta)
    assert "names contigs without chr (17)" in message
    assert any("is not sorted" in m for m in _messages(make_bam(order=False), build, fasta))


def test_a_bam_that_is_cut_off(make_bam, build, fasta, tmp_path):
    path = make_bam()
    content = (tmp_path / "b.bam").read_bytes()
    (tmp_path / "b.bam").write_bytes(content[:-28])
    messages = _messages(path, build, fasta)
    assert len(messages) == 1
    assert "is cut off" in messages[0]
    (tmp_path / "b.bam").write_bytes(b"no bam at all" + content[-28:])
    (message,) = _messages(path, build, fasta)
    assert "cannot be read" in message

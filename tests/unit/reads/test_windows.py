"""Windows of targets, between them, and of whole genomes."""

import numpy as np
import pytest

from her2omics.errors import InputError
from her2omics.reads import windows as module
from her2omics.reads.windows import windows


def test_targets_and_what_lies_between(fasta, build, tmp_path):
    bed = tmp_path / "x.bed"
    # Overlapping and touching targets, one longer than a piece, and one without chr.
    bed.write_text("chr17\t1000\t1300\nchr17\t1200\t1400\nchr17\t1400\t1500\n17\t9000\t10200\n")
    frame = windows(fasta, genome=build, targets=bed, length=4000)
    on = frame[frame["on_target"]]
    assert on[["chromosome", "start", "end"]].to_numpy().tolist() == [
        ["chr17", 1000, 1500],
        ["chr17", 9000, 9400],
        ["chr17", 9400, 9800],
        ["chr17", 9800, 10200],
    ]
    off = frame[~frame["on_target"]]
    assert off["end"].sub(off["start"]).between(1000, 4000).all()
    on_17 = off[off["chromosome"] == "chr17"]
    for start, end in ((1000, 1500), (9000, 10200)):
        apart = (on_17["end"] <= start - module.MARGIN) | (on_17["start"] >= end + module.MARGIN)
        assert apart.all()
    for _, rows in frame.groupby("chromosome"):
        assert rows["start"].is_monotonic_increasing


def test_a_grid_leaves_out_what_has_no_sequence(fasta, build):
    frame = windows(fasta, genome=build, targets=None, length=5000)
    assert not frame["on_target"].any()
    one = frame[frame["chromosome"] == "chr1"]
    assert one["start"].tolist() == [0, 5000, 20_000, 25_000, 30_000, 35_000]
    assert frame["gc"].between(0.4, 0.6).all()
    assert frame["chromosome"].drop_duplicates().tolist() == ["chr1", "chr17", "chrX"]


def test_gc_is_counted(fasta, build):
    import pysam

    frame = windows(fasta, genome=build, targets=None, length=7000)
    with pysam.FastaFile(str(fasta)) as sequences:
        for row in frame.sample(5, random_state=1).itertuples():
            text = sequences.fetch(row.chromosome, row.start, row.end).replace("N", "")
            assert row.gc == pytest.approx(np.mean([base in "GC" for base in text]))


def test_a_reference_of_another_build(fasta, build):
    from dataclasses import replace

    other = replace(build, contigs=build.contigs.assign(length=build.contigs["length"] + 1))
    with pytest.raises(InputError, match=r"reads\.reference: the file says that chromosome 1"):
        windows(fasta, genome=other, targets=None, length=5000)

"""Allele counts: plain tables and snp-pileup."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from her2omics.readers.snps import COLUMNS, read_snps

HEADER = ("chromosome", "position", "ref_count", "alt_count")
PILEUP = (
    "Chromosome", "Position", "Ref", "Alt", "File1R", "File1A", "File1E", "File1D",
    "File2R", "File2A", "File2E", "File2D", "File3R", "File3A", "File3E", "File3D",
)  # fmt: skip


def test_a_plain_table(write, grch38):
    rows = [("chr17", 50, 3, 4), ("chr2", 7, 10, ""), ("chrM", 1, 5, 5)]
    found = read_snps(write(HEADER, *rows), genome=grch38, shown="s")
    assert tuple(found.frame.columns) == COLUMNS
    assert found.frame[["chromosome", "position"]].to_numpy().tolist() == [["2", 7], ["17", 50]]
    assert found.frame["alt_count"].isna().tolist() == [True, False]
    assert found.frame["normal_ref_count"].isna().all()
    assert (found.file, found.dropped, found.normal_file) == ("s", {"chrM": 1}, None)


def test_a_plain_table_with_the_normals_counts(write, grch38, messages):
    path = write((*HEADER, "normal_ref_counts", "normal_alt_counts"), ("1", 5, 3, 4, 20, 21))
    found = read_snps(path, genome=grch38, shown="s")
    assert found.frame.iloc[0].tolist() == ["1", 5, 3, 4, 20, 21]
    assert found.normal_file == "s"
    half = write((*HEADER, "normal_ref_count"), ("1", 5, 3, 4, 20))
    assert messages(read_snps, half, genome=grch38) == [
        f"{half} line 1: no column normal_alt_count: the normal's counts come in pairs (found "
        "chromosome, position, ref_count, alt_count, normal_ref_count)"
    ]


def test_snp_pileup_holds_the_normal_first(write, grch38, messages):
    rows = [(1, 900, "A", "C", 20, 21, 0, 0, 30, 31, 0, 0, 40, 41, 0, 0)]
    path = write(PILEUP, *rows, separator=",")
    found = read_snps(path, genome=grch38)
    assert found.frame.iloc[0].tolist() == ["1", 900, 30, 31, 20, 21]
    assert read_snps(path, genome=grch38, column="File3").frame.iloc[0, 2:4].tolist() == [40, 41]
    normal = read_snps(path, genome=grch38, column="File1")
    assert normal.frame.iloc[0, 2:4].tolist() == [20, 21]
    assert normal.normal_file is None
    assert messages(read_snps, path, genome=grch38, column="P1_B", sample="P1_B", shown="p") == [
        "p line 1 (P1_B): no counts of P1_B: found File1, File2, File3, of which File1 is the "
        "normal; name the sample's in `column` of the units sheet"
    ]


def test_samples_of_one_table(write, grch38):
    path = write(
        (*HEADER, "sample_id", "ID"), ("1", 5, 3, 4, "A", "rs1"), ("1", 5, 7, 8, "B", "rs1")
    )
    assert read_snps(path, genome=grch38, sample="B").frame.iloc[0, 2:4].tolist() == [7, 8]


def test_several_alternative_alleles_are_left_out_and_counted(write, grch38):
    rows = [("1", number, 5, 5) for number in range(1, 60)] + [("1", 30, 5, 0), ("1", 30, 5, 1)]
    found = read_snps(write(HEADER, *rows), genome=grch38)
    assert found.multiallelic == 1
    assert len(found.frame) == 58
    assert 30 not in set(found.frame["position"])


@settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(order=st.permutations(range(8)), prefix=st.sampled_from(["", "chr"]))
def test_order_and_prefix_change_nothing(write, grch38, order, prefix):
    rows = [(name, place, place, 2) for name in ("2", "10", "X") for place in (5, 17, 40)][:8]
    turned = [(prefix + rows[index][0], *rows[index][1:]) for index in order]
    found = read_snps(write(HEADER, *turned), genome=grch38).frame
    assert list(found.iloc[:, :4].itertuples(index=False, name=None)) == rows


BAD = {
    "no counts": (
        ["chromosome\tposition\tbaf", "1\t5\t0.5"],
        "s line 1: no column ref_count and alt_count: SNPs are chromosome, position",
    ),
    "fractions": (["\t".join(HEADER), "1\t5\t0.5\t3"], "s line 2: ref_count: 0.5 is no number"),
    "negative": (["\t".join(HEADER), "1\t5\t5\t-3"], "s line 2: alt_count: -3 is no number of"),
    "position 0": (["\t".join(HEADER), "1\t0\t5\t3"], "s line 2: position: 0 lies before the"),
    "repeated": (
        ["\t".join(HEADER), "1\t7\t5\t3", "1\t7\t5\t3"],
        "s line 3: position: a second row of 1:7, which line 2 already has: keep one",
    ),
    "other build": (
        ["\t".join(HEADER), "17\t83000000\t5\t3"],
        "position 83000000 lies beyond chromosome 17, which has 81195210 bp in GRCh37: the file "
        "fits GRCh38",
    ),
}


@pytest.mark.parametrize(("lines", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_snps(write, grch37, messages, lines, message):
    found = messages(read_snps, write(*lines), genome=grch37, shown="s")
    assert len(found) == 1
    assert message in found[0]


def test_100_000_snps_are_read_in_well_under_a_second(tmp_path, grch38):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"chromosome": "chr17", "position": np.arange(100_000) * 800 + 1})
    for name in HEADER[2:]:
        frame[name] = rng.integers(0, 99, len(frame))
    path = tmp_path / "s.tsv.gz"
    frame.to_csv(path, sep="\t", index=False)
    started = time.process_time()
    assert len(read_snps(path, genome=grch38).frame) == 100_000
    assert time.process_time() - started < 0.8

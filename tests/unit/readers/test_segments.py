"""Segments of every program that is named, told apart by their columns."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from her2omics.readers.segments import COLUMNS, read_segments

# Header and two rows of each program: the whole of chromosome 8, and ERBB2.
PROGRAMS = {
    "cnvkit": (
        "chromosome start end gene log2 baf cn cn1 cn2 depth probes weight",
        "chr8 0 145000000 A,B -0.5 . 1 0 1 80 900 700",
        "chr17 39600000 39900000 ERBB2 3.0 .02 16 15 1 900 12 9",
    ),
    "cnvkit bare": (
        "chromosome start end gene log2 depth probes weight",
        "chr8 0 145000000 A,B -0.5 80 900 700",
        "chr17 39600000 39900000 ERBB2 3.0 900 12 9",
    ),
    "seg": (
        '"ID" "chrom" "loc.start" "loc.end" "num.mark" "seg.mean"',
        "T 8 1 145000000 900 -0.5",
        "T 17 39600001 39900000 12 3.0",
    ),
    "seg of TCGA": (
        "GDC_Aliquot Chromosome Start End Num_Probes Segment_Mean",
        "T 8 1 145000000 900 -0.5",
        "T 17 39600001 39900000 12 3.0",
    ),
    "facets": (
        "chrom seg num.mark nhet cnlr.median mafR start end cf.em tcn.em lcn.em",
        "8 1 900 100 -0.5 1.2 1 145000000 .9 1 0",
        "17 2 12 3 3.0 4.5 39600001 39900000 .9 16 NA",
    ),
    "facets suite": (
        "ID chrom loc.start loc.end seg num.mark nhet cnlr.median cf tcn lcn",
        "T 8 1 145000000 1 900 100 -0.5 .9 1 0",
        "T 17 39600001 39900000 2 12 3 3.0 .9 16 1",
    ),
    "purecn": (
        "Sampleid chr start end arm C M type seg.mean num.mark num.snps M.flagged",
        "T chr8 1 145000000 p 1 0 LOH -0.5 900 100 FALSE",
        "T chr17 39600001 39900000 q 16 1 . 3.0 12 3 TRUE",
    ),
    "ascat": (
        "sample chr startpos endpos nMajor nMinor",
        "T 8 1 145000000 1 0",
        "T 17 39600001 39900000 15 1",
    ),
    "ascat of TCGA": (
        "GDC_Aliquot Chromosome Start End Copy_Number Major_Copy_Number Minor_Copy_Number",
        "T chr8 1 145000000 1 1 0",
        "T chr17 39600001 39900000 16 15 1",
    ),
    "purple": (
        "chromosome start end copyNumber bafCount observedBAF baf segmentStartSupport "
        "segmentEndSupport method depthWindowCount minorAlleleCopyNumber majorAlleleCopyNumber",
        "chr8 1 145000000 1.0 50 1 1 TELOMERE TELOMERE BAF_WEIGHTED 900 -0.01 1.01",
        "chr17 39600001 39900000 16.0 3 .9 .9 NONE NONE BAF_WEIGHTED 12 1.0 15.0",
    ),
    "purple before 2.30": (
        "#chromosome start end copyNumber bafCount observedBAF actualBAF segmentStartSupport "
        "segmentEndSupport method",
        "8 1 145000000 1.0 50 1 1 TELOMERE TELOMERE BAF_WEIGHTED",
        "17 39600001 39900000 16.0 3 .9 .9375 NONE NONE BAF_WEIGHTED",
    ),
    "titan": (
        "Sample Chromosome Start_Position(bp) End_Position(bp) Length(snp) Median_Ratio "
        "Median_logR TITAN_state TITAN_call Copy_Number MinorCN MajorCN Clonal_Cluster",
        "T 8 1 145000000 900 . -0.5 1 DLOH 1 0 1 1",
        "T 17 39600001 39900000 12 . 3.0 22 UBCNA 8 1 7 1",
    ),
    "titan corrected": (
        "Sample Chromosome Start_Position.bp. End_Position.bp. Length.snp. Median_logR "
        "TITAN_state TITAN_call Copy_Number MinorCN MajorCN Corrected_Copy_Number",
        "T chr8 1 145000000 900 -0.5 1 DLOH 1 0 1 1",
        "T chr17 39600001 39900000 12 3.0 22 HLAMP 8 1 7 16",
    ),
    "sequenza": (
        '"chromosome" "start.pos" "end.pos" "Bf" "N.BAF" "depth.ratio" "N.ratio" "CNt" "A" "B"',
        '"chr8" 1 145000000 .1 50 0.7071067811865476 900 1 1 0',
        '"chr17" 39600001 39900000 .1 3 8 12 16 15 1',
    ),
    "plain": (
        "chromosome start end log2 total_cn minor_cn probes",
        "8 0 145000000 -0.5 1 0 900",
        "17 39600000 39900000 3.0 16 1 12",
    ),
    "plain bare": (
        "chromosome start end log2",
        "8 0 145000000 -0.5",
        "17 39600000 39900000 3.0",
    ),
}  # fmt: skip
# What a layout does not hold, or holds otherwise than the others.
LACKS = {
    "cnvkit bare": {"total_cn": np.nan, "minor_cn": np.nan},
    "seg": {"total_cn": np.nan, "minor_cn": np.nan},
    "seg of TCGA": {"total_cn": np.nan, "minor_cn": np.nan},
    "facets": {"minor_cn": [0, np.nan]},
    "ascat": {"log2": np.nan, "probes": np.nan},
    "ascat of TCGA": {"log2": np.nan, "probes": np.nan},
    "purple": {"log2": np.nan},
    "purple before 2.30": {"log2": np.nan, "probes": np.nan},
    "titan": {"total_cn": [1.0, 8.0]},
    "plain bare": {"total_cn": np.nan, "minor_cn": np.nan, "probes": np.nan},
}
EXPECTED = pd.DataFrame(
    {
        "chromosome": ["8", "17"],
        "start": [0, 39_600_000],
        "end": [145_000_000, 39_900_000],
        "log2": [-0.5, 3.0],
        "total_cn": [1.0, 16.0],
        "minor_cn": [0.0, 1.0],
        "probes": [900.0, 12.0],
    }
)


def text_of(program, separator="\t"):
    return [line.replace(" ", separator) for line in PROGRAMS[program]]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_in_one_form(write, grch38, program):
    found = read_segments(write(*text_of(program)), genome=grch38, sample="P1_B", shown="t")
    expected = EXPECTED.assign(**LACKS.get(program, {}))
    pd.testing.assert_frame_equal(found.frame, expected, check_exact=False)
    assert tuple(found.frame.columns) == COLUMNS
    assert found.kind == program.split()[0]
    assert (found.file, found.dropped, found.no_coverage) == ("t", {}, 0)


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    program=st.sampled_from(sorted(set(PROGRAMS) - {"seg", "sequenza"})),
    turned=st.booleans(),
    separator=st.sampled_from("\t;"),
    compressed=st.booleans(),
)
def test_order_and_compression_change_nothing(
    tmp_path, grch38, program, turned, separator, compressed
):
    header, *rows = text_of(program)
    text = "\n".join([header, *(rows[::-1] if turned else rows)]) + "\n"
    if separator == ";":
        text = text.replace(",", ";").replace("\t", ",")
    path = tmp_path / "s"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    found = read_segments(path, genome=grch38).frame
    pd.testing.assert_frame_equal(found, EXPECTED.assign(**LACKS.get(program, {})))


def test_the_smaller_allele_is_the_minor_one(write, grch38):
    header, *rows = text_of("cnvkit")
    turned = [row.replace("\t1\t0\t1\t", "\t1\t1\t0\t").replace("15\t1", "1\t15") for row in rows]
    found = read_segments(write(header, *turned), genome=grch38).frame
    assert found["minor_cn"].tolist() == [0, 1]


def test_samples_of_one_file(write, grch38, messages):
    header, first, second = text_of("seg")
    others = [first.replace("T", "U").replace("-0.5", "0.25")]
    path = write(header, first, second, *others)
    assert len(read_segments(path, genome=grch38, sample="T").frame) == 2
    found = read_segments(path, genome=grch38, sample="P1_B", column="U")
    assert found.frame["log2"].tolist() == [0.25]
    assert (
        "the file holds T, U; 'P1_B' is none of them"
        in messages(read_segments, path, genome=grch38, sample="P1_B")[0]
    )


def test_no_coverage_is_missing(write, grch38):
    header, first, _ = text_of("plain bare")
    low = "3\t0\t5000\t-22"
    found = read_segments(write(header, first, low, "MT\t0\t5\t9"), genome=grch38)
    assert found.frame["log2"].isna().tolist() == [True, False]
    assert found.no_coverage == 1
    assert found.dropped == {"MT": 1}


def many(rows):
    return ["chromosome\tstart\tend\tlog2", *(f"1\t{n}0\t{n}9\t.1" for n in range(1, rows + 1))]


PLAIN = "chromosome\tstart\tend\tlog2\ttotal_cn\tminor_cn"
BAD = {
    "unknown": (
        ["chrom\tstart\tend\ttot_cn", "1\t1\t5\t2"],
        "line 1: columns chrom, start, end, tot_cn are of no layout that is read. Read are: PURPLE",
    ),
    "nearly FACETS": (
        ["chrom\tstart\tend\tcnlr.median", "1\t1\t5\t2"],
        "cnlr.median, tcn.em, lcn.em, num.mark) it lacks tcn.em. Read are: PURPLE",
    ),
    "a cnr": (
        ["chromosome\tstart\tend\tgene\tlog2\tdepth\tweight", "1\t0\t5\t-\t0.1\t9\t1"],
        "line 1: the column weight belongs to bins: give the filetype `bins`",
    ),
    "plain bins": (many(5001), "5001 rows for one sample: if these are bins"),
    "several samples without names": (
        ["chromosome\tstart\tend\tlog2", "1\t0\t500\t0.1", "1\t20\t900\t0.3"],
        "line 3: the segment 1:20-900 overlaps 0-500 of line 2: one segment per place and sample",
    ),
    "no value": (
        ["chromosome\tstart\tend\tlog2", "1\t0\t500\t", "1\t500\t900\t"],
        "neither a log2 ratio nor a copy number in any row",
    ),
    "linear": (
        ["chromosome\tstart\tend\tlog2", *(f"1\t{n}0\t{n}9\t1.1" for n in range(1, 30))],
        "log2: no value is negative and the median is 1.1, as in linear ratios or copies: give",
    ),
    "negative copies": ([PLAIN, "1\t0\t500\t0.1\t-2\t."], "total_cn: -2: expected a number from 0"),
    "minor above total": (
        [PLAIN, "1\t0\t500\t0.1\t2\t3"],
        "line 2: minor_cn: 3 is more than all copies together",
    ),
    "a word": ([PLAIN, "1\t0\t500\thigh\t2\t1"], "line 2: log2: 'high' is not a number"),
    "other build": (
        ["chromosome\tstart\tend\tlog2", "17\t0\t83000000\t0.1"],
        "position 83000000 lies beyond chromosome 17, which has 81195210 bp in GRCh37",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_segments(write, grch37, messages, lines, message):
    found = messages(read_segments, write(*lines), genome=grch37, shown="s.tsv")
    assert len(found) == 1
    assert found[0].startswith("s.tsv")
    assert message in found[0]

"""Bins: CNVkit .cnr and plain tables."""

import gzip
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from her2omics.readers.bins import COLUMNS, read_bins

PLAIN = ("chromosome", "start", "end", "log2")
RNG = np.random.default_rng(4)


def table(rows=60):
    """Return bins of 10 kb on three chromosomes, in genome order."""
    start = np.arange(rows) % (rows // 3) * 10_000
    return pd.DataFrame(
        {
            "chromosome": np.repeat(["2", "17", "X"], rows // 3),
            "start": start,
            "end": start + 10_000,
            "log2": RNG.normal(0, 0.3, rows).round(4),
        }
    )


def test_a_cnr_of_cnvkit(write, grch38):
    path = write(
        ("chromosome", "start", "end", "gene", "log2", "depth", "weight"),
        ("chr17", 39700000, 39701000, "ERBB2", 2.5, 812.2, 0.9),
        ("chr2", 100, 900, "Antitarget", -0.25, 1.2, 0.4),
        ("chr2", 900, 1000, "-", -20, 0, 0.1),
        ("chrM", 1, 100, "MT-ND1", 7.0, 9999, 0.1),
        name="P1_B.cnr",
    )
    found = read_bins(path, genome=grch38, shown="P1_B.cnr")
    assert tuple(found.frame.columns) == COLUMNS
    assert found.frame["chromosome"].tolist() == ["2", "2", "17"]
    assert found.frame["start"].tolist() == [100, 900, 39700000]
    assert found.frame["log2"].isna().tolist() == [False, True, False]
    assert found.frame["weight"].tolist() == [0.4, 0.1, 0.9]
    assert found.frame["gc"].isna().all()
    assert (found.file, found.no_coverage, found.antitarget) == ("P1_B.cnr", 1, 1)
    assert found.dropped == {"chrM": 1}


def test_windows_without_sequence_have_no_gc(write, grch38):
    rows = [("1", 0, 10, 0.1, -1, 0.0), ("1", 10, 20, 0.1, 0.41, 1.0)]
    found = read_bins(write((*PLAIN, "gc", "mappability"), *rows), genome=grch38).frame
    assert found["gc"].isna().tolist() == [True, False]
    assert found["mappability"].tolist() == [0, 1]


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    order=st.permutations(range(60)),
    prefix=st.sampled_from(["", "chr", "CHR"]),
    separator=st.sampled_from("\t,"),
    compressed=st.booleans(),
    numeric_x=st.booleans(),
)
def test_order_prefix_separator_and_compression_change_nothing(
    tmp_path, grch38, order, prefix, separator, compressed, numeric_x
):
    whole = table().assign(log2=np.linspace(-1, 1, 60))
    given_rows = whole.iloc[order].copy()
    names = given_rows["chromosome"].replace({"X": "23"} if numeric_x else {})
    text = given_rows.assign(chromosome=prefix + names).to_csv(sep=separator, index=False)
    path = tmp_path / "bins"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    found = read_bins(path, genome=grch38).frame
    pd.testing.assert_frame_equal(found[list(PLAIN)], whole)


def text_of(frame):
    return frame.to_csv(sep="\t", index=False).rstrip("\n").split("\n")


BAD = {
    "linear": (
        table().assign(log2=lambda frame: 2 ** frame["log2"]),
        ["b.tsv: log2: no value is negative and the median is", "give log2 ratios"],
    ),
    "depth only": (
        table().rename(columns={"log2": "depth"}),
        ["no column log2", "`depth` is not guessed at: give the log2 ratio to the expected depth"],
    ),
    "no end": (table().drop(columns="end"), ["line 1: no column end: bins are chromosome, start"]),
    "segments": (table().assign(probes=5), ["line 1: the column probes belongs to segments"]),
    "all missing": (table().assign(log2=np.nan), ["log2: no value at all"]),
    "twice": (
        pd.concat([table(), table().iloc[[5]]]),
        ["line 62: start: a second row of 2:50000-60000, which line 7 already has: keep one"],
    ),
    "percent": (table().assign(gc=41.5), ["line 2: gc: 41.5: expected a fraction between 0 and 1"]),
    "negative weight": (table().assign(weight=-2), ["weight: -2: expected a number from 0"]),
    "other build": (
        table().assign(start=83_000_000, end=83_000_010).iloc[[30]],
        ["position 83000010 lies beyond chromosome 17", "in GRCh37: the file fits GRCh38"],
    ),
}


@pytest.mark.parametrize(("frame", "parts"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_bins(write, grch37, messages, frame, parts):
    found = messages(read_bins, write(*text_of(frame)), genome=grch37, shown="b.tsv")
    for part in parts:
        assert part in found[0]


def test_120_000_bins_are_read_in_well_under_a_second(tmp_path, grch38):
    size = 20_000
    parts = [
        pd.DataFrame({"chromosome": f"chr{name}", "start": np.arange(0, length - size, size)})
        for name, length in grch38.contigs["length"].items()
        if name != "MT"
    ]
    frame = pd.concat(parts).iloc[:120_000]
    frame["end"] = frame["start"] + size
    frame["gene"] = "-"
    for column in ("log2", "depth", "weight"):
        frame[column] = RNG.random(len(frame)).round(3) - (0.5 if column == "log2" else 0)
    path = tmp_path / "t.cnr"
    frame.to_csv(path, sep="\t", index=False)
    started = time.process_time()
    found = read_bins(path, genome=grch38)
    assert time.process_time() - started < 1.0
    assert len(found.frame) == 120_000

"""Reads spell the molecules they come from."""

import gzip

import numpy as np

from her2omics.simulate.reads import fastq
from her2omics.simulate.reads.molecules import Molecules

REFERENCE = np.random.default_rng(3).integers(0, 4, 5000).astype(np.uint8)


def _library(start, length, top, changes=(), wrap=(-1, -1)):
    start = np.atleast_1d(start)
    n = len(start)
    of, at, to = (np.array([c[k] for c in changes], dtype=np.int64) for k in range(3))
    return Molecules(
        start,
        np.full(n, length),
        np.full(n, wrap[0]),
        np.full(n, wrap[1]),
        np.full(n, top),
        of,
        at,
        to,
    )


def _pairs(library, *, read_length=50, chosen=None):
    chosen = np.arange(len(library.start)) if chosen is None else chosen
    rng = np.random.default_rng(1)
    return fastq.sequenced(rng, library, chosen, reference=REFERENCE, read_length=read_length)


def _differences(found, expected):
    return int((found != expected).sum())


def test_both_mates_look_inward():
    library = _library(np.arange(100, 400), 200, True)
    pairs = _pairs(library)
    left = np.array([REFERENCE[s : s + 50] for s in library.start])
    right = np.array([3 - REFERENCE[s + 150 : s + 200][::-1] for s in library.start])
    assert _differences(pairs.first, left) < 0.004 * left.size
    assert _differences(pairs.second, right) < 0.004 * right.size
    other = _pairs(_library(library.start, 200, False))
    assert _differences(other.first, right) < 0.004 * right.size
    assert _differences(other.second, left) < 0.004 * left.size


def test_short_molecules_are_read_into_the_adapter():
    pairs = _pairs(_library(np.full(50, 700), 40, True), read_length=60)
    assert fastq.BASES[np.median(pairs.first, axis=0).astype(int)[40:]].tobytes() == (
        b"AGATCGGAAGAGCACACGTC"
    )
    inside = np.median(pairs.second, axis=0).astype(np.uint8)[:40]
    np.testing.assert_array_equal(inside, 3 - REFERENCE[700:740][::-1])


def test_changes_show_in_every_mate_that_covers_them():
    base = (REFERENCE[1000 + 60] + 1) % 4
    library = _library(np.full(40, 1000), 100, True, [(k, 60, base) for k in range(40)])
    pairs = _pairs(library, read_length=80)
    assert np.mean(pairs.first[:, 60] == base) > 0.9
    assert np.mean(pairs.second[:, 100 - 1 - 60] == 3 - base) > 0.9
    assert np.mean(_pairs(library, read_length=50).first[:, 0] == REFERENCE[1000]) > 0.9


def test_a_junction_goes_on_elsewhere():
    library = _library(np.full(30, 2000), 100, True, wrap=(2020, 500))
    first = np.median(_pairs(library).first, axis=0).astype(np.uint8)
    np.testing.assert_array_equal(first, np.r_[REFERENCE[2000:2020], REFERENCE[500:530]])


def test_errors_are_as_frequent_as_the_qualities_say():
    library = _library(np.full(20_000, 3000), 100, True)
    pairs = _pairs(library)
    wrong = pairs.first != REFERENCE[3000:3050]
    for quality in np.unique(pairs.first_quality):
        rows = pairs.first_quality == quality
        expected = 10 ** (-int(quality) / 10)
        assert abs(wrong[rows].mean() / expected - 1) < 0.15


def test_text_and_file(tmp_path):
    bases = np.array([[0, 1, 2, 3]], dtype=np.uint8)
    text = fastq.text("P1-B_L1", np.array([42]), bases, np.full((1, 4), 37, dtype=np.uint8))
    assert text == b"@P1-B_L1:0000042\nACGT\n+\nFFFF\n"
    fastq.save(text, tmp_path / "a" / "x.fastq.gz")
    fastq.save(text, tmp_path / "b" / "x.fastq.gz")
    assert gzip.decompress((tmp_path / "a" / "x.fastq.gz").read_bytes()) == text
    first, second = ((tmp_path / f / "x.fastq.gz").read_bytes() for f in ("a", "b"))
    assert first == second

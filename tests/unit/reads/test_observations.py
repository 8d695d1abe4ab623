"""What reads show at candidates: molecules, orientation, errors of the library."""

import numpy as np
import pandas as pd
import pysam
import pytest

from her2omics.reads import observations
from her2omics.reads.observations import error_rates, observe

LIMITS = {"mapping_quality": 20, "base_quality": 20}
CONTIG, START, LENGTH = "chr17", 30_000, 400


def _candidate(text, place, alt):
    row = {"chromosome": CONTIG, "position": place + 1, "ref": text[place], "alt": alt}
    return pd.DataFrame([row])


def _other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def test_molecules_by_orientation_and_strand(library):
    place = START + 60
    base = library.text[place]
    alt = _other(base)
    changed = {"changes": {place: alt}}
    pairs = [{"start": START, "end": START + 300, "top": True} for _ in range(5)]
    pairs += [{"start": START, "end": START + 300, "top": True, **changed} for _ in range(3)]
    pairs += [{"start": START, "end": START + 300, "top": False, **changed} for _ in range(2)]
    # Both mates cover the place: one molecule.
    pairs += [{"start": START, "end": START + 110, "top": False, **changed}]
    # The mates disagree: no molecule.
    pairs += [{"start": START, "end": START + 110, "top": True, "mates": (False,), **changed}]
    # Duplicates, badly placed reads and poor bases are not looked at.
    pairs += [{"start": START, "end": START + 300, "top": True, "flag": 0x400, **changed}]
    pairs += [{"start": START, "end": START + 300, "top": True, "mapping": 3, **changed}]
    pairs += [{"start": START, "end": START + 300, "top": True, "poor": [60], **changed}]
    with library(pairs) as reads:
        seen = observe(reads, _candidate(library.text, place, alt), rates=np.eye(4), **LIMITS)
    np.testing.assert_array_equal(seen.alt[:, 0], [3, 3])
    np.testing.assert_array_equal(seen.ref[:, 0], [5, 0])
    np.testing.assert_array_equal(seen.alt_strand[:, 0], [7, 1])
    assert seen.end_distance[0] == 39
    assert seen.ref_mapping[0] == seen.alt_mapping[0] == 60


def test_places_behind_insertions_deletions_and_clips(library):
    place = START + 60
    cigars = {
        "clipped": [(4, 10), (0, 90)],
        "insertion": [(0, 20), (1, 3), (0, 77)],
        "deletion": [(0, 20), (2, 4), (0, 80)],
        "deleted": [(0, 55), (2, 10), (0, 45)],
    }
    offsets = {}
    for name, cigar in cigars.items():
        read = pysam.AlignedSegment()
        read.reference_start, read.query_sequence, read.cigartuples = START, "A" * 100, cigar
        offsets[name] = observations._offset(read, place)
    assert offsets == {"clipped": 70, "insertion": 63, "deletion": 56, "deleted": None}
    assert observations._offset(read, START) == 0


def test_error_rates_are_those_of_the_sequenced_strand(library, fasta):
    rng = np.random.default_rng(2)
    text, pairs = library.text, []
    for _ in range(3000):
        start, top = START + int(rng.integers(0, LENGTH)), bool(rng.random() < 0.5)
        damaged = "C" if top else "G"
        hit = [k for k in range(start, start + 250) if text[k] == damaged and rng.random() < 0.02]
        changes = dict.fromkeys(hit, "T" if top else "A")
        pairs.append({"start": start, "end": start + 250, "top": top, "changes": changes})
    windows = pd.DataFrame(
        {"chromosome": CONTIG, "start": np.arange(START, START + 600, 100)}
    ).assign(end=lambda frame: frame["start"] + 100)
    with library(pairs) as reads, pysam.FastaFile(str(fasta)) as sequences:
        rates = error_rates(reads, sequences, windows, set(), **LIMITS)
        masked = {(CONTIG, place + 1) for place in range(START, START + 700) if text[place] in "CG"}
        without = error_rates(reads, sequences, windows, masked, **LIMITS)
    assert rates[1, 3] == pytest.approx(0.02, rel=0.1)
    off = ~np.eye(4, dtype=bool)
    off[1, 3] = False
    assert rates[off].max() < 1e-3
    assert without[1, 3] > 0.5  # nothing is left to count, and one error is added

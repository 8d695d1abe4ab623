"""Positions: chromosomes, order, builds, overlaps."""

import pandas as pd
import pytest

from her2omics.genome import Genome
from her2omics.readers import positions
from her2omics.readers.table_text import TableText

TABLE = TableText("", ("chrom", "start", "end"), "\t", 2, "t.tsv")


def frame(*rows):
    made = pd.DataFrame(rows, columns=["chromosome", "start", "end"])
    return made.astype({"chromosome": "category", "start": float, "end": float})


def placed(genome, *rows, **options):
    return positions.by_genome(frame(*rows), table=TABLE, genome=genome, **options)


def test_genome_order_without_prefix_and_what_was_dropped(grch38):
    found, dropped = placed(
        grch38,
        ("chrX", 5, 9), ("chr10", 5, 9), ("chr2", 7, 9), ("chr2", 5, 9), ("chrM", 5, 9),
        ("chrUn_KI270742v1", 5, 9), ("23", 1, 2), ("chrUn_KI270742v1", 0, 0),
    )  # fmt: skip
    assert found["chromosome"].tolist() == ["2", "2", "10", "X", "X"]
    assert found["start"].tolist() == [5, 7, 5, 1, 5]
    assert found.index.tolist() == [3, 2, 1, 6, 0]
    assert dropped == {"chrM": 1, "chrUn_KI270742v1": 2}


def test_one_based_starts_become_zero_based(grch38):
    found, _ = placed(grch38, ("1", 1, 10), ("1", 11, 11), ("2", 0, 7), one_based=True)
    assert found[["start", "end"]].to_numpy().tolist() == [[0, 10], [10, 11], [0, 7]]


def test_every_position_that_cannot_be(grch38, messages):
    found = messages(placed, grch38, (None, 1, 2), ("1", None, 2), ("1", 1.5, 2), ("1", -3, 2))
    assert found == [
        "t.tsv line 2: chromosome: is empty",
        "t.tsv line 3: start: is empty",
        "t.tsv line 4: start: 1.5 is not a whole number",
        "t.tsv line 5: start: -3 lies before the chromosome",
    ]
    assert messages(placed, grch38, ("1", 9, 9), ("1", 9, 5)) == [
        "t.tsv line 2: end: 9 is not after the start, 9",
        "t.tsv line 3: end: 5 is not after the start, 9",
    ]


def test_no_chromosome_is_recognised(grch38, messages):
    assert messages(placed, grch38, ("NC_000017.11", 1, 2)) == [
        "t.tsv: no chromosome is recognised (found NC_000017.11): expected 1 to 22, X and Y, with "
        "or without chr"
    ]


def test_positions_beyond_a_chromosome_name_both_builds(grch38, grch37, messages):
    row = ("chr17", 81_000_000, 81_190_000)
    assert messages(placed, grch38, ("17", 1, 83_300_000)) == [
        "t.tsv: position 83300000 lies beyond chromosome 17, which has 83257441 bp in GRCh38"
    ]
    found = messages(placed, grch37, ("17", 1, 83_000_000), ("1", 5, 9))
    assert found == [
        "t.tsv: position 83000000 lies beyond chromosome 17, which has 81195210 bp in GRCh37: the "
        "file fits GRCh38, set genome_build accordingly"
    ]
    assert len(placed(grch37, row)[0]) == len(placed(grch38, row)[0]) == 1


def test_rows_that_end_with_the_chromosomes_of_another_build(grch38, messages):
    hg19 = [("17", 1, 81_195_210), ("18", 1, 78_077_248), ("20", 1, 63_025_520)]
    assert len(placed(grch38, *hg19[:2])[0]) == 2
    assert messages(placed, grch38, *hg19) == [
        "t.tsv: the file says that chromosome 17 has 81195210 bp; in GRCh38 it has 83257441: the "
        "file fits GRCh37, set genome_build accordingly"
    ]


def test_a_custom_build_may_have_few_chromosomes(grch38):
    small = Genome("custom", grch38.contigs.loc[["17"]], grch38.genes)
    assert len(placed(small, ("17", 1, 9), ("3", 1, 10**9))[0]) == 2


def test_small_overlaps_are_cut_and_large_ones_refused(messages):
    rows = [("1", 0, 1_000_000), ("1", 999_900, 2_000_000), ("2", 0, 50), ("2", 49, 60)]
    cut = positions.without_overlaps(frame(*rows), TABLE)
    assert cut["start"].tolist() == [0, 1_000_000, 0, 50]
    assert cut["end"].tolist() == [1_000_000, 2_000_000, 50, 60]
    found = messages(positions.without_overlaps, frame(("1", 0, 5000), ("1", 3000, 9000)), TABLE)
    assert len(found) == 1
    assert "line 3: the segment 1:3000.0-9000.0 overlaps 0.0-5000.0 of line 2" in found[0]


@pytest.mark.parametrize("inner", [("1", 100, 200), ("1", 0, 1000)])
def test_a_segment_inside_another_is_refused(messages, inner):
    rows = sorted([("1", 0, 1000), inner], key=lambda row: (row[1], row[2]))
    assert "overlaps" in messages(positions.without_overlaps, frame(*rows), TABLE)[0]


def test_repeated_places_name_the_first_line(messages):
    found = positions.repeated(
        frame(("1", 0, 9), ("1", 5, 9), ("1", 0, 9)), ["chromosome", "start"], TABLE
    )
    assert [str(problem) for problem in found] == [
        "t.tsv line 4: start: a second row of 1:0.0, which line 2 already has: keep one (several "
        "samples in one file need a column of their names)"
    ]

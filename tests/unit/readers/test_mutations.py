"""Mutation counts: by id or by place, one sample or many."""

import numpy as np
import pytest

from her2omics.readers.mutations import COLUMNS, read_mutations

BY_ID = ("mutation_id", "sample_id", "ref_counts", "alt_counts", "normal_cn", "major_cn",
         "minor_cn", "tumour_content")  # fmt: skip
BY_PLACE = ("chromosome", "position", "ref", "alt", "ref_count", "alt_count")


def test_ids_alone_keep_their_order(write, grch38):
    rows = [("m2", "R1", 90, 10, 2, 2, 1, 0.6), ("m1", "R1", 80, 0, 2, "", "", 0.6)]
    found = read_mutations(write(BY_ID, *rows), genome=grch38, sample="R1", shown="m")
    assert tuple(found.frame.columns) == COLUMNS
    assert found.frame["mutation_id"].tolist() == ["m2", "m1"]
    assert found.frame["alt_count"].tolist() == [10, 0]
    assert found.frame["position"].dtype == "Int64"
    assert found.frame[["chromosome", "position", "ref", "alt"]].isna().all(axis=None)
    np.testing.assert_array_equal(found.frame["major_cn"], [2, np.nan])
    assert (found.file, found.dropped) == ("m", {})


def test_places_make_ids_in_genome_order(write, grch38):
    rows = [
        ("chr17", 50, "A", "T", 5, 6),
        ("chr2", 9, "G", "GA", 7, 8),
        ("chrM", 3, "A", "G", 1, 1),
    ]
    found = read_mutations(write(BY_PLACE, *rows), genome=grch38)
    assert found.frame["mutation_id"].tolist() == ["2:9:G:GA", "17:50:A:T"]
    assert found.frame["position"].tolist() == [9, 50]
    assert found.frame["tumour_content"].isna().all()
    assert found.dropped == {"on contig chrM": 1}


def test_own_ids_stay_beside_places(write, grch38):
    path = write(("mutation_id", *BY_PLACE), ("TP53_p.R175H", "17", 7675088, "C", "T", 5, 6))
    assert read_mutations(path, genome=grch38).frame["mutation_id"].tolist() == ["TP53_p.R175H"]


def test_a_samples_name_may_occur_in_several_patients(write, grch38, messages):
    header = ("patient", *BY_ID[:4])
    path = write(header, ("A", "m1", "R1", 5, 6), ("B", "m1", "R1", 7, 8), ("B", "m1", "R2", 1, 2))
    found = read_mutations(path, genome=grch38, column="R1", sample="B_B", patient="B")
    assert found.frame["ref_count"].tolist() == [7]
    assert read_mutations(path, genome=grch38, column="R2", patient="x").frame.shape[0] == 1
    assert messages(read_mutations, path, genome=grch38, column="R1", patient="C", shown="m") == [
        "m: patient: rows of this sample belong to patients A, B: expected patient C of the sheet"
    ]


MAF = [
    "#version 2.4",
    "Hugo_Symbol\tChromosome\tStart_Position\tReference_Allele\tTumor_Seq_Allele2\t"
    "Tumor_Sample_Barcode\tt_ref_count\tt_alt_count\tn_ref_count\tn_alt_count\tFILTER",
    "TP53\tchr17\t7675088\tC\tT\tT-01\t50\t6\t40\t0\tPASS",
    "PIK3CA\tchr3\t179234297\tA\tG\tT-01\t70\t9\t40\t1\tcommon_variant",
    "PIK3CA\tchr3\t179234297\tA\tG\tT-02\t80\t3\t40\t1\tPASS",
]


def test_a_maf_is_read_with_its_normal_and_filters(write, grch38):
    found = read_mutations(write(*MAF), genome=grch38, column="T-01").frame
    assert found["mutation_id"].tolist() == ["3:179234297:A:G", "17:7675088:C:T"]
    assert found[["ref_count", "alt_count"]].to_numpy().tolist() == [[70, 9], [50, 6]]
    assert found["normal_alt_count"].tolist() == [1, 0]
    assert found["passed"].tolist() == [False, True]
    assert found["gene"].tolist() == ["PIK3CA", "TP53"]


BAD = {
    "several samples": (MAF, "m: the file holds T-01, T-02"),
    "no place": (
        ["chromosome\tposition\tref_counts\talt_counts", "1\t5\t5\t6"],
        "m line 1: no column ref and alt: mutations are mutation_id or chromosome, position, ref",
    ),
    "no counts": (["mutation_id\tvaf", "a\t.5"], "m line 1: no column ref_count and alt_count"),
    "given twice": (
        ["mutation_id\tref_counts\talt_counts", "a\t5\t6", "a\t5\t6"],
        "m line 3: mutation_id: a second row of a: one row per mutation and sample (several "
        "samples need a column sample_id)",
    ),
    "no id": (["mutation_id\tref_counts\talt_counts", "\t5\t6"], "m line 2: mutation_id: is empty"),
    "no ref": (["\t".join(BY_PLACE), "1\t5\t\tT\t5\t6"], "mutation_id: is empty, or its ref"),
    "fraction": (["mutation_id\tref_counts\talt_counts", "a\t.5\t6"], "0.5 is no number of reads"),
    "negative copies": (
        ["mutation_id\tref_counts\talt_counts\tmajor_cn", "a\t5\t6\t-1"],
        "m line 2: major_cn: -1: expected copies from 0",
    ),
    "percent": (
        ["mutation_id\tref_counts\talt_counts\ttumour_content", "a\t5\t6\t60"],
        "m line 2: tumour_content: 60: expected a share between 0 and 1",
    ),
    "other build": (
        ["\t".join(BY_PLACE), "17\t83000000\tA\tT\t5\t6"],
        "position 83000000 lies beyond chromosome 17, which has 81195210 bp in GRCh37",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_counts(write, grch37, messages, lines, message):
    found = messages(read_mutations, write(*lines), genome=grch37, shown="m")
    assert len(found) == 1
    assert message in found[0]

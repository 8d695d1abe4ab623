import gzip

import numpy as np
import pytest

from her2omics.errors import InputError
from her2omics.readers.mutation_table import read_mutation_table

HEADER = (
    "mutation_id\tsample_id\tref_counts\talt_counts\tmajor_cn\tminor_cn\tnormal_cn\ttumour_content"
)
ROWS = ("m1\tP\t50\t10\t1\t1\t2\t0.7", "m1\tL\t40\t0\t1\t1\t2\t0.6", "m2\tP\t30\t9\t2\t1\t2\t0.7")


def write(folder, *rows, header=HEADER, name="sets.tsv"):
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def problems(path):
    with pytest.raises(InputError) as caught:
        read_mutation_table(path, shown="in.tsv")
    return [str(problem) for problem in caught.value.problems]


def test_a_table_of_pyclone_is_read(tmp_path):
    found = read_mutation_table(write(tmp_path, *ROWS))
    assert found.patients == ["sets"]
    assert list(found.frame["alt_counts"]) == [10, 0, 9]
    assert list(found.frame["sample_id"]) == ["P", "L", "P"]


def test_names_of_columns_vary_and_files_may_be_compressed_and_comma_separated(tmp_path):
    text = "Sample,Mutation_ID,ref_count,alt_count,tumor_content\nP,m1,5,6,.5\n"
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    frame = read_mutation_table(path).frame
    assert frame.loc[0, ["patient", "sample_id", "mutation_id"]].tolist() == ["x", "P", "m1"]
    assert frame.loc[0, "tumour_content"] == 0.5


def test_names_stay_text_and_absent_counts_stay_missing(tmp_path):
    path = write(tmp_path, "007\t01\t\t\t1\t1\t2\t0.7", "008\t01\t3\t4\t1\t1\t2\t")
    frame = read_mutation_table(path).frame
    assert list(frame["mutation_id"]) == ["007", "008"]
    assert list(frame["sample_id"]) == ["01", "01"]
    assert np.isnan(frame["alt_counts"][0])


def test_an_id_is_made_of_the_place(tmp_path):
    header = "chromosome\tposition\tref\talt\tsample\tref_counts\talt_counts\ttumour_content"
    path = write(tmp_path, "chr3\t179234297\tA\tG\tP\t9\t8\t.5", header=header)
    assert read_mutation_table(path).frame.loc[0, "mutation_id"] == "chr3:179234297:A:G"


def test_missing_columns_are_named_with_what_is_there(tmp_path):
    path = write(tmp_path, "m1\tP\t5", header="mutation\tsample_id\tref_counts")
    (only,) = problems(path)
    assert only.startswith("in.tsv line 1: no column alt_counts and tumour_content and mutation_id")
    assert only.endswith("(found mutation, sample_id, ref_counts)")


def test_every_wrong_row_is_named_at_once(tmp_path):
    path = write(
        tmp_path,
        "m1\tP\t50\t-3\t1\t1\t2\t70",
        "m1\tP\t40\t1.5\t1\t1\t2\t0.7",
        "\tP\t40\t1\t-1\t1\t2\t0.7",
        "m3\tP\t40\t\t1\t1\t2\t0.7",
        "m4\tQ\t40\t2\t1\t1\t2\t",
    )
    assert problems(path) == [
        "in.tsv line 4: mutation_id: is empty: every row needs it",
        "in.tsv line 3: mutation_id: a second row of m1 in P (the first is line 2): keep one row "
        "per mutation and sample",
        "in.tsv line 2: alt_counts: -3 is no number of reads",
        "in.tsv line 3: alt_counts: 1.5 is no number of reads",
        "in.tsv line 5: ref_counts, alt_counts: is empty, but ref_counts is 40: give both counts, "
        "or neither",
        "in.tsv line 4: major_cn: -1: expected copies from 0",
        "in.tsv line 2: tumour_content: 70: expected a share of cells above 0 and up to 1, such as "
        "0.7; divide percentages by 100",
        "in.tsv line 6: tumour_content: empty in all rows of sample Q of patient sets: give its "
        "purity, the share of its cells that are cancer cells",
    ]


def test_cells_that_are_no_numbers(tmp_path):
    found = problems(write(tmp_path, "m1\tP\tfifty\t3\t1\t1\t2\t0,7"))
    assert found == [
        "in.tsv line 2: ref_counts: 'fifty' is not a number",
        "in.tsv line 2: tumour_content: '0,7' is not a number: write decimal points, not commas",
    ]


def test_time_points_are_words_and_one_per_sample(tmp_path):
    header = HEADER + "\ttimepoint"
    found = problems(
        write(
            tmp_path,
            "m1\tP\t5\t3\t1\t1\t2\t0.7\tbaseline",
            "m2\tP\t5\t3\t1\t1\t2\t0.7\tfollowup",
            "m1\tL\t5\t3\t1\t1\t2\t0.7\tfolowup",
            header=header,
        )
    )
    assert found == [
        "in.tsv line 4: timepoint: 'folowup' is not one of baseline, followup - did you mean "
        "'followup'?",
        "in.tsv line 2: timepoint: sample P of patient sets has several: one sample, one time "
        "point",
    ]


def test_the_same_sample_name_in_two_patients_is_no_clash(tmp_path):
    header = "patient\t" + HEADER
    path = write(tmp_path, *(f"{p}\t{row}" for p in ("A", "B") for row in ROWS), header=header)
    assert read_mutation_table(path).patients == ["A", "B"]

import numpy as np
import pandas as pd

from her2omics.clones.study_table import with_copies


def mutations(*places, chromosome="1"):
    frame = pd.DataFrame({"chromosome": chromosome, "position": pd.array(places, dtype="Int64")})
    return frame.astype({"chromosome": object}).assign(major_cn=np.nan, minor_cn=np.nan)


def segments(*rows):
    names = ["chromosome", "start", "end", "copies", "minor_copies"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(minor_copies=pd.array(frame["minor_copies"], dtype="Int64"))


def pairs(found):
    return [tuple(row) for row in found[["major_cn", "minor_cn"]].to_numpy()]


def test_the_rarer_haplotype_is_the_segments_where_it_is_known():
    told = segments(("1", 0, 100, 2.1, 0), ("1", 100, 200, 3.9, 2), ("1", 200, 300, 1.1, 1))
    found = with_copies(mutations(50, 150, 250), told, ploidy=2.0)
    # A rarer haplotype has no more than half of the copies.
    assert pairs(found) == [(2, 0), (2, 2), (1, 0)]


def test_else_the_haplotypes_of_a_balanced_genome_are_the_guess():
    unknown = segments(("1", 0, 100, 3.1, None), ("1", 100, 200, 1.0, None))
    found = with_copies(mutations(50, 100, 101), unknown, ploidy=2.0)
    assert pairs(found) == [(2, 1), (2, 1), (1, 0)]
    assert pairs(with_copies(mutations(50), unknown, ploidy=4.1)) == [(2, 1)]


def test_outside_of_the_segments_and_in_the_files_own_words():
    known = segments(("1", 0, 100, 2.0, 1))
    assert np.isnan(pairs(with_copies(mutations(500), known, ploidy=2.0))).all()
    own = mutations(50).assign(major_cn=4.0, minor_cn=0.0)
    assert pairs(with_copies(own, known, ploidy=2.0)) == [(4, 0)]

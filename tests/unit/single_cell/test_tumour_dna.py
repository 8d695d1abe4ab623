import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from her2omics.single_cell import tumour_dna
from her2omics.single_cell.bins import Bins

ARMS, EACH, GENES = 6, 4, 10
VAR = pd.DataFrame(
    {
        "chromosome": np.repeat([str(k + 1) for k in range(ARMS)], EACH * GENES),
        "start": np.tile(np.arange(EACH * GENES) * 1_000_000 + 500_000, ARMS),
    }
)
BINS = Bins(
    sp.csr_matrix(np.kron(np.eye(ARMS * EACH), np.ones((GENES, 1)))),
    np.full(len(VAR), 1 / len(VAR)),
    np.repeat(np.array([f"{k + 1}q" for k in range(ARMS)], dtype=object), EACH),
)


def segments(copies, *, sample="B"):
    """One segment per chromosome."""
    rows = pd.DataFrame({"copies": copies, "start": 0, "end": EACH * GENES * 1_000_000})
    rows["chromosome"] = [str(k + 1) for k in range(len(copies))]
    return rows.assign(sample=sample)


def test_bins_have_the_copies_of_their_segment_over_the_median():
    found = tumour_dna.expected_profile(segments([2, 3, 1, 2, 2, 4.0]), bins=BINS, var=VAR)
    assert found == pytest.approx(np.repeat([0, 0.5, -0.5, 0, 0, 1.0], EACH))


def test_a_bin_across_two_segments_has_their_mean():
    table = segments([2, 2, 2, 2, 2, 2.0])
    half = EACH * GENES * 1_000_000 // 8  # half of the first bin
    first = table.iloc[:1].assign(end=half, copies=4.0)
    table = pd.concat([first, table.iloc[:1].assign(start=half), table.iloc[1:]])
    found = tumour_dna.expected_profile(table.iloc[::-1], bins=BINS, var=VAR)
    assert found[0] == pytest.approx(0.5)
    assert found[1:] == pytest.approx(0)


def test_two_biopsies_count_alike_whatever_their_ploidy():
    one, other = segments([2, 3, 1, 2, 2, 2.0]), segments([4, 4, 2, 4, 4, 4.0], sample="F")
    found = tumour_dna.expected_profile(pd.concat([one, other]), bins=BINS, var=VAR)
    assert found == pytest.approx(np.repeat([0, 0.25, -0.5, 0, 0, 0], EACH))


@pytest.mark.parametrize(
    "table",
    [
        segments([]).astype({"copies": float}),
        segments([np.nan] * ARMS),  # no purity, no copies
        segments([2.0, 3.0]),  # two of six chromosomes: a panel
    ],
)
def test_without_the_copies_of_most_of_the_genome_nothing_is_expected(table):
    assert tumour_dna.expected_profile(table, bins=BINS, var=VAR) is None

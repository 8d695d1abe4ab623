"""Purity and ploidy of other programs, with their uncertainty and source."""

import numpy as np
import pytest

from her2omics.copy_number.fit import log_prior_grid
from her2omics.readers.purity import COLUMNS, DEFAULT_PURITY_SD, LEAST_PURITY_SD, read_purity

FOUND = {
    "purple": (
        ["purity\tnormFactor\tscore\tploidy\tgender\tstatus\tminPurity\tmaxPurity",
         "0.62\t0.98\t0.7\t3.1\tFEMALE\tNORMAL\t0.5\t0.7"],
        (0.62, 0.1, 3.1),
    ),
    "purple sure": (
        ["#purity\tnormFactor\tploidy\tstatus\tminPurity\tmaxPurity", "0.62\t1\t3.1\t.\t.62\t.62"],
        (0.62, LEAST_PURITY_SD, 3.1),
    ),
    "purecn": (
        ['"Sampleid","Purity","Ploidy","Sex","Contamination","Flagged","Comment"',
         '"T",0.62,3.1,"F",0,TRUE,"NOISY SEGMENTATION, SEX"'],
        (0.62, DEFAULT_PURITY_SD, 3.1),
    ),
    "ascat": (["AberrantCellFraction\tPloidy", "0.62\t3.1"], (0.62, DEFAULT_PURITY_SD, 3.1)),
    "facets": (
        ["# FACETS version 0.6", "# Purity = 0.62", "# Ploidy = 3.1", "# dipLogR = -0.1"],
        (0.62, DEFAULT_PURITY_SD, 3.1),
    ),
    "facets table": (
        ["sample\tpurity\tploidy\tdipLogR", "T\t0.62\t3.1\t-.1"], (0.62, DEFAULT_PURITY_SD, 3.1)),
    "sequenza": (
        ['"cellularity"\t"ploidy.estimate"\t"ploidy.mean.cn"', "0.52\t3.0\t3.0", "0.62\t3.1\t3.1",
         "0.72\t3.2\t3.2"],
        (0.62, 0.1 / 1.96, 3.1),
    ),
    "table": (["purity: 0.62", "ploidy: 3.1"], (0.62, DEFAULT_PURITY_SD, 3.1)),
    "table of columns": (["purity,ploidy", "0.62,3.1"], (0.62, DEFAULT_PURITY_SD, 3.1)),
    "table without ploidy": (["purity,ploidy", "0.62,NA"], (0.62, DEFAULT_PURITY_SD, np.nan)),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), FOUND.values(), ids=FOUND.keys())
def test_every_program(write, request, lines, expected):
    found = read_purity(write(*lines), sample="P1_B", shown="p")
    assert tuple(found.modes.columns) == COLUMNS
    assert len(found.modes) == 1
    np.testing.assert_allclose(found.modes.iloc[0, :3].to_numpy(dtype=float), expected)
    assert found.modes["weight"].tolist() == [1]
    assert found.modes["tool"].tolist() == [request.node.callspec.id.split()[0]]
    assert (found.file, found.note) == ("p", "")


def test_solutions_of_sequenza_are_weighted_by_rank(write):
    path = write('"cellularity"\t"ploidy"\t"SLPP"', "0.6\t3.1\t-10", "0.3\t2\t-11", "0.9\t4\t-90")
    modes = read_purity(path).modes
    np.testing.assert_allclose(modes["weight"], np.array([6, 3, 2]) / 11)
    assert modes["purity"].tolist() == [0.6, 0.3, 0.9]


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (["purity\tploidy\tdipLogR", "NA\tNA\t0"], "facets: no purity was found"),
        (["purity: NA", "ploidy: NA"], "table: no purity was found"),
        (
            ["purity\tploidy\tstatus\tminPurity\tmaxPurity", "1\t2\tNO_TUMOR\t1\t1"],
            "purple: NO_TUMOR",
        ),
    ],
)
def test_no_purity_is_no_mode_and_says_why(write, lines, note):
    found = read_purity(write(*lines))
    assert found.modes.empty
    assert found.note == note
    assert np.isfinite(log_prior_grid(found.modes)).all()


def test_modes_are_the_prior_of_the_fit(write):
    path = write("purity,ploidy", "0.62,3.1")
    assert np.ptp(log_prior_grid(read_purity(path).modes)) > np.ptp(log_prior_grid(None))


def test_samples_of_one_table(write, messages):
    path = write("Sampleid,Purity,Ploidy", "A,0.4,2", "B,0.6,3")
    assert read_purity(path, sample="B").modes["purity"].tolist() == [0.6]
    assert "the file holds A, B" in messages(read_purity, path, sample="C")[0]
    single = write("purity: 0.6", "ploidy: 2")
    assert "no column of sample names" in messages(read_purity, single, column="B")[0]


BAD = {
    "percent": (["purity,ploidy", "62,3.1"],
                "p line 2: purity: 62: expected a share between 0 and 1 - write 0.62?"),
    "percent in lines": (["purity: 62", "ploidy: 3.1"], "p: purity: 62: expected a share"),
    "ploidy": (["purity,ploidy", ".62,31"],
               "p line 2: ploidy: 31: expected copies per cell between 0.5 and 12"),
    "two rows": (["purity,ploidy", ".6,3", ".5,2"],
                 "p: 2 rows of purity and ploidy: expected one per sample"),
    "no ploidy": (["purity,x", ".6,3"], "p line 1: no column ploidy: read are PURPLE"),
    "a word": (["purity,ploidy", "high,3"], "p line 2: purity: 'high' is not a number"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_purity(write, messages, lines, message):
    found = messages(read_purity, write(*lines), shown="p")
    assert len(found) == 1
    assert message in found[0]

"""Copy-number tables of real programs, read with known answers (``HER2OMICS_REAL_DATA``)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2omics import genome
from her2omics.cli import main
from her2omics.errors import InputError
from her2omics.readers.bins import read_bins
from her2omics.readers.mutations import read_mutations
from her2omics.readers.segments import read_segments

DATA = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="HER2OMICS_REAL_DATA is not set")

# HCC2218 against its normal, exome, GRCh37: file, segments, and over ERBB2 the length (bp), log2
# and copies. TITAN's copies end at its largest state here; PURPLE's segment swallows the amplicon.
SEGMENTS = {
    "cnvkit": ("HCC2218_cnvkit-call.cns", 162, 256_345, 2.95201, 16),
    "facets": ("HCC2218_facets_cncf.tsv", 73, 275_719, 2.862529, 16),
    "titan": ("HCC2218_titan.segs.tsv", 117, 99_949, 2.62512, 3),
    "purple": ("HCC2218_purple.cnv.tsv", 73, 11_528_000, np.nan, 0.714224),
}


@pytest.fixture(scope="module")
def grch37():
    return genome.load("GRCh37")


@pytest.fixture(scope="module")
def folder():
    return Path(DATA) / "hcc2218_copy_number"


def at_erbb2(frame, build):
    gene = build.genes.loc["ERBB2"]
    on = frame["chromosome"].eq("17") & frame["start"].lt(gene["end"])
    return frame[on & frame["end"].gt(gene["start"])]


@pytest.mark.parametrize("program", SEGMENTS)
def test_segments_of_four_programs(program, folder, grch37):
    name, segments, length, log2, copies = SEGMENTS[program]
    found = read_segments(folder / name, genome=grch37, sample="HCC2218")
    assert found.kind == program
    assert len(found.frame) == segments
    (segment,) = at_erbb2(found.frame, grch37).itertuples()
    assert segment.end - segment.start == length
    np.testing.assert_allclose([segment.log2, segment.total_cn], [log2, copies], rtol=1e-5)
    with pytest.raises(InputError, match="the file fits GRCh37, set genome_build accordingly"):
        read_segments(folder / name, genome=genome.load("GRCh38"))


def test_bins_of_cnvkit(folder, grch37):
    found = read_bins(folder / "HCC2218-cnvkit_chr22_1K.cnr", genome=grch37)
    assert len(found.frame) == 1001
    assert set(found.frame["chromosome"]) == {"22"}
    assert found.frame["log2"].notna().all()
    assert found.frame["weight"].between(0, 1).all()
    assert (found.dropped, found.no_coverage) == ({}, 0)


@pytest.mark.parametrize("name", ["HCC2218_baf.tsv", "HCC2218_truthset_cnv_bcbio.tsv"])
def test_other_tables_are_no_segments(name, folder, grch37):
    with pytest.raises(InputError, match="are of no layout that is read"):
        read_segments(folder / name, genome=grch37)


def test_raw_coverage_is_not_guessed_at(grch37):
    with pytest.raises(InputError, match="`coverage` is not guessed at: give the log2 ratio"):
        read_bins(Path(DATA) / "wgs_bins_celllines" / "SKBR3.10kb.csv.gz", genome=grch37)


def test_coverage_as_log2_ratio_shows_the_amplification_of_skbr3(tmp_path, grch37):
    """log2 at ERBB2 against the median of the genome is +3.21."""
    source = Path(DATA) / "wgs_bins_celllines" / "SKBR3.10kb.csv.gz"
    table = pd.read_csv(source, dtype={"chromosome": str})
    with np.errstate(divide="ignore"):
        table["log2"] = np.log2(table["coverage"] / table["coverage"].median())
    table.to_csv(tmp_path / "skbr3.csv", index=False)
    found = read_bins(tmp_path / "skbr3.csv", genome=grch37)
    assert found.no_coverage == table["coverage"].eq(0).sum()
    covered = at_erbb2(found.frame, grch37)["log2"]
    assert covered.median() == pytest.approx(3.21, abs=0.1)


def test_mutation_counts_of_several_samples(grch37):
    path = Path(DATA) / "pyclone_vi_examples" / "tracerx.tsv"
    regions = [read_mutations(path, genome=grch37, column=f"R{n}").frame for n in (1, 2, 3)]
    assert [len(region) for region in regions] == [2448, 2454, 2454]
    assert [set(region["tumour_content"]) for region in regions] == [{0.21}, {0.14}, {0.11}]
    assert len(set().union(*(region["mutation_id"] for region in regions))) == 2458


def test_check_takes_them_as_a_study(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("samples.tsv").write_text(
        "patient\tsample\ttimepoint\nP\tB\tbaseline\nP\tF\tfollowup\nQ\tQB\tbaseline\n"
    )
    rows = [
        f"{sample}\twes\tsegments\t{folder / name}"
        for sample, (name, *_) in zip(("B", "F", "QB"), SEGMENTS.values(), strict=False)
    ]
    rows.append(f"B\twes\tbins\t{folder / 'HCC2218-cnvkit_chr22_1K.cnr'}")
    Path("units.tsv").write_text("\n".join(["sample\tassay\tfiletype\tpath", *rows]) + "\n")
    sheets = ["--samples", "samples.tsv", "--units", "units.tsv"]
    assert main(["check", *sheets, "--genome-build", "GRCh37"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["check", *sheets]) == 1
    # The bins, of the beginning of chromosome 22 alone, fit both builds.
    assert capsys.readouterr().err.count("the file fits GRCh37") == 3

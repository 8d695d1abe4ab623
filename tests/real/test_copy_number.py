"""The copy-number arm on real tumours with known answers (``HER2OMICS_REAL_DATA``)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2omics import genome
from her2omics.cohort import bias
from her2omics.copy_number import arm, locus
from her2omics.errors import InputError
from her2omics.readers.bins import COLUMNS, Bins
from her2omics.readers.dna import PatientDna, SampleDna
from her2omics.readers.segments import read_segments

DATA = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="HER2OMICS_REAL_DATA is not set")

HCC2218 = {
    "cnvkit": "HCC2218_cnvkit-call.cns",
    "facets": "HCC2218_facets_cncf.tsv",
    "titan": "HCC2218_titan.segs.tsv",
    "purple": "HCC2218_purple.cnv.tsv",
}
AMPLIFIED_LOG2 = 1.0  # over the arm: at least doubled


@pytest.fixture(scope="module")
def grch37():
    return genome.load("GRCh37")


def alone(dna, build, purity=np.nan):
    """Return the row of a single sample."""
    sheet = pd.DataFrame(
        {
            "patient": "P",
            "sample": ["B"],
            "timepoint": "baseline",
            "exclude": None,
            "purity": purity,
            "tumour_content": np.nan,
            "ploidy": np.nan,
        }
    )
    out = arm.Rows()
    cases = pd.DataFrame(columns=["case", "patient", "baseline", "followup"])
    rng = np.random.default_rng(1)
    arm.analyse(PatientDna("P", (dna,), ()), sheet, cases, out, genome=build, rng=rng)
    (row,) = out.tables()["copy_number"].to_dict("records")
    return row


def hcc2218(program, build):
    """A cell line: purity 1."""
    path = Path(DATA) / "hcc2218_copy_number" / HCC2218[program]
    segments = read_segments(path, genome=build, sample="B")
    return alone(SampleDna("B", "P", "baseline", "wes", segments=segments), build, purity=1.0)


@pytest.mark.parametrize("program", ["cnvkit", "facets"])
def test_hcc2218_has_17_copies(program, grch37):
    row = hcc2218(program, grch37)
    assert row["ish_group"] == 1
    assert row["resolved"] == "yes"
    assert row["erbb2_copies_low"] <= 17 <= row["erbb2_copies_high"]
    assert row["erbb2_copies"] == pytest.approx(17, abs=4)


def test_the_largest_state_of_titan_is_not_believed(grch37):
    row = hcc2218("titan", grch37)
    assert row["erbb2_copies"] > 6
    assert "its log ratios are used" in row["note"]


def test_the_swallowing_segment_of_purple_is_not_believed(grch37):
    row = hcc2218("purple", grch37)
    assert row["resolved"] == "no"
    assert "11.5 Mb: an amplicon may hide in it" in row["note"]
    assert pd.isna(row["ish_group"])


@pytest.mark.parametrize("program", HCC2218)
def test_the_other_build_is_refused(program):
    with pytest.raises(InputError, match="the file fits GRCh37, set genome_build accordingly"):
        hcc2218(program, genome.load("GRCh38"))


def line(name, *, corrected):
    """Return the bins of a cell line, 10 kb, with GC and mappability if to be corrected."""
    folder = Path(DATA) / "wgs_bins_celllines"
    bins = pd.read_csv(folder / f"{name}.10kb.csv.gz", dtype={"chromosome": str})
    with np.errstate(divide="ignore"):
        log2 = np.log2(bins["coverage"] / bins["coverage"].median())
    bins = bins.assign(log2=log2.replace(-np.inf, np.nan)).reindex(columns=list(COLUMNS))
    if corrected:
        for column, file in (("gc", "gc_hg19_10kb"), ("mappability", "map_hg19_10kb")):
            values = wig(folder / f"{file}.wig.gz")
            keys = pd.MultiIndex.from_frame(bins[["chromosome", "start"]])
            bins[column] = values.reindex(keys).to_numpy()
        bins.loc[bins["gc"] < 0, "gc"] = np.nan
    rank = {chromosome: number for number, chromosome in enumerate(genome.CHROMOSOMES)}
    bins = bins[bins["chromosome"].isin(rank)]
    bins = bins.assign(rank=bins["chromosome"].map(rank)).sort_values(["rank", "start"])
    bins = bins.drop(columns="rank").reset_index(drop=True)
    bins = bins.astype(dict.fromkeys(COLUMNS[3:], float))
    return SampleDna("B", "P", "baseline", "wgs", bins=Bins(bins, name, {}, 0, 0))


def wig(path):
    """Return the values of a fixedStep file by chromosome and start."""
    text = pd.read_csv(path, header=None, names=["line"], dtype=str)["line"]
    head = text.str.startswith("fixedStep")
    chromosome = text.str.extract(r"chrom=(?:chr)?(\S+)")[0].ffill()
    start = (head.groupby(head.cumsum()).cumcount() - 1) * 10_000
    index = pd.MultiIndex.from_arrays([chromosome[~head], start[~head]])
    return pd.Series(text[~head].astype(float).to_numpy(), index=index)


def test_skbr3_is_amplified(grch37):
    row = alone(line("SKBR3", corrected=True), grch37, purity=1.0)
    assert row["ish_group"] in (1, 3)
    assert row["erbb2_copies_low"] > 6
    assert "ERBB2" in row["amplicon_genes"].split(";")


def test_mcf7_is_not_amplified(grch37):
    row = alone(line("MCF7", corrected=True), grch37, purity=1.0)
    assert row["ish_group"] not in (1, 3)
    assert row["erbb2_copies_high"] < 4


def test_a549_is_amplified_only_until_gc_is_corrected(grch37):
    over = {}
    for corrected in (False, True):
        dna = line("A549", corrected=corrected)
        row = alone(dna, grch37, purity=1.0)
        over[corrected] = row["erbb2_log2"]
        if corrected:
            assert row["ish_group"] not in (1, 3)
    assert over[False] > 1.0
    assert abs(over[True]) < 0.5
    assert bias.correct(line("A549", corrected=True).bins.frame, genome=grch37)[1]


def test_neve_lines(grch37):
    """Chromosome 17 alone, clones at the places of their probes' genes (GRCh37)."""
    folder = Path(DATA) / "neve_celllines_chr17"
    cn = pd.read_csv(folder / "neve_chr17_cn_copynumber.tsv.gz", sep="\t")
    expression = pd.read_csv(folder / "neve_chr17_expr.tsv.gz", sep="\t")
    assert (cn["clone_probe"].str.split("_", n=1).str[1] == expression["probe"]).all()
    lines = list(cn.columns[4:])
    high = expression.loc[expression["Symbol"].eq("ERBB2"), lines].max().ge(10.5)
    place, arms = grch37.genes.loc["ERBB2"], grch37.arms().set_index("arm")
    level, background, _ = locus.locus_level(
        expression["Start"].to_numpy(),
        expression["End"].to_numpy() + 1,
        cn[lines].to_numpy(dtype=float).T,
        locus=(int(place["start"]), int(place["end"])),
        arm=tuple(arms.loc["17q", ["start", "end"]]),
    )
    found = pd.Series(level - background > AMPLIFIED_LOG2, index=lines)
    assert high.sum() == 11
    assert found[high].sum() == 10
    assert not found[high]["SUM225CWN"]
    assert not found[~high].any()


def test_metabric_integrative_cluster_5(grch37):
    folder = Path(DATA) / "metabric_chr17_cn"
    cn = pd.read_csv(folder / "metabric997_cn.tsv.gz", sep="\t", index_col=0)
    places = pd.read_csv(folder / "probe_map.tsv.gz", sep="\t").set_index("Probe_ID")
    cluster = pd.read_csv(folder / "IntClust.tsv", sep="\t").set_index("sample")["IntClust"]
    places = places[places["chromosome_name_hg19"].astype(str).eq("17")]
    places = places[places.index.isin(cn.index)].sort_values("start_position_hg19")
    samples = cn.columns.intersection(cluster.index)
    level, _, probes = locus.locus_level(
        places["start_position_hg19"].to_numpy(),
        places["end_position_hg19"].to_numpy(),
        cn.loc[places.index, samples].to_numpy().T,
        # MIEN1, on the other strand, begins inside the last exon and has a probe of its own.
        locus=(int(grch37.genes.at["ERBB2", "start"]), int(grch37.genes.at["MIEN1", "start"])),
        arm=tuple(grch37.arms().set_index("arm").loc["17q", ["start", "end"]]),
    )
    assert probes >= 1
    five = cluster[samples].astype(str).eq("5").to_numpy()
    rank = pd.Series(level).rank().to_numpy()
    n, m = five.sum(), (~five).sum()
    auc = (rank[five].sum() - n * (n + 1) / 2) / (n * m)
    assert auc >= 0.99

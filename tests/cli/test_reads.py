"""The steps of ``her2omics reads`` as the rules call them."""

import gzip
import hashlib

import pandas as pd
import pytest

from her2omics.cli import main


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a folder of simulated DNA reads, few of them."""
    out = tmp_path_factory.mktemp("study")
    options = ["--modalities", "dna", "--depth", "1", "--out", str(out)]
    assert main(["simulate", "reads", "--seed", "3", *options]) == 0
    return out


@pytest.fixture
def here(study, monkeypatch):
    monkeypatch.chdir(study)
    return study


SHEETS = ["--samples", "samples.tsv", "--units", "units.tsv", "--config", "config.yaml"]


def _run(*words):
    return main(["reads", *map(str, words)])


def test_windows_and_bins(here, tmp_path):
    table, bed, out = (tmp_path / name for name in ("w.tsv", "w.bed", "b.tsv.gz"))
    targets = ["--targets", "reference/targets.bed"]
    assert _run("windows", *SHEETS, *targets, "--out", table, "--bed", bed) == 0
    windows = pd.read_csv(table, sep="\t")
    places = pd.read_csv(bed, sep="\t", header=None)
    assert places.to_numpy().tolist() == windows[["chromosome", "start", "end"]].to_numpy().tolist()
    depth = windows[["chromosome", "start", "end"]].assign(depth=20.0)
    regions = tmp_path / "r.bed.gz"
    regions.write_bytes(gzip.compress(depth.to_csv(sep="\t", header=False, index=False).encode()))
    assert _run("bins", "--windows", table, "--depth", regions, "--out", out) == 0
    bins = pd.read_csv(out, sep="\t")
    assert bins["log2"].eq(0).all()
    assert len(bins) == len(windows)


def test_depth_of_other_windows_is_refused(here, tmp_path, capsys):
    table = tmp_path / "w.tsv"
    table.write_text("chromosome\tstart\tend\ton_target\tgc\nchr1\t0\t100\t1\t0.4\n")
    regions = tmp_path / "r.bed.gz"
    regions.write_bytes(gzip.compress(b"chr1\t0\t200\t3\n"))
    out = tmp_path / "b.tsv"
    assert _run("bins", "--windows", table, "--depth", regions, "--out", out) == 1
    assert "has no depth of some windows" in capsys.readouterr().err
    assert not out.exists()


def test_sites_and_counts(here, tmp_path):
    called = tmp_path / "called.tsv"
    called.write_text("chromosome\tposition\tref\talt\nchr2\t500\tC\tT\n")
    positions, mutations = tmp_path / "p.tsv", tmp_path / "m.tsv"
    words = ["--patient", "P0001", "--snps", "reference/sites.vcf", "--called", called]
    words += ["--positions", positions, "--mutations", mutations]
    assert _run("sites", *SHEETS, *words) == 0
    lines = positions.read_text().splitlines()
    assert "chr2\t500" in lines
    assert len(lines) > 1000

    pileup = tmp_path / "p.vcf"
    pileup.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr2,length=900000>\n"
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="d">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"
        "chr2\t500\t.\tC\tT,<*>\t0\t.\t.\tAD\t30,9,0\n"
    )
    words = ["--sample", "P0001-B", "--pileup", pileup, "--snp-sites", "reference/sites.vcf"]
    words += ["--mutation-sites", mutations]
    made = [tmp_path / "s.tsv.gz", tmp_path / "c.tsv"]
    assert _run("counts", *words, "--snps", made[0], "--mutations", made[1]) == 0
    row = pd.read_csv(made[1], sep="\t").iloc[0]
    assert (row["mutation_id"], row["ref_counts"], row["alt_counts"]) == ("chr2:500:C:T", 30, 9)
    assert pd.read_csv(made[0], sep="\t").empty


def test_lanes(here, tmp_path, capsys):
    first, second = (f"fastq/P0001-N_L1.dna_R{mate}.fastq.gz" for mate in (1, 2))
    assert _run("check-lane", "--sample", "P0001-N", "--files", first, second) == 0
    said = capsys.readouterr().out
    assert "reads in fastq/P0001-N_L1" in said
    for name in (first, second):
        assert f"{hashlib.sha256((here / name).read_bytes()).hexdigest()}  {name}\n" in said
    cut = tmp_path / "cut.fastq.gz"
    cut.write_bytes((here / second).read_bytes()[:-500])
    assert _run("check-lane", "--sample", "P0001-N", "--files", first, cut) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cut.fastq.gz (P0001-N): is cut off" in said


def test_check_knows_what_reads_need(here, capsys):
    assert main(["check", *SHEETS]) == 0
    assert "does not use them" not in capsys.readouterr().err
    assert main(["check", *SHEETS, "--set", "reads.reference=null"]) == 1
    assert "reads.reference: the units sheet has DNA reads" in capsys.readouterr().err

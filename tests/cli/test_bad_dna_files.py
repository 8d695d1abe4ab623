"""DNA files that cannot serve: one clear message each, exit 1, nothing written."""

import gzip
import time

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.cli import main

SAMPLES = (
    "patient\tsample\ttimepoint\nP1\tN\tnormal\nP1\tB\tbaseline\nP1\tF\tfollowup\n"
    "P2\tB2\tbaseline\nP2\tF2\tfollowup\n"
)
BINS = "chromosome\tstart\tend\tgene\tlog2\tdepth\tweight\n" + "".join(
    f"chr17\t{start}\t{start + 1000}\t-\t{(start % 7 - 3) / 10}\t50\t1\n"
    for start in range(39_600_000, 39_800_000, 1000)
)
SEG = "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n" + "".join(
    f"{name}\t17\t1\t39600000\t900\t-0.1\n{name}\t17\t39600001\t39900000\t12\t3.1\n"
    for name in ("B", "F")
)
SNPS = "chromosome\tposition\tref_count\talt_count\n" + "".join(
    f"chr17\t{place}\t20\t21\n" for place in range(39_600_000, 39_700_000, 1000)
)
MUTATIONS = "mutation_id\tsample_id\tref_counts\talt_counts\nm1\tB\t50\t10\nm1\tF\t40\t0\n"
PURITY = "purity\tploidy\n0.6\t3.1\n"
GENES = pd.DataFrame(
    {"B": np.linspace(-1, 1, 50), "F": np.linspace(1, -1, 50)},
    index=resources.table("pam50_centroids.tsv")["gene"],
).to_csv(sep="\t")
FILES = {
    "bins": ("b.cnr", BINS),
    "segments": ("c.seg", SEG),
    "gene_cn": ("genes.tsv", GENES),
    "snps": ("snps.tsv", SNPS),
    "mutations": ("mutations.tsv", MUTATIONS),
    "purity": ("purity.tsv", PURITY),
}
UNITS = (
    "sample\tassay\tfiletype\tpath\tunit\n"
    "B\twes\tbins\tb.cnr\t\nB\twes\tsegments\tc.seg\t\nF\twes\tsegments\tc.seg\t\n"
    "B\twes\tgene_cn\tgenes.tsv\tlog2\nF\twes\tgene_cn\tgenes.tsv\tlog2\n"
    "B\twes\tsnps\tsnps.tsv\t\nB\twes\tmutations\tmutations.tsv\t\n"
    "F\twes\tmutations\tmutations.tsv\t\nB\twes\tpurity\tpurity.tsv\t\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples.tsv").write_text(SAMPLES)
    (tmp_path / "units.tsv").write_text(UNITS)
    for name, content in FILES.values():
        (tmp_path / name).write_text(content)
    return tmp_path


def check(capsys, *arguments):
    code = main(["check", "--samples", "samples.tsv", "--units", "units.tsv", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


def test_sound_files_of_every_kind_pass_without_a_word(folder, capsys):
    code, out, errors = check(capsys)
    assert (code, errors) == (0, [])
    assert "in both biopsies wes" in " ".join(out.split())


BAD = {
    "bins: truncated gzip": ("bins", gzip.compress(BINS.encode())[:-200], "gzip file is truncated"),
    "bins: web page": ("bins", "<html><body>Sign in</body></html>", "a web page (HTML)"),
    "bins: linear": (
        "bins",
        "\n".join(
            "\t".join([*row.split("\t")[:4], "1.1", *row.split("\t")[5:]]) if n else row
            for n, row in enumerate(BINS.strip().split("\n"))
        ),
        "b.cnr: log2: no value is negative and the median is 1.1, as in linear ratios or copies",
    ),
    "bins: a cns": ("bins", BINS.replace("weight", "probes"), "give the filetype `segments`"),
    "bins: no log2": ("bins", BINS.replace("log2", "ratio"), "no column log2"),
    "bins: other build": (
        "bins",
        BINS + "chr17\t83300000\t83300100\t-\t0.1\t5\t1\n",
        "b.cnr: position 83300100 lies beyond chromosome 17, which has 83257441 bp in GRCh38",
    ),
    "bins: a word": (
        "bins", BINS.replace("\t-\t0.1\t", "\t-\tlow\t", 1), "log2: 'low' is not a number"),
    "segments: bins": ("segments", BINS, "give the filetype `bins`"),
    "segments: unknown": (
        "segments", "chrom\tstart\tend\ttot_cn\n1\t1\t9\t2\n", "are of no layout that is read"),
    "segments: sample missing": (
        "segments",
        SEG.replace("F\t", "G\t"),
        "c.seg (F): sample 'F' is not in it: the file holds B, G",
    ),
    "segments: overlap": (
        "segments",
        SEG.replace("39600001", "38000001", 1),
        "c.seg line 3: the segment 17:38000000-39900000 overlaps 0-39600000 of line 2",
    ),
    "segments: a chromosome that is none": (
        "segments", SEG.replace("\t17\t", "\tNC_000017.11\t"), "no chromosome is recognised"),
    "gene_cn: calls": (
        "gene_cn",
        GENES.split("\n")[0] + "\n" + "".join(f"{row.split(chr(9))[0]}\t0\t1\n" for row in
                                              GENES.strip().split("\n")[1:]),
        "all 2 samples, such as B: unit 'log2' does not fit the values: all of them are whole",
    ),
    "gene_cn: no ERBB2": ("gene_cn", GENES.replace("ERBB2", "NOGENE"), "ERBB2 is not among the"),
    "gene_cn: sample missing": (
        "gene_cn", GENES.replace("\tF\n", "\tG\n"), "(F): column 'F' is not in the matrix"),
    "snps: fractions": (
        "snps", SNPS.replace("\t20\t", "\t0.5\t", 1), "line 2: ref_count: 0.5 is no number"),
    "snps: two samples in one": (
        "snps", SNPS + SNPS.split("\n", 1)[1], "a second row of 17:39600000, which line 2"),
    "mutations: VCF": (
        "mutations",
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\n17\t5\t.\tA\tT\t.\n",
        "mutations.tsv: no VCF or BCF that can be read: is it cut short, or its header",
    ),
    "mutations: sample missing": (
        "mutations", MUTATIONS.replace("\tF\t", "\tG\t"), "(F): sample 'F' is not in it"),
    "mutations: given twice": (
        "mutations", MUTATIONS + "m1\tB\t50\t10\n", "line 4: mutation_id: a second row of m1"),
    "purity: percent": (
        "purity", PURITY.replace("0.6", "60"), "purity: 60: expected a share between 0 and 1"),
    "purity: no ploidy": ("purity", "purity\n0.6\n", "the header has one column only"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_named_once(folder, capsys, kind, content, message):
    name = FILES[kind][0]
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    before = sorted(path.name for path in folder.iterdir())
    code, out, errors = check(capsys)
    assert code == 1
    assert out == ""
    assert errors[0].startswith(f"her2omics check: {name}")
    assert message in "\n".join(errors)
    assert len({error.split(": ")[-1] for error in errors if message in error}) == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_all_bad_files_at_once(folder, capsys):
    (folder / "b.cnr").write_text("<html>")
    (folder / "snps.tsv").write_text("chromosome\tposition\n1\t5\n")
    (folder / "purity.tsv").write_text(PURITY.replace("0.6", "60"))
    code, _, errors = check(capsys)
    assert code == 1
    assert [error.split(": ")[1].split()[0] for error in errors] == [
        "b.cnr",
        "snps.tsv",
        "purity.tsv",
    ]


def test_the_other_build_is_named_with_both_sides(folder, capsys):
    (folder / "b.cnr").write_text(BINS + "chr17\t83000000\t83000100\t-\t0.1\t5\t1\n")
    assert check(capsys)[0] == 0
    code, _, errors = check(capsys, "--genome-build", "GRCh37")
    assert code == 1
    assert errors == [
        "her2omics check: b.cnr: position 83000100 lies beyond chromosome 17, which has 81195210 "
        "bp in GRCh37: the file fits GRCh38, set genome_build accordingly"
    ]


def test_two_files_with_the_same_sites(folder, capsys):
    (folder / "more.tsv").write_text(SNPS)
    with (folder / "units.tsv").open("a") as handle:
        handle.write("B\twes\tsnps\tmore.tsv\t\n")
    code, _, errors = check(capsys)
    assert code == 1
    assert len(errors) == 1
    assert "more.tsv (B): 100 of its rows are also in snps.tsv, such as 17:39600000" in errors[0]


def test_one_cnr_for_two_samples(folder, capsys):
    with (folder / "units.tsv").open("a") as handle:
        handle.write("F\twes\tbins\tb.cnr\t\n")
    code, _, errors = check(capsys)
    assert code == 1
    assert errors == [
        "her2omics check: units.tsv line 11 (F): path: b.cnr is also the file of sample B (line 2)"
    ]


def test_a_quick_check_and_a_gated_one_read_no_tables(folder, capsys):
    (folder / "snps.tsv").write_text("chromosome\tposition\n1\t5\n")
    assert check(capsys, "--quick")[0] == 0
    assert check(capsys, "--set", "on_bad_file=gate")[0] == 0
    assert check(capsys)[0] == 1


def test_without_its_genome_tables_no_position_is_judged(folder, capsys):
    (folder / "empty").mkdir()
    code, _, errors = check(capsys, "--set", "genome_build=custom", "genome_tables=empty")
    assert code == 1
    assert errors == ["her2omics check: empty/contigs.tsv: no such file"]


def test_a_file_of_a_hundred_samples_is_checked_in_seconds(folder, capsys):
    names = [f"S{number}" for number in range(100)]
    rows = [f"P{name}\t{name}\tbaseline\n" for name in names]
    (folder / "samples.tsv").write_text("patient\tsample\ttimepoint\n" + "".join(rows))
    units = [f"{name}\twes\tsegments\tc.seg\n" for name in names]
    (folder / "units.tsv").write_text("sample\tassay\tfiletype\tpath\n" + "".join(units))
    segments = [f"{name}\t{c}\t1\t40000000\t50\t-.1\n" for name in names for c in range(1, 23)]
    (folder / "c.seg").write_text(SEG.split("\n", 1)[0] + "\n" + "".join(segments))
    started = time.process_time()
    assert check(capsys)[0] == 0
    assert time.process_time() - started < 6

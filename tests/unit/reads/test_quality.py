"""How good the reads are, from what the tools wrote."""

import gzip
import json

import pytest

from her2omics.reads import quality
from her2omics.reads.quality import duplicates

MARKED = """\
COMMAND: samtools markdup: -f x
READ: 1000
EXAMINED: 800
DUPLICATE PAIR: 100
DUPLICATE SINGLE: 20
DUPLICATE PAIR OPTICAL: 50
"""
UNITS = """\
sample\tassay\tfiletype\tpath\tpath2\ttargets
P1-B\twes\tfastq\tb1_1.fq\tb1_2.fq\tx.bed
P1-B\twes\tfastq\tb2_1.fq\tb2_2.fq\tx.bed
P1-F\twes\tbam\tf.bam\t\tx.bed
"""


def _fastp(before, after, size):
    summary = {
        "before_filtering": {"total_reads": before},
        "after_filtering": {"total_reads": after},
    }
    return json.dumps({"summary": summary, "insert_size": {"peak": size}})


def test_duplicates():
    assert duplicates(MARKED) == pytest.approx(120 / 800)
    assert duplicates("nothing") != duplicates("nothing")


@pytest.fixture
def made(study):
    """Return a function: a plan of two biopsies with what the tools wrote of them."""

    def make(units=UNITS, **settings):
        found, problems = study(units, **settings)
        assert not problems
        return _written(found)

    return make


def _written(found):
    for name in ("fastp", "bam", "windows", "depth"):
        (found.folder / name).mkdir(parents=True)
    (found.folder / "fastp" / "P1-B.wes__1.json").write_text(_fastp(100, 90, 150))
    (found.folder / "fastp" / "P1-B.wes__2.json").write_text(_fastp(400, 380, 170))
    (found.folder / "bam" / "P1-B.wes.duplicates.txt").write_text(MARKED)
    (found.folder / "windows" / "wes.x.tsv").write_text(
        "chromosome\tstart\tend\ton_target\tgc\nchr17\t0\t100\t1\t.4\nchr17\t500\t800\t0\t.4\n"
    )
    for name, depth in (("P1-B", 80), ("P1-F", 40), ("P1-N", 60)):
        regions = f"chr17\t0\t100\t{depth}\nchr17\t500\t800\t2\n"
        path = found.folder / "depth" / f"{name}.wes.regions.bed.gz"
        path.write_bytes(gzip.compress(regions.encode()))
        (found.folder / "depth" / f"{name}.wes.mosdepth.summary.txt").write_text(
            "chrom\tlength\tbases\tmean\tmin\tmax\nchr17\t60000\t10000\t.2\t0\t9\n"
            "total\t60000\t10000\t.2\t0\t9\ntotal_region\t400\t8600\t20\t0\t9\n"
        )
    return found


def test_one_row_per_sample(made):
    table = quality.table(made())
    assert table["sample"].tolist() == ["P1-B", "P1-F"]
    assert table["patient"].tolist() == ["P1", "P1"]
    first, second = table.to_dict("records")
    assert (first["reads"], first["reads_kept"], first["insert_size"]) == (500, 470, 170)
    assert first["duplicates"] == pytest.approx(0.15)
    assert (first["depth"], second["depth"]) == (80, 40)
    assert (first["on_target"], second["on_target"]) == (0.8, 0.4)
    assert table["reads"].isna().tolist() == [False, True]
    assert table["contamination"].isna().all()
    assert table["sex"].tolist() == ["unknown", "unknown"]


def _snps(path, alt, sites=200):
    """Write allele counts: every site homozygous but for some reads of the other allele."""
    path.parent.mkdir(exist_ok=True)
    rows = [f"chr1\t{100 * k + 1}\t{100 - alt}\t{alt}\n" for k in range(sites)]
    text = "chromosome\tposition\tref_count\talt_count\n" + "".join(rows)
    path.write_bytes(gzip.compress(text.encode()))


def test_foreign_dna_needs_a_normal(made, tmp_path):
    (tmp_path / "s.vcf").touch()
    normal = "P1-N\twes\tbam\tn.bam\t\tx.bed\n"
    settings = {"settings": {"reads.snp_sites": str(tmp_path / "s.vcf")}}
    for units, known in ((UNITS, False), (UNITS + normal, True)):
        found = made(units, folder=f"results_{known}", **settings)
        names = [one.name for one in found.alignments]
        vcf = found.folder / "snp_sites" / "wes.x.vcf"
        vcf.parent.mkdir()
        head = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n##INFO=<ID=AF,Number=A,Type=Float,"
        rows = [f"chr1\t{100 * k + 1}\t.\tA\tG\t.\t.\tAF=0.5\n" for k in range(200)]
        columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        vcf.write_text(head + 'Description="f">\n' + columns + "".join(rows))
        for name in names:
            _snps(found.folder / "snps" / f"{name}.tsv.gz", alt=0)
        table = quality.table(found).set_index("sample")
        assert table["contamination"].notna().tolist() == [known] * len(names)
        if known:
            assert table["contamination"].tolist() == [0, 0, 0]
            assert table["contamination_sites"].tolist() == [200] * 3

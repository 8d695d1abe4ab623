"""Allele counts of a pileup at SNPs and mutations."""

import numpy as np
import pandas as pd
import pysam
import pytest

from her2omics.errors import InputError
from her2omics.reads import alleles

HEADER = """\
##fileformat=VCFv4.2
##contig=<ID=chr1,length=40000>
##contig=<ID=chr17,length=60000>
##INFO=<ID=INDEL,Number=0,Type=Flag,Description="indel">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS
"""
PILEUP = (
    HEADER
    + "chr1\t100\t.\tA\tG,T,<*>\t0\t.\t.\tAD\t30,12,2,0\n"
    + "chr1\t200\t.\tC\t<*>\t0\t.\t.\tAD\t25,0\n"
    + "chr17\t500\t.\tG\t<*>\t0\t.\t.\tAD\t40,0\n"
    + "chr17\t500\t.\tGAA\tGA\t0\t.\tINDEL\tAD\t31,9\n"
)


@pytest.fixture
def pileup(tmp_path):
    path = tmp_path / "p.vcf"
    path.write_text(PILEUP)
    return alleles.read_pileup(path)


def _sites(*rows):
    return pd.DataFrame(rows, columns=list(alleles.SITE))


def test_bases(pileup):
    sites = _sites(
        ("chr1", 100, "A", "G"),
        ("chr1", 100, "A", "C"),
        ("chr1", 200, "C", "T"),
        ("chr1", 300, "C", "T"),
        ("chr17", 500, "G", "A"),
    )
    ref, alt = alleles.counts(sites, pileup)
    np.testing.assert_array_equal(ref, [30, 30, 25, 0, 40])
    np.testing.assert_array_equal(alt, [12, 0, 0, 0, 0])


def test_a_deletion_by_its_bases(pileup):
    sites = _sites(("chr17", 500, "GA", "G"), ("chr17", 500, "G", "GT"))
    ref, alt = alleles.counts(sites, pileup)
    np.testing.assert_array_equal(alt, [9, 0])
    np.testing.assert_array_equal(ref, [31, 40])


def test_tables(pileup):
    snps = alleles.snp_table(_sites(("chr1", 100, "A", "G"), ("chr1", 300, "C", "T")), pileup)
    assert snps.to_numpy().tolist() == [["chr1", 100, 30, 12]]
    sites = _sites(("chr1", 100, "A", "G"), ("chr1", 300, "C", "T")).assign(gene=["TP53", None])
    table = alleles.mutation_table(sites, pileup, "P1-B")
    assert table["mutation_id"].tolist() == ["chr1:100:A:G", "chr1:300:C:T"]
    assert table[["ref_counts", "alt_counts"]].to_numpy().tolist() == [[30, 12], [0, 0]]
    assert table["gene"].iloc[0] == "TP53"
    assert tuple(table.columns) == alleles.MUTATION_COLUMNS


def test_positions_are_named_once():
    text = alleles.positions_text([_sites(("chr1", 5, "A", "G")), _sites(("chr1", 5, "A", "T"))])
    assert text == "chr1\t5\n"


def test_snps_of_a_vcf(tmp_path):
    path = tmp_path / "s.vcf"
    head = "\n".join(line for line in HEADER.splitlines() if not line.startswith("#CHROM"))
    rows = ["chr1\t7\t.\tA\tG", "chr1\t8\t.\tA\tG,T", "chr1\t9\t.\tAC\tG", "chr1\t7\t.\tA\tC"]
    path.write_text(
        head + "\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        + "".join(f"{row}\t.\t.\t.\n" for row in rows)
    )  # fmt: skip
    assert alleles.snp_sites(path)["position"].tolist() == [7]


def test_snps_that_a_design_sees(tmp_path):
    path = tmp_path / "s.vcf"
    rows = {
        "1\t950\t.\tA\tG": "AF=0.25",
        "1\t890\t.\tA\tC": "CAF=0.75,0.25",
        "17\t60\t.\tC\tT": ".",
        "MT\t5\t.\tC\tT": ".",
    }
    path.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=17>\n##contig=<ID=MT>\n"
        '##INFO=<ID=AF,Number=A,Type=Float,Description="f">\n'
        '##INFO=<ID=CAF,Number=.,Type=String,Description="f">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        + "".join(f"{row}\t.\t.\t{info}\n" for row, info in rows.items())
    )
    windows = pd.DataFrame(
        {
            "chromosome": ["chr1", "chr1"],
            "start": [1000, 0],
            "end": [1200, 900],
            "on_target": [1, 0],
        }
    )
    names = {"1": "chr1", "17": "chr17"}
    found = alleles.snps_of_design(path, windows, names)
    assert found.to_numpy().tolist() == [["chr1", 950, "A", "G", 0.25]]
    grid = windows.assign(on_target=0)
    everything = alleles.snps_of_design(path, grid, names)
    assert everything["frequency"].fillna(-1).tolist() == [0.25, 0.25, -1]
    again = tmp_path / "again.vcf"
    again.write_text(alleles.vcf_text(found, {"chr1": 40_000}))
    assert alleles.snp_sites(again).to_numpy().tolist() == found.to_numpy().tolist()
    with pytest.raises(InputError, match="none of its SNPs lies where this design looks"):
        alleles.snps_of_design(path, windows.assign(chromosome="chr17"), names)


def test_a_file_that_is_none(tmp_path):
    path = tmp_path / "p.vcf"
    path.write_text("no pileup\n")
    with pytest.raises(InputError, match="is no pileup"):
        alleles.read_pileup(path)
    with pytest.raises(InputError, match="is no VCF of SNPs"):
        alleles.snp_sites(path)


def test_the_union_of_a_patients_files(study, build, tmp_path):
    header = "chromosome\tposition\tref\talt\tref_counts\talt_counts\tfilter\tgene\n"
    (tmp_path / "b.tsv").write_text(
        header + "17\t500\tG\tA\t10\t3\tPASS\tERBB2\n1\t9\tC\tT\t5\t5\tartefact\t\n"
    )
    (tmp_path / "f.tsv").write_text(
        header.replace("\tgene", "") + "chr17\t500\tG\tA\t10\t3\tPASS\nX\t30\tC\tG\t8\t8\tPASS\n"
    )
    found, _ = study(
        "sample\tassay\tfiletype\tpath\n"
        "P1-B\twgs\tbam\tb.bam\nP1-B\twgs\tmutations\tb.tsv\nP1-F\twgs\tmutations\tf.tsv\n"
    )
    names = {"1": "chr1", "17": "chr17", "X": "chrX"}
    sites = alleles.mutation_sites(found, "P1", genome=build, names=names)
    assert sites[list(alleles.SITE)].to_numpy().tolist() == [
        ["chr17", 500, "G", "A"],
        ["chrX", 30, "C", "G"],
    ]
    assert sites["gene"].iloc[0] == "ERBB2"


def test_pysam_reads_its_own_pileup_as_the_tool_writes_it(fasta, tmp_path):
    header = {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chr17", "LN": 60_000}]}
    header["RG"] = [{"ID": "a", "SM": "S"}]
    with pysam.FastaFile(str(fasta)) as sequences:
        text = sequences.fetch("chr17", 1000, 1100)
    path = str(tmp_path / "x.bam")
    other = "A" if text[50] != "A" else "C"
    with pysam.AlignmentFile(path, "wb", header=header) as out:
        for number in range(30):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.reference_id, read.reference_start = f"r{number}", 0, 1000
            read.query_sequence = text if number % 3 else text[:50] + other + text[51:]
            read.cigarstring, read.mapping_quality, read.flag = "100M", 60, 16 * (number % 2)
            read.query_qualities = pysam.qualitystring_to_array("I" * 100)
            read.set_tag("RG", "a")
            out.write(read)
    pysam.index(path)
    from pysam import bcftools

    sites = _sites(("chr17", 1051, text[50], other))
    (tmp_path / "t.tsv").write_text(alleles.positions_text([sites]))
    made = str(tmp_path / "p.vcf.gz")
    bcftools.mpileup(
        *("-a", "AD", "-T", str(tmp_path / "t.tsv"), "-f", str(fasta), "-O", "z", "-o", made, path),
        catch_stdout=False,
    )
    ref, alt = alleles.counts(sites, alleles.read_pileup(made))
    assert (ref[0], alt[0]) == (20, 10)

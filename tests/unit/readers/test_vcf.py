"""Somatic calls as the callers write them."""

import gzip

import numpy as np
import pytest

from her2omics.readers import vcf
from her2omics.readers.mutations import read_mutations

CONTIGS = ("##contig=<ID=chr3,length=198295559>", "##contig=<ID=chr17,length=83257441>")
FORMATS = {
    name: f'##FORMAT=<ID={name},Number={number},Type=Integer,Description="x">'
    for name, number in {
        "AD": "R", "AO": "A", "RO": "1", "AU": "2", "CU": "2", "GU": "2", "TU": "2", "TAR": "2",
        "TIR": "2", "RD": "1", "DP": "1",
    }.items()
}  # fmt: skip
FILTERS = ('##FILTER=<ID=germline,Description="x">', '##FILTER=<ID=weak,Description="x">')


def text(samples, *records, formats=("AD",), more=(), contigs=CONTIGS):
    """A VCF: records are (contig, position, ref, alt, filter, FORMAT, calls ...)."""
    head = ["##fileformat=VCFv4.2", *contigs, *FILTERS, *(FORMATS[name] for name in formats), *more]
    fixed = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    rows = [
        "\t".join([contig, str(place), ".", ref, alt, ".", passed, ".", *calls])
        for contig, place, ref, alt, passed, *calls in records
    ]
    return ["\n".join([*head, "\t".join([*fixed, *samples])]), *rows]


def counts(found):
    columns = ["mutation_id", "ref_count", "alt_count"]
    return [tuple(row) for row in found.frame[columns].itertuples(index=False)]


def test_mutect2_names_tumour_and_normal(write, grch38):
    lines = text(
        ("N1", "T1"),
        ("chr17", 7675088, "C", "T", "PASS", "AD", "50,0", "40,20"),
        ("chr3", 179234297, "A", "G,T", "germline", "AD", "20,18,0", "30,25,5"),
        more=("##normal_sample=N1", "##tumor_sample=T1"),
    )
    found = read_mutations(write(*lines, name="calls.vcf"), genome=grch38, sample="P1_B")
    assert counts(found) == [
        ("3:179234297:A:G", 30, 25), ("3:179234297:A:T", 30, 5), ("17:7675088:C:T", 40, 20),
    ]  # fmt: skip
    assert found.frame["normal_alt_count"].tolist() == [18, 0, 0]
    assert found.frame["passed"].tolist() == [False, False, True]


def test_strelka_counts_tier_one(write, grch38):
    formats = ("AU", "CU", "GU", "TU", "TAR", "TIR")
    lines = text(
        ("NORMAL", "TUMOR"),
        ("chr17", 100, "C", "T", "PASS", "AU:CU:GU:TU", "0,0:30,31:0,0:0,0", "0,0:25,27:0,0:9,12"),
        ("chr17", 200, "CA", "C", "PASS", "TAR:TIR", "40,40:0,0", "30,33:8,9"),
        formats=formats,
    )
    found = read_mutations(write(*lines, name="calls.vcf"), genome=grch38, sample="P1_B")
    assert counts(found) == [("17:100:C:T", 25, 9), ("17:200:CA:C", 30, 8)]
    assert found.frame["normal_ref_count"].tolist() == [30, 40]


def test_freebayes_and_varscan(write, grch38):
    record = ("chr17", 100, "C", "T", ".", "RO:AO", "31:7")
    found = read_mutations(
        write(*text(("T",), record, formats=("RO", "AO")), name="a.vcf"), genome=grch38
    )
    assert counts(found) == [("17:100:C:T", 31, 7)]
    scalar = '##FORMAT=<ID=AD,Number=1,Type=Integer,Description="x">'
    record = ("chr17", 100, "C", "T", "PASS", "RD:AD", "31:7")
    lines = text(("T",), record, formats=("RD",), more=(scalar,))
    assert counts(read_mutations(write(*lines, name="b.vcf"), genome=grch38)) == [
        ("17:100:C:T", 31, 7)
    ]


def test_one_file_of_all_samples_tells_absent_from_not_covered(write, grch38):
    lines = text(
        ("P1_B", "P1_F"),
        ("chr17", 100, "C", "T", "PASS", "AD", "40,20", "55,0"),
        ("chr17", 300, "C", "T", "PASS", "AD", "40,20", "."),
    )
    path = write(*lines, name="joint.vcf")
    found = read_mutations(path, genome=grch38, sample="P1_F")
    assert found.frame["alt_count"].tolist()[0] == 0
    assert np.isnan(found.frame["alt_count"].iloc[1])


def test_alleles_without_sequence_are_counted_and_left_out(write, grch38):
    lines = text(
        ("T",),
        ("chr17", 100, "C", "<DEL>", "PASS", "AD", "4,2"),
        ("chr17", 300, "C", "T,*", "PASS", "AD", "4,2,1"),
        ("chrM", 300, "C", "T", "PASS", "AD", "4,2"),
        contigs=(*CONTIGS, "##contig=<ID=chrM,length=16569>"),
    )
    found = read_mutations(write(*lines, name="c.vcf"), genome=grch38)
    assert counts(found) == [("17:300:C:T", 4, 2)]
    assert found.dropped == {
        "no sequence of the alternative allele": 2, "on contig chrM": 1,
    }  # fmt: skip


ANN = (
    "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | "
    "Annotation | Annotation_Impact | Gene_Name | HGVS.p'\">"
)
CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. '
    'Format: Allele|Consequence|SYMBOL|HGVSp">'
)


@pytest.mark.parametrize(
    ("header", "info"),
    [
        (ANN, "ANN=G|synonymous_variant|LOW|TP53|p.X1X,T|missense_variant|MODERATE|TP53|p.R175H"),
        (CSQ, "CSQ=T|missense_variant|TP53|p.R175H,T|downstream_gene_variant|WRAP53|"),
    ],
)
def test_annotations_of_snpeff_and_vep(write, grch38, header, info):
    lines = text(("T",), ("chr17", 7675088, "C", "T", "PASS", "AD", "40,20"), more=(header,))
    lines[1] = lines[1].replace("PASS\t.", f"PASS\t{info}")
    found = read_mutations(write(*lines, name="a.vcf"), genome=grch38).frame.iloc[0]
    assert found[["gene", "change", "effect"]].tolist() == ["TP53", "p.R175H", "missense_variant"]


def test_compressed_files_are_known_by_their_name(write, grch38, tmp_path):
    lines = text(("T",), ("chr17", 100, "C", "T", "PASS", "AD", "4,2"))
    plain = write(*lines, name="c.vcf")
    packed = tmp_path / "c.vcf.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert counts(read_mutations(packed, genome=grch38)) == [("17:100:C:T", 4, 2)]
    assert not vcf.is_vcf(write("a\tb", (1, 2)))


GOOD = ("chr17", 100, "C", "T", "PASS", "AD", "4,2", "5,1")
BAD = {
    "two tumours": (
        text(("A", "B"), GOOD), {},
        "m (S): the file holds A, B: name this sample's own in column `column` of the units"),
    "wrong name": (
        text(("A", "B"), GOOD), {"column": "C"},
        "m (S): sample 'C' is not in it: the file holds A, B"),
    "no counts": (
        text(("S",), ("chr17", 100, "C", "T", "PASS", "DP", "9"), formats=("DP",)), {},
        "m: FORMAT holds no read counts: expected AD (Mutect2, freebayes)"),
    "other build": (
        text(("S",), GOOD[:-1], contigs=("##contig=<ID=chr17,length=81195210>",)), {},
        "in GRCh38 it has 83257441: the file fits GRCh37, set genome_build accordingly"),
    "twice": (
        text(("S",), GOOD[:-1], GOOD[:-1]), {},
        "m line 9: mutation_id: a second row of 17:100:C:T"),
    "sites alone": (
        ["##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
         "chr17\t100\t.\tC\tT\t.\tPASS\t."], {},
        "m: the file holds no sample, only sites"),
    "no calls": (text(("S",)), {}, "m (S): no call with the sequence of its alternative allele"),
    "no VCF": (["a table"], {}, "m: no VCF or BCF that can be read"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "names", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_calls(write, grch38, messages, lines, names, message):
    path = write(*lines, name="bad.vcf")
    found = messages(read_mutations, path, genome=grch38, sample="S", shown="m", **names)
    assert len(found) == 1
    assert message in found[0]


def test_a_file_that_is_cut_short_is_an_error(write, grch38, messages, tmp_path):
    records = [("chr17", place, "C", "T", "PASS", "AD", "4,2") for place in range(100, 3000)]
    whole = gzip.compress("\n".join(text(("T",), *records)).encode())
    cut = tmp_path / "cut.vcf.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    (found,) = messages(read_mutations, cut, genome=grch38, shown="m")
    assert "m: no VCF or BCF that can be read: is it cut short" in found

"""The calls of a patient, from candidates and the reads of all its samples."""

import pandas as pd
import pytest

from her2omics.reads.calling import call

PLACES = {"somatic": 30_060, "germline": 30_260, "error": 30_460}


@pytest.fixture
def patient(study, library, tmp_path):
    """Return a function that calls one patient's mutations, with or without its normal."""
    text = library.text
    other = {name: "ACGT"[("ACGT".index(text[p]) + 1) % 4] for name, p in PLACES.items()}

    def pairs(name, mutated, depth=40):
        place = PLACES[name]
        return [
            {
                "start": place - 60,
                "end": place + 140,
                "top": number % 2 == 0,
                "changes": {place: other[name]} if number < mutated else {},
            }
            for number in range(depth)
        ]

    rows = [f"chr17\t{PLACES[n] + 1}\t.\t{text[PLACES[n]]}\t{other[n]}" for n in PLACES]
    (tmp_path / "c.vcf").write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr17,length=60000>\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        + "".join(f"{row}\t.\t.\t.\n" for row in rows)
    )
    windows = pd.DataFrame(
        {"chromosome": "chr17", "start": [30_000], "end": [30_600], "on_target": 1, "gc": 0.5}
    )
    windows.to_csv(tmp_path / "w.tsv", sep="\t", index=False)

    def run(*, normal=True, snp_sites=None):
        tumour = [*pairs("somatic", 10), *pairs("germline", 20), *pairs("error", 2)]
        blood = [*pairs("somatic", 0), *pairs("germline", 20), *pairs("error", 0)]
        reads = {"P1-B.wgs": library(tumour, name="b.bam").filename.decode()}
        if normal:
            reads["P1-N.wgs"] = library(blood, name="n.bam").filename.decode()
        units = "sample\tassay\tfiletype\tpath\nP1-N\twgs\tbam\tn.bam\nP1-B\twgs\tbam\tb.bam\n"
        found, problems = study(units, settings={"reads.snp_sites": snp_sites})
        assert not problems
        judged = call(
            found, candidates=[tmp_path / "c.vcf"], windows=[tmp_path / "w.tsv"], reads=reads
        )
        names = {place + 1: name for name, place in PLACES.items()}
        return dict(zip(judged["position"].map(names), judged["reason"], strict=True)), judged

    return run


def test_with_the_normal(patient):
    reasons, judged = patient()
    assert reasons == {"somatic": "", "error": "few_reads"}
    row = judged.iloc[0]
    assert (row["alt_count"], row["depth"]) == (10, 40)
    assert (row["normal_alt_count"], row["normal_depth"]) == (0, 40)


def test_without_a_normal_common_snps_are_left_out(patient, library, tmp_path):
    reasons, _ = patient(normal=False)
    assert reasons == {"somatic": "", "germline": "", "error": "few_reads"}
    place = PLACES["germline"]
    ref = library.text[place]
    alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
    sites = tmp_path / "snps.vcf"
    sites.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=17>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"17\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t.\n"
    )
    reasons, _ = patient(normal=False, snp_sites=str(sites))
    assert reasons == {"somatic": "", "error": "few_reads"}

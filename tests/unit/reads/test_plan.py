"""What is made of which reads, and the sheets that name it."""

import pytest

from her2omics.reads import sheets
from her2omics.report.versions import of_reads
from her2omics.sheets.study import read_study

HEADER = "sample\tassay\tfiletype\tpath\tpath2\tlane\ttargets\tstrandedness\n"
PAIR = (
    HEADER
    + "P1-N\twes\tfastq\tn_1.fq.gz\tn_2.fq.gz\t\tx.bed\t\n"
    + "P1-B\twes\tfastq\tb1_1.fq.gz\tb1_2.fq.gz\tL1\tx.bed\t\n"
    + "P1-B\twes\tfastq\tb2_1.fq.gz\tb2_2.fq.gz\tL2\tx.bed\t\n"
    + "P1-F\twes\tbam\tf.bam\t\t\tx.bed\t\n"
    + "P1-B\trna\tfastq\tr_1.fq.gz\t\t\t\treverse\n"
)
RNA = {"reads.gtf": "g.gtf", "reads.transcripts": "t.fa"}


@pytest.fixture
def pair(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("g.gtf", "t.fa", "snps.vcf"):
        (tmp_path / name).touch()
    found, problems = study(PAIR, settings=RNA)
    assert not problems
    return found


def test_alignments_lanes_and_read_groups(pair):
    assert [one.name for one in pair.alignments] == ["P1-N.wes", "P1-B.wes", "P1-F.wes"]
    normal, baseline, followup = pair.alignments
    assert [lane.name for lane in baseline.lanes] == ["P1-B.wes__1", "P1-B.wes__2"]
    assert baseline.lanes[1].read_group == (
        "@RG\\tID:P1-B.wes__2\\tSM:P1-B\\tLB:P1-B\\tPU:L2\\tPL:ILLUMINA"
    )
    assert followup.lanes == ()
    assert followup.bam.endswith("f.bam")
    assert {one.design for one in pair.alignments} == {"wes.x"}
    assert pair.normal_of(baseline) is normal
    assert [lane.name for lane in pair.rna["P1-B"]] == ["P1-B.rna__1"]
    assert pair.rna["P1-B"][0].strandedness == "reverse"


def test_a_lone_normal_is_the_denominator_and_has_no_bins(pair):
    normal, baseline, _ = pair.alignments
    assert pair.denominator(baseline) is normal
    assert pair.denominator(normal) is None
    made = pair.derived().units
    kinds = made.groupby("sample")["filetype"].agg(list).to_dict()
    assert kinds == {
        "P1-N": ["snps", "mutations"],
        "P1-B": ["bins", "snps", "mutations", "salmon"],
        "P1-F": ["bins", "snps", "mutations"],
    }


def test_several_normals_make_a_reference(study):
    units = (
        HEADER.replace("\tstrandedness", "")
        + "P1-N\twgs\tbam\tn.bam\t\t\t\n"
        + "P2-N\twgs\tbam\tm.bam\t\t\t\n"
        + "P1-B\twgs\tbam\tb.bam\t\t\t\n"
    )
    samples = (
        "patient\tsample\ttimepoint\nP1\tP1-N\tnormal\nP1\tP1-B\tbaseline\nP2\tP2-N\tnormal\n"
        "P2\tP2-B\tbaseline\n"
    )
    found, problems = study(units, samples=samples)
    assert not problems
    baseline = found.alignment("P1-B.wgs")
    assert found.denominator(baseline) is None
    made = found.units()
    assert set(made.loc[made["filetype"] == "bins", "sample"]) == {"P1-N", "P2-N", "P1-B"}


def test_what_is_given_is_not_made_again(study, tmp_path):
    (tmp_path / "snps.vcf").touch()
    units = (
        "sample\tassay\tfiletype\tpath\n"
        "P1-B\twgs\tbam\tb.bam\nP1-B\twgs\tsegments\tb.cns\nP1-B\twgs\tmutations\tb.vcf\n"
        "P1-F\twgs\tbam\tf.bam\nP2-B\twgs\tsnps\tp2.tsv\nP2-B\twgs\tbam\tp2.bam\n"
    )
    found, problems = study(units, settings={"reads.snp_sites": str(tmp_path / "snps.vcf")})
    assert not problems
    made = found.units().groupby("sample")["filetype"].agg(list).to_dict()
    assert made == {
        "P1-B": ["segments", "snps", "mutations"],
        "P1-F": ["bins", "snps", "mutations"],
        "P2-B": ["snps", "bins", "mutations"],
    }
    assert found.mutation_source("P1") == "given"
    assert found.mutation_source("P2") == "called"


def test_without_sites_and_calls(study):
    units = "sample\tassay\tfiletype\tpath\nP1-B\twgs\tbam\tb.bam\n"
    found, _ = study(units, settings={"reads.call_mutations": False})
    assert found.units()["filetype"].tolist() == ["bins"]


def test_a_study_of_tables_is_left_alone(study):
    found, problems = study("sample\tassay\tfiletype\tpath\nP1-B\twgs\tbins\tb.tsv\n")
    assert found.empty
    assert not problems
    assert found.units()["path"].tolist() == found.study.units["path"].tolist()


def _checked(found):
    """Write what the checks of lanes, BAMs and reference files say, with hashes."""
    (found.folder / "checked").mkdir(parents=True)
    bams = [f"{one.name}.bam" for one in found.alignments if one.bam]
    references = [f"{key}.reference" for key in found.reference_files()]
    for name in [*found.lanes, *bams, *references]:
        (found.folder / "checked" / f"{name}.txt").write_text(f"sound\n{'a' * 64}  {name}.gz\n")


def test_every_file_of_reads_is_hashed_once(pair):
    _checked(pair)
    (pair.folder / "checked" / "left_from_before.txt").write_text(f"{'b' * 64}  old.fq\n")
    sheets.write(pair)
    found = of_reads(pair.folder / sheets.TABLES)
    bams = [f"{one.name}.bam" for one in pair.alignments if one.bam]
    references = ["reference.reference", "gtf.reference", "transcripts.reference"]  # no snp_sites
    expected = [f"{name}.gz" for name in [*pair.lanes, *bams, *references]]
    assert [entry["file"] for entry in found] == expected
    assert {entry["sha256"] for entry in found} == {"a" * 64}
    assert of_reads(pair.folder / "elsewhere" / "units.tsv") == []


def test_reference_files_are_those_that_the_reads_need(study):
    dna = "sample\tassay\tfiletype\tpath\nP1-B\twgs\tbam\tb.bam\n"
    found, _ = study(dna, settings={"reads.snp_sites": None})
    assert list(found.reference_files()) == ["reference"]
    found, _ = study("sample\tassay\tfiletype\tpath\nP1-B\twgs\tbins\tb.tsv\n")
    assert found.reference_files() == {}


def test_the_sheets_made_are_sheets(pair, tmp_path):
    for path in pair.tables():
        assert path.startswith(str(tmp_path))
    for name in (*pair.tables(), pair.path("bam", "P1-N.wes"), pair.path("bam", "P1-B.wes")):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        if name.endswith(".bam"):
            place.with_name(f"{place.name}.bai").touch()
    _checked(pair)
    sheets.write(pair)
    folder = tmp_path / "results" / "reads"
    text = (folder / "units.tsv").read_text()
    assert "../../x.bed" in text
    assert str(tmp_path) not in text
    config = pair.study.config
    again = read_study(tmp_path / "samples.tsv", folder / "units.tsv", config=config)
    assert again.units["path"].tolist() == pair.units()["path"].tolist()
    aligned = read_study(tmp_path / "samples.tsv", folder / "units_aligned.tsv", config=config)
    rows = aligned.units[["sample", "assay", "filetype"]].to_numpy().tolist()
    assert sorted(rows) == [
        ["P1-B", "rna", "fastq"],
        ["P1-B", "wes", "bam"],
        ["P1-F", "wes", "bam"],
        ["P1-N", "wes", "bam"],
    ]


@pytest.mark.parametrize(
    ("units", "settings", "message"),
    [
        ("P1-B\twes\tbam\tb.bam\t\t\t\t\n", {}, "line 2 (P1-B): targets: wes reads need the BED"),
        (
            "P1-B\twgs\tbam\tb.bam\t\t\t\t\nP1-B\twgs\tfastq\tb.fq.gz\t\t\t\t\n",
            {},
            "1 bam and 1 fastq rows of assay wgs: give one bam, or fastq files alone",
        ),
        (
            "P1-B\twgs\tbam\tb.bam\t\t\t\t\n",
            {"reads.reference": None},
            "reads.reference: the units",
        ),
        ("P1-B\trna\tfastq\tb.fq.gz\t\t\t\t\n", {}, "reads.gtf: the units sheet has RNA reads"),
    ],
)
def test_what_cannot_be_made(study, units, settings, message):
    _, problems = study(HEADER + units, settings=settings)
    assert message in "\n".join(map(str, problems))


def test_a_reference_without_index(study, tmp_path):
    bare = tmp_path / "bare.fa"
    bare.write_text(">chr17\nACGT\n")
    units = "sample\tassay\tfiletype\tpath\nP1-B\twgs\tbam\tb.bam\n"
    _, problems = study(units, settings={"reads.reference": str(bare)})
    assert f"make one with `samtools faidx {bare}`" in str(problems[0])

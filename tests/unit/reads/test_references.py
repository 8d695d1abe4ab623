"""Reference files of one genome: sound ones pass, each departure is one message."""

import re
import shutil

import pytest

from her2omics import genome
from her2omics.cli import main
from her2omics.reads.plan import plan
from her2omics.reads.references import problems
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulated") / "study"
    words = ["--seed", "3", "--depth", "1", "--rna-pairs", "200", "--out", str(out)]
    assert main(["simulate", "reads", *words]) == 0
    return out


@pytest.fixture
def study(simulated, tmp_path, monkeypatch):
    """Return a folder with sheets and references that may be changed."""
    shutil.copytree(simulated, tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    return tmp_path / "study"


def _messages(folder):
    config = read_config(folder / "config.yaml")
    read = read_study(folder / "samples.tsv", folder / "units.tsv", config=config)
    planned, wrong = plan(read, folder / "results")
    assert not wrong
    return [str(problem) for problem in problems(planned, genome.of_config(config))]


def _edit(path, pattern, replacement):
    path.write_text(re.sub(pattern, replacement, path.read_text(), flags=re.MULTILINE))


def test_the_files_of_one_genome(study):
    assert _messages(study) == []


def test_names_of_gencode(study):
    _edit(study / "reference/transcripts.fa", r"^>(\S+)", r">\1|ENSG1|OTT|")
    assert _messages(study) == []


def test_files_without_content(study):
    (study / "reference/sites.vcf").write_text("")
    (study / "reference/genes.gtf").write_text("")
    first, second = _messages(study)
    assert "reads.snp_sites" in first
    assert "reads.gtf" in second


def test_snps_of_another_genome(study):
    _edit(study / "reference/sites.vcf", r"^(chr\w+)\t(\d+)\t", r"\1\t1\2\t")
    (message,) = _messages(study)
    assert "SNPs have another reference base than" in message
    _edit(study / "reference/sites.vcf", r"^chr\w+\t", "chrUn\t")
    _edit(study / "reference/sites.vcf", r"^##contig=<ID=chr17,.*$", "##contig=<ID=chrUn>")
    (message,) = _messages(study)
    assert "has no SNP on the chromosomes of" in message


def test_targets_beyond_the_chromosome(study):
    _edit(study / "reference/targets.bed", r"^(chr17)\t(\d+)\t(\d+)", r"\1\t\2\t99\3")
    (message,) = _messages(study)
    assert "lies beyond chromosome 17" in message


def test_genes_of_another_build(study):
    _edit(study / "reference/genes.gtf", r"^(chr17\t\S+\t\w+)\t(\d+)\t(\d+)", r"\1\t9\2\t9\3")
    (message,) = _messages(study)
    assert "has ERBB2 at" in message
    assert "give the genes of that build" in message


def test_transcripts_of_another_release(study):
    _edit(study / "reference/transcripts.fa", r"^>(\S+)", r">\1.7")
    (message,) = _messages(study)
    assert "give both of one release" in message


def test_a_fasta_that_its_index_does_not_fit(study):
    fasta = study / "reference/genome.fa"
    fasta.write_bytes(fasta.read_bytes()[:-2000])
    (message,) = _messages(study)
    assert "does not fit its index" in message
    assert "samtools faidx" in message


def test_check_says_it(study, capsys):
    words = ["check", "--samples", "samples.tsv", "--units", "units.tsv", "--config", "config.yaml"]
    assert main(words) == 0
    _edit(study / "reference/transcripts.fa", r"^>(\S+)", r">\1.7")
    capsys.readouterr()
    assert main(words) == 1
    assert "reads.transcripts" in capsys.readouterr().err

"""Files of simulated reads: what is written, twice the same, and the truth beside it."""

import gzip
import hashlib
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from her2omics import tables as declared
from her2omics.sheets.config import read_config
from her2omics.simulate import tables as cohorts
from her2omics.simulate.reads import cohort, references
from her2omics.simulate.reads.transcriptome import transcriptome
from her2omics.simulate.scenarios import SCENARIOS

SEED = 5


def _write(out, **changes):
    groups = cohorts.draw_groups(1, seed=SEED, mixture=[(SCENARIOS["standard"], 1.0)])
    options = {"depth": 4.0, "rna_pairs": 20_000} | changes
    cohort.write(groups, out, seed=SEED, **options)
    return groups


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("reads")
    _write(out)
    return out


def _reads(path):
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return lines[0::4], lines[1::4]


def test_the_sheets_name_what_is_there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    config = read_config(folder / "config.yaml")
    assert config["genome_build"] == "custom"
    for key in ("reference", "snp_sites", "gtf", "transcripts"):
        assert (folder / config["reads"][key]).is_file()
    rows = [line.split("\t") for line in (folder / "units.tsv").read_text().splitlines()]
    units = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert Counter(unit["sample"] for unit in units if unit["assay"] == "wes") == {
        "P0001-B": 2,
        "P0001-F": 1,
        "P0001-N": 1,
    }
    for unit in units:
        names, first = _reads(folder / unit["path"])
        others, second = _reads(folder / unit["path2"])
        assert names == others
        assert len(set(names)) == len(names)
        lengths = {len(read) for read in [*first[:100], *second[:100]]}
        assert lengths == {cohort.RNA_READ_LENGTH if unit["assay"] == "rna" else 100}


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    _write(tmp_path)

    def hashes(out):
        files = sorted(path for path in out.rglob("*") if path.is_file())
        return {
            str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    assert hashes(tmp_path) == hashes(folder)


def test_truth_is_that_of_the_files(folder):
    alleles = declared.read(folder, "truth_alleles")
    assert set(alleles["sample"]) == {"P0001-B", "P0001-F"}
    assert alleles["allele_fraction"].between(0, 1).all()
    where = dict(
        line.split("\t")[:2] for line in (folder / "reference/tables/contigs.tsv").read_text()
        .splitlines()[1:]
    )  # fmt: skip
    fasta = _fasta(folder / references.FASTA)
    assert {f"chr{name}": int(length) for name, length in where.items()} == {
        name: len(text) for name, text in fasta.items()
    }
    for mutation in alleles["mutation_id"].unique():
        chromosome, position, ref, _ = mutation.split(":")
        assert fasta[chromosome][int(position) - 1] == ref
    for line in (folder / references.SITES).read_text().splitlines():
        if not line.startswith("#"):
            chromosome, position, _, ref, *_ = line.split("\t")
            assert fasta[chromosome][int(position) - 1] == ref
    rna = declared.read(folder, "truth_rna")
    assert rna.groupby("sample")["read_pairs"].sum().eq(20_000).all()
    assert rna.groupby("sample")["tpm"].sum().to_numpy() == pytest.approx(1e6)


def test_rna_reads_spell_transcripts_and_read_1_is_antisense(folder):
    transcripts = _fasta(folder / references.TRANSCRIPTS)
    whole = "N".join(transcripts.values())
    _, first = _reads(folder / "fastq/P0001-B_R.rna_R1.fastq.gz")
    _, second = _reads(folder / "fastq/P0001-B_R.rna_R2.fastq.gz")
    turned = [read[::-1].translate(str.maketrans("ACGT", "TGCA")) for read in first[:300]]
    assert np.mean([read in whole for read in turned]) > 0.9
    assert np.mean([read in whole for read in second[:300]]) > 0.9


def test_transcripts_are_the_exons_of_the_genome(folder):
    fasta = _fasta(folder / references.FASTA)
    codes = np.searchsorted(np.frombuffer(b"ACGT", np.uint8), np.frombuffer(
        "".join(fasta.values()).encode(), np.uint8))  # fmt: skip
    found = transcriptome(codes.astype(np.uint8))
    transcripts = _fasta(folder / references.TRANSCRIPTS)
    for gene in ("ERBB2", "GRB7", "TP53", found.genes["gene"].iloc[-1]):
        row = found.genes.set_index("gene").loc[gene]
        exons = [fasta[f"chr{row['chromosome']}"][a:b] for a, b in row["exons"]]
        assert transcripts[f"{gene}-201"] == "".join(exons)
    spans = found.genes.explode("exons")
    for _, rows in spans.groupby("chromosome"):
        ordered = sorted(rows["exons"])
        assert all(a[1] <= b[0] for a, b in pairwise(ordered))


def _fasta(path):
    records = path.read_text().split(">")[1:]
    return {text.split("\n", 1)[0]: text.split("\n", 1)[1].replace("\n", "") for text in records}

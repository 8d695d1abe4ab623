import pandas as pd
import pytest

from her2omics import genome
from her2omics.errors import InputError


@pytest.mark.parametrize(
    ("build", "total", "chr17", "erbb2"),
    [
        # Totals of the 24 assembled chromosomes as the genome consortium gives them.
        ("GRCh37", 3_095_677_412, 81_195_210, 37_844_167),
        ("GRCh38", 3_088_269_832, 83_257_441, 39_687_914),
    ],
)
def test_builds(build, total, chr17, erbb2):
    found = genome.load(build)
    assert tuple(found.contigs.index) == genome.CHROMOSOMES
    assert found.contigs["length"].sum() == total
    assert found.contigs.loc["17", "length"] == chr17
    assert found.genes.loc["ERBB2", "start"] == erbb2
    assert (found.contigs["centromere_start"] < found.contigs["centromere_end"]).all()
    assert (found.contigs["centromere_end"] < found.contigs["length"]).all()


@pytest.mark.parametrize("build", genome.BUILDS)
def test_genes_lie_on_their_arms(build):
    found = genome.load(build)
    arms = found.arms().set_index("arm")
    assert len(arms) == 48
    short = {"TP53", "MAP2K4", "FLCN", "RAI1"}
    for gene, row in found.genes.iterrows():
        arm = arms.loc["17p" if gene in short else "17q"]
        assert arm["start"] <= row["start"] < row["end"] <= arm["end"], gene


def test_names_are_plain():
    names = pd.Series(["chr1", "CHRX", "17", "chrM", "23", "x", "mt", "GL000191.1"])
    assert genome.plain_chromosomes(names).tolist() == [
        "1", "X", "17", "MT", "X", "X", "MT", "GL000191.1",
    ]  # fmt: skip


def test_a_contradiction_names_both_sides_and_the_build_that_fits():
    grch38, grch37 = genome.load("GRCh38"), genome.load("GRCh37")
    header = {f"chr{name}": int(value) for name, value in grch37.contigs["length"].items()}
    message = genome.contradiction(grch38, lengths=header)
    assert message == (
        "the file says that chromosome 1 has 249250621 bp; in GRCh38 it has 248956422: the file "
        "fits GRCh37, set genome_build accordingly"
    )
    assert genome.contradiction(grch37, lengths=header) is None

    chromosomes = pd.Series(["chr17", "17", "chrUn"])
    positions = pd.Series([82_000_000, 10, 999_999_999])
    message = genome.contradiction(grch37, chromosomes=chromosomes, positions=positions)
    assert message == (
        "position 82000000 lies beyond chromosome 17, which has 81195210 bp in GRCh37: the file "
        "fits GRCh38, set genome_build accordingly"
    )
    assert genome.contradiction(grch38, chromosomes=chromosomes, positions=positions) is None


def test_a_position_beyond_every_build_suggests_none():
    message = genome.contradiction(
        genome.load("GRCh38"), chromosomes=pd.Series(["17"]), positions=pd.Series([10**9])
    )
    assert message.endswith("83257441 bp in GRCh38")


CONTIGS = "chromosome\tlength\tcentromere_start\tcentromere_end\nchr17\t1000\t400\t500\n"
GENES = "gene\tstart\tend\nERBB2\t600\t700\n"


def test_a_custom_build(tmp_path):
    (tmp_path / "contigs.tsv").write_text(CONTIGS)
    (tmp_path / "chr17_genes.tsv").write_text(GENES)
    found = genome.load("custom", tables=tmp_path)
    assert found.contigs.loc["17", "length"] == 1000
    assert found.genes.loc["ERBB2"].tolist() == ["17", 600, 700]
    assert found.arms()[["start", "end"]].to_numpy().tolist() == [[0, 400], [500, 1000]]


@pytest.mark.parametrize(
    ("contigs", "genes", "message"),
    [
        (CONTIGS.replace("length", "size"), GENES, "expected chromosome, length, centromere_start"),
        (CONTIGS.replace("1000", "long"), GENES, "contigs.tsv line 2: expected a name and 3 whole"),
        (CONTIGS.replace("17", "16"), GENES, "chromosome 17 is missing"),
        (CONTIGS, GENES.replace("ERBB2", "GRB7"), "gene ERBB2 is missing"),
    ],
)
def test_wrong_tables_of_a_custom_build(tmp_path, contigs, genes, message):
    (tmp_path / "contigs.tsv").write_text(contigs)
    (tmp_path / "chr17_genes.tsv").write_text(genes)
    with pytest.raises(InputError) as caught:
        genome.load("custom", tables=tmp_path)
    assert message in str(caught.value)


def test_no_such_build():
    with pytest.raises(InputError, match="'hg18' is not one of GRCh38, GRCh37, custom"):
        genome.load("hg18")
    with pytest.raises(InputError, match="genome_tables"):
        genome.load("custom")


def test_gene_positions_are_those_of_the_genes_of_chromosome_17():
    positions = genome.gene_positions()
    assert positions.index.is_unique
    assert positions["ensembl_id"].is_unique
    known = genome.load("GRCh38").genes
    found = positions.loc[known.index]
    assert (found["chromosome"] == "17").all()
    # Releases of the annotation move ends of transcripts, not genes.
    assert (found["start"] - known["start"]).abs().max() < 3_000
    assert (found["end"] - known["end"]).abs().max() < 3_000
    ends = ["start", "end"]
    assert found.loc["ERBB2", ends].tolist() == known.loc["ERBB2", ends].tolist()


def test_gene_positions_lie_within_their_chromosomes_in_order():
    positions = genome.gene_positions()
    lengths = genome.load("GRCh38").contigs["length"]
    mitochondrial = positions["chromosome"] == "MT"
    assert mitochondrial.sum() == 13
    nuclear = positions[~mitochondrial]
    assert (nuclear["end"].to_numpy() <= lengths.loc[nuclear["chromosome"]].to_numpy()).all()
    assert (nuclear["start"] < nuclear["end"]).all()
    assert list(dict.fromkeys(nuclear["chromosome"])) == list(genome.CHROMOSOMES)
    assert all(group["start"].is_monotonic_increasing for _, group in nuclear.groupby("chromosome"))


def test_callers_cannot_change_the_gene_positions():
    first = genome.gene_positions()
    first["start"] = 0
    assert (genome.gene_positions()["start"] > 0).any()

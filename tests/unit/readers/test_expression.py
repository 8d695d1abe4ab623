"""RNA files: matrix, salmon and STAR in the forms people have them."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from her2omics import resources
from her2omics.errors import InputError
from her2omics.readers.expression import read_matrix, read_salmon, read_star

IDS = resources.table("pam50_centroids.tsv")
RNG = np.random.default_rng(2)
COUNTS = pd.DataFrame(
    RNG.integers(1, 900, (len(IDS), 2)), index=IDS["gene"], columns=["T1", "T2"], dtype=float
)
ERBB2 = COUNTS.loc["ERBB2"].tolist()


def write(path, frame, **options):
    frame.to_csv(path, sep=options.pop("sep", "\t"), **options)
    return path


def read(path, unit="counts", **columns):
    return read_matrix(path, columns=columns or {"T1": "T1", "T2": "T2"}, unit=unit).frame


@pytest.mark.parametrize("column", ["gene", "symbol_2009", "ensembl_gene_id", "entrez_id"])
def test_every_kind_of_id(tmp_path, column):
    frame = COUNTS.set_axis(IDS[column], axis=0)
    assert read(write(tmp_path / "m.tsv", frame)).equals(COUNTS.rename_axis(None))


def test_several_id_columns_the_best_of_each_row(tmp_path):
    frame = COUNTS.reset_index(names="symbol")
    frame.insert(0, "ensembl", IDS["ensembl_gene_id"] + ".7")
    frame.insert(1, "description", "a gene; one of many")
    frame.insert(2, "start", range(1000, 1000 + len(frame)))
    frame.loc[frame["symbol"] == "ERBB2", "symbol"] = None
    frame.loc[frame["symbol"] == "GRB7", "ensembl"] = None
    found = read(write(tmp_path / "m.tsv", frame, index=False))
    assert found.loc["ERBB2"].tolist() == ERBB2
    assert list(found.index) == list(IDS["gene"])


def test_row_numbers_and_chromosomes_are_no_entrez_ids(tmp_path):
    """9 is NAT1 and 10 NAT2: an unknown gene on chromosome 9 must not become NAT1."""
    frame = COUNTS.reset_index(names="symbol")
    frame.loc[frame["symbol"] == "NAT1", "symbol"] = "LINC00009"
    frame.insert(0, "", range(1, len(frame) + 1))
    frame.insert(2, "gene_id_chromosome", ["X", *["9"] * (len(frame) - 1)])
    found = read(write(tmp_path / "m.tsv", frame, index=False))
    assert "LINC00009" in found.index
    assert "NAT1" not in found.index
    assert found.loc["ERBB2"].tolist() == ERBB2


def test_featurecounts_table(tmp_path):
    frame = COUNTS.reset_index(names="Geneid")
    frame.insert(1, "Chr", "chr17;chr17")
    frame.insert(2, "Start", "100;900")
    frame.insert(3, "End", "200;1000")
    frame.insert(4, "Strand", "+;+")
    frame.insert(5, "Length", range(800, 800 + len(frame)))
    path = tmp_path / "counts.txt"
    path.write_text("# Program:featureCounts v2.0\n" + frame.to_csv(sep="\t", index=False))
    assert read(path).loc["ERBB2"].tolist() == ERBB2


def test_symbol_and_entrez_in_one_column(tmp_path):
    frame = COUNTS.set_axis(IDS["gene"] + "|" + IDS["entrez_id"].astype(str), axis=0)
    assert read(write(tmp_path / "m.tsv", frame)).loc["ERBB2"].tolist() == ERBB2


def test_gzip_comma_quotes_and_comment_lines(tmp_path):
    text = "# made by a counting program\n" + COUNTS.to_csv(quoting=2)
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert read(path).loc["ERBB2"].tolist() == ERBB2


def test_row_names_without_a_header(tmp_path):
    lines = COUNTS.to_csv(sep="\t").split("\n")
    lines[0] = "T1\tT2"
    path = tmp_path / "m.tsv"
    path.write_text("\n".join(lines))
    assert read(path).loc["ERBB2"].tolist() == ERBB2


def test_windows_line_ends(tmp_path):
    path = tmp_path / "m.tsv"
    path.write_bytes(COUNTS.to_csv(sep="\t").replace("\n", "\r\n").encode())
    assert read(path).loc["ERBB2"].tolist() == ERBB2


def test_summary_rows_of_counting_programs_are_no_genes(tmp_path):
    extra = pd.DataFrame(
        {"T1": 9e6, "T2": 9e6}, index=["__no_feature", "N_unmapped", "not_aligned", "no_feature"]
    )
    assert read(write(tmp_path / "m.tsv", pd.concat([COUNTS, extra]))).shape == COUNTS.shape


def test_duplicate_counts_are_summed_and_non_integers_kept(tmp_path):
    frame = pd.concat([COUNTS, COUNTS.loc[["ERBB2"]] + 0.5])
    found = read(write(tmp_path / "m.tsv", frame))
    assert found.loc["ERBB2"].tolist() == [2 * value + 0.5 for value in ERBB2]
    assert list(found.index) == list(COUNTS.index)


def with_second_erbb2(frame, values):
    """Return the matrix with a second row of ERBB2 at its end."""
    return pd.concat([frame, pd.DataFrame([values], index=["ERBB2"], columns=frame.columns)])


def test_of_duplicate_log_levels_each_sample_keeps_its_largest(tmp_path):
    logs = np.log2(COUNTS + 1)
    own = logs.loc["ERBB2"].tolist()
    frame = with_second_erbb2(logs, [own[0] - 2, own[1] + 1])
    found = read(write(tmp_path / "m.tsv", frame), unit="log2_counts")
    assert found.loc["ERBB2"].tolist() == pytest.approx([own[0], own[1] + 1])


def test_of_duplicate_log_ratios_the_mean_is_taken(tmp_path):
    ratios = np.log2(COUNTS + 1)
    ratios = ratios - ratios.mean(axis=0) + 0.01
    own = ratios.loc["ERBB2"].tolist()
    frame = with_second_erbb2(ratios, [own[0] - 2, np.nan])
    found = read(write(tmp_path / "m.tsv", frame), unit="log2_ratio")
    assert found.loc["ERBB2"].tolist() == pytest.approx([own[0] - 1, own[1]])


@pytest.mark.parametrize("unit", ["counts", "log2_counts", "log2_ratio"])
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(other=st.lists(st.integers(0, 5000), min_size=len(IDS) + 1, max_size=len(IDS) + 1))
def test_a_sample_depends_on_its_own_column_alone(tmp_path, unit, other):
    frame = with_second_erbb2(COUNTS, [700.0, 3.0])
    frame["T2"] = np.array([900.0, *other[1:]])
    if unit != "counts":
        frame = np.log2(frame + 1.5)
    if unit == "log2_ratio":
        frame -= frame.mean(axis=0)
    path = write(tmp_path / "m.tsv", frame)
    together, alone = read(path, unit=unit), read(path, unit=unit, T1="T1")
    assert together["T1"].equals(alone["T1"])


def test_only_the_columns_asked_for_under_the_sample_ids(tmp_path):
    found = read(write(tmp_path / "m.tsv", COUNTS), S_9="T2")
    assert found.columns.tolist() == ["S_9"]
    assert found.loc["ERBB2"].tolist() == ERBB2[1:]


def test_missing_cells_stay_missing(tmp_path):
    frame = COUNTS.copy()
    frame.loc["GRB7", "T2"] = np.nan
    found = read(write(tmp_path / "m.tsv", frame, na_rep="NA"))
    assert np.isnan(found.loc["GRB7", "T2"])
    assert found.loc["GRB7", "T1"] == COUNTS.loc["GRB7", "T1"]


@pytest.mark.parametrize(
    ("unit", "value"),
    [("counts", "inf"), ("counts", "-inf"), ("log2_counts", "inf"), ("log2_ratio", "-inf")],
)
def test_infinite_values_are_refused_with_gene_and_sample(tmp_path, unit, value):
    frame = COUNTS if unit == "counts" else np.log2(COUNTS + 1.5)
    frame = (frame - frame.mean() if unit == "log2_ratio" else frame).copy()
    frame.loc[["GRB7", "ESR1"], "T2"] = float(value)
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "m.tsv", frame), unit=unit)
    (problem,) = caught.value.problems
    assert problem.sample == "T2"
    first = next(gene for gene in frame.index if gene in ("GRB7", "ESR1"))
    assert f"{first} and 1 more is {value}" in problem.message


def test_minus_infinity_is_a_gene_without_reads_in_log2_levels(tmp_path):
    frame = np.log2(COUNTS)
    frame.loc["GRB7", "T2"] = -np.inf
    found = read(write(tmp_path / "m.tsv", frame), unit="log2_counts")
    assert found.loc["GRB7", "T2"] == -np.inf


def salmon(path, names):
    frame = pd.DataFrame(
        {
            "Name": list(names),
            "Length": 2000,
            "EffectiveLength": 1800.5,
            "TPM": 3.5,
            "NumReads": COUNTS["T1"].to_numpy() + 0.25,
        }
    )
    return write(path, frame, index=False)


def test_salmon_genes(tmp_path):
    path = salmon(tmp_path / "quant.genes.sf", IDS["ensembl_gene_id"] + ".12")
    found = read_salmon(path, sample="S")
    assert found.unit == "counts"
    assert found.frame.loc["ERBB2", "S"] == ERBB2[0] + 0.25


def test_salmon_gencode_names_are_summed_per_gene(tmp_path):
    names = [
        f"ENST{index:011d}.1|{ensembl}.3|OTTHUMG1|OTTHUMT1|{gene}-201|{gene}|2000|protein_coding|"
        for index, (gene, ensembl) in enumerate(
            zip(IDS["gene"], IDS["ensembl_gene_id"], strict=True)
        )
    ]
    names[0] = names[list(IDS["gene"]).index("ERBB2")].replace("-201", "-202")
    found = read_salmon(salmon(tmp_path / "quant.sf", names), sample="S").frame
    assert found.loc["ERBB2", "S"] == ERBB2[0] + COUNTS["T1"].iloc[0] + 0.5


def test_salmon_bare_transcripts_are_refused_with_the_way_out(tmp_path):
    path = salmon(tmp_path / "quant.sf", [f"ENST{index:011d}.2" for index in range(len(IDS))])
    with pytest.raises(InputError, match=r"transcript ids .*--geneMap.*quant.genes.sf"):
        read_salmon(path, sample="S")


def star(path, *, forward, reverse):
    body = pd.DataFrame(
        {
            "gene": IDS["ensembl_gene_id"] + ".1",
            "unstranded": COUNTS["T1"].astype(int).to_numpy(),
            "forward": (COUNTS["T1"] * forward).astype(int).to_numpy(),
            "reverse": (COUNTS["T1"] * reverse).astype(int).to_numpy(),
        }
    )
    head = pd.DataFrame(
        [[name, 9000, 9000, 9000] for name in ("N_unmapped", "N_multimapping")]
        + [["N_noFeature", 10, 9000000, 20], ["N_ambiguous", 1, 1, 1]],
        columns=body.columns,
    )
    return write(path, pd.concat([head, body]), index=False, header=False)


def test_star_takes_the_largest_assigned_sum_and_says_so(tmp_path):
    path = star(tmp_path / "ReadsPerGene.out.tab", forward=0.02, reverse=1.3)
    found = read_star(path, sample="S")
    assert found.strandedness == "reverse"
    assert found.frame.loc["ERBB2", "S"] == int(ERBB2[0] * 1.3)
    assert not found.frame.index.str.startswith("N_").any()


def test_star_takes_the_column_of_the_sheet(tmp_path):
    path = star(tmp_path / "ReadsPerGene.out.tab", forward=0.5, reverse=0.5)
    found = read_star(path, sample="S", strandedness="forward")
    assert found.strandedness == "forward"
    assert found.frame.loc["ERBB2", "S"] == int(ERBB2[0] * 0.5)


def test_star_refuses_another_table(tmp_path):
    with pytest.raises(InputError, match="not a STAR ReadsPerGene"):
        read_star(write(tmp_path / "m.tsv", COUNTS), sample="S")

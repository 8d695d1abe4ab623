"""Gene ids: every spelling of a gene ends at one symbol, and none at the wrong one."""

import hashlib

import pandas as pd
import pytest

from her2omics import resources
from her2omics.readers import gene_ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ERBB2", (None, None, "ERBB2")),
        ("ENSG00000141736", ("ENSG00000141736", None, None)),
        ("ENSG00000141736.15", ("ENSG00000141736", None, None)),
        ("ENSG00000002586.20_PAR_Y", ("ENSG00000002586", None, None)),
        ("2064", (None, "2064", None)),
        ("ERBB2|2064", (None, "2064", "ERBB2")),
        ("ERBB2 (2064)", (None, "2064", "ERBB2")),
        ("?|100130426", (None, "100130426", None)),
        ("ENSG00000141736.15|ERBB2", ("ENSG00000141736", None, "ERBB2")),
        ("ENSG00000141736_ERBB2", ("ENSG00000141736", None, "ERBB2")),
        ('"ERBB2"', (None, None, "ERBB2")),
        ("HLA-A", (None, None, "HLA-A")),
        ("NA", (None, None, None)),
    ],
)
def test_parts_of_an_id(text, expected):
    assert gene_ids.parts(text) == expected


@pytest.mark.parametrize("column", ["gene", "symbol_2009", "ensembl_gene_id", "entrez_id"])
def test_every_pam50_gene_is_found_by_every_id(column):
    table = resources.table("pam50_centroids.tsv")
    names, known = gene_ids.resolve([table[column].astype(str)])
    assert list(names) == list(table["gene"])
    assert known.all()


def test_ensembl_with_version_wins_over_an_unknown_symbol():
    names, known = gene_ids.resolve([["ENSG00000141736.15"], ["made_up"]])
    assert (names[0], known[0]) == ("ERBB2", True)


def test_former_symbols_of_the_amplicon():
    names, _ = gene_ids.resolve([["C17orf37", "PERLD1", "HER2", "CDCA1", "KNTC2", "ORC6L"]])
    assert list(names) == ["MIEN1", "PGAP3", "ERBB2", "NUF2", "NDC80", "ORC6"]


def test_an_alias_does_not_displace_the_gene_itself():
    names, known = gene_ids.resolve([["HER2", "ERBB2"]])
    assert list(names) == ["HER2", "ERBB2"]
    assert list(known) == [False, True]


def test_unknown_genes_keep_their_name():
    names, known = gene_ids.resolve([["ENSG00000999999.1", "LINC99999"], [None, None]])
    assert list(names) == ["ENSG00000999999", "LINC99999"]
    assert not known.any()


def test_septins_and_marches_by_both_names():
    old, _ = gene_ids.resolve([["SEPT2", "SEPT9", "MARCH1"]])
    new, _ = gene_ids.resolve([["SEPTIN2", "SEPTIN9", "MARCHF1"]])
    assert list(old) == list(new)


@pytest.mark.parametrize("text", ["1-Mar", "2-Sep", "Mar-01", "Sep-02", "2024-03-01", "3/1/2024"])
def test_dates_are_no_genes(text):
    assert gene_ids.mangled([["ERBB2", text]]) == [(1, text)]


@pytest.mark.parametrize("text", ["MARCH1", "SEPT2", "DEC1", "OCT4", "MAR-AS1", "NOV", "SEPTIN2"])
def test_true_symbols_are_no_dates(text):
    assert gene_ids.mangled([[text]]) == []


def test_a_date_beside_an_ensembl_id_is_harmless():
    assert gene_ids.mangled([["ENSG00000168385"], ["2-Sep"]]) == []


def test_no_alias_is_a_symbol_and_none_is_shared():
    table = resources.table("gene_ids.tsv")
    aliases = table["aliases"].dropna().str.split(";").explode()
    assert not set(aliases) & set(table["symbol"])
    assert not aliases.duplicated().any()
    assert not table["symbol"].duplicated().any()
    assert not table["ensembl_gene_id"].duplicated().any()
    assert not table["entrez_id"].dropna().duplicated().any()


def test_genes_the_analysis_rests_on_have_all_ids():
    table = resources.table("gene_ids.tsv").set_index("symbol")
    needed = [*resources.table("her2_negative_reference.tsv")["gene"], "ERBB2", "GRB7"]
    assert table.loc[needed, ["ensembl_gene_id", "entrez_id"]].notna().all(axis=None)
    known = {"ERBB2": 2064, "GRB7": 2886, "STARD3": 10948, "PGAP3": 93210, "MIEN1": 84299}
    assert table.loc[list(known), "entrez_id"].astype(int).to_dict() == known


def test_the_resources_page_names_the_files_as_they_are():
    page = resources.path("gene_ids.tsv").parent / "README.md"
    rows = [line.split("|") for line in page.read_text().splitlines() if line.endswith("` |")]
    listed = {row[1].strip(): row[3].strip(" `") for row in rows}
    found = {name: hashlib.sha256((page.parent / name).read_bytes()).hexdigest() for name in listed}
    assert listed == found
    files = {path.name for path in page.parent.iterdir() if path.is_file()}
    assert files - {"README.md"} == set(listed)


def test_resolving_is_independent_of_the_order_of_rows():
    ids = pd.Series(["HER2", "GRB7", "ENSG00000161395", "made_up"])
    forward, _ = gene_ids.resolve([ids])
    backward, _ = gene_ids.resolve([ids[::-1]])
    assert list(forward) == list(backward[::-1])

import gzip

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp

from her2omics import resources
from her2omics.readers.cells import read_cells

GENES = ["ERBB2", "EPCAM", "PTPRC", "COL1A1", "MIEN1", "GRB7", "KRT8", "CD3E"]


def counts(cells=6, genes=8, seed=0, mean=60):
    return np.random.default_rng(seed).poisson(mean, size=(cells, genes)).astype(np.float32)


def h5ad(path, X, *, genes=GENES, obs=None, layers=None, raw=None, var=None):
    names = [f"cell{i}" for i in range(X.shape[0])]
    obs = pd.DataFrame(obs or {}, index=names)
    var = pd.DataFrame(var or {}, index=list(genes))
    data = anndata.AnnData(X, obs=obs, var=var, layers=layers)
    if raw is not None:
        data.raw = anndata.AnnData(raw, obs=obs, var=var)
    data.write_h5ad(path)
    return path


def read(path, filetype="h5ad", **options):
    return read_cells(path, filetype=filetype, sample="P1_B", shown=path.name, **options)


@pytest.mark.parametrize("store", [np.asarray, sp.csr_matrix, sp.csc_matrix])
def test_counts_are_read_from_any_kind_of_matrix(tmp_path, store):
    values = counts()
    found = read(h5ad(tmp_path / "a.h5ad", store(values)))
    assert found.counts.format == "csr"
    assert found.counts.dtype == np.float32
    np.testing.assert_array_equal(found.counts.toarray(), values)
    assert list(found.genes) == GENES
    assert list(found.barcodes) == [f"cell{i}" for i in range(6)]
    assert (found.source, found.annotation, found.ambient, found.notes) == ("X", None, None, ())


@pytest.mark.parametrize("place", ["layers", "raw"])
def test_raw_counts_beside_log_values_are_found(tmp_path, place):
    values = counts()
    logs = np.log1p(values / values.sum(1, keepdims=True) * 1e4)
    kept = {"layers": {"layers": {"counts": values}}, "raw": {"raw": values}}[place]
    found = read(h5ad(tmp_path / "a.h5ad", logs, **kept))
    assert found.source == {"layers": 'layers["counts"]', "raw": "raw"}[place]
    np.testing.assert_array_equal(found.counts.toarray(), values)


def test_log_values_alone_are_refused(tmp_path, messages):
    values = counts()
    logs = np.log1p(values / values.sum(1, keepdims=True) * 1e4)
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", sp.csr_matrix(logs), raw=logs))
    assert found.startswith("a.h5ad (P1_B): X holds log-normalised values (such as ")
    assert 'layers["counts"]' in found
    assert found.endswith("(nor are there whole numbers in raw)")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda x: x - x.mean(), "X holds negative values (-"),
        (lambda x: x * 100 + 0.5, "X holds values that are no whole numbers"),
        (lambda x: np.where(x > 50, np.nan, x), "X holds values that are no numbers"),
        (lambda x: x * 0, "X holds no counts"),
    ],
)
def test_what_is_no_count_is_named(tmp_path, messages, change, expected):
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", change(counts()).astype(np.float32)))
    assert found.startswith(f"a.h5ad (P1_B): {expected}")


def test_a_fraction_far_down_the_file_is_seen(tmp_path, messages):
    values = counts(cells=40_000)
    values[-1, 0] += 0.5
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", sp.csr_matrix(values)))
    assert "no whole numbers" in found


@pytest.mark.parametrize("as_column", [False, True])
def test_ensembl_ids_become_symbols_without_their_version(tmp_path, as_column):
    ids = resources.table("gene_ids.tsv").set_index("symbol")["ensembl_gene_id"]
    ensembl = [f"{ids[gene]}.{i}" for i, gene in enumerate(GENES)]
    if as_column:
        path = h5ad(
            tmp_path / "a.h5ad",
            counts(),
            genes=[str(i) for i in range(len(GENES))],
            var={"gene_ids": ensembl},
        )
    else:
        path = h5ad(tmp_path / "a.h5ad", counts(), genes=ensembl)
    assert list(read(path).genes) == GENES


def test_rows_of_one_symbol_are_summed(tmp_path):
    values = counts(genes=len(GENES) + 1)
    path = h5ad(tmp_path / "a.h5ad", sp.csr_matrix(values), genes=[*GENES, "C17orf37"])
    # An alias whose own gene is there stays apart; the same id twice does not.
    assert "C17orf37" in read(path).genes
    ids = resources.table("gene_ids.tsv").set_index("symbol")["ensembl_gene_id"]
    path = h5ad(tmp_path / "b.h5ad", sp.csr_matrix(values), genes=[*GENES, ids["ERBB2"]])
    found = read(path)
    assert list(found.genes) == GENES
    np.testing.assert_array_equal(found.counts[:, 0].toarray()[:, 0], values[:, 0] + values[:, -1])


def test_one_sample_of_a_shared_file(tmp_path):
    values = counts()
    obs = {"sample": ["A", "B", "A", "B", "B", "A"], "cluster": list("xxxyyy")}
    for store in (np.asarray, sp.csr_matrix, sp.csc_matrix):
        found = read(h5ad(tmp_path / "a.h5ad", store(values), obs=obs), column="A")
        np.testing.assert_array_equal(found.counts.toarray(), values[[0, 2, 5]])
        assert list(found.barcodes) == ["cell0", "cell2", "cell5"]


def test_a_sample_that_is_not_in_the_file(tmp_path, messages):
    path = h5ad(tmp_path / "a.h5ad", counts(), obs={"sample": ["P1_BL"] * 6})
    (found,) = messages(read, path, column="P1_B")
    assert found == (
        "a.h5ad (P1_B): column: no column of obs holds the sample's name 'P1_B' - did you mean "
        "'P1_BL'?; sample holds P1_BL"
    )


def test_two_columns_that_disagree_about_the_sample(tmp_path, messages):
    obs = {"biopsy": list("ABABAB"), "plate": list("AAABBB")}
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", counts(), obs=obs), column="A")
    assert "'A' is in different cells of the obs columns biopsy, plate" in found


def test_the_users_annotation(tmp_path, messages):
    values = ["aneuploid", "Diploid", "not.defined", "malignant", "normal", None]
    path = h5ad(tmp_path / "a.h5ad", counts(), obs={"copykat_pred": pd.Categorical(values)})
    found = read(path, annotation="copykat_pred").annotation
    assert list(found) == ["malignant", "normal", "", "malignant", "normal", ""]
    (message,) = messages(read, path, annotation="copykat")
    assert message == (
        "a.h5ad (P1_B): obs[\"copykat\"]: no such column - did you mean 'copykat_pred'?"
    )
    path = h5ad(tmp_path / "b.h5ad", counts(), obs={"copykat_pred": ["T cell"] * 6})
    (message,) = messages(read, path, annotation="copykat_pred")
    assert "values T cell are not understood: expected malignant or normal" in message


def test_empty_drops_of_a_filtered_matrix_are_left_out(tmp_path):
    values = counts()
    values[2] = 0
    found = read(h5ad(tmp_path / "a.h5ad", sp.csr_matrix(values)))
    assert list(found.barcodes) == ["cell0", "cell1", "cell3", "cell4", "cell5"]
    assert found.notes == ("1 barcodes below 200 UMIs left out",)


def test_an_unfiltered_matrix_gives_its_soup(tmp_path):
    cells, soup = counts(cells=50, mean=500), counts(cells=2000, mean=2, seed=1)
    found = read(h5ad(tmp_path / "a.h5ad", sp.csr_matrix(np.vstack([soup, cells]))))
    assert len(found.barcodes) == 50
    np.testing.assert_allclose(found.ambient, soup.sum(0))
    assert found.notes == ("unfiltered matrix: 50 of 2050 barcodes are cells",)


def test_no_cell_at_all(tmp_path, messages):
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", counts(mean=3)))
    assert found.startswith("a.h5ad (P1_B): no cell: the largest of 6 barcodes has ")


def test_thirty_cells_are_read(tmp_path):
    assert read(h5ad(tmp_path / "a.h5ad", counts(cells=30))).counts.shape == (30, len(GENES))


def test_mixed_species_keep_the_human_cells(tmp_path):
    human, mouse = counts(cells=4), counts(cells=4, seed=1)
    human[2:] = 1  # mouse cells with some human soup
    mouse[:2] = 1
    human[3], mouse[3] = 50, 50  # a mixture
    names = [f"GRCh38_{gene}" for gene in GENES] + [f"mm10___{g.capitalize()}" for g in GENES]
    found = read(h5ad(tmp_path / "a.h5ad", sp.csr_matrix(np.hstack([human, mouse])), genes=names))
    assert list(found.genes) == GENES
    assert list(found.barcodes) == ["cell0", "cell1"]
    assert found.notes == (
        "mixed species: 2 human cells kept, 1 mouse cells and 1 mixtures left out",
    )


def test_no_human_cell(tmp_path, messages):
    names = [f"GRCh38_{gene}" for gene in GENES] + [f"mm10_{g.capitalize()}" for g in GENES]
    values = np.hstack([np.ones((6, len(GENES)), dtype=np.float32), counts()])
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", values, genes=names))
    assert found.startswith("a.h5ad (P1_B): none of 6 cells is human: at most 2%")


def test_mouse_genes(tmp_path, messages):
    genes = [gene.capitalize() for gene in GENES]
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", counts(), genes=genes))
    assert found == "a.h5ad (P1_B): the genes are those of a mouse, expected human cells"


def test_genes_in_rows(tmp_path, messages):
    anndata.read_h5ad(h5ad(tmp_path / "a.h5ad", counts())).T.write_h5ad(tmp_path / "b.h5ad")
    (found,) = messages(read, tmp_path / "b.h5ad")
    assert found == "b.h5ad (P1_B): its rows are genes, expected cells: transpose it (`adata.T`)"


def test_cells_that_stand_twice(tmp_path, messages):
    values = counts(cells=10)
    path = h5ad(tmp_path / "a.h5ad", np.vstack([values, values[:5]]))
    data = anndata.read_h5ad(path)
    data.obs_names = [f"cell{i}" for i in (*range(10), *range(5))]
    data.write_h5ad(path)
    assert messages(read, path) == [
        "a.h5ad (P1_B): 5 of 15 cells stand in it twice: leave their copies out"
    ]
    data.X = np.vstack([values, values[:5] + 1])  # barcodes of two lanes may repeat
    data.write_h5ad(path)
    assert list(read(path).barcodes[10:]) == [f"cell{i}-1" for i in range(5)]


def test_without_erbb2(tmp_path, messages):
    (found,) = messages(read, h5ad(tmp_path / "a.h5ad", counts(genes=7), genes=GENES[1:]))
    assert "ERBB2 is not among the 7 genes" in found


def folder(path, values, *, compress=False, genes=GENES, rows=None):
    path.mkdir()
    rows = (
        rows
        if rows is not None
        else [f"ENSG{i}\t{g}\tGene Expression" for i, g in enumerate(genes)]
    )
    scipy.io.mmwrite(path / "matrix.mtx", sp.coo_matrix(values.T.astype(int)))
    (path / "features.tsv").write_text("\n".join(rows) + "\n")
    (path / "barcodes.tsv").write_text("".join(f"BC{i}-1\n" for i in range(len(values))))
    if compress:
        for file in list(path.iterdir()):
            (path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()
    return path


@pytest.mark.parametrize("compress", [False, True])
def test_10x_folder(tmp_path, compress):
    values = counts()
    found = read(folder(tmp_path / "a", values, compress=compress), "10x")
    np.testing.assert_array_equal(found.counts.toarray(), values)
    assert list(found.genes) == GENES
    assert found.barcodes[0] == "BC0-1"


def test_10x_folder_leaves_antibodies_out(tmp_path):
    rows = [f"ENSG{i}\t{g}\tGene Expression" for i, g in enumerate(GENES)]
    rows.append("CD3\tCD3_protein\tAntibody Capture")
    found = read(folder(tmp_path / "a", counts(genes=9), rows=rows), "10x")
    assert list(found.genes) == GENES


def test_10x_folder_problems(tmp_path, messages):
    path = folder(tmp_path / "a", counts())
    (path / "barcodes.tsv").write_text("BC0\n")
    (found,) = messages(read, path, "10x")
    assert "matrix.mtx has 8 genes x 6 barcodes, but there are 8 features and 1 barcodes" in found
    (path / "matrix.mtx").write_text(
        "%%MatrixMarket matrix coordinate integer general\n8 6 40\n1 1 3"
    )
    (found,) = messages(read, path, "10x")
    assert found.startswith("a (P1_B): matrix.mtx is damaged (")
    (path / "matrix.mtx").rename(path / "m.mtx")
    (found,) = messages(read, path, "10x")
    assert found == "a (P1_B): no matrix.mtx (plain or .gz) in the folder"
    (tmp_path / "outs").mkdir()
    folder(tmp_path / "outs" / "filtered_feature_bc_matrix", counts())
    (found,) = messages(read, tmp_path / "outs", "10x")
    assert found.endswith(": give the folder filtered_feature_bc_matrix inside it")


def tenx_h5(path, values, *, old=False):
    matrix = sp.csr_matrix(values.astype(np.int32))
    with h5py.File(path, "w") as handle:
        group = handle.create_group("GRCh38" if old else "matrix")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(matrix, name)
        group["shape"] = [values.shape[1], values.shape[0]]
        group["barcodes"] = [f"BC{i}-1".encode() for i in range(len(values))]
        ids = [f"ENSG{i}".encode() for i in range(len(GENES))]
        names = [gene.encode() for gene in GENES]
        if old:
            group["genes"], group["gene_names"] = ids, names
        else:
            group["features/id"], group["features/name"] = ids, names
            group["features/feature_type"] = [b"Gene Expression"] * len(GENES)
    return path


@pytest.mark.parametrize("old", [False, True])
def test_10x_h5(tmp_path, old):
    values = counts()
    found = read(tenx_h5(tmp_path / "a.h5", values, old=old), "10x")
    np.testing.assert_array_equal(found.counts.toarray(), values)
    assert list(found.genes) == GENES


def test_filetypes_taken_for_each_other(tmp_path, messages):
    (found,) = messages(read, tenx_h5(tmp_path / "a.h5", counts()), "h5ad")
    assert found == "a.h5 (P1_B): a 10x .h5 file: its filetype is 10x"
    (found,) = messages(read, h5ad(tmp_path / "b.h5ad", counts()), "10x")
    assert found == "b.h5ad (P1_B): an .h5ad file: its filetype is h5ad"


def test_what_is_no_hdf5(tmp_path, messages):
    (tmp_path / "a.h5ad").write_text("gene\tcell\n")
    assert messages(read, tmp_path / "a.h5ad") == [
        "a.h5ad (P1_B): a text file, expected an .h5ad file"
    ]
    (tmp_path / "b.h5ad").write_text("<html><body>login</body></html>")
    assert "a web page (HTML)" in messages(read, tmp_path / "b.h5ad")[0]
    whole = h5ad(tmp_path / "c.h5ad", counts()).read_bytes()
    (tmp_path / "c.h5ad").write_bytes(whole[: len(whole) // 2])
    assert "damaged, or no .h5ad file" in messages(read, tmp_path / "c.h5ad")[0]
    assert "cannot be read" in messages(read, tmp_path / "none.h5ad")[0]

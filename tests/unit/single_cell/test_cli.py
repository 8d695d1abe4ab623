"""The verb ``single-cell`` from files to tables, and its gates and evidence."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

from her2omics import genome, tables
from her2omics.cli import main
from her2omics.single_cell import dose_genes, h5ad

OTHERS = {"immune": 70, "stromal": 40, "endothelial": 20, "normal": 60}
SAMPLES = (
    "patient\tsample\ttimepoint\tsetting\ther2_ihc\n"
    "P1\tP1_B\tbaseline\t\t3+\n"
    "P1\tP1_F\tfollowup\trelapse\t1+\n"
)
# Log2 ratios of arms in the trunk of the made cells (conftest.TRUNK).
TRUNK = {"1q": 0.58, "8q": 0.58, "16q": -0.8, "8p": -0.8, "17q": 0.58, "5q": -0.8}
UNITS = "sample\tassay\tfiletype\tpath\tcolumn\n"


def write(made, path):
    cells = made.cells
    obs = pd.DataFrame({"kind": made.kind}, index=cells.barcodes)
    obs["origin"] = np.where(np.isin(made.kind, ("trunk", "branch")), "malignant", "normal")
    data = anndata.AnnData(cells.counts, obs=obs, var=pd.DataFrame(index=cells.genes))
    data.write_h5ad(path)


def run(folder, *arguments, out="out", mapped=0):
    return main(
        [
            "single-cell",
            *("--samples", str(folder / "samples.tsv"), "--units", str(folder / "units.tsv")),
            *("--out", str(folder / out), "--set", f"single_cell.map_cells={mapped}", *arguments),
        ]
    )


def study(folder, *, files=("b.h5ad", "f.h5ad")):
    (folder / "samples.tsv").write_text(SAMPLES)
    rows = zip(("P1_B", "P1_F"), files, strict=False)
    text = "".join(f"{sample}\tscrna\th5ad\t{file}\t\n" for sample, file in rows if file)
    (folder / "units.tsv").write_text(UNITS + text)


@pytest.fixture(scope="module")
def lost(make, tmp_path_factory):
    """A pair: amplified in all cells before, in a tenth (the trunk) later."""
    folder = tmp_path_factory.mktemp("lost")
    study(folder)
    before = make("P1_B", {**OTHERS, "trunk": 300}, seed=1, dose=15.0)
    amplified = make("P1_F", {**OTHERS, "trunk": 30}, seed=2, dose=15.0)
    plain = make("P1_F", {"branch": 270}, seed=3, dose=1.0)
    write(before, folder / "b.h5ad")
    parts = []
    for number, made in enumerate((amplified, plain)):
        write(made, folder / f"part{number}.h5ad")
        part = anndata.read_h5ad(folder / f"part{number}.h5ad")
        part.obs_names = [f"{name}-{number}" for name in part.obs_names]
        parts.append(part)
    anndata.concat(parts).write_h5ad(folder / "f.h5ad")
    assert run(folder, mapped=300) == 0
    return folder


def test_the_shares_and_the_call(lost):
    rows = tables.read(lost / "out", "single_cell").set_index("sample")
    assert list(rows.index) == ["P1_B", "P1_F"]
    assert (rows["malignant_by"] == "copy_number").all()
    assert rows["malignant_cells"].between(285, 305).all()
    assert rows["ambient_share"].between(0.02, 0.08).all()
    assert rows.loc["P1_B", "amplified_fraction"] == pytest.approx(1.0, abs=0.05)
    assert rows.loc["P1_F", "amplified_fraction"] == pytest.approx(0.1, abs=0.05)
    assert (rows["identifiable"] == "yes").all()
    pair = tables.read(lost / "out", "single_cell_pairs").iloc[0]
    assert pair["call"] == "lost"
    assert pair["share_change_high"] < -0.2


def test_the_clones_of_both_samples(lost):
    rows = tables.read(lost / "out", "single_cell_clones").set_index(["sample", "clone"])
    assert set(rows.index.get_level_values("clone")) == {"C1", "C2"}
    share = rows["fraction"].unstack("sample")
    trunk = share["P1_B"].idxmax()
    assert share.loc[trunk, "P1_B"] > 0.95
    assert share.loc[trunk, "P1_F"] < 0.2
    assert rows.loc[("P1_B", trunk), "amplified_fraction"] > 0.9
    branch = share["P1_F"].idxmax()
    assert rows.loc[("P1_F", branch), "amplified_fraction"] < 0.1


def test_the_cells_open_in_scanpy(lost):
    data = sc.read_h5ad(lost / "out" / "single_cell" / "P1_F.h5ad")
    given = anndata.read_h5ad(lost / "f.h5ad")
    assert data.shape == given.shape
    counts = given[data.obs_names, data.var_names].X
    np.testing.assert_array_equal(data.layers["counts"].toarray(), counts.toarray())
    level = np.log1p(1e4 * counts.toarray() / counts.toarray().sum(1, keepdims=True))
    np.testing.assert_allclose(data.X.toarray(), level, rtol=1e-5)
    truth = given.obs.loc[data.obs_names, "kind"]
    amplified = data.obs["her2omics_p_amplified"]
    assert amplified[truth == "trunk"].mean() > 0.8
    assert amplified[truth == "branch"].mean() < 0.1
    assert amplified[~truth.isin(["trunk", "branch"])].isna().mean() > 0.98
    assert (
        data.obs["her2omics_lineage"]
        .isin(["epithelial", "immune", "stromal", "endothelial", "unknown"])
        .all()
    )
    assert data.uns["her2omics"]["sample"] == "P1_F"
    assert data.uns["her2omics"]["timepoint"] == "followup"
    assert "1q" in data.uns["her2omics"]["clone_arms"].index
    assert data.obsm["X_her2omics_copy_number"].shape[0] == data.n_obs


def test_without_the_signatures_genes_no_cell_has_a_subtype(lost):
    rows = tables.read(lost / "out", "single_cell")
    assert (rows["subtype_cells"] == 0).all()
    assert rows[["share_her2", "pam50_support"]].isna().all(axis=None)
    assert rows["pam50"].isna().all()
    obs = sc.read_h5ad(lost / "out" / "single_cell" / "P1_B.h5ad").obs
    assert (obs["her2omics_subtype"].astype(str) == "").all()


def test_the_histogram_counts_every_malignant_cell(lost):
    rows = tables.read(lost / "out", "single_cell").set_index("sample")
    steps = tables.read(lost / "out", "single_cell_doses")
    assert (steps["dose_to"] / steps["dose_from"]).round(4).eq(round(2**0.25, 4)).all()
    total = steps.groupby("sample")["cells"].sum()
    assert (total == rows["malignant_cells"]).all()
    states = steps[list(tables.CELL_STATES)].sum(axis=1)
    np.testing.assert_allclose(states, steps["cells"].astype(float), atol=0.02)
    high = steps[(steps["dose_from"] > 6) & steps["sample"].eq("P1_B")]
    assert high["cells"].sum() > 0.8 * total["P1_B"]
    assert high["amplified"].sum() > 0.9 * high["cells"].sum()


def test_the_map_holds_some_cells_of_each_sample(lost):
    rows = tables.read(lost / "out", "single_cell_map")
    assert rows["sample"].value_counts().to_dict() == {"P1_B": 150, "P1_F": 150}
    malignant = rows["kind"].eq("malignant")
    assert (rows["p_amplified"].notna() == malignant).all()
    assert rows[["x", "y"]].notna().all(axis=None)
    # Immune cells lie nearer to each other than to malignant ones.
    middle = rows.groupby("lineage")[["x", "y"]].mean()
    immune = rows[rows["lineage"].eq("immune")]
    apart = {
        name: np.hypot(*(immune[["x", "y"]] - middle.loc[name]).to_numpy().T).mean()
        for name in ("immune", "epithelial")
    }
    assert apart["immune"] < apart["epithelial"] / 2
    data = sc.read_h5ad(lost / "out" / "single_cell" / "P1_B.h5ad")
    assert np.isfinite(data.obsm["X_umap"]).all(axis=1).sum() == 150


def test_the_order_of_the_cells_does_not_matter(lost, tmp_path):
    study(tmp_path)
    for name in ("b.h5ad", "f.h5ad"):
        data = anndata.read_h5ad(lost / name)
        order = np.random.default_rng(4).permutation(data.n_obs)
        data[order].copy().write_h5ad(tmp_path / name)
    assert run(tmp_path) == 0
    names = ("single_cell", "single_cell_clones", "single_cell_pairs", "single_cell_doses")
    for name in names:
        texts = [(folder / "out" / f"{name}.tsv").read_text() for folder in (lost, tmp_path)]
        assert texts[0] == texts[1]
    for sample in ("P1_B", "P1_F"):
        first, later = (
            anndata.read_h5ad(folder / "out" / "single_cell" / f"{sample}.h5ad").obs
            for folder in (lost, tmp_path)
        )
        assert first.pop("her2omics_laid_out").sum() == 150  # of the map, which only one has
        pd.testing.assert_frame_equal(first, later, check_exact=True)


def test_both_matrices_name_the_same_places(lost):
    path = lost / "out" / "single_cell" / "P1_B.h5ad"
    with h5py.File(path) as handle:
        for part in ("indices", "indptr"):
            assert handle[f"X/{part}"] == handle[f"layers/counts/{part}"]
    backed = anndata.read_h5ad(path, backed="r")
    whole = anndata.read_h5ad(path)
    assert (backed.X[:50] != whole.X[:50]).nnz == 0
    backed.file.close()


def test_no_gate_fires_and_the_evidence_is_there(lost):
    options = ["--samples", str(lost / "samples.tsv"), "--units", str(lost / "units.tsv")]
    assert main(["quality", *options, "--out", str(lost / "out")]) == 0
    codes = set(tables.read(lost / "out", "quality")["code"])
    assert not codes & {"FEW_CELLS", "NO_NORMAL_CELLS", "INPUT_ERROR"}
    gates = ["--quality", str(lost / "out" / "quality.tsv"), "--tables", str(lost / "out")]
    assert main(["classify", *options, *gates, "--out", str(lost / "verdict")]) == 0
    evidence = tables.read(lost / "verdict", "evidence")
    share = evidence[evidence["variable"].eq("amplified_share")].set_index("time")["value"]
    assert float(share["baseline"]) > 0.95
    assert float(share["followup"]) < 0.15
    case = tables.read(lost / "verdict", "cases").iloc[0]
    assert "single_cell" in case["modalities"].split(";")
    assert case["p_clonal_selection"] > case["p_downregulation"]


def test_few_cells_and_no_normal_cells(make, tmp_path):
    study(tmp_path)
    write(make("P1_B", {"trunk": 90}, seed=1, dose=15.0), tmp_path / "b.h5ad")
    write(make("P1_F", {"trunk": 30}, seed=2, dose=15.0), tmp_path / "f.h5ad")
    assert run(tmp_path) == 0
    rows = tables.read(tmp_path / "out", "single_cell").set_index("sample")
    assert (rows["malignant_by"] == "lineage").all()
    assert rows["other_cells"].sum() == 0
    options = ["--samples", str(tmp_path / "samples.tsv"), "--units", str(tmp_path / "units.tsv")]
    assert main(["quality", *options, "--out", str(tmp_path / "out")]) == 0
    found = tables.read(tmp_path / "out", "quality")
    fired = set(zip(found["code"], found["sample"], strict=True))
    assert {
        ("NO_NORMAL_CELLS", "P1_B"),
        ("NO_NORMAL_CELLS", "P1_F"),
        ("FEW_CELLS", "P1_F"),
    } <= fired
    assert ("FEW_CELLS", "P1_B") not in fired


def test_normal_epithelium_among_the_malignant_cells_is_no_loss(make, tmp_path):
    study(tmp_path)
    write(make("P1_B", {"trunk": 300}, seed=1, dose=20.0), tmp_path / "b.h5ad")
    write(make("P1_F", {"trunk": 80, "normal": 220}, seed=2, dose=20.0), tmp_path / "f.h5ad")
    assert run(tmp_path) == 0
    rows = tables.read(tmp_path / "out", "single_cell").set_index("sample")
    assert (rows["malignant_by"] == "lineage").all()
    assert rows["note"].str.contains("shares are of all epithelial cells").all()
    assert rows.loc["P1_F", "amplified_fraction"] < 0.4
    assert rows.filter(like="tumour_fraction").isna().all(axis=None)
    pair = tables.read(tmp_path / "out", "single_cell_pairs").iloc[0]
    assert pair["call"] == "undetermined"
    assert "normal epithelium counts as tumour" in pair["reason"]


@pytest.mark.parametrize(
    ("named", "told", "call"), [(3, "lineage", "undetermined"), (300, "annotation", "lost")]
)
def test_the_user_names_some_of_the_cells(make, tmp_path, named, told, call):
    """Without other cells, the epithelial ones that the user leaves open may be normal."""
    study(tmp_path)
    write(make("P1_B", {"trunk": 300}, seed=1, dose=20.0), tmp_path / "b.h5ad")
    write(make("P1_F", {"trunk": 80}, seed=2, dose=20.0), tmp_path / "f0.h5ad")
    write(make("P1_F", {"branch": 220}, seed=3), tmp_path / "f1.h5ad")
    parts = [anndata.read_h5ad(tmp_path / f"f{number}.h5ad") for number in (0, 1)]
    anndata.concat(parts, index_unique="-").write_h5ad(tmp_path / "f.h5ad")
    for name in ("b.h5ad", "f.h5ad"):
        data = anndata.read_h5ad(tmp_path / name)
        data.obs["said"] = np.where(np.arange(data.n_obs) < named, "malignant", "")
        data.write_h5ad(tmp_path / name)
    assert run(tmp_path, "--set", "single_cell.annotation=said") == 0
    assert (tables.read(tmp_path / "out", "single_cell")["malignant_by"] == told).all()
    assert tables.read(tmp_path / "out", "single_cell_pairs")["call"].tolist() == [call]


def test_without_any_neighbour_the_dose_is_not_known(lost, tmp_path):
    study(tmp_path)
    for name in ("b.h5ad", "f.h5ad"):
        data = anndata.read_h5ad(lost / name)
        data[:, ~data.var_names.isin(dose_genes.GENES)].copy().write_h5ad(tmp_path / name)
    assert run(tmp_path) == 0
    rows = tables.read(tmp_path / "out", "single_cell")
    assert (rows["identifiable"] == "no").all()
    assert rows["note"].str.contains("no gene beside ERBB2 is measured").all()
    assert rows["malignant_cells"].between(285, 305).all()
    assert tables.read(tmp_path / "out", "single_cell_pairs")["call"].tolist() == ["undetermined"]


def test_a_write_that_fails_leaves_nothing(lost, tmp_path, monkeypatch):
    study(tmp_path, files=(str(lost / "b.h5ad"), str(lost / "f.h5ad")))
    whole = h5ad.write

    def full(cells, code, path, *, parameters):
        whole(cells, code, path, parameters=parameters)
        if code:
            raise OSError("No space left on device")

    monkeypatch.setattr(h5ad, "write", full)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path)
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert left == []


def test_the_patients_dna_tells_malignant_cells(lost, tmp_path):
    """Segments as the copy-number verb writes them, of this patient and of another."""
    study(tmp_path, files=(str(lost / "b.h5ad"), str(lost / "f.h5ad")))
    arms = genome.load("GRCh38").arms()
    rows = arms[["chromosome", "start", "end", "arm"]].assign(sample="P1_B", patient="P1")
    rows["copies"] = 2 * 2.0 ** rows["arm"].map(TRUNK).fillna(0.0)
    other = rows.assign(sample="P2_B", patient="P2", copies=2.0)
    made = tables.typed(pd.concat([rows, other]).reset_index(drop=True), "copy_number_segments")
    tables.write(made, "copy_number_segments", tmp_path / "arms")
    assert run(tmp_path, "--tables", str(tmp_path / "arms")) == 0
    found = tables.read(tmp_path / "out", "single_cell")
    assert (found["malignant_by"] == "dna").all()
    assert found["malignant_cells"].between(285, 305).all()


def test_a_place_that_is_taken_leaves_nothing_half_written(lost, tmp_path, capsys):
    study(tmp_path, files=(str(lost / "b.h5ad"), None))
    taken = tmp_path / "out" / "single_cell" / "P1_B.h5ad"
    taken.mkdir(parents=True)
    assert run(tmp_path) == 1
    assert "name another path or free this one" in capsys.readouterr().err
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_one_sample_alone_has_no_pair(lost, tmp_path):
    study(tmp_path, files=(str(lost / "b.h5ad"), None))
    assert run(tmp_path) == 0
    assert list(tables.read(tmp_path / "out", "single_cell")["sample"]) == ["P1_B"]
    assert tables.read(tmp_path / "out", "single_cell_pairs").empty


def test_the_users_annotation_is_taken(lost, tmp_path):
    study(tmp_path, files=(str(lost / "b.h5ad"), str(lost / "f.h5ad")))
    assert run(tmp_path, "--set", "single_cell.annotation=origin") == 0
    rows = tables.read(tmp_path / "out", "single_cell")
    assert (rows["malignant_by"] == "annotation").all()
    assert rows["malignant_cells"].between(290, 300).all()


def test_a_bad_file_stops_with_one_message_and_nothing_written(lost, tmp_path, capsys):
    study(tmp_path, files=(str(lost / "b.h5ad"), "f.h5ad"))
    data = anndata.read_h5ad(lost / "f.h5ad")
    data.X = data.X.log1p()
    data.write_h5ad(tmp_path / "f.h5ad")
    assert run(tmp_path) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("her2omics single-cell: f.h5ad (P1_F): X holds log-normalised")
    assert not list(tmp_path.glob("out/**/*.*"))


def test_one_file_under_two_names_is_no_pair(lost, tmp_path, capsys):
    study(tmp_path)
    data = anndata.read_h5ad(lost / "b.h5ad")
    data.write_h5ad(tmp_path / "b.h5ad")
    data[::-1].copy().write_h5ad(tmp_path / "f.h5ad")
    assert run(tmp_path) == 1
    assert capsys.readouterr().err == (
        "her2omics single-cell: f.h5ad (P1_F): its cells are those of P1_B (b.h5ad), barcodes and "
        "molecules: give each sample its own file\n"
    )


def test_a_bad_file_gates_its_case_where_the_config_says_so(lost, tmp_path):
    study(tmp_path, files=(str(lost / "b.h5ad"), "f.h5ad"))
    (tmp_path / "f.h5ad").write_text("no cells")
    gate = ("--set", "on_bad_file=gate")
    assert run(tmp_path, *gate) == 0
    errors = tables.read(tmp_path / "out", "single_cell_errors")
    assert errors["sample"].tolist() == ["P1_F"]
    assert tables.read(tmp_path / "out", "single_cell")["sample"].tolist() == ["P1_B"]
    options = ["--samples", str(tmp_path / "samples.tsv"), "--units", str(tmp_path / "units.tsv")]
    assert main(["quality", *options, *gate, "--out", str(tmp_path / "out")]) == 0
    assert "INPUT_ERROR" in set(tables.read(tmp_path / "out", "quality")["code"])


def test_a_study_without_single_cells_gets_empty_tables(tmp_path):
    study(tmp_path, files=())
    assert run(tmp_path) == 0
    names = ("", "_pairs", "_clones", "_doses", "_map", "_errors")
    for name in (f"single_cell{name}" for name in names):
        assert tables.read(tmp_path / "out", name).empty

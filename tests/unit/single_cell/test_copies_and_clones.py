from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.metrics import adjusted_rand_score

from her2omics.single_cell import bins, clones, lineage, malignant, patient, quality_control

MIXED = {"immune": 120, "stromal": 60, "endothelial": 30, "normal": 60}


def analysed(*made, seed=1):
    """Return a patient's obs with kind, profile, bins and malignant cells of made samples."""
    cells = [one.cells for one in made]
    times = {one.sample: time for one, time in zip(cells, ("baseline", "followup"), strict=False)}
    data = patient.assemble(cells, timepoints=times)
    kinds = {
        f"{one.cells.sample}:{barcode}": kind
        for one in made
        for barcode, kind in zip(one.cells.barcodes, one.kind, strict=True)
    }
    genes = data.var_names.to_numpy()
    measured = quality_control.measures(data.X, genes)
    umis = measured["umis"].to_numpy()
    found = lineage.assign(data.X, genes=genes, umis=umis)
    kept = ~found.doublet
    other = kept & (found.lineage != "epithelial") & (found.lineage != "unknown")
    frame = data.obs.assign(kind=[kinds[name] for name in data.obs_names], umis=umis)
    if other.sum() < 20:
        profile, design = None, None
    else:
        mean = np.asarray(other.astype(np.float32) @ data.X).ravel()
        design = bins.design(mean / mean.sum(), data.var)
        profile = bins.profiles(data.X, umis=umis, bins=design)
    calls = malignant.from_copy_number(
        profile, lineage=found.lineage, bins=design, umis=umis, kept=kept,
        sample=pd.factorize(data.obs["sample"])[0], seed=seed,
    )  # fmt: skip
    return frame, profile, design, calls


@pytest.fixture(scope="session")
def pair(make):
    first = make("P1_B", {**MIXED, "trunk": 220, "branch": 60}, seed=5)
    second = make("P1_F", {**MIXED, "trunk": 40, "branch": 200}, seed=6)
    return first, second


@pytest.fixture(scope="session")
def found(pair):
    return analysed(*pair)


def test_rows_between_two_places_are_no_copy(pair):
    counts = pair[0].cells.counts
    part = patient.between(counts, 100, 250)
    assert (part != counts[100:250]).nnz == 0
    assert np.shares_memory(part.data, counts.data)
    assert patient.between(counts, 0, counts.shape[0]).nnz == counts.nnz


@pytest.mark.parametrize("rows", [7, 200])
def test_profiles_do_not_depend_on_the_blocks(pair, monkeypatch, rows):
    data = patient.assemble([pair[0].cells], timepoints={"P1_B": "baseline"})
    mean = np.asarray(data.X.sum(0)).ravel()
    design = bins.design(mean / mean.sum(), data.var)
    umis = np.asarray(data.X.sum(1)).ravel()
    whole = bins.profiles(data.X, umis=umis, bins=design)
    monkeypatch.setattr(bins, "_ROWS", rows)
    np.testing.assert_array_equal(bins.profiles(data.X, umis=umis, bins=design), whole)


def test_bins_lie_on_one_arm_and_leave_the_amplicon_out(pair):
    data = patient.assemble([pair[0].cells], timepoints={"P1_B": "baseline"})
    mean = np.asarray(data.X.sum(0)).ravel()
    design = bins.design(mean / mean.sum(), data.var)
    owner = design.weights.tocoo()
    assert (np.bincount(owner.row) <= 1).all()
    assert np.bincount(owner.col).min() > 30
    weighted = set(data.var_names[owner.row])
    assert not weighted & {"ERBB2", "GRB7", "MIEN1", "STARD3", "CDK12", "MED1"}
    assert set(design.arm) >= {"1p", "1q", "17q", "8q"}
    for column, arm in enumerate(design.arm):
        genes = data.var.iloc[owner.row[owner.col == column]]
        assert set(genes["chromosome"]) == {arm[:-1]}


def test_profiles_do_not_depend_on_other_cells(pair):
    data = patient.assemble([pair[0].cells], timepoints={"P1_B": "baseline"})
    mean = np.asarray(data.X.sum(0)).ravel()
    design = bins.design(mean / mean.sum(), data.var)
    umis = np.asarray(data.X.sum(1), dtype=float).ravel()
    whole = bins.profiles(data.X, umis=umis, bins=design)
    some = np.array([40, 3, 77])
    np.testing.assert_array_equal(
        whole[some], bins.profiles(data.X[some], umis=umis[some], bins=design)
    )


def test_profile_shows_the_arms_of_the_tumour(found):
    frame, profile, design, _ = found
    kind = frame["kind"].to_numpy()
    both = np.stack([profile[kind == name].mean(0) for name in ("trunk", "normal")])
    means, arms = bins.arm_means(both, design)
    # Over normal epithelium, so that lineages' own genes fall out: +.58 and -.8 are true.
    level = pd.Series(np.log2((1 + means[0]) / (1 + means[1])), index=arms)
    assert level[["1q", "8q", "17q"]].between(0.38, 0.78).all()
    assert level[["16q", "5q", "8p"]].between(-1.0, -0.6).all()


def test_malignant_cells_are_told_from_normal_epithelium(found):
    frame, _, _, calls = found
    tumour = frame["kind"].isin(["trunk", "branch"]).to_numpy()
    normal = frame["kind"].isin(["normal", "immune", "stromal", "endothelial"]).to_numpy()
    known = np.isfinite(calls.probability)
    assert known.mean() > 0.97
    assert (calls.probability[tumour & known] > 0.5).mean() > 0.98
    assert (calls.probability[normal & known] < 0.5).mean() > 0.98
    assert calls.source == "copy_number"


def test_a_biopsy_of_normal_epithelium_holds_no_malignant_cell(make):
    frame, _, _, calls = analysed(make("S", {**MIXED, "normal": 250}, seed=8))
    assert len(frame)
    assert np.nanmax(calls.probability) < 0.5


def test_without_normal_cells_epithelium_is_taken_for_the_tumour(make):
    _, _, _, calls = analysed(make("S", {"trunk": 120, "immune": 4}, seed=8))
    assert calls.source == "lineage"
    assert pd.Series(calls.probability).value_counts().index[0] == 0.9


def test_the_users_annotation():
    calls = malignant.from_annotation(np.array(["malignant", "normal", ""], dtype=object))
    np.testing.assert_array_equal(calls.probability, [1.0, 0.0, np.nan])
    assert calls.source == "annotation"


def test_clones_of_both_samples_together(found):
    frame, profile, design, calls = found
    umis = frame["umis"].to_numpy()
    cells = clones.find(profile, malignant=calls.probability, umis=umis, bins=design, seed=1)
    of_tumour = (cells.clone >= 0) & frame["kind"].isin(["trunk", "branch"]).to_numpy()
    assert adjusted_rand_score(frame["kind"][of_tumour], cells.clone[of_tumour]) > 0.9
    rows = clones.fractions(cells.clone, frame["sample"].to_numpy())
    assert [row[0] for row in rows] == ["P1_B", "P1_B", "P1_F", "P1_F"]
    for sample, code, count, low, high in rows:
        in_clone = frame["kind"].to_numpy()[cells.clone == code]
        name = pd.Series(in_clone).value_counts().index[0]
        tumour = frame[(frame["sample"] == sample) & frame["kind"].isin(["trunk", "branch"])]
        truth = (tumour["kind"] == name).mean()
        assert low - 0.02 < truth < high + 0.02
        assert count > 0


NAMES = [*(f"{k}q" for k in range(20)), "21p", "22p"]
ARMS = np.repeat(np.array(NAMES, dtype=object), [4] * 20 + [1] * 2)


def test_arms_differ_beyond_their_own_bins_or_not():
    place = bins.Bins(sp.csr_matrix((len(ARMS), len(ARMS))), np.zeros(len(ARMS)), ARMS)
    rng = np.random.default_rng(1)
    state = [clones.arms_apart(rng.normal(0, 0.2, len(ARMS)), place) for _ in range(200)]
    assert max(state) < 4  # 3.2 are expected
    assert np.mean(state) == pytest.approx(0, abs=0.3)
    # An arm of one bin is no more than a bin, however far it moves.
    short = np.where(ARMS == "21p", 2.0, rng.normal(0, 0.2, len(ARMS)))
    copies = np.where(ARMS == "3q", 0.6, 0.0) + rng.normal(0, 0.1, len(ARMS))
    assert clones.arms_apart(short, place) < 4
    assert clones.arms_apart(copies, place) > 4
    single = bins.Bins(place.weights, place.mean, np.arange(len(ARMS)).astype(str).astype(object))
    assert clones.arms_apart(copies, single) == 0


def test_one_clone_with_cell_states_stays_one(make):
    frame, profile, design, calls = analysed(make("S", {**MIXED, "trunk": 300}, seed=9))
    cells = clones.find(
        profile, malignant=calls.probability, umis=frame["umis"].to_numpy(), bins=design, seed=1
    )
    assert cells.clone.max() == 0


def test_order_of_the_cells_does_not_matter(pair, found):
    shuffled = []
    for number, one in enumerate(pair):
        order = np.random.default_rng(number).permutation(len(one.kind))
        cells = replace(
            one.cells, counts=one.cells.counts[order], barcodes=one.cells.barcodes[order]
        )
        shuffled.append(replace(one, cells=cells, kind=one.kind[order]))
    frame, profile, _, calls = analysed(*shuffled)
    pd.testing.assert_frame_equal(frame, found[0])
    np.testing.assert_array_equal(profile, found[1])
    np.testing.assert_array_equal(calls.probability, found[3].probability)


def test_assembled_samples_share_their_genes(make):
    first, second = make("A", {"trunk": 5}, seed=1).cells, make("B", {"trunk": 4}, seed=2).cells
    order = np.random.default_rng(0).permutation(len(second.genes))[:-10]
    other = replace(second, counts=second.counts[:, order], genes=second.genes[order])
    data = patient.assemble([first, other], timepoints={"A": "baseline", "B": "followup"})
    assert data.shape == (9, len(first.genes) - 10)
    assert data.obs_names.is_unique
    assert data.X is data.layers["counts"]
    gene = data.var_names[17]
    expected = dict(
        zip(
            [f"B:{name}" for name in second.barcodes],
            second.counts[:, list(second.genes).index(gene)].toarray().ravel(),
            strict=True,
        )
    )
    values = data[data.obs["sample"] == "B", gene].X.toarray().ravel()
    names = data.obs_names[data.obs["sample"] == "B"]
    assert list(values) == [expected[name] for name in names]
    assert data.var.loc["ERBB2", ["chromosome", "start"]].tolist() == ["17", 39_687_914]

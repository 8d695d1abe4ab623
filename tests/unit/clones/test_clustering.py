import numpy as np
import pandas as pd
import pytest

from her2omics.clones.clustering import UNCLUSTERED, cluster


def labels_of(found):
    return found.mutations.drop_duplicates("mutation_id")["cluster_id"].to_numpy()


def test_three_clones_are_found_with_their_fractions(drawn):
    table, truth = drawn([[1, 1], [0.3, 0.9], [0.6, 0.0]], [40, 30, 30])
    found = cluster(table)
    assert len(found.posterior) == 3
    wide = found.clusters.pivot(index="cluster_id", columns="sample_id", values="ccf")
    order = wide.to_numpy()[[0, *(np.argsort(wide["S0"].to_numpy()[1:]) + 1)]]
    np.testing.assert_allclose(order, [[1, 1], [0.3, 0.9], [0.6, 0.0]], atol=0.06)
    agree = pd.crosstab(truth, labels_of(found)).max(axis=1).to_numpy() / [40, 30, 30]
    assert (agree > 0.93).all()


def test_neither_names_nor_rows_nor_samples_in_another_order_matter(drawn):
    table, _ = drawn([[1, 1], [0.4, 0.8], [0.5, 0.0]], [20, 15, 15], seed=3)
    found = cluster(table)
    mixed = table.sample(frac=1, random_state=5)
    names = mixed["mutation_id"].map(lambda name: f"x{hash(name) % 997}_{name}")
    other = cluster(mixed.assign(mutation_id=names))
    a = found.mutations.set_index(["mutation_id", "sample_id"])["ccf"]
    b = other.mutations.assign(
        mutation_id=other.mutations["mutation_id"].str.split("_").str[1]
    ).set_index(["mutation_id", "sample_id"])["ccf"]
    pd.testing.assert_series_equal(a, b.reindex(a.index))


def test_a_small_cluster_among_many_mutations_is_found_and_measured(drawn):
    """Twelve of 1,200: no start falls on them, and evenly spaced rows hold two."""
    table, truth = drawn([[1, 1], [0.0, 1.0], [0.5, 0.0]], [1150, 12, 38], depth=400)
    found = cluster(table)
    label = labels_of(found)
    small = np.bincount(label[truth == 1] + 1).argmax() - 1
    assert (label[truth == 1] == small).sum() >= 11
    assert (label[truth != 1] == small).sum() <= 1
    rows = found.clusters[found.clusters["cluster_id"].eq(small)]
    np.testing.assert_allclose(rows["ccf_mean"], [0.0, 1.0], atol=0.05)
    assert (rows["ccf_high"] - rows["ccf_low"]).max() < 0.2


def test_one_sample_is_enough(drawn):
    table, _ = drawn([[1.0], [0.4]], [40, 40], purity=(0.8,), depth=200)
    found = cluster(table)
    assert found.clusters["ccf"].to_numpy() == pytest.approx([1.0, 0.4], abs=0.05)


def test_three_samples_with_gaps(drawn):
    ccf = [[1, 1, 1], [0.0, 0.6, 0.9], [0.7, 0.2, 0.0]]
    table, _ = drawn(ccf, [30, 25, 25], purity=(0.7, 0.6, 0.5))
    rng = np.random.default_rng(1)
    table.loc[rng.random(len(table)) < 0.1, ["ref_counts", "alt_counts"]] = np.nan
    found = cluster(table)
    assert len(found.posterior) == 3
    assert found.mutations["ccf"].notna().all()


def test_a_wrong_purity_is_found_by_the_trunk(drawn):
    table, _ = drawn([[1, 1], [0.4, 0.5]], [60, 40], reported=(0.55, 0.6))
    found = cluster(table)
    factor = found.samples.set_index("sample_id")["purity_factor"]
    assert factor["S0"] == pytest.approx(0.7 / 0.55, rel=0.06)
    assert factor["S1"] == pytest.approx(1, abs=0.06)
    assert found.clusters["ccf"].to_numpy() == pytest.approx([1, 1, 0.4, 0.5], abs=0.06)


def test_artefacts_do_not_bend_the_clusters(drawn):
    table, _ = drawn([[1, 1], [0.4, 0.8]], [50, 40])
    rng = np.random.default_rng(2)
    odd, _ = drawn([[0, 0]], [6], seed=9)
    odd["mutation_id"] = "odd" + odd["mutation_id"]
    first = odd["sample_id"].eq("S0").to_numpy()
    odd.loc[first, "alt_counts"] = rng.integers(8, 60, first.sum())
    found = cluster(pd.concat([table, odd]))
    wide = found.clusters[found.clusters["mutations"] > 10]
    assert wide["ccf"].to_numpy() == pytest.approx([1, 1, 0.4, 0.8], abs=0.06)


def test_mutations_without_any_reads_belong_to_no_cluster(drawn):
    table, _ = drawn([[1, 1], [0.4, 0.8]], [20, 20])
    table.loc[table["mutation_id"].eq("m0"), ["ref_counts", "alt_counts"]] = np.nan
    found = cluster(table)
    lost = found.mutations[found.mutations["mutation_id"].eq("m0")]
    assert (lost["cluster_id"] == UNCLUSTERED).all()
    assert lost["ccf"].isna().all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_mutations_gives_an_answer(drawn, count):
    table, _ = drawn([[1, 1]], [count])
    found = cluster(table)
    assert found.mutations["cellular_prevalence"].between(0, 1).all()
    assert len(found.mutations) == 2 * count


def test_no_reads_at_all(drawn):
    table, _ = drawn([[1, 1]], [3])
    found = cluster(table.assign(ref_counts=np.nan, alt_counts=np.nan))
    assert len(found.clusters) == 0
    assert (found.mutations["cluster_id"] == UNCLUSTERED).all()


def test_mutations_apart_have_a_fraction_of_their_own_and_move_no_cluster(drawn):
    table, _ = drawn([[1, 1], [0.4, 0.8]], [20, 15], seed=3)
    first, last = table["mutation_id"].iloc[0], table["mutation_id"].iloc[-1]
    found = cluster(table, apart={first, last})
    without = cluster(table[~table["mutation_id"].isin({first, last})])
    pd.testing.assert_frame_equal(found.clusters, without.clusters)
    rows = found.mutations.set_index("mutation_id")
    assert (rows.loc[[first, last], "cluster_id"] == UNCLUSTERED).all()
    own, together = rows.loc[[first, last]], cluster(table).mutations.set_index("mutation_id")
    np.testing.assert_allclose(own["ccf"], together.loc[[first, last], "ccf"], atol=0.25)
    assert (own["ccf_high"] > own["ccf_low"]).all()
    others = ~found.mutations["mutation_id"].isin({first, last})
    pd.testing.assert_frame_equal(found.mutations[others].reset_index(drop=True), without.mutations)

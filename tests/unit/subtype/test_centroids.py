import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.subtype import ranks
from her2omics.subtype.centroids import pam50_values, quantiles, subtypes
from her2omics.tables import SUBTYPES, TABLES

TABLE = resources.table("pam50_centroids.tsv").set_index("gene")
GENES = list(TABLE.index)


def noisy_centroids(sd: float = 0.3, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = TABLE[list(SUBTYPES)].T
    return values + rng.normal(0, sd, values.shape)


def call(values: pd.DataFrame, **options) -> pd.DataFrame:
    defaults = {"seed": 1, "centring": "none", "bootstraps": 50}
    patients = pd.Series([f"p{name}" for name in values.index], index=values.index)
    return subtypes(values, patients=patients, **defaults | options).set_index("sample")


def test_each_centroid_is_its_own_subtype():
    found = call(noisy_centroids())
    assert found["subtype"].to_dict() == {name: name for name in SUBTYPES}
    assert (found["margin"] > 0.1).all()
    assert (found["support"] > 0.8).all()
    assert (
        found.loc["LumA", "r_luma"]
        == found.filter(like="r_")
        .drop(columns=[c for c in found if c.startswith("ror")])
        .loc["LumA"]
        .max()
    )
    assert found.loc["LumA", "ror_s"] < 20 < found.loc["LumB", "ror_s"]
    assert found.loc["LumA", "proliferation"] < 0 < found.loc["Basal", "proliferation"]


def test_intervals_hold_the_estimates():
    found = call(noisy_centroids())
    for name in ("ror_s", "ror_p", "proliferation"):
        assert (found[f"{name}_low"] < found[name]).all()
        assert (found[name] < found[f"{name}_high"]).all()


def test_all_declared_columns():
    found = call(noisy_centroids()).reset_index()
    assert tuple(found.columns) == TABLES["subtypes"].names
    assert tuple(call(noisy_centroids().iloc[:0]).reset_index().columns) == tuple(found.columns)


@pytest.mark.parametrize(
    ("missing", "called", "note"),
    [(5, True, None), (6, True, "caution: 44 of 50 genes"), (21, False, "no call: 29 of 50 genes")],
)
def test_missing_genes(missing, called, note):
    values = noisy_centroids(0.0)
    values.iloc[:, :missing] = np.nan
    row = call(values).loc["Basal"]
    assert row["genes_used"] == 50 - missing
    assert (row["subtype"] == "Basal") == called
    assert np.isfinite(row["ror_s"]) == called
    assert np.isfinite(row["r_basal"])
    assert (row["note"] or "").startswith(note or "") if note else row["note"] is None


def test_a_sample_does_not_depend_on_the_others_or_their_order():
    values = noisy_centroids(0.8)
    together = call(values)
    pd.testing.assert_frame_equal(
        together, call(values.iloc[::-1]).loc[list(values.index)], check_names=False
    )
    for name in values.index:
        pd.testing.assert_frame_equal(together.loc[[name]], call(values.loc[[name]]))


def test_the_bootstrap_follows_seed_and_sample():
    values = pd.concat([noisy_centroids(0.8).loc[["LumB"]]] * 2).set_axis(["a", "b"])
    found = call(values)
    assert found.loc["a", "ror_s"] == found.loc["b", "ror_s"]
    assert found.loc["a", "ror_s_low"] != found.loc["b", "ror_s_low"]
    assert found.loc["a", "ror_s_low"] != call(values, seed=2).loc["a", "ror_s_low"]


def test_centring_takes_genes_by_name():
    centre = pd.DataFrame({"gene": GENES, "centre": np.arange(50.0)})
    levels = noisy_centroids(0.0).T.add(np.arange(50.0), axis=0).sample(frac=1, random_state=3)
    levels.loc["ACTB"] = 9.0
    values = pam50_values(levels, centre)
    assert tuple(values.columns) == ranks.centroids().genes
    np.testing.assert_allclose(values.to_numpy(), noisy_centroids(0.0).to_numpy(), atol=1e-9)


def test_log_ratios_are_not_centred_again():
    centre = pd.DataFrame({"gene": GENES, "centre": np.arange(50.0)})
    levels = noisy_centroids(0.0).T
    values = pam50_values(levels, centre, ratios=["LumA"])
    np.testing.assert_array_equal(values.loc["LumA"], levels["LumA"])
    assert values.loc["LumB", GENES[7]] == levels.loc[GENES[7], "LumB"] - 7
    found = call(values, ratios=["LumA"], centring="fixed_reference")
    assert found.loc["LumA", "centring"] == "none (log2 ratios)"
    assert found.loc["LumB", "centring"] == "fixed_reference"


def test_quantiles_of_nothing():
    low, high = quantiles(np.array([[np.nan, np.nan], [0.0, 1.0]]))
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] < high[1]

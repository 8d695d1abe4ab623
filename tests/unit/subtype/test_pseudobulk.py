"""PAM50-like subtype of sums of malignant cells."""

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
from her2omics.cohort.centring import reference_shift
from her2omics.cohort.levels import stable_levels
from her2omics.subtype import pseudobulk
from her2omics.tables import SUBTYPES

REFERENCE = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")


def profile(name):
    """Return expected CPM of a subtype's median tumour, the genes of the amplicon left out."""
    genes = [gene for gene in pseudobulk.genes() if gene not in ("ERBB2", "GRB7")]
    level = stable_levels().reindex(genes)
    own = REFERENCE[f"PAM50_{name}_median"] + reference_shift()
    level = level.where(~level.index.isin(REFERENCE.index), own.reindex(genes))
    return np.maximum(2.0**level - 0.5, 0.0)


def sums(names, *, molecules=1e6, draws=40, seed=1):
    rng = np.random.default_rng(seed)
    expected = {name: profile(name) * molecules / 1e6 for name in names}
    counts = pd.DataFrame({name: rng.poisson(value) for name, value in expected.items()})
    counts.index = pd.Index(profile(names[0]).index, name="gene")
    drawn = {
        name: pd.DataFrame(
            rng.poisson(counts[name].to_numpy()[:, None], (len(counts), draws)), index=counts.index
        )
        for name in names
    }
    return counts, drawn


def test_sums_of_each_subtype_are_called_with_48_genes():
    counts, drawn = sums(SUBTYPES)
    found = pseudobulk.subtypes(counts, drawn, seed=1)
    assert found["pam50"].tolist() == list(SUBTYPES)
    assert (found["pam50_genes"] == 48).all()
    assert (found["pam50_support"] > 0.7).all()
    assert (found["pam50_margin"] > 0).all()


def test_support_falls_where_the_cells_waver():
    counts, drawn = sums(["LumA", "Basal"])
    half = drawn["LumA"].shape[1] // 2
    wavering = drawn["LumA"].copy()
    wavering.iloc[:, :half] = drawn["Basal"].iloc[:, :half]
    found = pseudobulk.subtypes(counts[["LumA"]], {"LumA": wavering}, seed=1)
    assert found.loc["LumA", "pam50"] == "LumA"
    assert found.loc["LumA", "pam50_support"] == pytest.approx(0.5, abs=0.05)


def test_a_shallow_sum_has_no_call():
    counts, drawn = sums(["LumA"], molecules=1e5)
    row = pseudobulk.subtypes(counts, drawn, seed=1).loc["LumA"]
    assert row["pam50"] is None
    assert np.isnan(row["pam50_support"])
    assert row["pam50_genes"] == 48


def test_a_label_does_not_depend_on_the_others():
    counts, drawn = sums(["LumA", "Basal"])
    both = pseudobulk.subtypes(counts, drawn, seed=1)
    alone = pseudobulk.subtypes(counts[["Basal"]], drawn, seed=1)
    pd.testing.assert_frame_equal(both.loc[["Basal"]], alone)


def test_no_sums_no_rows():
    assert pseudobulk.subtypes(pd.DataFrame(), {}, seed=1).empty

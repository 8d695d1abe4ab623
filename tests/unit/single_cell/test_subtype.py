"""scSubtype of malignant cells, the amplicon left out."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from her2omics import genome, resources
from her2omics.single_cell import subtype
from her2omics.tables import CELL_SUBTYPES

ENDS = dict(zip(CELL_SUBTYPES, ("Basal_SC", "Her2E_SC", "LumA_SC", "LumB_SC"), strict=True))
SETS = {name: resources.gene_sets()[f"SCSUBTYPE_{end}"] for name, end in ENDS.items()}
PLACES = genome.gene_positions()
GENES = sorted({gene for genes in SETS.values() for gene in genes} | set(PLACES.index[::40]))
TABLE = pd.DataFrame(
    {
        "chromosome": PLACES["chromosome"].reindex(GENES).fillna(""),
        "start": PLACES["start"].reindex(GENES).fillna(0).astype(int),
    }
)
INSIDE = subtype.in_amplicon(TABLE)


def drawn(kinds, *, seed=1, dose=1.0, amplified=None, umis=4000):
    """Return counts: cells of ``kinds`` have that signature's genes (of the mask none) doubled."""
    rng = np.random.default_rng(seed)
    base = np.random.default_rng(5).lognormal(0, 1, len(GENES))
    mean = np.tile(base, (len(kinds), 1))
    for kind in CELL_SUBTYPES:
        own = np.isin(GENES, SETS[kind]) & ~INSIDE
        mean[np.ix_(kinds == kind, np.flatnonzero(own))] *= 2
    if amplified is not None:
        mean[np.ix_(np.flatnonzero(amplified), np.flatnonzero(INSIDE))] *= dose
    counts = rng.poisson(umis * mean / mean.sum(axis=1, keepdims=True))
    return sparse.csr_matrix(counts)


def scored(counts, sample, *, malignant=None, **options):
    malignant = np.ones(len(sample), dtype=bool) if malignant is None else malignant
    size = np.asarray(counts @ (~INSIDE).astype(float)).ravel()
    rng = np.random.default_rng(2)
    return subtype.score(
        counts, genes=TABLE, size=size, sample=sample, malignant=malignant, rng=rng, **options
    )


def test_thirteen_her2_enriched_genes_lie_in_the_amplicon():
    masked = set(TABLE.index[INSIDE])
    assert len(masked & set(SETS["Her2"])) == 13
    assert {"ERBB2", "GRB7", "MIEN1", "STARD3"} <= masked
    assert not any(masked & set(SETS[name]) for name in ("Basal", "LumA", "LumB"))


def test_planted_subtypes_are_found_and_their_shares_held_by_the_intervals():
    sample = np.repeat([0, 1], 200)
    before = np.repeat(CELL_SUBTYPES, (20, 120, 20, 40))
    after = np.repeat(CELL_SUBTYPES, (20, 30, 120, 30))
    kinds = np.concatenate([before, after])
    found = scored(drawn(kinds), sample)
    assert (found.name == kinds).mean() > 0.9
    for code, truth in enumerate((before, after)):
        for name, (share, cells) in zip(
            CELL_SUBTYPES, subtype.shares(found, code, sample), strict=True
        ):
            assert share.value == cells / 200
            assert share.low - 0.03 < (truth == name).mean() < share.high + 0.03
            assert share.low <= share.value <= share.high
            assert 0.05 < share.high - share.low < 0.25


def test_the_lost_amplicon_alone_moves_the_share_only_unmasked():
    sample = np.repeat([0, 1], 1000)
    alike = np.full(2000, "")  # no programme: noise alone tells the cells apart
    counts = drawn(alike, dose=10.0, amplified=sample == 0)
    change = {}
    for masked in (True, False):
        found = scored(counts, sample, masked=masked)
        first, later = (subtype.shares(found, code, sample)[1][0].value for code in (0, 1))
        change[masked] = later - first
    assert abs(change[True]) < 0.05  # 2.5 SD of counting a quarter of 1,000 cells twice
    assert change[False] < -0.2


def test_only_malignant_cells_have_a_subtype_and_others_do_not_matter():
    sample = np.repeat([0, 1], 100)
    kinds = np.random.default_rng(3).choice(CELL_SUBTYPES, 200)
    malignant = np.arange(200) % 3 > 0
    counts = drawn(kinds)
    found = scored(counts, sample, malignant=malignant)
    assert (found.name[~malignant] == "").all()
    assert np.isnan(found.score[~malignant]).all()
    assert (found.name[malignant] != "").all()
    alone = scored(counts[malignant], sample[malignant])
    np.testing.assert_allclose(alone.score, found.score[malignant], atol=1e-5)


def test_both_samples_weigh_alike_in_the_centre():
    kinds = np.repeat(("Her2", "LumA"), (40, 400))
    sample = np.repeat([0, 1], (40, 400))
    found = scored(drawn(kinds), sample)
    means = np.array([found.score[sample == code].mean(axis=0) for code in (0, 1)])
    np.testing.assert_allclose(means.sum(axis=0), 0, atol=1e-3)


@pytest.mark.parametrize("missing", ["genes", "cells"])
def test_nothing_is_said_without_genes_or_cells(missing):
    sample = np.repeat([0, 1], 100)
    kinds = np.random.default_rng(3).choice(CELL_SUBTYPES, 200)
    counts, malignant = drawn(kinds), np.ones(200, dtype=bool)
    if missing == "cells":
        found = scored(counts, sample, malignant=~malignant)
    else:
        keep = ~np.isin(GENES, SETS["LumA"][19:])
        found = subtype.score(
            counts[:, keep], genes=TABLE[keep], size=np.full(200, 4000.0), sample=sample,
            malignant=malignant, rng=np.random.default_rng(1),
        )  # fmt: skip
    assert (found.name == "").all()
    for share, cells in subtype.shares(found, 0, sample):
        assert cells == 0
        assert np.isnan(share).all()

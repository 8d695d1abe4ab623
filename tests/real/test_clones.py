"""Clones of real tumours with published answers (``HER2OMICS_REAL_DATA``)."""

import os
from pathlib import Path

import pandas as pd
import pytest

from her2omics import tables
from her2omics.cli import main

DATA = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="HER2OMICS_REAL_DATA is not set")


@pytest.fixture(scope="module", params=["copies unknown", "copies known"])
def leukaemia(request, tmp_path_factory):
    """Tables of AML43 (Ding 2012) with the published class of each mutation."""
    name = Path(DATA) / "aml43_primary_relapse" / "AML43_DingEtAl.txt"
    read = pd.read_csv(name, sep="\t")
    parts = []
    for sample, prefix, time in (("P", "Tumor", "baseline"), ("R", "Relapse", "followup")):
        # Twice the allele fraction of what both samples share.
        content = 2 * read.loc[read["Classification"].eq("shared"), prefix + "VarFreq"].median()
        columns = {"Chr": "chromosome", "Start_.GRCh37.": "position", "Ref": "ref", "Var": "alt"}
        columns |= {prefix + "RefReads": "ref_counts", prefix + "VarReads": "alt_counts"}
        part = read.rename(columns=columns)[[*columns.values(), "Classification"]]
        parts.append(part.assign(sample_id=sample, timepoint=time, tumour_content=content))
    table = pd.concat(parts)
    if request.param == "copies known":
        table = table.assign(major_cn=1, minor_cn=1, normal_cn=2)
    folder = tmp_path_factory.mktemp("aml43")
    table.drop(columns="Classification").to_csv(folder / "aml43.tsv", sep="\t", index=False)
    out = folder / "out"
    words = ["--mutations", str(folder / "aml43.tsv"), "--out", str(out)]
    assert main(["clones", *words, "--set", "genome_build=GRCh37"]) == 0
    place = table[["chromosome", "position", "ref", "alt"]].astype(str).agg(":".join, axis=1)
    classes = pd.Series(table["Classification"].to_numpy(), index=place)
    return out, classes[~classes.index.duplicated()]


def test_the_primarys_clone_is_replaced_by_the_relapses(leukaemia):
    out, published = leukaemia
    labels = tables.read(out, "mutations").drop_duplicates("mutation_id")
    labels = labels.set_index("mutation_id")["cluster_id"].reindex(published.index)
    found = pd.crosstab(published, labels)
    shifts = tables.read(out, "cluster_shifts").set_index("cluster_id")
    gone, new = (int(found.loc[name].idxmax()) for name in ("tumor-specific", "relapse-specific"))
    assert found.at["tumor-specific", gone] >= 35  # of 37
    assert found.at["relapse-specific", new] >= 11  # of 12
    assert found.loc["shared", [gone, new]].sum() == 0
    assert shifts.at[gone, "call"] == "loss"
    assert shifts.at[new, "call"] in ("sweep", "followup_private_clonal")
    assert shifts.at[gone, "ccf_baseline"] == pytest.approx(0.5, abs=0.06)
    assert shifts.at[new, "ccf_followup"] > 0.95


def test_the_two_are_one_tumour(leukaemia):
    (call,) = tables.read(leukaemia[0], "lineage")["call"]
    assert call == "related"


def test_three_regions_of_a_lung_tumour(tmp_path):
    name = Path(DATA) / "pyclone_vi_examples" / "tracerx.tsv"
    assert main(["clones", "--mutations", str(name), "--out", str(tmp_path)]) == 0
    clusters = tables.read(tmp_path, "clusters")
    mutations = tables.read(tmp_path, "mutations")
    assert mutations["mutation_id"].nunique() == 2458
    assert mutations["cluster_id"].ge(0).mean() > 0.95
    wide = clusters.pivot(index="cluster_id", columns="sample_id", values="ccf")
    # Truncal mutations, and clusters that only one of the regions has.
    assert (wide > 0.7).all(axis=1).any()
    assert ((wide > 0.3).sum(axis=1).eq(1) & (wide < 0.05).sum(axis=1).eq(2)).sum() >= 2

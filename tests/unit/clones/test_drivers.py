import numpy as np
import pandas as pd
import pytest

from her2omics.clones.clustering import cluster
from her2omics.clones.drivers import annotated, drivers, fate

SILENT = "synonymous_variant"


def mutations(*rows):
    names = ["mutation_id", "gene", "change", "effect", "chromosome", "position", "ref", "alt"]
    return pd.DataFrame(rows, columns=names)


def test_the_gene_is_the_files_own_or_a_hotspots():
    table = mutations(
        ("a", "TP53", "p.R175H", "missense_variant", "17", 7675088, "C", "T"),
        ("b", "TTN", "p.A1B", "missense_variant", "2", 5, "C", "T"),
        ("c", "GATA3", None, "splice_region_variant&synonymous_variant", "10", 5, "C", "T"),
        ("d", "GATA3", None, SILENT, "10", 6, "C", "T"),
        ("e", None, None, None, "3", 179234297, "A", "G"),
        ("f", None, None, None, "3", 179234297, "A", "C"),
    )
    found = annotated(table, build="GRCh38").set_index("mutation_id")
    assert found["gene"].to_dict() == {"c": "GATA3", "e": "PIK3CA", "a": "TP53"}
    assert found.at["e", "change"] == "H1047R"
    assert found["source"].str.contains("doi:").all()
    assert set(annotated(table, build="GRCh37")["mutation_id"]) == {"a", "c"}


def test_what_one_sample_does_not_say_another_does():
    table = mutations(
        ("a", None, None, None, "17", 1, "C", "T"), ("a", "TP53", None, None, "17", 1, "C", "T")
    )
    assert list(annotated(table, build="GRCh38")["gene"]) == ["TP53"]


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ((0.8, 1.0), (0.9, 1.0), "kept"),
        ((0.8, 1.0), (0.0, 0.05), "lost"),
        ((0.0, 0.1), (0.2, 0.4), "gained"),
        ((0.0, 0.3), (0.9, 1.0), "unclear"),
        ((0.0, 0.1), (0.0, 0.1), "unclear"),
        ((np.nan, np.nan), (0.9, 1.0), "not_covered"),
    ],
)
def test_fates(before, after, name):
    assert fate(before, after) == name


def test_drivers_of_a_pair(drawn):
    table, _ = drawn([[1, 1], [0.7, 0.0], [0.0, 1.0]], [20, 20, 20], depth=200)
    names = table["mutation_id"].drop_duplicates().tolist()
    genes = {names[0]: "TP53", names[20]: "PIK3CA", names[40]: "ESR1", names[1]: "GATA3"}
    table = table.assign(gene=table["mutation_id"].map(genes))
    dropped = table["mutation_id"].eq(names[1]) & table["sample_id"].eq("S1")
    table.loc[dropped, ["ref_counts", "alt_counts"]] = np.nan
    found = cluster(table)
    pairs = (("S0__S1", "S0", "S1"),)
    rows = drivers(table, found.mutations, found.observed, pairs, build="GRCh38")
    fates = rows.set_index("gene")["fate"].to_dict()
    assert fates == {"ESR1": "gained", "GATA3": "not_covered", "PIK3CA": "lost", "TP53": "kept"}
    uncovered = rows.set_index("gene").loc["GATA3"]
    assert np.isnan(uncovered["ccf_followup"])
    assert uncovered["ccf_baseline_low"] > 0.5
    assert drivers(table, found.mutations, found.observed, (), build="GRCh38").empty

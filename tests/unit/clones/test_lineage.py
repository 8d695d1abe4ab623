import numpy as np
import pytest

from her2omics.clones.arm import population_frequency
from her2omics.clones.clustering import cluster
from her2omics.clones.lineage import RARE, lineage, ratios
from her2omics.thresholds import limits


def judged(drawn, ccf, sizes, frequency=None, **options):
    table, _ = drawn(ccf, sizes, **options)
    rates = np.full(sum(sizes), np.nan)
    if frequency is not None:
        rates[0] = frequency
    return lineage(cluster(table), "S0", "S1", frequency=rates, limit=limits())


def test_the_ratios_of_the_published_cases():
    # One shared hotspot says nothing, one shared rare mutation much, thirty settle it.
    assert ratios(np.array([0.14]), 50)[0] == pytest.approx(0, abs=0.1)
    assert ratios(np.array([RARE]), 50)[0] == pytest.approx(4.2, abs=0.1)
    assert ratios(np.full(30, RARE), 50)[0] == pytest.approx(168, abs=3)


def test_true_pairs_are_related(drawn):
    found = judged(drawn, [[1, 1], [0, 1], [1, 0]], [10, 30, 30])
    assert found.call == "related"
    assert found.shared_rare == 10
    assert (found.private_baseline, found.private_followup) == (30, 30)


def test_second_primaries_are_not(drawn):
    found = judged(drawn, [[0, 1], [1, 0], [0.5, 0]], [40, 40, 20])
    assert found.call == "unrelated"
    assert found.shared == 0
    assert found.log10_lr == 0


def test_a_shared_hotspot_does_not_make_them_related(drawn):
    ccf, sizes = [[1, 1], [0, 1], [1, 0]], [4, 20, 20]
    assert judged(drawn, ccf, sizes, frequency=0.14).call != "related"
    assert judged(drawn, ccf, sizes).call == "related"


def test_one_shared_mutation_of_many_may_be_an_error(drawn):
    found = judged(drawn, [[1, 1], [0, 1], [1, 0]], [1, 40, 40])
    assert found.shared == 1
    assert found.log10_lr > 3  # as published, without errors
    assert found.call == "unrelated"


def test_stray_reads_in_another_tumour_are_not_shared(drawn):
    table, _ = drawn([[0, 1], [1, 0]], [40, 40])
    stray = table["mutation_id"].isin(["m3", "m7"]) & table["sample_id"].eq("S0")
    table.loc[stray, ["ref_counts", "alt_counts"]] = 116, 5
    rates = np.full(80, np.nan)
    found = lineage(cluster(table), "S0", "S1", frequency=rates, limit=limits())
    assert found.shared == 0
    assert found.call == "unrelated"


@pytest.mark.parametrize(
    ("ccf", "call"), [([[0, 1], [1, 0]], "unrelated"), ([[1, 1], [1, 0]], "related")]
)
def test_copies_that_are_not_known_do_not_hide_the_lineage(drawn, ccf, call):
    """One of four copies, read as one of two: all fractions are about a half."""
    table, _ = drawn(ccf, [60, 60], copies=(2, 2))
    table = table.assign(major_cn=np.nan, minor_cn=np.nan)
    rates = np.full(120, np.nan)
    found = lineage(cluster(table), "S0", "S1", frequency=rates, limit=limits())
    assert found.call == call


def test_few_mutations_or_few_reads_decide_nothing(drawn):
    assert judged(drawn, [[0, 1], [1, 0]], [3, 3]).call == "not_assessable"
    shallow = judged(drawn, [[0, 1], [1, 0]], [30, 30], purity=(0.1, 0.1), depth=25)
    assert shallow.call == "not_assessable"


def test_hotspots_are_known_by_their_place(drawn):
    table, _ = drawn([[1]], [2], purity=(0.7,))
    table["mutation_id"] = ["chr3:179234297:A:G", "chr3:5:A:G"]
    names = table["mutation_id"].to_numpy()
    found = population_frequency(table, names, build="GRCh38")
    assert found[0] == pytest.approx(0.125, abs=1e-4)
    assert np.isnan(found[1])
    assert np.isnan(population_frequency(table, names, build="GRCh37")).all()
    given = table.assign(population_frequency=[np.nan, 0.3])
    assert population_frequency(given, names, build="custom").tolist()[1] == 0.3
    placed = table.assign(
        mutation_id=["a", "b"], chromosome="3", position=[179234297, 1], ref="A", alt="G"
    )
    assert population_frequency(placed, np.array(["a", "b"]), build="GRCh38")[0] == found[0]

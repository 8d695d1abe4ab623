from types import SimpleNamespace

import numpy as np
import pytest

from her2omics.mechanism import likelihood as lk
from her2omics.mechanism import prior
from her2omics.mechanism.measurements import CaseEvidence, Measurement


def particles(stratum="R", n=400, seed=3):
    z = np.random.default_rng(seed).standard_normal((n, prior.DIMENSION))
    return prior.latents(
        z, np.full(n, prior.STRATA.index(stratum)), prior.condition("relapse", ((), ()))
    )


def one(**latents):
    """One particle with round numbers."""
    base = {
        "p": (0.6, 0.6),
        "psi": (2.0, 2.0),
        "C_N": (2.0, 2.0),
        "f": (1.0, 1.0),
        "f_bulk": (1.0, 1.0),
        "C_A": (14.0, 14.0),
        "normal": (-1.5, -1.5),
        "rna_per_cell": (1.0, 1.0),
        "d": 0.0,
        "m": 0.0,
        "r": 1.0,
        "b": (1.6, 1.1),
        "spread": 0.1,
        "state": 0,
    } | latents
    return SimpleNamespace(
        **{
            name: tuple(np.array([float(v)]) for v in value)
            if isinstance(value, tuple)
            else np.array([value], dtype=float)
            for name, value in base.items()
        }
    )


def test_nothing_measured_is_no_factor():
    assert lk.log_factors(particles(), CaseEvidence("c")) == {}


@pytest.mark.parametrize(
    ("purity", "copies", "expected"), [(0.10, 12, 0.585), (0.10, 6, 0.263), (1.0, 12, 2.585)]
)
def test_log_ratio_of_a_diluted_amplification(purity, copies, expected):
    x = one(p=(purity, purity), C_A=(copies, copies))
    assert lk.expected_log2_ratio(x, 0)[0] == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(
    ("latents", "low", "high"),
    [
        ({}, 0.90, 0.95),  # an amplified tumour: laboratory error and protein-only loss remain
        ({"C_A": (2, 2)}, 0.0, 0.06),
        ({"d": 4.0}, 0.0, 0.25),
        ({"f": (1.0, 0.02)}, 0.0, 0.06),
    ],
)
def test_probability_of_a_positive_report(latents, low, high):
    assert low <= lk.positive_probability(one(**latents), 1)[0] <= high


def test_counted_cells_follow_the_amplified_share():
    single = {("ish_amplified_cells", 0): Measurement(10, n=20)}
    few, half, all_ = (
        lk.ish_cells(one(f=(f, f)), CaseEvidence("c", single=single))[0] for f in (0.05, 0.5, 1.0)
    )
    assert half > few
    assert half > all_


def test_ish_copies_given_the_counted_cells_ask_for_the_copies_of_the_amplified():
    single = {
        ("ish_amplified_cells", 0): Measurement(50, n=100),
        ("ish_copies", 0): Measurement(8.0),
    }
    fits, not_ = (
        lk.ish_copies(one(C_A=(c, c), f=(0.5, 0.5)), CaseEvidence("c", single=single))[0]
        for c in (14, 40)
    )
    assert fits > not_ + 2


def test_private_clusters_say_nothing_about_the_amplicon():
    private = np.array([[1.0, 0.03, 0.0, 0.03], [0.0, 0.03, 1.0, 0.03]])
    evidence = CaseEvidence("c", clusters=private)
    kept = lk.clusters(one(f=(0.9, 0.9), f_bulk=(0.9, 0.9)), evidence)[0]
    gone = lk.clusters(one(f=(0.9, 0.05), f_bulk=(0.9, 0.05)), evidence)[0]
    assert abs(kept - gone) < 0.7


def test_a_second_clone_that_takes_over_speaks_for_replacement():
    evidence = CaseEvidence("c", clusters=np.array([[0.4, 0.04, 0.97, 0.04]]))
    replaced = lk.clusters(one(f=(0.6, 0.03), f_bulk=(0.6, 0.03)), evidence)[0]
    kept = lk.clusters(one(f=(0.6, 0.6), f_bulk=(0.6, 0.6)), evidence)[0]
    assert replaced > kept + 2


def test_a_trunk_read_at_half_in_both_is_little_evidence_of_a_mosaic():
    trunk, half = [1.0, 0.03, 1.0, 0.03], [0.5, 0.04, 0.5, 0.04]
    evidence = CaseEvidence("c", clusters=np.array([trunk, half]))
    whole = lk.clusters(one(f=(0.99, 0.99), f_bulk=(0.99, 0.99)), evidence)[0]
    mosaic = lk.clusters(one(f=(0.5, 0.5), f_bulk=(0.5, 0.5)), evidence)[0]
    assert 0 < mosaic - whole < 5  # 12 without the class
    changed = CaseEvidence("c", clusters=np.array([trunk, [0.5, 0.04, 0.9, 0.04]]))
    replaced = lk.clusters(one(f=(0.5, 0.1), f_bulk=(0.5, 0.1)), changed)[0]
    assert replaced > lk.clusters(one(f=(0.99, 0.99), f_bulk=(0.99, 0.99)), changed)[0] + 3


def test_factors_are_finite_for_all_particles():
    x = particles("CS")
    evidence = CaseEvidence(
        "c",
        single={
            ("erbb2_log2", 0): Measurement(3.0, 0.1),
            ("erbb2_mrna", 1): Measurement(-9.0, 0.25),
            ("ish_amplified_cells", 1): Measurement(0, n=100),
            ("ish_copies", 1): Measurement(0.0),
            ("amplified_share", 0): Measurement(0.5, 0.03),
            ("erbb2_output", 2): Measurement(-3.0, 0.25),
        },
        clusters=np.array([[0.0, 0.03, 1.0, 0.03], [np.nan, 0.05, 0.5, 0.05]]),
        status=(True, False),
    )
    for name, term in lk.log_factors(x, evidence).items():
        assert np.all(np.isfinite(term)), name


def test_one_cluster_per_lineage_is_the_sum_over_ordered_pairs():
    x = one(f=(0.7, 0.1), f_bulk=(0.7, 0.1))
    rows = np.array([[1, 0.03, 1, 0.03], [0.68, 0.05, 0.12, 0.05], [0.33, 0.05, 0.88, 0.05]])
    evidence = CaseEvidence("c", clusters=rows)
    classes = lk.cluster_classes(evidence)
    trunk, _, private = evidence.noise.cluster_weights("unknown, unknown")
    rest = (trunk * classes.trunk + private * classes.private)[:, 0] / (trunk + private)
    amplified, other = (part[:, 0] for part in lk._lineages(x, evidence))
    expected = 0.0
    for i in range(3):
        for j in range(3):
            if i != j:
                left = np.prod([rest[k] for k in range(3) if k not in (i, j)])
                expected += amplified[i] * other[j] * left / 6
    found = lk.lineage_alternatives(x, evidence)[0, 0] - np.log(evidence.noise.lineages[0])
    assert found == pytest.approx(np.log(expected), abs=1e-3)

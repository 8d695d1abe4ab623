from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from her2omics.mechanism import likelihood as lk
from her2omics.mechanism import prior
from her2omics.mechanism.likelihood import CaseEvidence, Measurement


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


def test_t6_is_students_t():
    x = np.linspace(-4, 4, 9)
    assert lk.t6_logpdf(x, 0.7) == pytest.approx(stats.t(6, scale=0.7).logpdf(x))


def test_nothing_measured_is_no_factor():
    assert lk.log_factors(particles(), CaseEvidence("c")) == {}


@pytest.mark.parametrize(
    ("purity", "copies", "expected"), [(0.10, 12, 0.585), (0.10, 6, 0.263), (1.0, 12, 2.585)]
)
def test_log_ratio_of_a_diluted_amplification(purity, copies, expected):
    x = one(p=(purity, purity), C_A=(copies, copies))
    assert lk.expected_log2_ratio(x, 0)[0] == pytest.approx(expected, abs=0.001)


def test_mrna_of_a_pure_amplified_tumour_follows_its_dosage():
    x = one(p=(1.0, 1.0))
    assert lk.expected_mrna(x, 0, neighbours=False)[0] == pytest.approx(1.6 * np.log2(7))
    assert lk.expected_mrna(x, 0, neighbours=True)[0] == pytest.approx(1.1 * np.log2(7))


def test_repression_is_of_the_followup_only():
    x = one(p=(1.0, 1.0), d=2.0)
    before, after = (lk.expected_mrna(x, time, neighbours=False)[0] for time in (0, 1))
    assert before - after == pytest.approx(2.0)
    stay = lk.expected_mrna(x, 1, neighbours=True, follow=0.0)[0]
    assert stay == pytest.approx(lk.expected_mrna(x, 0, neighbours=True)[0])


def test_joint_rna_density_integrates_the_shared_effects():
    """Against brute force: the shared effects drawn, the densities averaged."""
    x = one(m=0.8)
    evidence = CaseEvidence(
        "c",
        single={
            ("erbb2_mrna", 0): Measurement(4.0, 0.25),
            ("erbb2_mrna", 1): Measurement(3.4, 0.25),
            ("neighbours_mrna", 0): Measurement(2.6, 0.25),
            ("programme_delta", 2): Measurement(0.7, 0.05),
        },
        setting="relapse",
    )
    rng = np.random.default_rng(5)
    n = 400_000
    shared, own = rng.standard_normal((2, n))
    e0 = lk.E0_SD * shared
    e0_neighbours = lk.E0_SD * (0.5 * shared + np.sqrt(0.75) * own)
    g = lk.PROGRAMME_PULL_SD * rng.standard_normal(n)
    erbb2 = [lk.expected_mrna(x, time, neighbours=False)[0] for time in (0, 1)]
    around = lk.expected_mrna(x, 0, neighbours=True)[0]
    density = np.zeros(n)
    for inflation, weight in lk.INFLATIONS:
        u1, u2 = inflation * lk.SAMPLE_SD * rng.standard_normal((2, n))
        terms = stats.norm.pdf(4.0, erbb2[0] + e0 + u1, 0.25 * inflation)
        terms *= stats.norm.pdf(3.4, erbb2[1] + e0 + u2 + g * 0.8, 0.25 * inflation)
        terms *= stats.norm.pdf(2.6, around + e0_neighbours + u1, 0.25 * inflation)
        delta = np.zeros(n)
        for chance, (centre, scale) in ((0.9, lk.DELTA[False]), (0.1, lk.DELTA[True])):
            sd = np.hypot(scale, 0.05) * inflation
            delta += chance * stats.norm.pdf(0.7, 0.8 + centre + 0.2 * (u1 - u2), sd)
        density += weight * terms * delta
    assert lk.rna(x, evidence)[0] == pytest.approx(np.log(density.mean()), abs=0.02)


def test_wider_noise_costs_a_close_measurement_and_spares_a_far_one():
    x = one()
    level = lk.expected_mrna(x, 0, neighbours=False)[0]

    def density(value, sd):
        single = {("erbb2_mrna", 0): Measurement(value, sd)}
        return lk.rna(x, CaseEvidence("c", single=single))[0]

    assert density(level, 0.25) > density(level, 1.0)
    assert density(level + 4, 0.25) < density(level + 4, 1.0)


def test_an_unknown_protocol_widens_levels_not_the_change():
    x = one()
    level = lk.expected_mrna(x, 0, neighbours=False)[0]

    def density(before, after, offset):
        single = {
            ("erbb2_mrna", 0): Measurement(level + before, 0.25),
            ("erbb2_mrna", 1): Measurement(level + after, 0.25),
        }
        if offset:
            single["rna_reference_sd", 2] = Measurement(0.88)
        return lk.rna(x, CaseEvidence("c", single=single))[0]

    assert density(3, 3, True) > density(3, 3, False) + 3
    assert density(1.5, -1.5, True) == pytest.approx(density(1.5, -1.5, False), abs=1)


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

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from her2omics.mechanism import rna as joint
from her2omics.mechanism.measurements import CaseEvidence, Measurement
from her2omics.mechanism.noise import DEFAULT, PROGRAMME_INFLATIONS, RNA_INFLATIONS


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


def test_mrna_of_a_pure_amplified_tumour_follows_its_dosage():
    x = one(p=(1.0, 1.0))
    assert joint.expected_mrna(x, 0, neighbours=False)[0] == pytest.approx(1.6 * np.log2(7))
    assert joint.expected_mrna(x, 0, neighbours=True)[0] == pytest.approx(1.1 * np.log2(7))


def test_repression_is_of_the_followup_only():
    x = one(p=(1.0, 1.0), d=2.0)
    before, after = (joint.expected_mrna(x, time, neighbours=False)[0] for time in (0, 1))
    assert before - after == pytest.approx(2.0)
    stay = joint.expected_mrna(x, 1, neighbours=True, follow=0.0)[0]
    assert stay == pytest.approx(joint.expected_mrna(x, 0, neighbours=True)[0])


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
    e0 = joint.E0_SD * shared
    e0_neighbours = joint.E0_SD * (0.5 * shared + np.sqrt(0.75) * own)
    g = joint.PROGRAMME_PULL_SD * rng.standard_normal(n)
    erbb2 = [joint.expected_mrna(x, time, neighbours=False)[0] for time in (0, 1)]
    around = joint.expected_mrna(x, 0, neighbours=True)[0]
    density = np.zeros(n)
    for inflation, weight in zip(RNA_INFLATIONS, DEFAULT.rna, strict=True):
        u1, u2 = inflation * joint.SAMPLE_SD * rng.standard_normal((2, n))
        terms = stats.norm.pdf(4.0, erbb2[0] + e0 + u1, 0.25 * inflation)
        terms *= stats.norm.pdf(3.4, erbb2[1] + e0 + u2 + g * 0.8, 0.25 * inflation)
        terms *= stats.norm.pdf(2.6, around + e0_neighbours + u1, 0.25 * inflation)
        delta = np.zeros(n)
        for chance, (centre, scale) in ((0.9, joint.DELTA[False]), (0.1, joint.DELTA[True])):
            for extra, part in zip(PROGRAMME_INFLATIONS, DEFAULT.programme, strict=True):
                sd = np.hypot(scale * extra, 0.05) * inflation
                delta += chance * part * stats.norm.pdf(0.7, 0.8 + centre + 0.2 * (u1 - u2), sd)
        density += weight * terms * delta
    assert joint.rna(x, evidence)[0] == pytest.approx(np.log(density.mean()), abs=0.02)


def test_wider_noise_costs_a_close_measurement_and_spares_a_far_one():
    x = one()
    level = joint.expected_mrna(x, 0, neighbours=False)[0]

    def density(value, sd):
        single = {("erbb2_mrna", 0): Measurement(value, sd)}
        return joint.rna(x, CaseEvidence("c", single=single))[0]

    assert density(level, 0.25) > density(level, 1.0)
    assert density(level + 4, 0.25) < density(level + 4, 1.0)


def test_an_unknown_protocol_widens_levels_not_the_change():
    x = one()
    level = joint.expected_mrna(x, 0, neighbours=False)[0]

    def density(before, after, offset):
        single = {
            ("erbb2_mrna", 0): Measurement(level + before, 0.25),
            ("erbb2_mrna", 1): Measurement(level + after, 0.25),
        }
        if offset:
            single["rna_reference_sd", 2] = Measurement(0.88)
        return joint.rna(x, CaseEvidence("c", single=single))[0]

    assert density(3, 3, True) > density(3, 3, False) + 3
    assert density(1.5, -1.5, True) == pytest.approx(density(1.5, -1.5, False), abs=1)


def test_what_the_neighbours_lose_as_well_is_not_missing_in_the_output():
    """Output is per dose: of 4 log2 that the neighbours follow by .7, 1.2 is left."""
    found = {
        value: joint.rna(
            one(d=4.0), CaseEvidence("c", single={("erbb2_output", 2): Measurement(value, 0.2)})
        )[0]
        for value in (-4.0, -2.6, -1.2)
    }
    assert found[-4.0] - found[-1.2] == pytest.approx(np.log(0.6 / 0.4), abs=0.05)
    assert found[-2.6] < found[-1.2] - 3


def density_of_share(value, *, others=(), **latents):
    single = {("amplified_share", 1): Measurement(value, 0.05, n=300.0)} | dict(others)
    return float(np.exp(joint.rna(one(**latents), CaseEvidence("c", single=single))[0]))


def test_a_share_of_none_is_a_loss_or_a_silent_amplicon():
    lost = density_of_share(0.0, f=(1.0, 0.0))
    silent = density_of_share(0.0, f=(1.0, 1.0), d=5.0)
    assert silent == pytest.approx(0.4 * lost, rel=0.05)  # the neighbours follow in .4
    assert density_of_share(0.0, f=(1.0, 1.0)) < 0.001 * silent
    # Cells that still show it are no silent amplicon.
    assert density_of_share(1.0, f=(1.0, 1.0), d=5.0) == pytest.approx(0.6 * lost, rel=0.05)


def test_neighbours_follow_in_bulk_and_in_cells_or_in_neither():
    """Bulk neighbours that fall by .7 d say that the cells' dose fell as well, and the reverse."""
    silent = {"f": (1.0, 1.0), "d": 4.0, "p": (1.0, 1.0)}
    fallen, stayed = (
        joint.expected_mrna(one(**silent), 1, neighbours=True, follow=follow)[0]
        for follow in (0.7, 0.0)
    )

    def given(neighbours, share):
        bulk = {("neighbours_mrna", 1): Measurement(neighbours, 0.25)}
        evidence = CaseEvidence("c", single=bulk)
        alone = float(np.exp(joint.rna(one(**silent), evidence)[0]))
        return density_of_share(share, others=bulk, **silent) / alone

    peak = density_of_share(1.0, f=(1.0, 1.0))
    assert given(fallen, 0.0) == pytest.approx(peak, rel=0.1)
    assert given(stayed, 1.0) == pytest.approx(peak, rel=0.1)
    assert given(fallen, 1.0) < 0.1 * peak
    assert given(stayed, 0.0) < 0.1 * peak

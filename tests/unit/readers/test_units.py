"""Units: the right ones pass, every wrong one is refused with what it looks like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from her2omics.readers import units

RNG = np.random.default_rng(1)
GENES = 12_000
COUNTS = RNG.negative_binomial(1, 0.002, GENES).astype(float)
TPM = COUNTS / RNG.lognormal(0.5, 0.8, GENES)
TPM *= 1e6 / TPM.sum()
VALUES = {
    "counts": COUNTS,
    "salmon counts": COUNTS + RNG.random(GENES).round(3),
    "tpm": TPM,
    "fpkm": TPM * 0.4,
    "log2 counts": np.log2(COUNTS + 1),
    "log2 tpm": np.log2(TPM + 1),
    "log2 tpm .001": np.log2(TPM + 0.001),
    "log2 ratio": RNG.normal(0, 1.8, GENES),
    "array": RNG.normal(8, 2, GENES),
    "z": RNG.normal(0, 1, GENES),
}


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("counts", "counts"),
        ("salmon counts", "counts"),
        ("tpm", "tpm"),
        ("fpkm", "fpkm"),
        ("log2 counts", "log2_counts"),
        ("log2 tpm", "log2_tpm"),
        ("log2 tpm .001", "log2_tpm"),
        ("log2 ratio", "log2_ratio"),
        ("array", "log2_ratio"),
    ],
)
def test_the_right_unit_passes(kind, unit):
    assert units.refusal(VALUES[kind], unit) is None


@pytest.mark.parametrize(
    ("kind", "unit", "found"),
    [
        ("z", "counts", "z-scores"),
        ("z", "tpm", "z-scores"),
        ("z", "log2_counts", "z-scores"),
        ("log2 ratio", "log2_tpm", "log2 ratios"),
        ("log2 counts", "counts", "log2 values"),
        ("log2 tpm", "tpm", "log2 values"),
        ("log2 tpm .001", "counts", "negative"),
        ("tpm", "counts", "sum to a million"),
        ("tpm", "fpkm", "sum to a million"),
        ("counts", "tpm", "instead of 1e6"),
        ("counts", "fpkm", "whole numbers"),
        ("counts", "log2_counts", "no possible log2"),
        ("tpm", "log2_tpm", "no possible log2"),
        ("counts", "log2_ratio", "no possible log2 ratio"),
        ("log2 counts", "log2_tpm", "on the linear scale they sum to"),
    ],
)
def test_the_wrong_unit_is_refused(kind, unit, found):
    message = units.refusal(VALUES[kind], unit)
    assert message is not None
    assert found in message
    assert f"unit '{unit}'" in message


def test_natural_logs_are_not_log2():
    assert "another log base" in units.refusal(np.log(TPM + 1), "log2_tpm")


def test_too_few_values():
    assert "at least 20 genes" in units.refusal(np.arange(5.0), "counts")


def test_z_scores_over_the_samples_are_seen_and_ratios_are_not():
    ratios = RNG.normal(0, RNG.lognormal(0, 0.5, (500, 1)), (500, 12))
    scaled = (ratios - ratios.mean(axis=1, keepdims=True)) / ratios.std(axis=1, keepdims=True)
    assert units.are_z_scores(scaled)
    assert not units.are_z_scores(ratios)


@given(
    pseudocount=st.sampled_from([1.0, 0.5, 0.001]),
    scale=st.floats(0.5, 50),
)
def test_logs_are_undone_whatever_their_pseudocount(pseudocount, scale):
    linear = np.concatenate([np.zeros(20), np.arange(1, 200) * scale])
    back = units.to_linear(np.log2(linear + pseudocount), "log2_counts")
    np.testing.assert_allclose(back, linear, rtol=1e-9, atol=1e-9)


def test_minus_infinity_is_no_read():
    assert units.to_linear(np.array([-np.inf, 3.0, 4.0]), "log2_tpm").tolist() == [0.0, 8.0, 16.0]


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (np.full(30, 2.5), "log2"),  # the genes of one amplicon
        (np.full(30, 1.0), "copies"),  # a near-haploid genome
        (np.full(3, 2.0), "discrete"),
        (np.append(np.zeros(30), 2.0), "discrete"),
    ],
)
def test_copy_numbers_that_are_rare_but_possible(values, unit):
    assert units.gene_cn_refusal(values, unit) is None


def test_copy_numbers_of_a_whole_genome_have_losses():
    ratios = RNG.lognormal(0, 0.2, 600)
    assert "no value is negative" in units.gene_cn_refusal(ratios, "log2")
    assert "look like linear ratios" in units.gene_cn_refusal(ratios, "log2")
    assert units.gene_cn_refusal(np.array([np.nan]), "log2") == "no value at all"
    infinite = np.append(np.full(30, 2.2), np.inf)
    assert "one of them is infinite" in units.gene_cn_refusal(infinite, "copies")

"""The rules of the pair statement, on draws made by hand."""

import numpy as np
import pytest

from her2omics.single_cell import pair
from her2omics.single_cell.estimates import SampleDosage, SampleOutput

DRAWS = 400


def compare(*samples, gene_sd=0.1, genes=6.0, **given):
    rng = np.random.default_rng(8)
    return pair.compare(*samples, gene_sd=gene_sd, genes=genes, rng=rng, **given)


def around(value, sd, seed):
    return np.clip(value + sd * np.random.default_rng(seed).normal(size=DRAWS), 1e-3, None)


def sample(share, *, gain=0.0, dose=10.0, clear=True, seed=0):
    draws = np.minimum(around(share, 0.03, seed), 1)
    return SampleDosage(
        sample=seed,
        malignant_cells=300,
        clones=np.array([0]),
        share_draws=draws,
        tumour_share_draws=draws,
        dose_draws=around(dose, 0.5, seed + 10),
        clone_share_draws=draws[None],
        clone_dose_draws=np.full((1, DRAWS), dose),
        gain_fraction=gain,
        identifiable=clear,
        reason="" if clear else "the diploid level of the tumour is not known",
    )


def made(value, *, cells=200.0, seed=3):
    draws = around(value, 0.05 * value, seed)
    return SampleOutput(draws, cells, draws[None])


@pytest.mark.parametrize(
    ("before", "after", "output", "call", "reason"),
    [
        (sample(0.9), sample(0.9, seed=1), made(1.0), "retained", ""),
        (sample(0.9), sample(0.9, dose=3.5, seed=1), made(1.0), "retained", "fewer copies"),
        (sample(0.9), sample(0.2, seed=1), made(1.0), "lost", ""),
        (sample(0.9), sample(0.9, seed=1), made(0.2), "silenced", ""),
        (sample(0.9), sample(0.3, seed=1), made(0.2), "mixed", ""),
        (sample(0.9), sample(0.3, seed=1), made(0.55), "lost", "falls as well"),
        (sample(0.9), sample(0.3, seed=1), made(0.47), "undetermined", "output per dose"),
        (sample(0.9), sample(0.02, seed=1), made(1.0, cells=6), "lost", "too few"),
        (sample(0.9), sample(0.02, gain=0.9, seed=1), made(1.0, cells=6), "lost", "keep a gain"),
        (sample(0.9), sample(0.9, seed=1), made(1.0, cells=6), "undetermined", "too few"),
        (sample(0.9), sample(0.9, seed=1), made(0.5), "undetermined", "output per dose"),
        (sample(0.9), sample(0.7, seed=1), made(1.0), "undetermined", "amplified share"),
        (sample(0.9, clear=False), sample(0.2, seed=1), made(1.0), "undetermined", "baseline: "),
        (sample(0.9), sample(0.2, clear=False, seed=1), made(1.0), "undetermined", "follow-up: "),
        (sample(0.02), sample(0.02, seed=1), made(1.0), "undetermined", "nothing to lose"),
    ],
)
def test_call_and_reason(before, after, output, call, reason):
    found = compare(before, after, output_baseline=made(1.0, seed=4), output_followup=output)
    assert found.call == call
    assert reason in found.reason
    assert bool(reason) == bool(found.reason)


@pytest.mark.parametrize(
    ("before", "after", "output", "call"),
    [
        (sample(0.95), sample(0.2, seed=1), made(1.0), "undetermined"),
        (sample(0.95), sample(0.3, seed=1), made(0.2), "undetermined"),
        # Half of each may be normal cells: half of the tumour's amplified ones may be gone.
        (sample(0.5), sample(0.5, seed=1), made(1.0), "undetermined"),
        (sample(0.5), sample(0.95, seed=1), made(1.0), "retained"),
        (sample(0.95), sample(0.95, seed=1), made(0.2), "silenced"),
    ],
)
def test_with_normal_epithelium_among_the_cells_no_share_falls(before, after, output, call):
    made_before = made(1.0, seed=4)
    found = compare(
        before, after, output_baseline=made_before, output_followup=output, normal_among=True
    )
    assert found.call == call
    assert ("normal epithelium" in found.reason) == (call == "undetermined")
    assert np.isnan(found.p_share_falls)
    assert np.isnan(found.share_change.value)
    assert np.isfinite(found.output_ratio.value)


def test_figures():
    found = compare(
        sample(0.9),
        sample(0.3, dose=5.0, seed=1),
        output_baseline=made(2.0, seed=4),
        output_followup=made(1.0),
    )
    assert found.share_change.value == pytest.approx(-0.6, abs=0.02)
    assert found.output_ratio.value == pytest.approx(0.5, rel=0.05)
    assert found.dosage_ratio.value == pytest.approx(0.5, rel=0.05)
    assert found.p_share_falls == 1.0
    # (1.645 + .842) x the SD of a difference
    assert found.detectable_change == pytest.approx(2.487 * 0.03 * np.sqrt(2), rel=0.15)


def test_too_few_cells_have_no_ratio():
    found = compare(
        sample(0.9),
        sample(0.1, seed=1),
        output_baseline=made(1.0),
        output_followup=made(1.0, cells=14),
    )
    assert np.isnan(found.output_ratio).all()
    assert np.isnan(found.p_output_falls)


@pytest.mark.parametrize(("gene_sd", "call"), [(0.17, "silenced"), (0.8, "undetermined")])
def test_a_ratio_is_no_better_known_than_those_of_other_genes(gene_sd, call):
    given = {"output_baseline": made(1.0, seed=4), "output_followup": made(0.25)}
    found = compare(sample(0.9), sample(0.9, seed=1), gene_sd=gene_sd, genes=4.0, **given)
    assert found.call == call
    width = np.log(found.output_ratio.high / found.output_ratio.low) / (2 * 1.645)
    assert width == pytest.approx(np.hypot(0.07, gene_sd * np.sqrt(1 + 1 / 4)), rel=0.15)
    width = np.log(found.dosage_ratio.high / found.dosage_ratio.low) / (2 * 1.645)
    assert width == pytest.approx(np.hypot(0.07, gene_sd / 2), rel=0.15)

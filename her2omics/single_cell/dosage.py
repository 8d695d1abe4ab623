"""Dose of the ERBB2 amplicon in every malignant cell, and the share of amplified cells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse, special

from her2omics.single_cell import anchor, dose_genes, likelihood, modes, shares, sites, states
from her2omics.single_cell import draws as posterior
from her2omics.single_cell.estimates import GAIN, Dosage, SampleDosage, interval, unclear
from her2omics.single_cell.likelihood import GRID, Cells, Levels
from her2omics.single_cell.malignant import counted
from her2omics.single_cell.shares import Shares

#: SD of the tumour's diploid level over the panel, and over that of its own normal epithelium.
_SHIFT_SD, _SHIFT_SD_OWN = 0.8, 0.25
_NORMAL_SPREAD, _NORMAL_OUTLIERS = 0.25, 0.05
#: Cells that estimate levels, and all other parameters.
_LEVEL_CELLS, _MAX_CELLS = 3000, 6000
_DRAWS, _MODES = 400, 4
#: Posterior draws of doses are spread by this factor (natural log): laws of real cells are not
#: those of the model. Tuned on simulated pairs of other laws, whose errors had 1.2 of the SD.
_WIDER = 1.25


@dataclass(frozen=True)
class _Patient:
    """Cells of one patient in an order that does not depend on the order given.

    ``row`` says where the tumour's cells stand in the input; ``groups`` are (sample, clone).
    """

    tumour: Cells
    normal: Cells
    row: np.ndarray
    groups: np.ndarray
    samples: int


def fit(
    counts: sparse.csr_matrix,
    *,
    size: np.ndarray,
    sample: np.ndarray,
    clone: np.ndarray,
    malignant: np.ndarray,
    normal_epithelium: np.ndarray,
    ambient_share: np.ndarray,
    ambient_profile: np.ndarray,
    panel: np.ndarray,
    seed: int,
) -> Dosage:
    """Fit the dose of the ERBB2 amplicon in the cells of one patient, all samples together.

    Parameters
    ----------
    counts
        (cells, genes) raw UMIs of :data:`dose_genes.GENES`, in this order; a gene that was not
        measured is a column of zeros with NaN in ``panel``.
    size
        (cells,) UMIs of the cell outside :data:`dose_genes.OUTSIDE_SIZE`.
    sample
        (cells,) codes 0, 1, ... of the samples.
    clone
        (cells,) codes of the clones, shared by the samples; -1 = none.
    malignant
        (cells,) probability 0-1 of being malignant; NaN = unknown, not used.
    normal_epithelium
        (cells,) cells known to be normal epithelium: the diploid level.
    ambient_share
        (samples,) share of a cell's UMIs that is ambient.
    ambient_profile
        (samples, genes) share of each gene in the ambient UMIs; (genes,) = the same in all samples.
    panel
        (genes,) log share of a diploid cell's UMIs: :func:`dose_genes.reference_panel`.
    seed
        Seed of the patient.

    Returns
    -------
    Dosage
        Of all cells and samples; the order of the cells makes no difference.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 17]))
    patient = _sorted(
        likelihood.dense(counts),
        size=np.asarray(size, dtype=float),
        sample=sample,
        clone=clone,
        malignant=np.nan_to_num(malignant),
        normal=normal_epithelium,
        ambient_share=ambient_share,
        ambient=np.nan_to_num(np.broadcast_to(ambient_profile, (len(ambient_share), len(panel)))),
    )
    if not len(patient.row):
        return _nothing(counts, len(ambient_share), "no malignant cells")
    if not np.isfinite(panel).any():
        return _nothing(counts, len(ambient_share), "no gene beside ERBB2 is measured")
    first = np.unique(patient.tumour.group, return_index=True)[1]  # no group without a cell
    subset = patient.tumour.rows(np.union1d(_systematic(len(patient.row), _MAX_CELLS), first))
    few = _both(patient)
    cells = patient.tumour
    sample_of = patient.groups[cells.group, 0]
    used = np.isfinite(panel) & dose_genes.change_together(cells, sample_of, patient.normal)
    levels = likelihood.fit_levels(few.genes(used), panel[used])
    quiet = dose_genes.quiet(levels.dispersion)
    if not quiet.all():
        used[np.flatnonzero(used)[~quiet]] = False
        levels = likelihood.fit_levels(few.genes(used), panel[used], start=levels.genes(quiet))
    data, found = _modes(patient, subset, used, levels)
    inside = dose_genes.carried(subset.genes(used), data, found[0].at)
    if not inside.all():
        used[np.flatnonzero(used)[~inside]] = False
        levels = likelihood.fit_levels(few.genes(used), panel[used], start=levels.genes(inside))
        data, found = _modes(patient, subset, used, levels)
    draws = posterior.pooled(data, found, draws=_DRAWS, rng=rng)
    whole = _data(patient, patient.tumour.genes(used), levels, data.shift_log_prior)
    return _summary(patient, whole, draws, used, levels, counts.shape[0], rng)


def _sorted(
    counts: np.ndarray,
    *,
    size: np.ndarray,
    sample: np.ndarray,
    clone: np.ndarray,
    malignant: np.ndarray,
    normal: np.ndarray,
    ambient_share: np.ndarray,
    ambient: np.ndarray,
) -> _Patient:
    """Return the cells sorted by group and content."""
    tumour = np.flatnonzero(counted(malignant) & (size > 0))
    healthy = np.flatnonzero(normal & (size > 0))
    keys = np.column_stack([sample, clone])
    groups, group = np.unique(keys[tumour], axis=0, return_inverse=True)
    place = np.lexsort((*counts[tumour].T, malignant[tumour], size[tumour], group.ravel()))
    tumour, group = tumour[place], group.ravel()[place]
    healthy = healthy[np.lexsort((*counts[healthy].T, size[healthy], sample[healthy]))]

    def cells(rows: np.ndarray, groups: np.ndarray, weight: np.ndarray) -> Cells:
        share = ambient_share[sample[rows]]
        return Cells(
            counts[rows],
            size[rows],
            1 - share,
            share[:, None] * ambient[sample[rows]],
            weight,
            groups,
        )

    return _Patient(
        tumour=cells(tumour, group, malignant[tumour]),
        normal=cells(healthy, np.full(len(healthy), len(groups)), np.ones(len(healthy))),
        row=tumour,
        groups=groups,
        samples=len(ambient_share),
    )


def _systematic(cells: int, most: int) -> np.ndarray:
    """Return every k-th of the sorted cells, at most so many."""
    return np.unique(np.linspace(0, max(cells - 1, 0), min(cells, most)).astype(int))


def _both(patient: _Patient) -> Cells:
    """Return some cells of the tumour and of its normal epithelium."""
    parts = [
        cells.rows(_systematic(len(cells.size), most))
        for cells, most in ((patient.tumour, _LEVEL_CELLS), (patient.normal, _LEVEL_CELLS // 3))
    ]
    names = Cells.__dataclass_fields__
    return Cells(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _data(
    patient: _Patient, cells: Cells, levels: Levels, shift_log_prior: np.ndarray
) -> states.Data:
    """Return the likelihoods of some or all cells of the tumour."""
    numbers = np.bincount(patient.tumour.group)
    return states.Data(
        likelihood=np.exp(likelihood.log_likelihood(cells, levels)),
        weight=cells.weight,
        bounds=np.searchsorted(cells.group, np.arange(len(numbers) + 1)),
        shift_log_prior=shift_log_prior,
        weight_prior=states.weight_prior(patient.groups[:, 0], numbers),
    )


def _modes(
    patient: _Patient, subset: Cells, used: np.ndarray, levels: Levels
) -> tuple[states.Data, list[modes.Mode]]:
    prior = shift_log_prior(patient.normal.genes(used), levels)
    data = _data(patient, subset.genes(used), levels, prior)
    return data, modes.find(data, keep=_MODES)


def shift_log_prior(normal: Cells, levels: Levels) -> np.ndarray:
    """Return (64,) log prior of the tumour's diploid level over the panel's, from its normal cells.

    Normal cells are neutral around a level of their own, with a few strangers among them; the
    tumour's lies within .25 (SD, natural log) of it. Without any it lies within .8 of the panel.
    """
    wide = np.hypot(_SHIFT_SD, levels.prior_sd)
    prior = -0.5 * (GRID / wide) ** 2
    if len(normal.size):
        each = np.exp(likelihood.log_likelihood(normal, levels))
        around = np.exp(-0.5 * ((GRID[:, None] - GRID) / _NORMAL_SPREAD) ** 2)
        around = (1 - _NORMAL_OUTLIERS) * around / around.sum(axis=0) + _NORMAL_OUTLIERS / len(GRID)
        posterior = special.softmax(prior + np.log(each @ around).sum(axis=0))
        apart = np.exp(-0.5 * ((GRID[:, None] - GRID) / _SHIFT_SD_OWN) ** 2)
        prior = np.log(apart @ posterior + 1e-12 * np.exp(prior))
    return prior - special.logsumexp(prior)


def _summary(
    patient: _Patient,
    data: states.Data,
    draws: posterior.Draws,
    used: np.ndarray,
    levels: Levels,
    cells: int,
    rng: np.random.Generator,
) -> Dosage:
    """Return the posterior of all cells and samples."""
    found = shares.draw(data, draws, sample=patient.groups[:, 0], rng=rng)
    out = np.full((cells, 3), np.nan)
    out[patient.row] = found.probability
    all_doses = np.full(cells, np.nan)
    all_doses[patient.row] = found.dose
    log_level, dispersion = np.full((2, len(used)), np.nan)
    level = np.average(draws.shift)
    log_level[used], dispersion[used] = levels.log_level + level, levels.dispersion
    doses = np.exp(np.maximum(_wider(draws.doses.T), states.LEAST))
    samples = tuple(_sample(patient, s, found, doses, rng) for s in range(patient.samples))
    number = len(patient.normal.size)
    known = anchor.anchored(samples, normal_cells=number)
    samples = tuple(
        one if said else _refused(one, normal_cells=number)
        for one, said in zip(samples, known, strict=True)
    )
    return Dosage(
        probability=out,
        dose=all_doses,
        genes_used=used,
        log_level=log_level,
        dispersion=dispersion,
        samples=samples,
    )


def _refused(sample: SampleDosage, *, normal_cells: int) -> SampleDosage:
    """Return a sample whose share nothing tells."""
    reason = sample.reason or anchor.why_not(sample, normal_cells=normal_cells)
    return replace(sample, identifiable=False, reason=reason)


def _sample(
    patient: _Patient, sample: int, found: Shares, dose: np.ndarray, rng: np.random.Generator
) -> SampleDosage:
    """Return the posterior of one sample from the shares and (groups, draws) doses."""
    rows = np.flatnonzero(patient.groups[:, 0] == sample)
    draws = dose.shape[1]
    if not len(rows):
        return _empty_sample(sample, draws, "no malignant cells")
    mine = np.isin(patient.tumour.group, rows)
    total, amplified = found.together(rows, rng)
    mean_dose = np.exp((amplified * np.log(dose[rows])).sum(axis=0) / amplified.sum(axis=0))
    number = (found.cells[rows] * found.amplified[rows]).sum(axis=0)
    few = np.quantile(number, 0.05) < _MIN_DOSE_CELLS
    reason = _unclear(total)
    return SampleDosage(
        sample=sample,
        malignant_cells=int(mine.sum()),
        clones=patient.groups[rows, 1],
        share_draws=total,
        tumour_share_draws=sites.tumour_share(total, rng=rng),
        dose_draws=np.full(draws, np.nan) if few else mean_dose,
        clone_share_draws=found.amplified[rows],
        clone_dose_draws=dose[rows],
        gain_fraction=float(
            np.average(found.probability[mine, GAIN], weights=patient.tumour.weight[mine])
        ),
        identifiable=not reason,
        reason=reason,
    )


def _wider(draws: np.ndarray) -> np.ndarray:
    """Return draws (last axis) farther from their median."""
    middle = np.median(draws, axis=-1, keepdims=True)
    return middle + _WIDER * (draws - middle)


#: Where there may be fewer amplified cells (5 %) they have no dose of their own.
_MIN_DOSE_CELLS = 5.0


def _unclear(share: np.ndarray) -> str:
    if not unclear(share):
        return ""
    _, low, high = interval(share)
    return (
        f"the amplified share may be anything from {low:.2f} to {high:.2f}: the diploid level of "
        "the tumour is not known"
    )


def _empty_sample(sample: int, draws: int, reason: str) -> SampleDosage:
    none = np.full(draws, np.nan)
    return SampleDosage(
        sample, 0, np.array([], dtype=int), none, none, none,
        np.empty((0, draws)), np.empty((0, draws)), np.nan, False, reason,
    )  # fmt: skip


def _nothing(counts: sparse.csr_matrix, samples: int, reason: str) -> Dosage:
    cells, genes = counts.shape
    return Dosage(
        np.full((cells, 3), np.nan), np.full(cells, np.nan), np.zeros(genes, dtype=bool),
        np.full(genes, np.nan), np.full(genes, np.nan),
        tuple(_empty_sample(s, _DRAWS, reason) for s in range(samples)),
    )  # fmt: skip

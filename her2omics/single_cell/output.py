"""ERBB2 output per dose of the amplified cells: what tells a silenced gene from a lost one.

``r = sum P(amplified) (y - ambient) / sum P(amplified) s (1 - rho) d``, y being the ERBB2 UMIs of a
cell of s UMIs, rho the ambient share and d the dose that the neighbours of ERBB2 tell.
"""

from __future__ import annotations

import numpy as np

from her2omics.single_cell.estimates import AMPLIFIED, Dosage, SampleDosage, SampleOutput

#: Fewer amplified cells carry no output of their own.
_MIN_CELLS = 1.0


def measure(
    erbb2: np.ndarray,
    dosage: Dosage,
    *,
    size: np.ndarray,
    sample: np.ndarray,
    clone: np.ndarray,
    ambient_share: np.ndarray,
    ambient_erbb2: np.ndarray,
    seed: int,
) -> tuple[SampleOutput, ...]:
    """Return the ERBB2 output per dose of each sample.

    Parameters
    ----------
    erbb2
        (cells,) raw ERBB2 UMIs.
    dosage
        :func:`her2omics.single_cell.dosage.fit` of the same cells.
    size, sample, clone, ambient_share
        As given there.
    ambient_erbb2
        (samples,) share of ERBB2 in the ambient UMIs.
    seed
        Seed of the patient.

    Returns
    -------
    tuple of SampleOutput
        One per sample; draws are bootstrap samples of its cells, and each carries the error of the
        dose that belongs to it. The order of the cells makes no difference.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 71]))
    chance = np.nan_to_num(dosage.probability[:, AMPLIFIED])
    soup = ambient_share[sample] * ambient_erbb2[sample]
    made = chance * (erbb2 - size * soup)
    could = chance * size * (1 - ambient_share[sample]) * np.nan_to_num(dosage.dose)
    out = []
    for of in dosage.samples:
        rows = np.flatnonzero((sample == of.sample) & (chance > 0))
        rows = rows[np.lexsort((could[rows], made[rows], clone[rows]))]
        parts = [rows[clone[rows] == code] for code in of.clones]
        draws = [_bootstrap(made[part], could[part], _factor(of), rng) for part in [rows, *parts]]
        number = float(chance[rows].sum())
        few = number < _MIN_CELLS
        out.append(
            SampleOutput(
                draws=np.full(len(of.share_draws), np.nan) if few else draws[0],
                amplified_cells=number,
                clone_draws=np.array(draws[1:]).reshape(len(parts), len(of.share_draws)),
            )
        )
    return tuple(out)


def _factor(of: SampleDosage) -> np.ndarray:
    """Return (draws,) the dose of each draw over their geometric mean; 1 where there is none."""
    known = np.isfinite(of.dose_draws)
    if not known.all():
        return np.ones(len(of.dose_draws))
    log_dose = np.log(of.dose_draws)
    return np.exp(log_dose - log_dose.mean())


def _bootstrap(
    made: np.ndarray, could: np.ndarray, factor: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return (draws,) ratios of sums over cells drawn with replacement, over the dose's error.

    Weights of the cells are exponential (the Bayesian bootstrap): no draw is without cells.
    """
    if not len(made) or could.sum() <= 0:
        return np.full(len(factor), np.nan)
    sums = np.empty((2, len(factor)))
    for k in range(len(factor)):  # draw by draw: all at once would need cells times draws of memory
        weight = rng.standard_exponential(len(made))
        sums[:, k] = weight @ made, weight @ could
    return np.maximum(sums[0], 0.0) / sums[1] / factor

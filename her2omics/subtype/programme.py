"""How far the intrinsic programme of a pair moved, as two biopsies of usual purity would show it.

At low purity a true shift shrinks in the correlations, by a factor that depends on the subtypes
and can be .1. So the baseline is first described as bulk of usual purity, then the move between
subtypes is fitted that leads from it to the follow-up at the follow-up's own share of tumour
(:mod:`her2omics.subtype.usual`). What is reported is the rise of r_Y - r_X that this move makes at
usual purity. Purities, and the subtypes the tumour moves between, are averaged over, weighted by
how well the genes agree with them: an error in the ratio of the purities moves all genes towards
or away from normal tissue, which no move between subtypes does.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
from scipy.special import logsumexp

from her2omics.subtype import ranks, usual
from her2omics.subtype.centroids import quantiles
from her2omics.subtype.counterfactual import Purity

#: RNA of a tumour cell relative to a normal one: log SD around half the ploidy, as in the
#: mechanism model; where the ploidy is unknown, that of tumours (7 in 10 near 2.1, 3 near 3.5).
_RNA_PER_CELL_SD = 0.35
_UNKNOWN_PLOIDY = (np.log(1.2), 0.24)
#: Genes of a programme move together: 48 of them tell as much as this many.
_EFFECTIVE_GENES = 16.0
#: Draws of the purities that are fitted.
_DRAWS = 80
#: A subtype of the baseline less likely than this is left out.
_LEAST_LIKELY = 1e-3
#: SD beyond that, in pairs of any purity (benchmarks/programme_files.py): the intervals hold it; to
#: the mechanism model it is part of the scale of its own.
_USUAL_NOISE = 0.12
_SLOPE_STEP = 0.1  # of the way
_INTERVAL_DRAWS = 500


def rna_share(purity: Purity, rng: np.random.Generator) -> np.ndarray:
    """Return draws of the tumour's share of the RNA, one per draw of the purity."""
    centre, spread = _UNKNOWN_PLOIDY
    known = np.isfinite(purity.ploidy)
    error, other = rng.normal(size=(2, len(purity.draws)))
    ploidy = np.where(known, purity.ploidy, 2.0)
    log = np.where(known, np.log(ploidy / 2), centre + spread * other) + _RNA_PER_CELL_SD * error
    tumour = purity.draws * np.exp(log)
    return tumour / (tumour + 1 - purity.draws)


def shift(
    baseline: np.ndarray,
    followup: np.ndarray,
    *,
    purities: tuple[Purity, Purity],
    normal: np.ndarray | None,
    rng: np.random.Generator,
    limit: SimpleNamespace,
) -> dict[str, float]:
    """Return the programme shift of a pair.

    Parameters
    ----------
    baseline, followup
        50 centred log2 levels; NaN = missing.
    purities
        Of baseline and follow-up, with equally many draws.
    normal
        Normal-like profile, centred alike; ``None``: the samples are taken to be of usual purity.
    rng
        Generator of the case.
    limit
        Threshold ``programme_null``.

    Returns
    -------
    dict
        ``programme_delta`` (Spearman rho, at usual purity, less the null), its ``_low`` and
        ``_high`` (90 %), and ``_sd``, what it is less certain by than a pair of usual purity:
        purities, RNA per cell, the subtype before, the genes' noise and what normal tissue hides.
    """
    use = np.isfinite(baseline) & np.isfinite(followup) & ~ranks.centroids().amplicon
    if normal is None:
        held = [np.full(1, usual.SHARE)] * 2
    else:
        held = [rna_share(purity, rng)[:_DRAWS] for purity in purities]
        use &= np.isfinite(normal)
    rise, variance, weight = _moves(usual.Genes(use, normal), baseline[use], followup[use], held)
    value = (weight * rise).sum()
    between = (weight * (rise - value) ** 2).sum()
    drawn = rng.choice(len(weight), size=_INTERVAL_DRAWS, p=weight)
    noise = np.sqrt(variance[drawn] + _USUAL_NOISE**2) * rng.normal(size=_INTERVAL_DRAWS)
    low, high = quantiles((rise[drawn] + noise)[None] - limit.programme_null)
    return {
        "programme_delta": float(value - limit.programme_null),
        "programme_delta_low": float(low[0]),
        "programme_delta_high": float(high[0]),
        "programme_delta_sd": float(np.sqrt(between + (weight * variance).sum())),
    }


def _moves(
    genes: usual.Genes, baseline: np.ndarray, followup: np.ndarray, shares: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rise, its variance and its weight: draws of the shares, one move per subtype before.

    Whatever a tumour was, it moved towards the subtype whose correlation rose most.
    """
    before = genes.usual(baseline, shares[0])
    likely = -before.misfit / 2 * _EFFECTIVE_GENES / len(baseline)
    likely -= likely.max()
    parts = []
    for x in np.flatnonzero(np.exp(likely).sum(axis=1) >= _LEAST_LIKELY):
        targets = [y for y in range(len(likely)) if y != x]
        moves = [genes.move(before, followup, shares[1], x, y) for y in targets]
        log = likely[x] + _EFFECTIVE_GENES * np.stack([move.agreement for move in moves])
        rises = np.stack(
            [genes.rise(before, move.way, x, y) for move, y in zip(moves, targets, strict=True)]
        )
        own = log - logsumexp(log, axis=1, keepdims=True)
        best = int((np.exp(own) * rises).sum(axis=1).argmax())
        way, y = moves[best].way, targets[best]
        slope = (genes.rise(before, way + _SLOPE_STEP, x, y) - rises[best]) / _SLOPE_STEP
        parts.append((rises[best], slope**2 * moves[best].variance, own[best] + logsumexp(log)))
    rise, variance, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    return rise, variance, np.exp(weight - logsumexp(weight))

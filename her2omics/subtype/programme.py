"""How far the intrinsic programme of a pair moved, as two biopsies of usual purity would show it.

At low purity a true shift shrinks in the correlations, by a factor that depends on the subtypes
and can be .1. So the move is fitted where it is linear: the genes' differences at equal purity
against those of the bundled subtype medians, diluted alike. What is reported is the rise of
r_Y - r_X that this move makes in a tumour of usual purity. The purities are averaged over, weighted
by how well the genes agree with them: an error in the ratio of the purities moves all genes
towards or away from normal tissue, which no move between subtypes does.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from her2omics import resources
from her2omics.subtype import ranks
from her2omics.subtype.centroids import quantiles
from her2omics.subtype.counterfactual import Purity, dilute, shares
from her2omics.tables import SUBTYPES

#: Tumour share of the RNA behind the bundled medians: a usual purity of .6.
USUAL_SHARE = 0.6
#: RNA of a tumour cell relative to a normal one: log SD around half the ploidy, as in the
#: mechanism model; where the ploidy is unknown, that of tumours (7 in 10 near 2.1, 3 near 3.5).
_RNA_PER_CELL_SD = 0.35
_UNKNOWN_PLOIDY = (np.log(1.2), 0.24)
#: Genes of a programme move together: 48 of them tell as much about the purities as ten.
_EFFECTIVE_GENES = 10.0
#: SD of a gene's difference (log2, as in true pairs) and of a move (of the way) beforehand.
_GENE_SD, _WAY_SD = 0.5, 0.5
_RIDGE = (_GENE_SD / _WAY_SD) ** 2
_SLOPE_STEP = 0.1
_FURTHEST = 2.0  # of the way from one subtype to the other
#: From margin to chance of the right subtype: .05-.10 agrees with published calls in .77.
_SHARPNESS = 16.0
#: Scatter the measurement alone has in stable pairs of usual purity (benchmarks/programme_null.py):
#: part of the scale the mechanism model has already.
_USUAL_NOISE = 0.08
_TUMOUR = tuple(i for i, name in enumerate(SUBTYPES) if name != "Normal")


def rna_share(purity: Purity, rng: np.random.Generator) -> np.ndarray:
    """Return draws of the tumour's share of the RNA, one per draw of the purity."""
    centre, spread = _UNKNOWN_PLOIDY
    known = np.isfinite(purity.ploidy)
    error, other = rng.normal(size=(2, len(purity.draws)))
    ploidy = np.where(known, purity.ploidy, 2.0)
    log = np.where(known, np.log(ploidy / 2), centre + spread * other) + _RNA_PER_CELL_SD * error
    tumour = purity.draws * np.exp(log)
    return tumour / (tumour + 1 - purity.draws)


def medians(normal: np.ndarray | None) -> np.ndarray:
    """Return the subtypes' medians of the bundled reference, 5 x 50, log2.

    Parameters
    ----------
    normal
        Normal-like profile as the levels are centred; the others are placed relative to it.
        ``None``: centred on the ER-balanced median.
    """
    table = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")
    table = table.loc[list(ranks.centroids().genes)]
    found = table[[f"PAM50_{name}_median" for name in SUBTYPES]].to_numpy(float).T
    if normal is None:
        return found - table["ERbalanced_median"].to_numpy()
    return found - found[SUBTYPES.index("Normal")] + normal


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
        Thresholds: ``switch_margin`` (subtypes this close to the nearest may be the baseline's)
        and ``programme_null``.

    Returns
    -------
    dict
        ``programme_delta`` (Spearman rho, at usual purity, less the null), ``_low``, ``_high`` (90
        % interval: purities, RNA per cell and a gene bootstrap) and ``_sd`` (purities, RNA per
        cell, which subtype the baseline is, what normal tissue hides, and what the gene
        bootstrap exceeds the usual scatter by).
    """
    use = np.isfinite(baseline) & np.isfinite(followup) & ~ranks.centroids().amplicon
    if normal is None:
        held = tuple(np.full(len(purity.draws), USUAL_SHARE) for purity in purities)
        normal_profile = np.where(use, 0.0, np.nan)
    else:
        held = tuple(rna_share(purity, rng) for purity in purities)
        use &= np.isfinite(normal)
        normal_profile = normal
    types = medians(normal)[list(_TUMOUR)]
    moves = _Moves(
        [np.where(use, sample, np.nan) for sample in (baseline, followup)],
        held,
        normal=normal_profile,
        types=types,
        use=use,
    )
    kept = _resampled(moves.weights(), rng)
    similar = moves.similarity()[kept].mean(axis=0)
    rise = {
        (x, y): moves.rise(x, y, moves.way(x, y))[kept]
        for x in np.flatnonzero(similar >= similar.max() - 2 * limit.switch_margin)
        for y in range(len(types))
        if y != x
    }
    best = {x: max((k for k in rise if k[0] == x), key=lambda k: rise[k].mean()) for x, _ in rise}
    near = [x for x in best if similar[x] >= similar.max() - limit.switch_margin]
    chosen = max((best[x] for x in near), key=lambda k: rise[k].mean())
    value = rise[chosen].mean()
    chance = {x: np.exp(_SHARPNESS * (similar[x] - similar.max())) for x in best}
    variance = sum(chance[x] * ((rise[best[x]] - value) ** 2).mean() for x in best)
    variance /= sum(chance.values())
    drawn = moves.rise(*chosen, moves.way(*chosen, rng=rng))[kept]
    genes = max(0.0, drawn.var() - rise[chosen].var())
    variance += moves.unseen(*chosen)[kept].mean()
    low, high = quantiles(drawn[None] - limit.programme_null)
    return {
        "programme_delta": float(value - limit.programme_null),
        "programme_delta_low": float(low[0]),
        "programme_delta_high": float(high[0]),
        "programme_delta_sd": float(np.sqrt(variance + max(0.0, genes - _USUAL_NOISE**2))),
    }


class _Moves:
    """A pair at equal purity and the subtypes' medians diluted alike, draw by draw."""

    def __init__(
        self,
        samples: Sequence[np.ndarray],
        held: tuple[np.ndarray, np.ndarray],
        *,
        normal: np.ndarray,
        types: np.ndarray,
        use: np.ndarray,
    ) -> None:
        self.types, self.use = types, use
        before, after = (
            dilute(sample, normal, share)
            for sample, share in zip(samples, shares(*held), strict=True)
        )
        self.difference = (after - before)[:, use]
        lower = np.minimum(1.0, np.minimum(*held) / USUAL_SHARE)
        self.diluted = np.stack([dilute(row, normal, lower)[:, use] for row in types], 1)
        own = np.minimum(1.0, held[0] / USUAL_SHARE)
        self.own = np.stack([dilute(row, normal, own)[:, use] for row in types], 1)
        self.baseline = samples[0][use]
        self.usual = dilute(samples[0], normal, np.minimum(1.0, USUAL_SHARE / held[0]))
        self.usual_r = self._correlation(self.usual)

    def _correlation(self, profiles: np.ndarray) -> np.ndarray:
        return ranks.correlations(np.where(self.use, profiles, np.nan))[:, list(_TUMOUR)]

    def similarity(self) -> np.ndarray:
        """Return draws x subtypes: Spearman correlation of the baseline, as it is, to the medians.

        The medians are diluted to the baseline's own share.
        """
        mine = _ranked(self.baseline[None])[0]
        return np.einsum("g,dsg->ds", mine, _ranked(self.own))

    def way(self, x: int, y: int, *, rng: np.random.Generator | None = None) -> np.ndarray:
        """Return how much of the way from x to y each draw went; with ``rng``, by its own genes."""
        path = self.diluted[:, y] - self.diluted[:, x]
        counts = 1.0
        if rng is not None:
            measured = np.ones(path.shape[1], dtype=bool)
            counts = ranks.bootstrap_counts(measured, draws=len(path), rng=rng)
        part = (counts * self.difference * path).sum(axis=1)
        part /= (counts * path**2).sum(axis=1) + _RIDGE
        return np.clip(part, -_FURTHEST, _FURTHEST)

    def unseen(self, x: int, y: int) -> np.ndarray:
        """Return the variance the rise has because normal tissue hides the way, one per draw."""
        path = self.diluted[:, y] - self.diluted[:, x]
        way = self.way(x, y)
        more = self.rise(x, y, way + _SLOPE_STEP) - self.rise(x, y, way)
        return (more / _SLOPE_STEP) ** 2 * _GENE_SD**2 / ((path**2).sum(axis=1) + _RIDGE)

    def weights(self) -> np.ndarray:
        """Return how well the genes agree with each draw of the purities, whatever the move."""
        left = np.full(len(self.difference), np.inf)
        for x in range(len(self.types)):
            for y in range(x):
                path = self.diluted[:, y] - self.diluted[:, x]
                rest = self.difference - self.way(x, y)[:, None] * path
                left = np.minimum(left, np.abs(rest).sum(axis=1))
        left = np.maximum(left, 1e-9)
        return (left.min() / left) ** _EFFECTIVE_GENES

    def rise(self, x: int, y: int, way: np.ndarray) -> np.ndarray:
        """Return the rise of r_y - r_x that a move makes at usual purity, one per draw."""
        after = self._correlation(self.usual + way[:, None] * (self.types[y] - self.types[x]))
        return (after[:, y] - after[:, x]) - (self.usual_r[:, y] - self.usual_r[:, x])


def _ranked(profiles: np.ndarray) -> np.ndarray:
    order = profiles.argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable").astype(float)
    order -= order.mean(axis=-1, keepdims=True)
    return order / np.sqrt((order**2).sum(axis=-1, keepdims=True))


def _resampled(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return indices of draws, as often as their weight says (systematic resampling)."""
    edges = np.cumsum(weights / weights.sum())
    points = (np.arange(len(weights)) + rng.random()) / len(weights)
    return np.minimum(np.searchsorted(edges, points), len(weights) - 1)

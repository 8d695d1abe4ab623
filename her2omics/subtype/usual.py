"""A tumour as bulk of usual purity, and its moves from one subtype towards another.

The bundled medians are those of bulk tumours of usual purity. A biopsy holds part of such bulk and,
for the rest, normal tissue, mixed on the linear scale. So the profile behind a biopsy is found gene
by gene: where normal tissue hides it, it is drawn to its subtype's median. A move is fitted with
the tumour's own profile as the start, at the follow-up's share of tumour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from her2omics import resources
from her2omics.subtype import ranks
from her2omics.tables import SUBTYPES

#: Tumour share of the RNA behind the bundled medians: a usual purity of .6.
SHARE = 0.6
#: SD of a gene within true pairs is .38-.87 log2 (ERBB2 .22): one sample's part of .5.
_GENE_SD = 0.35
#: SD of a move beforehand, of the way: it is a measurement and hardly drawn to 0.
_WAY_SD = 1.0
_FURTHEST = (-1.5, 2.0)  # of the way
#: Taking normal tissue out leaves at least this part of a gene's level.
_LEAST = 1 / 3
_OUTLIER = 2.0  # SDs beyond which a gene loses weight (Cauchy)
_PROFILE_STEPS, _WAY_STEPS = 6, 5
_LONGEST_STEP, _LONGEST_WAY_STEP = 1.5, 0.5  # log2; of the way

TUMOUR = tuple(i for i, name in enumerate(SUBTYPES) if name != "Normal")


@cache
def _reference() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return medians (5 x 50), ER-balanced medians and SD around a subtype's median (50), log2."""
    table = resources.table("tcga712_subgroup_reference.tsv").set_index("gene")
    table = table.loc[list(ranks.centroids().genes)]
    medians = table[[f"PAM50_{name}_median" for name in SUBTYPES]].to_numpy(float).T
    spread = table[["HER2pos_ERpos_sd", "HER2pos_ERneg_sd"]].mean(axis=1).to_numpy()
    return medians, table["ERbalanced_median"].to_numpy(), spread


def medians(normal: np.ndarray | None) -> np.ndarray:
    """Return the subtypes' medians of the bundled reference, 5 x 50, log2.

    Parameters
    ----------
    normal
        Normal-like profile as the levels are centred; the others are placed relative to it.
        ``None``: centred on the ER-balanced median.
    """
    found, centre, _ = _reference()
    if normal is None:
        return found - centre
    return found - found[SUBTYPES.index("Normal")] + normal


@dataclass(frozen=True)
class Usual:
    """What a biopsy would be at usual purity, were its tumour of each subtype.

    Attributes
    ----------
    profiles
        Subtypes x draws x genes, log2.
    variance
        Of the profiles, log2 squared; likewise.
    misfit
        Subtypes x draws: squares of what lies between the biopsy, the profile and the subtype's
        median, in SDs, summed over the genes.
    """

    profiles: np.ndarray
    variance: np.ndarray
    misfit: np.ndarray


@dataclass(frozen=True)
class Move:
    """The move from one subtype towards another that leads to a follow-up, draw by draw.

    Attributes
    ----------
    way
        Part of the way.
    variance
        Of the way, from the genes' noise and what normal tissue hides.
    agreement
        Mean log density of a gene, its scale as fitted.
    """

    way: np.ndarray
    variance: np.ndarray
    agreement: np.ndarray


class Genes:
    """The genes that count for a pair: medians, normal profile, centroids.

    Without a normal profile all biopsies are of usual purity.
    """

    def __init__(self, use: np.ndarray, normal: np.ndarray | None) -> None:
        self.normal = np.zeros(use.sum()) if normal is None else normal[use]
        self.types = medians(normal)[list(TUMOUR)][:, use]
        self.spread = _reference()[2][use]
        self.centroids = ranked(ranks.centroids().values[list(TUMOUR)][:, use])

    def correlations(self, profiles: np.ndarray) -> np.ndarray:
        """Return Spearman correlations to the four tumour centroids (last axis)."""
        return ranked(profiles) @ self.centroids.T

    def usual(self, biopsy: np.ndarray, share: np.ndarray) -> Usual:
        """Return the profiles behind a biopsy (genes, log2) at each draw of its tumour's share."""
        kept = (share / SHARE)[None, :, None]
        median = self.types[:, None, :]
        noise, spread = _GENE_SD**-2, self.spread**-2
        profile = np.broadcast_to((median + biopsy) / 2, (len(self.types), len(share), len(biopsy)))
        for _ in range(_PROFILE_STEPS):
            mixed, slope = self._mixed(profile, kept)
            step = slope * (biopsy - mixed) * noise + (median - profile) * spread
            step /= slope**2 * noise + spread
            profile = profile + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        mixed, slope = self._mixed(profile, kept)
        misfit = (biopsy - mixed) ** 2 * noise + (profile - median) ** 2 * spread
        return Usual(profile, 1 / (slope**2 * noise + spread), misfit.sum(axis=-1))

    def move(self, usual: Usual, followup: np.ndarray, share: np.ndarray, x: int, y: int) -> Move:
        """Return the move from subtype x towards y that leads to a follow-up (genes, log2).

        Parameters
        ----------
        usual
            The baseline.
        followup
            Levels.
        share
            Draws of the tumour's share in the follow-up.
        x, y
            Indices into :data:`TUMOUR`.
        """
        kept, path = (share / SHARE)[:, None], self.types[y] - self.types[x]
        start, doubt = usual.profiles[x], usual.variance[x]
        way = np.zeros(len(share))
        for step in range(_WAY_STEPS + 1):
            mixed, slope = self._mixed(start + way[:, None] * path, kept)
            left, variance = followup - mixed, _GENE_SD**2 + slope**2 * doubt
            lean = slope * path
            if step == _WAY_STEPS:
                break
            weight = 1 / (variance + left**2 / _OUTLIER**2)
            change = (weight * lean * left).sum(axis=1) - way / _WAY_SD**2
            change /= (weight * lean**2).sum(axis=1) + _WAY_SD**-2
            way = np.clip(way + np.clip(change, -_LONGEST_WAY_STEP, _LONGEST_WAY_STEP), *_FURTHEST)
        scale = np.maximum((np.abs(left) / np.sqrt(variance)).mean(axis=1), 1e-9)
        return Move(
            way=way,
            variance=1 / ((lean**2 / variance).sum(axis=1) + _WAY_SD**-2),
            agreement=-np.log(scale) - np.log(variance).mean(axis=1) / 2,
        )

    def rise(self, usual: Usual, way: np.ndarray, x: int, y: int) -> np.ndarray:
        """Return the rise of r_y - r_x that a move makes at usual purity, one per draw."""
        start = usual.profiles[x]
        path = self.types[y] - self.types[x]
        rise = self.correlations(start + way[:, None] * path) - self.correlations(start)
        return rise[:, y] - rise[:, x]

    def _mixed(self, profile: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a biopsy of a profile, log2, and how much of the profile's changes it shows.

        ``kept`` is relative to the usual share: above 1 normal tissue is taken out.
        """
        usual = np.exp2(profile)
        tumour, least = kept * usual, np.where(kept > 1, _LEAST * usual, 0.0)
        linear = tumour + (1 - kept) * np.exp2(self.normal)
        held = linear > least
        linear = np.where(held, linear, least)
        return np.log2(linear), np.where(held, tumour / linear, 1.0)


def ranked(profiles: np.ndarray) -> np.ndarray:
    """Return ranks of the last axis, centred and of unit length: products are Spearman's rho."""
    order = profiles.argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable").astype(float)
    order -= order.mean(axis=-1, keepdims=True)
    return order / np.sqrt((order**2).sum(axis=-1, keepdims=True))

"""How noisy the measurements of a cohort are, and what its mutation clusters are made of.

A case alone cannot say whether its RNA is noisier than stated, nor how many clusters are private
to a biopsy; a cohort can. All are weights over fixed parts. They are learnt by
expectation-maximisation from the evidence of the whole sheet
(:mod:`her2omics.mechanism.calibrate`), start at the assumed ones and stay near them in small
cohorts.
"""

from __future__ import annotations

from dataclasses import dataclass

RNA_INFLATIONS = (1.0, 1.6, 3.0)  # of all RNA noise: t6 tails, and unknown quality
PROGRAMME_INFLATIONS = (1.0, 2.2)  # of programme_delta alone
SPREADS = (0.10, 0.25)  # intraclass correlation of the amplified share between pieces
SETTINGS = ("right", "wrong")  # a stated setting may be wrong
# One cluster of mutations for each of the two lineages of a mosaic, or any number.
LINEAGE_CLUSTERS = ("one each", "any number")
CLUSTER_CLASSES = ("trunk", "lineage", "private")
CLUSTER_WEIGHTS = (1 / 6, 1 / 3, 1 / 2)  # of a mutation cluster; lineage and private: two each


@dataclass(frozen=True)
class ModelNoise:
    """Weights of the parts, for the cohort a case belongs to.

    Attributes
    ----------
    rna, programme, spread, setting, lineages
        Over :data:`RNA_INFLATIONS`, :data:`PROGRAMME_INFLATIONS`, :data:`SPREADS`,
        :data:`SETTINGS` and :data:`LINEAGE_CLUSTERS`.
    clusters
        (group of :func:`cluster_group`, weights over :data:`CLUSTER_CLASSES`); a group that is not
        there has :data:`CLUSTER_WEIGHTS`.
    """

    rna: tuple[float, ...] = (0.65, 0.28, 0.07)
    programme: tuple[float, ...] = (0.85, 0.15)
    spread: tuple[float, ...] = (0.60, 0.40)
    setting: tuple[float, ...] = (0.90, 0.10)
    lineages: tuple[float, ...] = (0.50, 0.50)
    clusters: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def cluster_weights(self, group: str) -> tuple[float, ...]:
        """Return the weights of the cluster classes in a group of cases."""
        return dict(self.clusters).get(group, CLUSTER_WEIGHTS)


def cluster_group(setting: str | None, assay: str | None) -> str:
    """Return the group whose cases share the weights of the cluster classes."""
    return f"{setting or 'unknown'}, {assay or 'unknown'}"


DEFAULT = ModelNoise()

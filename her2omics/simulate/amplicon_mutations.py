"""Somatic mutations on the ERBB2 amplicon: on which copies, and what a loss leaves of them.

A mutation older than the amplification is on every amplified copy if the copy that was amplified
had it. One that cells of both lineages carry is older, since the other lineage parted before. A
younger one is on a single copy, or, where it came while copies were still being gained, on a share
of them. Of few copies that a loss leaves, one carries it as often as copies carried it before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from her2omics.simulate import assay, clusters
from her2omics.simulate.assay import Design
from her2omics.simulate.coordinates import Axis
from her2omics.simulate.patients import Patient, Tumour
from her2omics.simulate.tumour_genome import AMPLIFIED, OTHER

_CARRIED = 0.4  # share of patients with a mutation carried along by the amplification [assume]
#: Mutations of the amplified cells that are older than the amplification, and of the younger ones
#: those that came while copies were gained [assume].
_OLDER, _WHILE_GAINED = 0.5, 0.3


@dataclass(frozen=True)
class OnAmplicon:
    """What is special about mutations on the amplicon, N rows as the patient's mutations.

    Attributes
    ----------
    here
        On the amplified haplotype of the amplicon.
    haplotype
        Parental haplotype; the same as given for mutations elsewhere.
    share
        Share of the amplified copies that carry it; 0: a single copy.
    left
        Uniform on 0-1: a loss leaves mutated copies where it is below the share.
    """

    here: np.ndarray
    haplotype: np.ndarray
    share: np.ndarray
    left: np.ndarray

    def copies(self, tumour: Tumour, copies: np.ndarray) -> np.ndarray:
        """Return the mutated copies (2, N) in a cell of either lineage.

        Parameters
        ----------
        tumour
            The sample.
        copies
            (2, N) copies of the mutation's haplotype in either lineage.
        """
        amplified, other = copies
        single = np.minimum(copies, 2.0 if tumour.biopsy.doubled else 1.0)
        mutated = np.maximum(self.share * amplified, single[AMPLIFIED])
        if tumour.biopsy.lost:
            before = np.maximum(self.share, 1 / tumour.biopsy.copies_amplified)
            mutated = np.where(self.left < before, amplified, 0.0)
        return np.array([mutated, np.where(self.share == 1, other, single[OTHER])])


def carried_along(
    patient: Patient, clone: np.ndarray, designs: Sequence[Design]
) -> tuple[int, int] | None:
    """Return a mutation that the amplification carried along and its place; None in most patients.

    It is any of those that all cells or those of the amplified lineage have.
    """
    rng = patient.stream("amplicon mutations")
    chance, which = rng.random(2)
    edges = _edges(patient.tumours[0], patient.where)
    candidates = np.flatnonzero(np.isin(clone, ("trunk", "amplified")))
    if edges is None or chance >= _CARRIED or not len(candidates):
        return None
    bins = designs[0].bins
    inside = (bins.place >= edges[0]) & (bins.place + bins.end - bins.start <= edges[1])
    inside = np.flatnonzero(inside & bins.on_target)
    if not len(inside):
        return None
    place = assay.places_in(rng, bins, inside, 1)[0]
    return int(candidates[int(which * len(candidates))]), int(place)


def draw(
    patient: Patient,
    clone: np.ndarray,
    place: np.ndarray,
    haplotype: np.ndarray,
    carried: np.ndarray,
) -> OnAmplicon:
    """Draw the haplotype and the copies of the mutations on the amplicon.

    Parameters
    ----------
    patient
        Tumours with their genomes.
    clone, place, haplotype
        (N,) of all mutations.
    carried
        (N,) whether a mutation was carried along by the amplification.
    """
    rng = patient.stream("amplicon histories")
    older, gained, share, side, left = rng.random((5, len(place)))
    baseline = patient.tumours[0]
    edges, trunk, amplified = (
        _edges(baseline, patient.where),
        clone == "trunk",
        clone == "amplified",
    )
    cells = trunk | amplified | np.char.startswith(clone.astype(str), "baseline")
    inside = np.zeros(len(place), dtype=bool)
    if edges is not None:
        inside = cells & (place >= edges[0]) & (place < edges[1])
    copies = baseline.genome.copies[:, :, baseline.genome.segment_of(place)]
    gain = int(copies[AMPLIFIED][:, inside].sum(axis=1).argmax())
    mosaic = any(tumour.biopsy.f < clusters.MOSAIC for tumour in patient.tumours)
    # The only copy that other cells have of the haplotype is like the one that was amplified.
    sole = mosaic & trunk & (copies[OTHER, gain] < 1.5)
    before = sole | ((older < _OLDER) & (trunk | amplified))
    both = np.maximum(copies[AMPLIFIED].sum(axis=0), 1e-6)
    on_gain = carried | (side < np.where(before, 0.5, copies[AMPLIFIED, gain] / both))
    meanwhile = (gained < _WHILE_GAINED) & (amplified | (trunk & (not mosaic)))
    return OnAmplicon(
        here=inside & on_gain,
        haplotype=np.where(inside, np.where(on_gain, gain, 1 - gain), haplotype),
        share=np.where(before, 1.0, np.where(meanwhile, share, 0.0)),
        left=left,
    )


def _edges(tumour: Tumour, where: Axis) -> tuple[int, int] | None:
    """Return the amplicon of a tumour on the axis."""
    if tumour.biopsy.amplicon is None:
        return None
    low, high = (where.at("17", edge) for edge in tumour.biopsy.amplicon)
    return low, high

"""What the evidence says of a biopsy without the model: purity, copies, what would have shown."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from her2omics import resources
from her2omics.mechanism.likelihood import CENTRING_SD
from her2omics.mechanism.measurements import CaseEvidence
from her2omics.mechanism.rna import E0_SD, GENE_SD, SAMPLE_SD

NEIGHBOURS = ("GRB7", "MIEN1", "PGAP3", "STARD3")
DETECTION_Z = 2.326 + 1.645  # one-sided alpha .01 and power .95 of a normal test
SEEN_COPIES = 8.0  # low-level amplification whose mRNA has to stand out before RNA denies it
DOSAGE_EXPONENT, NORMAL_LEVEL = 1.6, -1.5  # prior means of b and n (docs/mechanism.md)
_Z95 = 1.96  # two-sided 95 %


@cache
def reference_sd(gene: str) -> float:
    """Return the spread (1.4826 MAD, log2) of a gene in HER2-negative tumours."""
    reference = resources.table("her2_negative_reference.tsv").set_index("gene")
    return float(reference.at[gene, "her2_negative_sd"])


@cache
def neighbours_sd() -> float:
    """Return the spread of the neighbours' median in HER2-negative tumours, log2.

    The mean of the four genes' spreads: they move together, so the median is no quieter.
    """
    return float(np.mean([reference_sd(gene) for gene in NEIGHBOURS]))


def purity_estimate(evidence: CaseEvidence, time: int) -> float | None:
    """Return the leading purity estimate of a sample, or None."""
    modes = evidence.purity[time]
    return max(modes, key=lambda mode: mode[2])[0] if modes else None


def copies_estimate(evidence: CaseEvidence, time: int) -> float | None:
    """Return mean ERBB2 copies per cancer cell at the leading purity and ploidy, else by ISH."""
    ratio, purity = evidence.get("erbb2_log2", time), purity_estimate(evidence, time)
    if ratio is not None and purity is not None:
        p = max(purity, 0.05)
        modes = evidence.ploidy[time]
        psi = max(modes, key=lambda mode: mode[2])[0] if modes else 2.0
        return float((2**ratio.value * (p * psi + 2 * (1 - p)) - 2 * (1 - p)) / p)
    counted = evidence.get("ish_copies", time)
    return None if counted is None else counted.value


def copies_interval(evidence: CaseEvidence, time: int) -> tuple[float, float] | None:
    """Return the 95 % bounds of mean ERBB2 copies per cancer cell, from log ratio and purity.

    None without a log ratio. An unknown purity or ploidy gives the widest bounds: purity .1-.95,
    ploidy 1.8-4.2.
    """
    ratio = evidence.get("erbb2_log2", time)
    if ratio is None:
        return None
    purity, ploidy = evidence.purity[time], evidence.ploidy[time]
    purities = [value + k * sd for value, sd, _ in purity for k in (-_Z95, 0, _Z95)] or [0.1, 0.95]
    ploidies = [value for value, _, _ in ploidy] or [1.8, 4.2]
    sd = np.hypot(ratio.scale(0.10), CENTRING_SD)
    bounds = []
    for p in np.clip(purities, 0.05, 1.0):
        for psi in ploidies:
            mean = p * psi + 2 * (1 - p)
            for k in (-_Z95, _Z95):
                bounds.append((2 ** (ratio.value + k * sd) * mean - 2 * (1 - p)) / p)
    return max(min(bounds), 0.0), max(max(bounds), 0.0)


def min_detectable_copies(purity: float, *, sd: float, background: float) -> float:
    """Return the fewest ERBB2 copies per cancer cell that DNA of this purity would show.

    A test of the locus against its background at alpha .01 with power .95: copies C with
    p = 2 (K - 1) / ((C - C_0) - (K - 1)(C_0 - 2)), K = 2^((z_a + z_b) sd).

    Parameters
    ----------
    purity
        Share of cells that are cancer cells.
    sd
        Standard error of the locus' log2 ratio.
    background
        C_0, copies of 17q beside the amplicon.
    """
    excess = 2.0 ** (DETECTION_Z * sd) - 1
    return background + excess * (2 / purity + background - 2)


def rna_would_show(evidence: CaseEvidence, time: int, limit: SimpleNamespace) -> bool:
    """Return whether the mRNA of a low-level amplification would stand out in a sample.

    :data:`SEEN_COPIES` copies in all cancer cells, at the model's usual dosage exponent and level
    of normal tissue, less 1.645 SD of a tumour's own level and of the measurement, against the
    limit of HER2-negative tumours. An unknown purity excludes nothing.
    """
    purity = purity_estimate(evidence, time)
    if purity is None:
        return True
    modes = evidence.ploidy[time]
    ploidy = max(modes, key=lambda mode: mode[2])[0] if modes else 2.0
    share = purity * ploidy / 2
    share = share / (share + 1 - purity)
    level = share * (SEEN_COPIES / ploidy) ** DOSAGE_EXPONENT + (1 - share) * 2**NORMAL_LEVEL
    spread = np.sqrt(E0_SD**2 + SAMPLE_SD**2 + GENE_SD**2)
    return bool(
        np.log2(level) - 1.645 * spread >= limit.erbb2_intermediate_z * reference_sd("ERBB2")
    )

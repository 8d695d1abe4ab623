"""Which candidates of a joint caller are somatic mutations.

The caller (freebayes, all samples of a patient at once) proposes every base that a few reads show.
A candidate stays if errors of its library do not explain it, at a number of false calls per patient
that is stated; if it is on both strands of the molecules, unlike damage of formalin; if its reads
are placed like those of the other base; and if the normal does not have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pysam
from scipy import stats

from her2omics.errors import InputError, Problem
from her2omics.reads.observations import BASES, Observations, alleles

#: Why a candidate is no mutation, in the order in which it is looked at.
REASONS = (
    "germline",
    "normal_unknown",
    "few_reads",
    "error",
    "damage",
    "strand",
    "ends",
    "mapping",
)
#: C>T of formalin and G>T of oxidation, on either strand.
_DAMAGED = {("C", "T"), ("G", "A"), ("G", "T"), ("C", "A")}


def read_candidates(paths: Sequence[Path]) -> pd.DataFrame:
    """Return the single-base candidates of callers' VCFs.

    Parameters
    ----------
    paths
        VCFs in which every record has one alternative allele.

    Returns
    -------
    DataFrame
        chromosome, position (1-based), ref, alt, in the order of the files, each once.

    Raises
    ------
    InputError
        If a file is no VCF.
    """
    rows = []
    for path in paths:
        try:
            with pysam.VariantFile(str(path)) as records:
                rows += [
                    (record.chrom, record.pos, record.ref.upper(), record.alts[0].upper())
                    for record in records
                    if record.alts and record.ref.upper() in BASES
                    and len(record.ref) == 1 and record.alts[0].upper() in tuple(BASES)
                ]  # fmt: skip
        except (OSError, ValueError) as error:
            message = f"is no VCF of candidates ({error}): delete it and run again"
            raise InputError(Problem(message, str(path))) from None
    frame = pd.DataFrame(rows, columns=["chromosome", "position", "ref", "alt"])
    return frame.drop_duplicates(ignore_index=True)


def judge(
    candidates: pd.DataFrame,
    tumours: Sequence[Observations],
    normals: Sequence[Observations],
    *,
    territory: int,
    limits: SimpleNamespace,
) -> pd.DataFrame:
    """Return the candidates with what decides about them.

    Parameters
    ----------
    candidates
        chromosome, position, ref, alt; N rows.
    tumours, normals
        What the reads of each sample show at them; at least one tumour.
    territory
        Base pairs that were looked at.
    limits
        Thresholds ``somatic_*`` (:func:`her2omics.thresholds.limits`).

    Returns
    -------
    DataFrame
        The candidates with ``reason`` (empty text: a somatic mutation; else the first of
        :data:`REASONS` that holds), ``alt_count`` and ``depth`` (molecules of the tumour with most
        of the mutation), ``normal_alt_count``, ``normal_depth``, ``log10_error`` (chance that
        errors show as much) and ``log10_strands`` (mutation over damage).
    """
    alt, depth = alleles(tumours)
    best = alt.argmax(axis=0) if len(candidates) else np.arange(0)
    rows = np.arange(len(candidates))
    log10_error = _error(alt, tumours)
    log10_strands = _strands(tumours)
    found = candidates.assign(
        alt_count=alt[best, rows],
        depth=depth[best, rows],
        log10_error=log10_error,
        log10_strands=log10_strands,
    )
    normal_alt, normal_depth = alleles(normals) if normals else np.zeros((2, 1, len(rows)), int)
    found["normal_alt_count"] = normal_alt.sum(axis=0)
    found["normal_depth"] = normal_depth.sum(axis=0)
    vaf = (alt / np.maximum(depth, 1)).max(axis=0, initial=0)
    germline, unknown = _in_normal(found, normals, vaf, limits)
    bases = list(zip(candidates["ref"], candidates["alt"], strict=True))
    damaged = np.array([pair in _DAMAGED for pair in bases], dtype=bool)
    tests = max(3 * territory * len(tumours), 1)
    flags = {
        "germline": germline,
        "normal_unknown": unknown,
        "few_reads": found["alt_count"].to_numpy() < limits.somatic_least_molecules,
        "error": log10_error > np.log10(limits.somatic_false_calls / tests),
        "damage": damaged & (log10_strands < limits.somatic_strands),
        "strand": _strand_bias(tumours) < limits.somatic_strand_bias,
        "ends": _end_distance(tumours) < limits.somatic_end_distance,
        "mapping": _mapping(tumours) > limits.somatic_mapping_difference,
    }
    names = np.array([*REASONS, ""], dtype=object)
    first = np.array([*(flags[name] for name in REASONS), np.ones(len(rows), dtype=bool)])
    return found.assign(reason=names[first.argmax(axis=0)])


def _in_normal(
    found: pd.DataFrame,
    normals: Sequence[Observations],
    vaf: np.ndarray,
    limits: SimpleNamespace,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which candidates the normal has, and where it cannot tell.

    A few molecules in the normal are tolerated where they are far fewer than in the tumour (tumour
    cells in the normal) and errors explain them.
    """
    if not normals:
        none = np.zeros(len(found), dtype=bool)
        return none, none
    alt, depth = found["normal_alt_count"].to_numpy(), found["normal_depth"].to_numpy()
    error = np.array([one.error.mean(axis=0) for one in normals]).max(axis=0)
    by_error = stats.binom.sf(alt - 1, depth, error) > limits.somatic_normal_error
    few = alt <= limits.somatic_normal_share * vaf * depth
    single = (alt <= 1) & few
    heterozygous = stats.binom.cdf(alt, depth, 0.5)
    unknown = heterozygous > limits.somatic_germline
    return ~(by_error | single) & (alt > 0), unknown


def _error(alt: np.ndarray, tumours: Sequence[Observations]) -> np.ndarray:
    """Return (N,) log10 of the chance that errors show as many molecules, in one sample or in all.

    Errors per site are gamma-distributed around the library's rate (shape 4: a coefficient of
    variation of one half), so that counts are negative binomial.
    """
    mean = np.array([(one.error * (one.ref + one.alt)).sum(axis=0) for one in tumours])
    shape = 4.0
    pooled = (alt.sum(axis=0), mean.sum(axis=0))
    chances = [
        stats.nbinom.logsf(count - 1, shape, shape / (shape + np.maximum(rate, 1e-12)))
        for count, rate in [*zip(alt, mean, strict=True), pooled]
    ]
    return np.min(chances, axis=0) / np.log(10)


def _strands(tumours: Sequence[Observations]) -> np.ndarray:
    """Return (N,) log10 likelihood of a mutation over that of damage of one strand.

    A mutation has one share in both orientations of a sample, damage a share of its own in one of
    them and the errors of the library in the other.
    """
    mutation = np.zeros(tumours[0].alt.shape[1])
    damage = np.zeros(tumours[0].alt.shape)
    for one in tumours:
        depth = one.alt + one.ref
        share = one.alt.sum(axis=0) / np.maximum(depth.sum(axis=0), 1)
        mutation += stats.binom.logpmf(one.alt, depth, share).sum(axis=0)
        own = stats.binom.logpmf(one.alt, depth, one.alt / np.maximum(depth, 1))
        by_error = stats.binom.logpmf(one.alt, depth, one.error)
        damage += own + by_error[::-1]
    return (mutation - damage.max(axis=0)) / np.log(10)


def _strand_bias(tumours: Sequence[Observations]) -> np.ndarray:
    """Return (N,) chance that both bases lie on the two strands as unequally (Fisher's test)."""
    alt = sum(one.alt_strand for one in tumours)
    ref = sum(one.ref_strand for one in tumours)
    return np.array(
        [
            stats.fisher_exact([alt[:, k].tolist(), ref[:, k].tolist()])[1]
            for k in range(alt.shape[1])
        ]
    )


def _end_distance(tumours: Sequence[Observations]) -> np.ndarray:
    """Return (N,) the largest distance from the ends of reads over the samples; 0 without any."""
    return np.nan_to_num([one.end_distance for one in tumours], nan=0.0).max(axis=0)


def _mapping(tumours: Sequence[Observations]) -> np.ndarray:
    """Return (N,) how much lower the mapping quality of reads with the other base is.

    The least of all samples that have reads with both bases; 0 where none has.
    """
    lower = np.array([one.ref_mapping - one.alt_mapping for one in tumours])
    least = np.nan_to_num(lower, nan=np.inf).min(axis=0)
    return np.where(np.isfinite(least), least, 0.0)

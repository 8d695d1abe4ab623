"""The copy-number profile that all tumour samples of a patient share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SEX = ("X", "Y", "MT", "M")  # chromosomes that do not enter the ploidy


@dataclass(frozen=True)
class Profile:
    """Segments shared by all tumour samples of a patient.

    Attributes
    ----------
    samples
        S tumour samples, baselines first.
    segments
        K rows in genome order: chromosome, start, end (0-based, half-open), arm (``17q``), bins.
    log2
        (S, K) log2 ratio of each segment; an additive offset per sample is free.
    se
        (S, K) its standard error.
    sigma
        (S,) noise SD of a bin, log2; NaN without bins.
    locus
        One row per sample: sample, log2, sd, bins, start, end (edges of the amplicon, NaN if there
        is no focal event), excess (log2 over the rest of 17q), background_log2, background_se,
        source (``bins``, ``segments``, ``genes``), resolved (whether an amplicon would have been
        seen), reason (why not, else empty).
    pericentromere
        One row per sample and side (``17p``, ``17q``): sample, side, log2, se, bins of the
        pericentromeric part of chromosome 17 that is not contiguous with the amplicon.
    p17
        One row per sample: sample, log2, se, bins of 17p away from the centromere, the control arm.
    erbb2_segment
        Row of the segment that holds ERBB2, None if no sample covers it.
    genes
        One row per sample and gene of chromosome 17: sample, gene, log2, se, gained.
    """

    samples: tuple[str, ...]
    segments: pd.DataFrame
    log2: np.ndarray
    se: np.ndarray
    sigma: np.ndarray
    locus: pd.DataFrame
    pericentromere: pd.DataFrame
    p17: pd.DataFrame
    genes: pd.DataFrame
    erbb2_segment: int | None = None

    def centre(self, sample: int) -> float:
        """Return the log2 ratio at which the mean linear ratio over the autosomes' length is 1.

        The ploidy is a mean over length; bins lie denser where genes do. Segments above four times
        the mean count as four times: an amplicon must not move it. 0 where nothing is measured.
        """
        log2, bins = self.log2[sample], self.segments["bins"].to_numpy(float)
        sex = self.segments["chromosome"].astype(str).isin(SEX).to_numpy()
        seen = np.isfinite(log2) & (bins > 0) & ~sex
        if not seen.any():
            return 0.0
        length = (self.segments["end"] - self.segments["start"]).to_numpy(float)
        ratio = np.minimum(2.0 ** log2[seen], 4.0)
        return float(np.log2(np.average(ratio, weights=length[seen])))


@dataclass(frozen=True)
class SegmentSnps:
    """Allele counts of heterozygous germline SNPs, by segment of a :class:`Profile`.

    Attributes
    ----------
    segment
        (N,) row of ``Profile.segments``.
    chromosome, position
        (N,) where; 1-based.
    alt, depth
        (S, N) reads with the alternative allele and all reads; NaN where not covered.
    normal_alt, normal_depth
        (N,) the same of the matched normal; NaN without one.
    tilt
        (N,) log odds by which the mapping at the site favours the alternative allele over the
        common bias, as far as the normal tells; 0 without one.
    """

    segment: np.ndarray
    chromosome: np.ndarray
    position: np.ndarray
    alt: np.ndarray
    depth: np.ndarray
    normal_alt: np.ndarray
    normal_depth: np.ndarray
    tilt: np.ndarray

"""The mutations of a patient's samples as one table, with purity and copies from copy_number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics.errors import Problem
from her2omics.readers.dna import SampleDna
from her2omics.readers.targets import inside

_Z90 = 1.6448536269514722
_ASSAYS = ("wgs", "wes", "panel")
_RENAMED = {"ref_count": "ref_counts", "alt_count": "alt_counts"}
_SHALLOW = 0.1  # quantile of the depths of listed sites that stands for the depth of unlisted ones


def study_table(
    tumours: Sequence[SampleDna],
    *,
    purity: pd.DataFrame,
    segments: pd.DataFrame,
    designs: Mapping[Path, pd.DataFrame],
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the mutations of one patient's tumours as the clusters need them.

    Parameters
    ----------
    tumours
        The patient's tumours with what was read of them.
    purity
        Table ``purity``. A sample it does not know has the ``tumour_content`` of its own file.
    segments
        Table ``copy_number_segments``: copies where a file holds no major_cn and minor_cn.
    designs
        Regions of the ``targets`` that the samples name.

    Returns
    -------
    tuple
        One row per mutation and sample, the columns of
        :func:`~her2omics.clones.observations.observations` and the place; a site without a row is
        not covered (:func:`with_absences` tells where it is absent). And the samples that are left
        out because nothing tells their purity.
    """
    parts, left_out = [], []
    counted = chosen(tumours)
    files = {dna.sample: dna.mutations.frame.rename(columns=_RENAMED) for dna in counted}
    sites = pd.concat(files.values(), ignore_index=True) if files else pd.DataFrame()
    for dna in counted:
        frame = files[dna.sample]
        known, sd, ploidy = _leading(purity, dna.sample)
        own = frame["tumour_content"].dropna()
        content = own.median() if np.isnan(known) and len(own) else known
        if not content > 0:
            message = "its mutations are left out: nothing tells the purity of the sample"
            left_out.append(Problem(message, dna.mutations.file, sample=dna.sample))
            continue
        if dna.targets in designs:
            frame = with_absences(frame, sites, design=designs[dna.targets])
        # A row with one of two counts says as little as one without any.
        frame = frame[frame["ref_counts"].notna() & frame["alt_counts"].notna()]
        here = segments[segments["sample"].eq(dna.sample)]
        copied = with_copies(frame, here, ploidy=ploidy)
        copied = copied.assign(sample_id=dna.sample, tumour_content=float(content))
        parts.append(copied.assign(tumour_content_sd=sd))
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(), left_out


def chosen(tumours: Sequence[SampleDna]) -> list[SampleDna]:
    """Return one assay per sample that has mutations: the one most samples of the patient have."""
    counted = [dna for dna in tumours if dna.mutations is not None]
    common = {assay: sum(dna.assay == assay for dna in counted) for assay in _ASSAYS}
    ranked = sorted(counted, key=lambda dna: (-common[dna.assay], _ASSAYS.index(dna.assay)))
    best: dict[str, SampleDna] = {}
    for dna in ranked:
        best.setdefault(dna.sample, dna)
    return [dna for dna in counted if best[dna.sample] is dna]


def with_absences(
    frame: pd.DataFrame, sites: pd.DataFrame, *, design: pd.DataFrame
) -> pd.DataFrame:
    """Return one sample's mutations with the sites of its design that its list of calls leaves out.

    A file without any row of zero mutated reads is a list of calls: what it does not list is absent
    inside the design, and not covered outside. The depth there is unknown; nine tenths of the
    listed sites are deeper than what is taken. A file with zeros was counted at given sites: what
    it does not list was not counted.

    Parameters
    ----------
    frame
        The sample's rows: ``mutation_id, chromosome, position, ref_counts, alt_counts``.
    sites
        The rows of all samples of the patient.
    design
        Regions, as :func:`~her2omics.readers.targets.read_targets` returns them.
    """
    depth = (frame["ref_counts"] + frame["alt_counts"]).dropna()
    if depth.empty or frame["alt_counts"].eq(0).any():
        return frame
    place = ["mutation_id", "chromosome", "position", "ref", "alt"]
    others = sites.loc[~sites["mutation_id"].isin(frame["mutation_id"]), place]
    others = others.drop_duplicates("mutation_id")
    covered = inside(
        design,
        others["chromosome"].to_numpy(object),
        others["position"].to_numpy(float, na_value=np.nan),
    )
    shallow = float(np.floor(depth.quantile(_SHALLOW)))
    absent = others[covered].assign(ref_counts=shallow, alt_counts=0.0)
    absent = absent.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
    return pd.concat([frame, absent], ignore_index=True) if len(absent) else frame


def with_copies(frame: pd.DataFrame, segments: pd.DataFrame, *, ploidy: float) -> pd.DataFrame:
    """Return one sample's mutations with the copies of their segments where the file has none.

    Where a segment's copies of the rarer haplotype are not known, one haplotype of a total C is
    taken to have the copies of the balanced genome, h = half the ploidy, rounded, and the other the
    rest; below 2 h the minor haplotype is the one that lost. A mutation outside of every segment
    keeps unknown copies.

    Parameters
    ----------
    frame
        ``chromosome, position`` (1-based), ``major_cn, minor_cn``.
    segments
        Rows of this sample: ``chromosome, start`` (0-based), ``end`` (half-open), ``copies,
        minor_copies``.
    ploidy
        Mean copies of the cancer cells; NaN: 2.
    """
    row = _segment_of(frame, segments)
    total = np.rint(_at(segments["copies"], row))
    told = _at(segments["minor_copies"], row)
    half = 1.0 if np.isnan(ploidy) else max(1.0, np.rint(ploidy / 2))
    minor = np.where(total >= 2 * half, half, np.maximum(total - half, 0.0))
    minor = np.where(np.isnan(told), minor, np.minimum(told, total // 2))
    minor = np.where(np.isnan(total), np.nan, minor)
    own = frame["major_cn"].notna() & frame["minor_cn"].notna()
    return frame.assign(
        major_cn=frame["major_cn"].where(own, total - minor),
        minor_cn=frame["minor_cn"].where(own, minor),
    )


def _segment_of(frame: pd.DataFrame, segments: pd.DataFrame) -> np.ndarray:
    """Row (n,) of the segment with known copies that holds each mutation; -1 for none."""
    out = np.full(len(frame), -1)
    place = frame["position"].to_numpy(float, na_value=np.nan) - 1
    chromosome = frame["chromosome"].to_numpy(object)
    numbered = segments.assign(row=np.arange(len(segments)))
    for name, rows in numbered[segments["copies"].notna()].groupby("chromosome", sort=False):
        rows = rows.sort_values("start", kind="stable")
        mine = np.flatnonzero((chromosome == name) & ~np.isnan(place))
        at = np.searchsorted(rows["start"].to_numpy(float), place[mine], side="right") - 1
        inside = (at >= 0) & (place[mine] < rows["end"].to_numpy(float)[at])
        out[mine[inside]] = rows["row"].to_numpy()[at[inside]]
    return out


def _at(values: pd.Series, row: np.ndarray) -> np.ndarray:
    """Return the value of each row, NaN for row -1."""
    return np.append(values.to_numpy(float, na_value=np.nan), np.nan)[row]


def _leading(purity: pd.DataFrame, sample: str) -> tuple[float, float, float]:
    """Purity, its SD and ploidy of a sample's leading solution; NaN where unknown."""
    rows = purity[purity["sample"].eq(sample) & purity["source"].ne("none")]
    if rows.empty:
        return np.nan, np.nan, np.nan
    first = rows.sort_values("mode", kind="stable").iloc[0]
    names = ["purity", "purity_low", "purity_high", "ploidy"]
    known, low, high, ploidy = pd.to_numeric(first[names]).to_numpy(float)
    return known, (high - low) / (2 * _Z90), ploidy

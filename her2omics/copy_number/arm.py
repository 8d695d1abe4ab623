"""The copy-number tables of a patient: purity, copies of ERBB2, fate of its amplification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort import bias
from her2omics.copy_number import absolute, alleles, purity, rows, tracks
from her2omics.copy_number.fit import data_of, minor_copies
from her2omics.copy_number.heterozygous import heterozygous_snps
from her2omics.copy_number.joint import joint_profile
from her2omics.copy_number.own_bias import own_tau
from her2omics.copy_number.profile import Profile, SegmentSnps
from her2omics.copy_number.transfer import JointFit, fit_patient
from her2omics.genome import Genome
from her2omics.readers.dna import PatientDna, SampleDna
from her2omics.sheets.unit_rows import LEVEL_TABLES

DRAWS = 4000
_ASSAYS = ("wgs", "wes", "panel")

Correct = Callable[[SampleDna], tuple[pd.DataFrame, float]]


@dataclass
class Rows:
    """Rows of the arm's tables, by their names."""

    purity: list[pd.DataFrame] = field(default_factory=list)
    copy_number: list[pd.DataFrame] = field(default_factory=list)
    copy_number_pairs: list[pd.DataFrame] = field(default_factory=list)
    copy_number_segments: list[pd.DataFrame] = field(default_factory=list)
    locus_bins: list[pd.DataFrame] = field(default_factory=list)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {item.name: _table(getattr(self, item.name), item.name) for item in fields(self)}


def _table(parts: list[pd.DataFrame], name: str) -> pd.DataFrame:
    parts = [part.astype(object) for part in parts if len(part)]
    if not parts:
        return tables.empty(name)
    return tables.typed(pd.concat(parts, ignore_index=True), name)


def correct_bins(dna: SampleDna, *, genome: Genome) -> tuple[pd.DataFrame, float]:
    """Return a sample's bins without the trend of GC and mappability, and the locus' tau, log2."""
    frame, gc = bias.correct(dna.bins.frame, genome=genome)
    return frame, bias.locus_tau(dna.assay, gc=gc)


def analyse(
    dna: PatientDna,
    samples: pd.DataFrame,
    cases: pd.DataFrame,
    out: Rows,
    *,
    genome: Genome,
    rng: np.random.Generator,
    correct: Correct | None = None,
) -> None:
    """Add the rows of one patient to the arm's tables.

    Parameters
    ----------
    dna
        The patient's DNA tables.
    samples, cases
        Rows of this patient in the sample sheet and in table ``pairs``.
    out
        Tables to add to.
    genome
        Build of the coordinates.
    rng
        Generator of this patient.
    correct
        Returns a sample's corrected bins and the locus' tau; GC correction alone by default.
    """
    chosen = choose(dna.tumours)
    sheet = purity.from_sheet(samples)
    priors = purity.priors_of(dna.tumours, sheet)
    mutations = {s.sample: s.mutations.frame for s in dna.tumours if s.mutations is not None}
    if not chosen:
        out.purity.append(purity.without_levels(sheet, priors, mutations))
        return
    made = [_track(sample, correct, genome) for sample in chosen]
    profile = joint_profile([t for t, _ in made], [tau for _, tau in made], genome=genome)
    snps = heterozygous_snps(
        [None if sample.snps is None else sample.snps.frame for sample in chosen],
        profile.segments,
        genome=genome,
    )
    deconvoluted = [track.deconvoluted for track, _ in made]
    fit = fit_patient(
        _without_levels(profile, deconvoluted), snps, mutations=mutations, priors=priors
    )
    by_sample = dict(zip(profile.samples, fit.samples, strict=True))
    out.purity.append(purity.with_fit(sheet, by_sample, priors, mutations))
    phased = _phased(profile, snps, fit)
    draws = _draws(profile, phased, fit, deconvoluted, rng)
    for row, (sample, (track, _)) in enumerate(zip(chosen, made, strict=True)):
        ids = {"sample": sample.sample, "patient": sample.patient}
        found = ids | rows.sample_row(profile, row, track, draws[row])
        found |= rows.haplotype_row(phased[row])
        leading = fit.samples[row].modes.iloc[0]
        minor = minor_copies(
            data_of(profile, row, snps, noise=fit.noise[row]), leading["purity"], leading["ploidy"]
        )
        segments = rows.segment_rows(
            profile, row, fit.samples[row], minor=minor, deconvoluted=track.deconvoluted
        )
        out.copy_number.append(pd.DataFrame([found]))
        out.copy_number_segments.append(segments.assign(**ids))
        out.locus_bins.append(rows.near_locus(profile, row, track, genome=genome).assign(**ids))
    place = {name: row for row, name in enumerate(profile.samples)}
    for case in cases.to_dict("records"):
        if case["baseline"] in place and case["followup"] in place:
            both = place[case["baseline"]], place[case["followup"]]
            ids = {name: case[name] for name in ("case", "patient", "baseline", "followup")}
            found = ids | rows.pair_row(profile, both, draws, deconvoluted, rng)
            out.copy_number_pairs.append(pd.DataFrame([found]))


def choose(tumours: Sequence[SampleDna]) -> list[SampleDna]:
    """Return one assay per tumour sample that has copy-number levels.

    The assay most samples of the patient have, else the richest: bins before segments before gene
    values, genomes before exomes before panels.
    """
    levelled = [dna for dna in tumours if any(getattr(dna, kind) for kind in LEVEL_TABLES)]
    counts = {assay: sum(dna.assay == assay for dna in levelled) for assay in _ASSAYS}

    def rank(dna: SampleDna) -> tuple:
        kind = next(i for i, kind in enumerate(LEVEL_TABLES) if getattr(dna, kind))
        return -counts[dna.assay], kind, _ASSAYS.index(dna.assay)

    best: dict[str, SampleDna] = {}
    for dna in levelled:
        if dna.sample not in best or rank(dna) < rank(best[dna.sample]):
            best[dna.sample] = dna
    order = {"baseline": 0, "followup": 1}
    return sorted(best.values(), key=lambda dna: order[dna.timepoint])


def _track(dna: SampleDna, correct: Correct | None, genome: Genome) -> tuple[tracks.Track, float]:
    """Return a sample's track and the locus' tau."""
    names: dict[str, Any] = {"sample": dna.sample, "assay": dna.assay, "genome": genome}
    if dna.bins is not None:
        frame, tau = correct_bins(dna, genome=genome) if correct is None else correct(dna)
        track = tracks.of_bins(frame, **names)
        return track, own_tau(track, tau, genome=genome)
    tau = bias.locus_tau(dna.assay)
    if dna.segments is not None:
        frame, kind = dna.segments.frame, dna.segments.kind
        return tracks.of_segments(frame, kind=kind, **names), tau
    values = dna.gene_cn.frame[dna.sample]
    return tracks.of_genes(values, dna.gene_cn.unit, **names), tau


def _without_levels(profile: Profile, deconvoluted: Sequence[bool]) -> Profile:
    """Return the profile with levels that a program already freed of normal cells as unknown.

    They hold no purity any more; SNPs, mutations and the program's own purity still do.
    """
    if not any(deconvoluted):
        return profile
    log2 = np.where(np.array(deconvoluted)[:, None], np.nan, profile.log2)
    return replace(profile, log2=log2)


def _phased(
    profile: Profile, snps: SegmentSnps | None, fit: JointFit
) -> list[alleles.AlleleCurves | None]:
    """Return the amplicon's allele curves of every sample, phased by the first baseline."""
    row = profile.erbb2_segment
    unknown: list[alleles.AlleleCurves | None] = [None] * len(profile.samples)
    if snps is None or row is None or not (snps.segment == row).any():
        return unknown
    own = alleles.on_segment(snps, row)
    anchor = alleles.curves(own, 0, 1, noise=fit.noise[0])
    if anchor is None:
        return unknown
    phase = alleles.phases(own, 0, alleles.excess(anchor.curve), anchor.noise)
    return [
        alleles.curves(own, sample, 1, phase=phase, noise=noise)
        for sample, noise in enumerate(fit.noise)
    ]


def _draws(
    profile: Profile,
    phased: Sequence[alleles.AlleleCurves | None],
    fit: JointFit,
    deconvoluted: Sequence[bool],
    rng: np.random.Generator,
) -> list[absolute.Draws]:
    """Return the draws of every sample."""
    purities, ploidies = fit.draws(DRAWS, rng)
    return [
        absolute.draws_of(
            profile,
            sample,
            purities[sample],
            ploidies[sample],
            rng,
            amplicon=phased[sample],
            row=0,
            deconvoluted=deconvoluted[sample],
        )
        for sample in range(len(profile.samples))
    ]

"""Purity of all samples of a patient at once: what one sample knows helps the others.

The sample with the clearest genome anchors the fit. In the others a segment keeps the anchor's
state or has changed; the share of changed segments is integrated out. Haplotypes in excess at the
anchor phase the SNPs of the others, and clonal mutations must reappear on as many copies. So a
purity of .05 can be read where the sample alone would be flat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from her2omics.copy_number import alleles, snv
from her2omics.copy_number.fit import (
    PLOIDY,
    PURITY,
    Data,
    PurityPosterior,
    basins,
    bounds,
    data_of,
    informative,
    likelihoods,
    log_prior_grid,
    posterior,
    single_loglik,
    spread,
    state_weights,
    subset,
    temper,
)
from her2omics.copy_number.profile import Profile, SegmentSnps
from her2omics.copy_number.states import States, mixtures, states, usual_prior

# Share of segments that changed between the samples, with its prior: 10 % is usual, half occurs.
_PRIVATE = ((0.1, 0.5), (0.3, 0.3), (0.5, 0.2))
# Ploidy of the other sample: that of the anchor, or doubled with all its states; SD as a share of
# the anchor's ploidy, since every change counts twice in a doubled genome.
_PLOIDY_SD, _DOUBLED_SD, _P_DOUBLED = 0.15, 0.25, 0.03
# Segments with at least this chance of being subclonal at the anchor may have any share elsewhere.
_SUBCLONAL = 0.02
_SOLUTIONS = 100  # of the anchor that are followed; one per purity and summit of ploidy
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True)
class _Solutions:
    """Solutions of the anchor: (M,) purity and ploidy, log weight, cells (P, Q) of each."""

    purity: np.ndarray
    ploidy: np.ndarray
    log_weight: np.ndarray
    cell: np.ndarray


@dataclass(frozen=True)
class JointFit:
    """Purity and ploidy of all samples of a patient, with what ties them together.

    Attributes
    ----------
    samples
        Posterior of each sample, in the order of the profile.
    anchor
        Sample with the clearest genome; the others depend on its solution.
    cell
        (P, Q) solution of the anchor that each of its cells belongs to, -1 for none.
    given
        Sample -> (M, P, Q) log weight of its purity and ploidy given each solution.
    noise
        Fitted noise of each sample's allele counts, None without SNPs.
    """

    samples: list[PurityPosterior]
    anchor: int
    cell: np.ndarray
    given: Mapping[int, np.ndarray]
    noise: tuple[alleles.AlleleNoise | None, ...]

    def draws(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """``n`` joint draws of purity and ploidy, each (S, n)."""
        weight = self.samples[self.anchor].weight
        cell = rng.choice(weight.size, size=n, p=weight.ravel())
        cells = {self.anchor: cell}
        solution = self.cell.ravel()[cell]
        for sample, table in self.given.items():
            cells[sample] = np.empty(n, dtype=int)
            for m in np.unique(solution):
                here = np.flatnonzero(solution == m)
                share = np.exp(table[m] - logsumexp(table[m])).ravel()
                cells[sample][here] = rng.choice(share.size, size=len(here), p=share)
        purity, ploidy = np.empty((2, len(self.samples), n))
        for sample, chosen in cells.items():
            row, column = np.divmod(chosen, len(PLOIDY))
            purity[sample], ploidy[sample] = spread(PURITY, row, rng), spread(PLOIDY, column, rng)
        return purity, ploidy


def fit_patient(
    profile: Profile,
    snps: SegmentSnps | None,
    *,
    mutations: Mapping[str, pd.DataFrame] | None = None,
    priors: Mapping[str, pd.DataFrame] | None = None,
) -> JointFit:
    """Joint purity fit of all tumour samples of a patient.

    Parameters
    ----------
    profile
        Segments shared by the samples.
    snps
        Heterozygous germline SNPs by segment; None without.
    mutations, priors
        By sample: mutation counts, and modes of other tools or the sheet
        (:func:`her2omics.copy_number.fit.log_prior_grid`); missing samples have none.

    """
    names = profile.samples
    counts = [_counts(profile, s, (mutations or {}).get(name)) for s, name in enumerate(names)]
    data = [data_of(profile, s, snps) for s in range(len(names))]
    noises = tuple(None if one.curves is None else one.curves.noise for one in data)
    single = [single_loglik(one) for one in data]
    data = [
        Data(d.log2, noise * d.se, d.curves) for d, (_, noise) in zip(data, single, strict=True)
    ]
    logs = [
        single[s][0]
        + log_prior_grid((priors or {}).get(name))
        + (0.0 if counts[s] is None else snv.clonal_loglik(counts[s]))
        for s, name in enumerate(names)
    ]
    if len(names) == 1:
        alone = posterior(PURITY, PLOIDY, np.exp(logs[0] - logs[0].max()), "dna")
        cells = np.zeros((len(PURITY), len(PLOIDY)), dtype=int)
        return JointFit([alone], 0, cells, {}, noises)
    anchor = int(np.argmax([_signal(one) for one in data]))
    solutions = _solutions(logs[anchor])
    phase, noise = None, data[anchor].curves
    if snps is not None and noise is not None:
        phase = alleles.phases(snps, anchor, alleles.excess(noise.curve), noise.noise)
    truth = _anchor_states(data[anchor], solutions)
    followed = {}
    for s, name in enumerate(names):
        if s == anchor:
            continue
        phased = data[s]
        if phase is not None:
            again = data_of(profile, s, snps, phase=phase, noise=noises[s])
            phased = replace(phased, curves=again.curves)
        table = _follow(data[anchor], truth, phased, solutions)
        table += (log_prior_grid((priors or {}).get(name)) - log_prior_grid(None))[None]
        table += np.log(np.diff(bounds(PURITY)))[None, :, None]
        if counts[s] is not None and counts[anchor] is not None:
            table += snv.shared_loglik(
                counts[anchor], counts[s], solutions.purity, solutions.ploidy
            )
        elif counts[s] is not None:
            table += snv.clonal_loglik(counts[s])
        followed[s] = table
    evidence = {s: logsumexp(table, axis=(1, 2)) for s, table in followed.items()}
    joint = solutions.log_weight + sum(evidence.values())
    joint = joint - logsumexp(joint)
    found = []
    for s in range(len(names)):
        if s == anchor:
            factor = np.exp(joint - solutions.log_weight)
            weight = np.exp(logs[s] - logsumexp(logs[s]))
            known = solutions.cell >= 0
            weight = np.where(known, weight * factor[solutions.cell], 0.0)
        else:
            weight = np.exp(logsumexp(followed[s] + (joint - evidence[s])[:, None, None], axis=0))
        found.append(posterior(PURITY, PLOIDY, weight, "dna"))
    return JointFit(found, anchor, solutions.cell, followed, noises)


def _counts(profile: Profile, sample: int, mutations: pd.DataFrame | None) -> pd.DataFrame | None:
    """Mutations of a sample outside 17q, where the amplicon's copies are unknown, with ``ratio``.

    The linear ratio of the segment that holds each, that of the genome's mean where none does.
    """
    if mutations is None or mutations.empty:
        return None
    counts = snv.counts_of(mutations)
    ratio = np.ones(len(counts))
    chromosome, position = (counts[name].to_numpy() for name in ("chromosome", "position"))
    levels = 2.0 ** (profile.log2[sample] - profile.centre(sample))
    for name, parts in profile.segments.groupby("chromosome", sort=False):
        here = np.flatnonzero(chromosome == str(name))
        row = np.searchsorted(parts["start"].to_numpy(), position[here] - 1, side="right") - 1
        inside = (row >= 0) & (position[here] <= parts["end"].to_numpy()[row])
        level = levels[parts.index[row]]
        ratio[here] = np.where(inside & np.isfinite(level), level, 1.0)
    counts = counts.assign(ratio=ratio)
    arm = profile.segments["arm"].eq("17q")
    if arm.any():
        start = profile.segments.loc[arm, "start"].min()
        counts = counts[~(counts["chromosome"].eq("17") & counts["position"].gt(start))]
    return counts if len(counts) else None


def _signal(data: Data) -> float:
    """How far a genome is from flat: log2 ratios and allele curves against none."""
    known = np.isfinite(data.log2)
    score = 0.0
    if known.any():
        z = (data.log2[known] - np.median(data.log2[known])) / data.se[known]
        score += float(np.minimum(z**2, 400).sum())
    if data.curves is not None:
        curve = data.curves.curve
        score += float(np.minimum(curve.max(axis=1) - curve[:, curve.shape[1] // 2], 200).sum())
    return score


def _solutions(logs: np.ndarray) -> _Solutions:
    """Solutions worth following: at each purity the summits of ploidy."""
    weight = np.exp(logs - logsumexp(logs))
    label = np.full(weight.shape, -1)
    rows = []
    for p, line in enumerate(weight):
        if line.sum() < _NEGLIGIBLE * weight.sum(axis=1).max():
            continue
        climbed = basins(line[None, :])[0]
        for summit in np.unique(climbed):
            rows.append((line[climbed == summit].sum(), p, summit))
            label[p, climbed == summit] = len(rows) - 1
    mass = np.array([row[0] for row in rows])
    order = np.argsort(-mass, kind="stable")[:_SOLUTIONS]
    order = order[mass[order] > _NEGLIGIBLE * mass.max()]
    rename = np.full(len(rows) + 1, -1)
    rename[order] = np.arange(len(order))
    chosen = [rows[k] for k in order]
    return _Solutions(
        PURITY[[row[1] for row in chosen]],
        PLOIDY[[row[2] for row in chosen]],
        np.log(mass[order] / mass[order].sum()),
        rename[label],
    )


def _anchor_states(data: Data, solutions: _Solutions) -> np.ndarray:
    """Probability (M, K, J) of each segment's state at the anchor under each solution."""
    kind = states()
    pairs = zip(solutions.purity, solutions.ploidy, strict=True)
    return np.array([state_weights(data, kind, purity, ploidy) for purity, ploidy in pairs])


def _follow(anchor: Data, truth: np.ndarray, data: Data, solutions: _Solutions) -> np.ndarray:
    """Log of likelihood x prior of ploidy (M, P, Q) of another sample, given each solution."""
    keep = informative(data) & informative(anchor)
    data, truth = subset(data, keep), truth[:, keep]
    exponent = temper(len(data.log2))
    kind = states()
    clonal = kind.clonal
    kept = np.ascontiguousarray(np.swapaxes(truth[:, :, clonal], 0, 1))  # K, M, J
    # K, M: subclonal at the anchor, free in the other sample.
    mixed = np.maximum(1 - kept.sum(axis=2), 0.0)
    only = States(kind.total[clonal], kind.minor[clonal], clonal[clonal])
    subclonal = mixed.max(axis=1) > _SUBCLONAL
    elsewhere, mixture = subset(data, subclonal), mixtures()
    prior = usual_prior(PLOIDY)
    before = solutions.ploidy[:, None]
    same = -0.5 * ((PLOIDY - before) / (_PLOIDY_SD * before)) ** 2
    doubled = -0.5 * ((PLOIDY - 2 * before) / (_DOUBLED_SD * before)) ** 2
    same = same - logsumexp(same, axis=1, keepdims=True) + np.log(1 - _P_DOUBLED)
    doubled = doubled - np.maximum(logsumexp(doubled, axis=1, keepdims=True), -20)
    doubled = doubled + np.log(_P_DOUBLED)
    out = np.empty((len(solutions.purity), len(PURITY), len(PLOIDY)))
    for row, purity in enumerate(PURITY):
        once = likelihoods(data, kind, purity, PLOIDY)[0]
        twice = likelihoods(data, only.doubled(), purity, PLOIDY)[0]
        drawn_anew = (mixture, mixture.doubled())
        anew = [likelihoods(elsewhere, each, purity, PLOIDY)[0] for each in drawn_anew]
        scale = np.maximum(once.scale, twice.scale)  # K
        scale[subclonal] = np.maximum.reduce([scale[subclonal], *(there.scale for there in anew)])
        lik = once.states() * np.exp(once.scale - scale)[:, None, None]  # K, Q, J
        lik2 = twice.states() * np.exp(twice.scale - scale)[:, None, None]
        free = (lik * prior).sum(axis=2)[:, None, :]  # K, 1, Q
        common = np.matmul(kept, np.swapaxes(lik[:, :, clonal], 1, 2))  # K, M, Q
        common2 = np.matmul(kept, np.swapaxes(lik2, 1, 2))
        total = scale.sum()
        lines = []
        for shared, there, line in zip((common, common2), anew, (same, doubled), strict=True):
            again = np.zeros_like(free)
            times = np.exp(there.scale - scale[subclonal])[:, None]
            again[subclonal] = (there.states().mean(axis=2) * times)[:, None, :]
            lines.append((shared + mixed[:, :, None] * again, line))
        parts = []
        for private, share in _PRIVATE:
            for kept_here, line in lines:
                logs = np.log((1 - private) * kept_here + private * free + 1e-300).sum(axis=0)
                parts.append(exponent * (logs + total) + np.log(share) + line)
        out[:, row] = logsumexp(parts, axis=0)
    return out

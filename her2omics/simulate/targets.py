"""Where the bins of an exome, of two cancer gene panels and of a whole genome lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from her2omics.simulate.coordinates import CHROMOSOMES, Axis

#: Protein-coding genes by chromosome, in hundreds: where exomes and panels look.
_GENES = (
    20.5, 12.5, 10.8, 7.5, 8.8, 10.5, 9.2, 6.8, 7.9, 7.3, 13.0, 10.3, 3.2, 6.1, 6.0, 8.6, 11.9,
    2.7, 14.7, 5.4, 2.3, 4.9, 8.4,
)  # fmt: skip
#: Genes of chromosome 17 that cancer panels hold, and of both panels ERBB2 most densely.
_PANEL_17 = (
    "ERBB2", "CDK12", "TP53", "NF1", "BRCA1", "BRIP1", "MAP2K4", "FLCN", "RARA", "RPTOR", "TOP2A",
    "IKZF3",
)  # fmt: skip
_EXOME_GENES, _EXOME_BINS = 6_200, 4.3  # bins of a gene beyond the first, mean
_PANEL_GENES, _PANEL_BINS = 488, 7.0
_WIDTH = (120, 600)  # base pairs of a target
_BETWEEN = (200_000, 1_500_000)  # base pairs of bins between the targets of a panel
_MARGIN = 1_000  # base pairs kept free beside a target
_WINDOW = 25_000  # base pairs of a bin of a whole genome
_CHROMOSOME_END = 100_000  # base pairs without sequence at either end
_UNREAD = 0.05  # share of whole-genome bins in repeats, left out


@dataclass(frozen=True)
class Targets:
    """Bins in genome order: chromosome (index), start, end (0-based, half-open), on_target."""

    chromosome: np.ndarray
    start: np.ndarray
    end: np.ndarray
    on_target: np.ndarray


def of(name: str, axis: Axis, *, seed: int) -> Targets:
    """Return the bins of ``wes``, ``panel``, ``panel_b`` or ``wgs``.

    ``panel_b`` shares half of its genes with ``panel``.
    """
    if name == "wgs":
        return _windows(np.random.default_rng([seed, 1]), axis)
    if name == "wes":
        rng = np.random.default_rng([seed, 2])
        genes = pd.concat([_named(axis, 4_000, 12), _genes(rng, axis, _EXOME_GENES)])
        return _exons(rng, genes, _EXOME_BINS)
    rng = np.random.default_rng([seed, 3])
    genes = _genes(rng, axis, _PANEL_GENES * 3 // 2)
    number = np.arange(len(genes)) * 2 // _PANEL_GENES
    kept = genes[(number != 2) if name == "panel" else (number != 1)]
    named = _named(axis, 2_500, 18)
    targets = _exons(rng, pd.concat([named[named["gene"].isin(_PANEL_17)], kept]), _PANEL_BINS)
    return _with_gaps(targets, axis)


def _readable(axis: Axis) -> list[list[tuple[int, int]]]:
    """Return the sequenced stretches of each chromosome."""
    out = []
    for index, name in enumerate(CHROMOSOMES):
        row = axis.genome.contigs.loc[name]
        last = int(axis.lengths[index]) - _CHROMOSOME_END
        long = (int(row["centromere_end"]), last)
        short = (_CHROMOSOME_END, int(row["centromere_start"]))
        acrocentric = name in ("13", "14", "15", "21", "22")
        out.append([long] if acrocentric else [short, long])
    return out


def _genes(rng: np.random.Generator, axis: Axis, count: int) -> pd.DataFrame:
    """Return made-up genes: chromosome (index), start, end; exons unknown (0)."""
    stretches = _readable(axis)
    share = np.array(_GENES) / sum(_GENES)
    chromosome = rng.choice(len(share), count, p=share)
    length = np.clip(np.exp(rng.normal(np.log(25_000), 0.9, count)), 2_000, 400_000).astype(int)
    start = np.empty(count, dtype=np.int64)
    for k in range(count):
        spans = stretches[chromosome[k]]
        sizes = np.array([high - low for low, high in spans], dtype=float)
        low, high = spans[rng.choice(len(spans), p=sizes / sizes.sum())]
        start[k] = rng.integers(low, max(low + 1, high - length[k]))
    return pd.DataFrame(
        {"gene": "", "chromosome": chromosome, "start": start, "end": start + length, "bins": 0}
    )


def _named(axis: Axis, spacing: int, most: int) -> pd.DataFrame:
    """Return the known genes of chromosome 17, 2 to ``most`` bins of each."""
    genes = axis.genome.genes.reset_index()
    bins = ((genes["end"] - genes["start"]) / spacing).round().clip(2, most).astype(int)
    bins = bins.where(genes["gene"].ne("ERBB2"), most)
    return genes.assign(chromosome=CHROMOSOMES.index("17"), bins=bins)[
        ["gene", "chromosome", "start", "end", "bins"]
    ]


def _exons(rng: np.random.Generator, genes: pd.DataFrame, mean: float) -> Targets:
    """Return targets inside genes, without overlaps."""
    known = genes["bins"].to_numpy()
    count = np.where(known > 0, known, 1 + rng.poisson(mean, len(genes)))
    gene = np.repeat(np.arange(len(genes)), count)
    rank = np.arange(len(gene)) - np.repeat(np.cumsum(count) - count, count)
    low, high = (genes[key].to_numpy()[gene] for key in ("start", "end"))
    # Known genes have their bins evenly spaced, others at random.
    even = (rank + 0.5) / count[gene]
    part = np.where(known[gene] > 0, even, rng.random(len(gene)))
    width = rng.integers(*_WIDTH, len(gene))
    start = (low + part * np.maximum(high - low - width, 1)).astype(np.int64)
    chromosome = genes["chromosome"].to_numpy()[gene]
    # Where bins overlap, the one of a known gene stays.
    order = np.lexsort((start, chromosome))
    keep, last, ends = [], -1, 0
    for k in order:
        if chromosome[k] != last:
            last, ends = chromosome[k], 0
        if start[k] < ends:
            if known[gene[k]] == 0 or known[gene[keep[-1]]] > 0:
                continue
            keep.pop()
        keep.append(k)
        ends = start[k] + width[k]
    keep = np.array(keep)
    return Targets(
        chromosome[keep], start[keep], start[keep] + width[keep], np.ones(len(keep), dtype=bool)
    )


def _with_gaps(targets: Targets, axis: Axis) -> Targets:
    """Return the targets and bins between them, where the gap is wide enough."""
    rows = [targets.chromosome, targets.start, targets.end, targets.on_target]
    gaps: list[tuple[int, int, int]] = []
    shortest, longest = _BETWEEN
    for chromosome, spans in enumerate(_readable(axis)):
        mine = targets.chromosome == chromosome
        for low, high in spans:
            inside = mine & (targets.start >= low) & (targets.end <= high)
            starts = np.r_[low, targets.end[inside] + _MARGIN]
            ends = np.r_[targets.start[inside] - _MARGIN, high]
            for start, end in zip(starts, ends, strict=True):
                if end - start < shortest:
                    continue
                cuts = np.linspace(start, end, int(np.ceil((end - start) / longest)) + 1)
                pairs = zip(cuts[:-1].astype(int), cuts[1:].astype(int), strict=True)
                gaps += [(chromosome, first, last) for first, last in pairs]
    between = np.array(gaps, dtype=np.int64).T
    rows = [np.r_[a, b] for a, b in zip(rows, (*between, np.zeros(len(gaps), bool)), strict=True)]
    order = np.lexsort((rows[1], rows[0]))
    return Targets(*(row[order] for row in rows))


def _windows(rng: np.random.Generator, axis: Axis) -> Targets:
    """Return the windows of a whole genome."""
    parts = []
    for chromosome, spans in enumerate(_readable(axis)):
        for low, high in spans:
            start = np.arange(-(-low // _WINDOW) * _WINDOW, high - _WINDOW + 1, _WINDOW)
            start = start[rng.random(len(start)) >= _UNREAD]
            parts.append(np.array([np.full(len(start), chromosome), start, start + _WINDOW]))
    chromosome, start, end = np.hstack(parts)
    return Targets(chromosome, start, end, np.ones(len(start), dtype=bool))

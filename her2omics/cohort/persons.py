"""Which samples of a study are of one person: table ``identity``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd

from her2omics import tables
from her2omics.cohort import identity, snp_tables
from her2omics.cohort.identity import DIFFERENT, SAME, Comparison
from her2omics.cohort.snp_tables import Frequencies, SnpTable
from her2omics.thresholds import limits

# Sites that are looked at when a sample is searched for elsewhere: those that most tables have.
_MOST_SITES = 50_000
# Weight of a site by what its two clear genotypes are (natural log of same over unrelated, at
# frequency .5); the candidates are then compared properly.
_EQUAL, _ONE_ALLELE, _OPPOSITE = 0.7, -1.5, -6.0
_CANDIDATES = 5
_UNCLEAR = 3


@dataclass(frozen=True)
class Persons:
    """All tables of a study, ready to be compared.

    Attributes
    ----------
    snps
        The tables.
    frequency
        Of the alternative alleles.
    elsewhere
        What other designs can list (:func:`her2omics.cohort.snp_tables.listed_elsewhere`).
    limit
        Thresholds.
    """

    snps: Sequence[SnpTable]
    frequency: Frequencies
    elsewhere: dict[tuple[str, str | None], np.ndarray]
    limit: SimpleNamespace

    def compare(self, a: SnpTable, b: SnpTable) -> Comparison:
        """Return whether two tables are of one person."""
        rows, _ = identity.shared(a.genotypes, b.genotypes)
        listed = None
        if identity.chosen(a.genotypes) and identity.chosen(b.genotypes):
            listed = snp_tables.shared_list(a, b, self.elsewhere)
        return identity.compare(
            a.genotypes,
            b.genotypes,
            frequency=self.frequency.at(a.genotypes.site[rows]),
            listed=listed,
            limit=self.limit,
        )


def identity_table(
    snps: Sequence[SnpTable],
    samples: Sequence[str],
    *,
    thresholds: dict[str, float] | None = None,
) -> pd.DataFrame:
    """Return table ``identity``: every pair of a patient's SNP tables compared.

    A table that differs from another one of its patient is looked for among all other patients.

    Parameters
    ----------
    snps
        The tables (:func:`her2omics.cohort.snp_tables.read_snp_tables`).
    samples
        Samples in the order of the rows: tumours before normals.
    thresholds
        The user's thresholds, if any.
    """
    persons = Persons(
        snps,
        snp_tables.frequencies(snps),
        snp_tables.listed_elsewhere(snps),
        limits(thresholds),
    )
    rank = {sample: number for number, sample in enumerate(samples)}
    by_patient: dict[str, list[int]] = {}
    for number, table in enumerate(snps):
        by_patient.setdefault(table.patient, []).append(number)
    found: dict[tuple[int, int], Comparison] = {}
    for own in by_patient.values():
        own = sorted(own, key=lambda number: (snps[number].beside, rank[snps[number].sample]))
        for first, second in combinations(own, 2):
            if _worth_comparing(snps[first], snps[second]):
                found[first, second] = persons.compare(snps[first], snps[second])
    strange = {n for pair, one in found.items() if one.call == DIFFERENT for n in pair}
    fits = _matches(persons, sorted(strange))
    rows = [_row(persons, pair, one, found, fits) for pair, one in found.items()]
    return tables.typed(pd.DataFrame(rows, columns=tables.TABLES["identity"].names), "identity")


def _worth_comparing(a: SnpTable, b: SnpTable) -> bool:
    """Return whether a pair gets a row: a normal's reads beside a tumour's belong to that file."""
    if a.beside and b.beside:
        return False
    return not b.beside or (a.sample, a.assay) == (b.sample, b.assay)


def _matches(persons: Persons, strange: Sequence[int]) -> dict[int, tuple[int, Comparison]]:
    """Return for each of these tables the one of another patient that is of the same person."""
    if not strange:
        return {}
    called = _called(persons.snps)
    patient = np.array([table.patient for table in persons.snps])
    out = {}
    for number in strange:
        columns = np.flatnonzero(called[number] != _UNCLEAR)
        score = _scores(called[number, columns], called[:, columns])
        score[patient == patient[number]] = -np.inf
        order = np.argsort(-score, kind="stable")[:_CANDIDATES]
        compared = [
            (int(other), persons.compare(persons.snps[number], persons.snps[other]))
            for other in order
            if score[other] > 0
        ]
        same = [one for one in compared if one[1].call == SAME]
        if same:
            out[number] = max(same, key=lambda one: one[1].log10_lr)
    return out


def _called(snps: Sequence[SnpTable]) -> np.ndarray:
    """Return (tables, sites) genotypes at the sites that most tables have; 3 = not clear."""
    everything = np.concatenate([table.genotypes.site for table in snps])
    site, count = np.unique(everything, return_counts=True)
    most = np.argsort(-count, kind="stable")[:_MOST_SITES]
    site = np.sort(site[most[count[most] > 1]])
    out = np.full((len(snps), len(site)), _UNCLEAR, dtype=np.uint8)
    for row, table in zip(out, snps, strict=True):
        place = np.searchsorted(site, table.genotypes.site)
        place[place == len(site)] = 0
        known = np.flatnonzero(site[place] == table.genotypes.site) if len(site) else []
        genotype = identity.called(table.genotypes)[known]
        row[place[known]] = np.where(genotype < 0, _UNCLEAR, genotype)
    return out


def _scores(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how well each row fits the genotypes of one sample (S,), others (N, S)."""
    weight = np.array([_EQUAL, _ONE_ALLELE, _OPPOSITE])
    table = np.zeros((_UNCLEAR + 1, _UNCLEAR + 1), dtype=np.float32)
    table[:3, :3] = weight[np.abs(np.subtract.outer(np.arange(3), np.arange(3)))]
    out = np.zeros(len(others), dtype=np.float32)
    for genotype in range(_UNCLEAR):
        mine = others[:, one == genotype]
        for other in range(_UNCLEAR):
            out += table[genotype, other] * (mine == other).sum(axis=1)
    return out


def _row(
    persons: Persons,
    pair: tuple[int, int],
    compared: Comparison,
    found: dict[tuple[int, int], Comparison],
    fits: dict[int, tuple[int, Comparison]],
) -> dict:
    """Return one row of table ``identity``."""
    a, b = (persons.snps[number] for number in pair)
    notes, match = [compared.note] if compared.note else [], []
    if compared.call == DIFFERENT:
        odd = [number for number in pair if _odd(number, found)]
        notes += [f"{_named(persons.snps[number])} is the one that differs" for number in odd]
        for number in odd or pair:
            table = persons.snps[number]
            if number in fits:
                other = persons.snps[fits[number][0]]
                match.append(f"{_named(table)}={_named(other)}")
                notes.append(
                    f"{_named(table)} fits {_named(other)} of patient {other.patient} instead"
                )
        if not match:
            who = _named(persons.snps[odd[0]]) if odd else "neither"
            notes.append(f"{who} fits {'no other' if odd else 'another'} patient of the sheet")
    return {
        "patient": a.patient,
        "sample_a": a.sample,
        "sample_b": None if b.beside else b.sample,
        "assay_a": a.assay,
        "assay_b": b.assay,
        "sites": compared.sites,
        "concordance": compared.concordance,
        "concordance_low": compared.concordance_low,
        "concordance_high": compared.concordance_high,
        "log10_lr": compared.log10_lr,
        "call": compared.call,
        "match": ";".join(match),
        "note": "; ".join(notes),
    }


def _named(table: SnpTable) -> str:
    return f"{table.sample}:normal" if table.beside else table.sample


def _odd(number: int, found: dict[tuple[int, int], Comparison]) -> bool:
    """Return whether a table differs from all others of its patient, which agree."""
    mine = [one.call for pair, one in found.items() if number in pair]
    if len(mine) < 2 or any(call != DIFFERENT for call in mine):
        return False
    others = {n for pair in found if number in pair for n in pair} - {number}
    agree = [one.call for pair, one in found.items() if set(pair) <= others]
    return bool(agree) and all(call == SAME for call in agree)

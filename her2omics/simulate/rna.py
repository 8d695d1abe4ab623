"""Gene counts: programme, 17q12 dosage, normal tissue, gene noise, negative binomial counting."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.simulate import amplicon, dosage, programme
from her2omics.simulate.distributions import rows_of, stream
from her2omics.simulate.scenario import Scenario

#: log2 level of normal breast tissue against tumour cells.
_NORMAL_SHIFT = {
    "KRT8": -2.0,
    "KRT18": -2.0,
    "EPCAM": -2.5,
    "PTPRC": 2.0,
    "COL1A1": 1.5,
    "VIM": 1.5,
    "ADIPOQ": 4.0,
}
_BACKGROUND_SEED = 20097  # the same genes in every cohort, so that a frozen cohort serves others
_GENE_T6 = 0.25  # scale of the t6 noise of the measured 17q12 and PAM50 genes, log2
_SHARED_NOISE = 0.2  # part of it the neighbours share
_DISPERSION = 0.005
_CHUNK = 1000
PROTOCOL_SD = 0.88  # log2, polyA against capture [measured on paired libraries]
GENE_RANGE = (400, 60000)


@dataclass(frozen=True)
class Library:
    """Samples of a matrix: ids, their rows in the latent cases, and what the laboratory did."""

    sample: list[str]
    row: np.ndarray  # index into cases
    followup: np.ndarray  # bool
    patient: np.ndarray  # integers


def library_of(cases: pd.DataFrame, part: pd.DataFrame) -> Library:
    """Return the samples of one group that have RNA (``clinical.rna_samples``) as a library."""
    row = part["row"].to_numpy()
    return Library(
        sample=part["sample"].tolist(),
        row=row,
        followup=part["followup"].to_numpy(dtype=bool),
        patient=cases["patient"].to_numpy()[row],
    )


@cache
def universe(n: int) -> pd.DataFrame:
    """Return n genes with their level and spread: the real ones needed, then background genes.

    Returns
    -------
    DataFrame
        ``gene``, ``role`` (pam50, chr17, marker, stable, background), ``level`` (log2 CPM + .5),
        ``patient_sd``, ``sample_sd`` (log2), ``normal_shift`` (log2, normal tissue over tumour).
        Background genes take symbols of the bundled gene sets first, then ``GENE00001`` on; their
        levels are log-normal. Stable genes keep the reference's spread, half of its variance
        between patients and half between samples.
    """
    if not GENE_RANGE[0] <= n <= GENE_RANGE[1]:
        raise ValueError(f"{n} genes: from {GENE_RANGE[0]} to {GENE_RANGE[1]} are possible")
    real = resources.table("her2_negative_reference.tsv").rename(
        columns={"her2_negative_median": "level", "her2_negative_sd": "sd"}
    )
    real = real[["gene", "role", "level", "sd"]]
    known = set(real["gene"]) | set(resources.table("pam50_centroids.tsv")["symbol_2009"])
    named = sorted({gene for genes in resources.gene_sets().values() for gene in genes} - known)
    count = GENE_RANGE[1] - len(real)
    rng = np.random.default_rng(_BACKGROUND_SEED)
    background = pd.DataFrame(
        {
            "gene": named + [f"GENE{k:05d}" for k in range(1, count - len(named) + 1)],
            "role": "background",
            "level": np.clip(rng.normal(2.5, 2.8, count), -0.9, 12),
            "sd": np.exp(rng.normal(np.log(0.6), 0.35, count)),
        }
    )
    frame = pd.concat([real, background], ignore_index=True)
    shift = np.where(rng.random(len(frame)) < 0.5, rng.normal(0, 1, len(frame)), 0.0)
    quiet = frame["role"].isin(["stable", "chr17", "pam50"])
    frame["normal_shift"] = np.where(quiet, 0.0, shift)
    frame["normal_shift"] = frame["gene"].map(_NORMAL_SHIFT).fillna(frame["normal_shift"])
    half = frame["sd"] / np.sqrt(2)
    frame["patient_sd"] = half.where(frame["role"].ne("marker"), 0.5 * frame["sd"])
    frame["sample_sd"] = half.clip(upper=0.45)
    return frame.drop(columns="sd").iloc[:n]


def protocol_offsets(genes: pd.DataFrame, *, seed: int) -> np.ndarray:
    """Return what another library protocol adds to each gene, log2; one value per gene."""
    return stream(seed, "protocol").normal(0, PROTOCOL_SD, len(genes))


def _pieces(cases: pd.DataFrame, library: Library, key: str) -> np.ndarray:
    before = cases[f"{key}_baseline"].to_numpy()[library.row]
    return np.where(library.followup, cases[f"{key}_followup"].to_numpy()[library.row], before)


def _programme_rows(
    cases: pd.DataFrame, library: Library, q: np.ndarray, *, seed: int, name: str
) -> dict[str, np.ndarray]:
    before, after = programme.levels(cases, seed=seed, name=name)
    usual = np.where(library.followup[:, None], after[library.row], before[library.row])
    bulk = programme.reference_level() + programme.biopsy(usual, q)
    return dict(zip(programme.genes(), bulk.T, strict=True))


def _locus_rows(
    cases: pd.DataFrame, library: Library, scenario: Scenario, *, seed: int
) -> dict[str, np.ndarray]:
    """Return log2 above the HER2-negative median of ERBB2 and the genes around it."""
    rng = stream(seed, scenario.name, "locus")
    patient = rows_of(cases["patient"].to_numpy())
    reach = amplicon.draw(cases, scenario, seed=seed)

    def sampled(baseline: np.ndarray, followup: np.ndarray) -> np.ndarray:
        return np.where(library.followup, followup[library.row], baseline[library.row])

    rows = {"ERBB2": sampled(*(dosage.erbb2_level(cases, time) for time in reach))}
    neighbours = [gene for gene in amplicon.GENES if gene != "ERBB2"]
    for gene in neighbours:
        own = rng.normal(0, 0.2, patient.max(initial=-1) + 1)[patient]
        rows[gene] = sampled(
            *(
                dosage.neighbours_level(cases, time, amplified=side.carries(gene), level=own)
                for time, side in reach.items()
            )
        )
    shared = rng.standard_t(6, len(library.row)) * _SHARED_NOISE * scenario.rna_noise
    for gene in neighbours:
        rows[gene] = rows[gene] + shared
    return rows


def count_rows(
    cases: pd.DataFrame,
    library: Library,
    scenario: Scenario,
    *,
    genes: pd.DataFrame,
    seed: int,
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield blocks of genes with their counts (genes x samples, integers).

    Parameters
    ----------
    cases
        Latent cases.
    library
        The samples: columns of the counts.
    scenario
        Noise, protocol and amplicon switches.
    genes
        :func:`universe`.
    seed
        Seed of the cohort.
    """
    q = _pieces(cases, library, "rna_share")
    fixed = _programme_rows(cases, library, q, seed=seed, name=scenario.name)
    above = _locus_rows(cases, library, scenario, seed=seed)
    level = genes.set_index("gene")["level"]
    fixed |= {gene: level[gene] + rise for gene, rise in above.items() if gene in level.index}
    # A neighbour shares part of its noise with the others already.
    scale = {gene: 0.15 if gene in above and gene != "ERBB2" else _GENE_T6 for gene in fixed}
    depth = stream(seed, scenario.name, "depth").uniform(20e6, 60e6, len(library.row))
    offsets = protocol_offsets(genes, seed=seed) if scenario.protocol_shift else None
    patients, column = np.unique(library.patient, return_inverse=True)

    for start in range(0, len(genes), _CHUNK):
        block = genes.iloc[start : start + _CHUNK]
        rng = stream(seed, scenario.name, "counts", start)
        shape = (len(block), len(library.row))
        own = (
            rng.normal(0, 1, (len(block), len(patients))) * block["patient_sd"].to_numpy()[:, None]
        )
        shift = 2.0 ** block["normal_shift"].to_numpy()[:, None] - 1
        values = block["level"].to_numpy()[:, None] + own[:, column]
        values += np.log2(1 + (1 - q) * shift)
        sd = block["sample_sd"].to_numpy() / np.sqrt(1.5)  # t6 has variance 1.5
        for index, gene in enumerate(block["gene"]):
            if gene in fixed:
                values[index], sd[index] = fixed[gene], scale[gene]
        values += rng.standard_t(6, shape) * (scenario.rna_noise * sd)[:, None]
        if offsets is not None:
            values += offsets[start : start + len(block), None] * library.followup
        cpm = np.maximum(2.0**values - 0.5, 0.01)
        mean = cpm * depth / 1e6
        mean *= rng.gamma(1 / _DISPERSION, _DISPERSION, shape)
        yield block["gene"].tolist(), rng.poisson(mean)


def write_matrix(
    blocks: Iterator[tuple[list[str], np.ndarray]], samples: list[str], path: Path
) -> Path:
    """Write genes x samples, first column ``gene``; gzip (without time) where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as raw:
        zipped = path.suffix == ".gz"
        handle = gzip.GzipFile("", "wb", 6, raw, mtime=0) if zipped else raw
        handle.write(("\t".join(["gene", *samples]) + "\n").encode())
        for names, counts in blocks:
            lines = [
                f"{name}\t" + "\t".join(map(str, row)) + "\n"
                for name, row in zip(names, counts.tolist(), strict=True)
            ]
            handle.write("".join(lines).encode())
        if zipped:
            handle.close()
    temporary.replace(path)
    return path

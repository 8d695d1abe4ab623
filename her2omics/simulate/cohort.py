"""A simulated cohort as files: the two sheets, the matrix, DNA files, the truth and a config."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import tables as declared
from her2omics.errors import InputError, Problem
from her2omics.simulate import cell_files, clinical, dna_files, rna
from her2omics.simulate import tables as cohorts
from her2omics.simulate.tables import Group


def write(
    groups: Sequence[Group],
    out: Path,
    *,
    seed: int,
    genes: int,
    modalities: Collection[str],
    ascertained: bool,
    compress: bool = False,
) -> None:
    """Write the two sheets, truth.tsv, config.yaml, the expression matrix, DNA and cell files.

    With DNA files also truth_dna.tsv and truth_mutations.tsv, with cells truth_cells.tsv and
    truth_barcodes.tsv.

    Parameters
    ----------
    groups
        :func:`her2omics.simulate.tables.draw_groups`.
    out
        Folder, made where missing.
    seed
        Seed of everything measured.
    genes
        Rows of the matrix.
    modalities
        Any of ``mixed`` and the kinds of :func:`her2omics.simulate.clinical.evidence_kinds`.
    ascertained
        Goes into config.yaml.
    compress
        Write ``expression.tsv.gz``.

    Raises
    ------
    InputError
        If a scenario differs from ``standard`` only in DNA and no DNA files are asked for.
    """
    given = [clinical.evidence_kinds(group, modalities) for group in groups]
    _refuse_without_dna(groups, given)
    out.mkdir(parents=True, exist_ok=True)
    matrix = clinical.MATRIX + (".gz" if compress else "")
    parts = clinical.rna_samples(groups, modalities)
    names = [name for part in parts for name in part["sample"]]
    if names:
        rna.write_matrix(_blocks(groups, parts, seed=seed, genes=genes), names, out / matrix)
    dna, truth = dna_files.write(groups, given, out, seed=seed)
    of_cells, cell_truth, barcodes = cell_files.write(groups, given, out, seed=seed)
    sheet = clinical.samples(groups, modalities, seed=seed)
    declared.write_text(sheet_text(sheet), out / "samples.tsv")
    declared.write_text(
        sheet_text(clinical.units(names, [dna, of_cells], matrix)), out / "units.tsv"
    )
    declared.write(cohorts.truth(groups), "truth", out)
    if len(dna):
        declared.write(truth.samples(), "truth_dna", out)
        declared.write(truth.mutations(), "truth_mutations", out)
    if len(of_cells):
        declared.write(cell_truth, "truth_cells", out)
        declared.write(barcodes, "truth_barcodes", out)
    title = "Simulated cohort: the truth is in truth.tsv."
    config = config_text(title, seed=seed, ascertained=ascertained)
    declared.write_text(config, out / "config.yaml")


def _refuse_without_dna(groups: Sequence[Group], given: Sequence[pd.DataFrame]) -> None:
    problems = [
        Problem(
            f"{group.scenario.name} differs from standard only in DNA, which is not asked for: add "
            "`--modalities rna+ish+cn+clusters`, or use `her2omics simulate evidence`",
            column="--scenario",
        )
        for group, kinds in zip(groups, given, strict=True)
        if group.scenario.dna_only and not kinds[list(dna_files.KINDS)].any(axis=None)
    ]
    if problems:
        raise InputError(problems)


def _blocks(
    groups: Sequence[Group], parts: Sequence[pd.DataFrame], *, seed: int, genes: int
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield blocks of genes over all groups, their samples side by side."""
    universe = rna.universe(genes)
    each = []
    for group, part in zip(groups, parts, strict=True):
        if part.empty:
            continue
        library = rna.library_of(group.cases, part)
        each.append(rna.count_rows(group.cases, library, group.scenario, genes=universe, seed=seed))
    for blocks in zip(*each, strict=True):
        yield blocks[0][0], np.hstack([counts for _, counts in blocks])


def sheet_text(frame: pd.DataFrame) -> str:
    """Return a sheet as it is written."""
    return frame.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n", na_rep="")


def config_text(title: str, *, seed: int, ascertained: bool) -> str:
    """Return the config of a simulated study; ``title`` says what it is and where its truth is."""
    return (
        f"# {title}\n"
        "samples: samples.tsv\n"
        "units: units.tsv\n"
        f"seed: {seed}\n"
        "# The pairs were collected because HER2 was lost.\n"
        f"ascertained: {str(ascertained).lower()}\n"
    )

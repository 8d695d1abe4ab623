"""The cohort folder: what it holds and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from her2omics import tables
from her2omics.errors import InputError, Problem

if TYPE_CHECKING:
    import anndata

EXPRESSION = "expression.h5ad"
SETTINGS = "cohort.yaml"


@dataclass(frozen=True)
class Cohort:
    """A cohort folder in memory.

    Attributes
    ----------
    folder
        Where it was read.
    expression
        Samples x genes, ``None`` without RNA. ``X``: log2 level on the scale of the bundled
        reference (log2 CPM), missing where a file lacks the gene; for unit ``log2_ratio`` the
        values as given. ``layers["counts"]``: reads, rows with ``obs["has_counts"]`` only, 0
        elsewhere. ``obs``: patient, timepoint, unit, protocol, preservation, size_factor,
        sample_sd, has_counts, strandedness; empty text = unknown. ``var`` index: gene symbols.
    reference, centring, noise
        Tables of those names; centring is ``None`` without RNA.
    settings
        ``cohort.yaml``: her2_positive_baselines, centring_rule, tau, reference,
        reference_negatives, rna_samples, genes, seed, normals (one entry per reference of normals),
        frozen_from.
    """

    folder: Path
    expression: anndata.AnnData | None
    reference: pd.DataFrame
    centring: pd.DataFrame | None
    noise: pd.DataFrame
    settings: Mapping[str, Any]

    def levels(self, samples: list[str] | None = None) -> pd.DataFrame:
        """Return log2 levels, genes x samples (float64), of these samples or of all."""
        if self.expression is None:
            return pd.DataFrame(dtype=float)
        part = self.expression if samples is None else self.expression[samples]
        return pd.DataFrame(part.X.T.astype(float), index=part.var_names, columns=part.obs_names)


def load(folder: Path | str) -> Cohort:
    """Read a cohort folder.

    Raises
    ------
    InputError
        If the folder is none, or one of its files is missing or damaged.
    """
    folder = Path(folder)
    if not (folder / SETTINGS).is_file():
        message = f"no cohort folder ({SETTINGS} is missing): run `her2omics cohort` first"
        raise InputError(Problem(message, file=str(folder)))
    settings = yaml.safe_load((folder / SETTINGS).read_text(encoding="utf-8"))
    expression = None
    if (folder / EXPRESSION).is_file():
        import anndata

        try:
            expression = anndata.read_h5ad(folder / EXPRESSION)
        except (OSError, KeyError, ValueError) as error:
            message = f"cannot be read ({error}): make the cohort again with `her2omics cohort`"
            raise InputError(Problem(message, file=str(folder / EXPRESSION))) from None
    centring = None
    if (folder / "centring.tsv").is_file():
        centring = tables.read(folder, "centring")
    return Cohort(
        folder=folder,
        expression=expression,
        reference=tables.read(folder, "reference"),
        centring=centring,
        noise=tables.read(folder, "noise"),
        settings=settings,
    )


def write_expression(expression: anndata.AnnData, folder: Path) -> None:
    """Write ``expression.h5ad`` whole: to a temporary name first; the bytes hold no time."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{EXPRESSION}.part"
    expression.write_h5ad(temporary)
    temporary.replace(folder / EXPRESSION)


def write_settings(settings: Mapping[str, Any], folder: Path) -> None:
    """Write ``cohort.yaml``, the last file of a complete cohort folder."""
    tables.write_text(yaml.safe_dump(dict(settings), sort_keys=False), folder / SETTINGS)

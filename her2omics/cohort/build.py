"""Make the cohort folder: everything that needs more than one patient, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from her2omics import resources, tables
from her2omics.cohort import reference, store
from her2omics.cohort.assemble import assemble
from her2omics.cohort.centring import platform_centring
from her2omics.cohort.inputs import read_rna, rna_units
from her2omics.cohort.protocol import like_reference
from her2omics.errors import InputError, Problem, raise_all
from her2omics.readers import units
from her2omics.sheets import clinical
from her2omics.sheets.study import Study
from her2omics.thresholds import limits

if TYPE_CHECKING:
    import anndata


def build(study: Study, out: Path) -> None:
    """Write the cohort folder of a study.

    ``pairs.tsv``, ``reference.tsv``, ``noise.tsv``, ``input_errors.tsv``, ``cohort.yaml``, and with
    RNA ``expression.h5ad`` and ``centring.tsv``. With config ``cohort_from`` reference, centring
    and the centres of the stable genes are those of that folder, so that a sample's numbers depend
    on its own file alone.

    Raises
    ------
    InputError
        With the problems of all RNA files unless ``on_bad_file`` is ``gate``, or if the frozen
        cohort has no RNA and this study has; nothing is written.
    """
    out = Path(out)
    config = study.config
    frozen = store.load(Path(config["cohort_from"])) if config["cohort_from"] else None
    if frozen is not None and frozen.centring is None and len(rna_units(study)):
        message = (
            f"{config['cohort_from']} was made without RNA, of which {study.units_file} has some: "
            "name a cohort with RNA, or leave `cohort_from` empty"
        )
        raise InputError(Problem(message, column="cohort_from"))
    read = read_rna(study)
    offsets = None if frozen is None else frozen.reference.set_index("gene")["offset"].dropna()
    made, offsets = assemble(read, study.samples, offsets=offsets)
    if config["on_bad_file"] == "stop":
        raise_all(read.problems)
    genes = _reference(study, made) if frozen is None else frozen.reference
    genes["offset"] = genes["gene"].map(offsets)
    centring, settings = (
        _centring(study, made) if frozen is None else (frozen.centring, dict(frozen.settings))
    )
    learnt = genes["source"].ne("bundled")
    settings |= {
        "reference": "cohort" if learnt.any() else "bundled",
        "reference_source": str(genes.loc[learnt, "source"].iloc[0]) if learnt.any() else "bundled",
        "rna_samples": 0 if made is None else int(made.n_obs),
        "genes": 0 if made is None else int(made.n_vars),
        "seed": int(config["seed"]),
        "frozen_from": None if frozen is None else str(config["cohort_from"]),
    }
    tables.write(study.cases, "pairs", out)
    tables.write(genes, "reference", out)
    tables.write(_noise(made), "noise", out)
    tables.write(
        pd.DataFrame(read.lost, columns=["sample", "file", "message"]), "input_errors", out
    )
    if centring is None:
        (out / tables.TABLES["centring"].filename).unlink(missing_ok=True)
    else:
        tables.write(centring, "centring", out)
    if made is None:
        (out / store.EXPRESSION).unlink(missing_ok=True)
    else:
        store.write_expression(made, out)
    store.write_settings(settings, out)


def _baselines(study: Study, made: anndata.AnnData, status: str) -> list[str]:
    """Return the baselines with levels and this reported HER2 status, in sheet order."""
    reported = clinical.reported_status(study.samples, ascertained=study.config["ascertained"])
    obs = made.obs
    chosen = obs["timepoint"].eq("baseline") & obs["size_factor"].notna()
    chosen &= reported.reindex(obs.index).eq(status)
    return list(obs.index[chosen])


def _levels(made: anndata.AnnData, genes: list[str], samples: list[str]) -> pd.DataFrame:
    present = [gene for gene in genes if gene in made.var_names]
    part = made[samples, present]
    return pd.DataFrame(part.X.T.astype(float), index=present, columns=samples)


def _reference(study: Study, made: anndata.AnnData | None) -> pd.DataFrame:
    """Return the HER2-negative reference that the config asks for.

    Raises
    ------
    InputError
        If the cohort's own is asked for and too few HER2-negative baselines share a kind of unit.
    """
    table = reference.bundled()
    if study.config["expression"]["reference"] == "bundled" or made is None:
        return table
    negatives = _baselines(study, made, "negative")
    counted = [name for name in negatives if made.obs.loc[name, "unit"] in units.COUNT_UNITS]
    others = [name for name in negatives if name not in set(counted)]
    chosen = counted if len(counted) >= len(others) else others
    own = reference.from_cohort(_levels(made, list(table["gene"]), chosen), chosen)
    if own is None:
        message = (
            f"'cohort' needs at least {reference.MIN_NEGATIVES} HER2-negative baselines with RNA "
            f"in one kind of unit, found {len(chosen)}: use 'bundled'"
        )
        raise_all([Problem(message, column="expression.reference")])
    return own


def _centring(
    study: Study, made: anndata.AnnData | None
) -> tuple[pd.DataFrame | None, dict[str, Any]]:
    """Return table ``centring`` and what it rests on."""
    rule = study.config["subtype"]["centring"]
    if made is None:
        return None, {"her2_positive_baselines": 0, "centring_rule": rule, "tau": None}
    positives = _baselines(study, made, "positive")
    tau = _tau(made.obs)
    pam50 = list(resources.table("pam50_centroids.tsv")["gene"])
    scaled = list(made.obs_names[made.obs["size_factor"].notna()])
    er = clinical.receptor_status(study.samples, "er").reindex(scaled)
    centring = platform_centring(
        _levels(made, pam50, scaled), her2_positive_baselines=positives, er=er, rule=rule, tau=tau
    )
    return centring, {
        "her2_positive_baselines": len(positives),
        "centring_rule": rule,
        "tau": tau,
    }


def _tau(obs: pd.DataFrame) -> float:
    """Return the SD expected of the platform's gene offsets: small only for a known pipeline."""
    limit = limits()
    same = like_reference(obs["protocol"], obs["preservation"], obs["unit"]).all()
    return float(limit.platform_tau_same if same else limit.platform_tau_unknown)


def _noise(made: anndata.AnnData | None) -> pd.DataFrame:
    if made is None:
        return tables.empty("noise")
    obs = made.obs.reset_index(names="sample")
    columns = [column for column in tables.TABLES["noise"].names if column in obs]
    return tables.typed(obs[columns].astype(object).where(obs[columns].notna(), None), "noise")

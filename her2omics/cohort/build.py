"""Make the cohort folder: everything that needs more than one patient, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from her2omics import genome, resources, tables
from her2omics.cohort import normals, reference, store
from her2omics.cohort.assemble import assemble
from her2omics.cohort.centring import platform_centring
from her2omics.cohort.inputs import read_rna, rna_units
from her2omics.cohort.normals import NormalInput
from her2omics.cohort.persons import identity_table
from her2omics.cohort.protocol import like_reference
from her2omics.cohort.snp_tables import SnpInput, read_snp_tables
from her2omics.errors import InputError, Problem, raise_all
from her2omics.readers import dna, units
from her2omics.sheets import clinical
from her2omics.sheets.study import Study
from her2omics.thresholds import limits

if TYPE_CHECKING:
    import anndata


def build(study: Study, out: Path) -> list[Problem]:
    """Write the cohort folder of a study.

    ``pairs.tsv``, ``reference.tsv``, ``noise.tsv``, ``identity.tsv``, ``input_errors.tsv``,
    ``cohort.yaml``, with RNA ``expression.h5ad`` and ``centring.tsv``, and with normals to learn
    from ``normals/``. With config ``cohort_from`` reference, centring, the centres of the stable
    genes and the references of normals are those of that folder, so that a sample's numbers depend
    on its own file alone; which samples are of one person is always looked at anew.

    Returns
    -------
    list of Problem
        Warnings: normals that were left out; with ``on_bad_file: gate`` also what took a reference
        of normals away.

    Raises
    ------
    InputError
        With the problems of all files unless ``on_bad_file`` is ``gate``, or if the frozen cohort
        has no RNA and this study has; nothing is written.
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
    snps, panels = _dna(study)
    if config["on_bad_file"] == "stop":
        raise_all([*read.problems, *snps.problems, *panels.problems])
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
        "normals": panels.entries(),
        "frozen_from": None if frozen is None else str(config["cohort_from"]),
    }
    tables.write(study.cases, "pairs", out)
    tables.write(genes, "reference", out)
    tables.write(_noise(made), "noise", out)
    people = identity_table(
        snps.tables, _tumours_first(study), thresholds=study.config["thresholds"]
    )
    tables.write(people, "identity", out)
    lost = [*read.lost, *snps.lost, *panels.lost]
    tables.write(tables.error_rows(lost), "input_errors", out)
    normals.write(panels, out)
    if centring is None:
        (out / tables.TABLES["centring"].filename).unlink(missing_ok=True)
    else:
        tables.write(centring, "centring", out)
    if made is None:
        (out / store.EXPRESSION).unlink(missing_ok=True)
    else:
        store.write_expression(made, out)
    store.write_settings(settings, out)
    if config["on_bad_file"] == "gate":
        panels.warnings += panels.problems
    return panels.warnings


def _dna(study: Study) -> tuple[SnpInput, NormalInput]:
    """Return the SNP tables and the references of normals, both empty without DNA."""
    if (
        dna.dna_units(study, ("snps", "bins")).empty
        and not study.config["copy_number"]["reference"]
    ):
        return SnpInput(), NormalInput()
    build = genome.of_config(study.config)
    frozen = study.config["cohort_from"]
    return (
        read_snp_tables(study, genome=build),
        normals.make(study, genome=build, frozen=normals.load(frozen) if frozen else None),
    )


def _tumours_first(study: Study) -> list[str]:
    """Return the samples in sheet order, normals last."""
    samples = study.samples
    normal = samples["timepoint"].eq("normal")
    return [*samples.loc[~normal, "sample"], *samples.loc[normal, "sample"]]


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

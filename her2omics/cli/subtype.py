"""PAM50-like subtypes and subtype switches.

Writes subtypes.tsv and switches.tsv for the patients of the sheets. Purity, for the comparison at
equal purity, comes from purity.tsv in --tables, else from the sample sheet.

One matrix can be given instead of the sheets: `her2omics subtype --matrix FILE --unit UNIT --out
DIR` writes subtypes.tsv of all its samples, centred on the bundled reference.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from her2omics import tables
from her2omics.cli.study_arguments import (
    add_study_arguments,
    chosen_patients,
    cohort_folder,
    load_config,
    load_study,
)
from her2omics.errors import InputError, Problem, one_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_study_arguments(parser)
    parser.add_argument(
        "--tables", type=Path, metavar="DIR", help="folder of purity.tsv (default: --out)"
    )
    group = parser.add_argument_group("one matrix instead of the sheets")
    group.add_argument("--matrix", type=Path, metavar="FILE", help="genes x samples")
    group.add_argument(
        "--unit", metavar="UNIT", help="counts, tpm, fpkm, log2_counts, log2_tpm or log2_ratio"
    )


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    if args.matrix is not None:
        _of_matrix(args)
    elif args.unit is not None:
        raise InputError(Problem("goes with --matrix", column="--unit"))
    else:
        _of_study(args)


def _of_matrix(args: argparse.Namespace) -> None:
    """Write subtypes.tsv of every sample of one file."""
    from her2omics.cohort import centring
    from her2omics.cohort.levels import to_levels
    from her2omics.files import read_text
    from her2omics.readers import matrix_text
    from her2omics.readers.expression import read_matrix
    from her2omics.readers.units import UNITS
    from her2omics.subtype.centroids import pam50_values, subtypes

    if args.unit not in UNITS:
        found = "missing" if args.unit is None else one_of(args.unit, UNITS)
        raise InputError(Problem(f"{found}; --matrix needs it", column="--unit"))
    config = load_config(args)
    shown = str(args.matrix)
    names = matrix_text.sample_columns(matrix_text.split(read_text(args.matrix), shown=shown))
    if not names:
        raise InputError(Problem("no column of values behind the gene ids", file=shown))
    read = read_matrix(args.matrix, columns={name: name for name in names}, unit=args.unit)
    levels, _ = to_levels(read.frame, args.unit)
    ratios = names if args.unit == "log2_ratio" else []
    centres = centring.platform_centring(
        levels,
        her2_positive_baselines=[],
        er=None,
        rule=config["subtype"]["centring"],
        tau=1.0,
    )
    found = subtypes(
        pam50_values(levels, centres, ratios=ratios),
        patients=pd.Series(names, index=names),
        seed=config["seed"],
        centring=centres["rule"].iloc[0],
        ratios=ratios,
        thresholds=config["thresholds"],
    )
    tables.write(found, "subtypes", args.out)


def _of_study(args: argparse.Namespace) -> None:
    """Write both tables for the chosen patients."""
    study = load_study(args)
    patients = chosen_patients(args, study)
    folder = cohort_folder(args, study)
    from her2omics.cohort.inputs import samples_in
    from her2omics.cohort.store import load
    from her2omics.copy_number.purity import from_sheet
    from her2omics.subtype import centroids, switch

    cohort = load(folder)
    store = cohort.expression
    names = samples_in(cohort, study, patients=patients)
    if not names:
        tables.write(tables.empty("subtypes"), "subtypes", args.out)
        tables.write(tables.empty("switches"), "switches", args.out)
        return
    obs = store.obs.loc[names]
    ratios = list(obs.index[obs["unit"].eq("log2_ratio")])
    shared = {"seed": study.config["seed"], "thresholds": study.config["thresholds"]}
    rule = cohort.centring["rule"].iloc[0]
    genes = store.var_names.intersection(cohort.centring["gene"])
    levels = pd.DataFrame(store[names, genes].X.T.astype(float), index=genes, columns=names)
    values = centroids.pam50_values(levels, cohort.centring, ratios=ratios)
    found = centroids.subtypes(
        values,
        patients=study.samples.set_index("sample")["patient"],
        centring=rule,
        ratios=ratios,
        **shared,
    )
    source = args.tables or args.out
    purity = tables.read_or_empty(source, "purity")
    if purity.empty:
        purity = from_sheet(study.samples)
    centring = cohort.centring.set_index("gene")
    changed = switch.switches(
        study.cases[study.cases["patient"].isin(patients)],
        values,
        subtypes=found,
        purity=purity,
        normal=centring["normal"] - centring["centre"],
        context=pd.DataFrame(
            {
                "protocol": obs["protocol"].astype(object),
                "preservation": obs["preservation"].astype(object),
                "unit": obs["unit"].astype(object),
                "scaled": obs["size_factor"].notna(),
            }
        ),
        co_processed=rule == "er_balanced_cohort",
        **shared,
    )
    tables.write(found, "subtypes", args.out)
    tables.write(changed, "switches", args.out)

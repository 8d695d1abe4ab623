"""Follow-up against baseline over the whole cohort: genes (differential.tsv) and gene sets
(pathways.tsv).

Within patients: pydeseq2 (~ patient + timepoint) on counts up to differential_max_pairs, above that
or without counts moderated paired differences. Fewer than three pairs: empty tables.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from her2omics.cli import study_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    study_arguments.add_study_arguments(parser, batch=False)


def run(args: argparse.Namespace) -> None:
    """Write differential.tsv and pathways.tsv to ``--out``."""
    study = study_arguments.load_study(args)
    from her2omics.expression import pathways

    given = study.config["gene_sets"]
    sets = pathways.read_gene_sets(Path(given) if given else None)
    folder = study_arguments.cohort_folder(args, study)
    import pandas as pd

    from her2omics import tables
    from her2omics.cohort import store
    from her2omics.cohort.inputs import samples_in
    from her2omics.expression import differential

    cohort = store.load(folder)
    made, names = cohort.expression, samples_in(cohort, study, patients=study.patients())
    obs = differential.paired_samples(made.obs.loc[names]) if names else pd.DataFrame()
    pairs = 0 if obs.empty else obs["patient"].nunique()
    if pairs < differential.MIN_PAIRS:
        print(
            f"her2omics differential: {pairs} pairs with RNA, at least {differential.MIN_PAIRS} "
            "are needed: the tables stay empty",
            file=sys.stderr,
        )
        genes = tables.empty("differential")
    else:
        part = made[list(obs.index)]
        levels = pd.DataFrame(part.X.T, index=part.var_names, columns=part.obs_names)
        counts = None
        if obs["has_counts"].all():
            counts = pd.DataFrame(
                part.layers["counts"].T, index=part.var_names, columns=part.obs_names
            )
        limit = study.config["differential_max_pairs"]
        print(f"her2omics differential: {pairs} pairs", file=sys.stderr)
        genes = differential.differential_table(levels, counts, obs, max_pairs=limit)
    found = pathways.pathway_table(genes, sets, seed=study.config["seed"])
    tables.write(genes, "differential", args.out)
    tables.write(found, "pathways", args.out)

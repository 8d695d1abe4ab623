"""Write a simulated cohort whose truth is known.

`simulate cohort` writes the two sheets, a gene-count matrix, DNA files (`--modalities` with cn,
clusters or segments), single cells (with cells), config.yaml and truth.tsv; `simulate evidence`
writes evidence.tsv, pairs.tsv, quality.tsv and truth.tsv (thousands of cases in seconds). Both draw
the same latent cases. `simulate reads` writes FASTQ files of the same cases on a mini genome, with
its references (DNA of normal, baseline and follow-up, and RNA; about 200,000 read pairs per
tumour). Scenarios can be mixed: `--scenario standard:0.8,purity_10:0.2`; `--scenario list` shows
them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from her2omics.errors import InputError, Problem, one_of, raise_all

_FILES = (
    "rna", "ish", "cn", "clusters", "segments", "cells", "bulk", "dna", "mixed", "clinical"
)  # fmt: skip
_BULK = ("rna", "cn", "clusters")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument(
        "level", choices=("cohort", "evidence", "reads"), help="files, evidence tables, or reads"
    )
    parser.add_argument("--cases", type=int, help="number of pairs (default 200, reads 1)")
    parser.add_argument("--seed", type=int, default=1, help="seed (default 1)")
    parser.add_argument(
        "--scenario", default="standard", help="NAME, NAME:SHARE,NAME:SHARE or `list`"
    )
    parser.add_argument("--out", type=Path, help="folder to write into")
    parser.add_argument(
        "--unselected",
        action="store_true",
        help="keep all pairs, not only those reported positive and then negative",
    )
    parser.add_argument(
        "--modalities",
        help="cohort: mixed (as drawn), clinical (sheets only), or `+`-joined rna, ish, cn "
        "(bins and SNPs), clusters (mutation counts), segments, cells (single cells), bulk "
        "(rna+cn+clusters), dna "
        "(purity in the sheet, no files), default rna+ish; evidence: mixed (default), all, bulk, "
        "or `+`-joined cn, clusters, erbb2, neighbours, programme, rna, ish, cells; reads: dna+rna "
        "(default) or one of them",
    )
    parser.add_argument(
        "--genes", type=int, default=2500, help="genes of the matrix (default 2500)"
    )
    parser.add_argument("--gz", action="store_true", help="compress the matrix")
    parser.add_argument(
        "--depth", type=float, default=80, help="reads: mean depth of the tumours (default 80)"
    )
    parser.add_argument(
        "--rna-pairs",
        type=int,
        default=1_200_000,
        help="reads: read pairs of an RNA library (default 1200000)",
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from her2omics.simulate import scenarios

    if args.scenario == "list":
        for scenario in scenarios.SCENARIOS.values():
            print(f"{scenario.name}\t{scenario.description}")
        return
    if args.out is None:
        raise InputError(Problem("is missing: name a folder to write into", column="--out"))
    if args.cases is None:
        args.cases = 1 if args.level == "reads" else 200
    if args.cases < 1:
        raise InputError(Problem(f"'{args.cases}' is not a positive number", column="--cases"))
    if args.seed < 0:
        raise InputError(Problem(f"'{args.seed}' is negative", column="--seed"))
    mixture = scenarios.parse(args.scenario)
    if args.level == "cohort":
        _cohort(args, mixture)
    elif args.level == "reads":
        _reads(args, mixture)
    else:
        _evidence(args, mixture)


def _reads(args: argparse.Namespace, mixture: list) -> None:
    from her2omics.simulate import tables
    from her2omics.simulate.reads import cohort

    words = [word.strip() for word in (args.modalities or "dna+rna").replace(",", "+").split("+")]
    problems = [
        Problem(one_of(word, cohort.KINDS), column="--modalities")
        for word in words
        if word not in cohort.KINDS
    ]
    for option, value in (("--depth", args.depth), ("--rna-pairs", args.rna_pairs)):
        if not value > 0:
            problems.append(Problem(f"'{value:g}' is not a positive number", column=option))
    raise_all(problems)
    ascertained = not args.unselected
    cohort.write(
        tables.draw_groups(args.cases, seed=args.seed, mixture=mixture, ascertained=ascertained),
        args.out,
        seed=args.seed,
        kinds=frozenset(words),
        depth=args.depth,
        rna_pairs=args.rna_pairs,
        ascertained=ascertained,
    )


def _cohort(args: argparse.Namespace, mixture: list) -> None:
    from her2omics.simulate import cohort, rna, tables

    modalities = file_modalities(args.modalities or "rna+ish")
    low, high = rna.GENE_RANGE
    if not low <= args.genes <= high:
        raise InputError(Problem(f"{args.genes} is outside {low}-{high}", column="--genes"))
    ascertained = not args.unselected
    groups = tables.draw_groups(
        args.cases, seed=args.seed, mixture=mixture, ascertained=ascertained
    )
    cohort.write(
        groups,
        args.out,
        seed=args.seed,
        genes=args.genes,
        modalities=modalities,
        ascertained=ascertained,
        compress=args.gz,
    )


def file_modalities(text: str) -> frozenset[str]:
    """Return the kinds of files asked for; ``clinical`` means the sheet only."""
    words = [word.strip() for word in text.replace(",", "+").split("+")]
    problems = [
        Problem(one_of(word, _FILES), column="--modalities") for word in words if word not in _FILES
    ]
    if problems:
        raise InputError(problems)
    return frozenset(kind for word in words for kind in (_BULK if word == "bulk" else (word,))) - {
        "clinical"
    }


def _evidence(args: argparse.Namespace, mixture: list) -> None:
    from her2omics.simulate import evidence, tables

    ascertained = not args.unselected
    kinds = evidence.parse_modalities(args.modalities or "mixed")
    groups = tables.draw_groups(
        args.cases, seed=args.seed, mixture=mixture, ascertained=ascertained
    )
    evidence.write(groups, args.out, seed=args.seed, modalities=kinds, ascertained=ascertained)

"""Gene sets over the cohort's change: preranked enrichment (gseapy) from a local file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from her2omics import resources, tables
from her2omics.errors import Problem, raise_all
from her2omics.files import read_text
from her2omics.readers import gene_ids

# The default of 15 would silently drop the 17q12 and proliferation sets.
MIN_GENES = 3
MAX_GENES = 2000
_PERMUTATIONS = 1000
_MIN_RANKED = 50


def read_gene_sets(path: Path | None) -> dict[str, list[str]]:
    """Return gene sets as name -> symbols of the gene table.

    Parameters
    ----------
    path
        A ``.gmt`` file (name, description, genes; tab-separated); ``None``: the shipped sets.

    Raises
    ------
    InputError
        With every line that is no gene set, and every name that occurs twice.
    """
    if path is None:
        sets: Mapping[str, Sequence[str]] = resources.gene_sets()
    else:
        sets = _parse_gmt(read_text(Path(path)), shown=Path(path).name)
    return {
        name: list(dict.fromkeys(gene_ids.canonical(gene for gene in genes if gene)))
        for name, genes in sets.items()
    }


def _parse_gmt(text: str, *, shown: str) -> dict[str, list[str]]:
    sets: dict[str, list[str]] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        name, *rest = [cell.strip() for cell in line.split("\t")]
        if len(rest) < 2 or not name:
            message = "not a gene set: expected name, description and genes, separated by tabs"
            problems.append(Problem(message, shown, number))
        elif name in sets:
            problems.append(Problem(f"gene set '{name}' occurs twice", shown, number))
        else:
            sets[name] = rest[1:]
    raise_all(problems)
    return sets


def pathway_table(
    differential: pd.DataFrame, sets: Mapping[str, Sequence[str]], *, seed: int
) -> pd.DataFrame:
    """Return table ``pathways``, the smallest false discovery rate first.

    Parameters
    ----------
    differential
        Table ``differential``; genes are ranked by its statistic.
    sets
        Name -> symbols; at least three measured genes each.
    seed
        Config seed.

    Returns
    -------
    DataFrame
        Empty without enough ranked genes or sets. The normalised score rests on permuted genes and
        depends on what else was measured.
    """
    ranked = differential.dropna(subset="statistic").sort_values("gene", kind="stable")
    ranked = ranked.sort_values("statistic", ascending=False, kind="stable")
    ranking = ranked.set_index("gene")["statistic"]
    measured = {name: [g for g in genes if g in ranking.index] for name, genes in sets.items()}
    usable = {
        name: genes for name, genes in measured.items() if MIN_GENES <= len(genes) <= MAX_GENES
    }
    if len(ranking) < _MIN_RANKED or not usable:
        return tables.empty("pathways")
    import gseapy

    result = gseapy.prerank(
        rnk=ranking,
        gene_sets=usable,
        min_size=MIN_GENES,
        max_size=MAX_GENES,
        permutation_num=_PERMUTATIONS,
        seed=seed % 2**31,
        threads=1,
        outdir=None,
        no_plot=True,
        verbose=False,
    ).res2d
    out = pd.DataFrame(
        {
            "gene_set": result["Term"],
            "genes": result["Term"].map(lambda name: len(usable[name])),
            "es": result["ES"],
            "nes": result["NES"],
            # So many permutations show no smaller p than one in them.
            "p": result["NOM p-val"].astype(float).clip(lower=1 / (_PERMUTATIONS + 1)),
            "q": result["FDR q-val"],
            "leading_edge": result["Lead_genes"],
        }
    )
    out = tables.typed(out, "pathways")
    return out.sort_values(["q", "p", "gene_set"], kind="stable", ignore_index=True)

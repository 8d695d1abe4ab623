"""What became of the mutations of known breast-cancer drivers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from her2omics import resources
from her2omics.clones.observations import Observations

# A mutation is there if its fraction is above the first, and gone if it is below the second, with
# the 90 % interval: what a biopsy of a hundred reads can tell. Assumption.
PRESENT, ABSENT = 0.05, 0.15
# Effects that leave the protein as it is (MAF, and the terms of the Sequence Ontology).
SILENT = frozenset(
    {
        "silent", "synonymous_variant", "intron", "intron_variant", "3'utr", "5'utr", "3'flank",
        "5'flank", "igr", "rna", "3_prime_utr_variant", "5_prime_utr_variant",
        "upstream_gene_variant", "downstream_gene_variant", "intergenic_region",
        "intergenic_variant", "non_coding_transcript_exon_variant",
    }
)  # fmt: skip
_PLACE = ["chromosome", "position", "ref", "alt"]


def drivers(
    frame: pd.DataFrame,
    mutations: pd.DataFrame,
    observed: Observations,
    pairs: Sequence[tuple[str, str, str]],
    *,
    build: str,
) -> pd.DataFrame:
    """Return one row per case and mutation of a known driver.

    Parameters
    ----------
    frame
        Mutations of the patient, with ``gene, change, effect`` where the files are annotated.
    mutations
        Table ``mutations`` of the patient.
    observed
        Reads of the same mutations: without any, a sample does not cover a mutation.
    pairs
        (case, baseline, followup).
    build
        Genome build: known hotspots have their gene from their place.

    Returns
    -------
    DataFrame
        ``case, baseline, followup, gene, change, effect, mutation_id``, ``ccf_baseline`` and
        ``ccf_followup`` with their intervals, ``fate``, ``source`` of the gene. Mutations that
        leave the protein as it is are no drivers.
    """
    named = annotated(frame, build=build)
    if named.empty or not pairs:
        return pd.DataFrame()
    covered = ~np.isnan(observed.alt + observed.ref)
    column = {name: place for place, name in enumerate(observed.samples)}
    row = {name: place for place, name in enumerate(observed.mutations)}
    ccf = mutations.set_index(["mutation_id", "sample_id"])[["ccf", "ccf_low", "ccf_high"]]
    out = []
    for case, *both in pairs:
        for mutation in named.itertuples(index=False):
            found = dict(zip(("case", "baseline", "followup"), (case, *both), strict=True))
            found |= mutation._asdict()
            seen = []
            for time, sample in zip(("baseline", "followup"), both, strict=True):
                value, low, high = ccf.loc[(mutation.mutation_id, sample)]
                if not covered[row[mutation.mutation_id], column[sample]]:
                    value = low = high = np.nan
                found |= {f"ccf_{time}": value}
                found |= {f"ccf_{time}_low": low, f"ccf_{time}_high": high}
                seen.append((low, high))
            out.append(found | {"fate": fate(*seen)})
    return pd.DataFrame(out)


def fate(before: tuple[float, float], after: tuple[float, float]) -> str:
    """Return what became of a mutation given the intervals of its fraction; NaN: not covered."""
    if np.isnan([*before, *after]).any():
        return "not_covered"
    there = [low > PRESENT for low, _ in (before, after)]
    both = zip((before, after), there, strict=True)
    gone = [high < ABSENT and not here for (_, high), here in both]
    if all(there):
        return "kept"
    if there[0] and gone[1]:
        return "lost"
    return "gained" if gone[0] and there[1] else "unclear"


def annotated(frame: pd.DataFrame, *, build: str) -> pd.DataFrame:
    """Return mutation_id, gene, change, effect and source of the mutations of known drivers."""
    wanted = frame.reindex(columns=["mutation_id", "gene", "change", "effect", *_PLACE])
    first = wanted.astype(object).groupby("mutation_id", sort=False, as_index=False).first()
    first = first.astype(object).where(first.notna(), None)
    hotspots, column = resources.table("hotspots.tsv"), f"position_{build.lower()}"
    if column in hotspots:
        keys = hotspots.rename(columns={column: "position"})[[*_PLACE, "gene", "protein"]]
        keys = keys.astype({"chromosome": str, "position": object})
        at = first[_PLACE].merge(keys, on=_PLACE, how="left").set_index(first.index)
        first["gene"] = first["gene"].where(first["gene"].notna(), at["gene"])
        first["change"] = first["change"].where(first["change"].notna(), at["protein"])
    known = resources.table("drivers.tsv").set_index("gene")["source"]
    silent = first["effect"].map(
        lambda effect: effect is not None and set(effect.lower().split("&")) <= SILENT
    )
    chosen = first[first["gene"].isin(known.index) & ~silent.astype(bool)]
    chosen = chosen[["mutation_id", "gene", "change", "effect"]]
    return chosen.assign(source=chosen["gene"].map(known)).sort_values(
        ["gene", "mutation_id"], kind="stable"
    )

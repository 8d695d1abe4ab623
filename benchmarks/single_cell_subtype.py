"""Subtypes of malignant cells when the amplicon goes and nothing else changes.

    python benchmarks/single_cell_subtype.py loss --seeds 10     scSubtype, masked and unmasked
    python benchmarks/single_cell_subtype.py pam50 COHORT TABLES sums of malignant cells, PAM50

``loss`` draws pairs of 500 + 500 malignant cells whose amplified share falls from .95 to .05 at an
unchanged programme, with amplicons of three extents, and once with a programme that does change.
``pam50`` holds the ``pam50`` of TABLES/single_cell.tsv (``her2omics single-cell``) against
COHORT/truth.tsv (``her2omics simulate cohort --modalities cells``). Seeds start at 1,000.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from her2omics import resources, tables
from her2omics.simulate import cell_files, cells
from her2omics.single_cell import subtype
from her2omics.tables import CELL_SUBTYPES

FIRST_SEED = 1000
CELLS, UMIS, DOSE, SHARE = 500, 4000.0, 10.0, (0.95, 0.05)
HER2 = CELL_SUBTYPES.index("Her2")
#: GRCh38 places of chromosome 17, in Mb: MIEN1 to GRB7 alone; PPP1R1B to PSMD3; far beyond both.
EXTENTS = {"39.6 to 39.8": (39.6, 39.8), "39.0 to 40.2": (39.0, 40.2), "38.0 to 42.0": (38.0, 42.0)}


def draw(seed: int, extent: tuple[float, float], programme_log2: float) -> tuple:
    """Return counts, genes, size and samples of a pair of malignant cells."""
    rng = np.random.default_rng(seed)
    table = cell_files.genes()
    number = len(table)
    level = table["level"].to_numpy() * np.log(2) + 0.4 * rng.standard_t(4, number)
    profile = np.exp(level) / np.exp(level).sum()
    start = table["start"] / 1e6
    carried = (table["chromosome"].eq("17") & start.between(*extent)).to_numpy()
    genes = cells.Genes(
        name=table.index.to_numpy(),
        profile=np.tile(profile, (len(cells.LINEAGES), 1)),
        loading=0.12 * rng.standard_t(4, (3, number)),
        noise=rng.uniform(0.15, 0.6, number),
        carried=carried,
    )
    free = table.index.isin(resources.gene_sets()["SCSUBTYPE_Her2E_SC"])
    free &= ~subtype.in_amplicon(table)
    parts = []
    for time, share in enumerate(SHARE):
        effect = np.zeros((2, number))
        effect[0, carried] = np.log(DOSE)
        effect[:, free] -= time * programme_log2 * np.log(2)
        clone = np.where(rng.random(CELLS) < share, 0, 1)
        sample = cells.Sample(
            lineage=np.full(CELLS, cells.MALIGNANT),
            clone=clone,
            effect=effect,
            amplified=np.array([True, False]),
            umis=UMIS,
            ambient=0.05,
            doublets=0.0,
            spread=0.35,
            batch=rng.normal(0, 0.07, number),
        )
        parts.append(cells.count(rng, genes, sample).counts)
    counts = sparse.vstack(parts, format="csr")
    outside = ~(table["chromosome"].eq("17") & start.between(37.5, 42.0)).to_numpy()
    size = np.asarray(counts @ outside.astype(float)).ravel()
    return counts, table, size, np.repeat([0, 1], CELLS)


def shares(seed: int, extent: tuple[float, float], programme_log2: float, masked: bool) -> tuple:
    """Return HER2-enriched share before and after, and whether the intervals are apart."""
    counts, table, size, sample = draw(seed, extent, programme_log2)
    found = subtype.score(
        counts,
        genes=table,
        size=size,
        sample=sample,
        malignant=np.ones(len(sample), dtype=bool),
        rng=np.random.default_rng(seed),
        masked=masked,
    )
    before, after = (subtype.shares(found, code, sample)[HER2][0] for code in (0, 1))
    return before.value, after.value, before.low > after.high or after.low > before.high


def loss(seeds: int) -> None:
    """Print the HER2-enriched share when the amplicon goes."""
    print("amplicon, Mb\tprogramme, log2\tgenes\tbefore\tafter\tchange, mean\tlargest\tapart")
    cases = [(name, extent, 0.0) for name, extent in EXTENTS.items()]
    cases.append(("39.0 to 40.2", EXTENTS["39.0 to 40.2"], 0.5))
    for name, extent, programme in cases:
        for masked in (True, False):
            rows = np.array(
                [shares(FIRST_SEED + k, extent, programme, masked) for k in range(seeds)]
            )
            change = rows[:, 1] - rows[:, 0]
            largest = change[np.abs(change).argmax()]
            print(
                name, programme, "masked" if masked else "all",
                *(f"{100 * value:.1f}" for value in (*rows[:, :2].mean(axis=0), change.mean(),
                                                     largest)),
                f"{int(rows[:, 2].sum())} of {seeds}", sep="\t", flush=True,
            )  # fmt: skip


def pam50(cohort: Path, found: Path) -> None:
    """Print how many sums of malignant cells have the tumour's subtype."""
    truth = tables.read(cohort, "truth")
    known = pd.concat(
        [
            truth.set_index(truth["case"].str.split("__").str[place])[f"subtype_{time}"]
            for place, time in enumerate(("baseline", "followup"))
        ]
    )
    rows = tables.read(found, "single_cell").set_index("sample")
    called = rows["pam50"].dropna()
    right = called == known.reindex(called.index)
    sure = rows.loc[called.index, "pam50_support"] >= 0.9
    print(f"samples {len(rows)}, called {len(called)}, right {right.mean():.2f}")
    print(f"support of .9 and more: {int(sure.sum())}, right {right[sure].mean():.2f}")
    print(f"mean support {rows['pam50_support'].mean():.2f}")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("loss", "pam50"))
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args()
    if args.part == "loss":
        loss(args.seeds)
    elif len(args.folders) != 2:
        parser.error("pam50 needs COHORT and TABLES")
    else:
        pam50(*args.folders)


if __name__ == "__main__":
    main()

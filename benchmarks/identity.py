"""How often swapped samples are found, and true pairs stopped: from files to the gate.

    python benchmarks/identity.py --cases 100 --seed 900100

Fresh seeds. Each row is a simulated cohort of one assay. In ``sample_swap`` and
``tumour_normal_swap`` the stranger is read at the sites of the patient; in ``exchanged ...`` each
patient's file is that of the next patient, with a list of sites of its own. Columns: the share of
cases with GENOTYPE_MISMATCH and with IDENTITY_UNCHECKED, the 90 % Wilson interval of the former,
and the log10 likelihood ratio of the pair of samples nearest to a wrong call.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from her2omics import genome, tables
from her2omics.cohort.persons import identity_table
from her2omics.cohort.snp_tables import read_snp_tables
from her2omics.quality.gates import quality
from her2omics.sheets.config import read_config
from her2omics.sheets.study import Study, read_study
from her2omics.simulate import cohort, scenarios
from her2omics.simulate.tables import draw_groups

_Z90 = 1.645
_NONE = ("noise", "subtypes", "switches", "input_errors", "lineage")


@dataclass(frozen=True)
class Row:
    """A scenario, its assay, whose files are exchanged, and whether the gate has to fire."""

    name: str
    scenario: str = "standard"
    assay: str = "wes"
    exchanged: tuple[str, ...] = ()
    swapped: bool = False


ROWS = (
    Row("true pairs"),
    Row("true pairs, panel", assay="panel"),
    Row("true pairs, genome", assay="wgs"),
    Row("true pairs, normal beside the tumour", "called_elsewhere"),
    Row("true pairs, half of the genome private", "private_segments_50"),
    Row("true pairs, two panels", "different_panels", assay="panel"),
    Row("tumour-tumour", "sample_swap", swapped=True),
    Row("tumour-tumour, panel", "sample_swap", assay="panel", swapped=True),
    Row("tumour-normal", "tumour_normal_swap", swapped=True),
    Row("tumour-normal, panel", "tumour_normal_swap", assay="panel", swapped=True),
    Row("follow-ups exchanged", exchanged=("followup",), swapped=True),
    Row("normals exchanged", exchanged=("normal",), swapped=True),
    Row(
        "follow-ups exchanged, panel",
        assay="panel",
        exchanged=("followup",),
        swapped=True,
    ),
)


def study_of(row: Row, folder: Path, *, cases: int, seed: int) -> Study:
    """Write a cohort with SNP files and return its study."""
    scenario = replace(scenarios.parse(row.scenario)[0][0], assay=row.assay)
    groups = draw_groups(cases, seed=seed, mixture=[(scenario, 1.0)])
    cohort.write(groups, folder, seed=seed, genes=100, modalities={"cn"}, ascertained=True)
    sheet = pd.read_csv(folder / "units.tsv", sep="\t", dtype=str)
    sheet = sheet[sheet["filetype"].eq("snps")]
    samples = pd.read_csv(folder / "samples.tsv", sep="\t", dtype=str).set_index("sample")
    for time_point in row.exchanged:
        mine = sheet["sample"].map(samples["timepoint"]).eq(time_point)
        sheet.loc[mine, "path"] = np.roll(sheet.loc[mine, "path"].to_numpy(), 1)
    sheet.to_csv(folder / "units.tsv", sep="\t", index=False)
    config = read_config(None, {})
    return read_study(folder / "samples.tsv", folder / "units.tsv", config=config)


def judge(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return tables ``identity`` and ``quality`` of a study."""
    snps = read_snp_tables(study, genome=genome.of_config(study.config))
    ordered = study.samples.sort_values(
        "timepoint", key=lambda times: times.eq("normal"), kind="stable"
    )
    people = identity_table(snps.tables, list(ordered["sample"]))
    nothing = {name: tables.empty(name) for name in _NONE}
    return people, quality(study.cases, samples=study.samples, identity=people, **nothing)


def wilson(part: float, n: int) -> tuple[float, float]:
    """Return the 90 % interval of a share."""
    centre = (part + _Z90**2 / (2 * n)) / (1 + _Z90**2 / n)
    half = _Z90 / (1 + _Z90**2 / n) * np.sqrt(part * (1 - part) / n + _Z90**2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def measured(row: Row, *, cases: int, seed: int, batch: int) -> Iterator[tuple]:
    """Yield (cases, stopped, unchecked, nearest log10 ratio, seconds) of batches of a row."""
    for done in range(0, cases, batch):
        folder = Path(tempfile.mkdtemp())
        study = study_of(row, folder, cases=min(batch, cases - done), seed=seed + done)
        started = time.process_time()
        people, found = judge(study)
        spent = time.process_time() - started
        shutil.rmtree(folder)
        count = [
            found.loc[found["code"].eq(code), "case"].nunique()
            for code in ("GENOTYPE_MISMATCH", "IDENTITY_UNCHECKED")
        ]
        wrong = people["call"].eq("different" if row.swapped else "same")
        near = people.loc[wrong, "log10_lr"].abs().min()
        yield len(study.cases), *count, near, spent


def main() -> None:
    """Print one line per row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=900_100)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    args = parser.parse_args()
    print("cohort\tcases\tmismatch\tlow\thigh\tunchecked\tnearest_log10_lr\tcpu_seconds_per_case")
    for number, row in enumerate(ROWS):
        if args.only not in row.name:
            continue
        seed = args.seed + 1000 * number
        parts = list(measured(row, cases=args.cases, seed=seed, batch=args.batch))
        n, stopped, unchecked, _, spent = map(sum, zip(*parts, strict=True))
        low, high = wilson(stopped / n, n)
        near = min(part[3] for part in parts)
        print(
            f"{row.name}\t{n}\t{stopped / n:.4f}\t{low:.4f}\t{high:.4f}\t{unchecked / n:.4f}"
            f"\t{near:.1f}\t{spent / n:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

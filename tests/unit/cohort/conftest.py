"""A small RNA study on disk (counts around the reference's medians), and bins of normals."""

import numpy as np
import pandas as pd
import pytest

from her2omics import genome, resources
from her2omics.readers.bins import COLUMNS
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study

MEDIANS = resources.table("her2_negative_reference.tsv").set_index("gene")["her2_negative_median"]


@pytest.fixture
def counts():
    """Return a function: counts of the reference's genes, one column per sample."""

    def make(samples, *, erbb2=4.0, spread=0.3, seed=1):
        columns = {}
        for name in samples:
            # A sample's counts depend on its name alone, whoever else is there.
            rng = np.random.default_rng([seed, *name.encode()])
            level = MEDIANS + rng.normal(0, spread, len(MEDIANS))
            level["ERBB2"] = MEDIANS["ERBB2"] + erbb2
            columns[name] = rng.poisson(np.exp2(level) * rng.uniform(20, 80))
        return pd.DataFrame(columns, index=MEDIANS.index).astype(float)

    return make


@pytest.fixture
def rna_study(tmp_path, counts):
    """Return a function that writes sheets and one matrix of pairs, and reads the study."""

    def make(pairs=3, *, matrix=None, folder="study", sheet=None, unit="counts", **overrides):
        root = tmp_path / folder
        root.mkdir()
        samples = [f"P{index}_{time}" for index in range(pairs) for time in "BF"]
        frame = pd.DataFrame(
            {
                "patient": [name[:-2] for name in samples],
                "sample": samples,
                "timepoint": ["baseline", "followup"] * pairs,
                "setting": ["", "metastasis"] * pairs,
                "her2_status": ["positive", "negative"] * pairs,
            }
        ).assign(**(sheet or {}))
        frame.to_csv(root / "samples.tsv", sep="\t", index=False)
        values = counts(samples) if matrix is None else matrix
        values.to_csv(root / "matrix.tsv", sep="\t", index_label="gene")
        pd.DataFrame(
            {
                "sample": samples,
                "assay": "rna",
                "filetype": "matrix",
                "unit": unit,
                "path": "matrix.tsv",
            }
        ).to_csv(root / "units.tsv", sep="\t", index=False)
        config = read_config(None, overrides)
        return read_study(root / "samples.tsv", root / "units.tsv", config=config)

    return make


@pytest.fixture(scope="session")
def grch38():
    return genome.load("GRCh38")


@pytest.fixture(scope="session")
def design(grch38):
    """Return bins of 500 kb, of 20 kb around ERBB2, and three patterns that normals share."""
    rows = []
    for chromosome in genome.CHROMOSOMES[:23]:
        length = int(grch38.contigs.loc[chromosome, "length"])
        rows += [(chromosome, start, start + 500_000) for start in range(0, length, 500_000)]
    rows = [row for row in rows if not (row[0] == "17" and 39_000_000 <= row[1] < 40_500_000)]
    rows += [("17", start, start + 20_000) for start in range(39_000_000, 40_500_000, 20_000)]
    bins = pd.DataFrame(rows, columns=["chromosome", "start", "end"])
    place = bins["chromosome"].map({c: k for k, c in enumerate(genome.CHROMOSOMES)})
    bins = bins.iloc[np.lexsort((bins["start"], place))].reset_index(drop=True)
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 1, (3, len(bins)))
    smooth = np.stack([np.convolve(row, np.ones(7) / 7, "same") for row in noise])
    return bins, smooth / smooth.std(axis=1, keepdims=True)


@pytest.fixture(scope="session")
def bins_of(design):
    """Return a function: bins of a normal, or with events ``{(chromosome, start, end): log2}``."""

    def make(seed, *, events=(), noise=0.1, pattern=0.04):
        bins, patterns = design
        rng = np.random.default_rng(seed)
        log2 = rng.normal(0, noise, len(bins)) + pattern * rng.normal(size=len(patterns)) @ patterns
        for (chromosome, start, end), change in dict(events).items():
            inside = bins["chromosome"].eq(chromosome) & bins["start"].between(start, end - 1)
            log2 = log2 + change * inside
        frame = bins.assign(log2=log2)
        return frame.reindex(columns=list(COLUMNS))

    return make

"""A small RNA study on disk: the genes of the reference, counts around its medians."""

import numpy as np
import pandas as pd
import pytest

from her2omics import resources
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

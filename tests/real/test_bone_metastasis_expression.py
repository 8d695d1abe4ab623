"""ERBB2 in real RNA: technical replicates do not change, IHC-positive tumours stand out.

Needs ``HER2OMICS_REAL_DATA``, a folder with ``bone_metastasis_pairs`` (Priedigkeit 2017, JCI
Insight) and ``tcga_her2_counts``. Nothing is tuned on these.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.cohort import store
from her2omics.cohort.build import build
from her2omics.copy_number import purity
from her2omics.expression.erbb2 import pair_table
from her2omics.expression.levels import expression_table
from her2omics.sheets.config import read_config
from her2omics.sheets.study import read_study

ROOT = os.environ.get("HER2OMICS_REAL_DATA")
pytestmark = pytest.mark.skipif(not ROOT, reason="HER2OMICS_REAL_DATA is not set")

FFPE = [(f"BP{number}", f"BPF{number}") for number in (29, 51, 68, 72)]
DECALCIFIED = [("22M", "22M-DECAL"), ("BM03", "BM03-DECAL"), ("BM08", "BM08-DECAL")]


def data(*parts):
    return Path(ROOT).joinpath("bone_metastasis_pairs", *parts)


def measure(folder, samples, matrix):
    """Return tables expression and expression_pairs of a sample sheet on one count matrix."""
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
    pd.DataFrame(
        {
            "sample": samples["sample"],
            "assay": "rna",
            "filetype": "matrix",
            "unit": "counts",
            "path": str(matrix),
            "column": samples.get("x_column", samples["sample"]),
        }
    ).to_csv(folder / "units.tsv", sep="\t", index=False)
    config = read_config(None, {})
    study = read_study(folder / "samples.tsv", folder / "units.tsv", config=config)
    build(study, folder / "cohort")
    cohort = store.load(folder / "cohort")
    obs, levels = cohort.expression.obs, cohort.levels()
    single = expression_table(levels, obs, cohort.reference)
    shares = purity.from_sheet(study.samples)
    paired = pair_table(study.cases, levels, obs, single, shares, cohort.reference, seed=1)
    return single.set_index("sample"), paired.set_index("case")


def pairs_sheet(pairs):
    rows = [
        (f"R{index}", sample, time)
        for index, pair in enumerate(pairs)
        for sample, time in zip(pair, ("baseline", "followup"), strict=True)
    ]
    return pd.DataFrame(rows, columns=["patient", "sample", "timepoint"])


def auc(score, positive):
    """Return the share of (positive, negative) pairs in the right order."""
    wins = score[positive].to_numpy()[:, None] - score[~positive].to_numpy()[None, :]
    return float((wins > 0).mean() + 0.5 * (wins == 0).mean())


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    sheet = pd.read_csv(data("sampleTable_11pairs.tsv"), sep="\t", dtype=str)
    samples = pd.DataFrame(
        {
            "patient": "P" + sheet["Patient"],
            "sample": sheet["Sample"],
            "timepoint": sheet["Tumor"].map({"primary": "baseline", "metastasis": "followup"}),
            "setting": sheet["Tumor"].map({"primary": "", "metastasis": "metastasis"}),
            # Not known of these tumours; without it no pair could be called `down` at all.
            "tumour_content": "0.6",
        }
    )
    folder = tmp_path_factory.mktemp("pairs")
    return measure(folder, samples, data("qorts_gene_counts_39samples.tsv.gz"))


@pytest.mark.parametrize("replicates", [FFPE, DECALCIFIED], ids=["ffpe", "decalcified"])
def test_technical_replicates_do_not_change(replicates, tmp_path):
    _, paired = measure(
        tmp_path, pairs_sheet(replicates), data("qorts_gene_counts_39samples.tsv.gz")
    )
    assert paired["erbb2_log2fc"].abs().max() <= 0.35
    assert set(paired["call"]) == {"stable"}
    inside = paired["erbb2_log2fc_low"].le(0) & paired["erbb2_log2fc_high"].ge(0)
    assert inside.all()


def test_no_real_pair_is_called_down(pairs):
    _, paired = pairs
    assert not paired["call"].eq("down").any()


def test_baselines_confirmed_by_mrna_are_those_known(pairs):
    """60P is ERBB2-high, 43P and 44P intermediate, 48P at the threshold, the rest below."""
    single, _ = pairs
    baselines = single[single.index.str.endswith("P")]
    high = baselines["erbb2_z"].ge(3) | baselines["erbb2_above_reference"].ge(2.5)
    assert set(baselines.index[high]) == {"60P"}
    silent = baselines["erbb2_z"].lt(1.5) & baselines["neighbours_z"].lt(1.5)
    assert set(baselines.index[silent]) >= {"17P", "19P", "22P", "31P", "34P", "55P", "A25P"}
    assert not silent[["60P", "43P", "44P"]].any()


def test_all_four_neighbours_are_measured(pairs):
    single, _ = pairs
    assert single["neighbours_used"].eq(4).all()


def test_erbb2_separates_her2_positive_primaries(tmp_path):
    sheet = pd.read_csv(data("sampleTable_21primaries.tsv"), sep="\t", dtype=str)
    samples = pd.DataFrame(
        {"patient": sheet["Sample"], "sample": sheet["Sample"], "timepoint": "baseline"}
    )
    single, _ = measure(tmp_path, samples, data("salmon_counts_21primaries.tsv.gz"))
    positive = pd.Series(sheet["HER2.Status"].eq("Pos").to_numpy(), index=sheet["Sample"])
    assert auc(single["erbb2_z"], positive) >= 0.95
    assert auc(single["neighbours_z"], positive) >= 0.8


def test_erbb2_separates_her2_positive_tcga_tumours_as_far_as_ihc_allows(tmp_path):
    """These sixty tumours made the reference: this checks the path from file to level, not z."""
    folder = Path(ROOT) / "tcga_her2_counts"
    matrix = folder / "HER2_TCGA_RNAseq.tsv.gz"
    columns = pd.read_csv(matrix, sep="\t", nrows=0).columns[1:]
    status = pd.read_csv(folder / "Sample_labels.txt", sep="\t", dtype=str)
    status = status.drop_duplicates("sample").set_index("sample")
    samples = pd.DataFrame(
        {
            "patient": columns.str.replace(".", "-", regex=False),
            "sample": columns.str.replace(".", "-", regex=False),
            "timepoint": "baseline",
            "x_column": columns,
        }
    )
    single, _ = measure(tmp_path, samples, matrix)
    positive = status["HER2"].reindex(single.index).eq("Positive")
    assert positive.sum() == 30
    # Half of IHC-positive tumours are mRNA-high, and practically no negative one is.
    assert auc(single["erbb2_z"], positive) >= 0.75
    assert single.loc[positive, "erbb2_z"].ge(3).mean() == pytest.approx(0.5, abs=0.1)
    assert single.loc[~positive, "erbb2_z"].ge(3).sum() <= 1
    negatives = single.loc[~positive, "erbb2_above_reference"]
    assert abs(negatives.median()) < 0.05
    assert single["sample_sd"].median() == pytest.approx(0.25, abs=0.05)


def test_differences_of_all_replicates_have_the_sd_of_the_threshold(tmp_path):
    _, paired = measure(
        tmp_path, pairs_sheet(FFPE + DECALCIFIED), data("qorts_gene_counts_39samples.tsv.gz")
    )
    spread = float(np.sqrt((paired["erbb2_log2fc"] ** 2).mean()))
    assert spread == pytest.approx(0.22, abs=0.06)
    assert (
        tables.typed(paired.reset_index(), "expression_pairs")["null_sd"].between(0.3, 0.95).all()
    )

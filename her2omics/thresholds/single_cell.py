"""Thresholds of the single cells."""

from __future__ import annotations

from her2omics.thresholds.threshold import ASSUMED, Threshold

_DOSE = "docs/single_cell_dose.md"
_TRUNK_SHARED = "simulated files: normal -.10-.25, clones .38-.97 (24 patients)"

SINGLE_CELL: dict[str, Threshold] = {
    # --- dose of single cells
    "single_cell_share_fall": Threshold(
        0.2, "share of malignant cells", "a smaller fall of the amplified share is none", ASSUMED
    ),
    "single_cell_output_ratio": Threshold(
        0.5, "ratio", "ERBB2 output per dose, or dose, at least halved", ASSUMED
    ),
    "single_cell_probability": Threshold(
        0.9, "probability", "posterior of a called fall, of share or of output", ASSUMED
    ),
    "single_cell_min_amplified": Threshold(
        15.0, "cells", "fewer amplified cells carry no output ratio", ASSUMED
    ),
    "single_cell_anchor_cells": Threshold(
        20.0, "cells", "normal epithelium that tells the tumour's diploid level", ASSUMED
    ),
    "single_cell_anchor_share": Threshold(
        0.2,
        "share of malignant cells",
        "amplified and neutral cells, in a sample or in all together, tell the diploid level",
        _DOSE,
    ),
    "single_cell_none_share": Threshold(
        0.15,
        "share of malignant cells",
        "a sample whose amplified share is surely below it has next to none",
        ASSUMED,
    ),
    "single_cell_some_share": Threshold(
        0.05,
        "share of malignant cells",
        "fewer amplified cells tell no dose that others can rest on",
        ASSUMED,
    ),
    "single_cell_dose_anchored": Threshold(
        5.0, "fold", "least dose of a share where the diploid level is known", _DOSE
    ),
    "single_cell_dose_beside": Threshold(
        4.0, "fold", "least dose beside a sample of the patient whose dose is clear", _DOSE
    ),
    "single_cell_dose_free": Threshold(
        12.0, "fold", "dose that no diploid level explains away", _DOSE
    ),
    "single_cell_dose_same": Threshold(
        8.0, "fold", "least dose of two samples that say that nothing changed", _DOSE
    ),
    "single_cell_same_dose": Threshold(
        1.33,
        "ratio",
        "doses as near as this have not changed",
        _DOSE,
    ),
    # --- single cells
    "cell_least_umis": Threshold(
        200.0, "UMIs", "fewer molecules are an empty drop", "10x: soup holds some tens"
    ),
    "cell_largest_barcodes": Threshold(
        3_000.0,
        "barcodes",
        "of an unfiltered matrix, those among which the depth of cells is looked for",
        "Cell Ranger's default of expected cells",
    ),
    "cell_known_genes": Threshold(
        0.2, "share of genes", "fewer that the gene table knows are not human genes", ASSUMED
    ),
    "cell_human_share": Threshold(
        0.90, "share of UMIs", "human molecules of a human cell in a mixed matrix", "10x barnyard"
    ),
    "cell_repeats": Threshold(
        0.2,
        "share of cells",
        "more cells with the barcode and the molecules of another one are the same cells",
        ASSUMED,
    ),
    "lineage_probability": Threshold(
        0.90, "probability", "a cell below it is of unknown lineage", ASSUMED
    ),
    "doublet_log_lr": Threshold(
        5.0,
        "natural log likelihood ratio",
        "two lineages in one drop against either alone, 150 to 1",
        ASSUMED,
    ),
    "cell_mads": Threshold(
        5.0,
        "median absolute deviations",
        "molecules and genes of a cell within a sample's own spread, as log1p",
        "scverse best practices",
    ),
    "cell_mitochondrial_mads": Threshold(
        4.0, "median absolute deviations", "... and its mitochondrial share, upwards", ASSUMED
    ),
    "cell_mitochondrial_least": Threshold(
        0.15, "share of UMIs", "a smaller mitochondrial share is no dying cell", ASSUMED
    ),
    "cell_mitochondrial_most": Threshold(0.50, "share of UMIs", "a larger one always is", ASSUMED),
    "ambient_share_default": Threshold(
        0.05, "share of UMIs", "ambient share where no cell can tell it", "10x: .02-.1 of tissue"
    ),
    "ambient_least_cells": Threshold(
        20.0, "cells", "non-epithelial cells that tell the ambient share", ASSUMED
    ),
    "reference_least_cells": Threshold(
        20.0, "cells", "fewer non-epithelial cells are no reference of copy number", ASSUMED
    ),
    "few_malignant_cells": Threshold(
        50.0, "cells", "fewer malignant cells tell no share of amplified ones", ASSUMED
    ),
    "cell_share_sd": Threshold(
        0.02,
        "share of malignant cells",
        "error of a sample's amplified share beyond its interval: real cells differ",
        "docs/single_cell_dose.md",
    ),
    "cell_baseline_least_share": Threshold(
        0.10,
        "share of malignant cells",
        "a HER2-positive baseline surely below it is one whose dose the neighbours do not tell",
        ASSUMED,
    ),
    "cell_output_sd": Threshold(
        0.25, "log2", "least SD of a gene's mRNA between two biopsies of a tumour", ASSUMED
    ),
    "malignant_burden": Threshold(
        0.085,
        "natural log of expression over normal cells",
        "burden of a group of cells that is malignant with probability .5",
        "simulated files: normal epithelium 0-.07, tumours .10-.34 (24 patients)",
    ),
    "malignant_burden_step": Threshold(
        0.006,
        "natural log of expression over normal cells",
        "step of that probability",
        "simulated files, as above",
    ),
    "second_tumour_burden": Threshold(
        0.105,
        "natural log of expression over normal cells",
        "burden of cells without the tumour's copies that are another tumour, probability .5",
        "simulated files: normal epithelium that was parted 0-.092",
    ),
    "second_tumour_share": Threshold(
        0.1,
        "share of epithelial cells",
        "a biopsy with fewer cells of the first tumour may be of another",
        ASSUMED,
    ),
    "normal_part_burden": Threshold(
        0.15,
        "natural log of expression over normal cells",
        "burden of a part of the epithelial cells that is as likely normal as it holds a clone",
        "simulated tumours of two kinds: normal epithelium 0-.13, a clone among it .10-.24",
    ),
    "normal_part_burden_step": Threshold(
        0.02, "natural log of expression over normal cells", "step of that probability", ASSUMED
    ),
    "normal_axis_sd": Threshold(
        2.0,
        "SD",
        "normal and malignant epithelial cells are two groups this far apart on an axis of copies",
        "simulated files: parts of normal and malignant cells are 2.1-7.4 apart (24 patients)",
    ),
    "normal_trunk": Threshold(
        0.07,
        "share",
        "copy numbers of the tumour that its normal epithelium seems to have",
        _TRUNK_SHARED,
    ),
    "normal_trunk_sd": Threshold(0.1, "share", "SD of it", _TRUNK_SHARED),
    "clone_without_trunk_prior": Threshold(
        0.2,
        "probability",
        "epithelial cells apart from the tumour's are a clone of it; most are normal ones",
        ASSUMED,
    ),
    "clone_without_trunk_most": Threshold(
        0.25, "probability", "epithelial cells less likely a clone are taken apart", ASSUMED
    ),
    "clone_trunk": Threshold(
        0.7, "share", "copy numbers of one clone of a tumour that another has", _TRUNK_SHARED
    ),
    "clone_trunk_sd": Threshold(0.2, "share", "SD of it", _TRUNK_SHARED),
    "follows_dna_least": Threshold(
        0.9,
        "probability",
        "a group of epithelial cells has the copies of the patient's DNA, or the DNA is not used",
        ASSUMED,
    ),
    "follows_dna_steepest": Threshold(
        1.2,
        "expression per copies, logs",
        "expression rises at most with the copies; steeper, the purity of the DNA is too high",
        ASSUMED,
    ),
    "normal_epithelium_limit": Threshold(
        0.25,
        "probability",
        "epithelial cells less likely malignant tell the tumour's diploid level",
        ASSUMED,
    ),
    "malignant_prior": Threshold(
        0.90, "probability", "an epithelial cell of a tumour where no normal cell tells", ASSUMED
    ),
    "clone_arm_log2": Threshold(
        0.15, "log2", "two clones differ on an arm by more", "real tumour: cell states stay below"
    ),
    "clone_least_share": Threshold(
        0.01, "share of malignant cells", "a smaller group of cells is no clone", ASSUMED
    ),
    "clone_arm_z": Threshold(4.0, "standard errors", "... and as surely", ASSUMED),
    "cell_signature_genes": Threshold(
        20.0, "genes", "a signature of fewer measured genes names no cell", ASSUMED
    ),
    "pseudobulk_cells": Threshold(
        20.0, "cells", "fewer malignant cells make no sum, and no share of subtypes", ASSUMED
    ),
    "pseudobulk_depth": Threshold(
        0.2,
        "million molecules",
        "of a shallower sum a quarter of the PAM50 genes hold four molecules or fewer",
        "a quarter of the 50 lie below 22 CPM in HER2-negative tumours (TCGA)",
    ),
}

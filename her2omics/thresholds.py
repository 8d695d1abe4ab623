"""Every threshold of her2omics: value, unit, why, source.

Those a user may want to change carry ``user=True`` and are config keys ``thresholds.<name>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace


@dataclass(frozen=True)
class Threshold:
    """One threshold with its reason and source."""

    value: float
    unit: str
    why: str
    source: str
    user: bool = False


_CELL_DOSE = "docs/single_cell_dose.md"
_ASSUMED = "assumption of the project"
_TRUNK_SHARED = "simulated files: normal -.10-.25, clones .38-.97 (24 patients)"

THRESHOLDS: dict[str, Threshold] = {
    # --- the partition of the latent states
    "lineage_replaced_share": Threshold(
        0.15, "share of cells", "an amplified lineage below this share is replaced", _ASSUMED
    ),
    "lineage_replaced_ratio": Threshold(
        0.5, "ratio f2/f1", "... and below half of its share before", _ASSUMED
    ),
    "lineage_kept_ratio": Threshold(0.6, "ratio f2/f1", "the lineage is kept", _ASSUMED),
    "copies_lost_ratio": Threshold(
        0.2, "ratio r", "gained copies below a fifth of those before are lost", _ASSUMED
    ),
    "copies_kept_ratio": Threshold(0.7, "ratio r", "gained copies are kept", _ASSUMED),
    "programme_shift": Threshold(
        0.5, "Spearman rho", "a shift of this size changes the subtype", _ASSUMED
    ),
    "repression": Threshold(1.0, "log2", "ERBB2 mRNA per copy at least halved", _ASSUMED),
    # --- decision
    "called_posterior": Threshold(
        0.80, "probability", "posterior of a called label", _ASSUMED, user=True
    ),
    "called_bayes_factor": Threshold(
        10.0, "ratio", "strong evidence against the next label", "Kass & Raftery 1995", user=True
    ),
    "called_not_lost": Threshold(
        0.90, "probability", "posterior of a called not_lost, whose prior is high", _ASSUMED, True
    ),
    "called_repression": Threshold(
        0.80, "probability", "P(repression > 1 log2) of a called downregulation", _ASSUMED
    ),
    "probable_posterior": Threshold(
        0.50, "probability", "posterior of a probable label", _ASSUMED, user=True
    ),
    # --- sampler
    "min_effective_samples": Threshold(
        100.0, "particles", "effective sample size in the leading state", _ASSUMED
    ),
    "max_log_bayes_factor_se": Threshold(
        0.3, "natural log", "Monte-Carlo error of the log Bayes factor", _ASSUMED
    ),
    # --- gates
    "low_purity": Threshold(
        0.20, "share of cells", "caps a verdict that rests on RNA", _ASSUMED, user=True
    ),
    "very_low_purity": Threshold(
        0.10, "share of cells", "below this RNA shows the normal tissue", _ASSUMED, user=True
    ),
    "pathologist_purity_sd": Threshold(
        0.15, "share of cells", "error of a pathologist's estimate", "simulator, assumption"
    ),
    "sheet_purity_sd": Threshold(
        0.06, "share of cells", "error of a purity given in the sheet", "error of a DNA fit"
    ),
    "erbb2_high_z": Threshold(
        3.0, "SD", "ERBB2-high mRNA: specificity .996", "TCGA, two-component mixture", user=True
    ),
    "erbb2_high_log2": Threshold(
        2.5, "log2", "ERBB2-high mRNA above the HER2-negative median", "TCGA mixture", user=True
    ),
    "erbb2_intermediate_z": Threshold(
        1.5, "SD", "below this ERBB2 mRNA is that of HER2-negative tumours", "TCGA", user=True
    ),
    "on_treatment_days": Threshold(
        60.0, "days", "programmes move under anti-HER2 drugs", _ASSUMED, user=True
    ),
    "fixation_delay_hours": Threshold(
        1.0, "hours", "cold ischaemia limit", "ASCO/CAP HER2 guideline", user=True
    ),
    "ish_inconsistency": Threshold(
        0.15, "relative", "ratio and copies/CEP17 must agree", "10 of 64 TCGA rows are totals"
    ),
    "ish_cep17_total": Threshold(
        12.0, "copies", "more CEP17 than any nucleus holds: a total over all cells", "TCGA"
    ),
    "min_library": Threshold(
        1_000_000.0,
        "reads",
        "fewer counted reads leave ERBB2 and PAM50 genes noisy",
        _ASSUMED,
        True,
    ),
    "min_pam50_genes": Threshold(
        45.0, "genes", "five missing genes keep 96 % of calls", "TCGA n = 712"
    ),
    "min_pam50_genes_call": Threshold(
        30.0, "genes", "below this no subtype is called", "TCGA n = 712"
    ),
    "min_neighbours": Threshold(
        3.0, "genes", "median of at least three 17q12 neighbours", _ASSUMED
    ),
    # --- identity of the samples
    "identity_min_sites": Threshold(
        10.0, "SNPs", "fewer shared SNPs than this say nothing, whatever they say", _ASSUMED
    ),
    "identity_same_log10_lr": Threshold(
        3.0,
        "log10 likelihood ratio",
        "the same person against an unrelated one; 10 of 1,441 samples were swapped, so that a "
        "swap passes with a probability below 1e-5",
        "published share of swaps; Kass & Raftery 1995",
    ),
    "identity_different_log10_lr": Threshold(
        4.0,
        "log10 likelihood ratio",
        "an unrelated person against the same one: stops the verdict, so that at 10 swaps among "
        "1,441 samples 98 of 100 such calls are swaps",
        "published share of swaps",
    ),
    "identity_relative_log10_lr": Threshold(
        2.0, "log10 likelihood ratio", "the same person, or a stranger, against a sibling", _ASSUMED
    ),
    "sex_heterozygous_x": Threshold(
        0.10, "share of SNPs", "one X shows both alleles of common SNPs by errors only", _ASSUMED
    ),
    "sex_depth_y": Threshold(
        0.15, "ratio", "Y beside the autosomes: .5 in men, below .05 by misplaced reads", _ASSUMED
    ),
    # --- panel of normals
    "min_normals_components": Threshold(
        8.0, "samples", "fewer normals carry a centre only, no principal components", _ASSUMED
    ),
    "normal_arms": Threshold(
        3.0,
        "arms",
        "a 'normal' with as many arms gained or lost is a tumour, or holds one",
        _ASSUMED,
    ),
    "normal_arm_log2": Threshold(
        0.12, "log2", "an arm gained or lost: one copy in a fifth of the cells is .14", "arithmetic"
    ),
    "normal_chromosome_log2": Threshold(
        0.35,
        "log2",
        "a single arm off by as much is no noise: one copy in half of the cells .32",
        "arithmetic",
    ),
    "normal_gain_17q12": Threshold(
        0.45,
        "log2",
        "ERBB2 above the rest of 17q: four SDs of the locus between normals; 12 copies in a tenth "
        "of the cells are .58",
        "41 panel normals, SD .11",
    ),
    # --- expression
    "down_log2fc": Threshold(
        -1.5, "log2", "purity-corrected fall of a `down` call", "replicates and true pairs", True
    ),
    "down_p": Threshold(0.05, "probability", "matched-gene null of a `down` call", _ASSUMED, True),
    "replicate_sd": Threshold(
        0.22, "log2", "ERBB2 between technical replicates", "FFPE/frozen replicates"
    ),
    "protocol_offset_sd": Threshold(
        0.88, "log2", "gene offsets between RNA protocols", "FFPE against poly-A RNA-seq"
    ),
    "protocol_delta_sd": Threshold(
        0.29,
        "Spearman rho",
        "what an uncorrected protocol shift adds to programme_delta",
        "95th percentile of stable pairs .59 with a shift against .35 without: sqrt of the "
        "difference of (percentile / 1.645)^2",
    ),
    # --- dose of single cells
    "single_cell_share_fall": Threshold(
        0.2, "share of malignant cells", "a smaller fall of the amplified share is none", _ASSUMED
    ),
    "single_cell_output_ratio": Threshold(
        0.5, "ratio", "ERBB2 output per dose, or dose, at least halved", _ASSUMED
    ),
    "single_cell_probability": Threshold(
        0.9, "probability", "posterior of a called fall, of share or of output", _ASSUMED
    ),
    "single_cell_min_amplified": Threshold(
        15.0, "cells", "fewer amplified cells carry no output ratio", _ASSUMED
    ),
    "single_cell_anchor_cells": Threshold(
        20.0, "cells", "normal epithelium that tells the tumour's diploid level", _ASSUMED
    ),
    "single_cell_anchor_share": Threshold(
        0.2,
        "share of malignant cells",
        "amplified and neutral cells side by side tell the diploid level",
        _CELL_DOSE,
    ),
    "single_cell_none_share": Threshold(
        0.15,
        "share of malignant cells",
        "a sample whose amplified share is surely below it has next to none",
        _ASSUMED,
    ),
    "single_cell_some_share": Threshold(
        0.05,
        "share of malignant cells",
        "fewer amplified cells tell no dose that others can rest on",
        _ASSUMED,
    ),
    "single_cell_dose_anchored": Threshold(
        5.0, "fold", "least dose of a share where the diploid level is known", _CELL_DOSE
    ),
    "single_cell_dose_beside": Threshold(
        4.0, "fold", "least dose beside a sample of the patient whose dose is clear", _CELL_DOSE
    ),
    "single_cell_dose_free": Threshold(
        12.0, "fold", "dose that no diploid level explains away", _CELL_DOSE
    ),
    "single_cell_dose_same": Threshold(
        8.0, "fold", "least dose of two samples that say that nothing changed", _CELL_DOSE
    ),
    "single_cell_same_dose": Threshold(
        1.33,
        "ratio",
        "doses as near as this have not changed",
        _CELL_DOSE,
    ),
    # --- clones
    "ccf_shift": Threshold(
        0.10, "share of cancer cells", "smaller changes are within purity error", "docs/clones.md"
    ),
    "shift_probability": Threshold(
        0.95, "probability", "posterior of a called change of a cluster", _ASSUMED, user=True
    ),
    "cluster_min_mutations": Threshold(
        2.0, "mutations", "smaller clusters are no clones and no evidence", _ASSUMED
    ),
    "ccf_model_sd": Threshold(
        0.03,
        "share of cancer cells",
        "error of a cluster's fraction by copy number and mapping",
        "benchmarks/clones_selection.py: with it 1-6 % of errors exceed 3 SD, purities as given",
    ),
    "branch_loglr_limit": Threshold(
        3.0,
        "natural log likelihood ratio",
        "largest weight of the reads on the amplicon, 20 to 1: shares behind it are assumptions",
        _ASSUMED,
    ),
    "branch_loglr_for": Threshold(
        1.0,
        "natural log likelihood ratio",
        "largest weight for the branch: of 7 fresh pairs above it 4 were of the branch, not 6",
        "benchmarks/clones_branch.py",
    ),
    "lineage_bayes_factor": Threshold(
        2.0, "log10", "decisive evidence for one origin or two", "Kass & Raftery 1995", user=True
    ),
    "lineage_hotspot": Threshold(
        0.005, "share of tumours", "more frequent mutations recur by themselves", _ASSUMED
    ),
    # --- somatic calls
    "somatic_false_calls": Threshold(
        0.5, "calls per patient", "expected number of errors of the reads among the calls", _ASSUMED
    ),
    "somatic_least_molecules": Threshold(
        3.0, "molecules", "fewer in the best tumour are no call", _ASSUMED
    ),
    "somatic_strands": Threshold(
        0.5, "log10", "mutation over damage of one strand, for C>T and G>T", _ASSUMED
    ),
    "somatic_strand_bias": Threshold(
        1e-4, "probability", "strands of both bases differ (Fisher's test)", _ASSUMED
    ),
    "somatic_end_distance": Threshold(
        5.0, "base pairs", "mutations nearer to the ends of reads are misaligned ends", _ASSUMED
    ),
    "somatic_mapping_difference": Threshold(
        15.0, "phred", "reads of the mutation are placed so much worse", _ASSUMED
    ),
    "somatic_normal_error": Threshold(
        0.01, "probability", "molecules in the normal that errors explain", _ASSUMED
    ),
    "somatic_normal_share": Threshold(
        0.2, "ratio", "one molecule in the normal, far below the tumour's share", _ASSUMED
    ),
    "somatic_germline": Threshold(
        1e-3, "probability", "a heterozygous site shows so few in the normal", _ASSUMED
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
        0.2, "share of genes", "fewer that the gene table knows are not human genes", _ASSUMED
    ),
    "cell_human_share": Threshold(
        0.90, "share of UMIs", "human molecules of a human cell in a mixed matrix", "10x barnyard"
    ),
    "lineage_probability": Threshold(
        0.90, "probability", "a cell below it is of unknown lineage", _ASSUMED
    ),
    "doublet_log_lr": Threshold(
        5.0,
        "natural log likelihood ratio",
        "two lineages in one drop against either alone, 150 to 1",
        _ASSUMED,
    ),
    "cell_mads": Threshold(
        5.0,
        "median absolute deviations",
        "molecules and genes of a cell within a sample's own spread, as log1p",
        "scverse best practices",
    ),
    "cell_mitochondrial_mads": Threshold(
        4.0, "median absolute deviations", "... and its mitochondrial share, upwards", _ASSUMED
    ),
    "cell_mitochondrial_least": Threshold(
        0.15, "share of UMIs", "a smaller mitochondrial share is no dying cell", _ASSUMED
    ),
    "cell_mitochondrial_most": Threshold(0.50, "share of UMIs", "a larger one always is", _ASSUMED),
    "ambient_share_default": Threshold(
        0.05, "share of UMIs", "ambient share where no cell can tell it", "10x: .02-.1 of tissue"
    ),
    "ambient_least_cells": Threshold(
        20.0, "cells", "non-epithelial cells that tell the ambient share", _ASSUMED
    ),
    "reference_least_cells": Threshold(
        20.0, "cells", "fewer non-epithelial cells are no reference of copy number", _ASSUMED
    ),
    "few_malignant_cells": Threshold(
        50.0, "cells", "fewer malignant cells tell no share of amplified ones", _ASSUMED
    ),
    "cell_share_sd": Threshold(
        0.05,
        "share of malignant cells",
        "error of a sample's amplified share beyond its interval: real cells differ",
        "docs/single_cell_dose.md",
    ),
    "cell_baseline_least_share": Threshold(
        0.10,
        "share of malignant cells",
        "a HER2-positive baseline surely below it is one whose dose the neighbours do not tell",
        _ASSUMED,
    ),
    "cell_output_sd": Threshold(
        0.25, "log2", "scale of a gene's mRNA error between pieces of a tumour", _ASSUMED
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
        _ASSUMED,
    ),
    "clone_without_trunk_most": Threshold(
        0.25, "probability", "epithelial cells less likely a clone are taken apart", _ASSUMED
    ),
    "clone_trunk": Threshold(
        0.7, "share", "copy numbers of one clone of a tumour that another has", _TRUNK_SHARED
    ),
    "clone_trunk_sd": Threshold(0.2, "share", "SD of it", _TRUNK_SHARED),
    "normal_epithelium_limit": Threshold(
        0.25,
        "probability",
        "epithelial cells less likely malignant tell the tumour's diploid level",
        _ASSUMED,
    ),
    "malignant_prior": Threshold(
        0.90, "probability", "an epithelial cell of a tumour where no normal cell tells", _ASSUMED
    ),
    "clone_arm_log2": Threshold(
        0.15, "log2", "two clones differ on an arm by more", "real tumour: cell states stay below"
    ),
    "clone_least_share": Threshold(
        0.01, "share of malignant cells", "a smaller group of cells is no clone", _ASSUMED
    ),
    "clone_arm_z": Threshold(4.0, "standard errors", "... and as surely", _ASSUMED),
    "cell_signature_genes": Threshold(
        20.0, "genes", "a signature of fewer measured genes names no cell", _ASSUMED
    ),
    "pseudobulk_cells": Threshold(
        20.0, "cells", "fewer malignant cells make no sum, and no share of subtypes", _ASSUMED
    ),
    "pseudobulk_depth": Threshold(
        0.2,
        "million molecules",
        "of a shallower sum a quarter of the PAM50 genes hold four molecules or fewer",
        "a quarter of the 50 lie below 22 CPM in HER2-negative tumours (TCGA)",
    ),
    # --- subtype
    "switch_margin": Threshold(
        0.10, "Spearman rho", "margins above .10 agree with published calls in .98", "TCGA", True
    ),
    "switch_delta": Threshold(
        0.35, "Spearman rho", "95th percentile of stable pairs", "true pairs", user=True
    ),
    "programme_null": Threshold(
        0.08,
        "Spearman rho",
        "median programme shift of stable pairs (a maximum over several directions)",
        "benchmarks/programme_null.py: 2,000 pairs drawn from the TCGA subgroup medians",
    ),
    "purity_prior": Threshold(
        5.0, "shape of a symmetric beta", "purity of a sample of unknown purity", _ASSUMED
    ),
    "platform_tau_same": Threshold(
        0.35, "log2", "gene offsets of a pipeline like the reference", "TCGA against OSLO2"
    ),
    "platform_tau_unknown": Threshold(
        0.90, "log2", "gene offsets of an unknown protocol", "FFPE against poly-A RNA-seq"
    ),
    "min_er_group": Threshold(
        5.0, "samples", "ER-positive and ER-negative samples behind a cohort's own median", _ASSUMED
    ),
    "er_balance": Threshold(
        0.10, "share", "ER-positive share may differ from one half by so much", _ASSUMED
    ),
    "min_offset_baselines": Threshold(
        3.0, "samples", "HER2+ baselines needed to learn a platform offset", _ASSUMED
    ),
}


def limits(overrides: Mapping[str, float] | None = None) -> SimpleNamespace:
    """Return the thresholds as attributes, with the user's values in place.

    Raises
    ------
    KeyError
        If an override names no threshold (the config schema refuses it before).
    """
    values = {name: threshold.value for name, threshold in THRESHOLDS.items()}
    for name, value in (overrides or {}).items():
        if name not in values:
            raise KeyError(name)
        values[name] = value
    return SimpleNamespace(**values)

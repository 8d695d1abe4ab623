"""Thresholds of bulk samples, of the verdict and of its gates."""

from __future__ import annotations

from her2omics.thresholds.threshold import ASSUMED, Threshold

SAMPLES: dict[str, Threshold] = {
    # --- the partition of the latent states
    "lineage_replaced_share": Threshold(
        0.15, "share of cells", "an amplified lineage below this share is replaced", ASSUMED
    ),
    "lineage_replaced_ratio": Threshold(
        0.5, "ratio f2/f1", "... and below half of its share before", ASSUMED
    ),
    "lineage_kept_ratio": Threshold(0.6, "ratio f2/f1", "the lineage is kept", ASSUMED),
    "copies_lost_ratio": Threshold(
        0.2, "ratio r", "gained copies below a fifth of those before are lost", ASSUMED
    ),
    "copies_kept_ratio": Threshold(0.7, "ratio r", "gained copies are kept", ASSUMED),
    "programme_shift": Threshold(
        0.5, "Spearman rho", "a shift of this size changes the subtype", ASSUMED
    ),
    "repression": Threshold(1.0, "log2", "ERBB2 mRNA per copy at least halved", ASSUMED),
    # --- decision
    "called_posterior": Threshold(
        0.80, "probability", "posterior of a called label", ASSUMED, user=True
    ),
    "called_bayes_factor": Threshold(
        10.0, "ratio", "strong evidence against the next label", "Kass & Raftery 1995", user=True
    ),
    "called_not_lost": Threshold(
        0.90, "probability", "posterior of a called not_lost, whose prior is high", ASSUMED, True
    ),
    "called_repression": Threshold(
        0.80, "probability", "P(repression > 1 log2) of a called downregulation", ASSUMED
    ),
    "probable_posterior": Threshold(
        0.50, "probability", "posterior of a probable label", ASSUMED, user=True
    ),
    # --- sampler
    "min_effective_samples": Threshold(
        100.0, "particles", "effective sample size in the leading state", ASSUMED
    ),
    "max_log_bayes_factor_se": Threshold(
        0.3, "natural log", "Monte-Carlo error of the log Bayes factor", ASSUMED
    ),
    # --- gates
    "low_purity": Threshold(
        0.20, "share of cells", "caps a verdict that rests on RNA", ASSUMED, user=True
    ),
    "very_low_purity": Threshold(
        0.10, "share of cells", "below this RNA shows the normal tissue", ASSUMED, user=True
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
        60.0, "days", "programmes move under anti-HER2 drugs", ASSUMED, user=True
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
        ASSUMED,
        True,
    ),
    "min_pam50_genes": Threshold(
        45.0, "genes", "five missing genes keep 96 % of calls", "TCGA n = 712"
    ),
    "min_pam50_genes_call": Threshold(
        30.0, "genes", "below this no subtype is called", "TCGA n = 712"
    ),
    "min_neighbours": Threshold(3.0, "genes", "median of at least three 17q12 neighbours", ASSUMED),
    # --- identity of the samples
    "identity_min_sites": Threshold(
        10.0, "SNPs", "fewer shared SNPs than this say nothing, whatever they say", ASSUMED
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
        2.0, "log10 likelihood ratio", "the same person, or a stranger, against a sibling", ASSUMED
    ),
    "sex_heterozygous_x": Threshold(
        0.10, "share of SNPs", "one X shows both alleles of common SNPs by errors only", ASSUMED
    ),
    "sex_depth_y": Threshold(
        0.15, "ratio", "Y beside the autosomes: .5 in men, below .05 by misplaced reads", ASSUMED
    ),
    # --- panel of normals
    "min_normals_components": Threshold(
        8.0, "samples", "fewer normals carry a centre only, no principal components", ASSUMED
    ),
    "normal_arms": Threshold(
        3.0,
        "arms",
        "a 'normal' with as many arms gained or lost is a tumour, or holds one",
        ASSUMED,
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
    "down_p": Threshold(0.05, "probability", "matched-gene null of a `down` call", ASSUMED, True),
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
    # --- clones
    "ccf_shift": Threshold(
        0.10, "share of cancer cells", "smaller changes are within purity error", "docs/clones.md"
    ),
    "shift_probability": Threshold(
        0.95, "probability", "posterior of a called change of a cluster", ASSUMED, user=True
    ),
    "cluster_min_mutations": Threshold(
        2.0, "mutations", "smaller clusters are no clones and no evidence", ASSUMED
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
        ASSUMED,
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
        0.005, "share of tumours", "more frequent mutations recur by themselves", ASSUMED
    ),
    # --- somatic calls
    "somatic_false_calls": Threshold(
        0.5, "calls per patient", "expected number of errors of the reads among the calls", ASSUMED
    ),
    "somatic_least_molecules": Threshold(
        3.0, "molecules", "fewer in the best tumour are no call", ASSUMED
    ),
    "somatic_strands": Threshold(
        0.5, "log10", "mutation over damage of one strand, for C>T and G>T", ASSUMED
    ),
    "somatic_strand_bias": Threshold(
        1e-4, "probability", "strands of both bases differ (Fisher's test)", ASSUMED
    ),
    "somatic_end_distance": Threshold(
        5.0, "base pairs", "mutations nearer to the ends of reads are misaligned ends", ASSUMED
    ),
    "somatic_mapping_difference": Threshold(
        15.0, "phred", "reads of the mutation are placed so much worse", ASSUMED
    ),
    "somatic_normal_error": Threshold(
        0.01, "probability", "molecules in the normal that errors explain", ASSUMED
    ),
    "somatic_normal_share": Threshold(
        0.2, "ratio", "one molecule in the normal, far below the tumour's share", ASSUMED
    ),
    "somatic_germline": Threshold(
        1e-3, "probability", "a heterozygous site shows so few in the normal", ASSUMED
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
        5.0, "shape of a symmetric beta", "purity of a sample of unknown purity", ASSUMED
    ),
    "platform_tau_same": Threshold(
        0.35, "log2", "gene offsets of a pipeline like the reference", "TCGA against OSLO2"
    ),
    "platform_tau_unknown": Threshold(
        0.90, "log2", "gene offsets of an unknown protocol", "FFPE against poly-A RNA-seq"
    ),
    "min_er_group": Threshold(
        5.0, "samples", "ER-positive and ER-negative samples behind a cohort's own median", ASSUMED
    ),
    "er_balance": Threshold(
        0.10, "share", "ER-positive share may differ from one half by so much", ASSUMED
    ),
    "min_offset_baselines": Threshold(
        3.0, "samples", "HER2+ baselines needed to learn a platform offset", ASSUMED
    ),
}

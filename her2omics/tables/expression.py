"""Tables of expression and subtype."""

from her2omics.tables.columns import CASE, SAMPLE, SUBTYPES, Table, integer, interval, number, text

TABLES = (
    Table(
        "expression",
        "one RNA sample",
        (
            *SAMPLE,
            *interval("erbb2_log2", "ERBB2 mRNA, library-normalised", "log2 CPM"),
            *interval("erbb2_z", "ERBB2 mRNA above HER2-negative tumours", "SD (1.4826 MAD)"),
            *interval(
                "neighbours_log2",
                "median over GRB7, STARD3, PGAP3, MIEN1 of mRNA above HER2-negative tumours",
                "log2 ratio",
            ),
            *interval(
                "neighbours_z",
                "17q12 neighbours above HER2-negative tumours",
                "SD (1.4826 MAD)",
            ),
            *interval("erbb2_above_reference", "ERBB2 above the HER2-negative median", "log2"),
            integer("neighbours_used", "number of neighbours measured", "genes"),
            text("unit", "unit of the input values"),
            number("sample_sd", "scale of the sample effect shared by all genes", "log2"),
        ),
    ),
    Table(
        "expression_pairs",
        "one case with RNA of both samples",
        (
            *CASE,
            *interval("erbb2_log2fc", "ERBB2 mRNA, follow-up minus baseline", "log2 ratio"),
            *interval(
                "erbb2_log2fc_corrected",
                "the same between the cancer cells, corrected for purity; missing without it",
                "log2 ratio",
            ),
            number("null_sd", "1.4826 MAD of the change of expression-matched genes", "log2"),
            number("p_null", "share of matched genes that fall as far", "probability"),
            text(
                "call",
                "paired ERBB2 call",
                "down",
                "partial_down",
                "stable",
                "up",
                "not_assessable",
            ),
            text("reason", "why the call is not firmer"),
        ),
    ),
    Table(
        "differential",
        "one gene: follow-up against baseline over the cohort's pairs",
        (
            text("gene", "gene symbol"),
            number("base_mean", "mean normalised expression", "counts"),
            *interval("log2fc", "follow-up minus baseline", "log2 ratio"),
            number("statistic", "log2fc over its standard error", "SE"),
            number("p", "two-sided p", "probability"),
            number("q", "Benjamini-Hochberg", "probability"),
            text("method", "pydeseq2 or moderated paired differences"),
            integer("pairs", "pairs that carried the estimate", "pairs"),
        ),
    ),
    Table(
        "pathways",
        "one gene set: follow-up against baseline over the cohort's pairs",
        (
            text("gene_set", "name in the gene-set file"),
            integer("genes", "genes of the set that were measured", "genes"),
            number("es", "enrichment score of the ranked genes", "-1 to 1"),
            number("nes", "normalised enrichment score; depends on the permutation null"),
            number("p", "permutation p", "probability"),
            number("q", "false discovery rate", "probability"),
            text("leading_edge", "`;`-separated genes"),
        ),
    ),
    Table(
        "subtypes",
        "one RNA sample",
        (
            *SAMPLE,
            text("subtype", "nearest PAM50 centroid; empty = no call", *SUBTYPES),
            number("margin", "best minus second correlation", "Spearman rho"),
            number("support", "share of gene bootstraps with the same call", "probability"),
            number("r_basal", "correlation to the Basal-like centroid", "Spearman rho"),
            number("r_her2", "correlation to the HER2-enriched centroid", "Spearman rho"),
            number("r_luma", "correlation to the Luminal A centroid", "Spearman rho"),
            number("r_lumb", "correlation to the Luminal B centroid", "Spearman rho"),
            number("r_normal", "correlation to the Normal-like centroid", "Spearman rho"),
            integer("genes_used", "PAM50 genes measured", "genes"),
            *interval("ror_s", "risk of recurrence by subtype", "0-100"),
            *interval("ror_p", "risk of recurrence by subtype and proliferation", "0-100"),
            *interval(
                "proliferation",
                "mean of 11 proliferation genes, standardised over the sample's PAM50 genes",
                "SD",
            ),
            text("centring", "centring rule used"),
            text("note", "cautions"),
        ),
    ),
    Table(
        "switches",
        "one case with RNA of both samples",
        (
            *CASE,
            text("subtype_baseline", "subtype at baseline", *SUBTYPES),
            text("subtype_followup", "subtype at follow-up", *SUBTYPES),
            number(
                "delta",
                "(r_HER2 - best luminal r), baseline minus follow-up",
                "Spearman rho",
            ),
            *interval(
                "delta_purity_adjusted",
                "delta at equal purity (the purer sample diluted in silico)",
                "Spearman rho",
            ),
            *interval(
                "programme_delta",
                "programme shift: rise of r_Y - r_X, 48 genes, as at usual purity, less null",
                "Spearman rho",
            ),
            number(
                "programme_delta_sd",
                "SD beyond the model's scale: purities, RNA per cell, subtype before, genes",
                "Spearman rho",
            ),
            text("call", "switch call", "switch", "stable", "unconfirmed", "not_assessable"),
            text("reason", "`;`-separated reason codes"),
        ),
    ),
)

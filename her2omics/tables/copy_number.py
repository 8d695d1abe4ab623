"""Tables of copy number and purity."""

from her2omics.tables.columns import CASE, SAMPLE, Table, integer, interval, number, text

TABLES = (
    Table(
        "purity",
        "one sample and one mode of its purity fit",
        (
            *SAMPLE,
            *interval("purity", "share of cells that are cancer cells", "share of cells"),
            number("ploidy", "mean copy number of the cancer cells", "copies"),
            text(
                "source",
                "where the estimate comes from",
                "sheet",
                "dna",
                "snv",
                "pathologist",
                "none",
            ),
            integer("mode", "1 = leading solution of the fit"),
            number("weight", "probability of this mode", "probability"),
            text("priors", "`;`-separated estimates of others that the DNA fit began with"),
        ),
    ),
    Table(
        "copy_number",
        "one tumour sample with DNA",
        (
            *SAMPLE,
            text("assay", "assay of the DNA", "wgs", "wes", "panel"),
            text(
                "measured_by",
                "what the locus was measured by",
                "bins",
                "segments",
                "copies",
                "genes",
                "discrete",
            ),
            *interval("purity", "cancer cells, all modes of the fit", "share of cells"),
            *interval("ploidy", "mean copy number of the cancer cells", "copies"),
            number(
                "erbb2_log2", "ERBB2 over the genome's mean, in all cells of the sample", "log2"
            ),
            number("erbb2_log2_sd", "its standard error, locus bias included", "log2"),
            text("resolved", "an amplicon would have been seen", "yes", "no"),
            number("erbb2_bins", "bins or markers of the locus", "bins"),
            *interval("erbb2_copies", "ERBB2, mean of the cancer cells", "copies"),
            *interval("other_copies", "17q beside the amplicon", "copies"),
            *interval("cep17_copies", "beside the centromere of chromosome 17", "copies"),
            *interval("erbb2_cep17_ratio", "ERBB2 over CEP17", "ratio"),
            *interval("erbb2_ploidy_ratio", "ERBB2 over ploidy", "ratio"),
            integer("ish_group", "most probable ISH group, 1 to 5 (ASCO/CAP)"),
            *(
                number(f"p_ish_group_{group}", f"ISH group {group}", "probability")
                for group in range(1, 6)
            ),
            number(
                "min_detectable_copies",
                "fewest mean copies that would have shown (alpha .01, power .95)",
                "copies",
            ),
            integer("amplicon_start", "0-based; empty = no focal gain", "bp, chromosome 17"),
            integer("amplicon_end", "half-open", "bp, chromosome 17"),
            text("amplicon_genes", "`;`-separated genes of 17q it spans"),
            *(
                text(f"{gene.lower()}_state", f"{gene} against 17q", "gained", "not_gained")
                for gene in ("CDK12", "IKZF3", "RARA", "TOP2A")
            ),
            number(
                "amplified_haplotype_share",
                "of the DNA at ERBB2, the parental haplotype that is in excess in the baseline, "
                "by its SNPs",
                "share of DNA",
            ),
            number("amplified_haplotype_share_sd", "its standard error", "share of DNA"),
            text(
                "cep17_gain",
                "centromere more than .3 log2 above 17p: the ratio hides the gain",
                "yes",
                "no",
            ),
            number("p17_log2", "17p away from the centromere, the control arm", "log2 ratio"),
            text("note", "what limits the numbers"),
        ),
    ),
    Table(
        "copy_number_pairs",
        "one case with DNA of both samples",
        (
            *CASE,
            *interval(
                "retention", "share of the gain over the genome's mean that is left", "ratio"
            ),
            *interval(
                "retention_17q",
                "share of the gain over 17q beside the amplicon that is left",
                "ratio",
            ),
            *interval("slope", "follow-up's linear ratios over the baseline's", "ratio"),
            text(
                "call",
                "fate of the amplification",
                "retained",
                "lost",
                "reduced",
                "not_assessable",
            ),
            text("reason", "why not firmer"),
            number(
                "min_purity",
                "purity from which the baseline's copies would show in the follow-up",
                "share of cells",
            ),
            number(
                "p_amplified_followup",
                "copies >= twice the ploidy (4 to 6) or ratio >= 2",
                "probability",
            ),
            text("same_edges", "both amplicons begin and end together", "yes", "no"),
        ),
    ),
    Table(
        "copy_number_segments",
        "one segment that a patient's samples share, in one sample",
        (
            *SAMPLE,
            text("chromosome", "without chr"),
            integer("start", "0-based", "bp"),
            integer("end", "half-open", "bp"),
            text("arm", "chromosome arm"),
            number("log2", "over the genome's mean", "log2 ratio"),
            number("log2_sd", "standard error", "log2"),
            number("copies", "at the leading purity and ploidy", "copies"),
            integer(
                "minor_copies",
                "of the rarer haplotype in all cancer cells, where SNPs tell (probability .8)",
                "copies",
            ),
            number("bins", "bins or markers", "bins"),
        ),
    ),
    Table(
        "locus_bins",
        "one bin or marker within 3 Mb of ERBB2, in one sample",
        (
            *SAMPLE,
            integer("start", "0-based", "bp, chromosome 17"),
            integer("end", "half-open", "bp, chromosome 17"),
            number("log2", "over the genome's mean, bias corrected", "log2 ratio"),
        ),
    ),
)

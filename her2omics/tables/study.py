"""Tables of the study and its cohort folder."""

from her2omics.tables.columns import CASE, SAMPLE, SETTINGS, Table, integer, interval, number, text

PAIRS = Table(
    "pairs",
    "one case, as read from the sheets",
    (
        *CASE,
        text("setting", "setting of the follow-up; empty = unknown", *SETTINGS),
        text("assay", "assay of the mutations; empty = none", "wes", "panel", "wgs"),
        text("therapy_since_baseline", "`;`-separated list; empty = unknown"),
        number("days_since_anti_her2", "time since the last anti-HER2 dose", "days"),
        text(
            "central_review",
            "which HER2 tests were read centrally; empty = unknown",
            "both",
            "baseline",
            "followup",
            "neither",
        ),
        text("ascertained", "cohort collected because HER2 was lost", "yes", "no"),
        text("excluded", "why the sheet excludes a sample of the case; empty = it does not"),
    ),
)

TABLES = (
    Table(
        "reference",
        "one gene of the HER2-negative reference (cohort folder)",
        (
            text("gene", "gene symbol"),
            number("median", "median of HER2-negative tumours", "log2 CPM"),
            number("sd", "1.4826 MAD of HER2-negative tumours", "log2"),
            text("role", "`;`-separated: locus, pam50, marker, stable"),
            number(
                "offset",
                "stable genes: median deviation of this cohort's samples; missing below 8",
                "log2",
            ),
            text("source", "bundled table or this cohort"),
        ),
    ),
    Table(
        "centring",
        "one PAM50 gene: what is subtracted before correlating (cohort folder)",
        (
            text("gene", "gene symbol"),
            number("centre", "value subtracted", "log2 CPM"),
            number("reference", "ER-balanced reference median", "log2 RSEM"),
            number("offset", "platform offset of this cohort before shrinkage", "log2"),
            number("shrinkage", "share of the offset that is used", "0-1"),
            number("normal", "Normal-like median on the cohort's platform", "log2 CPM"),
            text("rule", "centring rule"),
        ),
    ),
    Table(
        "reads_quality",
        "one sample and assay whose reads were given (reads/)",
        (
            *SAMPLE,
            text("assay", "assay of the reads", "wgs", "wes", "panel", "rna"),
            integer("reads", "reads of all lanes; empty for a BAM that was given"),
            integer("reads_kept", "reads after trimming"),
            number("insert_size", "commonest, where mates overlap (fastp)", "base pairs"),
            number("duplicates", "reads marked as duplicates", "share"),
            number("depth", "mean over the targets, or the genome; duplicates left out", "reads"),
            number("on_target", "aligned bases on the targets", "share"),
            *interval(
                "contamination",
                "DNA of another person, from the homozygous sites among the common SNPs; empty "
                "for a tumour without a normal and where no common SNPs are given",
                "share",
            ),
            integer("contamination_sites", "homozygous sites looked at", "SNPs"),
            *interval("x_heterozygous", "SNPs of X that show both alleles", "share"),
            number("x_depth", "median depth of X beside that of the autosomes", "ratio"),
            number("y_depth", "median depth of Y beside that of the autosomes", "ratio"),
            text("sex", "sex chromosomes that X and Y show", "XX", "XY", "unknown"),
        ),
    ),
    Table(
        "noise",
        "one RNA sample (cohort folder)",
        (
            *SAMPLE,
            number("size_factor", "library scale against the reference's stable genes"),
            number("stable_sd", "spread of the stable genes around the reference", "log2"),
            number("sample_sd", "scale of the sample effect shared by all genes", "log2"),
            integer("genes_detected", "genes with at least 5 reads or TPM >= 1", "genes"),
            number("library_size", "sum of counts; missing for other units", "reads"),
            text("unit", "unit of the input values"),
            text("protocol", "RNA library protocol of the sheet"),
        ),
    ),
    Table(
        "model_noise",
        "one part of a noise mixture, as learnt from the cohort (cohort folder)",
        (
            text(
                "noise",
                "what is learnt",
                "rna",
                "programme",
                "spread",
                "setting",
                "lineages",
                "clusters",
            ),
            text("group", "setting and assay the cluster classes are for; else empty"),
            text("part", "part of the mixture: the value, or its name"),
            number("value", "inflation of the stated noise; of spread: intraclass correlation"),
            number("assumed", "weight before the cohort was seen", "probability"),
            number("weight", "weight learnt from the cohort", "probability"),
            integer("cases", "cases that carried information", "cases"),
        ),
    ),
    Table(
        "identity",
        "two samples of a patient, compared at the SNPs both have (cohort folder)",
        (
            text("patient", "patient id of the sheet"),
            text("sample_a", "first sample"),
            text(
                "sample_b",
                "second sample; empty = the normal's reads that stand in the file of sample_a",
            ),
            text("assay_a", "assay of the first sample's file", "wgs", "wes", "panel"),
            text("assay_b", "assay of the second sample's file", "wgs", "wes", "panel"),
            integer("sites", "shared SNPs with a clear genotype in both", "SNPs"),
            *interval("concordance", "share of them with the same genotype", "share"),
            number(
                "log10_lr",
                "likelihood of one person over that of two unrelated ones",
                "log10",
            ),
            text("call", "one person or not", "same", "different", "unknown"),
            text(
                "match",
                "`;`-separated `sample=other`: the sample of another patient that fits instead",
            ),
            text("note", "what else is to be said"),
        ),
    ),
    *(
        Table(
            name,
            f"one problem of a file that turned out unreadable {where}",
            (
                text("sample", "sample concerned"),
                text("file", "file name"),
                text("message", "what is wrong with it"),
            ),
        )
        for name, where in (
            ("input_errors", "(cohort folder)"),
            ("copy_number_errors", "when copy number was called"),
            ("clone_errors", "when clones were called"),
            ("single_cell_errors", "when single cells were read"),
        )
    ),
)

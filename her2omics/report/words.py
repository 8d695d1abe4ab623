"""What codes and names mean, in the words of the report's reader."""

from __future__ import annotations

from collections.abc import Mapping

from her2omics.report.svg import percent

LABELS = {
    "downregulation": "Downregulation",
    "clonal_selection": "Clonal selection",
    "subtype_switch": "Subtype switch",
    "mixed": "Mixed",
    "not_lost": "Not lost",
    "uncertain": "Uncertain",
    "not_assessable": "Not assessable",
}

LABEL_MEANING = {
    "downregulation": "the ERBB2 amplification is kept, its mRNA is switched down",
    "clonal_selection": "the amplified cells, or the amplification itself, are gone",
    "subtype_switch": "the intrinsic programme of the tumour has changed",
    "mixed": "part of the amplification is lost",
    "not_lost": "amplification and expression are kept",
    "uncertain": "the evidence does not single out one explanation",
    "not_assessable": "these data cannot carry a verdict",
}

CALLS = {
    "called": "called",
    "probable": "probable",
    "none": "no call",
}

SUBLABELS = {
    "selection": "clonal selection, seen in at least two regions or by whole-section ISH",
    "selection_or_sampling": (
        "the amplified clone was replaced, or the two biopsies sampled different parts of a "
        "mosaic tumour"
    ),
    "deamplification": "the same lineage lost its ERBB2 amplification",
    "switch_with_loss": "subtype switch together with loss of the amplification",
    "switch_with_retention": "subtype switch on a retained amplification",
    "retained_by_sequencing": "reported negative, but the ERBB2 amplification looks kept",
    "partial_loss": "fewer amplified cells or fewer copies per cell",
    "partial_loss_with_repression": "partial loss together with lower mRNA per copy",
}

CLUSTER_CALLS = {
    "clonal": "in all cancer cells of both",
    "followup_private_clonal": "absent before, in all cancer cells later",
    "baseline_private_clonal": "in all cancer cells before, absent later",
    "sweep": "from a part to all cancer cells",
    "collapse": "from all cancer cells to a part",
    "new": "absent before",
    "loss": "absent later",
    "expansion": "more cancer cells than before",
    "contraction": "fewer cancer cells than before",
    "stable": "no change",
    "unresolved": "the reads do not tell",
}

LINEAGES = {
    "related": "Both biopsies are of one tumour",
    "unrelated": "The biopsies are of two tumours",
    "not_assessable": "The mutations do not tell whether both biopsies are of one tumour",
}

FATES = {
    "kept": "kept",
    "lost": "lost",
    "gained": "gained",
    "unclear": "the reads do not tell",
    "not_covered": "not covered in both biopsies",
}

# What speaks for the kept amplification of `retained_by_sequencing`, the most direct first.
_KEPT_BY = (
    (("cn", "single_cell", "sc"), "sequencing shows the ERBB2 amplification kept"),
    (("rna",), "RNA of ERBB2 and its neighbours speaks for a kept amplification"),
)

SETTINGS = {
    "post_neoadjuvant": "residual disease after neoadjuvant therapy",
    "on_treatment": "biopsy on treatment",
    "relapse": "local or regional relapse",
    "metastasis": "metastasis",
}

CLASSES = {
    "0": "HER2-0",
    "ultralow": "HER2-ultralow",
    "low": "HER2-low",
    "positive": "HER2-positive",
    "unknown": "unknown",
}

SUBTYPES = {
    "Basal": "Basal-like",
    "Her2": "HER2-enriched",
    "LumA": "Luminal A",
    "LumB": "Luminal B",
    "Normal": "Normal-like",
}

THERAPIES = {
    "trastuzumab": "trastuzumab",
    "pertuzumab": "pertuzumab",
    "t-dm1": "T-DM1",
    "t-dxd": "T-DXd",
    "tki": "HER2 tyrosine kinase inhibitor",
    "chemo": "chemotherapy",
    "endocrine": "endocrine therapy",
    "other": "other",
    "none": "none",
}

REVIEW = {
    "both": "both HER2 tests read centrally",
    "baseline": "baseline HER2 test read centrally",
    "followup": "follow-up HER2 test read centrally",
    "neither": "both HER2 tests read locally",
}

HETEROGENEITY = {
    "none": "no mosaic seen",
    "cap_5_50": "5-50 % amplified cells (CAP heterogeneity)",
    "two_clones": "two clones, one amplified",
    "unknown": "unknown",
}

LOCUS = {
    "retained": "retained",
    "partial": "partly lost",
    "replaced": "gone with its clone",
    "lost_in_lineage": "lost inside the lineage",
}

MODALITIES = {
    "cn": "DNA copy number",
    "clones": "mutation clusters",
    "rna": "RNA",
    "ish": "ISH",
    "ihc": "IHC",
    "status": "reported HER2 status",
    "single_cell": "single cells",
    "sc": "single cells",
}

# DNA copy number: what measured the locus, the call of a pair, and the ISH groups (ASCO/CAP).
ASSAYS = {"wgs": "whole genome", "wes": "exome", "panel": "gene panel"}

MEASURED_BY = {
    "bins": "bins",
    "segments": "segments of another program",
    "copies": "another program's copy numbers, without log ratios",
    "genes": "values per gene",
    "discrete": "calls per gene, which give no copies",
}

CN_CALLS = {
    "retained": "retained",
    "reduced": "reduced",
    "lost": "lost",
    "not_assessable": "not assessable",
}

ISH_GROUPS = {
    1: "ratio 2 or more, 4 copies or more",
    2: "ratio 2 or more, fewer than 4 copies",
    3: "ratio below 2, 6 copies or more",
    4: "ratio below 2, 4 to 6 copies",
    5: "ratio below 2, fewer than 4 copies",
}

CEP17_GAIN = {
    "yes": "yes: above 17p, so that the ratio hides part of a gain of ERBB2",
    "no": "no",
}

PURITY_SOURCES = {
    "sheet": "given in the sample sheet",
    "dna": "fitted to DNA",
    "snv": "from mutation counts",
    "pathologist": "the pathologist's estimate",
    "none": "unknown",
}

KINDS = {
    "S": "stops the verdict",
    "C": "caps the verdict at probable",
    "F": "drops or widens a piece of evidence",
    "N": "for information",
}

# Caps that hold for one label only, as her2omics.mechanism.decide applies them.
CAPS_ONLY = {"ON_TREATMENT": "subtype_switch"}

# One wording for methods.md and README.
CALIBRATION = (
    "The classifier is calibrated on simulated evidence (docs/calibration.md), not on patients "
    "with a verified mechanism: no public cohort has them."
)

# Code: (kind, what it means for the reader). Order: where a case falls first.
GATES = {
    "INPUT_ERROR": ("S", "A file of this case could not be read."),
    "NO_FOLLOWUP": ("S", "Only a baseline biopsy is in the study."),
    "GENOTYPE_MISMATCH": ("S", "The genotypes say that the samples are not of one person."),
    "UNRELATED_TUMOUR": ("S", "The two tumours share no truncal alteration: a second primary."),
    "BASELINE_NOT_POSITIVE": (
        "S",
        "The baseline was reported HER2-negative or only HER2-low: there was nothing to lose.",
    ),
    "BASELINE_UNCONFIRMED": (
        "S",
        "The baseline was reported positive, but neither ERBB2 copies nor ERBB2 mRNA are raised.",
    ),
    "NO_LOCUS_EVIDENCE": (
        "S",
        "Nothing measures the ERBB2 locus or its product in both biopsies.",
    ),
    "UNDERPOWERED_CN": (
        "F",
        "The follow-up's tumour content is too low to see the copies the baseline carried.",
    ),
    "BASELINE_UNCERTAIN": (
        "C",
        "No measurement beside the reported status confirms the baseline as HER2-positive.",
    ),
    "BASELINE_NOT_FOCAL": (
        "C",
        "The baseline's gain is not focal: copies of the whole arm or chromosome are raised.",
    ),
    "LOW_PURITY": ("C", "Few cancer cells in a biopsy: RNA shows the normal tissue as well."),
    "PURITY_UNKNOWN": ("C", "No source of tumour content: dilution cannot be told from loss."),
    "CN_CONFLICT": ("C", "Two kinds of evidence about the locus contradict each other."),
    "LOW_ESS": ("C", "The Monte-Carlo estimate of this case did not become precise enough."),
    "NORMAL_LIKE": ("C", "The follow-up is dominated by normal tissue."),
    "ON_TREATMENT": (
        "C",
        "The follow-up was taken on or shortly after anti-HER2 drugs, which move the programme.",
    ),
    "DECALCIFIED": ("F", "Decalcified tissue: DNA and ISH are noisier."),
    "PREANALYTIC": (
        "F",
        "Fixation delay or fixative can mimic loss: the reported status is not used.",
    ),
    "MIXED_PROTOCOL": (
        "F",
        "The two RNA libraries differ in protocol or unit: RNA levels are trusted less.",
    ),
    "NO_NORMAL": ("F", "No matched normal: private mutation clusters count for less."),
    "FEW_MUTATIONS": ("F", "Too few mutations to follow clones."),
    "LOW_DEPTH": ("F", "Sequencing depth is too low for mutation clusters."),
    "LOW_LIBRARY": ("F", "Few RNA reads: expression is noisier."),
    "FEW_GENES": ("F", "Too few PAM50 genes were measured for a firm subtype."),
    "FEW_CELLS": ("F", "Too few malignant single cells: they are not used."),
    "NO_NORMAL_CELLS": (
        "F",
        "No normal cells to tell tumour from normal epithelium: the amplified share is not used.",
    ),
    "ISH_INCONSISTENT": (
        "F",
        "ISH ratio and copies contradict each other (or are totals over all cells): not used.",
    ),
    "SETTING_UNKNOWN": ("N", "The setting of the follow-up is not given: averaged over settings."),
    "IDENTITY_UNCHECKED": ("N", "No genotypes: that both samples are of one person is assumed."),
    "LINEAGE_UNCHECKED": ("N", "Nothing to compare the lineage of the two tumours by."),
    "SINGLE_REGION": ("N", "One region per time point: a mosaic may have been sampled unevenly."),
    "ASSAY_CHANGED": (
        "N",
        "Antibody clone, ISH kit or guideline year differ between the two HER2 tests.",
    ),
}

# Reasons of the paired ERBB2 call and of the switch call.
REASONS = {
    "ON_TREATMENT": "biopsy on or shortly after anti-HER2 drugs",
    "PURITY_UNKNOWN": "tumour content unknown",
    "LOW_PURITY": "few tumour cells",
    "MIXED_PROTOCOL": "different RNA protocols",
    "UNITS_DIFFER": "different units",
    "NO_ERBB2": "ERBB2 not measured",
    "NO_LEVEL": "no absolute level",
    "NO_SCALE": "no common scale",
    "FEW_GENES": "too few PAM50 genes",
    "NORMAL_LIKE": "follow-up Normal-like",
    "PURITY_EXPLAINS": "explained by tumour content",
    "SMALL_MARGIN": "small margin",
    "SMALL_DELTA": "small change",
    "AMPLICON_GENES": "not seen without ERBB2 and GRB7",
    "SMALL_FALL": "fall too small",
    "WITHIN_NULL": "other genes fall as far",
    "BASELINE_NOT_HIGH": "baseline not high",
    "FOLLOWUP_STILL_HIGH": "follow-up still high",
}


TIMES = {"baseline": "Baseline", "followup": "Follow-up"}

CELL_STATES = {
    "neutral": "neutral",
    "gain": "gain (about 2-fold)",
    "amplified": "amplified (3-fold or more)",
}

CELL_KINDS = {
    "malignant": "malignant",
    "epithelial": "normal epithelium",
    "immune": "immune",
    "stromal": "stromal",
    "endothelial": "endothelial",
    "unknown": "unknown",
}

CELL_CALLS = {
    "retained": "The amplified cells are still there",
    "lost": "The amplified cells are gone, wholly or for the most part",
    "silenced": "The amplified cells are still there, with less ERBB2 mRNA for their dose",
    "mixed": "Fewer amplified cells, and less ERBB2 mRNA for the dose of those that are left",
    "undetermined": "The cells do not tell what became of the amplification",
}

MALIGNANT_BY = {
    "copy_number": "by copy number",
    "dna": "by the copy numbers of the tumour's DNA",
    "annotation": "by the annotation given",
    "lineage": "by lineage alone: too few normal cells",
}


def span(row: dict, key: str) -> str | None:
    """Return a share with its 90 % interval as percentages; None where it is missing."""
    if row.get(key) is None:
        return None
    return f"{percent(row[key])} ({ends(row, key)})"


def ends(row: dict, key: str, of: str = "") -> str:
    """Return the ends of the interval of a share in per cent, without the sign."""
    return " to ".join(
        percent(row[f"{key}_{end}{of}"]).removesuffix(" %") for end in ("low", "high")
    )


def fold(row: dict, key: str) -> str | None:
    """Return a ratio with its 90 % interval, two digits; None where it is missing."""
    if row.get(key) is None:
        return None
    value, low, high = (f"{row[f'{key}{end}']:.2g}" for end in ("", "_low", "_high"))
    return f"{value}-fold ({low} to {high})"


def of(table: dict, code: object, *, missing: str = "not given") -> str:
    """Return the words for a code; an unknown code speaks for itself."""
    if code is None:
        return missing
    return table.get(str(code), str(code).replace("_", " "))


def listed(table: dict, codes: str | None, *, missing: str = "not given") -> str:
    """Return the words for a `;`-separated list."""
    parts = split(codes)
    return ", ".join(of(table, part) for part in parts) if parts else missing


def split(codes: str | None) -> list[str]:
    """Return the parts of a `;`-separated list."""
    return [part.strip() for part in (codes or "").split(";") if part.strip()]


def kept_by(case: dict) -> str | None:
    """Return what speaks for a kept amplification of a case reported negative.

    None unless the case is ``retained_by_sequencing`` and says that DNA, single cells or RNA were
    measured: ISH is no sequencing.
    """
    if case["sublabel"] != "retained_by_sequencing":
        return None
    measured = set(split(case.get("modalities")))
    return next((text for kinds, text in _KEPT_BY if measured & set(kinds)), None)


def sublabel(case: dict) -> str | None:
    """Return the closer description of a case in words; None where it has none."""
    if case["sublabel"] is None:
        return None
    kept = kept_by(case)
    return f"reported negative, but {kept}" if kept else of(SUBLABELS, case["sublabel"])


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, plural where it has to be."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def tally(values: Mapping[str, int]) -> str:
    """Return names with their numbers."""
    return ", ".join(f"{name} ({count})" for name, count in values.items())

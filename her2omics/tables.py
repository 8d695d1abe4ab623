"""Every table that passes between two stages, declared once and written and read only here.

A table is tab-separated text, one header line, missing values empty, numbers as ``%.6g``, rows in
the order of the sheet. ``docs/outputs.md`` is generated from these declarations.
"""

from __future__ import annotations

import gzip
import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from her2omics.errors import InputError, Problem, raise_all, suggestion

TIMES = ("baseline", "followup")
SETTINGS = ("post_neoadjuvant", "on_treatment", "relapse", "metastasis")
LABELS = ("downregulation", "clonal_selection", "subtype_switch", "mixed", "not_lost")
SUBTYPES = ("Basal", "Her2", "LumA", "LumB", "Normal")


@dataclass(frozen=True)
class Column:
    """A column: its type (``text``, ``number``, ``integer``), unit, meaning, allowed values."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: its name (file ``<name>.tsv``), what a row is, and its columns.

    ``open_columns`` says that columns not declared here may stand beside the declared ones.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    open_columns: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def filename(self) -> str:
        """File name inside a results folder."""
        return f"{self.name}.tsv"


def _text(name: str, meaning: str, *allowed: str) -> Column:
    return Column(name, "text", meaning, allowed=tuple(allowed))


def _number(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "number", meaning, unit)


def _integer(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "integer", meaning, unit)


def _interval(name: str, meaning: str, unit: str = "") -> tuple[Column, Column, Column]:
    return (
        _number(name, meaning, unit),
        _number(f"{name}_low", f"lower end of the 90 % interval of {name}", unit),
        _number(f"{name}_high", f"upper end of the 90 % interval of {name}", unit),
    )


_CASE = (
    _text("case", "`<baseline>__<followup>`; `none` stands for a biopsy that is not there"),
    _text("patient", "patient id of the sheet"),
    _text("baseline", "sample id of the baseline biopsy; empty only for excluded follow-ups"),
    _text("followup", "sample id of the follow-up biopsy; empty where there is none"),
)
_SAMPLE = (
    _text("sample", "sample id of the sheet"),
    _text("patient", "patient id of the sheet"),
)
_HER2_CLASSES = ("0", "ultralow", "low", "positive", "unknown")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "pairs",
            "one case, as read from the sheets",
            (
                *_CASE,
                _text("setting", "setting of the follow-up; empty = unknown", *SETTINGS),
                _text("assay", "assay of the mutations; empty = none", "wes", "panel", "wgs"),
                _text("therapy_since_baseline", "`;`-separated list; empty = unknown"),
                _number("days_since_anti_her2", "time since the last anti-HER2 dose", "days"),
                _text(
                    "central_review",
                    "which HER2 tests were read centrally; empty = unknown",
                    "both",
                    "baseline",
                    "followup",
                    "neither",
                ),
                _text("ascertained", "cohort collected because HER2 was lost", "yes", "no"),
                _text(
                    "excluded", "why the sheet excludes a sample of the case; empty = it does not"
                ),
            ),
        ),
        Table(
            "purity",
            "one sample and one mode of its purity fit",
            (
                *_SAMPLE,
                *_interval("purity", "share of cells that are cancer cells", "share of cells"),
                _number("ploidy", "mean copy number of the cancer cells", "copies"),
                _text(
                    "source",
                    "where the estimate comes from",
                    "sheet",
                    "dna",
                    "snv",
                    "pathologist",
                    "none",
                ),
                _integer("mode", "1 = leading solution of the fit"),
                _number("weight", "probability of this mode", "probability"),
                _text("priors", "`;`-separated estimates of others that the DNA fit began with"),
            ),
        ),
        Table(
            "copy_number",
            "one tumour sample with DNA",
            (
                *_SAMPLE,
                _text("assay", "assay of the DNA", "wgs", "wes", "panel"),
                _text(
                    "measured_by",
                    "what the locus was measured by",
                    "bins",
                    "segments",
                    "copies",
                    "genes",
                    "discrete",
                ),
                *_interval("purity", "cancer cells, all modes of the fit", "share of cells"),
                *_interval("ploidy", "mean copy number of the cancer cells", "copies"),
                _number(
                    "erbb2_log2", "ERBB2 over the genome's mean, in all cells of the sample", "log2"
                ),
                _number("erbb2_log2_sd", "its standard error, locus bias included", "log2"),
                _text("resolved", "an amplicon would have been seen", "yes", "no"),
                _number("erbb2_bins", "bins or markers of the locus", "bins"),
                *_interval("erbb2_copies", "ERBB2, mean of the cancer cells", "copies"),
                *_interval("other_copies", "17q beside the amplicon", "copies"),
                *_interval("cep17_copies", "beside the centromere of chromosome 17", "copies"),
                *_interval("erbb2_cep17_ratio", "ERBB2 over CEP17", "ratio"),
                *_interval("erbb2_ploidy_ratio", "ERBB2 over ploidy", "ratio"),
                _integer("ish_group", "most probable ISH group, 1 to 5 (ASCO/CAP)"),
                *(
                    _number(f"p_ish_group_{group}", f"ISH group {group}", "probability")
                    for group in range(1, 6)
                ),
                _number(
                    "min_detectable_copies",
                    "fewest mean copies that would have shown (alpha .01, power .95)",
                    "copies",
                ),
                _integer("amplicon_start", "0-based; empty = no focal gain", "bp, chromosome 17"),
                _integer("amplicon_end", "half-open", "bp, chromosome 17"),
                _text("amplicon_genes", "`;`-separated genes of 17q it spans"),
                *(
                    _text(f"{gene.lower()}_state", f"{gene} against 17q", "gained", "not_gained")
                    for gene in ("CDK12", "IKZF3", "RARA", "TOP2A")
                ),
                _text(
                    "cep17_gain",
                    "centromere more than .3 log2 above 17p: the ratio hides the gain",
                    "yes",
                    "no",
                ),
                _number("p17_log2", "17p away from the centromere, the control arm", "log2 ratio"),
                _text("note", "what limits the numbers"),
            ),
        ),
        Table(
            "copy_number_pairs",
            "one case with DNA of both samples",
            (
                *_CASE,
                *_interval(
                    "retention", "share of the gain over the genome's mean that is left", "ratio"
                ),
                *_interval(
                    "retention_17q",
                    "share of the gain over 17q beside the amplicon that is left",
                    "ratio",
                ),
                *_interval("slope", "follow-up's linear ratios over the baseline's", "ratio"),
                _text(
                    "call",
                    "fate of the amplification",
                    "retained",
                    "lost",
                    "reduced",
                    "not_assessable",
                ),
                _text("reason", "why not firmer"),
                _number(
                    "min_purity",
                    "purity from which the baseline's copies would show in the follow-up",
                    "share of cells",
                ),
                _number(
                    "p_amplified_followup",
                    "copies >= twice the ploidy (4 to 6) or ratio >= 2",
                    "probability",
                ),
                _text("same_edges", "both amplicons begin and end together", "yes", "no"),
            ),
        ),
        Table(
            "copy_number_segments",
            "one segment that a patient's samples share, in one sample",
            (
                *_SAMPLE,
                _text("chromosome", "without chr"),
                _integer("start", "0-based", "bp"),
                _integer("end", "half-open", "bp"),
                _text("arm", "chromosome arm"),
                _number("log2", "over the genome's mean", "log2 ratio"),
                _number("log2_sd", "standard error", "log2"),
                _number("copies", "at the leading purity and ploidy", "copies"),
                _integer(
                    "minor_copies",
                    "of the rarer haplotype in all cancer cells, where SNPs tell (probability .8)",
                    "copies",
                ),
                _number("bins", "bins or markers", "bins"),
            ),
        ),
        Table(
            "locus_bins",
            "one bin or marker within 3 Mb of ERBB2, in one sample",
            (
                *_SAMPLE,
                _integer("start", "0-based", "bp, chromosome 17"),
                _integer("end", "half-open", "bp, chromosome 17"),
                _number("log2", "over the genome's mean, bias corrected", "log2 ratio"),
            ),
        ),
        Table(
            "mutations",
            "one mutation in one sample; the columns after patient are those of PyClone-VI",
            (
                _text("patient", "patient id"),
                _text("mutation_id", "mutation, as in the input"),
                _text("sample_id", "sample id"),
                _integer("cluster_id", "cluster of the mutation; -1: of none"),
                _number(
                    "cellular_prevalence",
                    "share of cancer cells that carry the cluster (posterior median)",
                    "share of cancer cells",
                ),
                _number("cellular_prevalence_std", "its posterior SD", "share of cancer cells"),
                _number("cluster_assignment_prob", "probability of that cluster", "probability"),
                *_interval(
                    "ccf", "share of cancer cells that carry the mutation", "share of cancer cells"
                ),
            ),
        ),
        Table(
            "clusters",
            "one cluster of mutations in one sample",
            (
                _text("patient", "patient id"),
                _integer("cluster_id", "cluster; 0 has the largest fractions"),
                _text("sample_id", "sample id"),
                *_interval(
                    "ccf", "share of cancer cells that carry the cluster", "share of cancer cells"
                ),
                _number("ccf_mean", "posterior mean of ccf", "share of cancer cells"),
                _number("ccf_sd", "posterior SD of ccf", "share of cancer cells"),
                _integer("mutations", "mutations of the cluster", "mutations"),
                _integer("covered", "... that have reads in the sample", "mutations"),
            ),
        ),
        Table(
            "clones",
            "one clone in one sample",
            (
                _text("patient", "patient id"),
                _integer("clone", "clone: the cluster of this number"),
                _text("parent", "clone it descends from; empty = normal cells"),
                _text("sample", "sample id"),
                *_interval(
                    "ccf",
                    "share of cancer cells of the clone and its descendants",
                    "share of cancer cells",
                ),
                *_interval(
                    "prevalence",
                    "share of cancer cells of the clone and of no descendant",
                    "share of cancer cells",
                ),
                _integer("mutations", "mutations of the cluster", "mutations"),
                _text(
                    "carries_erbb2_amplification",
                    "whether the amplification sits on its branch or above; empty = not judged",
                    "yes",
                    "no",
                ),
            ),
        ),
        Table(
            "clone_samples",
            "one sample with mutations",
            (
                _text("patient", "patient id"),
                _text("sample_id", "sample id"),
                _number("tumour_content", "purity as given", "share of cells"),
                _number("purity_factor", "purity the clusters ask for over the one given"),
                _number("purity_fitted", "their product, at most 1", "share of cells"),
                _number("precision", "precision of the reads' beta-binomial", "a + b"),
                _integer("mutations", "mutations of the patient", "mutations"),
                _integer("covered", "... that have reads in the sample", "mutations"),
                _number("median_depth", "median depth of those", "reads"),
            ),
        ),
        Table(
            "cluster_shifts",
            "one cluster of mutations in one case",
            (
                *_CASE,
                _integer("cluster_id", "cluster"),
                _integer("mutations", "mutations of the cluster", "mutations"),
                _number("ccf_baseline", "posterior mean", "share of cancer cells"),
                _number("ccf_followup", "posterior mean", "share of cancer cells"),
                _number("p_shift", "that they differ by more than `ccf_shift`", "probability"),
                _number("log10_bayes_factor", "different against the same fraction", "log10"),
                _number("p_sweep", "below .5 at baseline, above .85 later", "probability"),
                _number("p_loss", "above .85 at baseline, below .5 later", "probability"),
                _text(
                    "call",
                    "what is sure with `shift_probability`",
                    "clonal",
                    "followup_private_clonal",
                    "baseline_private_clonal",
                    "sweep",
                    "collapse",
                    "new",
                    "loss",
                    "expansion",
                    "contraction",
                    "stable",
                    "unresolved",
                ),
                _number("power", "to call a change of .25 in this cluster", "probability"),
                _number(
                    "detectable_change",
                    "least change called with probability .8; empty = none is",
                    "share of cancer cells",
                ),
            ),
        ),
        Table(
            "lineage",
            "one case: whether both tumours descend from one",
            (
                *_CASE,
                _integer("shared", "mutations in both samples", "mutations"),
                _integer("shared_rare", "... that are no hotspots", "mutations"),
                _integer(
                    "private_baseline", "clonal at baseline, visibly absent later", "mutations"
                ),
                _integer(
                    "private_followup", "clonal later, visibly absent at baseline", "mutations"
                ),
                _number("log10_lr", "likelihood ratio of one origin at its best", "log10"),
                _number(
                    "log10_bayes_factor",
                    "ratio averaged over what true pairs share; below 0: two origins",
                    "log10",
                ),
                _text(
                    "call",
                    "by `lineage_bayes_factor`",
                    "related",
                    "unrelated",
                    "not_assessable",
                ),
                _text(
                    "normal",
                    "matched normal behind the mutations: its reads were seen, it is in the sheet "
                    "alone, or there is none",
                    "reads",
                    "sheet",
                    "none",
                ),
            ),
        ),
        Table(
            "expression",
            "one RNA sample",
            (
                *_SAMPLE,
                *_interval("erbb2_log2", "ERBB2 mRNA, library-normalised", "log2 CPM"),
                *_interval("erbb2_z", "ERBB2 mRNA above HER2-negative tumours", "SD (1.4826 MAD)"),
                *_interval(
                    "neighbours_log2",
                    "median over GRB7, STARD3, PGAP3, MIEN1 of mRNA above HER2-negative tumours",
                    "log2 ratio",
                ),
                *_interval(
                    "neighbours_z",
                    "17q12 neighbours above HER2-negative tumours",
                    "SD (1.4826 MAD)",
                ),
                *_interval("erbb2_above_reference", "ERBB2 above the HER2-negative median", "log2"),
                _integer("neighbours_used", "number of neighbours measured", "genes"),
                _text("unit", "unit of the input values"),
                _number("sample_sd", "scale of the sample effect shared by all genes", "log2"),
            ),
        ),
        Table(
            "expression_pairs",
            "one case with RNA of both samples",
            (
                *_CASE,
                *_interval("erbb2_log2fc", "ERBB2 mRNA, follow-up minus baseline", "log2 ratio"),
                *_interval(
                    "erbb2_log2fc_corrected",
                    "the same between the cancer cells, corrected for purity; missing without it",
                    "log2 ratio",
                ),
                _number("null_sd", "1.4826 MAD of the change of expression-matched genes", "log2"),
                _number("p_null", "share of matched genes that fall as far", "probability"),
                _text(
                    "call",
                    "paired ERBB2 call",
                    "down",
                    "partial_down",
                    "stable",
                    "up",
                    "not_assessable",
                ),
                _text("reason", "why the call is not firmer"),
            ),
        ),
        Table(
            "differential",
            "one gene: follow-up against baseline over the cohort's pairs",
            (
                _text("gene", "gene symbol"),
                _number("base_mean", "mean normalised expression", "counts"),
                *_interval("log2fc", "follow-up minus baseline", "log2 ratio"),
                _number("statistic", "log2fc over its standard error", "SE"),
                _number("p", "two-sided p", "probability"),
                _number("q", "Benjamini-Hochberg", "probability"),
                _text("method", "pydeseq2 or moderated paired differences"),
                _integer("pairs", "pairs that carried the estimate", "pairs"),
            ),
        ),
        Table(
            "pathways",
            "one gene set: follow-up against baseline over the cohort's pairs",
            (
                _text("gene_set", "name in the gene-set file"),
                _integer("genes", "genes of the set that were measured", "genes"),
                _number("es", "enrichment score of the ranked genes", "-1 to 1"),
                _number("nes", "normalised enrichment score; depends on the permutation null"),
                _number("p", "permutation p", "probability"),
                _number("q", "false discovery rate", "probability"),
                _text("leading_edge", "`;`-separated genes"),
            ),
        ),
        Table(
            "subtypes",
            "one RNA sample",
            (
                *_SAMPLE,
                _text("subtype", "nearest PAM50 centroid; empty = no call", *SUBTYPES),
                _number("margin", "best minus second correlation", "Spearman rho"),
                _number("support", "share of gene bootstraps with the same call", "probability"),
                _number("r_basal", "correlation to the Basal-like centroid", "Spearman rho"),
                _number("r_her2", "correlation to the HER2-enriched centroid", "Spearman rho"),
                _number("r_luma", "correlation to the Luminal A centroid", "Spearman rho"),
                _number("r_lumb", "correlation to the Luminal B centroid", "Spearman rho"),
                _number("r_normal", "correlation to the Normal-like centroid", "Spearman rho"),
                _integer("genes_used", "PAM50 genes measured", "genes"),
                *_interval("ror_s", "risk of recurrence by subtype", "0-100"),
                *_interval("ror_p", "risk of recurrence by subtype and proliferation", "0-100"),
                *_interval(
                    "proliferation",
                    "mean of 11 proliferation genes, standardised over the sample's PAM50 genes",
                    "SD",
                ),
                _text("centring", "centring rule used"),
                _text("note", "cautions"),
            ),
        ),
        Table(
            "switches",
            "one case with RNA of both samples",
            (
                *_CASE,
                _text("subtype_baseline", "subtype at baseline", *SUBTYPES),
                _text("subtype_followup", "subtype at follow-up", *SUBTYPES),
                _number(
                    "delta",
                    "(r_HER2 - best luminal r), baseline minus follow-up",
                    "Spearman rho",
                ),
                *_interval(
                    "delta_purity_adjusted",
                    "delta at equal purity (the purer sample diluted in silico)",
                    "Spearman rho",
                ),
                *_interval(
                    "programme_delta",
                    "programme shift: rise of r_Y - r_X, 48 genes, as at usual purity, less null",
                    "Spearman rho",
                ),
                _number(
                    "programme_delta_sd",
                    "SD beyond the model's scale: purities, RNA per cell, subtype before, genes",
                    "Spearman rho",
                ),
                _text("call", "switch call", "switch", "stable", "unconfirmed", "not_assessable"),
                _text("reason", "`;`-separated reason codes"),
            ),
        ),
        Table(
            "evidence",
            "one measurement of a case, as it enters the model",
            (
                _text("case", "case id"),
                _text("variable", "what was measured"),
                _text("item", "cluster, mode or gene; empty where there is one only"),
                _text("time", "biopsy", "baseline", "followup", "pair"),
                Column("value", "text", "the measurement (number, or a word for reported values)"),
                _number("sd", "scale of the measurement's t6", "unit of value"),
                _number("n", "cells, mutations or weight behind the value"),
                _text("source", "table or sheet column it comes from"),
            ),
        ),
        Table(
            "quality",
            "one gate that fired",
            (
                _text("case", "case id"),
                _text("sample", "sample concerned; empty = the pair"),
                _text("code", "reason code"),
                _text("kind", "S stops, C caps, F drops or widens a factor, N is shown", *"SCFN"),
                _text("value", "what was found"),
                _text("threshold", "what was asked for"),
                _text("note", "one sentence for the reader"),
            ),
        ),
        Table(
            "contributions",
            "one piece of evidence and one label",
            (
                _text("case", "case id"),
                _text("variable", "piece of evidence"),
                _text("label", "label", *LABELS),
                _number("decibans", "weight of this evidence for the label, given the rest", "dB"),
            ),
        ),
        Table(
            "cases",
            "one case: the product",
            (
                *_CASE,
                _text("setting", "setting of the follow-up; empty = unknown", *SETTINGS),
                _text("label", "verdict", *LABELS, "uncertain", "not_assessable"),
                _text("call", "how firm", "called", "probable", "none"),
                _text("sublabel", "closer description of the verdict"),
                _text("note", "fixed sentences for the reader"),
                *(
                    _number(f"p_{label}", "posterior under the configured prior", "probability")
                    for label in LABELS
                ),
                *(
                    _number(f"p_flat_{label}", "posterior, prior 1/5 per label", "probability")
                    for label in LABELS
                ),
                _number("p_locus_retained", "amplification kept", "probability"),
                _number("p_locus_partial", "amplification partly lost", "probability"),
                _number("p_locus_replaced", "amplified lineage replaced", "probability"),
                _number("p_locus_lost_in_lineage", "lost inside the lineage", "probability"),
                _number("p_programme_shift", "intrinsic programme changed", "probability"),
                *_interval("f_baseline", "cancer cells of the amplified lineage", "share"),
                *_interval("f_followup", "cancer cells of the amplified lineage", "share"),
                *_interval("copies_amplified_baseline", "ERBB2 in the amplified lineage", "copies"),
                *_interval("copies_amplified_followup", "ERBB2 in the amplified lineage", "copies"),
                *_interval("repression_log2", "loss of ERBB2 mRNA per copy", "log2"),
                _text(
                    "heterogeneity_baseline",
                    "mosaic of amplified and other cells before treatment",
                    "none",
                    "cap_5_50",
                    "two_clones",
                    "unknown",
                ),
                _text("her2_class_baseline", "from IHC/ISH only", *_HER2_CLASSES),
                _text("her2_class_followup", "from IHC/ISH only", *_HER2_CLASSES),
                _text("gates", "`;`-separated reason codes"),
                _text("modalities", "`;`-separated evidence used"),
                _text("next_test", "measurement that would most reduce the uncertainty"),
                _number("effective_samples", "importance sampling, leading state", "particles"),
            ),
            open_columns=True,
        ),
        Table(
            "truth",
            "one simulated case: its latent state",
            (
                _text("case", "case id"),
                _text("scenario", "scenario it was drawn from"),
                _text(
                    "state",
                    "latent state",
                    *(["R", "D", "CS", "DA", "SS-ret", "SS-lost", "MIX", "PR"]),
                ),
                _text("label", "label of the latent state", *LABELS),
                _text("sublabel", "closer description"),
                _text("setting", "true setting", *SETTINGS),
                _text("gates_must", "codes that must fire, `;`-separated"),
                _text("gates_may", "codes that may fire, `;`-separated"),
                _number("purity_baseline", "true purity", "share of cells"),
                _number("purity_followup", "true purity", "share of cells"),
                _number("ploidy_baseline", "true ploidy", "copies"),
                _number("ploidy_followup", "true ploidy", "copies"),
                _number("f_baseline", "cancer cells of the amplified lineage", "share"),
                _number("f_followup", "cancer cells of the amplified lineage", "share"),
                _number("copies_amplified_baseline", "ERBB2 in the amplified lineage", "copies"),
                _number("copies_amplified_followup", "ERBB2 in the amplified lineage", "copies"),
                _number("copies_other", "ERBB2 in the other cancer cells at baseline", "copies"),
                _number("repression_log2", "loss of ERBB2 mRNA per copy", "log2"),
                _number("programme_shift", "shift of the intrinsic programme", "Spearman rho"),
                _text("subtype_baseline", "intrinsic subtype", *SUBTYPES),
                _text("subtype_followup", "intrinsic subtype", *SUBTYPES),
            ),
            open_columns=True,
        ),
        Table(
            "truth_dna",
            "one simulated tumour sample: the genome its DNA files were written from",
            (
                *_SAMPLE,
                _text("timepoint", "biopsy", *TIMES),
                _text("assay", "assay of the files", "wgs", "wes", "panel"),
                _number("purity", "true purity of the piece that was sequenced", "share of cells"),
                _number("ploidy", "mean copies of the autosomes as realised", "copies"),
                _number(
                    "erbb2_copies",
                    "ERBB2, mean of the cancer cells: f C_A + (1 - f) C_N",
                    "copies",
                ),
                _number("f_bulk", "cancer cells of the piece of the amplified lineage", "share"),
                _number("copies_amplified", "ERBB2 in the amplified lineage", "copies"),
                _number("copies_other", "ERBB2 in the other cancer cells, and 17q", "copies"),
                _integer("amplicon_start", "0-based; empty = no amplicon", "bp, chromosome 17"),
                _integer("amplicon_end", "end of the amplicon, half-open", "bp, chromosome 17"),
                _number("arm_17p_copies", "mean copies of 17p", "copies"),
                _number("cep17_copies", "mean copies of 17q beside the centromere", "copies"),
            ),
        ),
        Table(
            "truth_mutations",
            "one mutation of a simulated case, as far as it is in the files",
            (
                _text("case", "case id"),
                _text("patient", "patient id of the sheet"),
                _text("mutation_id", "`chromosome:position:ref:alt`"),
                _text("clone", "trunk, amplified, other, baseline_1, ...; germline, artefact"),
                _number("ccf_baseline", "cancer cells of the clone", "share"),
                _number("ccf_followup", "cancer cells of the clone; empty = no biopsy", "share"),
                _number(
                    "multiplicity_baseline",
                    "mutated copies per cell of the clone; 0 where the haplotype was lost",
                    "copies",
                ),
                _number("multiplicity_followup", "the same at follow-up", "copies"),
            ),
        ),
        Table(
            "reference",
            "one gene of the HER2-negative reference (cohort folder)",
            (
                _text("gene", "gene symbol"),
                _number("median", "median of HER2-negative tumours", "log2 CPM"),
                _number("sd", "1.4826 MAD of HER2-negative tumours", "log2"),
                _text("role", "`;`-separated: locus, pam50, marker, stable"),
                _number(
                    "offset",
                    "stable genes: median deviation of this cohort's samples; missing below 8",
                    "log2",
                ),
                _text("source", "bundled table or this cohort"),
            ),
        ),
        Table(
            "centring",
            "one PAM50 gene: what is subtracted before correlating (cohort folder)",
            (
                _text("gene", "gene symbol"),
                _number("centre", "value subtracted", "log2 CPM"),
                _number("reference", "ER-balanced reference median", "log2 RSEM"),
                _number("offset", "platform offset of this cohort before shrinkage", "log2"),
                _number("shrinkage", "share of the offset that is used", "0-1"),
                _number("normal", "Normal-like median on the cohort's platform", "log2 CPM"),
                _text("rule", "centring rule"),
            ),
        ),
        Table(
            "noise",
            "one RNA sample (cohort folder)",
            (
                *_SAMPLE,
                _number("size_factor", "library scale against the reference's stable genes"),
                _number("stable_sd", "spread of the stable genes around the reference", "log2"),
                _number("sample_sd", "scale of the sample effect shared by all genes", "log2"),
                _integer("genes_detected", "genes with at least 5 reads or TPM >= 1", "genes"),
                _number("library_size", "sum of counts; missing for other units", "reads"),
                _text("unit", "unit of the input values"),
                _text("protocol", "RNA library protocol of the sheet"),
            ),
        ),
        Table(
            "model_noise",
            "one part of a noise mixture, as learnt from the cohort (cohort folder)",
            (
                _text(
                    "noise",
                    "what is learnt",
                    "rna",
                    "programme",
                    "spread",
                    "setting",
                    "lineages",
                    "clusters",
                ),
                _text("group", "setting and assay the cluster classes are for; else empty"),
                _text("part", "part of the mixture: the value, or its name"),
                _number(
                    "value", "inflation of the stated noise; of spread: intraclass correlation"
                ),
                _number("assumed", "weight before the cohort was seen", "probability"),
                _number("weight", "weight learnt from the cohort", "probability"),
                _integer("cases", "cases that carried information", "cases"),
            ),
        ),
        Table(
            "identity",
            "two samples of a patient, compared at the SNPs both have (cohort folder)",
            (
                _text("patient", "patient id of the sheet"),
                _text("sample_a", "first sample"),
                _text(
                    "sample_b",
                    "second sample; empty = the normal's reads that stand in the file of sample_a",
                ),
                _text("assay_a", "assay of the first sample's file", "wgs", "wes", "panel"),
                _text("assay_b", "assay of the second sample's file", "wgs", "wes", "panel"),
                _integer("sites", "shared SNPs with a clear genotype in both", "SNPs"),
                *_interval("concordance", "share of them with the same genotype", "share"),
                _number(
                    "log10_lr",
                    "likelihood of one person over that of two unrelated ones",
                    "log10",
                ),
                _text("call", "one person or not", "same", "different", "unknown"),
                _text(
                    "match",
                    "`;`-separated `sample=other`: the sample of another patient that fits instead",
                ),
                _text("note", "what else is to be said"),
            ),
        ),
        *(
            Table(
                name,
                f"one problem of a file that turned out unreadable {where}",
                (
                    _text("sample", "sample concerned"),
                    _text("file", "file name"),
                    _text("message", "what is wrong with it"),
                ),
            )
            for name, where in (
                ("input_errors", "(cohort folder)"),
                ("copy_number_errors", "when copy number was called"),
                ("clone_errors", "when clones were called"),
            )
        ),
    )
}


def empty(name: str) -> pd.DataFrame:
    """Return a table without rows, all declared columns in place."""
    return typed(pd.DataFrame({column: [] for column in TABLES[name].names}, dtype=str), name)


def typed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the frame with declared columns first, in order and in their types.

    Text columns are ``object`` with ``None`` for missing, numbers ``float64``, integers ``Int64``.
    Missing declared columns are added as missing values; undeclared ones follow.
    """
    table = TABLES[name]
    extra = [column for column in frame.columns if column not in table.names]
    out = frame.reindex(columns=[*table.names, *extra])
    for column in table.columns:
        values = out[column.name]
        if column.kind == "text":
            values = values.astype(object)
            missing = values.isna() | values.eq("")
            out[column.name] = values.where(~missing, None)
        elif column.kind == "integer":
            out[column.name] = pd.to_numeric(values).astype("Int64")
        else:
            out[column.name] = pd.to_numeric(values).astype("float64")
    return out


def error_rows(lost: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
    """Return sample, file and message of each problem, once each: rows of the tables of errors."""
    return pd.DataFrame(list(dict.fromkeys(lost)), columns=["sample", "file", "message"])


def write(frame: pd.DataFrame, name: str, path: Path | str) -> Path:
    """Write a declared table.

    Parameters
    ----------
    frame
        Rows in their final order.
    name
        Key of :data:`TABLES`.
    path
        A folder (the file is named after the table) or a file; ``.gz`` is written without a time.

    Returns
    -------
    Path
        The file written: to a temporary name first, then renamed.

    Raises
    ------
    ValueError
        If the frame contradicts the declaration (a defect of the program, not of the input).
    """
    table = TABLES[name]
    out = typed(frame, name)
    extra = [column for column in out.columns if column not in table.names]
    if extra and not table.open_columns:
        raise ValueError(f"table {name}: undeclared columns {extra}")
    for column in table.columns:
        if column.allowed:
            found = out[column.name].dropna()
            wrong = sorted(set(found[~found.isin(column.allowed)].astype(str)))
            if wrong:
                raise ValueError(f"table {name}: column {column.name}: {wrong} not allowed")
    path = Path(path)
    if path.suffix not in (".tsv", ".gz"):
        path = path / table.filename
    text = out.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n", na_rep="")
    write_text(text, path)
    return path


def write_text(text: str, path: Path) -> None:
    """Write a text file whole: to a temporary name beside it, then renamed; gzip without time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    data = text.encode("utf-8")
    if path.suffix == ".gz":
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0) as handle:
            handle.write(data)
        data = buffer.getvalue()
    temporary.write_bytes(data)
    temporary.replace(path)


def read(path: Path | str, name: str, *, required: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a declared table, made here or by the user.

    Parameters
    ----------
    path
        The file, or the folder that holds ``<name>.tsv``.
    name
        Key of :data:`TABLES`.
    required
        Columns that must be present; default: all declared ones. Others may be absent.

    Returns
    -------
    DataFrame
        Declared columns in order and in their types. Undeclared columns are kept where the table
        allows them, else dropped with one warning.

    Raises
    ------
    InputError
        With every problem: missing columns, values of the wrong type or outside the allowed list.
    """
    path = Path(path)
    if path.is_dir():
        path = path / TABLES[name].filename
    table = TABLES[name]
    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise InputError(Problem("no such file", file=str(path))) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            Problem(f"not a tab-separated UTF-8 table ({error})", file=str(path))
        ) from None
    wanted = table.names if required is None else tuple(required)
    problems = [
        Problem(f"column is missing{suggestion(column, frame.columns)}", str(path), 1, None, column)
        for column in wanted
        if column not in frame.columns
    ]
    raise_all(problems)
    problems = _value_problems(frame, table, str(path))
    raise_all(problems)
    extra = [column for column in frame.columns if column not in table.names]
    if extra and not table.open_columns:
        warnings.warn(f"{path}: columns ignored: {', '.join(extra)}", stacklevel=2)
        frame = frame.drop(columns=extra)
    return typed(frame.replace("", None), name)


def read_or_empty(folder: Path | str, name: str) -> pd.DataFrame:
    """Read a declared table of a folder; without the file, return the table without rows."""
    path = Path(folder) / TABLES[name].filename
    return read(path, name) if path.is_file() else empty(name)


def _value_problems(frame: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    problems = []
    for column in table.columns:
        if column.name not in frame:
            continue
        values = frame[column.name]
        filled = values[values != ""]
        if column.kind == "text":
            wrong = filled[~filled.isin(column.allowed)] if column.allowed else filled.iloc[:0]
            expected = ", ".join(column.allowed)
        else:
            numbers = pd.to_numeric(filled, errors="coerce")
            bad = numbers.isna() | ((numbers % 1 != 0) if column.kind == "integer" else False)
            wrong, expected = filled[bad], f"a {column.kind}"
        for row, value in wrong.items():
            hint = suggestion(value, column.allowed)
            message = f"'{value}' is not one of {expected}{hint}"
            if not column.allowed:
                message = f"'{value}' is not {expected}"
            problems.append(Problem(message, file, int(row) + 2, None, column.name))
    return problems


def in_order(frame: pd.DataFrame, column: str, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows sorted by the position of ``column`` in ``order`` (stable)."""
    rank: Mapping[str, int] = {value: index for index, value in enumerate(order)}
    return frame.sort_values(column, key=lambda values: values.map(rank), kind="stable")

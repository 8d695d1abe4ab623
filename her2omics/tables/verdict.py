"""Tables of the verdict, and what it rests on."""

from her2omics.tables.columns import (
    CASE,
    HER2_CLASSES,
    LABELS,
    SETTINGS,
    Column,
    Table,
    interval,
    number,
    text,
)

TABLES = (
    Table(
        "evidence",
        "one measurement of a case, as it enters the model",
        (
            text("case", "case id"),
            text("variable", "what was measured"),
            text("item", "cluster, mode or gene; empty where there is one only"),
            text("time", "biopsy", "baseline", "followup", "pair"),
            Column("value", "text", "the measurement (number, or a word for reported values)"),
            number("sd", "scale of the measurement's t6", "unit of value"),
            number("n", "cells, mutations or weight behind the value"),
            text("source", "table or sheet column it comes from"),
        ),
    ),
    Table(
        "quality",
        "one gate that fired",
        (
            text("case", "case id"),
            text("sample", "sample concerned; empty = the pair"),
            text("code", "reason code"),
            text("kind", "S stops, C caps, F drops or widens a factor, N is shown", *"SCFN"),
            text("value", "what was found"),
            text("threshold", "what was asked for"),
            text("note", "one sentence for the reader"),
        ),
    ),
    Table(
        "contributions",
        "one piece of evidence and one label",
        (
            text("case", "case id"),
            text("variable", "piece of evidence"),
            text("label", "label", *LABELS),
            number("decibans", "weight of this evidence for the label, given the rest", "dB"),
        ),
    ),
    Table(
        "cases",
        "one case: the product",
        (
            *CASE,
            text("setting", "setting of the follow-up; empty = unknown", *SETTINGS),
            text("label", "verdict", *LABELS, "uncertain", "not_assessable"),
            text("call", "how firm", "called", "probable", "none"),
            text("sublabel", "closer description of the verdict"),
            text("note", "fixed sentences for the reader"),
            *(
                number(f"p_{label}", "posterior under the configured prior", "probability")
                for label in LABELS
            ),
            *(
                number(f"p_flat_{label}", "posterior, prior 1/5 per label", "probability")
                for label in LABELS
            ),
            number("p_locus_retained", "amplification kept", "probability"),
            number("p_locus_partial", "amplification partly lost", "probability"),
            number("p_locus_replaced", "amplified lineage replaced", "probability"),
            number("p_locus_lost_in_lineage", "lost inside the lineage", "probability"),
            number("p_programme_shift", "intrinsic programme changed", "probability"),
            *interval("f_baseline", "cancer cells of the amplified lineage", "share"),
            *interval("f_followup", "cancer cells of the amplified lineage", "share"),
            *interval("copies_amplified_baseline", "ERBB2 in the amplified lineage", "copies"),
            *interval("copies_amplified_followup", "ERBB2 in the amplified lineage", "copies"),
            *interval("repression_log2", "loss of ERBB2 mRNA per copy", "log2"),
            text(
                "heterogeneity_baseline",
                "mosaic of amplified and other cells before treatment",
                "none",
                "cap_5_50",
                "two_clones",
                "unknown",
            ),
            text("her2_class_baseline", "from IHC/ISH only", *HER2_CLASSES),
            text("her2_class_followup", "from IHC/ISH only", *HER2_CLASSES),
            text("gates", "`;`-separated reason codes"),
            text("modalities", "`;`-separated evidence used"),
            text("next_test", "measurement that would most reduce the uncertainty"),
            number("effective_samples", "importance sampling, leading state", "particles"),
        ),
        open_columns=True,
    ),
)

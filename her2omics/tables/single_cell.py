"""Tables of single cells."""

from her2omics.tables.columns import (
    CASE,
    CELL_STATES,
    CELL_SUBTYPES,
    SAMPLE,
    SUBTYPES,
    Table,
    integer,
    interval,
    number,
    text,
)

_OF_CALLED = "share of the malignant cells that have a subtype"
_PAM50 = (
    text("pam50", "nearest PAM50 centroid of the sum of its malignant cells, 48 genes", *SUBTYPES),
    number("pam50_margin", "best minus second correlation", "Spearman rho"),
    number("pam50_support", "share of draws of cells and genes with that call", "probability"),
)

TABLES = (
    Table(
        "single_cell",
        "one sample with single cells",
        (
            *SAMPLE,
            integer("cells", "cells of the file, empty drops left out", "cells"),
            integer("cells_kept", "... that are sound and single", "cells"),
            integer("other_cells", "... of them immune, stromal or endothelial", "cells"),
            integer("malignant_cells", "... of them malignant", "cells"),
            text(
                "malignant_by",
                "what tells malignant from normal cells: copy number over the other cells, that of "
                "the patient's DNA, the user's annotation, or, where normal cells are too few, "
                "lineage alone",
                "copy_number",
                "dna",
                "annotation",
                "lineage",
            ),
            number("median_umis", "of the malignant cells", "UMIs"),
            number("ambient_share", "soup in a cell; empty = no cell tells it", "share of UMIs"),
            integer("clones", "clones with cells in the sample", "clones"),
            *interval(
                "amplified_fraction",
                "malignant cells of this biopsy that carry the amplification; empty where the "
                "interval is wider than .5",
                "share of malignant cells",
            ),
            *interval(
                "tumour_fraction",
                "the same of the tumour, whose sites vary (intraclass correlation .03); empty "
                "likewise, and where lineage alone tells malignant cells",
                "share of malignant cells",
            ),
            *(
                number(
                    f"tumour_fraction_{end}_icc_{shown}",
                    f"{word} end of its 90 % interval if sites vary {more} ({value})",
                    "share of malignant cells",
                )
                for shown, value, more in (("01", ".01", "less"), ("10", ".10", "more"))
                for end, word in (("low", "lower"), ("high", "upper"))
            ),
            *interval("dosage", "amplicon in amplified cells over a diploid cell's", "fold"),
            *interval("erbb2_output", "ERBB2 per UMI and dose, amplified cells", "share of UMIs"),
            text("identifiable", "amplified and neutral cells can be told apart", "yes", "no"),
            integer("subtype_cells", "malignant cells with a subtype (scSubtype)", "cells"),
            *interval("share_basal", "Basal-like cells, against the patient's mean", _OF_CALLED),
            *interval(
                "share_her2", "HER2-enriched cells, genes of the amplicon left out", _OF_CALLED
            ),
            *interval("share_luma", "Luminal A cells", _OF_CALLED),
            *interval("share_lumb", "Luminal B cells", _OF_CALLED),
            *_PAM50,
            integer("pam50_genes", "PAM50 genes measured", "genes"),
            text("note", "why not, and what was left out; `;`-separated sentences"),
        ),
    ),
    Table(
        "single_cell_clones",
        "one clone of malignant cells in one sample",
        (
            *SAMPLE,
            text("clone", "clone by copy number; the patient's samples share the names"),
            integer("cells", "malignant cells of the clone", "cells"),
            *interval("fraction", "its share of this biopsy", "share of malignant cells"),
            *interval(
                "amplified_fraction", "of its cells that carry the amplification", "share of cells"
            ),
            *interval("dosage", "amplicon in its amplified cells over a diploid cell's", "fold"),
            text("arms", "`;`-separated arms gained (+) or lost (-) by more than .25 log2"),
            *_PAM50,
        ),
    ),
    Table(
        "single_cell_doses",
        "one step of the histogram of doses, one sample; steps without cells have none",
        (
            *SAMPLE,
            number("dose_from", "doses from here on (the first step holds all below)", "fold"),
            number("dose_to", "... and below (the last step holds all above)", "fold"),
            integer("cells", "malignant cells with such a dose", "cells"),
            *(
                number(state, f"... of them {state}, the sum of their probabilities", "cells")
                for state in CELL_STATES
            ),
        ),
    ),
    Table(
        "single_cell_map",
        "one cell of the map that the report draws (`single_cell.map_cells` of a patient)",
        (
            *SAMPLE,
            number("x", "place on the UMAP of all samples of the patient"),
            number("y", "likewise"),
            text(
                "lineage",
                "by marker genes",
                "epithelial",
                "immune",
                "stromal",
                "endothelial",
                "unknown",
            ),
            text("kind", "malignant with a probability above .5", "malignant", "normal", "unknown"),
            number("p_amplified", "that it carries the amplification", "probability"),
            text("subtype", "scSubtype of malignant cells, empty = unknown", *CELL_SUBTYPES),
        ),
    ),
    Table(
        "single_cell_pairs",
        "one case with single cells of both biopsies",
        (
            *CASE,
            *interval(
                "share_change",
                "amplified share of the tumour, follow-up minus baseline",
                "share of malignant cells",
            ),
            *interval("output_ratio", "ERBB2 output per dose, follow-up over baseline", "ratio"),
            *interval("dosage_ratio", "dose of amplified cells, follow-up over baseline", "ratio"),
            number("p_share_falls", "that the share falls by more than .2", "probability"),
            number("p_output_falls", "that the output ratio is below .5", "probability"),
            number("p_dosage_falls", "that the dosage ratio is below .5", "probability"),
            number(
                "detectable_change",
                "least fall of the share seen in four of five such pairs",
                "share of malignant cells",
            ),
            text(
                "call",
                "what happened to the amplified cells",
                "retained",
                "lost",
                "silenced",
                "mixed",
                "undetermined",
            ),
            text("reason", "why undetermined, or what a call leaves open; may be empty"),
        ),
    ),
)

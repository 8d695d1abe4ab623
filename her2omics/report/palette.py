"""Colours of every figure and page, in one place and safe for colour-blind readers.

The two time points are neutral and differ in lightness and in fill (hollow, solid), labels follow
Okabe & Ito (2008), subtypes follow Tol's "muted" scheme in the order pathologists know
(reds for Basal-like and HER2-enriched, blues for luminal).
"""

INK = "#1b1f2a"
MUTED = "#5c6675"
GRID = "#dfe3e8"
PAPER = "#ffffff"

TIME = {"baseline": "#7c8798", "followup": INK}

LABEL = {
    "downregulation": "#0072b2",
    "clonal_selection": "#d55e00",
    "subtype_switch": "#cc79a7",
    "mixed": "#e6c84b",
    "not_lost": "#009e73",
    "uncertain": "#9aa3af",
    "not_assessable": "#d5dae1",
}

# Text on a filled area of the label's colour.
ON_LABEL = {
    "downregulation": "#ffffff",
    "clonal_selection": "#ffffff",
    "subtype_switch": INK,
    "mixed": INK,
    "not_lost": "#ffffff",
    "uncertain": INK,
    "not_assessable": INK,
}

LOCUS = {
    "retained": "#009e73",
    "partial": "#e6c84b",
    "replaced": "#d55e00",
    "lost_in_lineage": "#8c3d00",
}

# What copy number alone says of the amplification; the same colours as the locus axis.
CN_CALL = {
    "retained": LOCUS["retained"],
    "reduced": LOCUS["partial"],
    "lost": LOCUS["replaced"],
    "not_assessable": LABEL["uncertain"],
}
AMPLICON, CENTROMERE, STRIPE = "#fbe7c6", "#dbe7f3", "#f5f7f9"

PROGRAMME = {"same": "#c3cad3", "shift": "#cc79a7"}

SUBTYPE = {
    "Basal": "#882255",
    "Her2": "#cc6677",
    "LumA": "#332288",
    "LumB": "#88ccee",
    "Normal": "#999933",
}

# Single cells: state of the amplicon, lineage or kind of a cell on the map.
CELL_STATE = {"neutral": "#88ccee", "gain": "#e6c84b", "amplified": "#d55e00"}
CELL_KIND = {
    "malignant": "#882255",
    "epithelial": "#cc79a7",
    "immune": "#0072b2",
    "stromal": "#009e73",
    "endothelial": "#e6a000",
    "unknown": "#9aa3af",
}
BACKDROP = "#e3e7ec"  # cells that a panel is not about

FALL, RISE = "#2166ac", "#b2182b"

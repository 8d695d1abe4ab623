"""The single-cell section of a case page, from tables written by hand."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.report import cell_figures, cells, results
from her2omics.report.palette import CELL_KIND, CELL_STATE

CASE = {"case": "B__F", "patient": "P", "baseline": "B", "followup": "F"}
SHARES = {"B": (0.9, 0.8, 0.95), "F": (0.05, 0.02, 0.1)}


def interval(name, ends):
    return dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))


def sample(name, *, identifiable="yes"):
    row = {"sample": name, "patient": "P", "cells": 900, "cells_kept": 850, "malignant_cells": 400}
    row |= {"malignant_by": "copy_number", "median_umis": 3000.0, "identifiable": identifiable}
    row |= interval("amplified_fraction", SHARES[name]) | interval("tumour_fraction", SHARES[name])
    for icc, (low, high) in (("01", (0.1, 0.9)), ("10", (0.0, 1.0))):
        row |= {f"tumour_fraction_low_icc_{icc}": low, f"tumour_fraction_high_icc_{icc}": high}
    row |= interval("dosage", (8.0, 7.0, 9.5)) | {"note": "", "subtype_cells": 400}
    for key in ("basal", "her2", "luma", "lumb"):
        row |= interval(f"share_{key}", (0.25, 0.2, 0.3))
    return row | {"pam50": "Her2", "pam50_support": 0.93, "pam50_genes": 48, "pam50_margin": 0.2}


def made(*, times=("B", "F"), identifiable="yes", mapped=True):
    """Return results with the tables of single cells of some samples."""
    rng = np.random.default_rng(1)
    found = {name: [] for name in ("single_cell", "single_cell_clones", "single_cell_doses")}
    found |= {"single_cell_map": [], "single_cell_pairs": []}
    for name in times:
        found["single_cell"].append(sample(name, identifiable=identifiable))
        own = {"sample": name, "patient": "P"}
        high = name == "B"
        for start, neutral, gain, amplified in ((0.84, 20, 0, 0), (2.0, 4, 5, 1), (8.0, 0, 0, 70)):
            count = neutral + gain + amplified
            states = {"neutral": neutral, "gain": gain, "amplified": amplified}
            step = {"dose_from": start, "dose_to": start * 2**0.25, "cells": count}
            found["single_cell_doses"].append(own | step | states)
        for clone, share in (("C1", 0.7 if high else 0.1), ("C2", 0.3 if high else 0.9)):
            row = own | {"clone": clone, "cells": int(400 * share)}
            row |= interval("fraction", (share, share - 0.05, share + 0.05))
            found["single_cell_clones"].append(row | interval("amplified_fraction", SHARES[name]))
        for index in range(60 if mapped else 0):
            kind = ("malignant", "normal", "unknown")[index % 3]
            lineage = {"malignant": "epithelial", "normal": "immune"}.get(kind, "unknown")
            x, y = rng.normal(5, 2, 2)
            p = (0.95 if high else 0.02) if kind == "malignant" else None
            row = own | {"x": x, "y": y, "lineage": lineage, "kind": kind, "p_amplified": p}
            found["single_cell_map"].append(row | {"subtype": ""})
    if len(times) == 2:
        pair = CASE | interval("share_change", (-0.85, -0.95, -0.6))
        pair |= interval("output_ratio", (1.1, 0.8, 1.5)) | {"detectable_change": 0.22}
        call = "lost" if identifiable == "yes" else "undetermined"
        reason = "" if identifiable == "yes" else "baseline: no diploid level"
        found["single_cell_pairs"].append(pair | {"call": call, "reason": reason})
    frames = {
        name: tables.typed(pd.DataFrame(rows), name) if rows else tables.empty(name)
        for name, rows in found.items()
    }
    return results.Results(Path("."), frames)


def text_of(svg):
    return " ".join(ET.fromstring(svg).itertext())


def test_no_cells_no_section():
    assert cells.section(made(times=()), CASE) is None


def test_figures_and_words_of_a_pair():
    section = cells.section(made(), CASE)
    assert section["lines"][0] == "The amplified cells are gone, wholly or for the most part"
    assert (
        "\N{MINUS SIGN}85 points (90 % interval \N{MINUS SIGN}95 to \N{MINUS SIGN}60)"
        in (section["lines"][1])
    )
    assert section["files"] == ["single_cell/B.h5ad", "single_cell/F.h5ad"]
    assert section["shown"] == (
        "60 of 850 cells of the baseline and 60 of 850 cells of the follow-up"
    )
    for figure in ("map", "doses", "clones"):
        assert {"Baseline", "baseline"} & set(re.findall(r"\w+", text_of(section[figure])))
    rows = dict(section["rows"])
    assert rows["Amplified, of the malignant cells of this biopsy"] == [
        "90 % (80 to 95)",
        "5 % (2 to 10)",
    ]
    assert rows["The same if its sites vary less; more"] == ["10 to 90; 0 to 100"] * 2
    pam50 = rows["Subtype of the malignant cells together (PAM50)"]
    assert pam50[0] == "HER2-enriched, support 93 %, 48 genes"
    assert rows["HER2-enriched cells"] == ["25 % (20 to 30)"] * 2


def test_where_the_level_is_unknown_no_state_is_drawn_and_no_share_named():
    section = cells.section(made(identifiable="no"), CASE)
    assert section["lines"] == [
        "The cells do not tell what became of the amplification: baseline: no diploid level"
    ]
    bars = re.findall(r'<rect [^>]*fill="(#\w+)"[^>]*><title>', section["doses"])
    assert set(bars) == {CELL_KIND["unknown"]}
    assert "90 % (80 to 95)" not in section["doses"] + section["clones"]
    assert f'stroke="{CELL_STATE["amplified"]}"' not in section["map"]
    assert section["map"].count("cannot be told in this biopsy") == 2
    assert dict(section["rows"])["Amplified, of those of the tumour"] == [None, None]


def test_where_normal_cells_may_be_among_them_the_share_is_of_the_biopsy_alone():
    given = made()
    frame = given.frames["single_cell"]
    frame[frame.filter(like="tumour_fraction").columns] = np.nan
    section = cells.section(given, CASE)
    rows = dict(section["rows"])
    assert rows["Amplified, of the malignant cells of this biopsy"][0] == "90 % (80 to 95)"
    for name in ("Amplified, of those of the tumour", "The same if its sites vary less; more"):
        assert rows[name] == [None, None]
    assert "of the tumour: not known" in text_of(section["doses"])
    assert "None" not in text_of(section["doses"])


def test_the_histogram_is_as_high_as_its_shares():
    svg = cells.section(made(times=("B",)), CASE)["doses"]
    bars = re.findall(r'<rect [^>]*height="([\d.]+)" fill="(#\w+)"[^>]*><title>', svg)
    height = dict.fromkeys(CELL_STATE.values(), 0.0)
    for value, colour in bars:
        height[colour] += float(value)
    ratio = height[CELL_STATE["amplified"]] / height[CELL_STATE["neutral"]]
    assert ratio == pytest.approx(71 / 24, rel=0.02)


def test_each_cell_is_one_dot_on_either_panel():
    svg = cells.section(made(times=("B",)), CASE)["map"]
    dots = {
        colour: len(re.findall("M", data))
        for data, colour in re.findall(r'<path d="([^"]+)" fill="none" stroke="(#\w+)"', svg)
    }
    assert dots[CELL_KIND["malignant"]] == dots[CELL_STATE["amplified"]] == 20
    assert dots[CELL_KIND["immune"]] == dots[CELL_KIND["unknown"]] == 20


def test_one_biopsy_and_no_map():
    section = cells.section(made(times=("F",), mapped=False), CASE)
    assert section["lines"] == ["only one of the two biopsies has single cells"]
    assert section["map"] is None
    assert section["files"] == ["single_cell/F.h5ad"]
    assert dict(section["rows"])["Cells read, of them sound"] == [None, "900, 850"]


def test_no_malignant_cells_no_clones_and_no_histogram():
    assert cell_figures.clones({"baseline": [], "followup": []}, {}) is None
    assert cell_figures.doses({"baseline": []}, {"baseline": None}) is None

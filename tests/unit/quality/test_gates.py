"""Every gate of sheet and tables: a case in which it fires and one in which it does not."""

import numpy as np
import pandas as pd
import pytest

from her2omics import tables
from her2omics.quality.gates import quality

SAMPLES = pd.DataFrame(
    {
        "sample": ["B", "F"],
        "patient": ["P", "P"],
        "timepoint": ["baseline", "followup"],
        "exclude": [None, None],
        "preservation": [None, None],
        "fixation_delay_hours": [np.nan, np.nan],
        "her2_clone": [None, None],
        "guideline_year": [np.nan, np.nan],
    }
)
NOISE = tables.typed(
    pd.DataFrame(
        {
            "sample": ["B", "F"],
            "patient": "P",
            "library_size": 3e7,
            "unit": "counts",
            "protocol": "polya",
        }
    ),
    "noise",
)
SUBTYPES = tables.typed(
    pd.DataFrame(
        {
            "sample": ["B", "F"],
            "patient": "P",
            "subtype": ["Her2", "LumA"],
            "margin": 0.2,
            "genes_used": 50,
        }
    ),
    "subtypes",
)


IDENTITY = tables.typed(
    pd.DataFrame(
        {
            "patient": "P",
            "sample_a": ["B"],
            "sample_b": ["F"],
            "assay_a": "wes",
            "assay_b": "wes",
            "sites": 900,
            "concordance": 0.51,
            "log10_lr": -300.0,
            "call": "different",
            "note": "F is the one that differs",
        }
    ),
    "identity",
)


def cells(**columns):
    """Return table ``single_cell`` of a sound pair, with columns changed."""
    sound = {"malignant_cells": 400, "other_cells": 90, "malignant_by": "copy_number"}
    frame = pd.DataFrame({"sample": ["B", "F"], "patient": "P", **sound}).assign(**columns)
    return tables.typed(frame, "single_cell")


def gates(
    *,
    followup="F",
    samples=SAMPLES,
    noise=NOISE,
    subtypes=SUBTYPES,
    errors=None,
    identity=IDENTITY.iloc[:0],
    lineage=None,
    single_cell=None,
):
    pairs = pd.DataFrame([{"case": "c", "patient": "P", "baseline": "B", "followup": followup}])
    return quality(
        tables.typed(pairs, "pairs"),
        samples=samples,
        noise=noise,
        subtypes=subtypes,
        switches=tables.empty("switches"),
        input_errors=tables.empty("input_errors") if errors is None else errors,
        identity=identity,
        lineage=tables.empty("lineage") if lineage is None else lineage,
        single_cell=single_cell,
    )


def fired(**inputs):
    found = gates(**inputs)
    return {(code, sample) for code, sample in zip(found["code"], found["sample"], strict=True)}


QUIET = {
    ("SINGLE_REGION", None),
    ("IDENTITY_UNCHECKED", None),
    ("LINEAGE_UNCHECKED", None),
}


def changed(frame, column, values):
    return frame.assign(**{column: values})


def test_a_clean_pair_fires_only_what_nothing_was_said_about():
    assert fired() == QUIET


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (
            {"samples": changed(SAMPLES, "preservation", [None, "decalcified"])},
            ("DECALCIFIED", "F"),
        ),
        ({"samples": changed(SAMPLES, "fixation_delay_hours", [3.0, 0.5])}, ("PREANALYTIC", "B")),
        ({"noise": changed(NOISE, "protocol", ["polya", "capture"])}, ("MIXED_PROTOCOL", None)),
        ({"noise": changed(NOISE, "unit", ["counts", "tpm"])}, ("MIXED_PROTOCOL", None)),
        ({"noise": changed(NOISE, "library_size", [3e7, 4e5])}, ("LOW_LIBRARY", "F")),
        ({"subtypes": changed(SUBTYPES, "genes_used", [50, 22])}, ("FEW_GENES", "F")),
        ({"subtypes": changed(SUBTYPES, "subtype", ["Her2", "Normal"])}, ("NORMAL_LIKE", "F")),
        ({"samples": changed(SAMPLES, "her2_clone", ["4B5", "CB11"])}, ("ASSAY_CHANGED", None)),
        (
            {"samples": changed(SAMPLES, "guideline_year", [2013.0, 2018.0])},
            ("ASSAY_CHANGED", None),
        ),
        ({"identity": IDENTITY}, ("GENOTYPE_MISMATCH", "B")),
        ({"single_cell": cells(malignant_cells=[400, 49])}, ("FEW_CELLS", "F")),
        (
            {"single_cell": cells(malignant_by=["lineage", "copy_number"], other_cells=[3, 90])},
            ("NO_NORMAL_CELLS", "B"),
        ),
    ],
)
def test_each_gate_fires_alone(inputs, expected):
    found = fired(**inputs)
    assert found - QUIET == {expected}


def test_a_mismatch_stops_the_case_and_says_who_and_how_much():
    found = gates(identity=IDENTITY).set_index("code")
    row = found.loc["GENOTYPE_MISMATCH"]
    assert (row["kind"], row["value"]) == ("S", "51% of 900 SNPs equal")
    assert row["note"] == "B and F are not of one person: F is the one that differs."
    assert "IDENTITY_UNCHECKED" not in found.index


def test_the_normal_in_the_tumours_file_is_named():
    beside = IDENTITY.assign(sample_a="F", sample_b=None, note=None)
    note = gates(identity=beside).set_index("code").loc["GENOTYPE_MISMATCH", "note"]
    assert note == "F and the normal in the file of F are not of one person."


def test_genotypes_that_agree_check_the_identity():
    assert fired(identity=IDENTITY.assign(call="same")) == QUIET - {("IDENTITY_UNCHECKED", None)}


def test_genotypes_that_do_not_decide_say_so():
    few = IDENTITY.assign(call="unknown", sites=4, note="too few shared SNPs")
    row = gates(identity=few).set_index("code").loc["IDENTITY_UNCHECKED"]
    assert row["value"] == "4 shared SNPs"
    assert row["note"] == (
        "That both biopsies are of one person is not known: too few shared SNPs."
    )


def test_other_patients_and_lone_normals_do_not_matter():
    elsewhere = IDENTITY.assign(patient="Q")
    between_normals = IDENTITY.assign(sample_a="N1", sample_b="N2")
    assert fired(identity=elsewhere) == fired(identity=between_normals) == QUIET


@pytest.mark.parametrize(
    "inputs",
    [
        {"samples": changed(SAMPLES, "preservation", ["ffpe", "frozen"])},
        {"samples": changed(SAMPLES, "fixation_delay_hours", [0.9, 1.0])},
        {"noise": changed(NOISE, "protocol", [None, "polya"])},  # unknown is no difference
        {"single_cell": cells()},
        {"single_cell": cells(malignant_cells=[50, 50])},
        {"single_cell": cells(malignant_by="annotation", other_cells=0)},
        {"noise": changed(NOISE, "unit", ["counts", "log2_counts"])},
        {"noise": changed(NOISE, "library_size", [np.nan, np.nan])},
        {"noise": NOISE.iloc[:0], "subtypes": SUBTYPES.iloc[:0]},  # missing is not low
        {"subtypes": changed(SUBTYPES, "subtype", ["Normal", "LumA"])},
        {"samples": changed(SAMPLES, "her2_clone", ["4B5", None])},
    ],
)
def test_each_gate_stays_quiet(inputs):
    assert fired(**inputs) == QUIET


def test_an_excluded_case_is_left_to_the_verdict():
    row = {"case": "none__F", "patient": "P", "followup": "F", "excluded": "F: failed library"}
    found = quality(
        tables.typed(pd.DataFrame([row]), "pairs"),
        samples=SAMPLES,
        noise=NOISE,
        subtypes=SUBTYPES,
        switches=tables.empty("switches"),
        input_errors=tables.empty("input_errors"),
        identity=tables.empty("identity"),
        lineage=tables.empty("lineage"),
    )
    assert found.empty


def test_an_unreadable_file_stops_its_case():
    errors = tables.typed(
        pd.DataFrame([{"sample": "F", "file": "f.tsv", "message": "cut short"}]), "input_errors"
    )
    assert ("INPUT_ERROR", "F") in fired(errors=errors)


def test_a_second_region_lifts_single_region():
    more = pd.concat([SAMPLES, SAMPLES.iloc[[0]].assign(sample="B2")], ignore_index=True)
    assert ("SINGLE_REGION", None) not in fired(samples=more)


def tumours(call, factor, *, normal=True):
    """Gates of a pair whose mutations were judged so, by code."""
    pair = {"case": "c", "patient": "P", "baseline": "B", "followup": "F"}
    counted = {"shared": 1, "shared_rare": 0, "private_baseline": 40, "private_followup": 38}
    row = pair | counted | {"log10_lr": 0.0, "log10_bayes_factor": factor, "call": call}
    row["normal"] = "sheet" if normal else "none"
    lineage = tables.typed(pd.DataFrame([row]), "lineage")
    return gates(lineage=lineage).set_index("code")


def test_two_tumours_stop_the_case_with_their_numbers():
    found = tumours("unrelated", -3.25)
    row = found.loc["UNRELATED_TUMOUR"]
    assert (row["kind"], row["sample"], row["threshold"]) == ("S", "F", "above -2")
    assert row["value"].endswith("-3.2")
    assert "40 and 38 mutations are clonal in one" in row["note"]
    assert "LINEAGE_UNCHECKED" not in found.index


def test_one_tumour_is_checked_and_fires_nothing():
    assert not {"UNRELATED_TUMOUR", "LINEAGE_UNCHECKED"} & set(tumours("related", 50.0).index)


@pytest.mark.parametrize("call", ["related", "unrelated"])
def test_without_a_normal_the_lineage_is_not_checked(call):
    found = tumours(call, 9.0 if call == "related" else -9.0, normal=False)
    assert "UNRELATED_TUMOUR" not in found.index
    assert "no matched normal" in found.loc["LINEAGE_UNCHECKED", "note"]
    assert found.loc["NO_NORMAL", "kind"] == "F"
    assert "NO_NORMAL" not in tumours(call, 9.0).index


def test_mutations_that_do_not_decide_say_so():
    found = tumours("not_assessable", 0.4)
    assert "UNRELATED_TUMOUR" not in found.index
    assert "do not decide" in found.loc["LINEAGE_UNCHECKED", "note"]

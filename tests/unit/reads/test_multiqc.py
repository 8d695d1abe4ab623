"""The files of custom content that MultiQC finds by their names."""

import io

import pandas as pd
import yaml

from her2omics import tables
from her2omics.reads import multiqc

GATES = {
    "case": ["P1-B__P1-F"] * 2,
    "sample": ["P1-B", "P1-F"],
    "code": ["LOW_LIBRARY"] * 2,
    "kind": ["F", "F"],
    "value": ["9 reads", "8 reads"],
    "threshold": ["1,000,000 reads"] * 2,
    "note": ["Few.", "Few."],
}
PURITY = {
    "sample": ["P1-B", "P1-B", "P1-F"],
    "patient": ["P1"] * 3,
    "purity": [0.9, 0.6, 0.3],
    "source": ["dna"] * 3,
    "mode": [2, 1, 1],
    "weight": [0.2, 0.8, 1.0],
}


def _content(**frames):
    names = ("quality", "identity", "reads_quality", "purity")
    given = {name: tables.typed(pd.DataFrame(frames.get(name, {})), name) for name in names}
    return multiqc.content(**given)


def _parsed(text):
    head = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    rows = [line for line in text.splitlines() if not line.startswith("# ")]
    return yaml.safe_load("\n".join(head)), pd.read_csv(io.StringIO("\n".join(rows)), sep="\t")


def test_gates_have_a_row_each():
    head, rows = _parsed(_content(quality=GATES)["her2omics_gates_mqc.tsv"])
    assert rows["row"].tolist() == ["P1-B__P1-F LOW_LIBRARY", "P1-B__P1-F LOW_LIBRARY 2"]
    assert rows["sample"].tolist() == ["P1-B", "P1-F"]
    assert rows["kind"].tolist() == ["F widens", "F widens"]  # a bare F is a failure to MultiQC
    assert head["plot_type"] == "table"
    assert list(head["headers"]) == rows.columns[1:].tolist()


def test_the_best_fit_of_each_tumour():
    head, rows = _parsed(_content(purity=PURITY)["her2omics_purity_mqc.tsv"])
    assert rows["row"].tolist() == ["P1-B", "P1-F"]
    assert rows["purity"].tolist() == [0.6, 0.3]
    assert "ploidy" not in rows  # nobody has one
    assert head["headers"]["purity"]["description"].endswith("(share of cells)")


def test_ends_of_intervals_are_hidden_and_assays_told_apart():
    made = {
        "sample": ["P1-B", "P1-B"],
        "patient": ["P1", "P1"],
        "assay": ["wes", "rna"],
        "contamination": [0.01, None],
        "contamination_low": [0.005, None],
    }
    head, rows = _parsed(_content(reads_quality=made)["her2omics_reads_mqc.tsv"])
    assert rows["row"].tolist() == ["P1-B.wes", "P1-B.rna"]
    hidden = {name: header["hidden"] for name, header in head["headers"].items()}
    assert hidden == {"assay": False, "contamination": False, "contamination_low": True}


def test_the_normal_in_a_tumours_own_file_is_named():
    made = {"patient": ["P1"], "sample_a": ["P1-B"], "sample_b": [None], "call": ["same"]}
    _, rows = _parsed(_content(identity=made)["her2omics_identity_mqc.tsv"])
    assert rows["row"].tolist() == ["P1-B / its normal reads"]


def test_without_any_row_only_the_gates_speak():
    files = _content()
    assert list(files) == ["her2omics_gates_mqc.html"]
    assert "No gate fired" in files["her2omics_gates_mqc.html"]


def test_nothing_is_asked_of_the_network():
    settings = yaml.safe_load(multiqc.config_text())
    assert settings["no_version_check"] is True
    assert settings["no_ai"] is True

"""What MultiQC shows beside the tools' own figures: quality of the reads, identity, purity, gates.

Every table becomes a file of custom content (``*_mqc.tsv``: a header in YAML behind ``#``, then
rows), which MultiQC finds by its name. Titles and descriptions are those of the declarations.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import yaml

from her2omics.tables import TABLES

#: Settings of MultiQC: nothing is asked of the network, nothing is offered to a language model, and
#: lanes are named as her2omics names them (fastp would name them by what it read). MultiQC 1.35
#: looks for ``^COMMAND`` as letters and so finds no ``samtools markdup`` by itself.
CONFIG = {
    "title": "her2omics: quality of the reads",
    "intro_text": False,
    "show_analysis_paths": False,
    "no_version_check": True,
    "no_ai": True,
    "use_filename_as_sample_name": ["fastp"],
    "extra_fn_clean_exts": [".rna.json", ".json", ".duplicates"],
    "sp": {"samtools/markdup_txt": {"contents": ["COMMAND: samtools markdup"], "num_lines": 2}},
    "module_order": ["custom_content", "fastp", "samtools", "mosdepth", "salmon"],
    "custom_content": {
        "order": [f"her2omics_{name}" for name in ("gates", "identity", "reads", "purity")]
    },
}
_SECTIONS = {
    "gates": (
        "quality",
        "Gates",
        "What the data of each case cannot carry: S stops the verdict, C caps it at probable, F"
        " drops or widens one kind of evidence, N is shown only.",
    ),
    "identity": (
        "identity",
        "Identity",
        "Samples of a patient compared at the SNPs both have: one person or not.",
    ),
    "reads": (
        "reads_quality",
        "Quality of the reads",
        "Reads, duplicates, depth, sex chromosomes and foreign DNA of each sample and assay.",
    ),
    "purity": (
        "purity",
        "Purity and ploidy",
        "The best fit of each tumour; purity.tsv has the others.",
    ),
}


def content(
    *,
    quality: pd.DataFrame,
    identity: pd.DataFrame,
    reads_quality: pd.DataFrame,
    purity: pd.DataFrame,
) -> dict[str, str]:
    """Return the files of custom content: name -> text.

    Parameters
    ----------
    quality, identity, reads_quality, purity
        Tables of those names. One without rows makes no file, but for the gates: that none fired is
        said.
    """
    best = purity.sort_values("weight", ascending=False, kind="stable").drop_duplicates("sample")
    gates = quality.assign(kind=quality["kind"].map(_KINDS))
    rows = {
        "gates": _named(gates, gates["case"] + " " + gates["code"]),
        "identity": _named(
            identity, identity["sample_a"] + " / " + identity["sample_b"].fillna("its normal reads")
        ),
        "reads": _named(reads_quality, reads_quality["sample"] + "." + reads_quality["assay"]),
        "purity": _named(best.sort_index(), best.sort_index()["sample"]),
    }
    files = {
        f"her2omics_{name}_mqc.tsv": _text(name, frame)
        for name, frame in rows.items()
        if len(frame)
    }
    if "her2omics_gates_mqc.tsv" not in files:
        _, title, _ = _SECTIONS["gates"]
        head = {"id": "her2omics_gates", "section_name": title, "plot_type": "html"}
        files["her2omics_gates_mqc.html"] = f"<!--\n{_yaml(head)}-->\n<p>No gate fired.</p>\n"
    return files


def config_text() -> str:
    """Return the settings of MultiQC."""
    return _yaml(CONFIG)


def _yaml(content: Mapping) -> str:
    return yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)


def _named(frame: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the frame with a name per row that no other row has."""
    again = names.groupby(names).cumcount()
    unique = names.where(again == 0, names + " " + (again + 1).astype(str))
    return frame.assign(row=unique)


def _text(name: str, frame: pd.DataFrame) -> str:
    table, title, description = _SECTIONS[name]
    hidden = {"case", "patient"} | (set() if name == "gates" else {"sample"})
    shown = [
        column
        for column in TABLES[table].columns
        if column.name not in hidden and frame[column.name].notna().any()
    ]
    headers = {
        column.name: {
            "title": column.name.replace("_", " "),
            "description": column.meaning + (f" ({column.unit})" if column.unit else ""),
            "scale": False,
            "hidden": column.name.endswith(("_low", "_high")),  # one click away
            **({} if column.kind == "text" else {"format": _FORMAT[column.kind]}),
        }
        for column in shown
    }
    head = {
        "id": f"her2omics_{name}",
        "section_name": title,
        "description": description,
        "plot_type": "table",
        "pconfig": {
            "id": f"her2omics_{name}_table",
            "title": title,
            "col1_header": _FIRST.get(name, "Sample"),
            "no_violin": True,
            "sort_rows": False,
        },
        "headers": headers,
    }
    comment = "".join(f"# {line}\n" for line in _yaml(head).splitlines())
    columns = ["row", *headers]
    rows = frame[columns].to_csv(
        sep="\t", index=False, lineterminator="\n", float_format="%.6g", na_rep=""
    )
    return comment + rows


_KINDS = {"S": "S stops", "C": "C caps", "F": "F widens", "N": "N shown"}
_FORMAT = {"number": "{:.4g}", "integer": "{:,.0f}"}
_FIRST = {"gates": "Case and gate", "identity": "Samples"}

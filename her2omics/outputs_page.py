"""The page that explains every column of every table, from the package ``tables``.

``python -m her2omics.outputs_page > docs/outputs.md``
"""

from __future__ import annotations

import sys

from her2omics.tables import TABLES, Column, Table

# Where a table lies; all others are in results/.
_COHORT = ("reference", "centring", "noise", "model_noise", "identity", "input_errors")
_FIRST = "cases"


def render() -> str:
    """Return the page as Markdown, the product first."""
    names = [_FIRST, *(name for name in TABLES if name != _FIRST)]
    lines = [
        "# Tables",
        "",
        "Generated from the declarations (`python -m her2omics.outputs_page > docs/outputs.md`).",
        "",
        "Tables are tab-separated text with one header line; a missing value is an empty cell, "
        "numbers have six significant digits, and rows are in the order of the sheet. `_low` and "
        "`_high` are the ends of a 90 % interval.",
        "",
        "Of single cells there are also `results/single_cell/<sample>.h5ad` with every cell, for "
        "scanpy and cellxgene: [single_cell.md](single_cell.md) lists their keys.",
        "",
        *(f"- [{name}.tsv](#{name}tsv): {TABLES[name].row}" for name in names),
        "",
    ]
    for name in names:
        lines += _section(TABLES[name])
    return "\n".join(lines).rstrip() + "\n"


def _section(table: Table) -> list[str]:
    place = _place(table.name)
    more = " Further columns may follow." if table.open_columns else ""
    return [
        f"## {table.filename}",
        "",
        f"One row: {table.row}. Lies in {place}.{more}",
        "",
        "| column | type | unit | meaning |",
        "|---|---|---|---|",
        *(_row(column) for column in table.columns),
        "",
    ]


def _place(name: str) -> str:
    if name in _COHORT:
        return "`results/cohort/`"
    if name.startswith("truth"):
        return "the folder of a simulated cohort"
    return "`results/`"


def _row(column: Column) -> str:
    meaning = column.meaning
    if column.allowed:
        meaning += f": {', '.join(f'`{value}`' for value in column.allowed)}"
    cells = (f"`{column.name}`", column.kind, column.unit, meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(render())

"""What a declaration is made of: tables, columns, and columns that many tables have."""

from __future__ import annotations

from dataclasses import dataclass

TIMES = ("baseline", "followup")
SETTINGS = ("post_neoadjuvant", "on_treatment", "relapse", "metastasis")
LABELS = ("downregulation", "clonal_selection", "subtype_switch", "mixed", "not_lost")
SUBTYPES = ("Basal", "Her2", "LumA", "LumB", "Normal")
CELL_SUBTYPES = SUBTYPES[:4]  # of scSubtype
CELL_STATES = ("neutral", "gain", "amplified")


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


def text(name: str, meaning: str, *allowed: str) -> Column:
    """Return a column of text, of the allowed values if any are given."""
    return Column(name, "text", meaning, allowed=tuple(allowed))


def number(name: str, meaning: str, unit: str = "") -> Column:
    """Return a column of numbers."""
    return Column(name, "number", meaning, unit)


def integer(name: str, meaning: str, unit: str = "") -> Column:
    """Return a column of whole numbers."""
    return Column(name, "integer", meaning, unit)


def interval(name: str, meaning: str, unit: str = "") -> tuple[Column, Column, Column]:
    """Return the columns of a number and of the ends of its 90 % interval."""
    return (
        number(name, meaning, unit),
        number(f"{name}_low", f"lower end of the 90 % interval of {name}", unit),
        number(f"{name}_high", f"upper end of the 90 % interval of {name}", unit),
    )


CASE = (
    text("case", "`<baseline>__<followup>`; `none` stands for a biopsy that is not there"),
    text("patient", "patient id of the sheet"),
    text("baseline", "sample id of the baseline biopsy; empty only for excluded follow-ups"),
    text("followup", "sample id of the follow-up biopsy; empty where there is none"),
)
SAMPLE = (
    text("sample", "sample id of the sheet"),
    text("patient", "patient id of the sheet"),
)
HER2_CLASSES = ("0", "ultralow", "low", "positive", "unknown")

"""The schemas of the sheets and the config, and what a value that breaks them is told.

The schemas (``workflow/schemas``) are the one place where columns, allowed values and ranges are
declared. Beside JSON Schema they use ``expected`` (a phrase for messages), ``unit`` and
``separator`` (of a list in one cell).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
import yaml
from jsonschema import Draft202012Validator

from her2omics import resources
from her2omics.errors import Problem, one_of, suggestion
from her2omics.sheets.sheet import Sheet

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def _text(name: str) -> str:
    path = resources.path(f"{name}.schema.yaml", kind="schemas")
    return json.dumps(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))


def schema(name: str) -> dict[str, Any]:
    """Return a schema: ``samples``, ``units`` or ``config``."""
    return json.loads(_text(name))


def is_number(rule: Mapping[str, Any]) -> bool:
    """Whether a column holds numbers."""
    return rule.get("type") in ("number", "integer")


def column_problems(sheet: Sheet, name: str) -> list[Problem]:
    """Return unknown and missing columns of a sheet.

    Parameters
    ----------
    sheet
        The sheet as read.
    name
        Its schema, ``samples`` or ``units``.
    """
    rules = schema(name)
    known = list(rules["properties"])
    problems, meant = [], set()
    for column in sheet.cells.columns:
        if column in known or (rules.get("patternProperties") and column.startswith("x_")):
            continue
        absent = [value for value in known if value not in sheet.cells.columns]
        hint = suggestion(column, absent) or (
            " - a column of your own begins with 'x_'" if "patternProperties" in rules else ""
        )
        meant.update(value for value in absent if f"'{value}'" in hint)
        problems.append(Problem(f"unknown column{hint}", sheet.name, 1, column=column))
    problems += [
        Problem("the column is missing and required", sheet.name, 1, column=column)
        for column in rules["required"]
        if column not in sheet.cells.columns and column not in meant
    ]
    return problems


def value_problems(sheet: Sheet, name: str, *, id_column: str = "sample") -> list[Problem]:
    """Return every cell that breaks its column's rule, and every required cell that is empty.

    Each distinct value of a column is judged once, so long sheets cost little.
    """
    rules = schema(name)
    ids = sheet.cells.get(id_column, pd.Series("", index=sheet.cells.index))
    problems = []
    for column, rule in rules["properties"].items():
        if column not in sheet.cells.columns:
            continue
        values = sheet.cells[column]
        validator = Draft202012Validator(rule)
        messages = {
            value: message
            for value in values.unique()
            if value != "" and (message := _value_message(value, rule, validator))
        }
        if column in rules["required"]:
            messages[""] = "is empty, every row needs one (NA counts as empty)"
        if not messages:
            continue
        found = values.isin(messages.keys())
        problems += [
            Problem(messages[values[row]], sheet.name, sheet.lines[row], ids[row] or None, column)
            for row in values.index[found]
        ]
    return problems


def parse(value: str, rule: Mapping[str, Any]) -> Any:
    """Return a cell's text in the type of its rule; text that does not fit stays text."""
    if rule.get("type") == "array":
        return [item.strip() for item in value.split(rule["separator"]) if item.strip()]
    if is_number(rule):
        return _number(value)
    if "anyOf" in rule:
        return _number(value.removesuffix("%"))
    return value


def _number(value: str) -> float | int | str:
    try:
        number = float(value)
    except ValueError:
        return value
    if number != number or number in (float("inf"), float("-inf")) or "_" in value:
        return value
    return int(number) if number.is_integer() else number


def _value_message(
    value: str, rule: Mapping[str, Any], validator: Draft202012Validator
) -> str | None:
    parsed = parse(value, rule)
    error = next(validator.iter_errors(parsed), None)
    if error is None:
        return None
    if error.validator == "enum":
        return one_of(str(error.instance), error.validator_value)
    expected = rule.get("expected", f"a {rule.get('type', 'value')}")
    return f"'{value}' is not {expected}{_number_hint(value, parsed, rule)}"


def _number_hint(value: str, parsed: Any, rule: Mapping[str, Any]) -> str:
    """Return the two slips that are common: a decimal comma, and percent for a share."""
    if not is_number(rule):
        return suggestion(value, rule["anyOf"][0]["enum"]) if "anyOf" in rule else ""
    if isinstance(parsed, str):
        comma, percent = _number(value.replace(",", ".")), _number(value.removesuffix("%"))
        if not isinstance(comma, str):
            return f" - did you mean '{comma:g}' (decimal point)?"
        if isinstance(percent, str):
            return ""
        parsed = percent
        if rule.get("maximum") != 1:
            return f" - did you mean '{percent:g}'?"
    if rule.get("maximum") == 1 and 1 < parsed <= 100:
        return f" - did you mean '{parsed / 100:g}'? (percent are not used here)"
    return ""

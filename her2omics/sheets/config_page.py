"""The page that lists every config key and every column of the sheets, from the schemas.

``python -m her2omics.sheets.config_page > docs/config.md``
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import yaml

from her2omics.sheets.config import config_schema, flat_rules
from her2omics.sheets.schema import schema


def render() -> str:
    """Return the page as Markdown."""
    rules = config_schema()
    lines = [
        "# Config and sheets",
        "",
        "Generated from the schemas (`python -m her2omics.sheets.config_page > docs/config.md`).",
        "",
        "## Config keys",
        "",
        _one_line(rules["description"]),
        "An unknown key is refused, with a suggestion. "
        "[config/config.yaml](../config/config.yaml) holds all keys with their defaults.",
        "",
        *_sections(rules),
        "## samples.tsv",
        "",
        *_sheet("samples"),
        "## units.tsv",
        "",
        *_sheet("units"),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _sections(rules: Mapping[str, Any]) -> list[str]:
    """Return a table of the keys without section, then one per section."""
    keys = flat_rules(rules)
    top = {key: rule for key, rule in keys.items() if "." not in key}
    lines = [*_keys(top)]
    for name, rule in rules["properties"].items():
        if rule.get("type") != "object":
            continue
        inside = {key: value for key, value in keys.items() if key.startswith(f"{name}.")}
        lines += [f"### {name}", "", _one_line(rule["description"]), "", *_keys(inside)]
    return lines


def _keys(rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = ["| key | default | values | meaning |", "|---|---|---|---|"]
    for key, rule in rules.items():
        default = yaml.safe_dump(rule["default"]).splitlines()[0]
        lines.append(f"| `{key}` | `{default}` | {_values(rule)} | {_cell(rule['description'])} |")
    return [*lines, ""]


def _sheet(name: str) -> list[str]:
    rules = schema(name)
    lines = [_one_line(rules["description"]), "", "| column | values | meaning |", "|---|---|---|"]
    for column, rule in rules["properties"].items():
        required = " (required)" if column in rules["required"] else ""
        lines.append(f"| `{column}`{required} | {_values(rule)} | {_cell(rule['description'])} |")
    for rule in rules.get("patternProperties", {}).values():
        lines.append(f"| `x_*` | text | {_cell(rule['description'])} |")
    return [*lines, ""]


def _values(rule: Mapping[str, Any]) -> str:
    """Return what a key or column takes: the allowed words, or the kind, bounds and unit."""
    if rule.get("type") == "array":
        words = ", ".join(f"`{value}`" for value in rule["items"]["enum"])
        return f"`{rule['separator']}`-list of {words}"
    if "anyOf" in rule:
        return _cell(rule["expected"])
    if "enum" in rule:
        return ", ".join(f"`{value}`" for value in rule["enum"])
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    words = {"number": "number", "integer": "whole number", "boolean": "`true`, `false`"}
    text = " or ".join("none" if kind == "null" else words.get(kind, "text") for kind in kinds)
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    bounds = [f"{sign} {rule[bound]:g}" for bound, sign in signs.items() if bound in rule]
    if bounds:
        text += f" {', '.join(bounds)}"
    return f"{text} ({rule['unit']})" if "unit" in rule else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(render())

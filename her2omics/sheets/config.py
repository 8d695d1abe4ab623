"""The config: every key checked, every default filled in, every error with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from her2omics.errors import InputError, Problem, one_of, raise_all, suggestion
from her2omics.files import problem as file_problem
from her2omics.files import read_text
from her2omics.sheets.schema import schema
from her2omics.thresholds import THRESHOLDS

_SUM_TOLERANCE = 1e-6
_SHARES = ("probability", "share of cells")
_OVERRIDES = "config"  # the command line, or a config that another program has read


def config_schema() -> dict[str, Any]:
    """Return the config schema with the thresholds that a user may change filled in."""
    rules = schema("config")
    rules["properties"]["thresholds"]["properties"] = {
        name: {
            "type": "number",
            "default": threshold.value,
            "unit": threshold.unit,
            "description": f"{threshold.why} ({threshold.source})",
            **({"minimum": 0, "maximum": 1} if threshold.unit in _SHARES else {}),
        }
        for name, threshold in THRESHOLDS.items()
        if threshold.user
    }
    return rules


def flat_rules(rules: Mapping[str, Any] | None = None, prefix: str = "") -> dict[str, dict]:
    """Return the rule of every key that holds a value, by its dotted name, in schema order."""
    rules = config_schema() if rules is None else rules
    found: dict[str, dict] = {}
    for name, rule in rules["properties"].items():
        if rule.get("type") == "object":
            found |= flat_rules(rule, f"{prefix}{name}.")
        else:
            found[prefix + name] = rule
    return found


def defaults() -> dict[str, Any]:
    """Return the complete default config."""
    return _nested({key: _typed(rule["default"], rule) for key, rule in flat_rules().items()})


def read_config(path: Path | None, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the complete config.

    Parameters
    ----------
    path
        A config file, or ``None`` for the defaults.
    overrides
        Keys that win over the file: nested, or dotted (``{"priors.R": 0.8}``).

    Returns
    -------
    dict
        Nested, every key of the schema present.

    Raises
    ------
    InputError
        With all problems: not YAML, doubled or unknown keys, wrong types and values, priors that
        do not sum to 1, folders and files that do not exist.
    """
    given, lines, problems = ({}, {}, []) if path is None else _read_yaml(Path(path))
    values = _flat(given)
    commanded = _flat(overrides or {})
    rules = flat_rules()
    sections = {key.rsplit(".", 1)[0] for key in rules if "." in key} | {"priors"}
    name = None if path is None else Path(path).name
    merged = {}
    for key, value in (values | commanded).items():
        file, line = (_OVERRIDES, None) if key in commanded else (name, lines.get(key))
        if key in sections and value in (None, {}):
            continue
        message = _key_message(key, rules, sections)
        if message is None:
            value = _normal(value, rules[key])
            message = _value_message(value, rules[key])
        if message:
            problems.append(Problem(message, file, line, column=key))
        else:
            merged[key] = value
    raise_all(problems)
    complete = {key: _typed(merged.get(key, rule["default"]), rule) for key, rule in rules.items()}
    raise_all(_joint_problems(complete, name or _OVERRIDES, lines))
    return _nested(complete)


def _read_yaml(path: Path) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    """Return the content, the line of every dotted key, and the keys that are there twice."""
    text = read_text(path)
    try:
        content = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"not YAML: {getattr(error, 'problem', None) or error}"
        line = mark.line + 1 if mark else None
        raise InputError(Problem(message, path.name, line)) from None
    if content is None:
        return {}, {}, []
    if not isinstance(content, dict):
        raise InputError(Problem("expected `key: value` lines", path.name, 1))
    lines: dict[str, int] = {}
    problems = []
    for key, line in _key_lines(node):
        if key in lines:
            message = f"the key is there twice (first on line {lines[key]}): keep one"
            problems.append(Problem(message, path.name, line, column=key))
        lines.setdefault(key, line)
    return content, lines, problems


def _key_lines(node: yaml.MappingNode, prefix: str = "") -> Iterator[tuple[str, int]]:
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        yield name, key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            yield from _key_lines(value, f"{name}.")


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *sections, last = key.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return nested


def _key_message(key: str, rules: Mapping[str, Any], sections: set[str]) -> str | None:
    if key in rules:
        return None
    if key in sections:
        inside = [name.removeprefix(f"{key}.") for name in rules if name.startswith(f"{key}.")]
        return f"expected keys below it: {', '.join(inside)}"
    section, _, last = key.rpartition(".")
    if section in rules:
        return f"unknown key: {section} takes one value, not keys below it"
    if section == "thresholds" and last in THRESHOLDS:
        return "this threshold is fixed; its value and reason are in her2omics/thresholds.py"
    inside = [name for name in rules if name.rpartition(".")[0] == section]
    return f"unknown key{suggestion(key, inside) or suggestion(key, rules)}"


def _normal(value: Any, rule: Mapping[str, Any]) -> Any:
    """Return ``None`` for the word none (or an empty text) where a key may be without a value."""
    if "null" in rule["type"] and isinstance(value, str) and value.lower() in ("none", ""):
        return None
    return value


def _typed(value: Any, rule: Mapping[str, Any]) -> Any:
    """Return a number in its type, so that 2 and 2.0 are the same setting."""
    kinds = {"number": float, "integer": int}
    return kinds[rule["type"]](value) if rule["type"] in ("number", "integer") else value


def _value_message(value: Any, rule: Mapping[str, Any]) -> str | None:
    error = next(Draft202012Validator(rule).iter_errors(value), None)
    if error is None:
        return None
    found = "nothing" if value is None else f"'{value}'"
    if "enum" in rule:
        # YAML reads a bare yes, no, on and off as true and false.
        return one_of(str(value), rule["enum"])
    bounds = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    limits = [text.format(rule[bound]) for bound, text in bounds.items() if bound in rule]
    words = {
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "string": "text",
    }
    kind = rule["type"] if isinstance(rule["type"], str) else rule["type"][0]
    expected = " ".join([words[kind], " and ".join(limits)]).strip()
    hint = ""
    if kind == "number" and isinstance(value, str) and "," in value:
        hint = f" - did you mean {value.replace(',', '.')} (decimal point)?"
    return f"{found} is not {expected}{hint}"


def _joint_problems(
    config: Mapping[str, Any], name: str, lines: Mapping[str, int]
) -> list[Problem]:
    """Return what is wrong between keys, and places that do not exist."""

    def problem(key: str, message: str) -> Problem:
        return Problem(message, name, lines.get(key), column=key)

    problems = []
    priors = {
        key: value
        for key, value in config.items()
        if key.startswith("priors.") and key.count(".") == 1
    }
    total = sum(priors.values())
    if abs(total - 1) > _SUM_TOLERANCE:
        states = ", ".join(key.removeprefix("priors.") for key in priors)
        message = f"the priors sum to {total:g}, expected 1: give all of {states}"
        problems.append(problem("priors", message))
    custom = config["genome_build"] == "custom"
    if custom and config["genome_tables"] is None:
        message = "genome_build is custom: give the folder of its tables here"
        problems.append(problem("genome_tables", message))
    if not custom and config["genome_tables"] is not None:
        message = f"is used with genome_build custom only, found {config['genome_build']}"
        problems.append(problem("genome_tables", message))
    for key in ("genome_tables", "cohort_from") if custom else ("cohort_from",):
        if config[key] is not None and not Path(config[key]).is_dir():
            problems.append(problem(key, f"no such folder: {config[key]}"))
    reference = config["copy_number.reference"]
    if reference is not None and not Path(reference).is_file():
        problems.append(problem("copy_number.reference", f"no such file: {reference}"))
    for key in ("reference", "snp_sites", "gtf", "transcripts"):
        place = config[f"reads.{key}"]
        if place is not None and not Path(place).is_file():
            problems.append(problem(f"reads.{key}", f"no such file: {place}"))
    if config["gene_sets"] is not None:
        found = file_problem(Path(config["gene_sets"]))
        if found:
            problems.append(problem("gene_sets", f"{config['gene_sets']}: {found.message}"))
    low, high = (config[f"thresholds.{key}"] for key in ("very_low_purity", "low_purity"))
    if low > high:
        message = f"{low:g} is above low_purity ({high:g})"
        problems.append(problem("thresholds.very_low_purity", message))
    low, high = (config[f"thresholds.{key}"] for key in ("probable_posterior", "called_posterior"))
    if low > high:
        message = f"{low:g} is above called_posterior ({high:g})"
        problems.append(problem("thresholds.probable_posterior", message))
    return problems

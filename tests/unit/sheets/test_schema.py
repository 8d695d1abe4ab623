import pytest
from jsonschema import Draft202012Validator

from her2omics.sheets.config import config_schema
from her2omics.sheets.schema import parse, schema
from her2omics.sheets.unit_rows import FILETYPES, UNITS
from her2omics.tables import SETTINGS


def sections(rules):
    yield rules
    for rule in rules.get("properties", {}).values():
        if rule.get("type") == "object":
            yield from sections(rule)


@pytest.mark.parametrize("name", ["samples", "units", "config"])
def test_schemas_are_strict_and_described(name):
    rules = config_schema() if name == "config" else schema(name)
    Draft202012Validator.check_schema(rules)
    for section in sections(rules):
        assert section["additionalProperties"] is False
        for key, rule in section["properties"].items():
            assert rule["description"].strip(), key
            if name == "config" and rule.get("type") != "object":
                Draft202012Validator(rule).validate(rule["default"])


def test_schemas_agree_with_the_rest():
    assert tuple(schema("samples")["properties"]["setting"]["enum"]) == SETTINGS
    units = schema("units")["properties"]
    assert set(units["assay"]["enum"]) == set(FILETYPES)
    assert set(units["filetype"]["enum"]) == set().union(*FILETYPES.values())
    assert set(units["unit"]["enum"]) == set().union(*UNITS.values())


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("2", {"type": "number"}, 2),
        ("2.5", {"type": "number"}, 2.5),
        ("1e-2", {"type": "number"}, 0.01),
        ("nan", {"type": "number"}, "nan"),
        ("inf", {"type": "number"}, "inf"),
        ("1_000", {"type": "number"}, "1_000"),
        ("a; b;", {"type": "array", "separator": ";"}, ["a", "b"]),
        ("002", {"type": "string"}, "002"),
    ],
)
def test_cells_are_parsed_in_the_type_of_their_rule(text, rule, value):
    assert parse(text, rule) == value

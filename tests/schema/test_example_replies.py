"""A made-up reply fits the schema it is made of."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.forms.reply_templates import TEMPLATES
from assistants_app.schema import importers
from assistants_app.schema.example_replies import flat, sample_of

TREE = {
    "type": "object",
    "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "n": {"type": "integer"}},
    "required": ["next", "n"],
    "additionalProperties": False,
}


def holds(schema: Any) -> Any:
    sample = sample_of(schema)
    assert jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(sample)
    return sample


@pytest.mark.parametrize(
    "part",
    [
        {"type": "string", "enum": ["a", "b"]},
        {"const": 3},
        {"type": ["null", "number"], "minimum": 10, "multipleOf": 4},
        {"type": "integer", "exclusiveMinimum": 1, "maximum": 2},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "integer", "maximum": -5},
        {"type": "string", "minLength": 7, "maxLength": 9},
        {"type": "string", "maxLength": 2},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
        {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
        {"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]},
        {"type": "null"},
        {},
        *({"type": "string", "format": form} for form in ("date-time", "time", "email", "uuid")),
        *({"type": "string", "format": form} for form in ("ipv4", "ipv6", "hostname", "duration")),
    ],
)
def test_every_kind_of_value_fits(part: dict[str, Any]) -> None:
    holds({"type": "object", "properties": {"p": part}, "required": ["p"]})


def test_a_circle_ends() -> None:
    assert holds(TREE)["next"]["n"] == 1
    for endless in ({"$ref": "#"}, {"anyOf": [{"$ref": "#"}]}, {"$ref": "#/$defs/none"}):
        assert sample_of(endless) is None


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_are_ready_for_exact_mode(name: str) -> None:
    schema = TEMPLATES[name].schema
    made = contract.make_strict(schema)
    assert (made.changes, made.left) == ((), ())
    assert set(holds(schema)) == set(schema["properties"])


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(-1e6, 1e6) | TEXTS,
        lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXTS, part, max_size=3),
        max_leaves=12,
    ).filter(lambda tree: isinstance(tree, dict) and tree and "properties" not in tree)
)  # fmt: skip
def test_an_example_fits_what_was_made_of_it(tree: dict[str, Any]) -> None:
    schema = importers.read_example(contract.dumps(tree))
    plain = contract.parse(contract.dumps(tree))
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(_plain(_closed(plain, schema)))
    assert contract.make_strict(schema).left == ()
    holds(schema)


def _closed(value: Any, schema: Any) -> Any:
    """With nothing where a row of a list lacks a field, as exact mode would answer."""
    if isinstance(value, dict):
        parts = _group(schema).get("properties", {})
        return {key: _closed(value.get(key), part) for key, part in parts.items()}
    if isinstance(value, list):
        return [_closed(one, _list(schema)["items"]) for one in value]
    return value


def _kind(schema: Any, kind: str) -> Any:
    found = [one for one in (schema, *schema.get("anyOf", [])) if kind in str(one.get("type"))]
    return found[0] if found else {}


def _group(schema: Any) -> Any:
    return _kind(schema, "object")


def _list(schema: Any) -> Any:
    return _kind(schema, "array") or {"items": {}}


def _plain(value: Any) -> Any:
    """Numbers that keep their spelling as Python's own, which the validator asks for."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, float) else value


def test_a_table_says_where_each_value_stands() -> None:
    reply = {"a": {"b": [1, {"c": "x"}]}, "d": [], "e": {}, "f": None, "g": ""}
    assert flat(reply) == [
        ("a.b[1]", "1"), ("a.b[2].c", "x"), ("d", "[]"), ("e", "{}"), ("f", "null"), ("g", ""),
    ]  # fmt: skip
    assert len(flat(list(range(100)))) == 60

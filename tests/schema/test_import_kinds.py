"""OpenAPI: a shape with a discriminator stands for the kinds that build on it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from assistants_app.schema import importers
from tests.schema.imported import kinds, only
from tests.schema.test_import_openapi import body, inputs

PET = {
    "type": "object",
    "required": ["kind"],
    "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}},
    "properties": {"kind": {"type": "string"}, "friend": {"$ref": "#/components/schemas/Pet"}},
}


def kind_of(parent: str, **properties: Any) -> dict[str, Any]:
    own = {"type": "object", "properties": properties}
    return {"allOf": [{"$ref": f"#/components/schemas/{parent}"}, own]}


def test_a_shape_with_a_discriminator_stands_for_its_kinds() -> None:
    kinds_ = {
        "Pet": PET,
        "Cat": kind_of("Pet", lives={"type": "integer"}),
        "Dog": kind_of("Pet", barks={"type": "boolean"}),
        "Pup": kind_of("Dog", weeks={"type": "integer"}),
        "Car": {"type": "object", "properties": {"kind": {"type": "string"}}},
    }
    schema = {
        "type": "object",
        "properties": {"pet": {"$ref": "#/components/schemas/Pet", "description": "Whose?"}},
    }
    made = inputs(body(schema, components={"schemas": kinds_}))
    names = ["Cat", "Dog", "Pup"]
    parts = [{"$ref": f"#/$defs/{name}"} for name in names]
    assert made["properties"] == {"pet": {"oneOf": parts, "description": "Whose?"}}
    assert sorted(made["$defs"]) == names
    told = {name: made["$defs"][name]["properties"] for name in names}
    assert [told[name]["kind"]["enum"] for name in names] == [["cat"], ["Dog"], ["Pup"]]
    assert [told[name]["friend"] for name in names] == [{"oneOf": parts}] * 3
    assert list(told["Pup"]) == ["kind", "friend", "barks", "weeks"]


def test_a_shape_whose_kinds_are_no_others_or_too_many_is_taken_as_it_is() -> None:
    alone = {key: value for key, value in PET.items() if key != "discriminator"}
    many = {f"K{n}": kind_of("Pet") for n in range(41)}
    reference = {"$ref": "#/components/schemas/Pet"}
    for kinds_ in ({"Pet": PET}, {"Pet": alone, **many}):
        text = body({"properties": {"pet": reference}}, components={"schemas": kinds_})
        assert "oneOf" not in json.dumps(inputs(text))
        assert "kinds_left" not in kinds(only(text))
    text = body({"properties": {"pet": reference}}, components={"schemas": {"Pet": PET, **many}})
    assert "oneOf" not in json.dumps(inputs(text))
    assert "kinds_left" in kinds(only(text))


def test_a_long_line_of_shapes_is_followed_in_little_time() -> None:
    line = {f"K{n}": kind_of(f"K{n - 1}" if n % 30 else "Pet") for n in range(5_000)}
    refs = {f"p{n}": {"$ref": f"#/components/schemas/{name}"} for n, name in enumerate(line)}
    shapes = {"Pet": PET, **line, "Round": kind_of("Round")}
    text = body({"type": "object", "properties": refs}, components={"schemas": shapes})
    start = time.process_time()
    importers.read(text).offers[0].make()
    assert time.process_time() - start < 5


@pytest.mark.parametrize("odd", [[], None, "x", {"schemas": []}, {"schemas": {"Pet": [], "A": 1}}])
def test_components_of_any_shape_have_no_kinds(odd: Any) -> None:
    schema = {"type": "object", "properties": {"pet": {"$ref": "#/components/schemas/Pet"}}}
    assert "oneOf" not in json.dumps(inputs(body(schema, components=odd)))

"""Operations of OpenAPI documents: their inputs, their shared shapes, what is left out and said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistants_app import contract
from assistants_app.schema import importers
from tests.schema.imported import kinds, only, refused

SHOP = """
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders/{order_id}:
    parameters:
      - name: order_id
        in: path
        required: true
        description: The number.
        schema: {type: integer, format: int64}
      - $ref: '#/components/parameters/Trace'
    get:
      operationId: orders/get
      summary: Look up an order
      description: |
        Look up an order.
        <b>Slow</b> for old ones &amp; large ones.<br>
      parameters:
        - name: expand
          in: query
          schema: {type: array, items: {type: string, enum: [items, customer]}}
        - {name: filter, in: query, content: {application/json: {schema: {type: object}}}}
      responses: {200: {description: ok}}
    put:
      deprecated: true
      requestBody: {$ref: '#/components/requestBodies/Order'}
      responses: {default: {description: any}}
components:
  parameters:
    Trace: {name: X-Trace, in: header, schema: {type: string}}
  requestBodies:
    Order:
      required: true
      content:
        application/vnd.shop+json:
          schema: {$ref: '#/components/schemas/Order'}
  schemas:
    Order:
      allOf:
        - $ref: '#/components/schemas/Named'
        - type: object
          required: [lines]
          properties:
            lines: {type: array, minItems: 1, items: {$ref: '#/components/schemas/Line'}}
            parent:
              allOf: [{$ref: '#/components/schemas/Order'}]
              nullable: true
              description: Came from.
    Named:
      type: object
      required: [name, id]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string, example: Tea, x-order: 1}
        colour: {type: string, enum: [red, green], nullable: true}
    Line:
      type: object
      properties:
        price: {type: number, minimum: 0, exclusiveMinimum: true, xml: {attribute: true}}
        address:
          oneOf: [{$ref: '#/components/schemas/Home'}, {$ref: '#/components/schemas/Box'}]
          discriminator: {propertyName: kind}
    Home: {type: object, properties: {street: {type: string, maxLength: 99}}}
    Box: {type: object, properties: {number: {type: integer}}}
"""


def shop() -> dict[str, Any]:
    return {offer.place: offer.make() for offer in importers.read(SHOP).offers}


def operation(parts: dict[str, Any], version: str = "3.1.0", **more: Any) -> str:
    """A document of one operation."""
    paths = {"/x": {"post": {"operationId": "x", "responses": {}, **parts}}}
    return json.dumps({"openapi": version, "paths": paths, **more})


def body(schema: Any, kind: str = "application/json", **more: Any) -> str:
    return operation({"requestBody": {"content": {kind: {"schema": schema}}}}, **more)


def inputs(text: str) -> Any:
    return only(text).tool["function"]["parameters"]


def test_path_and_query_become_inputs_and_headers_are_named() -> None:
    made = shop()["GET /orders/{order_id}"]
    assert made.tool["function"] == {
        "name": "orders_get",
        "description": "Look up an order.\nSlow for old ones & large ones.",
        "parameters": {
            "type": "object",
            "properties": {
                "order_id": {"type": "integer", "description": "The number."},
                "expand": {
                    "type": "array",
                    "items": {"type": "string", "enum": ["items", "customer"]},
                },
                "filter": {"type": "object"},
            },
            "required": ["order_id"],
        },
    }
    assert kinds(made) == ["renamed", "headers_left"]


def test_a_body_is_put_together_and_holds_what_it_refers_to() -> None:
    made = shop()["PUT /orders/{order_id}"]
    parameters = made.tool["function"]["parameters"]
    assert made.name == "put_orders_order_id"
    assert list(parameters["properties"]) == ["order_id", "name", "colour", "lines", "parent"]
    assert parameters["required"] == ["order_id", "name", "lines"]
    assert parameters["properties"]["name"] == {"type": "string", "description": "Example: Tea"}
    assert parameters["properties"]["colour"]["type"] == ["string", "null"]
    assert parameters["properties"]["colour"]["enum"] == ["red", "green", None]
    assert parameters["properties"]["parent"] == {
        "anyOf": [{"$ref": "#/$defs/Order"}, {"type": "null"}],
        "description": "Came from.",
    }
    assert set(parameters["$defs"]) == {"Order", "Line"}
    assert parameters["$defs"]["Line"]["properties"]["price"] == {
        "type": "number",
        "exclusiveMinimum": 0,
    }
    street = parameters["$defs"]["Line"]["properties"]["address"]["oneOf"][0]["properties"]
    assert street == {"street": {"type": "string", "maxLength": 99}}
    assert set(kinds(made)) == {"headers_left", "deprecated", "read_only_left", "recursive"}


def test_everything_made_of_a_document_passes_the_checks() -> None:
    for made in shop().values():
        assert made.problems == []


@pytest.mark.parametrize(
    ("schema", "version", "expected"),
    [
        ({"type": ["string", "null"]}, "3.1.0", {"type": ["string", "null"]}),
        ({"type": "string", "nullable": True}, "3.0.0", {"type": ["string", "null"]}),
        ({"nullable": True, "oneOf": [{"type": "integer"}, {"type": "string"}]}, "3.0.0",
         {"anyOf": [{"oneOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "null"}]}),
        ({"type": "integer", "maximum": 5, "exclusiveMaximum": False}, "3.0.0",
         {"type": "integer", "maximum": 5}),
        ({"type": "integer", "exclusiveMaximum": 5}, "3.1.0",
         {"type": "integer", "exclusiveMaximum": 5}),
        ({"const": "a"}, "3.1.0", {"const": "a"}),
        ({"type": "string", "format": "uuid", "examples": ["short"]}, "3.1.0",
         {"type": "string", "format": "uuid", "description": "Example: short"}),
        (True, "3.1.0", True),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, "3.0.0",
         {"allOf": [{"type": "string"}, {"maxLength": 3}]}),
        ({"allOf": [{"type": "string"}, {"description": "d"}]}, "3.0.0",
         {"type": "string", "description": "d"}),
        ({"additionalProperties": {"type": "integer", "format": "int32"}, "type": "object"},
         "3.0.0",
         {"additionalProperties": {"type": "integer"}, "type": "object"}),
    ],
)  # fmt: skip
def test_a_schema_says_the_same_in_json_schema(schema: Any, version: str, expected: Any) -> None:
    group = {"type": "object", "properties": {"p": schema}}
    assert inputs(body(group, version=version))["properties"]["p"] == expected


def test_groups_that_disagree_are_kept_as_rules_that_must_all_hold() -> None:
    parts = [
        {"properties": {"a": {"type": kind}}, "type": "object"} for kind in ("string", "number")
    ]
    made = only(body({"allOf": parts}))
    assert made.tool["function"]["parameters"]["properties"]["body"] == {"allOf": parts}
    assert kinds(made) == ["parts_kept", "body_alone"]


@pytest.mark.parametrize(
    "schema",
    [{"type": "array", "items": {"type": "string"}}, {"type": "object"}, {"oneOf": [{}, {}]}],
)
def test_a_body_that_is_more_than_a_group_is_one_input(schema: Any) -> None:
    assert inputs(body(schema))["properties"] == {"body": schema}


def test_a_field_named_as_a_parameter_keeps_both_apart() -> None:
    parts = {
        "parameters": [{"name": "id", "in": "query", "schema": {"type": "integer"}}],
        "requestBody": {
            "required": True,
            "content": {"*/*": {"schema": {"properties": {"id": {"type": "string"}}}}},
        },
    }
    made = inputs(operation(parts))
    assert list(made["properties"]) == ["id", "body"]
    assert made["required"] == ["body"]


def test_one_name_in_path_and_query_is_two_inputs() -> None:
    both = [{"name": "id", "in": place, "schema": {}} for place in ("path", "query")]
    made = only(operation({"parameters": both}))
    assert list(made.tool["function"]["parameters"]["properties"]) == ["id", "query_id"]
    assert kinds(made) == ["moved"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_the_fields_of_a_form_are_inputs(kind: str) -> None:
    assert inputs(body({"properties": {"f": {"type": "string"}}}, kind))["properties"] == {
        "f": {"type": "string"}
    }


def test_a_body_without_fields_is_left_out_and_said() -> None:
    made = only(body({"type": "string"}, "text/csv"))
    assert [note.said() for note in made.notes] == [
        "What it sends is text/csv, which has no inputs; it is left out."
    ]


def test_references_stay_within_the_text_and_nothing_is_fetched() -> None:
    fields = {
        "away": {"$ref": "https://evil.example/s.json#/a", "description": "Far."},
        "gone": {"$ref": "#/components/schemas/None"},
        "data": {"enum": [{"$ref": "#/$defs/x"}]},
    }
    made = only(body({"type": "object", "properties": fields}))
    assert made.tool["function"]["parameters"]["properties"] == {
        "away": {"description": "Far."},
        "gone": {},
        "data": {"enum": [{"$ref": "#/$defs/x"}]},
    }
    assert kinds(made) == ["foreign", "missing"]


def test_a_shape_with_an_odd_name_is_found_and_renamed() -> None:
    shapes = {
        "a/b ~c": {
            "type": "object",
            "properties": {"me": {"$ref": "#/components/schemas/a~1b ~0c"}},
        }
    }
    made = inputs(body({"$ref": "#/components/schemas/a~1b ~0c"}, components={"schemas": shapes}))
    assert made["properties"]["me"] == {"$ref": "#/$defs/a_b_c"}
    assert list(made["$defs"]) == ["a_b_c"]


@pytest.mark.parametrize(
    "circle",
    [
        {"allOf": [{"$ref": "#/components/schemas/A"}]},
        {"$ref": "#/components/schemas/A"},
        {"allOf": [{"$ref": "#/components/schemas/B"}, {"properties": {"x": {}}}]},
    ],
)
def test_a_circle_ends(circle: Any) -> None:
    shapes = {"A": circle, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}}
    made = only(body({"$ref": "#/components/schemas/A"}, components={"schemas": shapes}))
    assert contract.dumps(made.tool)


def test_what_tells_branches_apart_is_said_in_each() -> None:
    own = {"type": "object", "properties": {"kind": {"type": "string"}}}
    kept = {"type": "object", "properties": {"kind": {"type": "string", "enum": ["x"]}}}
    large = {"type": "object", "properties": {"kind": {"type": "string", "pattern": "x" * 9_000}}}
    names = ("Cat", "Dog", "Own", "Large")
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    teller = {"propertyName": "kind", "mapping": {"cat": refs[0]["$ref"], "tom": "Cat"}}
    schema = {"oneOf": refs, "discriminator": teller}
    shapes = {"Cat": own, "Dog": own, "Own": kept, "Large": large}
    made = inputs(body(schema, components={"schemas": shapes}))["properties"]["body"]["oneOf"]
    kinds_ = [part["properties"]["kind"].get("enum") for part in made]
    assert kinds_ == [["cat", "tom"], ["Dog"], ["x"], None]


def test_constants_with_words_are_allowed_values() -> None:
    listed = [{"const": "a", "title": "First"}, {"const": "b"}]
    made = inputs(body({"type": "object", "properties": {"x": {"oneOf": listed}}}))
    assert made["properties"]["x"] == {
        "type": "string",
        "enum": ["a", "b"],
        "description": "a: First",
    }


def test_rules_of_one_input_that_do_not_touch_each_other_stand_together() -> None:
    parts = [
        {"type": "object", "properties": {"x": {"type": "string", "description": "Any"}}},
        {"type": "object", "properties": {"x": {"enum": ["k"]}}, "required": ["x"]},
    ]
    made = inputs(body({"allOf": parts}))
    assert made["properties"] == {"x": {"type": "string", "description": "Any", "enum": ["k"]}}
    assert made["required"] == ["x"]


def test_a_reference_may_be_written_as_an_address() -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/A%3Cb%3E"}}}
    made = inputs(body(schema, components={"schemas": {"A<b>": {"type": "integer"}}}))
    assert made["properties"] == {"x": {"type": "integer"}}


def test_a_file_within_a_form_is_named() -> None:
    schema = {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}}}
    assert kinds(only(body(schema, kind="multipart/form-data"))) == ["files"]


def test_an_operation_alone_a_path_alone_and_paths_alone_will_do() -> None:
    one = {"operationId": "a", "responses": {}, "parameters": []}
    for text in (one, {"get": one}, {"/a": {"get": one}}):
        assert only(json.dumps(text)).name == "a"


def test_a_path_item_may_be_shared() -> None:
    item = {"get": {"operationId": "shared", "responses": {}}}
    paths = {"/a/{id}": {"$ref": "#/components/pathItems/P"}}
    text = json.dumps(
        {"openapi": "3.1.0", "paths": paths, "components": {"pathItems": {"P": item}}}
    )
    made = only(text)
    assert made.tool["function"]["parameters"]["required"] == ["id"]
    assert kinds(made) == ["assumed"]


def test_names_are_unique_and_never_too_long() -> None:
    paths = {f"/{'long-' * 20}{n}": {"get": {"responses": {}}} for n in range(3)}
    offers = importers.read(json.dumps({"openapi": "3.0.0", "paths": paths})).offers
    assert len({offer.name for offer in offers}) == 3
    assert all(len(offer.name) <= 64 for offer in offers)
    one = {"operationId": "a" * 65, "responses": {}}
    assert "at most 64 characters" in only(json.dumps(one)).notes[0].said()


def test_an_older_or_empty_document_says_so() -> None:
    assert "version 2.0 of OpenAPI" in refused('{"swagger":"2.0","paths":{"/a":{}}}')
    assert refused('{"openapi":"3.0.0","paths":{}}') == "This OpenAPI document has no operations."


def test_a_large_document_is_listed_quickly_and_made_by_need() -> None:
    item = {"get": {"responses": {}, "parameters": [{"name": "q", "in": "query", "schema": {}}]}}
    paths = {f"/a{n}": item for n in range(1_000)}
    found = importers.read(json.dumps({"openapi": "3.0.0", "paths": paths}))
    assert len(found.offers) == 1_000
    assert found.offers[-1].make().name == "get_a999"

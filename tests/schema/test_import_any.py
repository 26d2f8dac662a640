"""Whatever is pasted, the importers answer or refuse; they never fail in another way."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.schema import importers

KEYS = st.sampled_from(
    [
        "$ref", "allOf", "anyOf", "additionalProperties", "arguments", "components", "content",
        "description", "enum", "example", "exclusiveMinimum", "function", "get", "in", "items",
        "minimum", "name", "nullable", "openapi", "operationId", "parameters", "paths", "post",
        "properties", "readOnly", "requestBody", "required", "responses", "schema", "schemas",
        "title", "tools", "type", "/a/{b}", "inputSchema", "result", "application/json", "A",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    ["#/components/schemas/A", "#", "#/paths/~1a", "object", "array", "string", "query", "path",
     "function", "3.0.0", "3.1.0", "a b", "", "{x}"]
)  # fmt: skip
TREES = st.recursive(
    WORDS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(KEYS, part, max_size=6),
    max_leaves=40,
)
SNIPPETS = st.sampled_from(
    ["curl ", "-d ", "-X", "'", '"', "{", "}", "[", "]", ":", "\n", "  ", "- ", "def f(", "a: ",
     "int", ")", "=", "*", "&a ", "*a", "!!x ", '"""', "Args:\n", "\\", "http://[", "?q=1", "%",
     "```", "\x85", "\ufeff", "\0", "\ud800", "💥", "openapi: 3.0.0\n", "paths:\n", "|", ">", "#",
     ",", "\t"]
)  # fmt: skip


def survive(text: str) -> None:
    try:
        found = importers.read(text)
    except (importers.Refusal, InvalidDocument):
        return
    for offer in found.offers:
        try:
            made = offer.make()
        except (importers.Refusal, InvalidDocument):
            continue
        for note in made.notes:
            assert note.said()
        assert contract.parse(contract.dumps(made.tool)) == made.tool
        assert all(problem.path[0] == "tools" for problem in made.problems)


@settings(max_examples=150, deadline=None)
@given(TREES)
@example({"openapi": "3.0.0", "paths": {"/a": {"get": {"parameters": [{"$ref": "#"}]}}}})
@example({"openapi": "3.0.0", "paths": {"/a": {"get": {"requestBody": {"$ref": "#/paths"}}}}})
@example({"name": "f", "parameters": {}, "description": 3, "strict": "x"})
def test_any_tree_is_read_or_refused(tree: Any) -> None:
    survive(contract.dumps(tree))


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_any_document_is_read_or_refused(tree: Any) -> None:
    """The same trees where an operation stands."""
    operation = {"responses": {}, "parameters": tree, "requestBody": tree}
    shapes = {"components": {"schemas": {"A": tree}}}
    survive(contract.dumps({"openapi": "3.0.0", "paths": {"/a": {"get": operation}}} | shapes))
    media = {"content": {"application/json": {"schema": tree}}}
    survive(
        contract.dumps(
            {"openapi": "3.1.0", "paths": {"/a": {"put": {"requestBody": media}}}} | shapes
        )
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(SNIPPETS, max_size=25).map("".join) | st.text())
@example("def f(a=" + "(" * 300)
@example("curl ''")
@example("a: |\n\n")
def test_any_text_is_read_or_refused(text: str) -> None:
    survive(text)


MANY = 30_000
CLASSES = "".join(f"class A{n}:\n  a: A{n + 1}\n  b: A{n + 1}\n" for n in range(30))


def circles(keyword: str) -> str:
    """Shapes of which each holds all others."""
    names = [f"A{n}" for n in range(12)]
    shapes = {
        name: {
            keyword: [
                {"$ref": f"#/components/schemas/{other}"} for other in names if other != name
            ],
            "properties": {"t": {"type": "string"}},
            "discriminator": {"propertyName": "t"},
        }
        for name in names
    }
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/A0"}}}
    paths = {"/a": {"post": {"requestBody": {"content": media}}}}
    return contract.dumps({"openapi": "3.0.0", "paths": paths, "components": {"schemas": shapes}})


LONG = {
    "lines": "\n" * MANY + "x",
    "curls": "curl a\n" * 5_000,
    "blanks in a path": "curl http://h/{" + "%20" * MANY,
    "ids": "curl http://h" + "/1" * 3_000,
    "blanks in a docstring": 'def f(a):\n  """x\n\n  Args:\n    a' + " " * MANY + 'b\n  """\n',
    "classes": f"{CLASSES}class A30:\n  x: int\ndef f(a: A0): pass",
    "models": f"{CLASSES}class A30:\n  x: int",
    "all of a circle": circles("allOf"),
    "one of a circle": circles("oneOf"),
    "feeds": "curl a -d " + "@-<<a\n" * MANY,
    "brackets": "curl a -d x" + "[a]" * MANY + "=1",
    "remarks": "#\n" * MANY + "x",
    "quotes": "curl a " + "$'" * MANY,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_no_text_takes_longer_than_its_length_allows(text: str) -> None:
    """What grew with the square of a length, or doubled with each class, took minutes here."""
    began = time.process_time()
    survive(text)
    assert time.process_time() - began < 5

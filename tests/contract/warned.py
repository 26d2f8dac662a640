"""A fixed set of documents, each with something to look at, for the mark of the rules.

Nothing here depends on the day or on what a server lists. A rule that is new wants a document of
its own here, and those that stand here stay as they are.
"""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import product
from typing import Any

from assistants_app import contract
from assistants_app.contract.profiles import AZURE_OPENAI, OPENAI_COMPATIBLE
from tests.contract.judged import document, function

DAY = date(2026, 11, 21)
PROFILES = {
    "usual": OPENAI_COMPATIBLE,
    "azure": AZURE_OPENAI,
    "keeps less": OPENAI_COMPATIBLE.with_learned({"keeps": {"top_p": False}}),
}


def _strict(**schema: Any) -> dict[str, Any]:
    return function(strict=True, parameters={"type": "object", "required": [], **schema})


def _reply(**schema: Any) -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": False, "required": [], **schema}
    inside = {"name": "answer", "strict": True, "schema": {"properties": {}, **fields}}
    return {"type": "json_schema", "json_schema": inside}


def _wide(count: int) -> dict[str, Any]:
    names = [f"p{number}" for number in range(count)]
    return {
        "properties": {name: {"type": "string"} for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _choices(*names: str) -> dict[str, Any]:
    return {
        "anyOf": [
            {
                "type": "object",
                "properties": {name: {"type": "string"}},
                "required": [name],
                "additionalProperties": False,
            }
            for name in names
        ]
    }


def _in(part: dict[str, Any]) -> dict[str, Any]:
    return _strict(properties={"a": part}, required=["a"], additionalProperties=False)


def _asks(**schema: Any) -> dict[str, Any]:
    return function(parameters={"type": "object", **schema})


DOCUMENTS: tuple[contract.Document, ...] = (
    {},
    document(),
    document(model="gpt-4"),
    document(model="gpt-4o"),
    document(model="gpt-5.1-mini"),
    document(model="gpt-4-vision-preview"),
    document(model="gpt-4.5-preview"),
    document(model="gpt-4.1", top_p=0.5),
    document(model="o3", temperature=0.2, top_p=0.5),
    document(model="gpt-5", temperature=0.2),
    document(model="gpt-5.2", temperature=0.2, reasoning_effort="high"),
    document(model="gpt-5.2", temperature=1, reasoning_effort="none"),
    document(model="gpt-5.2-pro", reasoning_effort="none"),
    document(model="gpt-4", reasoning_effort="high"),
    document(model="gpt-4", response_format=_reply()),
    document(model="gpt-4", response_format={"type": "json_object"}, instructions="As JSON."),
    document(name="n" * 257, description="d" * 513),
    document(temperature=2.1, top_p=-0.1),
    document(reasoning_effort="much"),
    document(instructions="i" * 40_000),
    document(instructions="i" * 256_001),
    document(response_format={"type": "json_object"}, instructions="Answer briefly."),
    document(response_format={"type": "json_object"}, instructions="Answer as JSON."),
    document(response_format={"type": "xml"}),
    document(metadata={f"k{number}": "v" for number in range(17)}),
    document(metadata={"k" * 65: "v" * 513}),
    document(metadata={"size": 5}),
    document(tools=[{"type": "code_interpreter"}, {"type": "code_interpreter"}]),
    document(tools=[{"type": "mcp"}, {"type": "mcp"}]),
    document(tools=[function(), function()]),
    document(tools=[function(name="get order")]),
    document(tools=[function(name="f" * 65)]),
    document(tools=[function(name=f"f{number}") for number in range(129)]),
    document(tools=[function(strict=True)]),
    document(tools=[_strict(properties={"a": {"type": "string"}})]),
    document(tools=[_in({"type": "string"})]),
    document(tools=[_in({"type": "string", "format": "email", "minLength": 1})]),
    document(tools=[_in({"type": "string", "x-note": "ours"})]),
    document(model="ft:gpt-4o:us::1", tools=[_in({"type": "string", "pattern": "a"})]),
    document(tools=[_in({"oneOf": [{"type": "string"}, {"type": "null"}]})]),
    document(tools=[_in(_choices("b", "b"))]),
    document(tools=[_in(_choices("b", "c"))]),
    document(tools=[_strict(**_wide(101))]),
    document(tools=[_strict(**_wide(100))]),
    document(tools=[_in({"type": "string", "enum": [f"e{n}" for n in range(501)]})]),
    document(tools=[_asks(properties={"a": {"type": "array"}})]),
    document(tools=[_asks(properties={"a": {"$ref": "https://example.com/a"}})]),
    document(tools=[_asks(properties={"a": {"$ref": "#/$defs/gone"}})]),
    document(tools=[_asks(properties={"a": {"type": "strnig"}})]),
    document(tools=[_asks(properties={"a": {"type": "number", "minimum": 2**60}})]),
    document(tools=[function(parameters={"type": "array", "items": {}})]),
    document(response_format=_reply(properties={"a": {"type": "string"}})),
    document(response_format=_reply(**_wide(101))),
    document(response_format={"type": "json_schema", "json_schema": {"name": "a", "strict": True}}),
    document(tool_resources={"code_interpreter": {"file_ids": ["f"] * 21}}),
    document(tool_resources={"file_search": {"vector_store_ids": ["a", "b"]}}),
    document(seed=5, top_k=3),
)


def told() -> list[tuple[str, int, str, str, str]]:
    """(profile, place in DOCUMENTS, param, code, level) of all that counts as a warning."""
    return [
        (name, index, one.param, one.code, one.level)
        for name, (index, doc) in product(PROFILES, enumerate(DOCUMENTS))
        for one in contract.check(doc, "import", PROFILES[name], today=DAY)
        if one.level != "hint"
    ]


def digest() -> str:
    """16 hexadecimal digits that change as soon as one of these is judged otherwise."""
    return hashlib.sha256(repr(sorted(told())).encode()).hexdigest()[:16]

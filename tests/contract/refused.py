"""Refusals of servers in tests: a document, the pieces of messages, and the blame of one."""

from __future__ import annotations

from typing import Any

from assistants_app import contract
from tests.contract.judged import document, function

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a": {"type": "string", "default": "x"},
        "it's (odd)": {"anyOf": [{"type": "array", "items": {"uniqueItems": True}}]},
    },
}
REPLY = {"type": "json_schema", "json_schema": {"name": "X", "schema": SCHEMA}}
DOC = document(
    tools=[
        {"type": "code_interpreter"},
        function(name="name"),
        function(parameters=SCHEMA),
        {"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 0}}},
    ],
    tool_resources={
        "code_interpreter": {"file_ids": ["file_1", "file_2"]},
        "file_search": {"vector_store_ids": ["vs_9"]},
    },
    response_format=REPLY,
    metadata={"team": "a", "a.b": "c"},
)
ADDITIONAL = "'additionalProperties' is required to be supplied and to be false."
REQUIRED = (
    "'required' is required to be supplied and to be an array including every key in properties. "
)
IN_A = "In context=('properties', 'a'), "
OF_X = "Invalid schema for response_format 'X': "
OF_F = "Invalid schema for function 'f': "


def blamed(message: str, param: str = "", code: str = "", doc: Any = DOC) -> contract.Problem:
    error = contract.UpstreamError(400, message=message, param=param, code=code)
    return contract.blame(error, doc)

"""V1 and V2 of the speed goals, and parsing, walking and printing against the standard library."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from assistants_app import contract
from tests.bench.measure import Row, against, left_out


def schema(levels: int) -> dict[str, Any]:
    """An object schema with two inputs on each of so many levels."""
    inner: dict[str, Any] = {"type": "string", "description": "What the customer said, in words."}
    for level in range(levels):
        inner = {
            "type": "object",
            "properties": {f"kind_{level}": {"type": "string", "enum": ["a", "b"]}, "next": inner},
            "required": [f"kind_{level}"],
        }
    return inner


def document(tools: int, levels: int) -> contract.Document:
    """A valid assistant with so many functions."""
    functions = [
        {
            "type": "function",
            "function": {
                "name": f"get_order_{n}",
                "description": "Look up one order by its number.",
                "parameters": schema(levels),
            },
        }
        for n in range(tools)
    ]
    text = json.dumps(
        {
            "model": "gpt-5.2",
            "name": "Customer support",
            "instructions": "Help customers of the EU shop. " * 40,
            "tools": functions,
            "metadata": {"team": "care"},
        }
    )
    parsed = contract.parse(text)
    assert isinstance(parsed, dict)
    return parsed


def rows(*, is_full: bool) -> list[Row]:
    rounds = 31 if is_full else 7
    return [_v1(rounds), *_v2(rounds), *_text(rounds, is_full=is_full)]


def _v1(rounds: int) -> Row:
    from tests.bench.nested import Document

    typed = document(20, 3)

    def theirs() -> None:
        assert Document(data=typed).is_valid()

    return against(
        "V1 check of 20 tools, against nested serializers",
        lambda: contract.check(typed, "create"),
        theirs,
        bar=">= 12",
        rounds=rounds,
    )


def _v2(rounds: int) -> list[Row]:
    found = []
    for levels in (1, 5):
        typed = document(128, levels)
        goal = f"V2 check of 128 tools x {levels} levels, against jsonschema"

        def ours(typed: contract.Document = typed) -> object:
            return contract.check(typed, "create")

        if find_spec("jsonschema") is None:
            note = "jsonschema is not installed (dependency group bench)"
            found.append(left_out(goal, ours, bar=">= 100", rounds=rounds, note=note))
            continue
        judge = import_module("jsonschema").Draft202012Validator
        schemas = [tool["function"]["parameters"] for tool in typed["tools"]]

        def theirs(schemas: list[Any] = schemas, judge: Any = judge) -> None:
            for one in schemas:
                judge.check_schema(one)

        found.append(against(goal, ours, theirs, bar=">= 100", rounds=max(rounds // 5, 3)))
    return found


def _text(rounds: int, *, is_full: bool) -> list[Row]:
    """Each within three times of what `json.loads` of the same text takes."""
    tree = document(128, 28 if is_full else 9)
    text = contract.dumps(tree)
    note = f"{len(text.encode()):,} bytes"
    jobs = {
        "parse": lambda: contract.parse(text),
        "walk (dumps)": lambda: contract.dumps(tree),
        "canonical text": lambda: contract.canonical(tree),
    }
    return [
        against(
            f"{name}, against json.loads",
            job,
            lambda: json.loads(text),
            bar=">= 0.33",
            rounds=rounds,
            note=note,
        )
        for name, job in jobs.items()
    ]

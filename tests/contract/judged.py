"""Shorthand for tests of `contract.check`: what was found, as (param, code) pairs and sentences."""

from __future__ import annotations

from typing import Any

from assistants_app import contract
from assistants_app.contract import limits
from assistants_app.errors import InvalidDocument

CONNECTED = contract.PROFILES["openai-compatible"]


def document(**fields: Any) -> contract.Document:
    """A document with `fields` and a model without advice: it takes most, and no end is known."""
    return {"model": "gpt-5.2", **fields}


def found(
    doc: Any,
    op: str = "create",
    profile: contract.Profile = contract.KEPT_HERE,
    level: str = "error",
) -> list[tuple[str, str]]:
    """(param, code) of every problem of one level, in order.

    What is asked for its errors alone must name the same ones, save where the full check is full;
    and so must who knows that it came out of `parse`, where it could have.
    """
    problems = contract.check(doc, op, profile)
    errors = [one for one in problems if one.level == "error"]
    is_full = len(problems) == limits.PROBLEMS_MAX
    assert is_full or contract.errors(doc, op, profile) == errors
    assert (
        is_full
        or not _can_be_parsed(doc)
        or errors == contract.errors(doc, op, profile, is_parsed=True)
    )
    return [(one.param, one.code) for one in problems if one.level == level]


def _can_be_parsed(doc: Any) -> bool:
    try:
        contract.parse(contract.dumps(doc))
    except (InvalidDocument, TypeError, ValueError, RecursionError):
        return False
    return True


def doubts(
    doc: Any, op: str = "create", profile: contract.Profile = contract.KEPT_HERE
) -> list[tuple[str, str]]:
    """(param, code) of every error and warning; hints say nothing about what is accepted."""
    problems = contract.check(doc, op, profile)
    return [(one.param, one.code) for one in problems if one.level != "hint"]


def sentences(doc: Any, op: str = "create", level: str = "error") -> list[str]:
    """The plain words of every problem of one level, in order."""
    return [contract.plain(one) for one in contract.check(doc, op) if one.level == level]


def messages(doc: Any, op: str = "create", level: str = "error") -> list[str]:
    """The API's words of every problem of one level, in order."""
    return [one.message for one in contract.check(doc, op) if one.level == level]


def function(**fields: Any) -> dict[str, Any]:
    """A function tool named f, its fields replaced by `fields`."""
    return {"type": "function", "function": {"name": "f", **fields}}


def with_parameters(schema: Any) -> contract.Document:
    """A document whose one function has these parameters."""
    return document(tools=[function(parameters=schema)])

"""Shorthand for tests of `contract.check`: what was found, as (param, code) pairs and sentences."""

from __future__ import annotations

from typing import Any

from assistants_app import contract
from assistants_app.contract import limits

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

    What is asked for its errors alone must name the same ones, save where the full check is full.
    """
    problems = contract.check(doc, op, profile)
    errors = [one for one in problems if one.level == "error"]
    assert contract.errors(doc, op, profile) == errors or len(problems) == limits.PROBLEMS_MAX
    return [(one.param, one.code) for one in problems if one.level == level]


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

"""Shorthand of the golden cases: their document, day, and what is said about it."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistants_app import contract

# When nothing of these cases was near its shutdown.
TODAY = date(2026, 3, 1)


def document(**fields: Any) -> contract.Document:
    """The document that the cases write as "…", and `fields`."""
    return {"model": "gpt-4o", **fields}


def advice(
    doc: contract.Document, profile: contract.Profile = contract.KEPT_HERE
) -> list[tuple[str, str, str]]:
    """(param, code, level) of all that is said about a create, save how long the model lasts."""
    problems = contract.check(doc, "create", profile, today=TODAY)
    return [(one.param, one.code, one.level) for one in problems if one.code != "model_shutdown"]


def parsed(text: str) -> Any:
    return contract.parse(text)

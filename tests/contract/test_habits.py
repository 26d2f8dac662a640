"""What one answer shows of a server's habits."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract

SENT = {"model": "m", "name": "A", "description": "B", "tools": [], "metadata": {"_dash": "x"}}


@pytest.mark.parametrize(
    ("sent", "got", "lost"),
    [
        ({}, {"name": "A", "description": "B"}, ("metadata",)),
        ({}, {"name": "A", "description": None, "metadata": {"team": "care"}}, ("description",)),
        ({}, {"name": "a", "description": "b", "metadata": {"team": "care"}}, ()),
        ({"metadata": {}}, {"name": "A", "description": "B"}, ()),
        ({"metadata": {}, "temperature": 0.2, "reasoning_effort": "low"}, SENT, ()),
        ({"response_format": "auto", "metadata": None}, {**SENT, "response_format": None}, ()),
        ({"tools": [{"type": "file_search"}], "metadata": None}, SENT, ("tools",)),
    ],
)
def test_a_field_that_did_not_come_back_at_all_was_dropped(
    sent: dict[str, Any], got: dict[str, Any], lost: tuple[str, ...]
) -> None:
    assert contract.dropped({**SENT, **sent}, got) == lost


def test_every_answer_has_to_lack_it() -> None:
    whole = {"name": "A", "description": "B", "metadata": {"team": "care"}}
    assert contract.dropped(SENT, {}, whole) == ()


@pytest.mark.parametrize(
    ("param", "message", "is_null"),
    [
        ("description", "Expected a string.", True),
        ("tool_resources.file_search", "Wrong type.", True),
        ("name", "Must not be null.", False),
        ("", "Input should be a valid string, got None", True),
        ("", "description: null is not allowed", True),
        ("", "This model was switched off.", False),
        ("", "A nullable thing", False),
    ],
)
def test_a_refusal_is_about_null_where_it_says_so(param: str, message: str, is_null: bool) -> None:
    body = {"model": "m", "name": "A", "description": None, "tool_resources": None}
    assert contract.refuses_null(body, param=param, message=message) is is_null


def test_a_body_without_a_null_is_refused_for_something_else() -> None:
    assert not contract.refuses_null({"name": "A"}, param="", message="must not be null")

"""`contract.form_text`: what a text area sends back (contract.md section 3, form rules)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract

LINES = st.text(st.sampled_from("a\r\n"), max_size=8)


def as_a_browser_sends(text: str) -> str:
    return re.sub("\r\n?|\n", "\r\n", text)


@pytest.mark.parametrize(
    ("submitted", "base", "stored"),
    [
        ("", None, None),
        ("", "a", None),
        ("", "", None),
        ("a\r\nb", None, "a\nb"),
        ("a\r\nb", "", "a\nb"),
        ("a\rb\r\n", None, "a\nb\n"),
        ("a\r\nb", "a\nb", "a\nb"),
        ("a\r\nb\r\nc", "a\rb\nc", "a\rb\nc"),
        ("a\r\nb!", "a\nb", "a\nb!"),
        ("a\r\nb!", "a\r\nb", "a\r\nb!"),
        ("a\r\nb!\r\nc", "a\r\nb\nc", "a\nb!\nc"),
        ("a\r\nb!\r\nc", "a\r\nb\rc", "a\nb!\nc"),
        ("a\r\nb", "no line end", "a\nb"),
        ("  \r\n ", None, "  \n "),
    ],
)
def test_each_submission_is_stored_as_the_table_says(
    submitted: str, base: str | None, stored: str | None
) -> None:
    assert contract.form_text(submitted, base) == stored


@given(LINES)
def test_saving_what_was_shown_changes_nothing(base: str) -> None:
    assert contract.form_text(as_a_browser_sends(base), base) == (base or None)


@given(LINES, LINES)
def test_an_edit_never_mixes_line_ends(submitted: str, base: str) -> None:
    stored = contract.form_text(as_a_browser_sends(submitted), base)
    if stored is not None and stored != base:
        assert len(set(re.findall("\r\n|\r|\n", stored))) <= 1

"""Every code has both sentences, and no code is used without them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.contract import words

if TYPE_CHECKING:
    from collections.abc import Iterator


# --- the words -----------------------------------------------------------------------------------
CODES = [
    "missing_required_parameter",
    "unknown_parameter",
    "invalid_type",
    "invalid_value",
    "invalid_json",
    "duplicate_key",
    "string_above_max_length",
    "string_below_min_length",
    "array_above_max_length",
    "object_above_max_properties",
    "property_name_above_max_length",
    "integer_above_max_value",
    "decimal_above_max_value",
    "integer_below_min_value",
    "decimal_below_min_value",
    "unsupported_parameter",
    "invalid_json_schema",
    "invalid_function_parameters",
    "too_large",
    "json_word_missing",
    "both_sampling",
    "duplicate_function",
    "duplicate_tool",
    "unknown_function",
    "metadata_reserved",
    "metadata_full",
    "unknown_tool_type",
    "resource_without_tool",
    "tool_without_resource",
    "static_overlap",
    "profile_limit",
    "profile_field",
    "invisible_text",
    "blank_text",
    "big_integer",
    "unknown_model",
    "model_effort",
    "model_sampling",
    "model_format",
    "model_shutdown",
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_both_sentences(code: str) -> None:
    found = [both for (name, _), both in words.SENTENCES.items() if name == code]
    assert found
    assert all(both.api.strip() and both.plain.strip() for both in found)


def literal_codes() -> Iterator[tuple[str, str | None]]:
    """(code, kind) of every problem that the contract's own code names in so many words.

    `kind` is None where it is decided while running.
    """
    for file in Path(contract.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("report.add", "problem"):
                code, kind = [*call.args[1:3], ast.Constant(""), ast.Constant("")][:2]
                if isinstance(code, ast.Constant) and code.value:
                    yield (
                        str(code.value),
                        str(kind.value) if isinstance(kind, ast.Constant) else None,
                    )


def test_no_code_is_used_without_its_sentences() -> None:
    named = set(literal_codes())
    assert len(named) > 20
    known = {*words.SENTENCES, *((code, None) for code, _ in words.SENTENCES)}
    assert named <= known
    assert {code for code, _ in named} <= set(CODES)

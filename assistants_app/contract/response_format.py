"""response_format: a word, text, json_object or json_schema (contract.md section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import json_schema, limits, strict
from assistants_app.contract.problems import shown
from assistants_app.contract.tools import nested_form

if TYPE_CHECKING:
    from assistants_app.contract.report import Report

_PATH: Final = ("response_format",)
_INNER: Final = (*_PATH, "json_schema")


def kind_of(value: Any) -> str:
    """`auto` (null too), `text`, `json_object`, `json_schema`; "" for what is none of them."""
    if value is None or value == "auto":
        return "auto"
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and kind in limits.FORMAT_TYPES else ""


def check(report: Report, value: Any) -> None:
    """Judge `response_format`; unknown keys are kept as they are."""
    if isinstance(value, str):
        _word(report, value)
    elif isinstance(value, dict):
        _object(report, value)
    elif value is not None:
        report.wrong_type(_PATH, value, "text or an object")


def _word(report: Report, value: str) -> None:
    words = report.profile.format_words
    if value not in words:
        choices = (*words, *limits.FORMAT_TYPES)
        report.add(_PATH, "invalid_value", "choice", found=shown(value), choices=choices)


def _object(report: Report, value: dict[str, Any]) -> None:
    if "type" not in value:
        report.missing((*_PATH, "type"))
        return
    report.is_choice((*_PATH, "type"), value["type"], limits.FORMAT_TYPES)
    if value["type"] == "json_schema":
        _json_schema(report, value)


def _json_schema(report: Report, value: dict[str, Any]) -> None:
    if "json_schema" not in value:
        report.missing(_INNER, **nested_form(value, "json_schema"))
        return
    inner = value["json_schema"]
    if not report.is_object(_INNER, inner):
        return
    if "name" in inner:
        report.is_name((*_INNER, "name"), inner["name"])
    else:
        report.missing((*_INNER, "name"))
    if inner.get("description") is not None:
        report.is_text((*_INNER, "description"), inner["description"])
    if inner.get("strict") is not None:
        report.is_flag((*_INNER, "strict"), inner["strict"])
    schema, code = inner.get("schema"), "invalid_json_schema"
    if inner.get("strict") is True:
        owner = strict.owner("response_format", inner)
        strict.check(report, (*_INNER, "schema"), schema, code, owner)
    elif schema is not None:
        json_schema.check(report, (*_INNER, "schema"), schema, code, is_function=False)

"""Lints: what is allowed but doubtful (contract.md section 6). Advice never blocks.

The one error among them, an overlap beyond half of a chunk, lies in a part that is refused anyway.
What depends on the model is in `model_advice`.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import json_schema, limits, model_advice
from assistants_app.contract.normal_form import normal_field
from assistants_app.contract.ordered_json import is_unset
from assistants_app.contract.problems import shown
from assistants_app.contract.tools import function_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from assistants_app.contract.catalogue import Catalogue
    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.report import Report

_JSON: Final = re.compile("json", re.IGNORECASE)
# Zero width, bidi marks and controls, private use, and the tag block, which hides plain letters.
# A joiner belongs to an emoji and to the letters of Arabic and Indic scripts.
_UNSEEN: Final = re.compile(
    "[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff"
    "\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
    "|(?<![\u0600-\u0dff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
_QUOTED: Final = re.compile(r"(?<!`)`([A-Za-z_][A-Za-z0-9_-]{1,63})(\([^`\n]{0,200}\))?`(?!`)")
# Written as programmers write functions: get_order, getOrder; not MAX_SIZE, no plain word.
_LIKE_FUNCTION: Final = re.compile(r"[a-z][a-z0-9]*(?:_[A-Za-z0-9]|[A-Z])")
_NAMES_MAX: Final = 20
_RESOURCES: Final = (
    ("code_interpreter", "file_ids", "files"),
    ("file_search", "vector_store_ids", "collections"),
)


def lint(report: Report, doc: Document, catalogue: Catalogue, today: date | None) -> None:
    """Note every lint of a document that may have errors of any kind besides.

    An absent field is unset, save in the body of a modify, where it is unknown: rules that need it
    are silent then. `today` None: the present day.
    """
    for rule in (_json_word, _unseen, _blank_name, _both_sampling, _profile):
        rule(report, doc)
    if _knows(report, doc, "tools"):
        tools = [tool for tool in _list(doc.get("tools")) if isinstance(tool, dict)]
        kinds = {str(tool.get("type")) for tool in tools}
        _functions(report, doc, tools, kinds)
        if _knows(report, doc, "tool_resources"):
            _resources(report, doc, kinds)
    model_advice.lint(report, doc, catalogue.under(report.profile), today)


def _knows(report: Report, doc: Document, field: str) -> bool:
    return report.op.needs_model or field in doc


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _at(value: Any, *steps: str) -> Any:
    """What stands at a path of keys, None where there is no such path."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _text(doc: Document, field: str) -> str:
    value = doc.get(field)
    return value if isinstance(value, str) else ""


def _json_word(report: Report, doc: Document) -> None:
    """CR: "you must also instruct the model to produce JSON yourself"."""
    asks = _at(doc, "response_format", "type") == "json_object"
    is_known = _knows(report, doc, "instructions")
    if asks and is_known and not _JSON.search(_text(doc, "instructions")):
        report.add(("instructions",), "json_word_missing", level="warning")


def _unseen(report: Report, doc: Document) -> None:
    text = _text(doc, "instructions")
    if not text.isascii() and (found := _UNSEEN.search(text)):
        point = f"U+{ord(found[0]):04X}"
        at = found.start() + 1
        report.add(("instructions",), "invisible_text", level="hint", x=point, position=at)


def _blank_name(report: Report, doc: Document) -> None:
    name = _text(doc, "name")
    if name and not _UNSEEN.sub("", name).strip():
        report.add(("name",), "blank_text", level="hint")


def _both_sampling(report: Report, doc: Document) -> None:
    """CR: "We generally recommend altering this or temperature but not both." """
    values = [doc.get("temperature"), doc.get("top_p")]
    if all(isinstance(v, int | float) and not isinstance(v, bool) and v != 1 for v in values):
        report.add(("top_p",), "both_sampling", level="hint")


def _profile(report: Report, doc: Document) -> None:
    """What this server takes less of than others, or does not keep."""
    most, size = report.profile.instructions_max, len(_text(doc, "instructions"))
    if most < size <= limits.INSTRUCTIONS_MAX:
        report.add(("instructions",), "profile_limit", level="warning", n=size, max=most)
    for field in limits.FIELDS:
        if field not in report.profile.keeps and _is_set(field, doc.get(field)):
            report.add((field,), "profile_field", level="warning")


def _is_set(field: str, value: Any) -> bool:
    return not is_unset(field, value) and normal_field(field, value) is not None


def _resources(report: Report, doc: Document, kinds: set[str]) -> None:
    for member, key, things in _RESOURCES:
        path = ("tool_resources", member, key)
        if _list(_at(doc, *path)) and member not in kinds:
            report.add(path, "resource_without_tool", level="hint", x=member, things=things)
    if "file_search" in kinds and not _at(doc, "tool_resources", "file_search", "vector_store_ids"):
        index = next(i for i, t in enumerate(doc["tools"]) if _at(t, "type") == "file_search")
        report.add(("tools", index), "tool_without_resource", level="hint", x="file_search")


def _functions(report: Report, doc: Document, tools: list[dict[str, Any]], kinds: set[str]) -> None:
    """Functions that the instructions name in backticks and no tool has, at most 20 of them.

    A near miss of a name is always told. Otherwise only what is written like a function and is not
    the name of an input or an allowed value; and nothing where other kinds of tools may bring it.
    """
    text = _text(doc, "instructions")
    named = dict(_named(text)) if "`" in text else None
    if not named:
        return
    names = sorted({name for tool in tools if (name := function_name(tool))})
    known = {*names, *kinds, *limits.TOOL_TYPES}
    if asked := {name: is_like for name, is_like in named.items() if name not in known}:
        inner = set(_inner_names(doc, tools))
        may_bring = not kinds <= set(limits.TOOL_TYPES)
        strange = [name for name in asked if name not in inner][:_NAMES_MAX]
        for name in strange:
            _unknown_function(report, name, names, told=asked[name] and not may_bring)


def _unknown_function(report: Report, name: str, names: list[str], *, told: bool) -> None:
    path, data = ("instructions",), {"x": shown(name)}
    if near := get_close_matches(name, names, 1, 0.8):
        report.add(path, "unknown_function", "near", "hint", **data, nearest=near[0])
    elif told:
        report.add(path, "unknown_function", level="hint", **data)


def _named(text: str) -> Iterator[tuple[str, bool]]:
    """Every name in backticks, and whether it is written like a function."""
    for found in _QUOTED.finditer(text):
        yield found[1], bool(found[2] or _LIKE_FUNCTION.match(found[1]))


def _inner_names(doc: Document, tools: list[dict[str, Any]]) -> Iterator[str]:
    """Names of inputs and allowed values in the schemas of the document."""
    schemas = [_at(tool, "function", "parameters") for tool in tools]
    for schema in (*schemas, _at(doc, "response_format", "json_schema", "schema")):
        for _, part in json_schema.subschemas(schema):
            properties = part.get("properties")
            yield from properties if isinstance(properties, dict) else ()
            yield from (one for one in _list(part.get("enum")) if isinstance(one, str))

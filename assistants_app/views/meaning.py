"""What changed of functions, the reply format, labels and resources, in people's words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from assistants_app import contract
from assistants_app.contract import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistants_app.contract.compare_parts import Came

KINDS = {
    "string": "Text",
    "integer": "Whole number",
    "number": "Number",
    "boolean": "Yes or no",
    "object": "Group",
}
_REPLIES = {kind: f'{{"type":"{kind}"}}' for kind in ("text", "json_object", "json_schema")}


@dataclass(frozen=True, slots=True)
class Told:
    """One line: a label, perhaps the API's term, what it was and what it is; "" is unset.

    `is_code`: the two sides are what the API has, not words.
    """

    label: str
    term: str = ""
    before: str = ""
    after: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool, the reply format, a label, or an input or field of one of them."""

    came: Came
    kind: str  # in words; "" for an input
    name: str = ""
    told: tuple[Told, ...] = ()
    rows: tuple[Entry, ...] = ()
    about: str = ""  # "6 inputs, follows them exactly"


def entries(field: str, before: Any, after: Any) -> tuple[Entry, ...]:
    """What changed in this field by meaning; empty for fields that are plain values or texts."""
    if field == "tools":
        return tuple(_tool(one) for one in contract.compare_tools(before, after))
    if field == "response_format":
        one = contract.compare_reply(before, after)
        return (_reply(one),) if one else ()
    if field == "metadata":
        return tuple(_label(row) for row in contract.compare_labels(before, after))
    if field == "tool_resources":
        return tuple(_ids(row) for row in contract.compare_resources(before, after))
    return ()


def of_function(before: Any, after: Any) -> tuple[Entry, ...]:
    """What changed of one function that may have another name now."""
    was, name = (one["function"].get("name") for one in (before, after))
    if was == name:
        return entries("tools", [before], [after])
    same = {**before, "function": {**before["function"], "name": name}}
    found = entries("tools", [same], [after]) or (Entry("changed", _("Function"), name),)
    label = words.LABELS["function.name"]
    renamed = Told(_(label.label), label.term, was if isinstance(was, str) else "", name)
    return tuple(replace(one, told=(renamed, *one.told)) for one in found)


def _tool(item: contract.ChangedItem) -> Entry:
    if not item.kind:
        return Entry("changed", _("Abilities"), told=_told(item.facts))
    label = words.LABELS.get(item.kind)
    kind = _("Function") if item.kind == "function" else _(label.label) if label else item.kind
    return Entry(
        item.came,
        kind,
        item.name,
        _told(item.facts, is_whole=item.came != "changed"),
        tuple(_row(row) for row in item.rows),
        _about(item) if item.kind == "function" and item.came != "changed" else "",
    )


def _about(item: contract.ChangedItem) -> str:
    n = sum(not ("." in row.name or "[" in row.name) for row in item.rows)
    said = [ngettext("%(n)s input", "%(n)s inputs", n) % {"n": n}]
    if any(fact.what == "strict" for fact in item.facts):
        said.append(_("follows them exactly"))
    return ", ".join(said)


def _reply(item: contract.ChangedItem) -> Entry:
    return Entry(
        item.came,
        _reply_kind(item.kind),
        told=_told(item.facts, is_reply=True),
        rows=tuple(_row(row) for row in item.rows),
    )


def _reply_kind(kind: str) -> str:
    label = words.LABELS.get('"auto"' if kind == "auto" else _REPLIES.get(kind, ""))
    return _(label.label) if label else kind


def _label(row: contract.Row) -> Entry:
    (fact,) = row.facts
    return Entry(row.came, "", row.name, (Told("", "", fact.before or "", fact.after or ""),))


def _ids(row: contract.Row) -> Entry:
    term = f"tool_resources.{row.name}"
    label = words.LABELS.get(term)
    told = tuple(
        Told(_("Order"), "", ", ".join(fact.before), ", ".join(fact.after), is_code=True)
        if fact.what == "order"
        else Told("", "", ", ".join(fact.before), ", ".join(fact.after), is_code=True)
        for fact in row.facts
    )
    return Entry("changed", _(label.label) if label else row.name, told=told)


def _row(row: contract.Row) -> Entry:
    return Entry(row.came, "", row.name, _told(row.facts, is_input=True))


def _told(
    facts: Iterable[contract.Fact],
    *,
    is_input: bool = False,
    is_reply: bool = False,
    is_whole: bool = False,
) -> tuple[Told, ...]:
    """`is_whole`: the thing came or went as a whole, so what it is written like is its own."""
    known = {
        "kind": (_("Shape of the reply") if is_reply else _("Kind"), ""),
        "whole": (
            (_("Fields"), "schema")
            if is_reply
            else (_(words.LABELS["parameters"].label), "parameters")
        ),
        "required": (_(words.LABELS["required"].label), "required"),
        "values": (_(words.LABELS["enum"].label), "enum"),
        "description": (
            _("Explanation")
            if is_input or is_reply
            else _(words.LABELS["function.description"].label),
            "description",
        ),
        "only": (_(words.LABELS["additionalProperties: false"].label), "additionalProperties"),
        "strict": (_(words.LABELS["strict"].label), "strict"),
        "name": (_(words.LABELS["name"].label), "name"),
        "order": (_("Order"), ""),
        "other": (_("Further rules"), ""),
        "written": (_("Only details of the JSON differ; see below."), ""),
    }
    found = []
    for fact in facts:
        label, term = known.get(fact.what) or _setting(fact.what)
        is_code = fact.what == "other" or fact.what not in known
        sides = [_side(fact.what, side, is_reply=is_reply) for side in (fact.before, fact.after)]
        if not (is_whole and fact.what in ("written", "strict", "only")):
            found.append(Told(label, term, sides[0], sides[1], is_code))
    return tuple(found)


def _setting(what: str) -> tuple[str, str]:
    """What a setting of the search is called, by the dotted way to it; others by their own name."""
    label = words.LABELS.get(what.rpartition(".")[2]) if what.startswith("file_search.") else None
    return (_(label.label), label.term) if label else (what, "")


def _side(what: str, value: Any, *, is_reply: bool) -> str:
    if value is None:
        return ""
    if what == "kind" and is_reply:
        return _reply_kind(value[0])
    if what in ("kind", "whole"):
        return kind_words(value)
    if what in ("values", "order"):
        return ", ".join(_bare(one) for one in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else contract.dumps(value)


def _bare(text: str) -> str:
    """A JSON text as people read it: without the quotes of a string, and null in words."""
    if text == "null":
        return _("nothing (null)")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def kind_words(types: Sequence[str]) -> str:
    """`("array", "string")` is "List of text"; `("string", "null")` "Text, or nothing"."""
    named = [one for one in types if one not in ("null", "array")]
    inner = " / ".join(_(KINDS.get(one, one)) for one in named)
    if "array" in types:
        inner = _("List of: %(kind)s") % {"kind": inner} if inner else _("List")
    if "null" not in types:
        return inner
    if not inner:
        return pgettext("kind of value", "Nothing")
    return _("%(kind)s, or nothing") % {"kind": inner}

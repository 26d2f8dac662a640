"""The shape of the reply: four kinds to choose from, and the fields of the fourth.

Whatever the boxes say becomes the one JSON text that the API takes; what the boxes cannot show (a
kind we do not know, a text that is no JSON) is shown as that text. Switching to another kind keeps
the one before in the Change, so that switching back loses nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.contract.response_format import kind_of
from assistants_app.contract.words import LABELS
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import REFUSED, UNREADABLE, JSONText, located, placed
from assistants_app.forms.parts import PartForm
from assistants_app.schema.example_replies import flat, sample_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assistants_app.contract import Document, Problem
    from assistants_app.models import Change

WAY: Final = "reply-as"  # posted with the boxes
KINDS: Final = ("auto", "text", "json_object", "json_schema")
NAME: Final = "reply"
_INNER: Final = ("response_format", "json_schema")
_BROKEN: Final = re.compile(r'(\{[^\n]*"schema":)\n(.*)\n(\}\})\Z', re.DOTALL)
_BOXES: Final = ("name", "description", "schema")


@dataclass(slots=True)
class Shape:
    """What the boxes hold; `schema` is its text."""

    kind: str = "auto"
    name: str = NAME
    description: str = ""
    strict: bool = True
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A made-up reply: its JSON text, and its values with where they stand."""

    json: str
    rows: list[tuple[str, str]]


def sample_reply(schema: Any) -> Sample | None:
    """A reply with these fields as it would look, None where they say nothing yet."""
    if not isinstance(schema, dict) or not schema.get("properties"):
        return None
    reply = sample_of(schema)
    return Sample(contract.dumps(reply, indent=2), flat(reply))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the four cards."""

    kind: str
    label: str
    term: str
    help: str
    is_chosen: bool


def posted(data: Mapping[str, Any]) -> Shape | None:
    """What was typed into the boxes; None where the page holds the JSON box."""
    if WAY not in data:
        return None
    texts = {name: str(data.get(f"reply-{name}") or "").replace("\r\n", "\n") for name in _BOXES}
    kind = str(data.get("reply-kind") or "")
    return Shape(kind if kind in KINDS else "auto", strict="reply-strict" in data, **texts)


def boxes(shape: Shape) -> dict[str, str]:
    """What a page posts for a shape."""
    held = {WAY: "boxes", "reply-kind": shape.kind, "reply-name": shape.name}
    held |= {"reply-description": shape.description, "reply-schema": shape.schema}
    return held | ({"reply-strict": "on"} if shape.strict else {})


def shape_of(value: Any, kept: Any) -> Shape | None:
    """A stored value as the boxes show it; None where they cannot."""
    kind = kind_of(value)
    structure = value if kind == "json_schema" else _kept(kept).get("json_schema")
    shape = _structure(structure) if structure is not None else Shape()
    if not kind or shape is None:
        return None
    shape.kind = kind
    if kind != "json_schema":  # what is stored counts more than a text that was kept beside it
        shape.schema = str(_kept(kept).get("schema_text") or shape.schema)
    return shape


def _structure(value: Any) -> Shape | None:
    inner = value.get("json_schema") if isinstance(value, dict) else None
    if value.keys() == {"type"}:
        inner = {}
    if not isinstance(inner, dict):
        return None
    name, said, strict = (inner.get(key) for key in ("name", "description", "strict"))
    texts = (name is None or isinstance(name, str)) and (said is None or isinstance(said, str))
    if not texts or not (strict is None or isinstance(strict, bool)):
        return None
    if "\n" in (name or ""):  # a one-line box would drop it
        return None
    schema = contract.dumps(inner["schema"], indent=2) if inner.get("schema") is not None else ""
    return Shape("json_schema", name or "", said or "", strict is True, schema)


def _kept(kept: Any) -> Document:
    return kept if isinstance(kept, dict) else {}


def of_text(text: str, change: Change) -> Shape | None:
    """The shape of a part's whole text, one whose schema is no JSON yet too."""
    stored = change.response_format
    if text == JSONText("response_format", shape=(str, dict)).shown(stored):
        return shape_of(stored, change.reply_kept)
    broken = _BROKEN.fullmatch(text)
    if not broken:
        return None
    try:
        rest = contract.parse(f"{broken[1]}null{broken[3]}")
    except InvalidDocument:
        return None
    shape = shape_of(rest, None)
    if shape:
        shape.schema = broken[2]
    return shape


class ReplyForm(PartForm):
    """`shape` is None while the page has the one JSON box."""

    slug, heading = "reply", gettext_lazy("Shape of the reply")
    term = "response_format"
    response_format = JSONText("response_format", shape=(str, dict), bare=("auto",))

    def __init__(self, data: Any = None, *, change: Change, shape: Shape | None = None) -> None:
        self.schema_errors, self.name_errors = list[str](), list[str]()
        self.kept = dict(_kept(change.reply_kept))
        kind = kind_of(change.response_format)
        if kind:
            self.kept[kind] = change.response_format
        self.shape = posted(data) if shape is None and data is not None else shape
        if self.shape is not None:
            data = {"response_format": self._text(self.shape)}
        super().__init__(data, change=change)
        if data is None:
            self.shape = of_text(self.text("response_format"), change)

    def look(self, query: Mapping[str, str]) -> None:
        """`?reply=json` shows the one box."""
        if query.get("reply") == "json":
            self.shape = None

    # --- for the page ---------------------------------------------------------------------------

    @property
    def choices(self) -> Iterator[Choice]:
        chosen = self.shape.kind if self.shape else ""
        for kind in KINDS:
            term = '"auto"' if kind == "auto" else f'{{"type":"{kind}"}}'
            label = LABELS[term]
            is_unset = kind == "auto" and self.kept.get("auto", "") is None
            shown = "null" if is_unset else term
            yield Choice(kind, _(label.label), shown, _(label.help), kind == chosen)

    @property
    def value(self) -> Any:
        """What is stored, or would be."""
        return self.values.get("response_format", self.change.response_format)

    @property
    def schema(self) -> Any:
        """The schema of exactly these fields; None where there is none that can be read."""
        if kind_of(self.value) != "json_schema" or self.unread.get("response_format") is not None:
            return None
        inner = self.value.get("json_schema")
        return inner.get("schema") if isinstance(inner, dict) else None

    @property
    def schema_rows(self) -> int:
        lines = self.shape.schema.count("\n") + 2 if self.shape else 0
        return min(max(lines, 6), 30)

    @property
    def own_errors(self) -> list[str]:
        """What is wrong, but not with one box."""
        told = {*self.schema_errors, *self.name_errors} if self.shape else set()
        return [str(e) for e in self.errors.get("response_format", []) if str(e) not in told]

    @property
    def lacks_word(self) -> bool:
        """JSON is asked for, and the instructions never say so."""
        said = str(self.change.instructions or "").lower()
        return kind_of(self.value) == "json_object" and "json" not in said

    @property
    def fix(self) -> contract.Strict | None:
        """What exact mode asks of the schema and what it would change; None where all is well."""
        inner = self.value.get("json_schema") if isinstance(self.value, dict) else None
        if self.schema is None or not isinstance(inner, dict) or inner.get("strict") is not True:
            return None
        made = contract.make_strict(self.schema)
        return made if made.changes else None

    @property
    def fixes(self) -> list[str]:
        """What the fix would do, each with its place in words."""
        made = self.fix
        if made is None:
            return []
        told = []
        for change in made.changes:
            path = (*_INNER, "schema", *change.path)
            place = contract.in_words(path, {"response_format": self.value}, _)
            told.append(f"{place}: {change.said(_)}" if place else change.said(_))
        return list(dict.fromkeys(told))

    @property
    def sample(self) -> Sample | None:
        """A reply as it would look, None where the fields say nothing yet."""
        return sample_reply(self.schema)

    def slots(self) -> dict[str, str]:
        if self.shape is None:
            return {}
        names = ("notes", "sample")
        return {f"reply-{name}": f"changes/parts/_reply_{name}.html" for name in names}

    def messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for box, said in super().messages():
            yield box, said | {"errors": self.own_errors}
        if self.shape:
            yield "reply-name", {"errors": self.name_errors}
            yield "reply-schema", {"errors": self.schema_errors}

    # --- what the boxes mean --------------------------------------------------------------------

    def _text(self, shape: Shape) -> str:
        """The whole text; of a schema that is no JSON yet, that text in its place."""
        value = self._wanted(shape)
        if shape.kind != "json_schema" or not _faults(shape.schema):
            return "" if value is None else contract.dumps(value, indent=2)
        inner = {key: part for key, part in value["json_schema"].items() if key != "schema"}
        rest = {**value, "json_schema": inner | {"schema": None}}
        ordered = {key: rest[key] for key in rest if key != "json_schema"}
        text = contract.dumps(ordered | {"json_schema": rest["json_schema"]})
        return f"{text.removesuffix('null}}')}\n{shape.schema}\n}}}}"

    def _wanted(self, shape: Shape) -> Any:
        """The value that the boxes mean: what was there of this kind, with what differs now."""
        if shape.kind == "auto":
            return self.kept.get("auto", "auto")
        if shape.kind != "json_schema":
            return self.kept.get(shape.kind) or {"type": shape.kind}
        return self._with_fields(shape)

    def _with_fields(self, shape: Shape) -> Any:
        was = self.kept.get("json_schema") or {"type": "json_schema"}
        old = _structure(was) or Shape("json_schema", "", "", strict=False)
        has_inner = isinstance(was.get("json_schema"), dict)
        inner = dict(was["json_schema"]) if has_inner else {}
        if shape.name != old.name or not has_inner:
            inner["name"] = shape.name
        for key in ("description", "strict"):
            if getattr(shape, key) != getattr(old, key):
                inner[key] = getattr(shape, key)
        if shape.schema != old.schema and not _faults(shape.schema):
            if shape.schema.strip():
                inner["schema"] = contract.parse(shape.schema)
            else:
                inner.pop("schema", None)
        return {**was, "json_schema": inner}

    def edits(self) -> dict[str, Any]:
        """With the shapes that are kept, of which the one that is stored is none."""
        edits = super().edits()
        shape, kept = self.shape, dict(self.kept)
        kind = kind_of(self.value)
        if shape and kind != "json_schema" and (self._is_typed(shape) or "json_schema" in kept):
            kept["json_schema"] = self._with_fields(shape)
            broken = shape.schema if _faults(shape.schema) and "\0" not in shape.schema else ""
            kept = {k: v for k, v in kept.items() if k != "schema_text"}
            kept |= {"schema_text": broken} if broken else {}
        elif kind == "json_schema":
            kept.pop("schema_text", None)
        kept.pop(kind, None)
        return edits | {"beside": {"reply_kept": kept or None}}

    def _is_typed(self, shape: Shape) -> bool:
        return Shape(shape.kind) != shape

    # --- where problems land --------------------------------------------------------------------

    def _read(self, name: str, field: Any, text: str) -> None:
        shape = self.shape
        faults = _faults(shape.schema) if shape and shape.kind == "json_schema" else []
        if not faults:
            super()._read(name, field, text)
            return
        self.schema_errors = faults
        is_refused = self.shape is not None and "\0" in self.shape.schema
        code = REFUSED if is_refused else UNREADABLE
        self.add_error(name, [forms.ValidationError(fault, code=code) for fault in faults])
        if not is_refused:
            self.unread[name] = text

    @property
    def _is_of_fields(self) -> bool:
        return self.shape is not None and self.shape.kind == "json_schema"

    def note(self, problems: Iterable[Problem]) -> None:
        """As every part does; what is about one box of the fields lands there."""
        self.full_clean()
        mine = [found for found in problems if found.path[:1] == ("response_format",)]
        if not self._is_of_fields or self.unread.get("response_format") is not None:
            super().note(mine)
            return
        at_schema, at_name = (*_INNER, "schema"), (*_INNER, "name")
        super().note(one for one in mine if at_schema != one.path[:3] and at_name != one.path)
        for found in mine:
            if found.path[:3] == at_schema:
                document = {"response_format": self.value}
                text = self.shape.schema if self.shape else ""
                self._tell(found, located(found, text, depth=3, document=document))
            elif found.path == at_name:
                self._tell(found, contract.plain(found, _))

    def _tell(self, found: Problem, told: str) -> None:
        is_schema = len(found.path) > 2 and found.path[2] == "schema"
        if found.level != "error":
            beside = self.warnings if found.level == "warning" else self.hints
            beside.setdefault("response_format", []).append(told)
            return
        (self.schema_errors if is_schema else self.name_errors).append(told)
        self.add_error("response_format", told)


def _faults(text: str) -> list[str]:
    """Why a text is no schema yet."""
    if "\0" in text:
        found = words.problem((), "invalid_value", "nul", position=text.index("\0") + 1)
        return [contract.plain(found, _)]
    try:
        value = contract.parse(text) if text.strip() else {}
    except InvalidDocument as refusal:
        return [placed(found) for found in refusal.problems]
    return [] if isinstance(value, dict) else [_("Must be %(what)s.") % {"what": _("an object")}]

"""Labels for software as rows of key and value; as JSON only where the text is no such rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract import limits, words
from assistants_app.contract.problems import shown
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import REFUSED, UNREADABLE, JSONText, located, placed
from assistants_app.forms.parts import PartForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistants_app.contract.problems import Problem
    from assistants_app.models import Change

ROWS = "labels-as"  # posted with the rows, so that none at all is known from a page without rows
_NAME = re.compile(r"label-(\d{1,6})-key\Z")
_AT_VALUE = ("string_above_max_length", "invalid_type")


@dataclass(slots=True)
class Row:
    """One label; `n` names its boxes on the page. What is wrong lands on the key or the value."""

    n: int
    key: str = ""
    value: str = ""
    key_errors: list[str] = field(default_factory=list)
    value_errors: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        return not self.key and not self.value

    @property
    def is_tall(self) -> bool:
        """A one-line box would drop its line breaks."""
        return "\n" in self.value or "\r" in self.value

    @property
    def slots(self) -> Iterable[tuple[str, list[str]]]:
        yield f"label-{self.n}-key", self.key_errors
        yield f"label-{self.n}-value", self.value_errors


def posted(data: Mapping[str, Any], stored: Any = None) -> list[Row] | None:
    """The rows in the order they stand on the page; None where the page holds the JSON box."""
    if ROWS not in data:
        return None
    kept = stored if isinstance(stored, dict) else {}
    rows = []
    for name in data:
        if found := _NAME.match(name):
            n, key = int(found[1]), str(data[name])
            was = kept.get(key)
            text = str(data.get(f"label-{n}-value") or "")
            value = contract.form_text(text, was if isinstance(was, str) else None) or ""
            rows.append(Row(n, key, str(value)))
    return rows


def as_text(rows: Iterable[Row]) -> str:
    """The rows as JSON text, a row per line; "" for none. A key may stand in it twice."""
    pairs = [(contract.dumps(row.key), contract.dumps(row.value)) for row in rows]
    return (
        "{\n  " + ",\n  ".join(f"{key}: {value}" for key, value in pairs) + "\n}" if pairs else ""
    )


def of_text(text: str) -> list[Row] | None:
    """The rows that a JSON text holds; None where it is no object of texts."""
    try:
        pairs = _pairs(text) if text.strip() else []
    except InvalidDocument:
        return None
    if pairs is None or not all(isinstance(value, str) for _key, value in pairs):
        return None
    if any("\n" in key or "\r" in key for key, _value in pairs):  # a one-line box would drop it
        return None
    return [Row(n, key, value) for n, (key, value) in enumerate(pairs)]


def _pairs(text: str) -> list[tuple[str, Any]] | None:
    """Every pair; a key that stands there twice is read only from a text such as `as_text` makes.

    Raises InvalidDocument.
    """
    try:
        found = contract.parse(text)
    except InvalidDocument:
        first, *lines, last = text.split("\n") if "\n" in text else ("", "")
        if (first, last) != ("{", "}"):
            raise
        each = [contract.parse("{" + line.removesuffix(",") + "}") for line in lines]
        return [pair for one in each if isinstance(one, dict) for pair in one.items()]
    return list(found.items()) if isinstance(found, dict) else None


def pasted(text: str) -> list[Row]:
    """What was pasted: a JSON object of texts, or lines of `key=value`.

    Raises ValidationError for the first line that is neither; nothing is left out silently.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _of_json(text)
    rows, lines = [], text.removeprefix("\ufeff").splitlines()
    for number, line in enumerate(lines, 1):
        key, sign, value = line.partition("=")
        if not line.strip():
            continue
        if not sign or not key.strip():
            raise forms.ValidationError(
                _("Line %(n)s: write a key, “=” and a value.") % {"n": number}
            )
        rows.append(Row(number, key.strip(), value.strip()))
    if not rows:
        raise forms.ValidationError(_("Paste at least one line such as team=care."))
    return rows


def _of_json(text: str) -> list[Row]:
    try:
        contract.parse(text)
    except InvalidDocument as error:
        raise forms.ValidationError([placed(found) for found in error.problems]) from None
    if rows := of_text(text):
        return rows
    raise forms.ValidationError(_("Every key and every value must be text in double quotes."))


def added(rows: Sequence[Row], more: Iterable[Row], at: int | None = None) -> list[Row]:
    """The rows with more of them, each under a name that is free; at the end, or in a place."""
    names = count(max((row.n for row in rows), default=-1) + 1)
    fresh = [Row(next(names), row.key, row.value) for row in more]
    place = len(rows) if at is None else min(max(at, 0), len(rows))
    return [*rows[:place], *fresh, *rows[place:]]


class LabelsForm(PartForm):
    """The dashboard's own pair is not shown and stays.

    `rows` is None while the text is not a list of texts with keys: then the page has a JSON box.
    """

    slug, heading = "labels", gettext_lazy("Labels for software")
    term = "metadata"
    metadata = JSONText("metadata", shape=(dict,))

    def __init__(self, data: Any = None, *, change: Change, rows: list[Row] | None = None) -> None:
        self.paste, self.paste_errors = "", list[str]()
        stored = self.stored(change, "metadata")
        self.rows = posted(data, stored) if rows is None and data is not None else rows
        if self.rows is not None:
            text = as_text(row for row in self.rows if not row.is_blank)
            data = {"metadata": text or ("{}" if stored == {} else "")}
        super().__init__(data, change=change)
        if data is None:  # what is stored or was kept as typed
            self.rows = of_text(self.text("metadata"))

    @classmethod
    def stored(cls, change: Change, name: str) -> Any:
        """The pairs of people, None when there is none."""
        value = getattr(change, name)
        return contract.without_marker({name: value}).get(name)

    def slots(self) -> dict[str, str]:
        return {"label-count": "changes/parts/_label_count.html"}

    @property
    def most(self) -> int:
        return limits.METADATA_PAIRS

    @property
    def used(self) -> int:
        return sum(not row.is_blank for row in self.rows or ())

    @property
    def beside(self) -> list[str]:
        """What is wrong, but not with one row."""
        own = [str(error) for error in self.errors.get("metadata", [])]
        told = {
            _about(row.key, error) for row in self.rows or () for _, es in row.slots for error in es
        }
        return [error for error in own if error not in told]

    def messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for box, said in super().messages():
            yield box, said | {"errors": self.beside}
        for row in self.rows or ():
            for box, errors in row.slots:
                yield box, {"errors": errors}

    def edits(self) -> dict[str, Any]:
        edits = super().edits()
        kept = (self.change.metadata or {}).get(contract.MARKER)
        if kept is None or "metadata" not in self.values:
            return edits
        pairs = {**(self.values["metadata"] or {}), contract.MARKER: kept}
        return edits | {"values": {"metadata": pairs}}

    def _read(self, name: str, field: Any, text: str) -> None:
        self._read_rows()
        if not self.has_error(name):
            super()._read(name, field, text)
        elif not self.has_error(name, REFUSED):
            self.unread[name] = text

    def _read_rows(self) -> None:
        """What no JSON text could hold: a character that nothing stores, a key twice."""
        rows = self.rows or []
        for row in rows:
            for what, typed in (("key", row.key), ("value", row.value)):
                if "\0" in typed:
                    found = words.problem(
                        (), "invalid_value", "nul", position=typed.index("\0") + 1
                    )
                    self._tell(row, what, contract.plain(found, _), REFUSED)
        times = Counter(row.key for row in rows if not row.is_blank)
        for row in rows:
            if not row.is_blank and times[row.key] > 1:
                message = _("This key stands here more than once. Change or remove one.")
                self._tell(row, "key", message if row.key else _("Enter a key."), UNREADABLE)

    def _tell(self, row: Row, what: str, message: str, code: str) -> None:
        (row.value_errors if what == "value" else row.key_errors).append(message)
        told = _about(row.key, message)
        if told not in self.errors.get("metadata", []):
            self.add_error("metadata", forms.ValidationError(told, code=code))

    def note(self, problems: Iterable[Problem]) -> None:
        """In rows, a problem of one label lands on its key or its value."""
        self.full_clean()
        rows = {} if self.unread.get("metadata") else {row.key: row for row in self.rows or ()}
        others = []
        for problem in problems:
            row = rows.get(str(problem.path[1])) if problem.path[:-1] == ("metadata",) else None
            if row is None:
                others.append(problem)
            elif problem.level == "error":
                what = "value" if problem.code in _AT_VALUE else "key"
                message = contract.plain(problem, _) if row.key else _("Enter a key.")
                self._tell(row, what, message, problem.code)
        super().note(others)

    def clean(self) -> None:
        """The reserved key is refused here: in the document it is the dashboard's own."""
        typed = self.values.get("metadata")
        if not isinstance(typed, dict) or contract.MARKER not in typed:
            return
        del self.values["metadata"]
        self.unread["metadata"] = self.text("metadata")
        found = words.problem(("metadata", contract.MARKER), "metadata_reserved", x=contract.MARKER)
        if self.rows is None:
            self.add_error("metadata", located(found, self.text("metadata")))
            return
        for row in self.rows:
            if row.key == contract.MARKER:
                self._tell(row, "key", contract.plain(found, _), UNREADABLE)


def _about(key: str, message: str) -> str:
    """A message where it stands away from its row."""
    return f"{shown(key)}: {message}" if key else message

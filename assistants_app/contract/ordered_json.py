"""The one JSON parser and serialiser: key order and number spelling survive a round trip.

Rules: security.md section 4. The standard library's scanner does the work; its hooks leave marks
where JSON is broken in ways it tolerates, and only a broken text is looked at a second time.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import replace
from itertools import islice
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from assistants_app.contract import compact, faults, json_places, limits
from assistants_app.contract.spelling import SpelledFloat, SpelledInt, spelled
from assistants_app.contract.words import problem
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.contract.problems import Problem

JSON: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None
Document: TypeAlias = dict[str, Any]

_BOM: Final = "\ufeff"
# What a decoded text can only hold through an escape, or not at all.
_SUSPECT_ESCAPE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
_PLACED_CHARACTERS: Final = 2_097_152
_EMPTY_IS_UNSET: Final = ("name", "description", "instructions")


def parse(data: str | bytes, *, limit: int | None = None) -> JSON:
    """The tree of a JSON text; objects keep their order, numbers their spelling.

    Numbers whose spelling Python would not repeat are `SpelledInt` and `SpelledFloat` with `.text`.
    `limit` is in bytes of UTF-8. A byte order mark at the start is dropped (`starts_with_bom` tells
    whether to say so). Raises InvalidDocument with `too_large`, `invalid_json` (data: `line`,
    `column` from 1), `duplicate_key` or `invalid_value`; every fault of a readable text is listed.
    """
    text = _decoded(data, limit)
    is_odd = bool(_SUSPECT_ESCAPE.search(text)) or (isinstance(data, str) and _has_half_pair(text))
    hooks = _Hooks()
    try:
        tree: JSON = hooks.decoder.decode(text)
    except RecursionError:
        raise InvalidDocument([_too_deep(text)]) from None
    except json.JSONDecodeError as error:
        raise InvalidDocument([_syntax(text, error)]) from None
    if is_odd or hooks.is_broken or not compact.is_flat(tree, text):
        _refuse_faults(text, tree)
    return tree


def starts_with_bom(data: str | bytes) -> bool:
    """Whether `parse` drops a byte order mark here; whoever received it says so."""
    return data.startswith(_BOM) if isinstance(data, str) else data.startswith(b"\xef\xbb\xbf")


def dumps(tree: Any, *, indent: int | None = None) -> str:
    """The JSON text of a tree, in its own order and spelling; compact without `indent`.

    Escapes only what JSON demands, and halves of surrogate pairs, which UTF-8 cannot carry. Raises
    TypeError for what is no JSON and ValueError for NaN and infinities. Tuples and keys that are
    no text are written as `json.dumps` does.
    """
    text = _compact(tree) if indent is None else _spread(tree, " " * indent, "\n")
    if not _has_half_pair(text):
        return text
    return _HALF_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def canonical(doc: Document, texts: Mapping[str, str] | None = None) -> str:
    """The one text of a document: fixed field order, compact, unset fields and `_dash` left out.

    Name, description and instructions are unset when empty (contract.md section 3). Nested order
    and number spelling stay as typed. Metadata that held nothing but the marker is left out.
    `texts`: what `dumps` gave for some of its fields, of which metadata is none.
    """
    own, known = without_marker(doc), texts or {}
    held = {name: own[name] for name in limits.FIELDS if not is_unset(name, own.get(name))}
    if not known:
        return dumps(held)
    rows = (f'"{name}":{known.get(name) or dumps(value)}' for name, value in held.items())
    return "{" + ",".join(rows) + "}"


def without_marker(doc: Document) -> Document:
    """The document without `_dash`; metadata that held nothing else becomes unset.

    For a kept-here Workspace that another dashboard pushes to: the pair is carried along, and is
    taken off before a person's edit is checked or two documents are compared.
    """
    metadata = doc.get("metadata")
    if not isinstance(metadata, dict) or limits.MARKER not in metadata:
        return doc
    own = {key: value for key, value in metadata.items() if key != limits.MARKER}
    return {**doc, "metadata": own or None}


def is_unset(field: str, value: Any) -> bool:
    """Whether a field at this value is not set: null, or an empty text where null is allowed."""
    return value is None or (value == "" and field in _EMPTY_IS_UNSET)


def digest(text: str) -> str:
    """SHA-256 of the UTF-8 bytes, in hex: what reviews, pushes, drift and audit are bound to."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(doc: Document, texts: Mapping[str, str] | None = None) -> str:
    """`digest(canonical(doc, texts))`."""
    return digest(canonical(doc, texts))


class _Hooks:
    """A scanner that keeps spelling and marks equal keys, NaN, infinities and endless numbers."""

    def __init__(self) -> None:
        self.is_broken = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._int,
            parse_float=self._float,
            parse_constant=self._constant,
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self.is_broken = True
        return faults.Twice(pairs)

    def _int(self, text: str) -> int | faults.Broken:
        if len(text) > limits.NUMBER_DIGITS and (endless := self._endless(text)):
            return endless
        return SpelledInt(text) if text == "-0" else int(text)

    def _float(self, text: str) -> float | faults.Broken:
        if len(text) > limits.NUMBER_DIGITS and (endless := self._endless(text)):
            return endless
        number = float(text)
        if not math.isfinite(number):
            return self._broken("invalid_value", "finite")
        return number if repr(number) == text else SpelledFloat(text)

    def _constant(self, _: str) -> faults.Broken:
        return self._broken("invalid_json", "constant")

    def _endless(self, text: str) -> faults.Broken | None:
        digits = sum(character.isdigit() for character in text)
        if digits <= limits.NUMBER_DIGITS:
            return None
        return self._broken("invalid_value", "digits", n=digits, max=limits.NUMBER_DIGITS)

    def _broken(self, code: str, kind: str, **data: Any) -> faults.Broken:
        self.is_broken = True
        return faults.Broken(code, kind, **data)


def _decoded(data: str | bytes, limit: int | None) -> str:
    size = len(data) if isinstance(data, bytes) else _utf8_size(data, limit)
    if limit is not None and size > limit:
        raise InvalidDocument([problem((), "too_large", n=size, max=limit)])
    if isinstance(data, bytes):
        try:
            data = data.decode()
        except UnicodeDecodeError as error:
            fault = problem((), "invalid_json", "encoding", position=error.start + 1)
            raise InvalidDocument([fault]) from None
    return data.removeprefix(_BOM)


def _utf8_size(text: str, limit: int | None) -> int:
    if limit is None or text.isascii():
        return len(text)
    return len(text.encode("utf-8", "surrogatepass"))


def _has_half_pair(text: str) -> bool:
    """Whether a text holds what UTF-8 cannot carry; encoding is the fastest way to ask."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _refuse_faults(text: str, tree: JSON) -> None:
    found = (fault for fault in faults.find(tree) if fault.level == "error")
    if problems := list(dict.fromkeys(islice(found, limits.PROBLEMS_MAX))):
        raise InvalidDocument(_placed(text, problems))


def _placed(text: str, problems: list[Problem]) -> list[Problem]:
    """The same problems with `line` and `column`, unless the text is too long for a second look."""
    if len(text) > _PLACED_CHARACTERS:
        return problems
    places = json_places.find(text, {found.path for found in problems})
    return [_with_place(found, text, places) for found in problems]


def _with_place(found: Problem, text: str, places: json_places.Places) -> Problem:
    keys = places.keys.get(found.path, [])
    if found.code == "duplicate_key":
        offset = keys[1]
    elif found.data.get("kind") == "depth" and places.deep:
        offset = places.deep[0]
    else:
        offset = places.values[found.path]
    return replace(found, data={**found.data, **json_places.line_and_column(text, offset)})


def _too_deep(text: str) -> Problem:
    deep = json_places.find(text, ()).deep if len(text) <= _PLACED_CHARACTERS else None
    if not deep:
        return faults.too_deep(())
    return faults.too_deep(deep[1], **json_places.line_and_column(text, deep[0]))


_EXPECTED: Final = {
    "Expecting ',' delimiter": "comma",
    "Expecting ':' delimiter": "colon",
    "Expecting property name": "name",
    "Expecting value": "value",
    "Unterminated string": "quote",
    "Extra data": "end",
    # Python 3.13 and later.
    "Illegal trailing comma before end of array": "value",
    "Illegal trailing comma before end of object": "name",
}


def _syntax(text: str, error: json.JSONDecodeError) -> Problem:
    """`expected` in the data names the missing part where the scanner knows it, else is empty."""
    offset = error.pos
    if error.msg.startswith("Illegal trailing comma"):
        # Python 3.13 points at the comma, earlier ones at the bracket behind it.
        offset += 1 + len(text[offset + 1 :]) - len(text[offset + 1 :].lstrip())
    expected = next((word for start, word in _EXPECTED.items() if error.msg.startswith(start)), "")
    place = json_places.line_and_column(text, offset)
    return problem((), "invalid_json", "syntax", expected=expected, **place)


def _compact(value: Any) -> str:
    """In one go where C code spells it as we do, else item by item."""
    if type(value) is str:
        return encode_basestring(value)
    if not isinstance(value, dict | list):
        return _leaf(value)
    if (text := compact.text(value)) is not None:
        return text
    if isinstance(value, list):
        return "[" + ",".join([_compact(item) for item in value]) + "]"
    rows = [f"{encode_basestring(key)}:{_compact(item)}" for key, item in value.items()]
    return "{" + ",".join(rows) + "}"


def _spread(value: Any, step: str, line: str) -> str:
    if not value or not isinstance(value, dict | list):
        return _compact(value)
    inner = line + step
    if isinstance(value, list):
        rows = [_spread(item, step, inner) for item in value]
        return "[" + inner + f",{inner}".join(rows) + line + "]"
    rows = [f"{encode_basestring(k)}: {_spread(v, step, inner)}" for k, v in value.items()]
    return "{" + inner + f",{inner}".join(rows) + line + "}"


def _leaf(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinities are not JSON")
    if isinstance(value, int | float):
        return spelled(value)
    raise TypeError(f"{type(value).__name__} is not JSON")

"""YAML as JSON has it: events of the parser become a tree, and nothing in the text is built or run.

The scalars of YAML 1.2's core schema: `yes` and dates are text. Aliases, tags of one's own, equal
keys and a second document are refused with their line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from assistants_app import contract
from assistants_app.contract import limits
from assistants_app.errors import InvalidDocument
from assistants_app.schema.importers.found import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The one in C reads a megabyte in a second, and is there in every wheel.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?\Z")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_CORE: Final = "tag:yaml.org,2002:"
_KINDS: Final = frozenset(f"{_CORE}{kind}" for kind in ("str", "int", "float", "bool", "null"))

_GROUPS: Final = frozenset({f"{_CORE}map", f"{_CORE}seq"})


def parse(text: str) -> Any:
    """The tree of a YAML text; raises Refusal with a line."""
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = {"line": mark.line + 1, "column": mark.column + 1} if mark else _START
        raise Refusal("yaml", detail=str(error.problem or "not YAML"), **place) from None
    except yaml.YAMLError as error:
        raise Refusal("yaml", detail=str(getattr(error, "reason", "not YAML")), **_START) from None
    return builder.tree


_START: Final = {"line": 1, "column": 1}


def _events(text: str) -> Iterator[Any]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


class _Builder:
    """Puts values where they belong; `open` holds the mappings and lists that are not closed."""

    def __init__(self) -> None:
        self.tree: Any = None
        self.open: list[Any] = []
        self.keys: list[str | None] = []
        self.documents = 0
        self.does: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: lambda event: self._begin({}, event),
            yaml.SequenceStartEvent: lambda event: self._begin([], event),
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, event: Any) -> None:
        if act := self.does.get(type(event)):
            act(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise Refusal("yaml_many", line=_line(event))

    def _alias(self, event: Any) -> None:
        raise Refusal("yaml_alias", line=_line(event), x=str(event.anchor))

    def _begin(self, value: Any, event: Any) -> None:
        if event.tag and event.tag not in _GROUPS:
            raise Refusal("yaml_tag", line=_line(event), x=event.tag)
        if len(self.open) >= limits.JSON_DEPTH:
            raise Refusal("too_deep", max=limits.JSON_DEPTH)
        self._put(value, event)
        self.open.append(value)
        self.keys.append(None)

    def _end(self, _event: Any) -> None:
        self.open.pop()
        self.keys.pop()

    def _scalar(self, event: Any) -> None:
        if self.open and isinstance(self.open[-1], dict) and self.keys[-1] is None:
            self._key(event)
        else:
            self._put(_value(event), event)

    def _key(self, event: Any) -> None:
        if event.value in self.open[-1]:
            raise Refusal("yaml_twice", line=_line(event), x=event.value)
        self.keys[-1] = event.value

    def _put(self, value: Any, event: Any) -> None:
        if not self.open:
            self.tree = value
        elif isinstance(self.open[-1], list):
            self.open[-1].append(value)
        elif self.keys[-1] is None:
            column = event.start_mark.column + 1
            raise Refusal("yaml", line=_line(event), column=column, detail="a key that is no text")
        else:
            self.open[-1][self.keys[-1]] = value
            self.keys[-1] = None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _value(event: Any) -> Any:
    """A scalar's value: text where it is quoted or tagged as such, else by its spelling."""
    text: str = event.value
    if event.tag and event.tag not in _KINDS:
        raise Refusal("yaml_tag", line=_line(event), x=event.tag)
    if event.tag == f"{_CORE}str" or not (event.implicit[0] or event.tag):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.match(text):
        return text
    try:
        return contract.parse(text)
    except InvalidDocument:  # beyond what a number may be
        return text

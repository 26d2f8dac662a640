"""A path into a document as people say it: "get_order, input city" for
`tools[1].function.parameters.properties.city`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.problems import shown
from assistants_app.contract.tools import function_name
from assistants_app.contract.words import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_app.contract.problems import Path

    Translate = Callable[[str], str]

_NAME_CHARACTERS: Final = 60
# Words of a path that name nothing by themselves.
_WRAPPERS: Final = frozenset({"json_schema", "schema", "function", "parameters"})
_TERMS: Final = {
    "name": "function.name",
    "description": "function.description",
    "parameters": "parameters",
    "strict": "strict",
}
_KEYWORDS: Final = {
    "required": "required",
    "additionalProperties": "additionalProperties: false",
    "enum": "enum",
}
_NAMED: Final = {"$defs": "definition", "definitions": "definition", "patternProperties": "pattern"}
_CHOICES: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})


def in_words(path: Path, doc: Any, translate: Translate = str) -> str:
    """Where below its field something is; "" for the field itself and for the whole document.

    `doc` tells the names of tools and may be any JSON value. `translate` turns our English words;
    names that people gave stay as they are.
    """
    if len(path) < 2:
        return ""
    field, *rest = path
    if field == "tools" and isinstance(rest[0], int):
        steps = [_tool(rest[0], doc, translate), *_in_tool(rest[1:], translate)]
    elif field == "response_format":
        steps = [*_in_schema(rest, "field", translate)]
    elif field == "metadata":
        steps = [_name(rest[0])]
    else:
        steps = [*_plainly(field, rest, translate)]
    return ", ".join(steps)


def _tool(index: int, doc: Any, translate: Translate) -> str:
    """The function's own name, what the ability is called, or its place."""
    tools = doc.get("tools") if isinstance(doc, dict) else None
    tool = tools[index] if isinstance(tools, list) and 0 <= index < len(tools) else None
    if name := function_name(tool):
        return _name(name)
    kind = tool.get("type") if isinstance(tool, dict) else None
    if isinstance(kind, str) and kind in LABELS and kind != "function":
        return translate(LABELS[kind].label)
    return translate("ability {n}").format(n=index + 1)


def _in_tool(rest: list[str | int], translate: Translate) -> Iterator[str]:
    if rest[:1] != ["function"]:
        yield from _plainly("", rest, translate)
    elif rest[1:2] == ["parameters"] and len(rest) > 2:
        yield from _in_schema(rest[2:], "input", translate)
    elif len(rest) > 1:
        term = _TERMS.get(str(rest[1]))
        yield translate(LABELS[term].label) if term else _name(rest[1])


def _in_schema(rest: list[str | int], thing: str, translate: Translate) -> Iterator[str]:
    """Inputs and fields by name, lists by what they hold; the keyword at the end by its label."""
    steps = iter(rest)
    for step in steps:
        if step == "properties":
            yield _named(thing, next(steps, None), translate)
        elif step in _NAMED:
            yield _named(_NAMED[str(step)], next(steps, None), translate)
        elif step in _CHOICES:
            yield _choice(str(step), next(steps, None), translate)
        elif step == "items":
            yield translate("each entry")
        elif isinstance(step, int):
            yield translate("entry {n}").format(n=step + 1)
        elif step in _KEYWORDS:
            yield translate(LABELS[_KEYWORDS[step]].label)
        elif step not in _WRAPPERS:
            yield _name(step)


def _named(thing: str, name: str | int | None, translate: Translate) -> str:
    plural = {"input": "inputs", "field": "fields"}.get(thing, thing)
    if name is None:
        return translate(plural)
    return translate(thing + " {name}").format(name=_name(name))


def _choice(keyword: str, place: str | int | None, translate: Translate) -> str:
    return translate("choice {n}").format(n=place + 1) if isinstance(place, int) else keyword


def _plainly(field: str | int, rest: list[str | int], translate: Translate) -> Iterator[str]:
    """By the label of the longest path that has one, then key by key."""
    keys = [str(step) for step in rest if isinstance(step, str)]
    term = ".".join([str(field), *keys])
    if term in LABELS:
        yield translate(LABELS[term].label)
    else:
        yield from (_name(key) for key in keys)
    if rest and isinstance(rest[-1], int):
        yield translate("entry {n}").format(n=rest[-1] + 1)


def _name(key: str | int) -> str:
    return shown(str(key), _NAME_CHARACTERS)

"""What one row of the table is, and how its JSON is made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMS = frozenset({"form", "part"})
JSON = frozenset({"v1", "paste", "file"})
ALL = FORMS | JSON
# A model that nothing is advised about, now or later.
MODEL = "gpt-5.2"


@dataclass(frozen=True, slots=True)
class Said:
    """One finding: where, the plain words, the API's code, and how much it weighs."""

    param: str
    words: str
    code: str
    level: str = "error"


@dataclass(frozen=True, slots=True)
class Case:
    """One input. `fields`: the document but for the model, as raw JSON by field; the last is tried.

    `typed`: what a form's box holds where that is not the raw JSON's own text. `kept`: the value
    that is stored where that is not what the raw JSON holds. `channels`: where it can be typed.
    `at_v1` False: a lint, or a pair that only people may not write; `/v1` accepts it.
    """

    row: str
    fields: Mapping[str, str]
    said: tuple[Said, ...] = ()
    channels: frozenset[str] = ALL
    at_v1: bool = True
    typed: Mapping[str, str] = field(default_factory=dict)
    kept: Any = None

    def __str__(self) -> str:
        return self.row

    @property
    def name(self) -> str:
        """The field that is tried."""
        return list(self.fields)[-1]

    @property
    def text(self) -> str:
        """The whole document as JSON."""
        model = {} if "model" in self.fields else {"model": f'"{MODEL}"'}
        pairs = {**model, **self.fields}.items()
        return "{" + ",".join(f'"{name}":{raw}' for name, raw in pairs if raw) + "}"

    @property
    def is_accepted(self) -> bool:
        return all(found.level != "error" for found in self.said)


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def lint(param: str, words: str, code: str, level: str = "warning") -> tuple[Said, ...]:
    return (Said(param, words, code, level),)


def error(param: str, words: str, code: str) -> tuple[Said, ...]:
    return (Said(param, words, code),)


def function(**fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **fields}}


def tools(raw: str) -> dict[str, str]:
    """One function whose parameters are this raw JSON."""
    return {"tools": f'[{{"type":"function","function":{{"name":"f","parameters":{raw}}}}}]'}


def strict(schema: str) -> dict[str, str]:
    inner = f'{{"name":"f","strict":true,"parameters":{schema}}}'
    return {"tools": f'[{{"type":"function","function":{inner}}}]'}


def schema(raw: str, **more: str) -> dict[str, str]:
    rest = "".join(f',"{key}":{value}' for key, value in more.items())
    inner = f'{{"name":"r","schema":{raw}{rest}}}'
    return {"response_format": f'{{"type":"json_schema","json_schema":{inner}}}'}


def deep(levels: int) -> str:
    """An object whose innermost part is `levels` deep."""
    return '{"a":' * levels + "1" + "}" * levels


def padded(size: int) -> str:
    """A schema of so many bytes."""
    empty = '{"description":""}'
    return empty.replace('""', '"' + "x" * (size - len(empty)) + '"')

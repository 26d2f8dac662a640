"""What a docstring says: of the function, and of each argument, in the three usual manners."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_ARGUMENTS: Final = frozenset(
    {"args", "arguments", "parameters", "params", "keyword args", "keyword arguments"}
    | {"other parameters", "attributes"}
)
_SECTIONS: Final = _ARGUMENTS | frozenset(
    {"returns", "return", "yields", "yield", "raises", "example", "examples", "note", "notes"}
    | {"warning", "warnings", "see also", "references", "todo", "usage"}
)
_GOOGLE: Final = re.compile(r"\*{0,2}(\w+)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)?)\)\s*)?:\s*(.*)\Z")
_NUMPY: Final = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::\s*(.*))?\Z")
_SPHINX: Final = re.compile(r"[:@](param|parameter|arg|argument|key|type)\s+([^:]+):\s*(.*)\Z")
_FIELD: Final = re.compile(r"[:@]\w+")


@dataclass(slots=True)
class Said:
    """The text before the first section; per argument what is said of it, and its kind in words."""

    text: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def read(docstring: str) -> Said:
    """Read a docstring whose indentation was cleaned; any text will do."""
    said = Said()
    lines = docstring.expandtabs().splitlines()
    text: list[str] = []
    at = 0
    while at < len(lines):
        heading = lines[at].strip().rstrip(":").lower()
        is_underlined = at + 1 < len(lines) and set(lines[at + 1].strip()) in ({"-"}, {"="})
        is_section = heading in _SECTIONS and (is_underlined or lines[at].strip().endswith(":"))
        if is_section:
            body = at + (2 if is_underlined else 1)
            end = _end(lines, body, is_underlined=is_underlined)
            if heading in _ARGUMENTS:
                _arguments(lines[body:end], said, is_underlined=is_underlined)
            at = end
        elif _FIELD.match(lines[at].strip()):
            at = _sphinx(lines, at, said)
        else:
            text.append(lines[at])
            at += 1
    said.text = re.sub(r"\n{3,}", "\n\n", "\n".join(text)).strip()
    return said


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end(lines: list[str], start: int, *, is_underlined: bool) -> int:
    """Where a section ends: at the next one, or at text that is not indented."""
    for at in range(start, len(lines)):
        line = lines[at].strip()
        if not line:
            continue
        if is_underlined:
            following = lines[at + 1].strip() if at + 1 < len(lines) else ""
            if following and set(following) in ({"-"}, {"="}):
                return at
        elif _indent(lines[at]) == 0:
            return at
    return len(lines)


def _arguments(lines: list[str], said: Said, *, is_underlined: bool) -> None:
    filled = [line for line in lines if line.strip()]
    if not filled:
        return
    outer = min(_indent(line) for line in filled)
    names: list[str] = []
    for line in filled:
        if _indent(line) > outer and names:
            _more(said, names, line.strip())
        elif found := (_NUMPY if is_underlined else _GOOGLE).match(line.strip()):
            names = [name.strip() for name in found[1].split(",")]
            for name in names:
                said.arguments[name] = "" if is_underlined else found[3].strip()
                if found[2]:
                    said.kinds[name] = found[2].strip()
        elif names:
            _more(said, names, line.strip())


def _more(said: Said, names: list[str], text: str) -> None:
    for name in names:
        said.arguments[name] = f"{said.arguments.get(name, '')} {text}".strip()


def _sphinx(lines: list[str], at: int, said: Said) -> int:
    """One field and the lines that go on with it; fields of other things are left out."""
    found = _SPHINX.match(lines[at].strip())
    text = [found[3]] if found else []
    at += 1
    while at < len(lines) and lines[at].strip() and not _FIELD.match(lines[at].strip()):
        if _indent(lines[at]) == 0 and not found:
            break
        text.append(lines[at].strip())
        at += 1
    if found:
        *kind, name = found[2].split() or [""]
        name = name.lstrip("*\\")
        if found[1] == "type":
            said.kinds[name] = " ".join(text).strip()
        else:
            said.arguments[name] = " ".join(text).strip()
            if kind:
                said.kinds[name] = " ".join(kind)
    return at

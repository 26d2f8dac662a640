"""Tools as other services and programs write them → OpenAI's own form, nested or flat."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.schema.importers import yaml_text
from assistants_app.schema.importers.annotations import literal
from assistants_app.schema.importers.found import Refusal
from assistants_app.schema.importers.openapi_schema import Converter, Shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

_DECLARED: Final = ("functionDeclarations", "function_declarations")
_LOUD: Final = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"})
_ASSIGNED: Final = re.compile(
    r"\A\s*(?:(?:export\s+)?(?:const|let|var)\s+)?[A-Za-z_]\w*[ \t]*(?::[^=\n]*)?=[ \t]*(?=[\[{])"
)
_LITERALS: Final = re.compile(r"^[A-Za-z_]\w*[ \t]*(?::[^=\n]*)?=[ \t]*[\[{]", re.MULTILINE)


def listed(tree: Any) -> list[Any] | None:
    """The tools in what holds some: an answer of MCP, an assistant, a request; None for others."""
    for key in ("result", "toolConfig"):
        if isinstance(tree.get(key), dict):
            tree = tree[key]
    for key in ("tools", "functions"):
        if isinstance(tree.get(key), list):
            return [tool for one in tree[key] for tool in plain(one)]
    return plain(tree) if any(isinstance(tree.get(key), list) for key in _DECLARED) else None


def plain(one: Any) -> list[Any]:
    """An entry of such a list as the tools that it stands for, mostly itself."""
    if not isinstance(one, dict):
        return [one]
    for key in _DECLARED:
        if isinstance(one.get(key), list):
            return [_declared(part) for part in one[key]]
    spec = one.get("toolSpec")
    if not isinstance(spec, dict):
        return [one]
    held = spec.get("inputSchema")
    schema = held.get("json") if isinstance(held, dict) else None
    rest = {key: value for key, value in spec.items() if key != "inputSchema"}
    return [rest | ({"parameters": schema} if isinstance(schema, dict) else {})]


def _declared(one: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(one.get("parameters"), dict):
        return one
    schema = Converter(Shapes({}), []).schema(_quiet(one["parameters"]))
    return {**one, "parameters": schema}


def _quiet(node: Any) -> Any:
    """With `STRING` and its like as JSON Schema writes them."""
    if isinstance(node, list):
        return [_quiet(part) for part in node]
    if not isinstance(node, dict):
        return node
    kind = node.get("type")
    own = {"type": kind.lower()} if isinstance(kind, str) and kind in _LOUD else {}
    return {key: _quiet(value) for key, value in node.items()} | own


def almost_json(text: str) -> Iterator[Any]:
    """What a text that is no JSON may be meant as: a program's literal, JSON line by line.

    Whoever asks decides which of these is sensible; nothing is run.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and all(line.lstrip()[0] in "{[" for line in lines):
        yield from _tried(lambda: [contract.parse(line) for line in lines])
    if text.lstrip()[:1] in "{[" or _LITERALS.search(text):
        yield from _literals(text)
    bare = _ASSIGNED.sub("", text).strip().rstrip(";")
    if bare[:1] in ("{", "["):  # a literal of JavaScript is YAML, but for its remarks
        yield from _tried(lambda: yaml_text.parse(bare))


def _tried(parse: Any) -> Iterator[Any]:
    try:
        yield parse()
    except (InvalidDocument, Refusal):
        return


def _literals(text: str) -> Iterator[Any]:
    """The lists and dictionaries of a Python text that are written out."""
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        value = getattr(node, "value", None)
        if isinstance(value, ast.List | ast.Dict) and not _is_ambiguous(value):
            found, is_known = literal(value)
            if is_known:
                yield found


def _is_ambiguous(node: ast.expr) -> bool:
    """Whether a key is there twice: the first would be lost unsaid."""
    for one in ast.walk(node):
        if isinstance(one, ast.Dict):
            keys = [key.value for key in one.keys if isinstance(key, ast.Constant)]
            if len(keys) != len(one.keys) or len(keys) != len(set(map(repr, keys))):
                return True
    return False

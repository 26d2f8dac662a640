"""A server's refusal, on the field it means (contract.md section 4).

Evidence in order: the refusal's `param`, a field named in quotes, the function it names, an id in
quotes. Servers report one fault at a time and in a few shapes; those are data here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.problems import Problem, shown
from assistants_app.contract.tools import function_name
from assistants_app.contract.upstream_errors import MESSAGE_MAX

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path
    from assistants_app.contract.upstream_errors import UpstreamError

_SCHEMA_FAULT: Final = "schema"
_NUMBERS: Final = ("n", "max")
_NAME: Final = r"'(?P<param>[^']{1,200})'"
_SHAPES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), code, kind)
    for pattern, code, kind in (
        (r"'additionalProperties' is required to be supplied", _SCHEMA_FAULT, "additional"),
        (r"Extra required key '(?P<x>[^']*)'", _SCHEMA_FAULT, "extra"),
        (
            r"'required' is required to be supplied.*Missing '(?P<x>.*?)'",
            _SCHEMA_FAULT,
            "required",
        ),
        (r"'(?P<x>[^']{1,60})' is not permitted", _SCHEMA_FAULT, "keyword"),
        (
            r"(?P<n>[0-9]{1,15}) parameters exceeds? (?:the )?limit of (?P<max>[0-9]{1,15})",
            _SCHEMA_FAULT,
            "properties",
        ),
        (
            r"(?P<n>[0-9]{1,15}) levels of nesting exceeds? (?:the )?limit of "
            r"(?P<max>[0-9]{1,15})",
            _SCHEMA_FAULT,
            "depth",
        ),
        (
            r"array too long\. Expected an array with maximum length (?P<max>[0-9]{1,15}), "
            r"but got an array with length (?P<n>[0-9]{1,15})",
            "array_above_max_length",
            "",
        ),
        (
            r"string too long\. Expected a string with maximum length (?P<max>[0-9]{1,15}), "
            r"but got a string with length (?P<n>[0-9]{1,15})",
            "string_above_max_length",
            "",
        ),
        (
            r"too many properties\. Expected an object with at most (?P<max>[0-9]{1,15}) "
            r"properties, but got an object with (?P<n>[0-9]{1,15}) properties",
            "object_above_max_properties",
            "",
        ),
        (
            rf"Unsupported value: {_NAME} does not support '(?P<x>[^']*)' with this model",
            "unsupported_value",
            "model",
        ),
        (
            rf"Unsupported parameter: {_NAME} is not supported with this model",
            "unsupported_parameter",
            "model",
        ),
        (
            rf"{_NAME} of type '(?P<x>[^']*)' is not supported with model",
            "unsupported_value",
            "model",
        ),
        (rf"Missing required parameter: {_NAME}", "missing_required_parameter", ""),
        (r"\AField required\b", "missing_required_parameter", ""),
        (r"must contain the word 'json'", "json_word_missing", ""),
    )
)
"""Messages that say exactly what is wrong: what they hold, and our own words for it."""

_ABOUT_SCHEMA: Final = re.compile(
    r"Invalid schema for |In context=\(|share identical first keys", re.IGNORECASE
)
_OF_FORMAT: Final = re.compile(r"schema for (?:response_format|text\.format)\b", re.IGNORECASE)
_FUNCTION: Final = re.compile(r"function [`'\"](?P<name>[^`'\"]{1,200})[`'\"]", re.IGNORECASE)
_CONTEXT: Final = "context=("
_CONTEXT_STEP: Final = re.compile(
    r"""\s*,?\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[0-9]{1,9})""", re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_QUOTED: Final = re.compile(
    r"[`'\"](?P<quoted>[A-Za-z_][^`'\"\s]{0,200})[`'\"]|\[(?P<id>[A-Za-z_][\w-]{0,200})\]"
)
_PARAM_STEP: Final = re.compile(
    r"\[([0-9]{1,9})\]|\[['\"]((?:[^'\"\\]|\\.)*)['\"]\]|([^.\[\]]+)", re.DOTALL
)
_PLAIN_STEP: Final = re.compile(r"[a-z][a-z_]*\Z|additionalProperties\Z")
_INDEX: Final = re.compile(r"[0-9]{1,9}\Z")
_FORMAT_SCHEMA: Final = ("response_format", "json_schema", "schema")
# How later APIs, whose words some servers use, call the same place.
_ELSEWHERE: Final[tuple[tuple[Path, Path], ...]] = (
    (("text", "format", "schema"), _FORMAT_SCHEMA),
    (("text", "format", "name"), (*_FORMAT_SCHEMA[:2], "name")),
    (("text",), ("response_format",)),
    (("reasoning",), ("reasoning_effort",)),
)
_THINGS: Final = {
    "tools": "tools",
    "file_ids": "files",
    "vector_store_ids": "collections",
    "metadata": "pairs",
}


@dataclass(frozen=True, slots=True)
class _Said:
    """What a message says: `code` and `kind` of our own sentence, "" where there is none."""

    code: str
    kind: str
    data: dict[str, Any]
    param: str
    about_schema: bool


def blame(error: UpstreamError, doc: Any) -> Problem:
    """The refusal as a problem of the document that was sent; () where nothing tells the place.

    `message` is the server's own, at most 500 characters; `contract.plain` gives our words where
    the message has a known shape, else the server's. `data["strict_limits"]` is "old" where the
    server counts a schema by the old numbers. `doc` may be any JSON value; never raises.
    """
    message = error.message[:MESSAGE_MAX]
    said = _read(message)
    path = _place(error.param[:MESSAGE_MAX], message, said, doc)
    if said.code == "json_word_missing":
        path = ("instructions",)
    code, data = _worded(said, path, error.code)
    return Problem(path, "error", code, message, data)


def place(param: str, doc: Any) -> Path:
    """Where a param leads in `doc`, as far as it does; () for anything but a field of it."""
    return _fitted(_steps(param[:MESSAGE_MAX]), doc)


def _read(message: str) -> _Said:
    about_schema = bool(_ABOUT_SCHEMA.search(message))
    for pattern, code, kind in _SHAPES:
        if found := pattern.search(message):
            data = {key: text for key, text in found.groupdict().items() if text is not None}
            data |= {key: int(data[key]) for key in _NUMBERS if key in data}
            param = data.pop("param", "")
            return _Said(code, kind, data, param, about_schema or code == _SCHEMA_FAULT)
    return _Said("", "", {}, "", about_schema)


def _worded(said: _Said, path: Path, code: str) -> tuple[str, dict[str, Any]]:
    """The code and data of our own sentence; of none, for `plain` to repeat the message."""
    data: dict[str, Any] = {key: _shown(value) for key, value in said.data.items()}
    owns_schema = "invalid_function_parameters" if path[:1] == ("tools",) else "invalid_json_schema"
    ours = owns_schema if said.code == _SCHEMA_FAULT else said.code
    if said.kind:
        data["kind"] = said.kind
    if said.kind == "required":
        data["names"] = [data["x"]]
    if said.kind in limits.STRICT_LIMITS and data["max"] == limits.STRICT_LIMITS[said.kind][0]:
        data["strict_limits"] = "old"
    if "max" in data and not said.kind:
        data["things"] = next((_THINGS[s] for s in reversed(path) if s in _THINGS), "")
    if ours and (data.get("things") != "" or ours == "string_above_max_length"):
        return ours, data
    fallback = owns_schema if said.about_schema else "refused"
    return ours or code or fallback, {**data, "kind": "upstream"}


def _shown(value: Any) -> Any:
    return shown(value) if isinstance(value, str) else value


def _place(param: str, message: str, said: _Said, doc: Any) -> Path:
    given = _fitted(_steps(param), doc)
    named = _function(message, doc)
    if said.about_schema:
        return _in_schema(given, named, message, said, doc)
    if given and not (given == ("tools",) and named):
        return given
    quoted = (said.param, *(found["quoted"] or found["id"] for found in _QUOTED.finditer(message)))
    by_name = (_fitted(_steps(text), doc) for text in quoted)
    return next(filter(None, by_name), ()) or named or _by_value(quoted, doc)


# --- schemas -----------------------------------------------------------------------------------
def _in_schema(given: Path, named: Path, message: str, said: _Said, doc: Any) -> Path:
    """The schema that the refusal is about, and the place in it that its context names."""
    if given[:1] == ("response_format",) or (not given and _OF_FORMAT.search(message)):
        root = _fitted(_FORMAT_SCHEMA, doc)
    elif given[:1] == ("tools",) and len(given) > 1:
        root = _fitted((*given[:2], "function", "parameters"), doc)
    else:
        root = (named and (*named, "function", "parameters")) or given or _only_schema(doc)
    if not root or (given[: len(root)] == root and len(given) > len(root)):
        return given
    node = _at(root, doc)
    path = [*root]
    for step in _context(message):
        if (key := _into(node, step)) is None:
            break
        path.append(key)
        node = node[key]
    return (*path, *_keyword(said, node))


def _context(message: str) -> list[str | int]:
    """The steps of `In context=('properties', 'a')`, as far as the message goes."""
    steps: list[str | int] = []
    position = message.find(_CONTEXT) + len(_CONTEXT)
    while position >= len(_CONTEXT) and (found := _CONTEXT_STEP.match(message, position)):
        is_text = found[1][0] in "'\""
        steps.append(_ESCAPED.sub(r"\1", found[1][1:-1]) if is_text else int(found[1]))
        position = found.end()
    return steps


def _keyword(said: _Said, node: Any) -> Path:
    """The keyword of the schema at fault, where the message is about one."""
    if not isinstance(node, dict):
        return ()
    if said.kind in ("required", "extra"):
        return ("required",)
    return (said.data["x"],) if said.kind == "keyword" and said.data["x"] in node else ()


def _only_schema(doc: Any) -> Path:
    """The place of the one schema in the document, () where there are more or none."""
    functions = [
        ("tools", index, "function", "parameters")
        for index, tool in enumerate(_list(_at(("tools",), doc)))
        if _at(("function", "parameters"), tool) is not None
    ]
    places: list[Path] = [*functions]
    if _at(_FORMAT_SCHEMA, doc) is not None:
        places.append(_FORMAT_SCHEMA)
    return places[0] if len(places) == 1 else ()


def _function(message: str, doc: Any) -> Path:
    """The tool whose function the message names."""
    if found := _FUNCTION.search(message):
        for index, tool in enumerate(_list(_at(("tools",), doc))):
            if function_name(tool) == found["name"]:
                return ("tools", index)
    return ()


# --- paths -------------------------------------------------------------------------------------
def _steps(param: str) -> Path:
    """A param in any spelling as a path: `tools[0].name`, `tools.0.name`, `metadata['a.b']`."""
    steps: Path = ()
    for index, quoted, name in _PARAM_STEP.findall(param):
        steps = (*steps, int(index) if index else quoted or name)
    for theirs, ours in _ELSEWHERE:
        if steps[: len(theirs)] == theirs:
            return ours
    return steps


def _fitted(steps: Path, doc: Any) -> Path:
    """The part of `steps` that exists in the document, or could: the last one may be missing.

    Steps of a server's own, such as the name of a class, are left out, and `function` is put in
    where a tool is written flat. () for anything but a field of an assistant.
    """
    if not steps or steps[0] not in limits.FIELDS:
        return ()
    path: list[str | int] = [steps[0]]
    node = _at(path, doc)
    for step in steps[1:]:
        if len(path) == 2 and path[0] == "tools" and _is_flat(node, step):
            path.append("function")
            node = node["function"]
        key = _into(node, step)
        if key is not None:
            path.append(key)
            node = node[key]
        elif isinstance(step, int) or isinstance(node, list):
            break
        elif step is steps[-1] and isinstance(node, dict) and _PLAIN_STEP.match(step):
            path.append(step)
    return tuple(path)


def _is_flat(tool: Any, step: str | int) -> bool:
    """Whether a step of a tool means one of its function, as in APIs without that level."""
    inner = tool.get("function") if isinstance(tool, dict) else None
    return isinstance(inner, dict) and step != "function" and step not in tool and step != "type"


def _into(node: Any, step: str | int) -> str | int | None:
    """The key by which `step` leads into the node, None where it does not."""
    if isinstance(node, dict):
        return str(step) if str(step) in node else None
    if isinstance(node, list) and _INDEX.match(str(step)) and int(step) < len(node):
        return int(step)
    return None


def _at(path: Any, node: Any) -> Any:
    """What stands at a path, None where it leads nowhere."""
    for step in path:
        key = _into(node, step)
        node = node[key] if key is not None else None
    return node


def _by_value(quoted: tuple[str, ...], doc: Any) -> Path:
    """The model, file or collection whose id stands in quotes."""
    places: list[Path] = [("model",)]
    for member, key in (("code_interpreter", "file_ids"), ("file_search", "vector_store_ids")):
        path = ("tool_resources", member, key)
        places += [(*path, index) for index in range(len(_list(_at(path, doc))))]
    return next((path for path in places if _at(path, doc) in quoted[1:]), ())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

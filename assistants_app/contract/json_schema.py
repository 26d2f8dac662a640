"""Any JSON Schema in a function or a reply format: what every server asks of it.

The rules of strict structured outputs are not here. Nothing is fetched and no `pattern` is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from assistants_app.contract import faults, limits
from assistants_app.contract.ordered_json import dumps
from assistants_app.contract.problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.contract.problems import Level, Path
    from assistants_app.contract.report import Report

_META: Final = jsonschema_rs.Draft202012Validator(
    {"$ref": "https://json-schema.org/draft/2020-12/schema"}, offline=True
)
_HOLDS_SCHEMA: Final = frozenset(
    {
        "items",
        "contains",
        "not",
        "if",
        "then",
        "else",
        "additionalProperties",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    }
)
_HOLDS_LIST: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_HOLDS_NAMED: Final = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
)


def check(report: Report, path: Path, schema: Any, code: str, *, is_function: bool) -> None:
    """Judge the schema at `path`; `code` is the API's word for a fault in this place.

    A root `type` other than object is an error in a function, since servers refuse it. A schema
    beyond 1 MiB of compact text is `too_large`. What the 2020-12 metaschema refuses, a `$ref` out
    of the document and an array without `items` are warnings (contract.md section 4).
    """
    text = readable_text(report, path, schema)
    if text is None:
        return
    if is_function and schema.get("type", "object") != "object":
        report.add((*path, "type"), code, "root", found=shown(dumps(schema["type"])))
    check_metaschema(report, path, schema, code, "warning")
    if '"$ref"' in text or '"array"' in text:
        _doubtful_parts(report, path, schema, code)


def readable_text(report: Report, path: Path, schema: Any) -> str | None:
    """The compact text of an object that can be judged further; None where it cannot, which is
    noted: no object, broken, or beyond 1 MiB."""
    if not report.is_object(path, schema):
        return None
    if report.is_broken and any(fault.level == "error" for fault in faults.find(schema, path)):
        return None
    text = dumps(schema)
    if (size := len(text.encode())) > limits.JSON_FIELD_BYTES:
        report.add(path, "too_large", n=size, max=limits.JSON_FIELD_BYTES)
        return None
    return text


def check_metaschema(
    report: Report, path: Path, schema: dict[str, Any], code: str, level: Level
) -> None:
    """Note what the 2020-12 metaschema refuses, save where something is noted already."""
    if not _is_valid(schema):
        _name_faults(report, path, schema, code, level)


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every object schema in `schema` with its path; data such as `enum` is not entered."""
    waiting = [(path, schema)]
    while waiting:
        here, part = waiting.pop()
        if isinstance(part, dict):
            yield here, part
            for key, value in part.items():
                waiting += [((*here, key, *step), inner) for step, inner in _children(key, value)]


def _children(key: str, value: Any) -> list[tuple[Path, Any]]:
    if key in _HOLDS_SCHEMA:
        return [((), value)]
    if key in _HOLDS_NAMED and isinstance(value, dict):
        return [((name,), inner) for name, inner in value.items()]
    if key in _HOLDS_LIST and isinstance(value, list):
        return [((index,), inner) for index, inner in enumerate(value)]
    return []


def _is_valid(schema: dict[str, Any]) -> bool:
    """Numbers that keep their spelling may look wrong, nothing wrong looks right: look twice."""
    try:
        if _META.is_valid(schema):
            return True
    except ValueError:
        pass
    return _META.is_valid(plain_numbers(schema))


def _name_faults(
    report: Report, path: Path, schema: dict[str, Any], code: str, level: Level
) -> None:
    """The first fault at every place, or one for the whole where that would take too long."""
    if (size := len(dumps(schema))) > report.schema_budget:
        report.add(path, code, "metaschema", level, detail="holds something wrong")
        return
    plain, noted = (
        plain_numbers(schema),
        {one.path for one in report.problems if one.level == "error"},
    )
    # Of a list of types each wrong one is noted, where the metaschema names the list too.
    noted |= {one[:-1] for one in noted if one and isinstance(one[-1], int)}
    report.schema_budget -= size
    first: dict[str, str] = {}
    for fault in _META.evaluate(plain).errors():
        first.setdefault(fault["instanceLocation"], fault["error"])
    for pointer, message in first.items():
        steps, found = _resolve(pointer, plain)
        if (*path, *steps) in noted:
            continue
        # The message starts with the value, which may be long; its place says it as well.
        detail = shown(message.removeprefix(dumps(found)).strip(), 120)
        report.add((*path, *steps), code, "metaschema", level, detail=detail)


def _resolve(pointer: str, node: Any) -> tuple[Path, Any]:
    """The path of a JSON pointer within `node`, and what stands there."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        path.append(int(step) if isinstance(node, list) else step)
        node = node[path[-1]]
    return tuple(path), node


def _doubtful_parts(report: Report, path: Path, schema: dict[str, Any], code: str) -> None:
    for here, part in subschemas(schema, path):
        target = part.get("$ref")
        if isinstance(target, str) and not target.startswith("#"):
            report.add((*here, "$ref"), code, "foreign", "warning", found=shown(target))
        if "items" not in part and _is_array(part.get("type")):
            report.add(here, code, "items", "warning")


def _is_array(kind: Any) -> bool:
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


def plain_numbers(value: Any) -> Any:
    """A copy whose numbers are Python's own, which jsonschema-rs asks for."""
    if isinstance(value, dict):
        return {key: plain_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_numbers(item) for item in value]
    if isinstance(value, float):
        return float(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value

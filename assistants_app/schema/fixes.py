"""One-click fixes of a schema, and the advice that no server gives (ux.md section 6.4).

Each fix changes only what its rule is about, everywhere it is broken; `everything` is all of them
together, by `make_strict` where the schema has to be followed exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from assistants_app.contract import json_schema, strict, strict_fix
from assistants_app.contract.references import References, unescaped
from assistants_app.contract.strict_parts import Nulls, nullable
from assistants_app.schema import moved, pointers
from assistants_app.schema.rows import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_app.contract.problems import Path
    from assistants_app.schema.rows import Row

_ADVICE_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Advice:
    """Something doubtful at a row: `rule` is a key of `ADVICE`, `name` what it is about."""

    rule: str
    path: Path
    name: str


ADVICE: Final = {
    "enum.empty": "“{name}” has no allowed values yet.",
    "enum.type": "“{name}” allows a value that is not of its kind.",
    "min.max": "“{name}”: the smallest is more than the largest.",
    "required.unknown": "“{name}” is required but does not exist.",
    "ref.nowhere": "“{name}” points to nothing here.",
    "desc.missing": "“{name}” has no explanation.",
}
_BOUNDS: Final = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))
_FITS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def additional(schema: Any) -> Any:
    """Rule out further inputs in every group that says nothing else."""
    for path, part in _groups(schema):
        if part.get("additionalProperties", True) is True:
            schema = pointers.put(schema, (*path, "additionalProperties"), False)
    return schema


def required(schema: Any) -> Any:
    """Require every input; what was optional may be left empty instead."""
    if not isinstance(schema, dict):
        return schema
    references = References(schema)
    nulls = Nulls(references)
    targets = {
        id(references.target(part.get("$ref"))) for _, part in json_schema.subschemas(schema)
    }
    for path, part in _groups(schema):
        held = part.get("properties", {})
        listed = part.get("required")
        known = (
            {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
        )
        missing = [name for name in held if name not in known] if isinstance(held, dict) else []
        for name in missing:
            at = (*path, "properties", name)
            node = pointers.at(schema, at)
            if not nulls.fits(held[name]):
                fitted = nullable(dict(node), is_pinned=id(held[name]) in targets)
                schema = pointers.put(schema, at, fitted)
        if missing:
            schema = pointers.put(schema, (*path, "required"), list(held))
    return schema


def extra(schema: Any) -> Any:
    """Require nothing that does not exist."""
    for path, part in _groups(schema):
        held, listed = part.get("properties", {}), part.get("required")
        if isinstance(listed, list) and isinstance(held, dict):
            kept = [one for one in listed if not isinstance(one, str) or one in held]
            if len(kept) != len(listed):
                schema = pointers.put(schema, (*path, "required"), kept)
    return schema


def items(schema: Any) -> Any:
    """Let every list that does not say of what hold texts."""
    for path, part in json_schema.subschemas(schema):
        said = part.get("type")
        if "items" not in part and (
            said == "array" or (isinstance(said, list) and "array" in said)
        ):
            schema = pointers.put(schema, (*path, "items"), {"type": "string"})
    return schema


def follow(schema: Any) -> Any:
    """Let what leads to the one shape that is not there lead to the one that nothing leads to.

    That is the same shape under another name. Where there are several, it is for a person to say.
    """
    for key in ("$defs", "definitions"):
        held = schema.get(key) if isinstance(schema, dict) else None
        if not isinstance(held, dict):
            continue
        found = (_shape(part.get("$ref"), key) for _, part in json_schema.subschemas(schema))
        told = {name for name in found if name is not None}
        lost, free = told - held.keys(), held.keys() - told
        if len(lost) == len(free) == 1:
            return moved.follow(schema, (key, *lost), (key, *free))[0]
    return schema


def _shape(reference: Any, key: str) -> str | None:
    """The name of the shared shape that a reference leads to or into."""
    start = f"#/{key}/"
    if not isinstance(reference, str) or not reference.startswith(start):
        return None
    return unescaped(unquote(reference[len(start) :].split("/")[0]))


def root(schema: Any) -> Any:
    """Make the outermost value a group: name it one, or put what is there into one."""
    if isinstance(schema, dict) and schema.get("type", "object") == "object":
        is_plain = not any(key in schema for key in ("$ref", "anyOf", "oneOf", "allOf", "enum"))
        return schema if "type" in schema or not is_plain else {"type": "object", **schema}
    return {"type": "object", "properties": {"value": schema}, "required": ["value"]}


def exact(schema: Any) -> Any:
    """All that strict asks for, as far as it goes."""
    return strict_fix.make_strict(extra(items(schema)), may_wrap=True).schema


def everything(schema: Any, *, is_strict: bool) -> Any:
    """Every fix at once."""
    schema = follow(schema)
    return exact(schema) if is_strict else extra(items(root(schema)))


FIXES: Final[dict[str, Callable[[Any], Any]]] = {
    "additional": additional,
    "required": required,
    "extra": extra,
    "items": items,
    "follow": follow,
    "root": root,
    "exact": exact,
}


def advice(schema: Any) -> list[Advice]:
    """What to think about, row by row."""
    found: list[Advice] = []
    for row in rows(schema, levels=64):
        if len(found) < _ADVICE_MAX and row.kind != "advanced":
            found += [Advice(rule, row.path, row.name or "…") for rule in _doubts(row)]
    for path, part in _groups(schema):
        held, listed = part.get("properties", {}), part.get("required")
        for name in listed if isinstance(listed, list) and isinstance(held, dict) else ():
            if isinstance(name, str) and name not in held:
                found.append(Advice("required.unknown", path, name))
    return [*_loose(schema), *found][:_ADVICE_MAX]


def _loose(schema: Any) -> Iterator[Advice]:
    """Local references that lead nowhere, such as to a shape that has another name now."""
    if not isinstance(schema, dict):
        return
    references = References(schema)
    for path, part in json_schema.subschemas(schema):
        target = part.get("$ref")
        if not isinstance(target, str) or not target.startswith("#"):
            continue
        if references.trail(target) is None:
            yield Advice("ref.nowhere", (*path, "$ref"), target)


def _doubts(row: Row) -> Iterator[str]:
    if row.kind == "choice":
        if not row.values:
            yield "enum.empty"
        if any(not _is_of(value, row.core.get("type")) for value in row.values):
            yield "enum.type"
    for low, high in _BOUNDS:
        bounds = [row.core.get(low), row.core.get(high)]
        numbers = [n for n in bounds if isinstance(n, int | float) and not isinstance(n, bool)]
        if len(numbers) == 2 and numbers[0] > numbers[1]:
            yield "min.max"
    if not row.description and not row.is_entry:
        yield "desc.missing"


def _is_of(value: Any, said: Any) -> bool:
    names = [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)]
    if not names or any(name not in _FITS for name in names if name != "null"):
        return True
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _FITS[name]) for name in names if name != "null")


def _groups(schema: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every object schema with its path, the innermost first: what is around it may move it."""
    found = list(json_schema.subschemas(schema)) if isinstance(schema, dict) else []
    found.sort(key=lambda one: -len(one[0]))
    return ((path, part) for path, part in found if strict.is_object(part))

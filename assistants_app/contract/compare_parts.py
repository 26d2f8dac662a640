"""Functions, reply formats, labels and resources by meaning: what came, went or changed, as rows.

Reads with tolerance, since a Draft may hold anything: what has no row of its own is an "other" fact
whose two sides are JSON texts, so that no difference is left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from assistants_app.contract.ordered_json import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Came: TypeAlias = Literal["new", "gone", "changed"]
_ABSENT: Final = object()
# What a row says itself; every other keyword of its schema is told as JSON.
_TOLD: Final = frozenset(
    {"type", "description", "enum", "const", "properties", "required", "additionalProperties"}
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is not as it was; None is unset.

    `what`: "kind" (tuple of type names, "array" before those of its items), "whole" (the same of
    all inputs or fields together), "required", "only"
    (no other inputs allowed) and "strict" (bool), "description" and "name" (str), "values" (tuple
    of JSON texts), "value" (str), "ids" (tuple of those that went, tuple of those that came),
    "order" (tuple of names), "written" (nothing but how it is spelled), "other" (JSON text), or
    the dotted name of an option (JSON text).
    """

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Row:
    """One input or field by its dotted name (`items[].price`), one label, or one list of ids."""

    came: Came
    name: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """One tool or the reply format: `kind` is the API's type; rows are inputs or fields."""

    came: Came
    kind: str
    name: str = ""
    facts: tuple[Fact, ...] = ()
    rows: tuple[Row, ...] = ()


def compare_tools(before: Any, after: Any) -> tuple[ChangedItem, ...]:
    """New ones, gone ones, changed ones, each in document order; tools are told apart by name."""
    olds, news = _keyed(before), _keyed(after)
    found = [_item("new", key, {}, tool) for key, tool in news.items() if key not in olds]
    found += [_item("gone", key, tool, {}) for key, tool in olds.items() if key not in news]
    found += [
        _item("changed", key, olds[key], tool)
        for key, tool in news.items()
        if key in olds and dumps(olds[key]) != dumps(tool)
    ]
    stayed = [[key for key in side if key in other] for side, other in ((olds, news), (news, olds))]
    if stayed[0] != stayed[1]:
        names = [tuple(name or kind for kind, name, _n in side) for side in stayed]
        found.append(ChangedItem("changed", "", facts=(Fact("order", *names),)))
    return tuple(found)


def compare_reply(before: Any, after: Any) -> ChangedItem | None:
    """None where both are written the same."""
    if dumps(before) == dumps(after):
        return None
    kinds = _reply_kind(before), _reply_kind(after)
    facts = [Fact("kind", *((kind,) for kind in kinds))] if kinds[0] != kinds[1] else []
    old, new = (_inside(side, "json_schema") for side in (before, after))
    rows = _rows(old.get("schema"), new.get("schema"))
    facts += _own(old, new, "schema")
    return ChangedItem("changed", kinds[1], facts=_or_written(facts, rows), rows=rows)


def compare_labels(before: Any, after: Any) -> tuple[Row, ...]:
    """The pairs of `metadata` by key; new ones first, then gone, then changed."""
    olds, news = _dict(before), _dict(after)
    found: list[tuple[str, str | None, str | None]]
    found = [(name, None, _shown(value)) for name, value in news.items() if name not in olds]
    found += [(name, _shown(value), None) for name, value in olds.items() if name not in news]
    found += [
        (name, _shown(olds[name]), _shown(value))
        for name, value in news.items()
        if name in olds and dumps(olds[name]) != dumps(value)
    ]
    return tuple(Row(_came(old, new), name, (Fact("value", old, new),)) for name, old, new in found)


def compare_resources(before: Any, after: Any) -> tuple[Row, ...]:
    """The lists of ids in `tool_resources`, as `code_interpreter.file_ids`."""
    olds, news = dict(_leaves(before)), dict(_leaves(after))
    found = []
    for name in dict.fromkeys([*olds, *news]):
        old, new = olds.get(name), news.get(name)
        if dumps(old) == dumps(new):
            continue
        a, b = ([_shown(one) for one in side or []] for side in (_list(old), _list(new)))
        went, came = tuple(x for x in a if x not in b), tuple(x for x in b if x not in a)
        fact = Fact("ids", went, came) if went or came else Fact("order", tuple(a), tuple(b))
        found.append(Row("changed", name, (fact,)))
    return tuple(found)


# --- tools ------------------------------------------------------------------------------------

_Key = tuple[str, str, int]


def _keyed(tools: Any) -> dict[_Key, Any]:
    """By type, name and, of those that share both, which one it is."""
    found: dict[_Key, Any] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for tool in _list(tools):
        kind = _dict(tool).get("type")
        kind = kind if isinstance(kind, str) else "?"
        name = _inside(tool, kind).get("name")
        own = (kind, name if isinstance(name, str) else "")
        found[*own, seen[own]] = tool
        seen[own] += 1
    return found


def _item(came: Came, key: _Key, old: Any, new: Any) -> ChangedItem:
    kind, name, _n = key
    if kind != "function":
        options = _or_written([*_options(old, new)], (), came)
        return ChangedItem(came, kind, name, options)
    was, now = _inside(old, kind), _inside(new, kind)
    rows = _rows(was.get("parameters"), now.get("parameters"))
    facts = [fact for fact in _own(was, now, "parameters") if fact.what != "name"]
    facts += _extra(*(_without(side, ("type", kind)) for side in (old, new)))
    return ChangedItem(came, kind, name, _or_written(facts, rows, came), rows)


def _own(was: Mapping[str, Any], now: Mapping[str, Any], schema: str) -> list[Fact]:
    """What a function or a reply structure says of itself, and its schema as a whole."""
    facts = [
        Fact(what, was.get(what), now.get(what))
        for what in ("name", "description")
        if dumps(was.get(what)) != dumps(now.get(what))
    ]
    if bool(was.get("strict")) != bool(now.get("strict")):
        facts.append(Fact("strict", bool(was.get("strict")), bool(now.get("strict"))))
    roots = [_about(side.get(schema), is_required=False) for side in (was, now)]
    facts += [fact for fact in _facts(*roots) if fact.what in ("only", "other")]
    kinds = [root["kind"] for root in roots]
    if was and now and kinds[0] != kinds[1]:
        facts.append(Fact("whole", *kinds))
    known = ("name", "description", "strict", schema)
    return facts + _extra(_without(was, known), _without(now, known))


def _without(value: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: inner for key, inner in _dict(value).items() if key not in keys}


def _extra(old: dict[str, Any], new: dict[str, Any]) -> list[Fact]:
    if dumps(old) == dumps(new):
        return []
    return [Fact("other", dumps(old) if old else None, dumps(new) if new else None)]


def _options(old: Any, new: Any) -> Iterator[Fact]:
    olds, news = dict(_leaves(old)), dict(_leaves(new))
    for name in dict.fromkeys([*olds, *news]):
        a, b = olds.get(name, _ABSENT), news.get(name, _ABSENT)
        texts = [None if side is _ABSENT else dumps(side) for side in (a, b)]
        if texts[0] != texts[1] and name != "type":
            yield Fact(name, *texts)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else key)
    elif value is not None and value != {}:
        yield name, value


def _or_written(
    facts: list[Fact], rows: tuple[Row, ...], came: Came = "changed"
) -> tuple[Fact, ...]:
    """Where something differs and nothing is found to tell, that it is written in another way."""
    is_told = facts or rows or came != "changed"
    return tuple(facts) if is_told else (Fact("written", None, None),)


def _reply_kind(value: Any) -> str:
    if value is None or value == "auto":
        return "auto"
    kind = _dict(value).get("type")
    return kind if isinstance(kind, str) else "?"


# --- schemas ----------------------------------------------------------------------------------


def _rows(before: Any, after: Any) -> tuple[Row, ...]:
    olds, news = dict(_inputs(before)), dict(_inputs(after))
    found = []
    for name in dict.fromkeys([*news, *olds]):
        old, new = olds.get(name, {}), news.get(name, {})
        facts = _facts(old, new)
        came = _came(olds.get(name), news.get(name))
        if facts or came != "changed":
            found.append(Row(came, name, facts))
    stayed = [
        tuple(name for name in side if name in olds and name in news) for side in (olds, news)
    ]
    if stayed[0] != stayed[1]:
        found.append(Row("changed", "", (Fact("order", *stayed),)))
    return tuple(found)


def _inputs(schema: Any, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property below an object schema, by dotted name, with what its row tells of it."""
    required = _list(_dict(schema).get("required"))
    for key, inner in _dict(_dict(schema).get("properties")).items():
        name = f"{prefix}{key}"
        yield name, _about(inner, is_required=key in required)
        yield from _inputs(inner, f"{name}.")
        steps = name
        while isinstance(items := _dict(inner).get("items"), dict):
            steps, inner = f"{steps}[]", items
            yield from _inputs(inner, f"{steps}.")


def _about(schema: Any, *, is_required: bool) -> dict[str, Any]:
    own = _dict(schema)
    is_listed = bool({"enum", "const"} & set(own))  # then those of its items are not told
    rest = {k: v for k, v in own.items() if k not in _TOLD and (is_listed or not _is_told(k, v))}
    if not isinstance(schema, dict) and schema is not None:
        rest = {"schema": schema}
    values = own.get("enum", [own["const"]] if "const" in own else _of_items(own))
    return {
        "kind": _kind(own) or None,
        "required": is_required,
        "description": own.get("description"),
        "values": tuple(map(dumps, values)) if isinstance(values, list) else None,
        "only": own.get("additionalProperties") is False,
        "other": dumps(rest) if rest else None,
    }


def _of_items(schema: Mapping[str, Any]) -> Any:
    """The allowed values of a list's items."""
    items = schema.get("items")
    if not isinstance(items, dict) or not _is_told("items", items):
        return None
    return _of_items(items) if "items" in items else items.get("enum")


def _is_told(key: str, value: Any) -> bool:
    """Items are told by the kind, their allowed values and, below it, by rows, where that is all
    there is to them.
    """
    if key != "items" or not isinstance(value, dict):
        return False
    if "items" in value:
        return set(value) <= {"type", "items"} and _is_told("items", value["items"])
    own = {"enum"} if not {"properties", "enum"} <= set(value) else set()
    return set(value) <= {"type", "properties", "required"} | own


def _kind(schema: Mapping[str, Any]) -> tuple[str, ...]:
    type_ = schema.get("type")
    own = tuple(str(one) for one in (type_ if isinstance(type_, list) else [type_]) if one)
    items = schema.get("items")
    return (*own, *_kind(items)) if "array" in own and isinstance(items, dict) else own


def _facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Fact, ...]:
    return tuple(
        Fact(what, old.get(what), new.get(what))
        for what in ("kind", "required", "values", "description", "only", "other")
        if (old.get(what) or None) != (new.get(what) or None)
    )


# --- reading ----------------------------------------------------------------------------------


def _came(old: object, new: object) -> Came:
    return "new" if old is None else "gone" if new is None else "changed"


def _inside(value: Any, key: str) -> dict[str, Any]:
    return _dict(_dict(value).get(key))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)

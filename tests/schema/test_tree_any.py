"""Whatever the schema: nothing done changes nothing, an edit stays home, undo undoes."""

from __future__ import annotations

import itertools
import json
import random
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.schema import kinds, pointers, rows, tree
from tests.schema import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_app.contract.problems import Path
    from assistants_app.schema.rows import Row
    from assistants_app.schema.tree import Edited

    Operation = Callable[[Any, Row, random.Random], Edited]

# What the published metaschemas are made of, all in one: they refer to themselves, name keywords
# as properties, and hold boolean schemas, defaults and allOf at their root.
FEATURES = """{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://example.com/m",
"$vocabulary":{"https://example.com/v":true},"$dynamicAnchor":"meta","title":"Meta","type":
["object","boolean"],"allOf":[{"$ref":"meta/core"}],"$comment":"kept","properties":{"definitions":
{"$comment":"old","type":"object","additionalProperties":{"$dynamicRef":"#meta"},"default":{}},
"$ref":{"$ref":"#/$defs/uri"},"type":{"anyOf":[{"$ref":"#/$defs/simple"},{"type":"array","items":
{"$ref":"#/$defs/simple"},"minItems":1,"uniqueItems":true}]},"const":true,"items":{"anyOf":[{"$ref":
"#"},{"$ref":"#/$defs/list"}],"default":true},"enum":{"type":"array","items":true},"required":
{"$ref":"#/$defs/names"},"properties":{"type":"object","additionalProperties":{"$ref":"#"},
"propertyNames":{"format":"regex"},"default":{}},"multipleOf":{"type":"number","exclusiveMinimum":0}
},"$defs":{"uri":{"type":"string","format":"uri-reference"},"simple":{"enum":["array","boolean",
"integer","null","number","object","string"]},"list":{"type":"array","items":{"$ref":"#"}},
"names":{"type":"array","items":{"type":"string"},"uniqueItems":true,"default":[]}}}"""


def _metaschemas() -> list[str]:
    """Our own, and the published ones where the dependency group bench is installed."""
    if find_spec("jsonschema_specifications") is None:
        return [FEATURES]
    registry = import_module("jsonschema_specifications").REGISTRY
    return [FEATURES, *(json.dumps(registry.contents(uri)) for uri in registry)]


# What each operation may touch, beside the node itself where it says "*".
OWNS: dict[str, tuple[Operation, frozenset[str]]] = {
    "set_name": (
        lambda t, row, _: tree.set_name(t, row.path, "renamed"),
        frozenset({"properties", "required", "$ref"}),
    ),
    "set_desc": (
        lambda t, row, _: tree.set_desc(t, row.path, "What it is."),
        frozenset({"description"}),
    ),
    "set_required": (
        lambda t, row, _: tree.set_required(t, row.path, not row.is_required),
        frozenset({"required"}),
    ),
    "set_nullable": (
        lambda t, row, _: tree.set_nullable(t, row.path, not row.look.empty),
        frozenset({"type", "enum", "anyOf", "*"}),
    ),
    "set_enum": (lambda t, row, _: tree.set_enum(t, row.path, ["a", 2]), frozenset({"enum"})),
    "set_limits": (
        lambda t, row, chance: tree.set_limits(
            t, row.path, {key: chance.choice((None, 3)) for key in kinds.LIMITS[row.kind]}
        ),
        frozenset(itertools.chain(*kinds.LIMITS.values())),
    ),
    "set_kind": (
        lambda t, row, chance: tree.set_kind(
            t, row.path, chance.choice(("text", "group", "list", "choice", "flag"))
        ),
        frozenset({"type", "items", "properties", "enum", *kinds.COMPOSITES}),
    ),
    "add": (
        lambda t, row, _: tree.add(t, pointers.resolve(t, row.group), required=True),
        frozenset({"properties", "required"}),
    ),
    "remove": (
        lambda t, row, _: tree.remove(t, row.path),
        frozenset({"properties", "required"}),
    ),
    "move": (
        lambda t, row, chance: tree.move(t, row.path, chance.choice((-1, 1))),
        frozenset({"properties"}),
    ),
    "duplicate": (
        lambda t, row, _: tree.duplicate(t, row.path),
        frozenset({"properties", "required"}),
    ),
    "into_group": (
        lambda t, row, chance: tree.into_group(t, row.path, chance.choice(rows.groups(t))[0]),
        frozenset({"properties", "required", "$ref"}),
    ),
    "replace_json": (
        lambda t, row, _: tree.replace_json(t, row.path, {"type": "string"}),
        frozenset({"*"}),
    ),
}


def test_nothing_done_to_a_schema_leaves_its_text() -> None:
    for seed in range(400):
        assert_untouched(schemas.text(seed))


@pytest.mark.merge
def test_nothing_done_to_ten_thousand_schemas_leaves_their_text() -> None:
    for seed in range(10_000):
        assert_untouched(schemas.text(seed))


@pytest.mark.parametrize("name", OWNS)
def test_an_operation_stays_within_what_it_owns_and_undo_gives_back_the_text(name: str) -> None:
    done = sum(_try(name, schemas.text(seed), seed) for seed in range(150))
    assert done > 10, "the generated schemas hardly let it happen"


@pytest.mark.merge
@pytest.mark.parametrize("name", OWNS)
def test_the_same_on_ten_thousand_schemas(name: str) -> None:
    assert sum(_try(name, schemas.text(seed), seed) for seed in range(10_000)) > 1_000


@pytest.mark.parametrize("name", OWNS)
def test_the_published_metaschemas_survive_every_operation(name: str) -> None:
    for seed, text in enumerate(_metaschemas()):
        assert_untouched(contract.dumps(contract.parse(text)))
        _try(name, contract.dumps(contract.parse(text)), seed)


def assert_untouched(text: str) -> None:
    """Draw it and set every row to what it shows: the same text, and the same objects."""
    schema = contract.parse(text)
    for row in rows.rows(schema, levels=64):
        assert isinstance(row.description, str)
        for edited in _same(schema, row):
            assert edited.tree is schema
    assert contract.dumps(schema) == text


def _same(schema: Any, row: Row) -> Iterator[Edited]:
    yield tree.set_kind(schema, row.path, row.kind)
    yield tree.set_nullable(schema, row.path, bool(row.look.empty))
    yield tree.replace_json(schema, row.path, contract.parse(contract.dumps(row.node)))
    if row.kind == "advanced":
        return
    yield tree.set_desc(schema, row.path, row.description)
    if row.kind in kinds.LIMITS:
        held = {key: row.core[key] for key in kinds.LIMITS[row.kind] if key in row.core}
        yield tree.set_limits(schema, row.path, held)
    if row.values:
        yield tree.set_enum(schema, row.path, row.values)
    if not row.is_entry:
        yield tree.set_name(schema, row.path, row.name)
        if isinstance(pointers.at(schema, row.path[:-2]).get("required", []), list):
            yield tree.set_required(schema, row.path, row.is_required)


def _try(name: str, text: str, seed: int) -> bool:
    """Do it to one row, look at what changed, take it back. Whether it could be done at all."""
    operation, owned = OWNS[name]
    chance = random.Random(seed)
    schema = contract.parse(text)
    edited = _first(operation, schema, chance)
    if edited is None:
        return False
    assert contract.dumps(schema) == text, "the tree that was given stays as it is"
    before = contract.dumps(pointers.at(schema, edited.changed))
    undone = pointers.put(edited.tree, edited.changed, contract.parse(before))
    assert contract.dumps(undone) == text
    for path, step in _differences(schema, edited.tree):
        full = tuple(map(str, (*path, step)))
        assert full[: len(edited.changed)] == tuple(map(str, edited.changed)), (name, path, step)
        assert "*" in owned or step in owned or owned & set(full), (name, full)
    return contract.dumps(edited.tree) != text


def _first(operation: Operation, schema: Any, chance: random.Random) -> Edited | None:
    """On the first row that lets it happen."""
    shown = rows.rows(schema, levels=64)
    for row in chance.sample(shown, len(shown)):
        try:
            edited = operation(schema, row, chance)
        except (tree.Refused, pointers.Nowhere, KeyError):
            continue
        if edited.tree is not schema:
            return edited
    return None


def _differences(one: Any, other: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The places at which two trees begin to differ: path of the holder, and the key."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        one, other = dict(enumerate(one)), dict(enumerate(other))
    if not isinstance(one, dict) or not isinstance(other, dict):
        yield path[:-1], str(path[-1]) if path else ""
        return
    kept = [key for key in one if key in other]
    if kept != [key for key in other if key in one]:
        yield path[:-1], str(path[-1]) if path else ""
    yield from ((path, str(key)) for key in one.keys() ^ other.keys())
    for key in kept:
        if one[key] is not other[key]:
            yield from _differences(one[key], other[key], (*path, key))

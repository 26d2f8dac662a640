"""`contract.make_strict` on schemas of every kind, sensible or not: never raises, idempotent, and
strict where nothing is left."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import limits
from tests.contract import trees
from tests.contract.test_strict import as_format, judged

FEW = st.sampled_from(["a", "b", "c"])
REFS = st.sampled_from(
    [
        "#",
        "#/$defs/a",
        "#/$defs/b",
        "#/$defs/c",
        "#/definitions/a",
        "#/properties/a",
        "#/properties/b/items",
        "#/properties/a/allOf/0",
        "#/$defs/a/properties/b",
        "#/$defs/b/anyOf/0",
        "#/$defs/c/oneOf/1",
        "#/x-shapes/a",
        "#name",
        "#/nowhere",
        "other.json",
        5,
    ]
)
NAMES = ("string", "number", "object", "array", "null", "strng")
TYPES = st.sampled_from(NAMES) | st.lists(st.sampled_from(NAMES), max_size=2) | st.just(5)
DATA = st.sampled_from([None, True, False, 0, 1, "x", [], {}, [1], {"a": None}])
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES,
    "$ref": REFS,
    "description": st.sampled_from(["", "d", "D.", 5]),
    "title": st.sampled_from(["t", "u"]),
    "default": DATA,
    "enum": st.lists(DATA, max_size=3),
    "const": DATA,
    "required": st.lists(FEW, max_size=3) | DATA,
    "format": st.sampled_from(["date", "uri", 5]),
    "uniqueItems": st.booleans(),
    "minLength": st.integers(-1, 3),
    "not": DATA,
    "$anchor": st.just("name"),
    "x-shapes": st.just({"a": {"type": "object"}}),
    "additionalProperties": st.booleans() | st.just({"type": "string"}),
}


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(FEW, inner, max_size=3) | DATA
    listed = st.lists(inner, min_size=1, max_size=2) | DATA
    holders = {
        "properties": named,
        "$defs": named,
        "definitions": named,
        "items": inner,
        "anyOf": listed,
        "oneOf": listed,
        "allOf": listed,
    }
    return st.fixed_dictionaries({}, optional=SIMPLE | holders)


LEAVES = st.fixed_dictionaries({}, optional=SIMPLE) | DATA
SCHEMAS = st.recursive(LEAVES, _grown, max_leaves=12)
OBJECTS = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(FEW, SCHEMAS, max_size=3)},
    optional={
        "$defs": st.dictionaries(FEW, SCHEMAS, max_size=3),
        "required": st.lists(FEW, max_size=3),
        "$ref": REFS,
        "allOf": st.lists(SCHEMAS, max_size=2),
        "oneOf": st.lists(SCHEMAS, max_size=2),
    },
)

# What people mean: nothing in it is out of the ordinary, so nothing may be left.
_WORDS = {"description": st.sampled_from(["d", "D."]), "title": st.just("t")}
_PLAIN = (
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "integer", "boolean"])},
        optional=_WORDS
        | {"default": DATA, "enum": st.just(["x", 1]), "uniqueItems": st.booleans()},
    )
    | st.fixed_dictionaries({"const": st.sampled_from(["x", 1])}, optional=_WORDS)
    | st.fixed_dictionaries(
        {"$ref": st.sampled_from(["#", "#/$defs/a", "#/$defs/b"])}, optional=_WORDS
    )
)


def _meant(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    groups = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(FEW, inner, max_size=3)},
        optional={"required": st.lists(FEW, max_size=3), "additionalProperties": st.booleans()}
        | _WORDS,
    )
    lists = st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional=_WORDS)
    choices = st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=3)})
    return groups | lists | choices | st.fixed_dictionaries({"allOf": st.tuples(inner).map(list)})


MEANT = st.recursive(_PLAIN, _meant, max_leaves=6)
MEANT_ROOTS = st.fixed_dictionaries(
    {
        "properties": st.dictionaries(FEW, MEANT, max_size=3),
        "$defs": st.fixed_dictionaries({"a": MEANT, "b": MEANT}),
    },
    optional={"type": st.just("object"), "required": st.lists(FEW, max_size=2)},
)


def is_settled(schema: Any, *, may_wrap: bool) -> contract.Strict:
    """Make it strict, and see that the law holds."""
    before = contract.dumps(schema)
    made = contract.make_strict(schema, may_wrap=may_wrap)
    assert contract.dumps(schema) == before
    again = contract.make_strict(made.schema, may_wrap=may_wrap)
    assert contract.dumps(again.schema) == contract.dumps(made.schema)
    assert (again.changes, again.left) == ((), made.left)
    assert bool(made.changes) == (contract.dumps(made.schema) != before)
    assert all(one.what for one in made.changes)
    assert [one.param for one in made.left] == [
        param.removeprefix(".") for param in judged(as_format(made.schema))
    ] or not isinstance(schema, dict)
    return made


@given(OBJECTS | SCHEMAS, st.booleans())
def test_any_schema_settles_at_once(schema: Any, may_wrap: bool) -> None:
    is_settled(schema, may_wrap=may_wrap)


@given(trees.TREES | trees.SCHEMAS)
def test_any_json_at_all_settles_at_once(schema: Any) -> None:
    is_settled(schema, may_wrap=True)


@given(MEANT_ROOTS)
def test_what_people_mean_becomes_strict(schema: Any) -> None:
    made = is_settled(schema, may_wrap=False)
    assert made.left == ()
    assert sorted(made.schema["required"]) == sorted(made.schema["properties"])
    assert set(schema["properties"]) <= set(made.schema["properties"])


@given(OBJECTS | SCHEMAS)
def test_judging_never_fails_and_names_what_exists(schema: Any) -> None:
    doc = as_format(schema)
    found = contract.check(doc, "create")
    assert len(found) <= limits.PROBLEMS_MAX
    for one in found:
        node: Any = doc
        for step in one.path[:-1]:
            node = node[step]
        assert isinstance(node, dict | list)
        assert contract.plain(one)

"""What refers to an input follows it to another name or into another group; the rest stays."""

from __future__ import annotations

import json

import pytest

from assistants_app import contract
from assistants_app.contract.references import References
from assistants_app.schema import moved, pointers, tree

A, B = ("properties", "a"), ("properties", "b c%/d")


def schema(reference: str) -> str:
    inner = f'{{"$ref":{json.dumps(reference)},"x-own":1.50}}'
    return (
        '{"type":"object","properties":{"a":{"type":"object","properties":{"in/er":{"type":'
        f'"string"}}}}}},"b":{inner},"g":{{"type":"object"}}}},"$defs":{{"s":{{"items":{inner}}}}}}}'
    )


@pytest.mark.parametrize(
    ("reference", "after"),
    [
        ("#/properties/a", "#/properties/b%20c%25~1d"),
        ("#/properties/a/properties/in~1er", "#/properties/b%20c%25~1d/properties/in~1er"),
        ("#/properties/%61", "#/properties/b%20c%25~1d"),
        ("#/properties/ab", None),
        ("#/properties", None),
        ("#/$defs/s", None),
        ("#", None),
        ("#a", None),
        ("https://example.com/#/properties/a", None),
        ("#/properties%2Fa", None),
    ],
)
def test_a_rename_takes_along_what_refers_to_it(reference: str, after: str | None) -> None:
    text = schema(reference)
    done = tree.set_name(contract.parse(text), A, B[-1])
    wanted = text.replace('"a":{"type"', f'"{B[-1]}":{{"type"', 1)
    if after:
        wanted = wanted.replace(f'"$ref":"{reference}"', f'"$ref":"{after}"')
    assert contract.dumps(done.tree) == wanted
    if after:
        assert isinstance(done.tree, dict)
        assert References(done.tree).target(after) == pointers.at(
            done.tree, B if reference.count("/") == 2 else (*B, "properties", "in/er")
        )
        assert done.changed == ()


def test_into_a_group_and_out_again_gives_the_same_text() -> None:
    text = schema("#/properties/a")
    inside = tree.into_group(contract.parse(text), A, ("properties", "g"))
    assert '"$ref":"#/properties/g/properties/a"' in contract.dumps(inside.tree)
    outside = tree.into_group(inside.tree, inside.path, ())
    assert contract.dumps(outside.tree).count('"$ref":"#/properties/a"') == 2


def test_what_has_an_address_of_its_own_is_left_alone() -> None:
    text = '{"$id":"r","properties":{"a":{},"b":{"$id":"s","items":{"$ref":"#/properties/a"}}}}'
    followed, places = moved.follow(contract.parse(text), A, ("properties", "z"))
    assert contract.dumps(followed) == text
    assert places == []


@pytest.mark.parametrize("value", [None, True, [], "x", {"$ref": 3}])
def test_what_is_no_schema_is_left_alone(value: object) -> None:
    assert moved.follow(value, A, B) == (value, [])

"""A shape that got another name in the JSON: what leads to the old one is led to the new."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app.schema import fixes


def schema(*references: str, **shapes: Any) -> dict[str, Any]:
    properties = {f"p{n}": {"$ref": reference} for n, reference in enumerate(references)}
    return {"type": "object", "properties": properties, "$defs": shapes}


def led(made: Any) -> list[str]:
    return [part["$ref"] for part in made["properties"].values()]


def test_what_leads_to_the_old_name_leads_to_the_new_and_into_it() -> None:
    loop = {"properties": {"next": {"$ref": "#/$defs/Old"}}}
    held = schema("#/$defs/Old", "#/$defs/Old/properties/next", "#/$defs/Kept", New=loop, Kept={})
    made = fixes.follow(held)
    assert led(made) == ["#/$defs/New", "#/$defs/New/properties/next", "#/$defs/Kept"]
    assert made["$defs"]["New"]["properties"]["next"]["$ref"] == "#/$defs/New"
    assert fixes.follow(made) is made


def test_names_with_signs_are_read_as_they_are_spelled() -> None:
    made = fixes.follow(schema("#/$defs/a~1b%20c", **{"x/y z": {}}))
    assert fixes.follow(made) is made
    assert led(made) == ["#/$defs/x~1y%20z"]


@pytest.mark.parametrize(
    "held",
    [
        schema("#/$defs/Old", One={}, Two={}),
        schema("#/$defs/Old", "#/$defs/Older", One={}),
        schema("#/$defs/Old"),
        schema("#/properties/p9", One={}),
        schema("#/$defs/One", One={}, Unused={}),
        True,
        {"$defs": 1},
    ],
)
def test_where_it_is_not_clear_nothing_is_done(held: Any) -> None:
    assert fixes.follow(held) is held

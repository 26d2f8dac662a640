"""YAML means what JSON would, and can neither build, repeat nor hide anything."""

from __future__ import annotations

from typing import Any

import pytest

from assistants_app import contract
from assistants_app.schema.importers import Refusal, yaml_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: ~\nb:\nc: null", {"a": None, "b": None, "c": None}),
        ("200: ok", {"200": "ok"}),
        ("a: '1'\nb: \"true\"\nc: !!str 3", {"a": "1", "b": "true", "c": "3"}),
        ("a: [1, 1.5, true, 0x1f, 1_000, .inf]", {"a": [1, 1.5, True, "0x1f", "1_000", ".inf"]}),
        ("- a\n- b: |\n    x\n    y\n", ["a", {"b": "x\ny\n"}]),
        ("---\na: {}\nb: []\n...\n", {"a": {}, "b": []}),
        ("a: &here 1", {"a": 1}),
        ("", None),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: Any) -> None:
    assert yaml_text.parse(text) == value


def test_numbers_keep_their_spelling_and_keys_their_order() -> None:
    tree = yaml_text.parse("b: 1.50\na: 1e3\n'2': 12345678901234567890")
    assert contract.dumps(tree) == '{"b":1.50,"a":1e3,"2":12345678901234567890}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x", "Line 2 uses an alias (*x); aliases are not read. Write it out."),
        ("a: 1\na: 2", "Line 2: “a” appears more than once."),
        ("a: !!python/object/apply:os.system [x]", "Line 1 uses the tag"),
        ("a: !Ref x", "Line 1 uses the tag !Ref"),
        ("a: !!binary aGk=", "Line 1 uses the tag"),
        ("a: 1\n---\nb: 2", "Line 2: a second document begins."),
        ("? [a]\n: 1", "Not readable as YAML at line 1, column 3: a key that is no text."),
        ("a: [1\nb: 2", "Not readable as YAML at line 2, column"),
        ("a:\n\t- b", "Not readable as YAML at line 2, column 1"),
        ("a: [" + "[" * 64 + "]" * 65, "Nested more than 64 levels."),
        ("a: \x07", "Not readable as YAML at line 1"),
    ],
)
def test_what_json_has_not_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Refusal) as raised:
        yaml_text.parse(text)
    assert str(raised.value).startswith(said)


def test_a_nest_of_aliases_is_no_bomb() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    with pytest.raises(Refusal, match="alias"):
        yaml_text.parse("\n".join(lines))

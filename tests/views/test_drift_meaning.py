"""What the sides changed of abilities, labels and resources is told in words, and as JSON too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.template.loader import render_to_string

from assistants_app.actions import merging_parts
from assistants_app.views import drift_parts

if TYPE_CHECKING:
    from assistants_app.actions.merging_parts import Kind

CODE = {"type": "code_interpreter"}
SEARCH = {"type": "file_search", "file_search": {"max_num_results": 8}}
FUNCTION = {"type": "function", "function": {"name": "lookup_order", "parameters": {}}}


def shown(kind: Kind, base: Any, ours: Any, theirs: Any, *, agreed: bool = True) -> Any:
    part = merging_parts.part("tools", kind, base, ours, theirs)
    drift: Any = SimpleNamespace(base={} if agreed else None)
    words = drift_parts.wording(drift, common=1, live=2)
    return drift_parts.part(part, {}, words)


def meant(*asked: Any, **more: Any) -> dict[str, list[tuple[str, str, str]]]:
    """By column: what came of which thing."""
    (choice,) = shown(*asked, **more).open
    return {
        side.name: [(entry.came, entry.kind, entry.name) for _no, entry in side.entries]
        for side in choice.meant
    }


def test_who_changed_it_alone_is_told_alone() -> None:
    gone = [("gone", "Run code and read data files", "")]
    assert meant("theirs", [CODE, SEARCH], [CODE, SEARCH], [SEARCH]) == {"Upstream": gone}
    assert meant("ours", [CODE, SEARCH], [SEARCH], [CODE, SEARCH]) == {"Here (v2, live)": gone}


def test_both_are_told_where_both_changed_it() -> None:
    assert meant("overlap", [CODE], [], [CODE, FUNCTION]) == {
        "Here (v2, live)": [("gone", "Run code and read data files", "")],
        "Upstream": [("new", "Function", "lookup_order")],
    }


def test_without_a_last_agreement_upstream_is_told_against_here() -> None:
    assert meant("overlap", None, [CODE], [FUNCTION], agreed=False) == {
        "Upstream": [
            ("new", "Function", "lookup_order"),
            ("gone", "Run code and read data files", ""),
        ]
    }


def test_a_setting_of_the_search_has_its_words() -> None:
    fewer = {"type": "file_search", "file_search": {"max_num_results": 3}}
    (choice,) = shown("theirs", [SEARCH], [SEARCH], [fewer]).open
    ((_no, entry),) = choice.meant[0].entries
    assert [(one.label, one.term, one.before, one.after) for one in entry.told] == [
        ("Most passages", "max_num_results", "8", "3")
    ]


@pytest.mark.parametrize("value", [("Ours", "Theirs"), (0.5, 0.7)])
def test_a_plain_value_stands_in_its_columns_alone(value: tuple[Any, Any]) -> None:
    field = "name" if isinstance(value[0], str) else "temperature"
    part = merging_parts.part(field, "theirs", value[0], *value)
    drift: Any = SimpleNamespace(base={})
    (choice,) = drift_parts.part(part, {}, drift_parts.wording(drift, common=1, live=2)).open
    assert choice.meant == ()


def test_the_words_stand_open_and_the_json_folded() -> None:
    part = shown("theirs", [CODE], [CODE], [SEARCH])
    text = render_to_string("sync/parts/_drift_part.html", {"part": part, "may_pick": False})
    words, json = text.split("<details", 1)
    assert "Search your files" in words
    assert "Last in common (v1)" not in words
    assert "max_num_results" in json
    assert "Last in common (v1)" in json

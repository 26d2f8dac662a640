"""Every bad function gets the same verdict and words on the page of one function, box by box."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes, tools
from assistants_app.contract import tool_keys
from assistants_app.forms.functions import basics
from assistants_app.models import Change
from assistants_app.schema import pointers
from assistants_app.schema import rows as schema_rows
from tests import builders
from tests.corpus.cases import deep, padded
from tests.corpus.channels import _PLACE, _boxes, _shows
from tests.corpus.inputs import (
    BIG,
    DEEP,
    DIGITS,
    FINITE,
    HOSTILE,
    LETTERS,
    NO_NUMBERS,
    NUL,
)
from tests.corpus.test_pasted_functions import ABOUT

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.corpus.cases import Case
    from tests.corpus.channels import Place

SINGLE = [case for case in ABOUT if case.fields["tools"].count('{"type":"function"') == 1]
PARAMETERS = (
    '{"type":"object","properties":{"a":{"oneOf":[{"type":"string"}]},"n":{"type":"number"}}}'
)
NUMBER = "Must be a number."
A, N = ("properties", "a"), ("properties", "n")
BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["form", "part"])

UNREADABLE = [  # what the JSON box of a row says, and keeps
    (f'{{"maximum":{"9" * 5000}}}', DIGITS),
    ('{"type" "object"}', "Not valid JSON"),
    (deep(59), DEEP),
    (deep(65), DEEP),
    (deep(100_000), DEEP),
    ('{"maximum":NaN}', NO_NUMBERS),
    ('{"maximum":1e999}', FINITE),
    ('{"description":"1234\\u0000"}', NUL),
    ('{"description":"\\ud83d"}', "Contains half of a character pair at position 1."),
    ("[1]", "Must be an object or true or false."),
    ('"x"', "Must be an object or true or false."),
    ('{"team":1,"team":2}', '"team" appears more than once.'),
]
READABLE = [
    (deep(58), ""),
    (padded(1_048_577), "bytes; the limit is 1,048,576."),  # of all of the inputs
    ('{"maximum":9007199254740992,"multipleOf":1.50,"oneOf":[]}', ""),
    ('{"maximum":9223372036854775807}', BIG),
    ('{"$ref":"https://example.com/x"}', "Must point inside this document."),
    ('{"properties":{"constructor":{},"__proto__":{}}}', ""),
]
TYPED = [  # field, text, what is said at it
    ("minimum", "9" * 5000, DIGITS),
    ("minimum", "NaN", FINITE),
    ("minimum", "1e999", FINITE),
    ("minimum", "1,5", f"{NUMBER} Use a point, not a comma."),
    ("minimum", "true", NUMBER),
    ("desc", "1234\0", NUL),
    ("name", "1234\0", NUL),
]
# Its text, what the contract says of it, and what the page says, which can point at the character.
ON_THE_PAGE = "Function name can only have letters, numbers, _ and -."
NAMES = [
    ("f" * 65, "65 characters; the limit is 64.", "65 characters; the limit is 64."),
    ("a b", LETTERS, f"{ON_THE_PAGE} Remove the space after “a”."),
    ("ünï", LETTERS, f"{ON_THE_PAGE} Remove “ü” at the start."),
    ("", "Required.", "Required."),
]


def function(place: Place) -> Any:
    """The draft holds this one function."""
    tool = {"name": "f", "description": "d", "parameters": contract.parse(PARAMETERS)}
    now = Change.objects.get(pk=place.draft.pk)
    values = {"tools": [{"type": "function", "function": tool}], "tool_resources": None}
    actor = builders.acting(place.draft.author)
    changes.edit(now, actor=actor, lock=now.lock, values=values)
    return held(place)


def held(place: Place) -> tools.Row:
    return tools.rows(Change.objects.get(pk=place.draft.pk))[0]


def url(place: Place, name: str = "tool") -> str:
    return reverse(name, args=[place.draft.pk, held(place).key])


def said(response: HttpResponse, box: str) -> str:
    """The message of one box, as people read it."""
    text = response.content.decode()
    found = re.search(rf'<div id="{re.escape(box)}-msg"[^>]*>(.*?)</div>', text, re.DOTALL)
    assert found, box
    return html.unescape(re.sub("<[^>]+>", "", found[1]))


def test_the_corpus_has_such_functions() -> None:
    assert len(SINGLE) > 15


@pytest.mark.parametrize("case", SINGLE, ids=str)
def test_the_json_of_a_function(place: Place, case: Case) -> None:
    row, text = function(place), case.fields["tools"][1:-1]
    data = {"tool": text, "fingerprint": row.fingerprint}
    response = place.client.post(url(place), data)
    _shows(response)
    wrong = [one for one in case.said if one.level == "error"]
    assert response.status_code == (422 if wrong else 303)
    if not wrong:
        assert contract.dumps(held(place).tool) == contract.dumps(contract.parse(text))
        editor = place.client.get(response["Location"]).context["checked"]
        told = [(one.param, one.message, one.level) for one in editor.findings]
        assert told == [(one.param, one.words, one.level) for one in case.said]
        return
    assert _boxes(response, "tool") == [text]
    messages = response.context["form"].errors["tool"]
    for message in messages:
        assert message in said(response, "id_tool")
    at = text.find('{"type" "object"}') + len('{"type" "')
    for one in wrong:
        words = one.words.format(at=at) if "{at}" in one.words else one.words
        places = [_PLACE.fullmatch(message) for message in messages]
        assert any(found and found["words"].startswith(words) for found in places), messages


def typed(place: Place, path: tuple[str, ...], *, htmx: bool, **fields: str) -> HttpResponse:
    """The form of an open row, with every box as it is but those given."""
    row = function(place)
    schema = row.tool["function"]["parameters"]
    shown = schema_rows.row(schema, path)
    data = {"op": "set", "ptr": shown.pointer, "fp": shown.fingerprint, "rid": shown.rid}
    data |= {"name": shown.name, "kind": shown.kind} | fields
    headers = {"HX-Request": "true", "HX-Target": f"p-{shown.rid}-head"} if htmx else {}
    return place.client.post(url(place, "tool_ops"), data, headers=headers)


@BOTH
@pytest.mark.parametrize(("text", "words"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_the_json_of_a_row_that_cannot_be_kept(
    place: Place, text: str, words: str, *, htmx: bool
) -> None:
    response = typed(place, A, htmx=htmx, json=text)
    assert response.status_code == 422
    rid = schema_rows.row_id(pointers.spelled(A))
    assert words in said(response, f"f-{rid}-json")
    assert _boxes(response, "json") == ([] if htmx else [text])
    assert contract.dumps(held(place).tool["function"]["parameters"]) == PARAMETERS


@BOTH
@pytest.mark.parametrize(("text", "words"), READABLE, ids=range(len(READABLE)))
def test_the_json_of_a_row_that_is_kept(place: Place, text: str, words: str, *, htmx: bool) -> None:
    response = typed(place, A, htmx=htmx, json=text)
    assert response.status_code == (200 if htmx else 303)
    page = response if htmx else place.client.get(response["Location"])
    kept = held(place).tool["function"]["parameters"]["properties"]["a"]
    assert contract.dumps(kept) == text
    assert words in html.unescape(page.content.decode())


@BOTH
@pytest.mark.parametrize(("field", "text", "words"), TYPED)
def test_a_box_of_a_row(place: Place, field: str, text: str, words: str, *, htmx: bool) -> None:
    response = typed(place, N, htmx=htmx, **{field: text})
    assert response.status_code == 422
    rid = schema_rows.row_id(pointers.spelled(N))
    assert words in said(response, f"f-{rid}-{field}")
    if not htmx:
        assert text.replace("\0", "\ufffd") in [
            one.replace("\0", "\ufffd") for one in _boxes(response, field)
        ]
    assert contract.dumps(held(place).tool["function"]["parameters"]) == PARAMETERS


@BOTH
@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_is_markup_elsewhere_is_a_text(place: Place, text: str, *, htmx: bool) -> None:
    response = typed(place, N, htmx=htmx, name=text, desc=text)
    page = response if htmx else place.client.get(response["Location"])
    _shows(page)
    kept = held(place).tool["function"]["parameters"]["properties"]
    assert list(kept) == ["a", text]
    assert kept[text]["description"] == text


def save(place: Place, *, htmx: bool, **fields: str) -> HttpResponse:
    row = function(place)
    data = {"basics": basics(row.tool), "name": "f", "description": "d"} | fields
    headers = {"HX-Request": "true", "HX-Target": "basics-ref"} if htmx else {}
    return place.client.post(url(place), data, headers=headers)


@BOTH
@pytest.mark.parametrize(("text", "words", "told"), NAMES)
def test_a_name_that_servers_refuse(
    place: Place, text: str, words: str, told: str, *, htmx: bool
) -> None:
    """A draft may hold it, and the box says what is wrong."""
    response = save(place, htmx=htmx, name=text)
    assert response.status_code == (200 if htmx else 303)
    page = response if htmx else place.client.get(response["Location"])
    if text:  # an empty box is told of by the checks alone, until somebody leaves it so
        assert told in said(page, "id_name")
    assert told in html.unescape(page.content.decode())
    assert held(place).tool["function"]["name"] == text
    found = contract.check({"model": "x", "tools": [held(place).tool]}, "create")
    assert words in [contract.plain(one) for one in found]
    if text and not htmx:
        assert _boxes(page, "name") == [text]


@BOTH
@pytest.mark.parametrize("field", ["name", "description"])
def test_a_nul_in_the_basics(place: Place, field: str, *, htmx: bool) -> None:
    response = save(place, htmx=htmx, **{field: "1234\0"})
    assert response.status_code == 422
    assert NUL in said(response, f"id_{field}")
    assert held(place).tool["function"][field] in ("f", "d")


@BOTH
@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_is_markup_elsewhere_in_the_basics(
    place: Place, text: str, *, htmx: bool
) -> None:
    response = save(place, htmx=htmx, description=text, name=text)
    page = response if htmx else place.client.get(response["Location"])
    _shows(page)
    assert held(place).tool["function"]["description"] == text
    assert tool_keys.fingerprint(held(place).tool) == held(place).fingerprint

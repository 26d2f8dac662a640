"""GET /v1/assistants/{id}"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from assistants_app.actions import assistants
from assistants_app.models import Assistant
from tests import builders
from tests.api.conftest import LIST, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.models import User, Workspace
    from tests.api.conftest import API

    Make = Callable[..., Assistant]


def test_an_assistant_is_served_with_every_key_and_exact_types(api: API, make: Make) -> None:
    row = make(name=None, instructions=None)

    answer = api.get(f"{LIST}/{row.public_id}")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": row.public_id,
        "object": "assistant",
        "created_at": int(row.created_at.timestamp()),
        "name": None,
        "description": None,
        "model": "gpt-5.2",
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
        "reasoning_effort": None,
    }
    assert b'"temperature":1.0,"top_p":1.0' in answer.content


def test_key_order_and_spelling_of_numbers_survive(api: API) -> None:
    tool = (
        '{"type":"function","function":{"name":"f","parameters":'
        '{"type":"object","properties":{"z":{"maximum":1.50e3},"a":{"const":1.0}}}}}'
    )
    made = api.post(LIST, f'{{"model":"gpt-5.2","tools":[{tool}],"temperature":0.30}}').json()

    content = api.get(f"{LIST}/{made['id']}").content

    assert f'"tools":[{tool}]'.encode() in content
    assert b'"temperature":0.30,' in content


def test_a_proposed_change_is_never_served(api: API, make: Make, erin: User) -> None:
    row = make(name="As it is live")
    builders.make_change(row, erin, name="As it is proposed")

    assert api.get(f"{LIST}/{row.public_id}").json()["name"] == "As it is live"


def test_an_assistant_that_was_never_published_does_not_exist(
    api: API, workspace: Workspace, erin: User
) -> None:
    change = builders.make_change(workspace, erin)

    told = error(api.get(f"{LIST}/{change.assistant.public_id}"), 404)

    assert told["message"] == f"No assistant found with id '{change.assistant.public_id}'."
    assert (told["type"], told["param"], told["code"]) == ("invalid_request_error", None, None)


def test_an_archived_assistant_does_not_exist_any_more(api: API, make: Make, erin: User) -> None:
    row = make()
    assistants.archive(row, actor=builders.acting(erin))

    error(api.get(f"{LIST}/{row.public_id}"), 404)


@pytest.mark.parametrize(
    "upstream_id",
    ["64b7f0c2a1", "ä ö/ü?&#", "a/b", "a\nb", "..", "%41", "'\"<b>", "asst_" + "x" * 500],
)
def test_it_answers_to_its_upstream_id_and_to_the_one_we_minted(
    api: API, make: Make, upstream_id: str
) -> None:
    row = make()
    # Only a push links an id, and there is no upstream here.
    Assistant.objects.filter(pk=row.pk).update(upstream_id=upstream_id)

    for public in (upstream_id, row.public_id):
        answer = api.get(f"{LIST}/{quote(public, safe='')}")
        assert answer.status_code == 200, answer.content
        assert answer.json()["id"] == upstream_id


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%FF", "%ED%A0%80", "x" * 5000, "%0A", "%2e%2e"])
def test_an_odd_id_is_simply_not_found(api: API, odd: str) -> None:
    error(api.get(f"{LIST}/{odd}"), 404)


def test_another_workspaces_assistant_does_not_exist(api: API, make: Make, carol: User) -> None:
    row = make()
    elsewhere = builders.make_workspace("Elsewhere", approvals=0)
    builders.make_member(elsewhere, carol, "publisher", "admin")
    _token, secret = builders.make_token(elsewhere, carol, "assistants:read", "assistants:write")

    stranger = type(api)(secret)

    error(stranger.get(f"{LIST}/{row.public_id}"), 404)
    error(stranger.post(f"{LIST}/{row.public_id}", {"name": "Mine"}), 404)
    error(stranger.delete(f"{LIST}/{row.public_id}"), 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_named_as_not_allowed(api: API, make: Make, method: str) -> None:
    answer = api.call(method, f"{LIST}/{make().public_id}", {})

    assert error(answer, 405)["type"] == "invalid_request_error"
    assert answer["Allow"] == "GET, HEAD, POST, DELETE"


def test_headers_of_openai_are_ignored(api: API, make: Make) -> None:
    answer = api.get(
        f"{LIST}/{make().public_id}?api-version=v1",
        OpenAI_Beta="assistants=v1",
        OpenAI_Organization="org",
        OpenAI_Project="p",
        X_Stainless_Lang="python",
        Accept="text/html",
    )

    assert answer.status_code == 200


def test_an_answer_is_kept_by_no_cache_and_sets_no_cookie(api: API, make: Make) -> None:
    answer = api.get(f"{LIST}/{make().public_id}")

    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Request-ID"]
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_the_session_of_a_browser_is_not_looked_at(
    api: API, make: Make, erin: User, django_assert_num_queries: Callable[..., object]
) -> None:
    row = make()
    api.get(LIST)  # notes the use of the token, once a minute
    api.client.force_login(erin)

    with django_assert_num_queries(4):  # token, its workspace, membership, assistant
        assert api.get(f"{LIST}/{row.public_id}").status_code == 200
    error(type(api)("", api.client).get(LIST), 401)

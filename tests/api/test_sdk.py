"""The official SDK over real HTTP: an application changes only its base URL and key."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import openai
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from waitress import wasyncore
from waitress.server import create_server

from assistants_app.actions import workspaces
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_app.models import APIToken, Assistant, User, Workspace

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]


class Server(threading.Thread):
    """The product behind waitress; `stop` ends it and everything that it opened."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._open: dict[int, wasyncore.dispatcher] = {}
        self._is_stopping = threading.Event()
        self._server = create_server(
            get_wsgi_application(), map=self._open, host="127.0.0.1", port=0, threads=4
        )
        self.url = f"http://127.0.0.1:{self._server.effective_port}/v1"

    def run(self) -> None:
        while not self._is_stopping.is_set():
            wasyncore.loop(timeout=0.05, map=self._open, count=1)
        self._server.task_dispatcher.shutdown()
        for end in list(self._open.values()):
            end.close()

    def stop(self) -> None:
        self._is_stopping.set()
        self.join()


@pytest.fixture
def served(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the product's `/v1`, over real HTTP."""
    # The server's threads end with the test, and their connections already with each request.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    server = Server()
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def connect(served: str) -> Iterator[Callable[..., openai.OpenAI]]:
    """A client of the SDK for a key; it validates every answer strictly."""
    clients: list[openai.OpenAI] = []

    def made(key: str, max_retries: int = 0) -> openai.OpenAI:
        client = openai.OpenAI(
            api_key=key,
            base_url=served,
            max_retries=max_retries,
            _strict_response_validation=True,
        )
        clients.append(client)
        return client

    yield made
    for client in clients:
        client.close()


@pytest.fixture
def sdk(connect: Callable[..., openai.OpenAI], token: tuple[APIToken, str]) -> openai.OpenAI:
    return connect(token[1])


def test_a_life_from_create_to_delete(sdk: openai.OpenAI) -> None:
    tool: Any = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
    made = sdk.beta.assistants.create(
        model="gpt-4o",
        name="Zoë",
        instructions="Say hello.\nThen stop.",
        tools=[{"type": "code_interpreter"}, tool],
        tool_resources={"file_search": {"vector_store_ids": ["vs_1"], "vector_stores": [{}]}},
        metadata={"team": "care"},
        temperature=0.5,
    )
    assert made.id.startswith("asst_")
    assert (made.object, made.name, made.temperature, made.top_p) == ("assistant", "Zoë", 0.5, 1.0)
    assert [item.type for item in made.tools] == ["code_interpreter", "function"]
    assert made._request_id
    assert sdk.beta.assistants.retrieve(made.id) == made

    changed = sdk.beta.assistants.update(made.id, name=None, model="o3-mini")
    assert (changed.name, changed.model) == (None, "o3-mini")
    assert changed.instructions == made.instructions
    assert changed.metadata == {"team": "care"}

    gone = sdk.beta.assistants.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "assistant.deleted", True)
    with pytest.raises(openai.NotFoundError, match="No assistant found with id"):
        sdk.beta.assistants.retrieve(made.id)


def test_the_pager_finds_each_of_250_assistants_once(
    sdk: openai.OpenAI, make: Callable[..., Assistant]
) -> None:
    first = make()
    ids = [row.public_id for row in (first, *builders.make_copies(first, 249))]

    assert [row.id for row in sdk.beta.assistants.list(limit=100, order="asc")] == ids
    assert [row.id for row in sdk.beta.assistants.list()] == ids[::-1]
    page = sdk.beta.assistants.list(after=ids[10], order="asc", limit=5)
    assert [row.id for row in page.data] == ids[11:16]
    assert page.has_next_page()
    page = sdk.beta.assistants.list(before=ids[10], order="asc", limit=5)
    assert [row.id for row in page.data] == ids[5:10]


def test_errors_arrive_as_the_sdks_own_exceptions(
    sdk: openai.OpenAI,
    connect: Callable[..., openai.OpenAI],
    workspace: Workspace,
    erin: User,
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.beta.assistants.create(model="gpt-4o", name="x" * 257)
    assert (refused.value.param, refused.value.code) == ("name", "string_above_max_length")
    assert refused.value.type == "invalid_request_error"
    assert refused.value.request_id
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.beta.assistants.list(order="sideways")  # type: ignore[arg-type]
    assert refused.value.param == "order"

    with pytest.raises(openai.AuthenticationError) as unknown:
        connect("asd_" + "0" * 64).beta.assistants.list()
    assert unknown.value.code == "invalid_api_key"

    reader = connect(builders.make_token(workspace, erin, "assistants:read")[1])
    with pytest.raises(openai.PermissionDeniedError) as denied:
        reader.beta.assistants.create(model="gpt-4o")
    assert denied.value.type == "permission_error"

    workspaces.set_rules(workspace, actor=builders.acting(erin), approvals=1)
    with pytest.raises(openai.PermissionDeniedError) as denied:
        sdk.beta.assistants.create(model="gpt-4o")
    assert denied.value.code == "review_required"

    with pytest.raises(openai.NotFoundError) as unserved:
        sdk.beta.threads.create()
    assert unserved.value.code == "unknown_url"


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What the calls return, each made in a thread of its own."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_a_create_repeated_with_one_key_makes_one_assistant_even_at_once(
    connect: Callable[..., openai.OpenAI], token: tuple[APIToken, str]
) -> None:
    sdk = connect(token[1], max_retries=3)

    def create() -> str:
        headers = {"Idempotency-Key": "nightly-7"}
        return sdk.beta.assistants.create(model="gpt-4o", extra_headers=headers).id

    assert len({*at_once([create] * 4), create()}) == 1
    assert len(list(sdk.beta.assistants.list())) == 1


def test_writers_at_the_same_time_lose_nothing(sdk: openai.OpenAI) -> None:
    made = sdk.beta.assistants.create(model="gpt-4o")
    fields: list[dict[str, Any]] = [
        {"name": "n"},
        {"description": "d"},
        {"instructions": "i"},
        {"temperature": 0.1},
        {"top_p": 0.2},
        {"metadata": {"k": "v"}},
    ]
    at_once([partial(sdk.beta.assistants.update, made.id, **change) for change in fields])

    now = sdk.beta.assistants.retrieve(made.id).to_dict()
    for change in fields:
        assert now.items() >= change.items()


def test_the_pickers_of_a_connected_dashboard_work(sdk: openai.OpenAI) -> None:
    assert "gpt-4o" in [model.id for model in sdk.models.list()]
    assert list(sdk.files.list()) == []
    assert list(sdk.vector_stores.list()) == []

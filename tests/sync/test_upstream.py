"""The tests' own upstream keeps to the API: the official SDK is the judge."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.upstream import Upstream

# The SDK's methods say so of themselves.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


@pytest.fixture
def assistants(up: Upstream) -> Iterator[Any]:
    with openai.OpenAI(base_url=up.url, api_key=up.key, max_retries=0, timeout=5) as sdk:
        yield sdk.beta.assistants


def test_the_sdk_creates_changes_and_deletes(up: Upstream, assistants: Any) -> None:
    made = assistants.create(model="gpt-4o", name="Ada", metadata={"a": "1", "b": "2"})
    assert made.id.startswith("asst_")
    assert len(made.id) == 29
    assert abs(made.created_at - time.time()) < 5
    assert (made.temperature, made.top_p, made.tools) == (1.0, 1.0, [])
    changed = assistants.update(made.id, metadata={"c": "3"}, temperature=0.5)
    assert (changed.name, changed.metadata, changed.temperature) == ("Ada", {"c": "3"}, 0.5)
    cleared = assistants.update(made.id, name=None, temperature=None)
    assert (cleared.name, cleared.temperature, cleared.model) == (None, 1.0, "gpt-4o")
    assert assistants.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{made.id}'"):
        assistants.retrieve(made.id)
    assert up.assistants == {}


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_sdk_pages_through_everything(up: Upstream, assistants: Any, order: Any) -> None:
    ids = [up.add(created_at=1_790_000_000 + number // 2) for number in range(45)]
    listed = [item.id for item in assistants.list(limit=10, order=order)]
    assert listed == (ids if order == "asc" else ids[::-1])
    assert len(up.requests) == 5


def test_cursors_bound_a_page_on_both_sides(up: Upstream, assistants: Any) -> None:
    ids = [up.add(created_at=number + 1) for number in range(10)]

    def page(**asked: Any) -> tuple[list[str], bool]:
        found = assistants.list(order="asc", **asked)
        return [item.id for item in found.data], found.has_more

    assert page(limit=3) == (ids[:3], True)
    assert page(limit=3, after=ids[6]) == (ids[7:], False)
    assert page(limit=3, before=ids[5]) == (ids[2:5], True)
    assert page(limit=9, after=ids[1], before=ids[4]) == (ids[2:4], False)
    assert page(limit=9, after="asst_unknown") == ([], False)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model"),
        ({"model": None}, "model"),
        ({"model": "m", "name": "x" * 257}, "name"),
        ({"model": "m", "name": 7}, "name"),
        ({"model": "m", "temperature": 2.1}, "temperature"),
        ({"model": "m", "temperature": True}, "temperature"),
        ({"model": "m", "tools": None}, "tools"),
        ({"model": "m", "tools": [{}] * 129}, "tools"),
        ({"model": "m", "metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"model": "m", "metadata": {"a": 1}}, "metadata.a"),
        ({"model": "m", "owner": "x"}, "owner"),
    ],
)
def test_a_bad_body_is_refused_on_its_field(
    up: Upstream, assistants: Any, body: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        assistants._client.post("/assistants", body=body, cast_to=object)
    assert caught.value.param == param
    assert up.assistants == {}


def test_a_wrong_key_is_refused(up: Upstream) -> None:
    with (
        openai.OpenAI(base_url=up.url, api_key="sk-wrong", max_retries=0) as sdk,
        pytest.raises(openai.AuthenticationError),
    ):
        sdk.beta.assistants.create(model="gpt-4o")
    assert up.assistants == {}
    assert "sk-wrong" not in repr(up.requests)


def test_a_script_applies_when_it_is_told_to(up: Upstream, assistants: Any) -> None:
    for apply, count in (("before", 1), ("after", 2), ("never", 2)):
        up.on("POST", "/assistants", apply=apply, answer=(500, {}, b"{}"))
        with pytest.raises(openai.InternalServerError):
            assistants.create(model="gpt-4o")
        _wait_for(up, count)


def test_a_late_request_takes_effect_after_its_answer(up: Upstream, assistants: Any) -> None:
    up.on("POST", "/assistants", apply="late", answer=(504, {}, b"{}"))
    with pytest.raises(openai.InternalServerError):
        assistants.create(model="gpt-4o")
    assert up.assistants == {}
    up.arrive()
    assert len(up.assistants) == 1


def _wait_for(up: Upstream, count: int) -> None:
    until = time.monotonic() + 5
    while len(up.assistants) < count and time.monotonic() < until:
        time.sleep(0.01)
    assert len(up.assistants) == count


def test_a_script_counts_the_requests_that_fit(up: Upstream, assistants: Any) -> None:
    up.on("POST", "/assistants$", nth=2, times=2, answer=(500, {}, b"{}"))
    outcomes = []
    for _ in range(4):
        try:
            made = assistants.create(model="gpt-4o")
            assistants.update(made.id, name="not counted")
            outcomes.append(200)
        except openai.InternalServerError:
            outcomes.append(500)
    assert outcomes == [200, 500, 500, 200]


def test_ids_are_counted_by_their_marker(up: Upstream, assistants: Any) -> None:
    ids = [
        assistants.create(model="gpt-4o", metadata={"_dash": f"op-1:{n}:x"}).id for n in range(2)
    ]
    assistants.delete(ids[0])
    assistants.create(model="gpt-4o")
    assert up.state()["by_op"] == {"op-1": ids}


def test_it_holds_many_requests_at_once(up: Upstream) -> None:
    def make() -> None:
        request = urllib.request.Request(  # noqa: S310 — loopback
            f"{up.url}/assistants", b'{"model": "m"}', {"Authorization": f"Bearer {up.key}"}
        )
        urllib.request.urlopen(request).close()  # noqa: S310

    threads = [threading.Thread(target=make) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(up.assistants) == len(up.requests) == 20


def test_the_upstream_runs_as_a_process_that_can_be_scripted() -> None:
    command = [sys.executable, "-m", "tests.upstream", "--profile", json.dumps({"ms_dates": True})]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())
            _check_control(address["url"], address["key"])
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def _check_control(url: str, key: str) -> None:
    root = url.removesuffix("/v1")

    def ask(path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 — loopback
            root + path, data, {"Authorization": f"Bearer {key}"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    made = ask("/v1/assistants", {"model": "gpt-4o", "metadata": {"_dash": "op-1:1:x"}})
    assert isinstance(made, dict)
    assert made["created_at"] > 10**11
    script = {"method": "GET", "path": "/models", "answer": [200, {}, {"data": ["scripted"]}]}
    ask("/_control", {"on": [script], "add": [{"id_": "asst_added"}]})
    assert ask("/v1/models") == {"data": ["scripted"]}
    state = ask("/_state")
    assert isinstance(state, dict)
    assert list(state["assistants"]) == [made["id"], "asst_added"]
    assert state["by_op"] == {"op-1": [made["id"]]}
    assert state["requests"] == 2
    assert [write[1:3] for write in state["writes"]] == [["POST", "/assistants"]]

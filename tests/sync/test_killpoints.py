"""The points at which the fault tests end a process lie where their names say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

PUSH = """
import json, sys
from assistants_app.secret import Secret
from assistants_app.sync.client import AssistantsClient
from assistants_app.sync.profiles import Endpoint
from assistants_app.sync.pull import pull
from assistants_app.sync.times import Times

url, key, what = sys.argv[1:]
endpoint = Endpoint("openai-compatible", url, Secret(key))
client = AssistantsClient(endpoint, times=Times(), may_send=lambda: None, private_ok=True)
if what == "create":
    answer = client.create(json.dumps({"model": "gpt-4o", "name": "x" * 200}).encode())
    sys.exit(answer.outcome.kind != "done")
print(sum(len(page.items) for page in pull(client)))
"""


@pytest.fixture
def up() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


def run(up: Upstream, what: str, kill_at: str) -> int:
    """The exit status of a process that creates or pulls and is to end at a point."""
    command = [sys.executable, "-c", PUSH, up.url, up.key, what]
    environment = os.environ | {"ASSISTANTS_KILL_AT": kill_at}
    return subprocess.run(command, env=environment, timeout=30, check=False).returncode


@pytest.mark.parametrize(
    ("point", "is_applied"),
    [
        ("http.connected", False),
        ("http.half_sent", False),
        ("http.headers_read", True),
        ("http.answer_read", True),
    ],
)
def test_a_process_ends_at_the_point(up: Upstream, point: str, *, is_applied: bool) -> None:
    assert run(up, "create", f"{point}:1") == -signal.SIGKILL
    assert len(up.assistants) == is_applied


def test_half_of_the_body_has_left_at_half_sent(up: Upstream) -> None:
    halves: list[str] = []
    up.on("POST", "/assistants", half=lambda: halves.append("half"))
    assert run(up, "create", "http.half_sent:1") == -signal.SIGKILL
    assert halves == ["half"]
    assert up.requests == []  # the other half never came


def test_the_whole_request_has_left_at_sent(up: Upstream) -> None:
    up.on("POST", "/assistants", answer="silence")
    assert run(up, "create", "http.sent:1") == -signal.SIGKILL
    # The request lies in the server's socket whole; it is read in the server's own time.
    for _ in range(500):
        if up.assistants:
            break
        up.closing.wait(0.01)
    assert len(up.assistants) == 1


def test_a_point_that_is_not_reached_ends_nothing(up: Upstream) -> None:
    assert run(up, "create", "http.half_sent:2") == 0
    assert up.requests[0].json == {"model": "gpt-4o", "name": "x" * 200}


def test_a_pull_ends_between_two_pages(up: Upstream) -> None:
    for _ in range(150):
        up.add()
    assert run(up, "pull", "pull.mid_page:1") == -signal.SIGKILL
    assert len(up.requests) <= 2  # the second page is asked for while the first one is read

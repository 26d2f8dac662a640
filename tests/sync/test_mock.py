"""Our client against somebody else's reading of the API's description: the contract mock Prism.

It judges every request by tests/contract/openapi.yaml and answers with that file's examples. Left
out, and named so, where `prism` is not installed (npm install -g @stoplight/prism-cli).
"""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from assistants_app.secret import Secret
from assistants_app.sync.client import AssistantsClient
from assistants_app.sync.profiles import Endpoint
from assistants_app.sync.times import Times
from tests import parts
from tests.builders import make_document
from tests.checks.tree import ROOT
from tests.commands.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.merge,
    pytest.mark.skipif(not parts.prism(), reason="prism is not installed"),
]
PROFILE = contract.PROFILES["openai-compatible"]
FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_order",
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
    },
}
DOCUMENTS = [
    make_document(),
    make_document(description="Short.", temperature=0.4, top_p=1, metadata={"team": "care"}),
    make_document(tools=[FUNCTION, {"type": "code_interpreter"}], response_format="auto"),
    make_document(
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": ["vs_1"]}},
        response_format={"type": "json_object"},
    ),
]


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    port = free_port()
    description = str(ROOT / "tests/contract/openapi.yaml")
    command = [parts.prism() or "", "mock", "--errors", "-p", str(port), description]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            end = time.monotonic() + 60
            while not _answers(url):
                assert time.monotonic() < end, "Prism does not start"
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # our own
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def client(mock: str) -> Iterator[AssistantsClient]:
    end = Endpoint(profile="openai-compatible", base_url=mock, key=Secret("sk-mock"))
    with AssistantsClient(end, times=Times(), may_send=lambda: None, private_ok=True) as client:
        yield client


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_we_create_and_modify_is_as_described(
    client: AssistantsClient, document: contract.Document
) -> None:
    body = contract.dumps(contract.body("create", document, PROFILE, marker="op:1:abcdef01"))
    made = client.create(body.encode(), idempotency_key="op")
    assert made.outcome.kind == "done", made.outcome
    assert made.document
    body = contract.dumps(contract.body("modify", document, PROFILE, marker="op:2:abcdef01"))
    changed = client.modify(made.document["id"], body.encode())
    assert changed.status == 200, changed.outcome


def test_what_it_answers_we_can_read(client: AssistantsClient) -> None:
    listed = client.list(limit=2)
    assert listed.outcome.kind == "done", listed.outcome
    for entry in (listed.document or {})["data"]:
        assert contract.read(entry, PROFILE).id
        assert client.retrieve(entry["id"]).status == 200
        assert client.delete(entry["id"]).status == 200


def test_the_mock_refuses_what_is_not_as_described(client: AssistantsClient) -> None:
    """Else the tests above would prove nothing."""
    answer = client.create(b'{"model": "gpt-4o", "temperature": "hot"}')
    assert (answer.status, answer.outcome.kind) == (422, "surely_not")

"""A workspace that asks for no approvals, someone who may do everything there, and their tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from assistants_app import contract
from assistants_app.actions import publishing
from assistants_app.models import Assistant
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from assistants_app.models import APIToken, User, Workspace

LIST = "/v1/assistants"


@dataclass
class API:
    """One caller of `/v1`. `call` sends a tree as JSON, text and bytes as they are."""

    secret: str = ""
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = body if isinstance(body, str | bytes) else contract.dumps(body)
        usual = {"Content-Type": "application/json"} if body is not None else {}
        usual |= {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        all_headers = usual | {name.replace("_", "-"): value for name, value in headers.items()}
        kind = all_headers.pop("Content-Type", "")
        return self.client.generic(
            method, path, b"" if body is None else sent, content_type=kind, headers=all_headers
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, **headers)


def error(response: HttpResponse, status: int) -> dict[str, Any]:
    """The inside of the envelope, after a look at everything that every error must have."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert response["X-Request-ID"]
    assert "Set-Cookie" not in response
    assert not response.cookies
    told = response.json()
    assert list(told) == ["error"]
    assert {"message", "type", "param", "code"} <= set(told["error"])
    assert told["error"]["message"]
    return told["error"]


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Where everything happens; it asks for no approvals."""
    return builders.make_workspace(approvals=0)


@pytest.fixture
def erin(workspace: Workspace) -> User:
    """She publishes and is admin: what `/v1` offers, she may."""
    person = builders.make_person("erin")
    builders.make_member(workspace, person, "publisher", "admin")
    return person


@pytest.fixture
def token(workspace: Workspace, erin: User) -> tuple[APIToken, str]:
    return builders.make_token(workspace, erin, "assistants:read", "assistants:write")


@pytest.fixture
def api(token: tuple[APIToken, str]) -> API:
    """Erin's caller, with both scopes."""
    return API(token[1])


@pytest.fixture
def make(workspace: Workspace, erin: User) -> Callable[..., Assistant]:
    """A live assistant of the workspace; keyword arguments set fields."""

    def made(**fields: Any) -> Assistant:
        document = builders.make_document(**fields)
        actor = builders.acting(erin)
        assistant = publishing.write_through(workspace, None, document, actor=actor)
        return Assistant.objects.get(pk=assistant.pk)

    return made

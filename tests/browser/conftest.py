"""A real Chromium against a real server, with an upstream and a runner beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

from assistants_app.models import User, Workspace
from assistants_app.runner import Runner
from tests import builders, parts
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test.testcases import LiveServerThread
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Assistant

# Playwright's sync API runs a loop in this thread; Django would refuse its ORM beside one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run")  # fmt: skip
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
INSTRUCTIONS = """# Role

You help customers of the EU shop.

## Refunds

Always greet the customer by name and confirm the order number first.
Refunds are possible within 30 days of purchase.
If the parcel was damaged, ask for one photo before going on.
Do not discuss our internal margins, supplier names or anything like that.
"""
GET_ORDER = {
    "type": "function",
    "function": {
        "name": "get_order",
        "description": "Look up one order by its number.",
        "parameters": {
            "type": "object",
            "properties": {"order_id": {"type": "string"}},
            "required": ["order_id"],
        },
    },
}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": parts.chromium(), "args": [*QUIET]}


@pytest.fixture(autouse=True)
def _transactional(transactional_db: None) -> None:
    """The server's threads must see what the test wrote."""


@pytest.fixture(autouse=True)
def _this_server_only(settings: SettingsWrapper) -> None:
    settings.SYNC_TIME_SCALE = 0.05


@dataclass
class Stage:
    """The server, the people, and what the browser complained of."""

    url: str
    browser: Browser
    workspace: Workspace
    people: dict[str, User]
    upstream: Upstream
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def enter(self, name: str | None, **options: Any) -> Page:
        """A page of a browser of one's own; signed in as `name`."""
        context = self.browser.new_context(
            base_url=self.url, **({"viewport": WIDE, "reduced_motion": "reduce"} | options)
        )
        self.contexts.append(context)
        if name:
            context.add_cookies([self._session(name)])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        return page

    def make_operator(self, name: str) -> None:
        User.objects.filter(pk=self.people[name].pk).update(is_superuser=True)

    def _session(self, name: str) -> dict[str, Any]:
        client = Client()
        client.force_login(self.people[name])
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        return {"name": cookie.key, "value": cookie.value, "url": self.url}

    def _heard(self, message: Any) -> None:
        """Every error and every violation of the content policy; a refused form is no fault."""
        expected = ("the server responded with a status of 4", "Response Status Error Code 4")
        is_expected = any(words in message.text for words in expected)
        if message.type in ("error", "warning") and not is_expected:
            self.complaints.append(f"{message.type}: {message.text}")

    def make_assistant(self, **fields: Any) -> Assistant:
        """A live one, pushed and read back by the runner in this thread."""
        usual = {
            "name": "Customer support – EU",  # noqa: RUF001  # as people type it
            "description": "Answers order, refund and delivery questions in five languages.",
            "instructions": INSTRUCTIONS,
            "tools": [{"type": "code_interpreter"}, GET_ORDER],
        }
        made = builders.make_assistant(
            self.workspace,
            author=self.people["alice"],
            reviewer=self.people["bob"],
            **(usual | fields),
        )
        self.work()
        return made

    def work(self) -> None:
        """Let the runner do everything that is due."""
        runner = Runner(hands=0)
        while runner.tick():
            pass


@pytest.fixture
def stage(
    live_server: LiveServerThread,
    browser: Browser,
    workspace: Workspace,
    alice: User,
    bob: User,
    dora: User,
) -> Iterator[Stage]:
    with Upstream() as upstream:
        builders.make_connection(workspace, dora, upstream)
        people = {"alice": alice, "bob": bob, "dora": dora}
        place = Workspace.objects.get(pk=workspace.pk)
        stage = Stage(live_server.url, browser, place, people, upstream)
        yield stage
        for context in stage.contexts:
            context.close()
    assert stage.complaints == []

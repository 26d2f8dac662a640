"""A browser page whose requests the test answers itself: late, foreign, broken or never.

The page is our own base.html with our own static files and content policy; no server runs.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles import finders
from django.template import engines

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    Answer = Callable[[Route], None]

SITE = "http://localhost:9"  # nothing listens there; localhost is a secure context
POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "form-action 'self'",
    ]
)
PAGE = """{% extends "base.html" %}
{% block title %}Change 149{% endblock title %}
{% block main %}MAIN{% endblock main %}"""
PATIENCE = 5_000  # milliseconds


class Bench:
    """`asked` keeps (path, headers) of each request, `complaints` what must stay empty."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.held: dict[str, Route] = {}
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        page.route("**/*", self._serve)

    def _heard(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            route.fulfill(path=str(found), content_type=mimetypes.guess_type(path)[0])
            return
        self.asked.append((path, route.request.headers))
        self.answers[path](route)

    def says(self, path: str, body: str = "", status: int = 200, **headers: str) -> None:
        """What the server answers from now on; a header's underscores are hyphens."""
        said = {"content-type": "text/html; charset=utf-8"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda route: route.fulfill(body=body, status=status, headers=said)

    def holds(self, path: str) -> None:
        """The server is slow: it answers when the test calls `lets_go`."""
        self.answers[path] = lambda route: self.held.update({path: route})

    def lets_go(self, path: str, body: str = "") -> None:
        for _ in range(PATIENCE // 20):
            if path in self.held:
                break
            self.page.wait_for_timeout(20)
        self.held.pop(path).fulfill(body=body, content_type="text/html; charset=utf-8")

    def show(self, main: str) -> Page:
        """Open a page with this inside `<main>`."""
        page = engines["django"].from_string(PAGE.replace("MAIN", main)).render({"csrf_token": "t"})
        self.says("/", page, content_security_policy=POLICY)
        self.page.goto(f"{SITE}/")
        return self.page

    def until(self, script: str) -> None:
        """Wait for a JavaScript expression to be true (Playwright's own way needs eval)."""
        for _ in range(PATIENCE // 20):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"never true: {script}")

    def times(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)

    def asks_before_leaving(self) -> bool:
        script = """() => {
          const event = new Event("beforeunload", {cancelable: true})
          dispatchEvent(event)
          return event.defaultPrevented
        }"""
        return bool(self.page.evaluate(script))

"""What the tests of acting on several ask, press and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import Assistant, Job, Workspace

URL = "/assistants/bulk/"


def asked(workspace: Workspace, action: str, rows: list[Assistant]) -> dict[str, Any]:
    return {"workspace": workspace.slug, "action": action, "id": [row.pk for row in rows]}


def pressed(client: Client, query: dict[str, Any]) -> HttpResponse:
    """What the button of the question sends."""
    page = client.get(URL, query)
    data: dict[str, Any] = {}
    for name, value in page.context["hidden"]:
        data.setdefault(name, []).append(str(value))
    return client.post(URL, data)


def told(job: Job) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in job.items.order_by("n"):
        found.setdefault(item.outcome, []).append(f"{item.assistant.name} {item.code}".strip())
    return found

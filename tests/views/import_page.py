"""The import page as tests use it: fill the server, look, choose, read."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from assistants_app.models import Job
from assistants_app.runner import Runner

if TYPE_CHECKING:
    from django.test import Client

    from tests.upstream import Upstream

URL = "/assistants/import/"
TICK = {"HX-Request": "true", "HX-Target": "import-bar"}


def work() -> None:
    for _ in range(4):
        Runner(hands=0).tick()


def fill(up: Upstream, count: int) -> list[str]:
    return [
        up.add(f"asst_{n:03d}", created_at=1_700_000_000 + n, name=f"Number {n}")
        for n in range(count)
    ]


def text_of(html: bytes | str) -> str:
    raw = html.decode() if isinstance(html, bytes) else html
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", raw)).split())


def look(client: Client) -> Job:
    response = client.post(reverse("import_look"))
    assert response.status_code == 303
    work()
    return Job.objects.filter(kind=Job.Kind.LIST).latest("pk")


def choose(client: Client, job: Job, do: str, *picked: str, **more: Any) -> Any:
    data = {"run": job.pk, "do": do, "pick": picked, "shown": more.pop("shown", picked)}
    return client.post(reverse("import_choose") + more.pop("query", ""), data, **more)

"""The editor with a text of 256,000 characters against one of 2,560: ux.md section 13."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from tests.bench.measure import Row, against

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_app.models import Change, User, Workspace

SHORT, LONG = 2_560, 256_000
LINE = "## Refunds\nRefunds are possible within 30 days of purchase; ask for the number first.\n"
TIMES = 3  # the long one may take so many times as long


def rows(*, is_full: bool) -> list[Row]:
    rounds = 15 if is_full else 5
    with _scratch() as (client, short, long):
        return [
            _row("the editor's page", _page(client, long), _page(client, short), rounds),
            _row("an autosave", _autosave(client, long), _autosave(client, short), rounds),
        ]


def _row(what: str, long: Callable[[], object], short: Callable[[], object], rounds: int) -> Row:
    goal = f"{what} with {LONG:,} characters, {SHORT:,} beside it"
    return against(goal, long, short, bar=f">= {1 / TIMES:.2f}", rounds=rounds)


@contextmanager
def _scratch() -> Iterator[tuple[Client, Change, Change]]:
    """Two drafts of one person in a database that is thrown away."""
    from tests import builders

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    host = override_settings(
        ALLOWED_HOSTS=["testserver"], STORAGES={**settings.STORAGES, "staticfiles": plain}
    )
    host.enable()
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        workspace, person = builders.make_workspace(), builders.make_person("alice")
        builders.make_member(workspace, person, "editor")
        client = Client()
        client.force_login(person)
        yield client, *(_draft(workspace, person, size) for size in (SHORT, LONG))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        host.disable()


def _draft(workspace: Workspace, person: User, size: int) -> Change:
    from tests import builders

    return builders.make_change(workspace, person, instructions=_text(size))


def _text(size: int, more: str = "") -> str:
    return (LINE * (size // len(LINE) + 1))[: size - len(more)] + more


def _page(client: Client, change: Change) -> Callable[[], object]:
    def work() -> None:
        assert client.get(reverse("change", args=[change.pk])).status_code == 200

    return work


def _autosave(client: Client, change: Change) -> Callable[[], object]:
    """Another text every time; the answer carries no text."""
    from assistants_app.models import Change as Row

    size, n = len(change.instructions or ""), count()
    where = reverse("change_part", args=[change.pk, "instructions"])

    def work() -> None:
        lock = Row.objects.values_list("lock", flat=True).get(pk=change.pk)
        data = {"lock": lock, "autosave": "1", "instructions": _text(size, f" {next(n):05}")}
        response = client.post(where, data, headers={"HX-Request": "true"})
        assert response.status_code == 200
        assert len(response.content) <= 10_000

    return work

"""The list of faults is whole, and the eye that looks for broken promises is not blind."""

from __future__ import annotations

import importlib
import pkgutil
import re
import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from assistants_app.models import Assistant, PushOrder
from tests import faults
from tests.actions.pushed import push
from tests.builders import make_assistant
from tests.commands import test_newer_database
from tests.faults import invariants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.models import Connection, User, Workspace
    from tests.upstream import Upstream

# Of reliability.md 11.3; F59 is in commands/test_newer_database.py. The others need what is not
# built yet: F38 (a clock that jumps), F40 (a process that is stopped and goes on), F42, F44 and F45
# (a disk, a database that restarts), F53, F54, F56, F58 (a restored database), F63, F64.
LIST = {
    *range(1, 38),
    39,
    41,
    43,
    *range(46, 53),
    55,
    57,
    *range(59, 63),
}


def _names() -> Iterator[str]:
    """Of every test of this folder, those of its parameters included."""
    here = [found.name for found in pkgutil.iter_modules(faults.__path__)]
    tests = [f"{faults.__name__}.{name}" for name in here if name.startswith("test_")]
    for module in map(importlib.import_module, [*tests, test_newer_database.__name__]):
        for name, test in vars(module).items():
            if name.startswith("test_"):
                yield name
                yield from _ids(test)


def _ids(test: object) -> Iterator[str]:
    for mark in getattr(test, "pytestmark", ()):
        if mark.name != "parametrize":
            continue
        ids = mark.kwargs.get("ids") or ()
        values = list(mark.args[1])
        yield from (str(ids(value)) for value in values) if callable(ids) else map(str, ids)
        yield from (str(value.id) for value in values if hasattr(value, "marks"))


def test_every_fault_of_the_list_has_a_test() -> None:
    named = {int(n) for name in _names() for n in re.findall(r"(?:^F|^test_f)(\d\d)[ _]", name)}
    assert LIST - named == set()


@pytest.fixture
def pushed(workspace: Workspace, connected: Connection, alice: User, bob: User) -> Assistant:
    assistant = make_assistant(workspace, author=alice, reviewer=bob)
    assert push(assistant).state == PushOrder.State.IDLE
    assert connected.pk
    return assistant


@pytest.mark.django_db
def test_a_twin_upstream_is_seen(pushed: Assistant, up: Upstream) -> None:
    invariants.hold(up)
    up.store.create(up.writes()[0].json)
    with pytest.raises(AssertionError):
        invariants.hold(up)


@pytest.mark.django_db
def test_another_text_upstream_is_seen(pushed: Assistant, up: Upstream) -> None:
    up.assistants[Assistant.objects.get().upstream_id or ""]["instructions"] = "Not ours."
    with pytest.raises(AssertionError):
        invariants.hold(up)


@pytest.mark.django_db
def test_a_text_that_nobody_approved_is_seen(pushed: Assistant, up: Upstream) -> None:
    (write,) = up.writes()
    sent = write.body.replace(b"Greet the newcomer.", b"Not ours.")
    assert sent != write.body
    up.requests.append(replace(write, body=sent))
    with pytest.raises(AssertionError):
        invariants.hold(up)


@pytest.mark.django_db
def test_a_lost_text_is_seen(pushed: Assistant, up: Upstream) -> None:
    with pytest.raises(AssertionError):
        invariants.hold(up, acknowledged=[(str(pushed.pk), "0" * 64)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("faults")
def test_a_call_inside_a_transaction_is_seen(pushed: Assistant, watched: Upstream) -> None:
    invariants.hold(watched)
    with transaction.atomic():
        Assistant.objects.filter(pk=pushed.pk).update(name="Meanwhile")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{watched.url}/models")  # noqa: S310  # our own
    with pytest.raises(AssertionError):
        invariants.hold(watched)

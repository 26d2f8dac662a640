"""Receipts: a repeat gets the first answer and acts once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from assistants_app.actions import receipts
from assistants_app.errors import Conflict
from assistants_app.models import Receipt
from tests.actions.told import refuses, tells
from tests.builders import acting, make_token

if TYPE_CHECKING:
    from assistants_app.models import User, Workspace
    from assistants_app.policies import Actor

pytestmark = pytest.mark.django_db


def _keep(actor: Actor, key: str = "k1", body: bytes = b"{}", answer: str = "first") -> Receipt:
    return receipts.keep(actor=actor, key=key, body=body, status=200, answer=answer)


def test_the_first_answer_is_given_again(alice: User) -> None:
    actor = acting(alice)
    assert receipts.first(actor, "k1", b"{}") is None
    with tells():
        _keep(actor)
    found = receipts.first(actor, "k1", b"{}")
    assert found is not None
    assert (found.status, found.answer) == (200, "first")


def test_the_same_key_with_another_body_is_a_conflict(alice: User) -> None:
    _keep(acting(alice))
    with refuses(Conflict, "receipt"):
        receipts.first(acting(alice), "k1", b'{"other":1}')


def test_the_same_key_answered_meanwhile_is_a_conflict(alice: User) -> None:
    _keep(acting(alice))
    with refuses(Conflict, "receipt"):
        _keep(acting(alice), answer="second")


def test_keys_of_others_and_of_other_tokens_are_their_own(
    workspace: Workspace, alice: User, bob: User
) -> None:
    one, _ = make_token(workspace, alice)
    two, _ = make_token(workspace, alice)
    actors = [acting(alice), acting(bob), acting(alice, token=one), acting(alice, token=two)]
    for n, actor in enumerate(actors):
        assert receipts.first(actor, "k1", b"{}") is None
        _keep(actor, answer=str(n))
    assert [receipts.first(actor, "k1", b"{}").answer for actor in actors] == list("0123")


def test_after_a_day_a_key_is_new_again_even_before_it_was_purged(alice: User) -> None:
    actor = acting(alice)
    row = _keep(actor)
    Receipt.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(hours=25))
    assert receipts.first(actor, "k1", b'{"other":1}') is None
    _keep(actor, body=b'{"other":1}', answer="new")
    found = receipts.first(actor, "k1", b'{"other":1}')
    assert found is not None
    assert found.answer == "new"


def test_what_is_older_than_a_day_is_forgotten(alice: User) -> None:
    old, new = _keep(acting(alice), "old"), _keep(acting(alice), "new")
    Receipt.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(hours=24, seconds=1))
    assert receipts.purge() == 1
    assert list(Receipt.objects.all()) == [new]

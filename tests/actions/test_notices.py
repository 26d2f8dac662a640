"""E-mails of notices: each is sent once, tells no text of an assistant, and fails without loss."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from assistants_app.actions import changes, notices
from assistants_app.errors import Invalid, NotAllowed
from assistants_app.models import User
from assistants_app.runner import MAILS, Runner
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Change, Workspace

SECRET = "Refunds go to the vault behind the door."


@pytest.fixture(autouse=True)
def sends(settings: SettingsWrapper) -> None:
    settings.SENDS_MAIL = True
    settings.SITE_URL = "https://assistants.example.com"


@pytest.fixture
def reader(bob: User) -> User:
    bob.email = "bob@example.com"
    bob.save()
    return notices.choose(bob, actor=builders.acting(bob), by_mail={"asked": "at_once"})


def ask(workspace: Workspace, author: User, name: str = "Math Tutor") -> Change:
    change = builders.make_change(workspace, author, name=name, instructions=SECRET)
    return changes.submit(change, actor=builders.acting(author), title="Hints first")


def send_all() -> int:
    return sum(notices.mail(pk) for pk, _lane in notices.due())


def test_an_e_mail_names_the_thing_and_brings_a_link_and_no_text(
    workspace: Workspace, alice: User, reader: User
) -> None:
    change = ask(workspace, alice)
    assert send_all() == 1
    assert send_all() == 0
    (sent,) = outbox.outbox
    assert sent.to == ["bob@example.com"]
    assert sent.subject == f"[Assistants] {alice} asked for review: Math Tutor"
    assert f"https://assistants.example.com/changes/{change.pk}/review/" in sent.body
    assert SECRET not in sent.body


def test_several_come_together(workspace: Workspace, alice: User, reader: User) -> None:
    ask(workspace, alice)
    ask(workspace, alice, "HR Helper")
    assert send_all() == 1
    (sent,) = outbox.outbox
    assert sent.subject == "[Assistants] 2 notices"
    assert "Math Tutor" in sent.body
    assert "HR Helper" in sent.body


def test_once_a_day_is_once_a_day(workspace: Workspace, alice: User, bob: User) -> None:
    bob.email = "bob@example.com"
    bob.save()
    notices.choose(bob, actor=builders.acting(bob), by_mail={"asked": "daily"})
    ask(workspace, alice)
    assert send_all() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert send_all() == 1
        ask(workspace, alice, "HR Helper")
        assert send_all() == 0
    assert len(outbox.outbox) == 1


def test_what_was_before_the_choice_and_other_kinds_are_not_sent(
    workspace: Workspace, alice: User, bob: User
) -> None:
    ask(workspace, alice)
    bob.email = "bob@example.com"
    bob.save()
    notices.choose(bob, actor=builders.acting(bob), by_mail={"asked": "at_once"})
    assert send_all() == 0
    notices.choose(bob, actor=builders.acting(bob), by_mail={"trouble": "at_once"})
    ask(workspace, alice, "HR Helper")
    assert send_all() == 0


def test_what_no_mail_server_takes_is_tried_again(
    workspace: Workspace, alice: User, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> int:
        raise ConnectionRefusedError("nobody listens")

    ask(workspace, alice)
    with monkeypatch.context() as away:
        away.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        assert send_all() == 0
    assert send_all() == 1


def test_nobody_is_mailed_without_a_server_an_address_or_an_account(
    workspace: Workspace, alice: User, reader: User, settings: SettingsWrapper
) -> None:
    ask(workspace, alice)
    assert [pk for pk, _lane in notices.due()] == [reader.pk]
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert notices.due() == []
    User.objects.filter(pk=reader.pk).update(is_active=True, email="")
    assert notices.due() == []
    User.objects.filter(pk=reader.pk).update(email="bob@example.com")
    settings.SENDS_MAIL = False
    assert notices.due() == []


def test_the_runner_sends_them(workspace: Workspace, alice: User, reader: User) -> None:
    ask(workspace, alice)
    runner = Runner(hands=0)
    for _tick in range(MAILS + 1):
        runner.tick()
    assert len(outbox.outbox) == 1


def test_only_oneself_chooses_and_only_what_there_is(alice: User, bob: User) -> None:
    with pytest.raises(NotAllowed):
        notices.choose(bob, actor=builders.acting(alice), by_mail={})
    with pytest.raises(NotAllowed):
        notices.read(bob, actor=builders.acting(alice), until=1)
    for wrong in ({"asked": "pigeon"}, {"weather": "daily"}):
        with pytest.raises(Invalid):
            notices.choose(bob, actor=builders.acting(bob), by_mail=wrong)

"""Own sessions: where one is signed in, and ending them."""

from __future__ import annotations

import json

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import sessions
from assistants_app.models import AuditEntry, User
from assistants_app.views.sessions import device
from tests import builders

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)
HERE = reverse("account_sessions")


def browser(person: User, name: str = FIREFOX, **more: str) -> Client:
    """This person, signed in with a browser of that name, on the start page."""
    client = Client(headers={"User-Agent": name}, **more)
    client.force_login(person)
    client.get(reverse("account_profile"))
    return client


def test_each_session_is_told_in_plain_words(alice: User) -> None:
    here = browser(alice)
    browser(alice, IPHONE, REMOTE_ADDR="203.0.113.7")
    text = here.get(HERE).content.decode()
    for words in ("Firefox on Linux", "This one", "Safari on iPhone", "203.0.113.7", "in use now"):
        assert words in text
    assert text.count('name="end"') == 2  # the other one, and all others


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("curl/8.14", "A browser that does not name itself"),
        ("", "A browser that does not name itself"),
        ("<script>Windows", "Windows"),
    ],
)
def test_a_browser_is_named(name: str, words: str) -> None:
    assert device(name) == words


def test_other_peoples_sessions_are_not_there(alice: User, bob: User) -> None:
    browser(bob, EDGE)
    his = UserSession.objects.get(user=bob)
    here = browser(alice)
    assert "Edge" not in here.get(HERE).content.decode()
    assert here.post(HERE, {"end": str(his.pk)}).status_code == 303
    assert his.exists()


def test_this_one_comes_first(alice: User) -> None:
    here = browser(alice)
    browser(alice, EDGE)
    assert [is_here for _row, _name, is_here in here.get(HERE).context["rows"]] == [True, False]


def test_one_is_ended_and_recorded(alice: User) -> None:
    here, there = browser(alice), browser(alice, EDGE)
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(HERE, {"end": str(row.pk)}).status_code == 303
    assert there.get(reverse("account_profile")).status_code == 302
    assert here.get(reverse("account_profile")).status_code == 200
    entry = AuditEntry.objects.get(action="account.sessions_ended")
    assert (entry.actor_id, json.loads(entry.body)["data"]) == (str(alice.pk), {"ended": 1})
    assert "over already" in here.post(HERE, {"end": str(row.pk)}, follow=True).content.decode()


def test_all_others_are_ended(alice: User) -> None:
    here, *others = (browser(alice, name) for name in (FIREFOX, EDGE, IPHONE))
    assert "2 sessions ended" in here.post(HERE, {"end": "others"}, follow=True).content.decode()
    assert [there.get(HERE).status_code for there in others] == [302, 302]
    assert here.get(HERE).status_code == 200
    assert AuditEntry.objects.filter(action="account.sessions_ended").count() == 1
    here.post(HERE, {"end": "others"})
    assert AuditEntry.objects.filter(action="account.sessions_ended").count() == 1


@pytest.mark.parametrize("which", ["", "x", "-1", "9" * 30, "٣"])
def test_nonsense_ends_nothing(alice: User, which: str) -> None:
    here, there = browser(alice), browser(alice)
    assert here.post(HERE, {"end": which}).status_code == 303
    assert there.get(HERE).status_code == 200


def test_ending_wants_a_fresh_sign_in(alice: User) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        here, there = browser(alice), browser(alice)
        clock.shift(660)
        assert here.get(HERE).status_code == 200
        response = here.post(HERE, {"end": "others"})
        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert there.get(HERE).status_code == 200


def test_when_it_was_last_used_is_noted_now_and_then(alice: User) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        here = browser(alice)
        first = UserSession.objects.get(user=alice).last_seen_at
        clock.shift(300)
        here.get(HERE)
        assert UserSession.objects.get(user=alice).last_seen_at == first
        clock.shift(400)
        here.get(HERE)
        assert (UserSession.objects.get(user=alice).last_seen_at - first).seconds >= 700


def test_what_cannot_be_noted_keeps_nobody_out(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(sessions, "seen", fails)
    assert browser(alice).get(reverse("account_profile")).status_code == 200


def test_only_signed_in_people_see_it(client: Client, db: None) -> None:
    assert client.get(HERE).status_code == 302
    client.force_login(builders.make_person("eve"))
    assert client.put(HERE).status_code == 405

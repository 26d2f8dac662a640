"""Every address is judged: the table of `routes.py` against the real routes, role by role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, path, reverse

from assistants_app import policies
from assistants_app.actions import changes, pulling, threads
from assistants_app.models import AuditEntry
from tests import builders
from tests.checks.routes import (
    ALLAUTH,
    ANYONE,
    API,
    BUILDERS,
    OPERATOR,
    OWN_OR,
    ROUTES,
    SAMPLE,
    SIGNED_IN,
)
from tests.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.models import Change, User, Workspace

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES = ("viewer", "editor", "reviewer", "publisher", "auditor", "admin")
CODE = {"type": "code_interpreter"}
# What a role with the right may meet: success, or a state or an input that is not accepted.
EVERYWHERE = frozenset({ANYONE, SIGNED_IN, SAMPLE, BUILDERS, OPERATOR})  # asked in no workspace
LET_IN = {200, 201, 202, 204, 302, 303, 409, 422}


def patterns(found: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its whole address, as written in the URL files."""
    for entry in get_resolver().url_patterns if found is None else found:
        address = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield address, entry
        else:
            yield from patterns(entry.url_patterns, address)


ADDRESSES = {entry.name or address: address for address, entry in patterns()}
PAGES = [(name, method) for name, row in ROUTES.items() for method in row]


def unjudged(names: set[str]) -> set[str]:
    return names - ROUTES.keys() - ALLAUTH.keys() - API.keys()


def test_every_route_has_a_name_and_a_line_in_the_table() -> None:
    assert all(entry.name for _, entry in patterns())
    assert unjudged(set(ADDRESSES)) == set()


def test_every_line_of_the_table_is_a_route() -> None:
    assert (ROUTES.keys() | ALLAUTH.keys() | API.keys()) - ADDRESSES.keys() == set()


def test_every_right_of_the_table_is_one_of_the_house() -> None:
    asked = {right for row in ROUTES.values() for right in row.values()} | set(ALLAUTH.values())
    asked = {right.removeprefix(OWN_OR) for right in asked}
    assert asked <= {*EVERYWHERE, *policies.RIGHTS}
    assert {scope for row in API.values() for scope in row.values()} <= set(policies.SCOPE_RIGHTS)


def test_a_route_that_is_not_judged_is_seen() -> None:
    stray = path("stray/", lambda request: HttpResponse(request.path), name="stray")
    names = {entry.name for _, entry in patterns([*get_resolver().url_patterns, stray])}
    assert unjudged(names) == {"stray"}


@dataclass(frozen=True)
class World:
    """One workspace with a member of each role and one object of each kind."""

    workspace: Workspace
    people: dict[str, User]
    keys: dict[str, Any]  # argument of an address → value
    sessions: dict[int, str]  # key of a signed-in session by person


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once: each test's rows are undone, these stay until the module ends."""
    with Upstream() as server, django_db_blocker.unblock(), transaction.atomic():
        yield _made(server)
        transaction.set_rollback(True)


@pytest.fixture
def world(_world: World, db: None) -> World:
    return _world


def _made(upstream: Upstream) -> World:
    workspace = builders.make_workspace(approvals=1)
    people = {name: builders.make_person(name) for name in (*ROLES, "author", "stranger", "gone")}
    for role in ROLES:
        builders.make_member(workspace, people[role], role)
    builders.make_member(workspace, people["author"], "editor", "publisher")
    builders.make_member(workspace, people["gone"], "admin")
    type(people["gone"]).objects.filter(pk=people["gone"].pk).update(is_active=False)
    people["operator"] = builders.make_person("operator", is_operator=True)
    builders.make_connection(workspace, people["admin"], upstream)
    assistant = builders.make_assistant(
        workspace, author=people["author"], reviewer=people["publisher"]
    )
    change = _in_review(
        builders.make_change(assistant, people["author"], name="Renamed", tools=[CODE])
    )
    at = threads.Anchor(change.digest)
    saying = {"actor": builders.acting(people["author"]), "on": at}
    said = threads.comment(change, text="Why?", **saying)
    job = pulling.ask(workspace, actor=builders.acting(people["publisher"]))
    token, _ = builders.make_token(workspace, people["admin"])
    entry = AuditEntry.objects.filter(workspace_id=str(workspace.pk)).first()
    keys = {
        "workspaces": workspace.slug,
        "assistants": assistant.pk,
        "changes": change.pk,
        "jobs": job.pk,
        "comments": said.pk,
        "threads": said.thread_id,
        "user_pk": people["author"].pk,
        "public_id": token.public_id,
        "people": people["author"].pk,
        "audit": entry.seq if entry else 0,
        "sample": people["viewer"].pk,
        "versions": 1,
        "sides": "1..live",
        "part": "basics",
        "resources": "files",
        "tools": change.keyed_tools()[0][0],
        "token": "of-no-link",
    }
    return World(workspace, people, keys, {user.pk: _session(user) for user in people.values()})


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _in_review(change: Change) -> Change:
    return changes.submit(change, actor=builders.acting(change.author))


def url_of(name: str, keys: dict[str, Any]) -> str:
    """The address of an object of the world; the word before an argument, or its name, tells."""
    address = ADDRESSES[name]
    arguments = re.findall(r"(?:(\w+)/)?<(?:\w+:)?(\w+)>", address)
    found = {key: keys[key] if key in keys else keys[word] for word, key in arguments}
    return reverse(name, kwargs=found)


@pytest.mark.parametrize(("name", "method"), PAGES)
def test_an_address_opens_to_exactly_the_rights_of_the_table(
    name: str, method: str, world: World
) -> None:
    right, url = ROUTES[name][method], url_of(name, world.keys)
    workspace = None if right in EVERYWHERE else world.workspace
    for who, user in world.people.items():
        status = answer(url, method, world.sessions[user.pk], workspace)
        assert is_right(status, right, who, name), f"{who}: {method} {url} answered {status}"


def is_right(status: int, right: str, who: str, name: str) -> bool:
    if who == "gone":  # a deactivated person is signed out
        return right in (ANYONE, SAMPLE) or status in (302, 401)
    if right in (SAMPLE, BUILDERS):
        return status == 404
    if right == OPERATOR:
        return status in LET_IN if who == "operator" else status == 404
    if right.startswith(OWN_OR) and status == 404:
        return who not in _holders(right)
    if right in (ANYONE, SIGNED_IN):
        return status in LET_IN
    if who in ("stranger", "operator"):
        return status == 404 or (status in LET_IN and "<" not in ADDRESSES[name])
    if name == "change_withdraw" and who == "author":
        return status in LET_IN  # one's own
    if who not in _holders(right):
        return status == 403
    if name.startswith("thread_"):  # for whoever wrote in the change or in the thread
        return status in LET_IN if who == "author" else status == 403
    # The author may do what the role gives, but for deciding about the own change.
    return status in LET_IN or (who == "author" and right == "change.review" and status == 403)


def _holders(right: str) -> set[str]:
    """Who of the world's people has the right."""
    roles = policies.RIGHTS[right.removeprefix(OWN_OR)]
    return {*roles, "author"} if roles & {"editor", "publisher"} else {*roles}


def answer(url: str, method: str, session: str, workspace: Workspace | None) -> int:
    """The status for the person of this session; whatever it changed is rolled back."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    query = f"?workspace={workspace.slug}" if workspace else ""
    with transaction.atomic():
        status = client.generic(method, f"{url}{query}").status_code
        transaction.set_rollback(True)
    return status


@pytest.mark.parametrize(("name", "method"), PAGES)
def test_who_is_not_signed_in_is_sent_to_sign_in(name: str, method: str, world: World) -> None:
    right, url = ROUTES[name][method], url_of(name, world.keys)
    page = Client().generic(method, url)
    part = Client().generic(method, url, headers={"HX-Request": "true"})
    if right in (ANYONE, SAMPLE):
        assert page.status_code != 302
    else:
        assert page.status_code == 302
        assert page["Location"].startswith(reverse("account_login"))
        assert part.status_code == 401


READ_ONLY = [name for name, row in ROUTES.items() if "GET" in row and row["GET"] != BUILDERS]


@pytest.mark.parametrize("name", [*READ_ONLY, "account_signup", "mfa_index"])
def test_an_address_that_sends_one_on_leads_to_a_page(name: str, world: World) -> None:
    """What is only a part of a page, or holds nothing just now, never leads to nowhere."""
    for who in ("admin", "operator"):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[world.people[who].pk]
        page = client.get(url_of(name, world.keys), follow=True)
        assert not page.redirect_chain or page.status_code == 200, page.redirect_chain
        if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
            assert page.content.count(b"<h1") == 1, page.redirect_chain


@pytest.mark.parametrize("name", ROUTES)
def test_other_methods_are_refused(name: str, world: World) -> None:
    url = url_of(name, world.keys)
    session = world.sessions[world.people["admin"].pk]
    for method in set(METHODS) - ROUTES[name].keys():
        assert answer(url, method, session, world.workspace) == 405, method


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(API.keys() - {"v1_unknown"}))
def test_the_api_wants_a_token(name: str) -> None:
    url = reverse(name, args=["asst_1"] if name == "v1_assistant" else [])
    for method in API[name]:
        assert Client().generic(method, url).status_code == 401
        assert (
            Client().generic(method, url, headers={"Authorization": "Bearer é"}).status_code == 401
        )

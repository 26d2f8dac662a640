"""Every page: accessible, within the content policy, without a word from the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from assistants_app.actions import changes, importing, pulling
from assistants_app.models import AuditEntry
from tests import builders
from tests.browser.conftest import INSTRUCTIONS, PHONE, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from assistants_app.models import Assistant, Change, Job
    from tests.browser.conftest import Stage

LOOKS = [
    pytest.param(scheme, size, id=f"{scheme}-{size['width']}")
    for scheme in ("light", "dark")
    for size in (WIDE, PHONE)
]


def scene(stage: Stage) -> dict[str, str]:
    """Something to see on every page; name → address."""
    live = stage.make_assistant()
    drifted = stage.make_assistant(name="Math Tutor", description=None, tools=None)
    run = _trouble(stage, drifted)
    alice = builders.acting(stage.people["alice"])
    approved = builders.make_approved(
        stage.workspace, author=stage.people["alice"], reviewer=stage.people["bob"]
    )
    changed = INSTRUCTIONS.replace("30 days of purchase", "14 days of delivery")
    change = changes.open(live, actor=alice, title="Tighten the refund wording")
    change = changes.edit(
        change,
        actor=alice,
        lock=change.lock,
        values={"instructions": changed, "temperature": 0.4, "model": "gpt-5.1"},
        why="The refund window changed on 1 December.",
    )
    change = changes.submit(change, actor=alice)
    draft = changes.start(
        stage.workspace, actor=alice, document={"name": "x" * 300, "instructions": "Be brief."}
    )
    slug = stage.workspace.slug
    entry = AuditEntry.objects.order_by("-seq").first()
    return {
        "list": reverse("assistant_list"),
        "list, nothing found": reverse("assistant_list") + "?q=zzzzzz",
        "new": reverse("assistant_new"),
        "assistant": reverse("assistant", args=[live.pk]),
        "version": reverse("version", args=[live.pk, 1]),
        "archive": reverse("assistant_archive", args=[live.pk]),
        "editor": reverse("change", args=[draft.pk]),
        "editor in review": reverse("change", args=[change.pk]),
        "update": reverse("change_update", args=[_outdated(stage).pk]),
        "reviews": reverse("review_list"),
        "review": reverse("review", args=[change.pk]),
        "review, side by side": reverse("review", args=[change.pk]) + "?columns=2&show=whole",
        "review, in one column": reverse("review", args=[change.pk]) + "?columns=1&show=changes",
        "review, approved": reverse("review", args=[approved.pk]),
        "publish": reverse("change_publish", args=[approved.pk]),
        "review, everything": reverse("review", args=[change.pk]) + "?tab=full",
        "sync": reverse("sync"),
        "run": reverse("job", args=[run.pk]),
        "import": reverse("import"),
        "import, nothing found": reverse("import") + "?q=nonsense",
        "import, what became of it": reverse("job", args=[_imported(stage).pk]),
        "upstream": reverse("upstream", args=[live.pk]),
        "upstream, changed there": reverse("upstream", args=[drifted.pk]),
        "audit": reverse("audit_list"),
        "audit, filtered": reverse("audit_list") + f"?action=changes&assistant={live.pk}",
        "audit, wrong filter": reverse("audit_list") + "?since=yesterday",
        "entry": reverse("audit_entry", args=[entry.seq if entry else 1]),
        "members": reverse("workspace_members", args=[slug]),
        "member": reverse("workspace_member", args=[slug, stage.people["bob"].pk]),
        "remove": reverse("workspace_member_remove", args=[slug, stage.people["bob"].pk]),
        "rules": reverse("workspace_rules", args=[slug]),
        "connection": reverse("workspace_connection", args=[slug]),
        "leave the connection": reverse("workspace_connection_remove", args=[slug]),
        "tokens": reverse("workspace_tokens", args=[slug]),
        "account": reverse("account_profile"),
        "password": reverse("account_change_password"),
        "still you": reverse("account_reauthenticate"),
        "sessions": reverse("account_sessions"),
        "second factor": reverse("mfa_index"),
        "an app for codes": reverse("mfa_activate_totp"),
        "a passkey": reverse("mfa_add_webauthn"),
        "everybody": reverse("person_list"),
        "everybody, nobody found": reverse("person_list") + "?q=zzzzzz",
        "switch off": reverse("person_deactivate", args=[stage.people["bob"].pk]),
        "missing": "/nonsense/",
    }


def _outdated(stage: Stage) -> Change:
    """Begun from a version that is live no more; both sides changed the same line."""
    alice, bob, dora = (stage.people[name] for name in ("alice", "bob", "dora"))
    live = stage.make_assistant(name="Travel Desk")
    mine = INSTRUCTIONS.replace("30 days", "14 days")
    change = builders.make_change(live, alice, instructions=mine, name="Travel")
    theirs = INSTRUCTIONS.replace("30 days", "21 days") + "Never promise a date.\n"
    builders.make_assistant(live, author=bob, reviewer=dora, instructions=theirs, temperature=0.7)
    return change


def _trouble(stage: Stage, drifted: Assistant) -> Job:
    """One assistant is changed upstream and found so, another one is refused there."""
    refusal = b'{"error":{"message":"The model does not exist.","param":"model","type":"x"}}'
    stage.upstream.on("POST", "/assistants", answer=(400, {}, refusal), apply="never")
    stage.make_assistant(name="Invoice Reader")
    drifted.refresh_from_db()
    stage.upstream.assistants[drifted.upstream_id or ""]["name"] = "Renamed there"
    run = pulling.ask(stage.workspace, actor=builders.acting(stage.people["bob"]))
    stage.work()
    return run


def _imported(stage: Stage) -> Job:
    """One of three that nobody knew of is taken in; the others can be chosen."""
    bob = builders.acting(stage.people["bob"])
    ids = [stage.upstream.add(name=name) for name in ("Found One", "Found Two", "x" * 300)]
    importing.look(stage.workspace, actor=bob)
    stage.work()
    run = importing.ask(stage.workspace, actor=bob, ids=[ids[0], "asst_gone"])
    stage.work()
    return run


def faults(page: Page) -> list[str]:
    found: Any = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"][:3]
    ]


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_every_page_is_accessible_and_fits(stage: Stage, scheme: str, size: dict[str, int]) -> None:
    addresses = scene(stage)
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "publisher", "auditor")
    stage.make_operator("dora")
    page = stage.enter("dora", color_scheme=scheme, viewport=size)
    found: dict[str, Any] = {}
    for name, address in addresses.items():
        page.goto(address)
        if wrong := faults(page):
            found[name] = wrong
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            found[f"{name}, sideways"] = overflow
        titles = page.locator("h1").count()
        if titles != 1:
            found[f"{name}, h1"] = titles
    assert found == {}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_the_pages_before_signing_in_are_accessible(
    stage: Stage, scheme: str, size: dict[str, int]
) -> None:
    page = stage.enter(None, color_scheme=scheme, viewport=size)
    for name in ("account_login", "account_reset_password", "account_reset_password_done"):
        page.goto(reverse(name))
        assert faults(page) == [], name


def test_a_page_asks_this_host_only_and_little(stage: Stage) -> None:
    address = scene(stage)["review"]
    page = stage.enter("bob")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert all(url.startswith(stage.url) for url in asked)
    assert len(asked) <= 6

"""What one sees only as somebody else, or after a press: who, where, and what is pressed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.actions import bulk, changes, threads, workspaces
from assistants_app.models import Change, Job
from tests import builders
from tests.browser.conftest import INSTRUCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from assistants_app.models import Assistant
    from tests.browser.conftest import Stage

SOON = 10_000


@dataclass(frozen=True, slots=True)
class Moment:
    """`who` looks at `address` and does something there."""

    name: str
    who: str
    address: str
    do: Callable[[Page], None] = lambda _page: None


def moments(stage: Stage) -> list[Moment]:
    """Beside what `scenes.scene` made; Alice edits, Bob reviews and publishes, Dora is admin."""
    stage.people["carol"] = builders.make_person("carol")
    live = stage.make_assistant(name="Order Desk", model="gpt-4")
    return [
        Moment("no workspace", "carol", reverse("home")),
        Moment("no workspace, the list", "carol", reverse("assistant_list")),
        Moment("audit, what to export", "dora", reverse("audit_list"), _open("Export")),
        Moment("audit, verified", "dora", reverse("audit_list"), _verify),
        Moment("list, a row's menu", "bob", reverse("assistant_list"), _row_menu),
        Moment("assistant, its menu", "bob", reverse("assistant", args=[live.pk]), _menu),
        Moment("list, some ticked", "bob", reverse("assistant_list"), _tick),
        Moment("account menu", "bob", reverse("home"), _account),
        Moment("notices, none", "carol", reverse("notice_list")),
        Moment("notices, many", "bob", reverse("notice_list")),
        Moment("models, some end", "bob", reverse("model_list")),
        Moment("my work, models end", "bob", reverse("home")),
        *_several(stage, live),
        *_talk(stage, live),
        *_merging(stage),
        *_left(stage),
    ]


def _open(label: str) -> Callable[[Page], None]:
    return lambda page: page.locator("summary").filter(has_text=label).click()


def _verify(page: Page) -> None:
    page.locator("#verify-button").click()
    expect(page.locator("#verify .note")).to_be_visible(timeout=SOON)


def _row_menu(page: Page) -> None:
    page.locator("summary[id^=more-]").first.click()


def _menu(page: Page) -> None:
    page.locator(".page-head .actions summary").first.click()


def _tick(page: Page) -> None:
    for box in page.locator("[id^=tick-]:not(#tick-all)").all()[:2]:
        box.check()


def _account(page: Page) -> None:
    page.locator("summary.account").click()


def _several(stage: Stage, live: Assistant) -> list[Moment]:
    """A run over several that has ended, and one on its way."""
    bob = builders.acting(stage.people["bob"])
    draft = builders.make_change(stage.workspace, stage.people["alice"], name="Not approved")
    job = bulk.ask(stage.workspace, actor=bob, verb="publish", ids=[live.pk, draft.assistant_id])
    bulk.begin(job)
    going = bulk.ask(stage.workspace, actor=bob, verb="archive", ids=[live.pk] * 30)
    Job.objects.filter(pk=going.pk).update(state="running", done=12)
    return [
        Moment("bulk, what became of it", "bob", reverse("job", args=[job.pk])),
        Moment("bulk, on its way", "bob", reverse("job", args=[going.pk])),
    ]


def _talk(stage: Stage, live: Assistant) -> list[Moment]:
    """Two threads, one of them settled."""
    alice, bob = (builders.acting(stage.people[name]) for name in ("alice", "bob"))
    told = INSTRUCTIONS.replace("30 days", "14 days")
    change = builders.make_change(live, stage.people["alice"], instructions=told)
    changes.submit(change, actor=alice)
    for line, text in ((8, "By name, always?"), (9, "Is the legal side asked about 14 days?")):
        at = threads.Anchor(change.digest, "instructions", "new", line, line)
        said = threads.comment(change, actor=bob, on=at, text=text)
        threads.comment(change, actor=alice, on=said.thread, text="Yes, see the policy.")
    threads.resolve(said.thread, actor=bob)
    page = reverse("review", args=[change.pk])
    return [
        Moment("review, one comment settled", "bob", page),
        Moment("discussion, one comment settled", "bob", f"{page}?tab=discussion"),
    ]


def _merging(stage: Stage) -> list[Moment]:
    """Somebody saves the same part between looking and typing."""
    change = builders.make_change(
        stage.workspace, stage.people["alice"], name="Two at once", instructions=INSTRUCTIONS
    )

    def disturb(page: Page) -> None:
        now = Change.objects.get(pk=change.pk)
        theirs = INSTRUCTIONS.replace("one photo", "two photos")
        bob = builders.acting(stage.people["bob"])
        changes.edit(now, actor=bob, lock=now.lock, values={"instructions": theirs})
        box = page.get_by_role("textbox", name=re.compile("^Instructions"))
        box.fill(INSTRUCTIONS.replace("one photo", "three photos"))
        box.press("Tab")
        expect(page.locator("#merge h2")).to_be_visible(timeout=SOON)

    return [Moment("editor, two at once", "alice", reverse("change", args=[change.pk]), disturb)]


def _left(stage: Stage) -> list[Moment]:
    """Workspaces of somebody who has several, one of them archived."""
    stage.make_operator("dora")
    dora = builders.acting(stage.people["dora"])
    stage.people["dora"].refresh_from_db()
    for name in ("Finance", "Warehouse"):
        place = builders.make_workspace(name)
        builders.make_member(place, stage.people["dora"], "admin")
    workspaces.archive(place, actor=dora, name="Warehouse")
    here = f"?workspace={stage.workspace.slug}"
    return [
        Moment("workspaces, one archived", "dora", reverse("workspace_list")),
        Moment("list of all workspaces", "dora", reverse("assistant_list") + "?workspace=all"),
        Moment("switcher", "dora", reverse("assistant_list") + here, _switcher),
    ]


def _switcher(page: Page) -> None:
    page.locator("details.ws summary").click()

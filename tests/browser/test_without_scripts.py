"""The whole of the main job without JavaScript: from the search to the file for an audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.models import Assistant, Change, Comment
from tests import builders
from tests.browser.conftest import INSTRUCTIONS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

SHORTER = INSTRUCTIONS.replace("30 days", "14 days")


def save(page: Page, slug: str) -> None:
    page.locator(f"#form-{slug}").get_by_role("button", name="Save").last.click()


def edit(page: Page) -> None:
    """Find it; a word in each of several parts; a function with one input, by its form."""
    page.goto(reverse("assistant_list"))
    page.fill("#q", "greet the customer")
    page.press("#q", "Enter")
    page.locator("#results td .name").first.click()
    page.get_by_role("button", name="Edit").click()
    page.fill("#id_instructions", SHORTER)
    save(page, "instructions")
    page.fill("#id_temperature", "3")
    save(page, "model")
    expect(page.locator("#id_temperature-msg")).to_contain_text("between 0 and 2")
    page.fill("#id_temperature", "0.4")
    save(page, "model")
    page.click("#tools-add")
    page.locator("input[name=name]:visible").first.fill("find_parcel")
    page.locator("form:has(input[name=basics])").get_by_role("button", name="Save").last.click()
    page.click("#add-input")
    row = page.locator(".p.open")
    row.locator("input[name=name]").fill("parcel_id")
    row.get_by_role("button", name="Done").click()
    expect(page.locator(".p-name")).to_have_text(["parcel_id"])
    expect(page.locator("[data-scripted]").filter(visible=True)).to_have_count(0)


def test_the_whole_of_it(stage: Stage) -> None:
    stage.make_assistant(tools=None)
    author = stage.enter("alice", java_script_enabled=False)
    edit(author)
    change = Change.objects.order_by("-pk")[0]
    author.goto(reverse("change", args=[change.pk]))
    author.click("#ask")
    author.locator("#submit-form").get_by_label("Title").fill("Shorter refunds")
    author.get_by_role("button", name="Ask for review").click()
    expect(author.locator(".page-head")).to_contain_text("In review")
    reviewer = stage.enter("bob", java_script_enabled=False)
    reviewer.goto(reverse("comment_new", args=[change.pk]) + "?part=instructions&at=new-8")
    reviewer.get_by_role("textbox", name="Comment").fill("As the law says.")
    reviewer.get_by_role("button", name="Add to my review").click()
    reviewer.get_by_role("button", name="Approve and publish").click()
    reviewer.get_by_role("button", name="Send review").click()
    expect(reviewer.locator("main")).to_contain_text("is live here and is being pushed")
    stage.work()
    live = Assistant.objects.get()
    reviewer.goto(reverse("assistant", args=[live.pk]) + "?tab=history")
    for box in reviewer.locator("input[name=pick]").all():
        box.check()
    reviewer.get_by_role("button", name="Compare the ticked").click()
    expect(reviewer.locator("table.diff").first).to_contain_text("14 days")
    builders.make_member(stage.workspace, stage.people["dora"], "admin", "auditor")
    auditor = stage.enter("dora", java_script_enabled=False)
    auditor.goto(reverse("audit_list"))
    auditor.locator("summary", has_text="Export").click()
    with auditor.expect_download() as download:
        auditor.get_by_role("button", name="As it was recorded").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert all(json.loads(line) for line in lines)
    assert stage.upstream.assistants[live.upstream_id or ""]["instructions"] == SHORTER
    assert (live.instructions, live.temperature) == (SHORTER, 0.4)
    assert isinstance(live.tools, list)
    assert list(live.tools[0]["function"]["parameters"]["properties"]) == ["parcel_id"]
    assert Comment.objects.get().sent_at

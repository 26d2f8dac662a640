"""What the pages do with each refusal (ux.md 4.3): they stay, and so does what was typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.views import errors
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from tests.browser.conftest import Stage

SOON = 10_000
TEXT = re.compile("^Instructions")


def test_the_editor_stays_whatever_the_answer_is(stage: Stage, settings: SettingsWrapper) -> None:
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    alerts, box = page.locator("#alerts"), page.get_by_role("textbox", name=TEXT)
    saves = re.compile(r"/part/instructions/$")
    title = page.title()
    page.route(
        saves,
        lambda route: route.fulfill(
            status=403, body="<title>Proxy</title><h1>Blocked</h1>", content_type="text/html"
        ),
        times=1,
    )
    box.fill("Past a proxy.")  # a foreign 403: nothing of it comes in
    expect(alerts).to_contain_text("Your text is still here", timeout=SOON)
    expect(alerts).not_to_contain_text("Blocked")
    expect(page).to_have_title(title)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 4_000
    alerts.get_by_role("button", name="Try again").click()
    expect(page.locator("#against-live, #save-state").first).to_be_visible()
    box.fill("Long. " * 1_000)
    expect(alerts).to_contain_text("the limit is 4,000", timeout=SOON)  # 413
    expect(box).to_have_value("Long. " * 1_000)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 4_000_000
    builders.make_member(stage.workspace, stage.people["alice"], "viewer")
    with page.expect_response(saves) as answer:
        box.fill("Not theirs to write any more.")
    assert answer.value.status == 403
    expect(alerts).not_to_be_empty()
    expect(box).to_have_value("Not theirs to write any more.")


def test_a_poll_without_news_draws_nothing(stage: Stage) -> None:
    page = stage.enter("alice")
    page.goto(reverse("assistant_list"))
    polled = page.locator("[hx-get*='/parts/counts/']").first
    page.evaluate("document.querySelector('#nav-counts').dataset.mark = '1'")
    with page.expect_response(re.compile("/parts/counts/")) as answer:
        polled.dispatch_event("counts-changed", {"bubbles": True})
        page.evaluate("document.body.dispatchEvent(new CustomEvent('counts-changed'))")
    assert answer.value.status == 204
    expect(page.locator("#nav-counts[data-mark]")).to_have_count(1)


def test_too_often_says_when_to_try_again_and_takes_nothing_away(
    stage: Stage, settings: SettingsWrapper
) -> None:
    change = builders.make_change(stage.workspace, stage.people["alice"])
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    asked = RequestFactory().post("/", headers={"HX-Request": "true"})
    answer = errors.too_many(asked)
    box, alerts = page.get_by_role("textbox", name=TEXT), page.locator("#alerts")
    saves = re.compile(r"/part/instructions/$")
    page.route(
        saves,
        lambda route: route.fulfill(
            status=answer.status_code, body=answer.content.decode(), content_type="text/html"
        ),
        times=1,
    )
    box.fill("Typed too quickly.")
    expect(alerts).to_contain_text("Try again in a minute", timeout=SOON)
    expect(box).to_have_value("Typed too quickly.")
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"reset_password": "1/m/ip"}
    page = stage.enter(None)
    for _ in range(2):  # a whole page, by a limit of the sign-in
        page.goto(reverse("account_reset_password"))
        page.get_by_label("E-mail").fill("alice@typed.example")
        page.get_by_label("E-mail").press("Enter")
        page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("Try again in a minute")
    expect(page.locator("textarea")).to_have_value("alice@typed.example")

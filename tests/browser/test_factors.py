"""A second factor in a real browser, with scripts and without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from tests import builders
from tests.browser.conftest import PHONE, WIDE
from tests.browser.looks import faults
from tests.browser.test_journey import LABEL

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

SECRET = "correct horse battery staple"


def code_of(secret: str) -> str:
    """What the app shows now. A code works only once, and the next one is half a minute away."""
    cache.clear()
    counter = int(time.time()) // 30
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def sign_in(page: Page) -> None:
    page.goto(reverse("account_login"))
    page.get_by_label("E-mail or username").fill("dora")
    page.get_by_label("Password", exact=True).fill(SECRET)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": WIDE, "color_scheme": "light"},
        {"viewport": PHONE, "color_scheme": "dark"},
        {"viewport": WIDE, "java_script_enabled": False},
    ],
    ids=["wide", "phone", "no script"],
)
def test_an_app_is_set_up_used_and_removed(stage: Stage, options: dict[str, Any]) -> None:
    dora = stage.people["dora"]
    dora.set_password(SECRET)
    dora.save(update_fields=["password"])
    page = stage.enter(None, **options)
    has_script = options.get("java_script_enabled", True)

    def looks_right() -> None:
        if has_script:
            assert faults(page) == [], page.url

    sign_in(page)
    page.goto(reverse("account_profile"))
    page.get_by_role("link", name="Set up Second factor").click()
    page.get_by_role("link", name="Set up Authenticator app").click()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0 or not has_script
    secret = page.locator(".secret code").inner_text()
    page.get_by_label("Code of the app").fill("000000x")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("This code does not fit").first).to_be_visible()
    looks_right()
    page.get_by_label("Code of the app").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    spare = page.locator("pre.codebox").inner_text().split()
    assert len(spare) == 10
    looks_right()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Second factor on")).to_be_visible()
    looks_right()

    page.context.clear_cookies()
    sign_in(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    looks_right()
    page.get_by_label("Code", exact=True).fill("nonsense")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This code does not fit").first).to_be_visible()
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(stage.url + reverse("home"))

    page.context.clear_cookies()
    sign_in(page)
    page.get_by_label("Code", exact=True).fill(spare[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(stage.url + reverse("home"))

    page.goto(reverse("mfa_reauthenticate"))
    looks_right()
    page.goto(reverse("mfa_generate_recovery_codes"))
    looks_right()
    page.goto(reverse("mfa_deactivate_totp"))
    looks_right()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Password only")).to_be_visible()


def test_who_typed_meanwhile_is_asked_for_the_code_in_place(stage: Stage) -> None:
    alice = stage.people["alice"]
    alice.set_password(SECRET)
    alice.save(update_fields=["password"])
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(alice, secret)
    change = builders.make_change(stage.workspace, alice)
    page = stage.enter("alice")
    page.goto(reverse("change", args=[change.pk]))
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("textbox", name=LABEL).fill("Typed after the session had ended.")
    dialog = page.locator("#dialog")
    dialog.get_by_label("E-mail or username").fill("alice")
    dialog.get_by_label("Password", exact=True).fill(SECRET)
    page.wait_for_timeout(6000)  # what could not be saved is tried again meanwhile
    dialog.get_by_role("button", name="Sign in").click()
    dialog.get_by_label("Code", exact=True).fill("still typing")
    page.wait_for_timeout(6000)
    assert dialog.get_by_label("Code", exact=True).input_value() == "still typing"
    assert faults(page) == []
    dialog.get_by_label("Code", exact=True).fill(code_of(secret))
    dialog.get_by_role("button", name="Sign in").click()
    dialog.wait_for(state="hidden")
    page.get_by_text("Saved").first.wait_for()
    page.reload()
    box = page.get_by_role("textbox", name=LABEL)
    assert box.input_value() == "Typed after the session had ended."

"""Passkeys in a real browser, whose authenticator is played by its own developer tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from assistants_app.models import AuditEntry
from tests import builders
from tests.browser.looks import faults
from tests.browser.test_journey import LABEL

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Stage

SECRET = "correct horse battery staple"


def enter(stage: Stage, **traits: bool) -> Page:
    """Dora's browser, on a device that confirms everything by itself."""
    dora = stage.people["dora"]
    dora.set_password(SECRET)
    dora.save(update_fields=["password"])
    page = stage.enter(None)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **traits,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    sign_in(page)
    return page


def sign_in(page: Page) -> None:
    page.goto(reverse("account_login"))
    page.get_by_label("E-mail or username").fill("dora")
    page.get_by_label("Password", exact=True).fill(SECRET)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()


def add(page: Page, *, alone: bool) -> None:
    page.goto(reverse("mfa_index"))
    page.get_by_role("link", name="Add Passkey").click()
    page.get_by_label("Name", exact=True).fill("Her laptop")
    page.get_by_label("Sign in with it alone").set_checked(alone)
    assert faults(page) == []
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def spare_code(username: str) -> str:
    """A recovery code of this person."""
    kept = Authenticator.objects.get(user__username=username, type="recovery_codes")
    return str(kept.wrap().get_unused_codes()[0])


def test_a_passkey_signs_in_alone(stage: Stage) -> None:
    page = enter(stage)
    add(page, alone=True)
    assert AuditEntry.objects.filter(action="account.factor_added").count() == 1
    page.context.clear_cookies()
    page.goto(reverse("account_login"))
    assert faults(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(stage.url + reverse("home"))
    page.goto(reverse("mfa_index"))
    expect(page.get_by_text("Passkey, signs in alone")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Rename Her laptop").click()
    assert faults(page) == []
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="Enter a name.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Her new laptop")
    page.get_by_role("button", name="Rename").click()
    assert AuditEntry.objects.filter(action="account.factor_renamed").count() == 1
    page.get_by_role("link", name="Remove… Her new laptop").click()
    assert faults(page) == []
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Password only")).to_be_visible()
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="account.factor_removed").count() == 1


def test_a_passkey_is_a_second_step_and_says_still_me(stage: Stage) -> None:
    page = enter(stage)
    add(page, alone=False)
    page.context.clear_cookies()
    sign_in(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(stage.url + reverse("home"))
    page.goto(reverse("mfa_reauthenticate_webauthn"))
    assert faults(page) == []
    expect(page.get_by_role("link", name="Cancel")).to_have_attribute("href", reverse("home"))
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(stage.url + reverse("home"))


def test_a_device_that_refuses_is_told(stage: Stage) -> None:
    page = enter(stage, isUserVerified=False)
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("No passkey was added")).to_be_visible()
    assert faults(page) == []
    page.context.clear_cookies()
    page.goto(reverse("account_login"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used")).to_be_visible()
    assert faults(page) == []


def test_who_typed_meanwhile_signs_in_by_passkey_in_another_tab(stage: Stage) -> None:
    page = enter(stage)
    add(page, alone=True)
    change = builders.make_change(stage.workspace, stage.people["dora"])
    page.goto(reverse("change", args=[change.pk]))
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("textbox", name=LABEL).fill("Typed after the session had ended.")
    expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in another tab").click()
    opened.value.wait_for_load_state()
    sign_in(opened.value)
    opened.value.get_by_label("Code", exact=True).fill(spare_code("dora"))
    opened.value.get_by_role("button", name="Sign in", exact=True).click()
    opened.value.wait_for_url(stage.url + reverse("home"))
    page.locator("#dialog").get_by_role("button", name="Sign in").click()
    page.locator("#dialog").wait_for(state="hidden")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    page.reload()
    box = page.get_by_role("textbox", name=LABEL)
    assert box.input_value() == "Typed after the session had ended."

"""A second factor: set up, asked for at sign-in and once more, taken away, and its codes."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from assistants_app.actions import people
from assistants_app.models import AuditEntry
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from time_machine import Coordinates

    from assistants_app.models import User, Workspace

SECRET = "correct horse battery staple"


@pytest.fixture
def dora_in(dora: User, client: Client) -> Client:
    """The admin, with a password, signed in just now."""
    dora.set_password(SECRET)
    dora.save(update_fields=["password"])
    return signed_in(client)


def signed_in(client: Client) -> Client:
    client.post(reverse("account_login"), {"login": "dora", "password": SECRET})
    return client


def code_of(secret: str) -> str:
    """What the app shows now; it is taken for another half minute, however long a test takes."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def set_up(client: Client, clock: Coordinates) -> str:
    """Turn the app on; its secret. A code works only once, so the clock goes on."""
    url = reverse("mfa_activate_totp")
    secret = str(client.get(url).context["form"].secret)
    response = client.post(url, {"code": code_of(secret)})
    assert response.status_code == 302, response.content
    assert response["Location"] == reverse("mfa_view_recovery_codes")
    clock.shift(60)
    return secret


def codes(client: Client) -> list[str]:
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    shown = re.search(r'<pre class="codebox" translate="no">(.*?)</pre>', page, re.DOTALL)
    return shown[1].split() if shown else []


def test_the_app_is_shown_as_picture_and_text(dora_in: Client) -> None:
    response = dora_in.get(reverse("mfa_activate_totp"))
    text = response.content.decode()
    assert 'src="data:image/svg+xml;base64,' in text
    assert response.context["form"].secret in text


def test_turning_it_on_is_recorded_and_ends_other_sessions(
    dora_in: Client, dora: User, clock: Coordinates
) -> None:
    other = signed_in(Client())
    assert other.get(reverse("account_profile")).status_code == 200
    secret = set_up(dora_in, clock)
    assert dora_in.get(reverse("account_profile")).status_code == 200
    assert other.get(reverse("account_profile")).status_code == 302
    entry = AuditEntry.objects.get(action="account.factor_added")
    assert (entry.actor_id, json.loads(entry.body)["data"]) == (
        str(dora.pk),
        {"factor": "totp", "ended": 1},
    )
    assert secret not in entry.body


def test_its_secret_is_sealed_at_rest(dora_in: Client, clock: Coordinates) -> None:
    secret = set_up(dora_in, clock)
    kept = [json.dumps(row.data) for row in Authenticator.objects.all()]
    assert len(kept) == 2
    assert not any(secret in text for text in kept)


def test_a_wrong_first_code_turns_nothing_on(dora_in: Client) -> None:
    url = reverse("mfa_activate_totp")
    dora_in.get(url)
    response = dora_in.post(url, {"code": "000000x"})
    assert response.status_code == 422
    assert response.context["form"].errors["code"]
    assert not Authenticator.objects.exists()
    assert not AuditEntry.objects.filter(action="account.factor_added").exists()


def test_signing_in_asks_for_the_code(dora_in: Client, clock: Coordinates) -> None:
    secret = set_up(dora_in, clock)
    client = Client()
    response = client.post(reverse("account_login"), {"login": "dora", "password": SECRET})
    assert response["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("home")).status_code == 302
    wrong = client.post(reverse("mfa_authenticate"), {"code": "nonsense"})
    assert wrong.status_code == 422
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert "_auth_user_id" in client.session


def test_a_code_is_taken_for_the_half_minute_after_its_own(
    dora_in: Client, clock: Coordinates
) -> None:
    secret = set_up(dora_in, clock)
    clock.shift(29 - time.time() % 30)
    code = code_of(secret)
    clock.shift(2)
    client = signed_in(Client())
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302


def test_a_code_counts_once_for_as_long_as_it_is_taken(dora_in: Client, clock: Coordinates) -> None:
    secret = set_up(dora_in, clock)
    clock.shift(30 - time.time() % 30)
    code, url = code_of(secret), reverse("mfa_authenticate")
    assert signed_in(Client()).post(url, {"code": code}).status_code == 302
    clock.shift(32)
    seen = signed_in(Client()).post(url, {"code": f"{code[:3]} {code[3:]}"})
    assert seen.status_code == 422
    assert "was used already" in seen.content.decode()


def test_a_one_time_link_does_not_get_past_the_code(
    dora_in: Client, dora: User, clock: Coordinates
) -> None:
    secret = set_up(dora_in, clock)
    dora.refresh_from_db()
    client, new = Client(), "another horse, another staple"
    form = client.get(people.one_time_path(dora, actor=builders.COMMAND), follow=True)
    page = form.redirect_chain[-1][0]
    response = client.post(page, {"password1": new, "password2": new})
    assert response["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.session["_auth_user_id"] == str(dora.pk)


def test_without_the_password_there_is_no_second_step(client: Client, db: None) -> None:
    for method in (client.get, client.post):
        assert method(reverse("mfa_authenticate"))["Location"] == reverse("account_login")


def test_guessing_codes_is_throttled(dora_in: Client, clock: Coordinates) -> None:
    secret = set_up(dora_in, clock)
    client = Client()
    client.post(reverse("account_login"), {"login": "dora", "password": SECRET})
    for _ in range(6):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 422
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_works_once(dora_in: Client, clock: Coordinates) -> None:
    set_up(dora_in, clock)
    first, *rest = codes(dora_in)
    assert len(rest) == 9
    for client, works in ((Client(), True), (Client(), False)):
        client.post(reverse("account_login"), {"login": "dora", "password": SECRET})
        client.post(reverse("mfa_authenticate"), {"code": first})
        assert ("_auth_user_id" in client.session) is works
    assert codes(dora_in) == rest


def test_who_used_a_recovery_code_is_told_how_many_are_left(
    dora_in: Client, clock: Coordinates
) -> None:
    set_up(dora_in, clock)
    client = signed_in(Client())
    page = client.post(reverse("mfa_authenticate"), {"code": codes(dora_in)[0]}, follow=True)
    assert "You used a recovery code; 9 are left." in page.content.decode()


def test_new_codes_void_the_former_ones_and_are_recorded(
    dora_in: Client, clock: Coordinates
) -> None:
    set_up(dora_in, clock)
    former = codes(dora_in)
    url = reverse("mfa_generate_recovery_codes")
    assert dora_in.get(url).status_code == 200
    assert dora_in.post(url).status_code == 302
    assert not set(former) & set(codes(dora_in))
    assert AuditEntry.objects.filter(action="account.codes_made").count() == 1
    text = dora_in.get(reverse("mfa_download_recovery_codes"))
    assert text["Content-Type"].startswith("text/plain")
    said, _, listed = text.content.decode().partition("\n\n")
    assert "You sign in as: dora" in said
    assert listed.split() == codes(dora_in)


def test_codes_are_for_who_has_a_factor(dora_in: Client) -> None:
    assert dora_in.post(reverse("mfa_generate_recovery_codes")).status_code == 422
    assert dora_in.get(reverse("mfa_view_recovery_codes")).status_code == 404
    assert not Authenticator.objects.exists()


def test_removing_it_takes_the_codes_along(dora_in: Client, clock: Coordinates) -> None:
    set_up(dora_in, clock)
    url = reverse("mfa_deactivate_totp")
    assert "recovery codes go too" in dora_in.get(url).content.decode()
    assert dora_in.post(url).status_code == 302
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="account.factor_removed").count() == 1
    assert "Password only" in dora_in.get(reverse("mfa_index")).content.decode()
    assert "_auth_user_id" in signed_in(Client()).session


def test_these_pages_want_a_fresh_sign_in(dora_in: Client, clock: Coordinates) -> None:
    clock.shift(660)
    for name in ("mfa_activate_totp", "mfa_generate_recovery_codes"):
        response = dora_in.get(reverse(name))
        assert response["Location"].startswith(reverse("account_reauthenticate")), name
    assert dora_in.get(reverse("mfa_index")).status_code == 200


def test_is_it_still_you_takes_the_factor_and_not_the_password(
    dora_in: Client, workspace: Workspace, clock: Coordinates
) -> None:
    secret = set_up(dora_in, clock)
    clock.shift(660)
    page = reverse("workspace_rules", args=[workspace.slug])
    asked = dora_in.post(page, {"approvals": "2"})["Location"]
    by_password = dora_in.post(asked, {"password": SECRET})
    assert by_password["Location"].startswith(reverse("mfa_reauthenticate"))
    asked = by_password["Location"]
    assert dora_in.get(asked).context["cancel_url"] == page
    refused = dora_in.post(asked, {"code": "000000x"})
    assert refused.status_code == 422
    assert f'href="{page}">Cancel' in refused.content.decode()
    assert dora_in.post(page, {"approvals": "2"})["Location"].startswith(
        reverse("account_reauthenticate")
    )
    assert dora_in.post(asked, {"code": code_of(secret)})["Location"] == page
    shown = dora_in.get(page)
    assert shown.context["form"].data["approvals"] == "2"
    assert dora_in.post(page, {"approvals": "2"}).status_code == 303


def test_signing_in_again_over_typed_text_asks_for_the_code(
    dora_in: Client, dora: User, clock: Coordinates
) -> None:
    secret = set_up(dora_in, clock)
    client = Client(headers={"HX-Request": "true"})
    url, who = reverse("sign_in_again"), {"person": str(dora.pk)}
    asked = client.post(url, {"login": "dora", "password": SECRET, **who})
    assert asked.status_code == 200
    assert 'name="code"' in asked.content.decode()
    assert "_auth_user_id" not in client.session
    wrong = client.post(url, {"code": "000000x", **who})
    assert wrong.status_code == 422
    assert 'name="code"' in wrong.content.decode()
    other = client.post(url, {"code": code_of(secret), "person": "1000"})
    assert other.status_code == 422
    assert "same person" in other.content.decode()
    clock.shift(60)
    done = client.post(url, {"code": code_of(secret), **who})
    assert done.status_code == 204
    assert json.loads(done["HX-Trigger"])["signed-in"]["token"]
    assert client.session["_auth_user_id"] == str(dora.pk)


def test_what_is_tried_again_meanwhile_does_not_ask_for_the_password_anew(
    dora_in: Client, dora: User, workspace: Workspace, clock: Coordinates
) -> None:
    set_up(dora_in, clock)
    client = Client(headers={"HX-Request": "true"})
    data = {"login": "dora", "password": SECRET, "person": str(dora.pk)}
    client.post(reverse("sign_in_again"), data)
    headers = {"X-Unsaved": "1", "X-Person": str(dora.pk)}
    response = client.post(reverse("workspace_rules", args=[workspace.slug]), headers=headers)
    assert response.status_code == 401
    assert 'name="code"' in response.content.decode()


def test_a_code_that_comes_too_late_begins_anew(
    dora_in: Client, dora: User, clock: Coordinates
) -> None:
    secret = set_up(dora_in, clock)
    client = Client(headers={"HX-Request": "true"})
    url, who = reverse("sign_in_again"), {"person": str(dora.pk)}
    client.post(url, {"login": "dora", "password": SECRET, **who})
    clock.shift(3600)
    late = client.post(url, {"code": code_of(secret), **who})
    assert late.status_code == 422
    assert 'name="password"' in late.content.decode()


def test_a_secret_that_no_key_opens_lets_nobody_in(
    dora_in: Client, settings: SettingsWrapper, clock: Coordinates
) -> None:
    secret = set_up(dora_in, clock)
    settings.FIELD_KEYS = ["A" * 43 + "="]
    client = Client()
    client.post(reverse("account_login"), {"login": "dora", "password": SECRET})
    for guess in (code_of(secret), code_of("")):
        assert client.post(reverse("mfa_authenticate"), {"code": guess}).status_code == 422


def test_a_practice_person_may_try_it(
    client: Client, settings: SettingsWrapper, clock: Coordinates, db: None
) -> None:
    settings.SAMPLE_SIGNIN = True
    lena = builders.people.add("lena", actor=builders.COMMAND, is_sample=True)
    client.post(reverse("sample_signin", args=[lena.pk]))
    set_up(client, clock)
    assert Authenticator.objects.filter(user=lena).count() == 2

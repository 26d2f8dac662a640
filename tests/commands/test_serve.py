"""`manage.py serve`: a first person gets in by a link; samples are never offered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.commands.processes import Home, Lines

PASSWORD = "three quiet lighthouses"  # of the test's own person
PEOPLE = """
from assistants_app.models import *
print(json.dumps([
    [u.username, u.is_superuser, [[m.workspace.name, m.roles_text, m.workspace.approvals]
        for m in u.memberships.all()]] for u in User.objects.all()]))
"""


def link(lines: Lines) -> str:
    return lines.until("/account/password/reset/key/")


def choose_password(address: str) -> requests.Response:
    """Follow a one-time link as a browser does: the page, its token, the form."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        if "password1" not in page.text or not token:
            return page
        form = {
            "csrfmiddlewaretoken": token[1],
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        return browser.post(page.url, data=form, headers={"Referer": page.url}, timeout=10)


def test_the_first_start_lets_one_person_in(home: Home) -> None:
    with home.running("serve", "--port", str(home.port)) as lines:
        address = link(lines)
        lines.until(f"is at http://127.0.0.1:{home.port}")
        assert address.startswith(f"http://127.0.0.1:{home.port}/")
        assert "works once, within an hour" in lines.said
        assert choose_password(address).ok
        assert "does not work any more" in choose_password(address).text
        assert "Practice people" not in requests.get(home.url("account/login/"), timeout=10).text
        assert lines.end() == 0
    roles = "editor reviewer publisher auditor admin"
    assert home.ask(PEOPLE) == [["admin", True, [["Main", roles, 0]]]]


def test_a_later_start_keeps_the_port_and_renews_the_link_only_until_it_is_used(
    prepared: Home,
) -> None:
    home = prepared
    with home.running("serve", "--port", str(home.port)) as lines:
        first = link(lines)
        lines.until("is at http")
    with home.running("serve") as lines:
        again = link(lines)
        lines.until(f"is at http://127.0.0.1:{home.port}")
        assert choose_password(again).ok
        assert "does not work any more" in choose_password(first).text
    with home.running("serve") as lines:
        lines.until("is at http")
        assert lines.seen == [f"Assistants Dashboard is at {home.url()} (stop it with Ctrl-C)"]


def test_nobody_signs_in_as_a_sample_person_once_it_is_served_for_real(
    prepared: Home,
) -> None:
    home = prepared
    with home.running("quickstart", "--port", str(home.port)) as lines:
        lines.until("watch it go upstream")
    with home.running("serve") as lines:
        lines.until("Made the operator “admin” and the workspace “Main”")
        lines.until("is at http")
        assert "Lena" not in requests.get(home.url("account/login/"), timeout=10).text
    with home.running("quickstart") as lines:
        lines.until("the sample people are not offered")
        assert "Lena" not in requests.get(home.url("account/login/"), timeout=10).text


def test_the_quickstart_adds_no_samples_to_a_database_in_use(
    prepared: Home,
) -> None:
    home = prepared
    with home.running("serve", "--port", str(home.port)) as lines:
        lines.until("is at http")
    done = home.run("quickstart")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "has people already" in done.stderr


def test_a_flag_moves_the_port_and_the_cookies_move_with_it(
    prepared: Home,
) -> None:
    home = prepared
    with home.running("serve", "--port", str(home.port)) as lines:
        lines.until("is at http")
        cookies = requests.get(home.url("account/login/"), timeout=10).cookies
        assert f"csrf-{home.port}" in cookies


@pytest.mark.parametrize("command", ["serve", "quickstart"])
def test_a_host_that_others_can_reach_is_refused_without_tls(home: Home, command: str) -> None:
    done = home.run(command, "--host", "0.0.0.0")  # noqa: S104  # it is refused
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)

"""`manage.py quickstart`, as a real process: what it shows, and what no kill can take away."""

from __future__ import annotations

import re
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from assistants_app.management import samples
from tests.commands.processes import QUICK

if TYPE_CHECKING:
    from tests.commands.processes import Home

FACTS = """
from assistants_app.models import *
from assistants_app.models import chain
def texts(name):
    rows = Assistant.objects.filter(workspace__name=name).order_by("pk")
    return [[a.name, a.instructions, a.versions.count()] for a in rows]
tutor = Assistant.objects.filter(workspace__name="Practice", name="Math Tutor").first()
print(json.dumps({
    "sandbox": texts("Sandbox service"),
    "practice": texts("Practice"),
    "states": sorted(Change.objects.filter(assistant__workspace__name="Practice")
        .values_list("assistant__name", "state")),
    "orders": sorted(set(PushOrder.objects.values_list("state", flat=True))),
    "people": User.objects.count(),
    "reason": chain.verify().reason,
    "sources": sorted(set(AuditEntry.objects.filter(actor_kind="person")
        .values_list("source", flat=True))),
}))
"""
TUTOR_TEXT = samples.TUTOR_EDIT.values["instructions"]


def facts(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = home.ask(FACTS)
    return found


def assert_whole(home: Home) -> None:
    """Nothing lost, nothing twice, in sync, and the history unbroken."""
    found = facts(home)
    names = sorted(document["name"] for document in samples.ASSISTANTS)
    for place in ("sandbox", "practice"):
        assert sorted(name for name, _, _ in found[place]) == names
        tutor = next(row for row in found[place] if row[0] == samples.MATH_TUTOR)
        assert tutor[1:] == [TUTOR_TEXT, 2]
    assert found["states"] == [["HR Helper", "in_review"], ["Math Tutor", "live"]]
    assert found["orders"] == ["idle"]
    assert found["people"] == 3
    assert found["reason"] == ""


def test_the_first_start_shows_one_whole_round_trip(home: Home) -> None:
    with home.running("quickstart", "--port", str(home.port)) as lines:
        lines.until("watch it go upstream")
        steps = [line.split("  ")[1] for line in lines.seen if line.endswith(" s")]
        assert steps == [
            "Made two workspaces, six assistants, three people",
            "Pulled 6 assistants from Sandbox service, over HTTP",
            "Lena Brandt edited Math Tutor: “Give hints before answers”",
            "Lena Brandt asked for review",
            "Priya Shah approved",
            "Maya Okafor published version 2",
            "Pushed version 2 over HTTP, answered 200",
            "Read back: upstream holds the same text",
        ]
        assert "Math Tutor: In sync." in lines.said
        assert "entries: unbroken since" in lines.said
        assert home.url() in lines.said
        assert_one_click(home)
        assert lines.end() == 0
        assert not [line for line in lines.seen if line.startswith(("{", "Traceback"))]
    assert_whole(home)
    assert facts(home)["sources"] == ["quickstart"]
    assert stat.S_IMODE(Path(home.folder).stat().st_mode) == 0o700


def assert_one_click(home: Home) -> None:
    """The sign-in page offers the sample people, its stylesheet is there, and the click works."""
    with requests.Session() as browser:
        page = browser.get(home.url("account/login/"), timeout=10)
        for person in samples.PEOPLE:
            assert person.full_name in page.text
        style = re.search(r'href="/(static/app\.[^"]+)"', page.text)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        click = re.search(r'action="/(account/sample/\d+/)"', page.text)
        assert style
        assert token
        assert click
        assert browser.get(home.url(style[1]), timeout=10).ok
        answer = browser.post(
            home.url(click[1]),
            data={"csrfmiddlewaretoken": token[1]},
            headers={"Referer": page.url},
            timeout=10,
            allow_redirects=False,
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_later_start_keeps_the_port_and_serves_at_once(prepared: Home) -> None:
    home = prepared
    with home.running("quickstart", "--port", str(home.port)) as lines:
        lines.until("watch it go upstream")
        assert lines.end(signal.SIGINT) == 0
    done = home.run("quickstart", "--port", str(home.port + 1))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"are connected to port {home.port}" in done.stderr
    (Path(home.folder) / "port").write_text("1\n")  # the samples know better
    with home.running("quickstart") as lines:
        lines.until(f"is at {home.url()}")
        lines.until("Sign in as Maya Okafor")
        assert lines.end() == 0
        assert "round trip" not in lines.said
    assert_whole(home)


def kill_and_go_on(home: Home, point: str, *words: str, scale: str = QUICK) -> None:
    """Kill the first start at `point`; the next one ends the round trip by itself.

    `words` are lines that it then prints, in this order, before it says what is next.
    """
    env = {"PORT": str(home.port), "SYNC_TIME_SCALE": scale}
    with home.running("quickstart", **env, ASSISTANTS_KILL_AT=point) as lines:
        assert lines.ended() == -signal.SIGKILL, f"{point} was not passed: {lines.said}"
    with home.running("quickstart", **env) as lines:
        lines.until(f"is at {home.url()}")
        assert requests.get(home.url("-/health/"), timeout=10).ok
        for line in (*words, "watch it go upstream"):
            lines.until(line)
        assert lines.end() == 0
    assert_whole(home)


def test_a_kill_with_the_write_on_its_way_costs_nothing(prepared: Home) -> None:
    kill_and_go_on(prepared, "http.sent:3", "Math Tutor: In sync.", "unbroken since")


# The round trip calls upstream four times: list, read, write, read back. Publishing number 7 is
# Practice's, after the six of the seed; number 8 is the Sandbox's, made by the push.
@pytest.mark.merge
@pytest.mark.parametrize(
    "point",
    [
        *(f"audit.inserted:{n}" for n in (1, 9, 20, 33, 36, 37, 44, 46, 48, 50)),
        "publish.before_commit:1",
        "publish.before_commit:7",
        "publish.before_commit:8",
        "publish.committed:1",
        "publish.committed:7",
        "publish.committed:8",
        "save.committed:1",
        "save.committed:2",
        "pull.before_commit:1",
        "pull.before_commit:3",
        "pull.before_commit:6",
        "claim.committed:1",
        "sending.before_commit:1",
        "sending.committed:1",
        *(f"http.connected:{n}" for n in (1, 2, 3, 4)),
        "http.half_sent:1",  # only a write has a body
        *(f"http.sent:{n}" for n in (1, 4)),
        *(f"http.headers_read:{n}" for n in (1, 3)),
        *(f"http.answer_read:{n}" for n in (1, 2, 3, 4)),
        "readback.before:1",
        "result.before_commit:1",
        "result.committed:1",
    ],
)
def test_no_kill_anywhere_costs_anything(home: Home, point: str) -> None:
    kill_and_go_on(home, point)

"""What the network and the other side can do to a push, by the numbers of reliability.md 11.3.

F01 to F10, processes that are killed, are in test_kill_points.py.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import connections, pulling, pushing
from assistants_app.models import Assistant, ConnectionHealth, PushAttempt, PushOrder
from assistants_app.sync import transport
from tests.actions.pushed import order_of, push, settle, there
from tests.actions.told import rows
from tests.builders import COMMAND, acting, make_assistant
from tests.faults import invariants
from tests.sync import certificates
from tests.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import Connection, User, Workspace

pytestmark = pytest.mark.django_db
State, Reason = PushOrder.State, PushOrder.Reason
HTML = {"Content-Type": "text/html"}


@dataclass(frozen=True)
class Fault:
    """What the other side does with a write, where that leaves the order, and how many writes it
    takes in the end.
    """

    apply: str
    answer: Any
    after: State = State.UNKNOWN

    @property
    def writes(self) -> int:
        return 1 if self.apply == "before" else 2


FAULTS = {
    "F14 reset, not applied": Fault("never", "reset"),
    "F15 reset, applied": Fault("before", "reset"),
    "F16 timeout, applied": Fault("before", "silence"),
    "F17 timeout, never applied": Fault("never", "silence"),
    "F20 408": Fault("never", (408, {}, "{}")),
    "F20 408, applied": Fault("before", (408, {}, "{}")),
    "F21 409": Fault("never", (409, {}, "{}")),
    "F22 429 with seconds": Fault("never", (429, {"Retry-After": "7"}, "{}"), State.WAITING),
    "F23 429 with a date": Fault(
        "never", (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "{}"), State.WAITING
    ),
    "F24 429 with milliseconds": Fault("never", (429, {"retry-after-ms": "90"}, ""), State.WAITING),
    "F25 429 without a word": Fault("never", (429, {}, ""), State.WAITING),
    "F26 429 with nonsense": Fault("never", (429, {"Retry-After": "soon"}, ""), State.WAITING),
    "F28 500, not applied": Fault("never", (500, {}, "{}")),
    "F29 500, applied": Fault("before", (500, {}, "{}")),
    "F30 502": Fault("never", (502, HTML, "<html>")),
    "F30 503": Fault("never", (503, {"Retry-After": "1"}, "")),
    "F30 504, applied": Fault("before", (504, HTML, "<html>")),
    "F31 truncated, applied": Fault("before", "truncate"),
    "F32 a page with 200": Fault("never", (200, HTML, "<html>Please sign in.</html>")),
    "F32 a page with 200, applied": Fault("before", (200, HTML, "<html>Hello.</html>")),
    "F34 another object": Fault("never", (200, {}, {"object": "thread", "id": "thread_1"})),
    "F34 a list": Fault("before", (200, {}, {"object": "list", "data": []})),
    "F34 no id": Fault("before", (200, {}, {"object": "assistant"})),
    "F34 not an object": Fault("before", (200, {}, "[1, 2]")),
}


@pytest.fixture
def assistant(workspace: Workspace, connected: Connection, alice: User, bob: User) -> Assistant:
    assert connected.pk
    return make_assistant(workspace, author=alice, reviewer=bob, metadata={"team": "care"})


@pytest.fixture
def second(assistant: Assistant, alice: User, bob: User) -> Assistant:
    """In sync once, with another Version waiting."""
    push(assistant)
    return make_assistant(assistant, author=alice, reviewer=bob, name="Second", instructions=None)


def _suffer(assistant: Assistant, up: Upstream, fault: Fault, path: str) -> None:
    before = len(up.writes())
    up.on("POST", path, apply=fault.apply, answer=fault.answer)  # type: ignore[arg-type]
    order = push(assistant)
    assert (order.state, order.reason) == (fault.after, "")
    assert order.message
    assert not pushing.push(order.pk, owner="too early")
    assert settle(assistant).state == State.IDLE
    assert len(up.writes()) - before == fault.writes
    assert len(up.assistants) == 1
    assert there(up)["name"] == Assistant.objects.get(pk=assistant.pk).name
    invariants.hold(up)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_create_suffers(
    assistant: Assistant, up: Upstream, settings: SettingsWrapper, fault: Fault
) -> None:
    settings.SYNC_TIME_SCALE = 0.02 if fault.answer == "silence" else 0.1
    _suffer(assistant, up, fault, "/assistants")


@pytest.mark.merge
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_update_suffers(
    second: Assistant, up: Upstream, settings: SettingsWrapper, fault: Fault
) -> None:
    settings.SYNC_TIME_SCALE = 0.02 if fault.answer == "silence" else 0.1
    _suffer(second, up, fault, "/assistants/")


# --- F11 to F13: no connection at all ----------------------------------------------------------


def _unsent(assistant: Assistant) -> PushOrder:
    order = push(assistant)
    assert (order.state, order.reason, order.attempts) == (State.WAITING, "", 1)
    assert order.message
    assert not PushAttempt.objects.exists()
    return order


def test_f11_refused(assistant: Assistant, up: Upstream) -> None:
    up.stop()
    _unsent(assistant)
    up.closing.clear()
    up.start()
    assert settle(assistant).state == State.IDLE
    invariants.hold(up)


def test_f12_a_name_that_is_not_found(
    workspace: Workspace, assistant: Assistant, dora: User
) -> None:
    address = "http://nowhere.invalid:9/v1"
    connections.allow_origin(address, actor=COMMAND)
    connections.set_connection(workspace, actor=acting(dora), base_url=address, key="sk-0123456789")
    # The approval was given for the other address; what counts here is the failing look-up.
    order = _unsent(assistant)
    assert "name" in order.message


@pytest.mark.parametrize(
    ("days", "address", "words"),
    [
        pytest.param(30, "127.0.0.1", "self-signed", id="self-signed"),
        pytest.param(-1, "127.0.0.1", "expired", id="expired"),
        pytest.param(30, "127.0.0.2", "for another", id="wrong host"),
    ],
)
def test_f13_a_certificate_that_nobody_vouches_for(
    workspace: Workspace,
    assistant: Assistant,
    dora: User,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    address: str,
    words: str,
) -> None:
    files = certificates.issue(tmp_path, days=days, address=address)
    if words != "self-signed":
        monkeypatch.setattr(transport, "DEFAULT_CA_BUNDLE_PATH", files[0])
    with Upstream(tls=files) as secure:
        connections.allow_origin(secure.url, actor=COMMAND, private=True)
        connections.set_connection(
            workspace, actor=acting(dora), base_url=secure.url, key=secure.key
        )
        order = _unsent(assistant)
        assert "certificate" in order.message
        assert words in order.message
        assert secure.requests == []


# --- F18, F19: what arrives late -----------------------------------------------------------------


def test_f18_a_create_that_is_applied_after_the_first_look_is_found_by_the_second(
    assistant: Assistant, up: Upstream
) -> None:
    up.on("POST", "/assistants", apply="late", answer="reset")
    assert push(assistant).state == State.UNKNOWN
    assert push(assistant).state == State.UNKNOWN
    assert up.assistants == {}
    up.arrive()
    assert settle(assistant).state == State.IDLE
    assert len(up.writes()) == len(up.assistants) == 1
    invariants.hold(up)


def test_f19_an_older_update_that_is_applied_late_is_pushed_over(
    second: Assistant, alice: User, bob: User, up: Upstream
) -> None:
    """It arrives after its settling time, when the newer Version is there already."""
    up.on("POST", "/assistants/", apply="late", answer="reset")
    assert push(second).state == State.UNKNOWN
    make_assistant(second, author=alice, reviewer=bob, name="Third")
    assert settle(second).state == State.IDLE
    assert there(up)["name"] == "Third"
    up.arrive()
    assert there(up)["name"] == "Second"
    job = pulling.ask(second.workspace, actor=acting(bob))
    pulling.run(job)
    assert settle(second).state == State.IDLE
    assert there(up)["name"] == "Third"
    invariants.hold(up)


# --- F33, F34, F35, F37: odd answers -----------------------------------------------------------


def test_f33_json_that_calls_itself_a_page_is_read(second: Assistant, up: Upstream) -> None:
    row = there(up)
    told = {**row, "name": "Second", "instructions": None}
    up.on("POST", "/assistants/", answer=(200, HTML, told))
    assert push(second).state == State.IDLE
    invariants.hold(up)


def test_f34_an_answer_about_another_assistant_is_not_believed(
    second: Assistant, up: Upstream
) -> None:
    up.on("POST", "/assistants/", apply="never", answer=(200, {}, {**there(up), "id": "asst_x"}))
    assert push(second).state == State.UNKNOWN
    assert settle(second).state == State.IDLE
    assert Assistant.objects.get(pk=second.pk).upstream_id in up.assistants
    invariants.hold(up)


def test_f34_other_content_with_200_is_not_in_sync(second: Assistant, up: Upstream) -> None:
    """It answers as if it had taken the text, and has not."""
    told = {**there(up), "name": "Second", "instructions": None}
    up.on("POST", "/assistants/", apply="never", answer=(200, {}, told))
    order = push(second)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_f35_a_redirect_is_not_followed_and_the_text_not_sent_elsewhere(
    assistant: Assistant, up: Upstream, status: int
) -> None:
    with Upstream() as elsewhere:
        to = {"Location": f"{elsewhere.url}/assistants"}
        up.on("POST", "/assistants", apply="never", answer=(status, to, ""))
        order = push(assistant)
        assert (order.state, order.reason) == (State.STOPPED, Reason.REFUSED)
        assert elsewhere.requests == []
    invariants.hold(up)


@pytest.mark.parametrize(
    "change",
    [
        {"parallel_tool_calls": True, "owner": {"id": 1}},
        {"tools": None, "metadata": None, "tool_resources": None},
        {"response_format": None, "temperature": None, "top_p": None},
        {"created_at": "yesterday", "object": "assistant"},
    ],
)
def test_f37_unknown_and_null_fields_are_no_obstacle(
    second: Assistant, up: Upstream, change: dict[str, Any]
) -> None:
    wanted = {**there(up), "name": "Second", "instructions": None}
    up.on("POST", "/assistants/", answer=(200, {}, wanted | change))
    assert push(second).state == State.IDLE
    invariants.hold(up)


def test_f37_an_answer_that_holds_no_more_than_an_id_is_no_obstacle(
    second: Assistant, up: Upstream
) -> None:
    up.on("POST", "/assistants/", answer=(200, {}, {"object": "assistant", "id": there(up)["id"]}))
    assert push(second).state == State.IDLE
    invariants.hold(up)


def test_f37_a_read_that_lacks_fields_is_no_drift(second: Assistant, up: Upstream) -> None:
    row = there(up)
    for name in ("tools", "tool_resources", "temperature", "top_p", "response_format"):
        del row[name]
    assert push(second).state == State.IDLE
    assert there(up)["name"] == "Second"


# --- F47, F49, F50: the other side's truth -------------------------------------------------------


def test_f47_a_foreign_edit_between_base_and_push_is_drift(second: Assistant, up: Upstream) -> None:
    there(up)["description"] = "By someone else."
    order = push(second)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DRIFT)
    assert there(up)["description"] == "By someone else."
    invariants.hold(up)


def test_f48_the_gap_between_reading_and_writing_is_recorded(
    second: Assistant, up: Upstream
) -> None:
    push(second)
    gap = PushAttempt.objects.first()
    assert gap is not None
    assert gap.gap_ms is not None
    assert gap.gap_ms < 2_000
    assert there(up)["name"] == "Second"
    invariants.hold(up)


def test_f48_a_foreign_edit_inside_the_gap_is_what_the_gap_is_noted_for(
    second: Assistant, up: Upstream
) -> None:
    """Without an ETag nobody can see it; the length of the gap says how likely it was."""
    edited = threading.Event()

    def someone() -> None:
        there(up)["description"] = "By someone else."
        edited.set()

    up.on("POST", "/assistants/", half=someone)
    assert push(second).state == State.IDLE
    assert edited.is_set()
    assert PushAttempt.objects.filter(gap_ms__lt=2_000).count() == 2
    assert there(up)["description"] is None
    invariants.hold(up)


def test_f49_one_foreign_delete_is_named_and_nothing_is_created_anew(
    second: Assistant, workspace: Workspace, alice: User, bob: User, up: Upstream
) -> None:
    other = make_assistant(workspace, author=alice, reviewer=bob, name="Other")
    push(other)
    del up.assistants[Assistant.objects.get(pk=second.pk).upstream_id or ""]
    order = settle(second)
    assert (order.state, order.reason) == (State.STOPPED, Reason.DELETED)
    assert len(up.assistants) == 1
    invariants.hold(up)


@pytest.mark.parametrize("status", [404, 410])
def test_f50_a_service_that_was_switched_off_changes_no_assistant(
    second: Assistant, up: Upstream, status: int
) -> None:
    before = rows()["assistants_app.Assistant"]
    gone = (status, {}, {"error": {"message": "The Assistants API was switched off."}})
    for method in ("GET", "POST"):
        up.on(method, "/assistants", times=99, apply="never", answer=gone)
    order = settle(second, tries=12)
    assert (order.state, order.reason) == (State.WAITING, "")
    health = ConnectionHealth.objects.get()
    assert (health.state, health.cause) == (ConnectionHealth.State.FROZEN, "gone")
    assert rows()["assistants_app.Assistant"] == before


def test_the_whole_document_arrives(assistant: Assistant, up: Upstream) -> None:
    """P1 once more, from the other side: what upstream holds is what was approved."""
    push(assistant)
    there_ = contract.read(there(up), contract.PROFILES["openai-compatible"]).document
    assert contract.compare(assistant.document(), there_).verdict == "same"
    assert order_of(assistant).state == State.IDLE

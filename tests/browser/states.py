"""Every rarer state of the pages about the connected server, set up one after the other.

`each(stage)` yields a name and an address while that state holds, for whoever looks at it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from assistants_app.actions import connection_lessons, importing, pulling, push_links
from assistants_app.models import (
    Assistant,
    ConnectionHealth,
    Job,
    ListedAssistant,
    PushAttempt,
    PushOrder,
    UpstreamCopy,
    Workspace,
)
from tests import builders
from tests.browser.conftest import INSTRUCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Stage

State, Reason = PushOrder.State, PushOrder.Reason
Shown = tuple[str, str]
LONG_ID = "asst_" + "0123456789abcdefghijklmnopqrstuvwxyz" * 3
SAID = "This model's maximum is 20 tools. " + "https://status.example/very/long/address/" * 6


def each(stage: Stage) -> Iterator[Shown]:
    """All of them; what one leaves behind, the next may stand on."""
    live = stage.make_assistant()
    yield from of_one(stage, live)
    yield from of_drift(stage, live)
    yield from of_sync(stage, live)
    yield from of_import(stage)
    yield from of_connection(stage)


def order(live: Assistant, state: str, reason: str = "", message: str = "", **more: Any) -> None:
    values = {"param": "", "notes": None, "lease_until": None, "lease_owner": ""} | more
    now = timezone.now()
    PushOrder.objects.filter(assistant=live).update(
        state=state, reason=reason, message=message, not_before=now, **values
    )


def health(state: str, minutes: int = 23, **more: Any) -> None:
    values: dict[str, Any] = {"reason": "", "cause": "", "open_until": None} | more
    since = timezone.now() - timedelta(minutes=minutes)
    ConnectionHealth.objects.update(state=state, since=since, **values)


def of_one(stage: Stage, live: Assistant) -> Iterator[Shown]:
    """The page of one assistant upstream; nothing of it waits for the runner."""
    page = reverse("upstream", args=[live.pk])
    id_ = Assistant.objects.get(pk=live.pk).upstream_id
    yield "in sync", page
    order(live, State.IDLE, notes=["description", "tools[0].function.strict"])
    yield "not all kept", page
    order(live, State.STOPPED, Reason.REFUSED, SAID, param="tools")
    yield "refused", page
    order(live, State.STOPPED, Reason.APPROVAL, "The approvals do not count any more.")
    yield "not approved", page
    order(live, State.STOPPED, Reason.ATTEMPTS, "The server did not answer in time.")
    yield "given up", page
    order(live, State.STOPPED, Reason.DUPLICATE, push_links.more_than_once(["asst_twin", LONG_ID]))
    yield "duplicate", page
    order(live, State.STOPPED, Reason.UNCLEAR, "The server does not find it any more.")
    yield "cannot check", page
    order(live, State.STOPPED, Reason.DELETED, "The server does not find it any more.")
    yield "deleted", page
    yield "deleted, at the assistant", reverse("assistant", args=[live.pk])
    sent_at = timezone.now()
    order(live, State.UNKNOWN, message="The connection broke.", sent_at=sent_at)
    PushAttempt.objects.update(outcome="unknown", message="The connection broke.", status=0)
    yield "unknown", page
    Assistant.objects.filter(pk=live.pk).update(upstream_id=None)
    order(live, State.STOPPED, Reason.UNCLEAR, push_links.may_be([LONG_ID]))
    yield "unclear", page
    yield "unclear, at the assistant", reverse("assistant", args=[live.pk])
    Assistant.objects.filter(pk=live.pk).update(upstream_id=id_)
    order(live, State.WAITING, message=SAID)
    yield "waiting", page
    PushAttempt.objects.update(outcome="done", message="", status=200)
    order(live, State.IDLE)
    for state in ("paused", "key", "quota", "unreachable", "frozen"):
        health(state, reason=SAID)
        yield f"connection {state}", page
    health("open")


def of_drift(stage: Stage, live: Assistant) -> Iterator[Shown]:
    page = reverse("upstream", args=[live.pk])
    row = Assistant.objects.get(pk=live.pk)
    there = stage.upstream.assistants[row.upstream_id or ""]
    was = dict(there)
    there["instructions"] = INSTRUCTIONS.replace("30 days", "21 days") + "Never promise a date.\n"
    there["temperature"], there["name"] = 0.7, "Renamed there by somebody " * 6
    builders.make_assistant(
        row,
        author=stage.people["alice"],
        reviewer=stage.people["bob"],
        instructions=INSTRUCTIONS.replace("30 days", "14 days"),
        temperature=0.2,
    )
    pulling.ask(stage.workspace, actor=builders.acting(stage.people["bob"]))
    stage.work()
    yield "drift", page
    yield "drift, at the assistant", reverse("assistant", args=[live.pk])
    draft = builders.make_change(row, stage.people["dora"], temperature=0.5)
    yield "drift, with a change of one's own", page
    type(draft).objects.filter(pk=draft.pk).update(state="withdrawn")
    UpstreamCopy.objects.filter(assistant=live, kind="base").delete()
    PushOrder.objects.filter(assistant=live).update(pushed_version=None)
    yield "drift, never in agreement", page
    there.clear()
    there |= was
    Assistant.objects.filter(pk=live.pk).update(name=row.name)


def of_sync(stage: Stage, live: Assistant) -> Iterator[Shown]:
    page = reverse("sync")
    PushOrder.objects.filter(assistant=live).delete()
    yield "sync, nothing", page
    made = stage.make_assistant(name="One")
    for name, values in GROUPS.items():
        order(made, *values)
        yield f"sync, one {name}", page
    many = [builders.make_assistant(stage.workspace, **_by(stage, n)) for n in range(3)]
    for assistant, values in zip(many, list(GROUPS.values())[1:], strict=False):
        order(assistant, *values)
    yield "sync, some of each", page
    for state in ("paused", "key", "quota", "unreachable", "frozen"):
        health(state, reason=SAID)
        yield f"sync, {state}", page
    health("open")
    for assistant in [made, *many]:
        order(assistant, State.IDLE)


def _by(stage: Stage, n: int) -> dict[str, Any]:
    people = {"author": stage.people["alice"], "reviewer": stage.people["bob"]}
    return {**people, "name": f"Assistant of the {n + 1}. department, with a long name indeed"}


GROUPS = {
    "done": (State.IDLE,),
    "refused": (State.STOPPED, Reason.REFUSED, SAID),
    "drifted": (State.STOPPED, Reason.DRIFT, "Someone changed it."),
    "waiting": (State.WAITING, "", "Waiting for its turn."),
    "duplicate": (State.STOPPED, Reason.DUPLICATE, push_links.more_than_once([LONG_ID])),
}


def of_import(stage: Stage) -> Iterator[Shown]:
    page = reverse("import")
    bob = builders.acting(stage.people["bob"])
    Job.objects.filter(kind=Job.Kind.LIST).delete()
    yield "import, before the first look", page
    job = importing.look(stage.workspace, actor=bob)
    Job.objects.filter(pk=job.pk).update(state="running", done=1200)
    yield "import, reading", page
    ended = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        state="failed", progress=SAID, result={"reason": "network"}, finished_at=ended
    )
    yield "import, failed", page
    notes = ["stopped at 10,000", "an entry without an id was left out"]
    Job.objects.filter(pk=job.pk).update(state="done", result={"notes": notes}, finished_at=ended)
    yield "import, nothing there", page
    Assistant.objects.filter(name="One").update(
        upstream_id=None, former_id="asst_left", former_print=stage.workspace.connection.print
    )
    ListedAssistant.objects.bulk_create(_listed(job, n) for n in range(130))
    yield "import, a long list", page
    yield "import, the second page", f"{page}?page=2"
    yield "import, worth a look", f"{page}?show=odd"
    yield "import, linked before", f"{page}?show=left"
    yield "import, here already", f"{page}?show=here"
    health("frozen", reason=SAID)
    yield "import, frozen", page
    health("open")
    run = importing.ask(stage.workspace, actor=bob, ids=["asst_0", "asst_1"])
    taken = {"taken": ["asst_0"], "here": [], "failed": [[LONG_ID, "A name", "It is gone."]]}
    Job.objects.filter(pk=run.pk).update(state="running", done=1, result=taken)
    yield "import, taking in", reverse("job", args=[run.pk])
    Job.objects.filter(pk=run.pk).update(
        state="failed", progress=SAID, result={**taken, "reason": "network"}, finished_at=ended
    )
    yield "import, broken off", reverse("job", args=[run.pk])
    Job.objects.filter(pk=run.pk).update(state="done", progress="1 taken in.")


def _listed(job: Job, n: int) -> ListedAssistant:
    id_ = {0: "asst_left", 1: LONG_ID}.get(n, f"asst_{n:04d}")
    odd = n % 40 == 1
    return ListedAssistant(
        job=job,
        n=n,
        upstream_id=id_,
        name="x" * 200 if odd else f"Found {n}",
        model="gpt-4o",
        created_at=1_700_000_000 + n,
        notes=["tools was null"] if odd else None,  # type: ignore[misc]  # a text to the stubs
        problem="name: 300 characters; the limit is 256." if odd else "",
        is_odd=odd,
        is_ours=n == 5,
    )


FINDINGS = {
    "well": [
        ("ok", "Address allowed. api.example is 192.0.2.1; calls go nowhere else."),
        ("ok", "Reached the server"),
        ("ok", "Secure connection, certificate checked"),
        ("ok", "Key accepted"),
        ("ok", "It has assistants"),
        ("ok", "Shows a single assistant"),
        ("ok", "42 models"),
    ],
    "with warnings": [
        ("info", "The connection is not encrypted: the address begins with http."),
        ("warn", "It lists assistants but does not show a single one: a push is read back."),
        ("warn", "Its list does not go on page by page; long lists may be cut off."),
        ("info", "It does not list its models; any name can be typed."),
    ],
    "badly": [("ok", "Reached the server"), ("bad", f"A single one was not shown: {SAID}")],
}


def of_connection(stage: Stage) -> Iterator[Shown]:
    page = reverse("workspace_connection", args=[stage.workspace.slug])
    yield "connection, never tested", page
    job = Job.objects.create(workspace=stage.workspace, kind=Job.Kind.TEST, state="running")
    yield "connection, being tested", page
    for name, found in FINDINGS.items():
        marks = [{"ok": mark != "bad", "mark": mark, "text": text} for mark, text in found]
        Job.objects.filter(pk=job.pk).update(
            state="failed" if name == "badly" else "done",
            result={"findings": marks, "gone": False},
            finished_at=timezone.now(),
        )
        yield f"connection, tested {name}", page
    gone = {"findings": [{"ok": False, "mark": "bad", "text": "Not there."}], "gone": True}
    Job.objects.filter(pk=job.pk).update(result=gone)
    health("unreachable", cause="gone")
    yield "connection, gone", page
    health("open")
    taught = {"update": False, "null_ok": False, "keeps": {"metadata": False, "description": False}}
    upstream = Workspace.objects.get(pk=stage.workspace.pk).connection
    connection_lessons.learn(upstream, {**taught, "list": True, "paging": False})
    yield "connection, taught", page

"""Test a connection: step by step, each with a plain finding that stands on the Job at once.

Nothing is written upstream. What the answers showed the server to be able to do is kept as what the
connection learned, and what was refused earlier may be tried again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.utils import timezone

from assistants_app.actions import audit, connection_lessons, health, jobs
from assistants_app.errors import Conflict
from assistants_app.models import Job
from assistants_app.models.connections import profile_of
from assistants_app.sync import addresses, evidence, profiles
from assistants_app.sync.paging import PullFailed

if TYPE_CHECKING:
    from assistants_app.actions.health import PacedClient
    from assistants_app.models import Connection
    from assistants_app.sync.client import Answer

Finding = dict[str, Any]  # {"ok": bool, "mark": "ok" | "warn" | "bad" | "info", "text": str}
GONE: Final = "This server no longer offers assistants."
_NOT_THERE: Final = (404, 405, 410)
_SHOWN: Final = 4  # addresses of a name


@audit.sends
def test(job: Job) -> None:
    """Reach the server, show the key, list, retrieve one, list models; write nothing upstream."""
    upstream = job.workspace.upstream
    run = _Test(job)
    try:
        if upstream is None:
            run.finds("bad", "There is no connection any more.")
        else:
            run.begin(upstream)
    except PullFailed as failure:  # not even one call was to be had
        run.finds("bad", str(failure))
    except _Over:
        pass
    state = Job.State.DONE if all(row["ok"] for row in run.findings) else Job.State.FAILED
    last = run.findings[-1]["text"]
    jobs.finish(job, state=state, progress=last, result=run.result())


class _Over(Exception):  # not an error: the steps that would follow make no sense
    """A step failed, or another process took the run over."""


class _Test:
    """One run through the steps; `finds` keeps and shows what each of them found."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.findings: list[Finding] = []
        self.learned: dict[str, Any] = {}
        self.is_gone = False

    def result(self) -> dict[str, Any]:
        return {"findings": self.findings, "gone": self.is_gone}

    def finds(self, mark: str, text: str) -> None:
        """One more finding. Raises _Over after a bad one."""
        self.findings.append({"ok": mark != "bad", "mark": mark, "text": text})
        if not tell(self.job, self.result(), text) or mark == "bad":
            raise _Over

    def begin(self, upstream: Connection) -> None:
        self.upstream = upstream
        try:
            client = health.client(upstream)
        except Conflict as refusal:
            self.finds("bad", str(refusal))
            return
        with client:
            self._address()
            first = self._list(client)
            connection_lessons.try_again(upstream)
            try:
                self._one(client, first)
                self._pages(client, first)
                self._models(client)
            finally:
                connection_lessons.learn(upstream, self.learned)

    def _address(self) -> None:
        """Which machines the name means, and that a call may go to each of them."""
        parts = urlsplit(self.upstream.base_url)
        host = parts.hostname or ""
        port = parts.port or profiles.DEFAULT_PORTS[parts.scheme]
        private = health.is_allowed(profiles.origin(self.upstream.base_url))[1]
        try:
            found = addresses.resolve(host, port, seconds=health.times().connect)
        except TimeoutError:
            self.finds("bad", f"The name {host} was not resolved in time.")
            return
        except OSError:
            self.finds("bad", f"The name {host} was not found.")
            return
        known = list(dict.fromkeys(str(to[0]) for _, to in found))
        if strange := [one for one in known if not addresses.allowed(one, private_ok=private)]:
            self.finds(
                "bad",
                f"{host} leads to {_some(strange)}, which may not be contacted: an operator allows "
                "private addresses with manage.py allow_origin --private.",
            )
        what = f"{host} is" if known != [host] else "This is"
        text = f"Address allowed. {what} {_some(known)}; calls go nowhere else."
        self.finds("ok", text)

    def _list(self, client: PacedClient) -> Answer:
        """The first call: connection, TLS, key, and whether there are assistants at all."""
        answer = client.list(limit=1)
        if answer.outcome.reason == "refused" and answer.status in (400, 422):
            plain = client.list(limit=1, order="")
            if plain.outcome.kind == "done":
                self.learned["list_order"] = ""
                answer = plain
        if answer.status in _NOT_THERE:  # said once more before it is believed
            answer = client.list(limit=1)
        is_over = profiles.origin(self.upstream.base_url) in evidence.ENDED
        self._reached(answer, is_over=is_over)
        if answer.outcome.kind == "done":
            self.learned["list"] = True
            some = "It has assistants" if _rows(answer) else "It offers assistants, none yet"
            self.finds("ok", some)
        elif answer.status in _NOT_THERE or is_over:
            self.is_gone = True
            self.finds("bad", GONE)
        else:
            self.finds("bad", answer.outcome.message or f"It answered {answer.status}.")
        return answer

    def _reached(self, answer: Answer, *, is_over: bool) -> None:
        """`is_over`: a service that is known to have ended, whatever it says of the key."""
        outcome = answer.outcome
        if not answer.status:
            self.finds("bad", f"Could not reach the server. {outcome.message}")
        self.finds("ok", "Reached the server")
        if self.upstream.base_url.startswith("https:"):
            self.finds("ok", "Secure connection, certificate checked")
        else:
            self.finds("info", "The connection is not encrypted: the address begins with http.")
        if outcome.reason == "key" and not is_over:
            self.finds("bad", self._key_fault(answer.status))
        # A 404 may come before the key is looked at, so only an answer proves it.
        if outcome.kind == "done":
            has_secret = self.upstream.key or self.upstream.extra_headers
            self.finds("ok", "Key accepted" if has_secret else "No key needed")

    def _key_fault(self, status: int) -> str:
        if not self.upstream.key and not self.upstream.extra_headers:
            return "The server wants a key."
        allowed = " It is known, but may not list assistants." if status == 403 else ""
        return f"The key is not accepted.{allowed}"

    def _one(self, client: PacedClient, first: Answer) -> None:
        rows = _rows(first)
        id_ = rows[0].get("id") if rows and isinstance(rows[0], dict) else None
        if not isinstance(id_, str) or not self._may_call():
            return
        answer = client.twin().retrieve(id_)  # of its own, not from the list
        if answer.outcome.kind == "done":
            self.learned["retrieve"] = True
            self.finds("ok", "Shows a single assistant")
        elif answer.status in _NOT_THERE:
            self.learned["retrieve"] = False
            self.finds(
                "warn",
                "It lists assistants but does not show a single one: "
                "a push is read back from the list.",
            )
        else:
            self.finds("warn", f"A single assistant was not shown: {answer.outcome.message}")

    def _pages(self, client: PacedClient, first: Answer) -> None:
        """Whether `after` leads on: asked only where there surely is something behind."""
        document, rows = first.document or {}, _rows(first)
        ids = [row.get("id") for row in rows if isinstance(row, dict)]
        if len(ids) != 1 or not isinstance(ids[0], str) or document.get("has_more") is not True:
            return
        order = self.learned.get("list_order", "asc")
        answer = client.list(limit=1, order=order, after=ids[0])
        if answer.outcome.kind != "done" or not _rows(answer):
            return
        again = [row.get("id") for row in _rows(answer) if isinstance(row, dict)]
        self.learned["paging"] = ids[0] not in again
        if not self.learned["paging"]:
            self.finds("warn", "Its list does not go on page by page; long lists may be cut off.")

    def _models(self, client: PacedClient) -> None:
        if profile_of(self.upstream).names_deployments:
            self.finds("info", "Type the name of a deployment as the model; they are not listed.")
            return
        if not self._may_call():
            return
        answer = client.models()
        if answer.outcome.kind == "done":
            rows = _rows(answer)
            self.learned["models"] = connection_lessons.kept_models(rows)
            self.finds("ok", "1 model" if len(rows) == 1 else f"{len(rows):,} models")
        else:
            self.learned["models"] = []
            self.finds("info", "It does not list its models; any name can be typed.")

    def _may_call(self) -> bool:
        return health.take_call(self.upstream, patience=health.times().call)


@audit.bookkeeping
def tell(job: Job, result: dict[str, Any], text: str) -> bool:
    """Show what was found so far and keep the lease; False when someone else has the run."""
    rows = Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING)
    until = timezone.now() + timedelta(seconds=health.times().lease)
    return rows.update(result=result, progress=text, lease_until=until) == 1


def _rows(answer: Answer) -> list[Any]:
    data = (answer.document or {}).get("data")
    return data if isinstance(data, list) else []


def _some(found: list[str]) -> str:
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")

"""Test a connection: each step with a plain finding, kept on the Job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_app.actions import audit, health, jobs
from assistants_app.errors import Conflict
from assistants_app.models import Job
from assistants_app.sync.paging import PullFailed

if TYPE_CHECKING:
    from assistants_app import contract
    from assistants_app.models import Connection
    from assistants_app.sync.client import Answer, AssistantsClient

Finding = dict[str, Any]  # {"ok": bool, "text": str}


@audit.sends
def test(job: Job) -> None:
    """Reach the server, show the key, list assistants and models; write nothing upstream."""
    upstream = job.workspace.upstream
    if upstream is None:
        findings = [_finding(False, "There is no connection any more.")]
    else:
        findings = _findings(upstream)
    good = all(finding["ok"] for finding in findings)
    state = Job.State.DONE if good else Job.State.FAILED
    jobs.finish(job, state=state, progress=findings[-1]["text"], result={"findings": findings})


def _findings(upstream: Connection) -> list[Finding]:
    try:
        client = health.client(upstream)
    except Conflict as refusal:
        return [_finding(False, str(refusal))]
    try:
        first = client.list(limit=1)
        if first.outcome.kind != "done":
            return _failed(first)
        return [
            _finding(True, "Reached the server"),
            _finding(True, "Key accepted"),
            _finding(
                True, "It has assistants" if _count(first) else "It offers assistants, none yet"
            ),
            *_models(upstream, client),
        ]
    except PullFailed as failure:  # not even one call was to be had
        return [_finding(False, str(failure))]
    finally:
        client.close()


def _failed(answer: Answer) -> list[Finding]:
    outcome = answer.outcome
    if not answer.status:
        return [_finding(False, f"Could not reach the server. {outcome.message}")]
    reached = _finding(True, "Reached the server")
    if outcome.reason == "key":
        return [reached, _finding(False, "The key is not accepted.")]
    if outcome.reason in ("gone", "missing"):
        return [reached, _finding(False, "This server does not offer assistants at this address.")]
    return [reached, _finding(False, outcome.message or f"It answered {answer.status}.")]


def _models(upstream: Connection, client: AssistantsClient) -> list[Finding]:
    if not health.take_call(upstream, patience=health.times().call):
        return []
    answer = client.models()
    if answer.outcome.kind != "done":
        return []  # a server without a list of models is a good one all the same
    return [_finding(True, f"{_count(answer)} models")]


def _count(answer: Answer) -> int:
    document: contract.JSON = answer.document
    data = document.get("data") if isinstance(document, dict) else None
    return len(data) if isinstance(data, list) else 0


def _finding(ok: bool, text: str) -> Finding:
    return {"ok": ok, "text": text}

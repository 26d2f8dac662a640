"""What an answer means: done, surely not, or unknown (reliability.md 5.3, contract.md section 1).

"Surely not" is said only where the server cannot have acted, so that sending again is harmless;
everything in doubt is "unknown", after which nothing is sent before the settling time is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from assistants_app.contract import upstream_errors
from assistants_app.sync.wire import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.sync.transport import Reply

Op = Literal["list", "retrieve", "create", "modify", "delete", "models", "resources", "resource"]
Kind = Literal["done", "surely_not", "unknown"]
Reason = Literal[
    "", "refused", "key", "quota", "slow_down", "missing", "gone", "no_update",
    "redirect", "network", "too_large", "broken",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known after one call, and what the person or the action should know about it.

    `reason`, "" when done: *refused* the request itself was refused; *key* the key or its rights;
    *quota* used up or unpaid; *slow_down* too many calls; *missing* no such id; *gone* the whole
    API answers 404 or 410; *no_update* the server cannot change assistants; *redirect*; *network*
    no whole answer; *too_large* an answer over the cap; *broken* an answer that does not say what
    happened. `message`: plain, at most 500 characters, without the key. `param`, `code`: the
    server's, or "". `retry_after`: seconds asked for, at most 3600. `should_retry`: x-should-retry.
    """

    kind: Kind
    reason: Reason = ""
    message: str = ""
    param: str = ""
    code: str = ""
    retry_after: float | None = None
    should_retry: bool | None = None


DONE: Final = Outcome("done")
_COLLECTION: Final = ("list", "create")
_QUOTA_CODES: Final = ("insufficient_quota", "quota_exceeded", "credit_balance_too_low")
# Statuses by which a server says that it did not even begin (RFC 9110 section 15.5, RFC 6585).
# Any other 4xx, 408 and 409 among them, is left in doubt.
_NOT_BEGUN: Final = frozenset(
    (400, 402, 405, 406, 410, 411, 412, 413, 414, 415, 417, 421, 422, 425, 426, 428, 431, 451)
)
_FAILURES: Final[dict[str, tuple[Reason, str]]] = {
    "dns": ("network", "The server's name was not found."),
    "refused": ("network", "The server did not accept the connection."),
    "tls": ("network", "No secure connection."),
    "timeout": ("network", "The server did not answer in time."),
    "reset": ("network", "The connection broke before the whole answer had arrived."),
    "address": ("network", "Not on the list of allowed addresses."),
    "too_large": ("too_large", "The answer is too large; it was not read to its end."),
    "redirect": ("redirect", "Upstream answered with a redirect; not followed."),
}
WAIT_CUT: Final = " It asks for more than an hour; we wait one hour."


def classify(
    op: Op,
    answer: Reply | TransportError,
    document: Any = None,
    *,
    expected_id: str = "",
    hide: Callable[[str], str] = str,
) -> Outcome:
    """The meaning of an answer to `op`, or of its absence.

    `document` is the parsed body of a 2xx, None when it is not a JSON object. `expected_id`: the
    id asked for, which the answer must repeat. `hide` removes secrets from a text.
    """
    if isinstance(answer, TransportError):
        return _failure(answer)
    if 200 <= answer.status < 300:
        fault = _fault(op, document, expected_id)
        return Outcome("unknown", "broken", fault) if fault else DONE
    if 300 <= answer.status < 400:
        return Outcome("surely_not", *_FAILURES["redirect"])
    return _refusal(op, answer, hide)


def _failure(error: TransportError) -> Outcome:
    reason, message = _FAILURES[error.kind]
    if error.detail:
        message = f"No secure connection: {error.detail}."
    # A redirect is an answer: the server did nothing but point elsewhere.
    in_doubt = error.sent and reason != "redirect"
    return Outcome("unknown" if in_doubt else "surely_not", reason, message)


def _fault(op: Op, document: Any, expected_id: str) -> str:
    """What keeps a 2xx from being a success, as a sentence; "" when nothing does."""
    if not isinstance(document, dict):
        return "The server reported success, but its answer is not a JSON object."
    if op in ("list", "models", "resources"):
        is_list = isinstance(document.get("data"), list)
        return "" if is_list else "The server's answer holds no list."
    if op == "resource":
        is_it = document.get("id") == expected_id
        return "" if is_it else "The server answered with something else."
    if op == "delete":
        return _delete_fault(document, expected_id)
    if document.get("object") != "assistant":
        return "The server reported success, but its answer is not an assistant."
    found = document.get("id")
    if not isinstance(found, str) or not found:
        return "The server reported success, but gave no id."
    is_other = bool(expected_id) and found != expected_id
    return "The server answered with another assistant." if is_other else ""


def _delete_fault(document: dict[str, Any], expected_id: str) -> str:
    if document.get("deleted") is not True:
        return "The server did not say that it deleted the assistant."
    is_other = document.get("id", expected_id) != expected_id
    return "The server speaks of another assistant." if is_other else ""


def _refusal(op: Op, reply: Reply, hide: Callable[[str], str]) -> Outcome:
    error = upstream_errors.upstream_error(reply.status, reply.headers, reply.body, hide=hide)
    kind, reason = _judgement(op, reply.status, error.code)
    outcome = Outcome(
        kind,
        reason,
        error.message or f"The server answered {reply.status} without a message.",
        error.param,
        error.code,
        error.retry_after,
        _should_retry(reply.headers.get("x-should-retry", "")),
    )
    return _with_wait_said(outcome) if error.is_wait_cut else outcome


def _with_wait_said(outcome: Outcome) -> Outcome:
    room = upstream_errors.MESSAGE_MAX - len(WAIT_CUT)
    return replace(outcome, message=outcome.message[:room] + WAIT_CUT)


def _judgement(op: Op, status: int, code: str) -> tuple[Kind, Reason]:
    if status in (401, 403):
        return "surely_not", "key"
    if status == 429:
        return "surely_not", "quota" if _is_quota(code) else "slow_down"
    if status == 404 or (status == 410 and op not in ("models", "resources", "resource")):
        return "surely_not", "gone" if op in _COLLECTION else "missing"
    if status == 405 and op == "modify":
        return "surely_not", "no_update"
    if status == 402:
        return "surely_not", "quota"
    return ("surely_not", "refused") if status in _NOT_BEGUN else ("unknown", "broken")


def _is_quota(code: str) -> bool:
    return code in _QUOTA_CODES or "billing" in code


def _should_retry(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.strip().lower())

"""Three ways to bring one order upstream: ours, and the two that a team would write in an hour.

All three are called alike, `push(pk, owner=…)`, as often as something is left to do, and give
False when nothing is. *Naive* sends and then writes down what it was told: no look-up, no word
beforehand, no reading. *SDK* does the same by the official client with its defaults.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import openai

from assistants_app import contract, killpoints
from assistants_app.actions import push_bodies, pushing
from assistants_app.models import Assistant, PushOrder

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 1.2  # seconds; as ours at SYNC_TIME_SCALE 0.02
ANSWERED = "http.answer_read"
FAILURES = (
    OSError,
    HTTPException,
    openai.OpenAIError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)


def ours(pk: int, *, owner: str) -> bool:
    return pushing.push(pk, owner=owner)


def naive(pk: int, *, owner: str) -> bool:
    return _send_then_write(pk, _by_urllib)


def sdk(pk: int, *, owner: str) -> bool:
    return _send_then_write(pk, _by_sdk)


PUSHERS = {"ours": ours, "naive": naive, "sdk": sdk}


def _send_then_write(
    pk: int, send: Callable[[PushOrder, str, dict[str, Any]], dict[str, Any]]
) -> bool:
    order = PushOrder.objects.select_related("assistant", "connection", "desired_version").get(
        pk=pk
    )
    if order.pushed_version_id == order.desired_version_id:
        return False
    # With our mark, which it never looks for: so the upstream counts what came of one order.
    body = contract.dumps(push_bodies.push_body(order, order.desired_version))
    try:
        told = send(order, order.assistant.upstream_id or "", json.loads(body))
        id_ = str(told["id"])
    except FAILURES:
        return True  # next time
    killpoints.point(ANSWERED)
    Assistant.objects.filter(pk=order.assistant_id).update(upstream_id=id_)
    PushOrder.objects.filter(pk=pk, desired_version=order.desired_version).update(
        state=PushOrder.State.IDLE, pushed_version=order.desired_version
    )
    return True


def _by_urllib(order: PushOrder, id_: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  # the tests' own upstream
        f"{order.connection.base_url}/assistants" + (f"/{id_}" if id_ else ""),
        json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {order.connection.key.reveal()}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        told = json.load(answer)
    return dict(told)


def _by_sdk(order: PushOrder, id_: str, body: dict[str, Any]) -> dict[str, Any]:
    key = order.connection.key.reveal()
    with openai.OpenAI(base_url=order.connection.base_url, api_key=key, timeout=TIMEOUT) as client:
        beta = client.beta.assistants
        told = beta.update(id_, **body) if id_ else beta.create(**body)
    return {"id": told.id}

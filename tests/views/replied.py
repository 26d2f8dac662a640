"""What the tests of a reply's shape share: a format with oddities, its boxes and its buttons."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from django.urls import reverse

from assistants_app import contract
from assistants_app.forms import reply as shapes
from assistants_app.forms.reply import ReplyForm
from assistants_app.models import Change
from tests.views.editor import autosave

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

SCHEMA = '{"type":"object","properties":{"2":{"maximum":1e3},"1":{"type":"string"}}}'
INNER = f'{{"schema":{SCHEMA},"z":null,"name":"r"}}'
FORMAT = f'{{"x-own":1.50,"type":"json_schema","json_schema":{INNER}}}'


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def stored(change: Change) -> str:
    return contract.dumps(fresh(change).response_format)


def boxes(change: Change, **typed: str) -> dict[str, str]:
    """What the page posts: its boxes as they are, with what was typed."""
    shape = ReplyForm(change=fresh(change)).shape
    assert shape
    held = shapes.boxes(shape) | {f"reply-{key}": value for key, value in typed.items()}
    return {key: value for key, value in held.items() if value is not None}


def choose(client: Client, change: Change, **typed: str) -> HttpResponse:
    return autosave(client, fresh(change), "reply", **boxes(change, **typed))


def op(
    client: Client, change: Change, name: str, *, htmx: bool = False, **more: str
) -> HttpResponse:
    data = boxes(change) | {"op": name, "lock": str(fresh(change).lock)} | more
    headers = {"HX-Request": "true", "HX-Target": "form-reply"} if htmx else {}
    return client.post(reverse("change_reply", args=[change.pk]), data, headers=headers)


def body(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())

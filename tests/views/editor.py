"""The editor of a Change as the tests use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from assistants_app.forms.changes import PARTS
from assistants_app.models import Change

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client


def url(change: Change, part: str = "") -> str:
    if not part:
        return reverse("change", args=[change.pk])
    return reverse("change_part", args=[change.pk, part])


def held(change: Change, part: str) -> dict[str, str]:
    """What the boxes of a part hold, as the page shows them."""
    return PARTS[part].held(Change.objects.get(pk=change.pk))


def save(client: Client, change: Change, part: str, **typed: str) -> HttpResponse:
    """The button, without JavaScript."""
    return client.post(url(change, part), held(change, part) | {"lock": str(change.lock)} | typed)


def press(client: Client, change: Change, part: str, **typed: str) -> HttpResponse:
    """The button, with htmx."""
    headers = {"HX-Request": "true", "HX-Target": f"{part}-summary"}
    data = held(change, part) | {"lock": str(change.lock)} | typed
    return client.post(url(change, part), data, headers=headers)


def autosave(client: Client, change: Change, part: str, **typed: str) -> HttpResponse:
    """What the page does by itself after typing."""
    headers = {"HX-Request": "true", "HX-Target": "save-state"}
    data = held(change, part) | {"lock": str(change.lock), "autosave": "1"} | typed
    return client.post(url(change, part), data, headers=headers)


def slot(response: HttpResponse, name: str) -> str:
    """The inside of one out-of-band slot; fails when it is not there."""
    text = response.content.decode()
    start = text.index(f'<div id="{name}" hx-swap-oob="innerHTML">')
    rest = text[start:]
    end = rest.find('<div id="', 10)
    return rest if end < 0 else rest[:end]

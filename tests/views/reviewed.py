"""A Change in review, as the tests of its pages set it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from assistants_app.actions import changes
from tests import builders

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import Change

OLD = "Greet the customer.\nRefunds within 30 days of purchase.\nAsk for one photo."
NEW = "Greet the customer.\nRefunds within 14 days of delivery.\nAsk for one photo."


def page(change: Change) -> str:
    return reverse("review", args=[change.pk])


def text(client: Client, change: Change, **asked: str) -> str:
    """The review page as this person gets it."""
    return client.get(page(change), asked).content.decode()


def decide(client: Client, change: Change, decision: str, **sent: Any) -> HttpResponse:
    """Send a review of the text as it was when the Change was read; `quick` is the one click."""
    data = {"decision": decision, "digest": change.digest, **sent}
    return client.post(reverse("review_send", args=[change.pk]), data)


def edit(change: Change, **values: Any) -> Change:
    """Its author edits it once more."""
    return changes.edit(
        change, actor=builders.acting(change.author), lock=change.lock, values=values
    )

"""How allauth behaves here: nobody signs up alone, and a changed password is in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction

from assistants_app.actions import people
from assistants_app.policies import Actor

if TYPE_CHECKING:
    from django.http import HttpRequest

    from assistants_app.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes sign-up and records changes of a password; everything else is allauth's own."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        return False

    def set_password(self, user: User, password: str) -> None:
        """The new password and its audit entry, in one transaction."""
        request_id = getattr(self.request, "request_id", "")
        actor = Actor(kind="person", source="web", user=user, request_id=request_id)
        with transaction.atomic():
            super().set_password(user, password)
            people.password_changed(user, actor=actor)

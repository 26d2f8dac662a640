"""What surrounds every page: workspaces, navigation, the connection card, the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor of base.html; empty for people who are not signed in."""
    return {}

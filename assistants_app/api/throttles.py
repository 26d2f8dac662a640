"""How often: 600 a minute for a token, 60 for an address without one (security.md section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from assistants_app.models import APIToken


class TokenThrottle(SimpleRateThrottle):
    """Counts by token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:  # noqa: ARG002
        token = cast("APIToken | None", request.auth)
        if token is None:
            return None
        return self.cache_format % {"scope": self.scope, "ident": token.audit_id}


class AnonymousThrottle(SimpleRateThrottle):
    """Counts by address whoever shows no token, or a wrong one."""

    scope = "anonymous"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:  # noqa: ARG002
        if request.auth is not None:
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

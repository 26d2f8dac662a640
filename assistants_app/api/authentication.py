"""Who calls: the API token in `Authorization: Bearer`, and nowhere else (security.md section 8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

if TYPE_CHECKING:
    from rest_framework.request import Request

    from assistants_app.models import APIToken, User

_SECRET: Final = re.compile(r"asd_[0-9a-f]{64}")


class Bearer(TokenAuthentication):
    """Knox, without its two surprises: odd bytes answer 401, and a GET deletes no expired token."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        """The person and the token; None without `Bearer`; AuthenticationFailed for a wrong one."""
        if _SECRET.search(request.META.get("QUERY_STRING", "")):
            raise AuthenticationFailed(
                "Tokens in addresses are refused, since addresses are logged. "
                "Send it in the Authorization header, and revoke this one."
            )
        try:
            found: tuple[User, APIToken] | None = super().authenticate(request)  # type: ignore[no-untyped-call]
        except UnicodeError:
            raise AuthenticationFailed("Incorrect API key provided.") from None
        return found

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isascii():
            raise AuthenticationFailed("Incorrect API key provided.")
        return super().authenticate_credentials(token)  # type: ignore[no-untyped-call]

    def _cleanup_token(self, auth_token: APIToken) -> bool:
        """Only says whether the token is over: the row stays for its owner to see."""
        return auth_token.is_expired

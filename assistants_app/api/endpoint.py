"""What holds at every address of `/v1`: counted, known by token, allowed by scope and role."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rest_framework.views import APIView

from assistants_app import policies
from assistants_app.actions import tokens
from assistants_app.api.errors import OutOfScope
from assistants_app.errors import Conflict
from assistants_app.models import storage
from assistants_app.policies import Actor

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from assistants_app.models import APIToken, Workspace
    from assistants_app.policies import Right


class Endpoint(APIView):
    """`rights` names, by method, what the call needs; the token selects the workspace."""

    http_method_names = ["get", "head", "post", "delete"]  # noqa: RUF012  # as Django declares it
    rights: ClassVar[dict[str, tuple[Right, ...]]] = {}

    @property
    def token(self) -> APIToken:
        return cast("APIToken", self.request.auth)

    @property
    def workspace(self) -> Workspace:
        workspace: Workspace = self.token.workspace
        return workspace

    @property
    def actor(self) -> Actor:
        """The token's owner by way of the token; nobody where no token was shown."""
        token = cast("APIToken | None", self.request.auth)
        number = getattr(self.request, "request_id", "")
        user = token.user if token else None
        return Actor(kind="token", source="api", user=user, token=token, request_id=number)

    def perform_authentication(self, request: Request) -> None:
        """Counts before it judges, so that wrong tokens are throttled too."""
        try:
            super().perform_authentication(request)
        finally:
            super().check_throttles(request)
        if request.auth is not None:
            tokens.used(self.token)

    def check_throttles(self, request: Request) -> None:
        """Done with the authentication."""

    def check_permissions(self, request: Request) -> None:
        """Raises OutOfScope, Conflict (`review_required`) or NotAllowed, in this order."""
        super().check_permissions(request)
        method = "GET" if request.method == "HEAD" else request.method or ""
        rights = self.rights.get(method, ())
        for right in rights:
            self._require_scope(right)
        if rights and method != "GET" and self.workspace.approvals > 0:
            raise Conflict("Changes here need a review first.", code="review_required")
        for right in rights:
            policies.require(self.actor, right, self.workspace, on=self.workspace)

    def handle_exception(self, exc: Exception) -> Response:
        """What the database undid for the sake of another is tried three times in all."""
        self._tries = getattr(self, "_tries", 1) + 1
        method = (self.request.method or "").lower()
        if not storage.is_collision(exc) or self._tries > storage.TRIES:
            return super().handle_exception(exc)
        try:
            self.initial(self.request, *self.args, **self.kwargs)
            handler = getattr(self, method, self.http_method_not_allowed)
            return cast("Response", handler(self.request, *self.args, **self.kwargs))
        except Exception as error:
            return self.handle_exception(error)

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {"Cache-Control": "private, no-store"}

    def _require_scope(self, right: Right) -> None:
        reach = (policies.SCOPE_RIGHTS.get(scope, frozenset()) for scope in self.token.scopes)
        if not any(right in rights for rights in reach):
            raise OutOfScope(
                "The scopes of this API key do not include this.",
                right=right,
                workspace_id=self.workspace.pk,
                on=("apitoken", self.token.audit_id),
            )

"""One's own API tokens in a workspace; the secret is shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import tokens
from assistants_app.errors import Invalid
from assistants_app.forms.workspaces import SCOPE_WORDS, TokenForm
from assistants_app.models import APIToken
from assistants_app.views import access, freshness, pages
from assistants_app.views.workspaces import settings_context

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.secret import Secret
    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
@freshness.required(back="workspace_tokens")
def token_list(request: Request, slug: str) -> HttpResponse:
    """Own tokens (an admin sees everybody's) and a form for another one."""
    workspace = access.workspace(request, slug)
    form = TokenForm(freshness.sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            _row, secret = tokens.create(workspace, actor=request.actor, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(invalid.field, str(invalid))
        else:
            return _page(request, workspace, TokenForm(), secret)
    return _page(request, workspace, form)


def _page(
    request: Request, workspace: Workspace, form: TokenForm, secret: Secret | None = None
) -> HttpResponse:
    rows = APIToken.objects.filter(workspace=workspace).select_related("user").order_by("-created")
    if not policies.allowed(request.actor, "settings.read", workspace):
        rows = rows.filter(user=request.user)
    context = {
        **settings_context(request, workspace, "workspace_tokens"),
        "rows": [(row, [SCOPE_WORDS[scope] for scope in sorted(row.scopes)]) for row in rows],
        "form": form,
        "secret": secret.reveal() if secret else "",
        "base_url": request.build_absolute_uri("/v1"),
    }
    status = pages.verdict(request, form)
    return pages.page(request, "workspaces/tokens.html", context, status=status)


@access.signed_in("POST")
@freshness.required(back="workspace_tokens")
def revoke(request: Request, slug: str, public_id: UUID) -> HttpResponse:
    """End a token at once."""
    workspace = access.workspace(request, slug)
    row = get_object_or_404(APIToken, workspace=workspace, public_id=public_id)
    tokens.revoke(row, actor=request.actor)
    messages.success(request, _("The token is revoked."))
    return pages.go(request, "workspace_tokens", slug)

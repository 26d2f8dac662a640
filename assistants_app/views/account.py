"""One's own account, and the one-click sign-in of the quickstart's sample people."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assistants_app.actions import people
from assistants_app.forms.account import ProfileForm
from assistants_app.models import User
from assistants_app.models.workspaces import ROLES
from assistants_app.views import access, pages

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
def profile(request: Request) -> HttpResponse:
    """Own name and theme."""
    person = request.user
    initial = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "theme": person.theme,
    }
    form = ProfileForm(pages.posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        people.update_own(person, actor=request.actor, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return pages.go(request, "account_profile")
    status = 422 if form.errors else 200
    return pages.page(request, "account/profile.html", {"form": form}, status=status)


@require_POST
def sample_signin(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in as a sample person: only in the quickstart's own process, only on this machine."""
    if not (settings.SAMPLE_SIGNIN and _is_here(request)):
        raise Http404
    person = get_object_or_404(User, pk=pk, is_sample=True, is_active=True)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    record_authentication(request, user=person, method="sample")
    return redirect("home")


def _is_here(request: HttpRequest) -> bool:
    return ip_address(request.META["REMOTE_ADDR"]).is_loopback


class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    """allauth's sign-in, with the sample people beside it while the quickstart runs here."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.SAMPLE_SIGNIN and _is_here(self.request):
            context["sample_people"] = _sample_people()
        return context


def _sample_people() -> list[User]:
    """The sample people, each with the roles they have somewhere, in one phrase."""
    rows = User.objects.filter(is_sample=True, is_active=True).prefetch_related("memberships")
    people = list(rows.order_by("pk"))
    for person in people:
        held = frozenset().union(*(row.roles for row in person.memberships.all()))
        person.roles = ", ".join(role for role in ROLES if role in held)  # type: ignore[attr-defined]
    return people

"""One's own account, and the one-click sign-in of the quickstart's sample people."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView, ReauthenticateView
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assistants_app.actions import people
from assistants_app.forms.account import ProfileForm
from assistants_app.forms.signing_in import LoginForm
from assistants_app.models import User
from assistants_app.models.workspaces import ROLES
from assistants_app.views import access, errors, factors, freshness, pages, passkeys

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

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
    status = pages.verdict(request, form)
    context = {"form": form, "person": person, "has_factor": is_mfa_enabled(person)}
    return pages.page(request, "account/profile.html", context, status=status)


@require_POST
def sample_signin(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in as a sample person: only in the quickstart's own process, only on this machine."""
    person = _sample(request, str(pk))
    if person is None:
        raise Http404
    _enter(request, person)
    return redirect(get_next_redirect_url(request) or "home")


def _sample(request: HttpRequest, pk: str) -> User | None:
    """The sample person of this number, where one may be without a password."""
    if not (_offers_samples(request) and pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return User.objects.filter(pk=int(pk), is_sample=True, is_active=True).first()


def _enter(request: HttpRequest, person: User) -> None:
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    record_authentication(request, user=person, method="sample")


def _offers_samples(request: HttpRequest) -> bool:
    """True in the quickstart's own process, for a browser on this machine."""
    return bool(settings.SAMPLE_SIGNIN) and ip_address(request.META["REMOTE_ADDR"]).is_loopback


class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    """allauth's sign-in, with the sample people beside it while the quickstart runs here."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["passkeys_work"] = passkeys.work(self.request)
        if _offers_samples(self.request):
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


@require_POST
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """The session ended while text was typed: sign in from where one is, and nothing is lost.

    204 tells the page to repeat what it was doing; who has a second factor is asked for it in
    between. Another person than before is refused: the text would be saved in their name. A sample
    person, who has no password, is back by one click.
    """
    if sample := _sample(request, request.POST.get("person", "")):
        _enter(request, sample)
        return _back(request)
    stage = factors.waiting(request) if "code" in request.POST else None
    if "code" in request.POST and stage is None:
        return again(request, status=422)  # they took too long
    form: Any = LoginForm(request.POST, request=request)
    if stage:
        form = factors.step(request, stage)
    if form.is_valid() and str(form.user.pk) != request.POST.get("person"):
        field = "code" if stage else "login"
        form.add_error(field, _("Sign in as the same person as before."))
    if not form.is_valid():
        return again(request, form, status=422)
    if stage:
        factors.passed(request, stage, form)
    else:
        form.login(request)
    if not request.user.is_authenticated:
        if stage := factors.waiting(request):
            return again(request, factors.step(request, stage), status=200)
        form.add_error("login", _("This account is switched off. Copy your text to keep it."))
        return again(request, form, status=422)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=204)
    response["HX-Trigger"] = errors.signed_in(request)
    return response


def again(request: HttpRequest, form: Form | None = None, *, status: int) -> HttpResponse:
    """The small form that the page shows in its dialog: name and password, a code, or one click."""
    person = request.POST.get("person") or request.headers.get("X-Person", "")
    if form is None and (stage := factors.waiting(request)):
        form = factors.step(request, stage)  # the password was said, the code not yet
    context = {
        "form": form or LoginForm(request=request),
        "person": person,
        "sample": _sample(request, person),
    }
    return render(request, "account/parts/_again.html", context, status=status)


class Reauthenticate(freshness.Cancellable, ReauthenticateView):  # type: ignore[misc]  # allauth has no types
    """allauth's "is it still you?"; a sample person, who has no password, says yes by one click."""

    @property
    def _is_sample(self) -> bool:
        return _offers_samples(self.request) and self.request.user.is_sample

    def _check_reauthentication_method_available(self, request: HttpRequest) -> Any:
        return (
            None if self._is_sample else super()._check_reauthentication_method_available(request)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"is_sample": self._is_sample}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self._is_sample:
            return super().post(request, *args, **kwargs)
        freshness.renew(request)
        return redirect(self.get_success_url())

    def form_valid(self, form: Any) -> Any:
        freshness.renew(self.request)
        return super().form_valid(form)

"""Everybody who signs in here, for the operator: accounts are switched off and on again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.actions import people, workspaces
from assistants_app.errors import Conflict
from assistants_app.models import User
from assistants_app.views import access, freshness, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request

SHOWN, SEARCH_MAX = 100, 200


@access.signed_in("GET")
def person_list(request: Request) -> HttpResponse:
    """The first hundred by name, or whom a search finds."""
    _operator(request)
    asked = request.GET.get("q", "").replace("\0", "")[:SEARCH_MAX].strip()
    rows = User.objects.order_by("first_name", "last_name", "username")
    for word in asked.split():
        rows = rows.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    found = list(rows.prefetch_related("memberships__workspace")[: SHOWN + 1])
    factors = set(
        Authenticator.objects.filter(user__in=found).values_list("user_id", flat=True).distinct()
    )
    context = {
        "rows": [(person, person.pk in factors) for person in found[:SHOWN]],
        "is_cut": len(found) > SHOWN,
        "q": asked,
    }
    return pages.page(request, "account/people.html", context)


@access.signed_in("GET", "POST")
def deactivate(request: Request, pk: int) -> HttpResponse:
    """Switch an account off; GET is the page that names the consequences."""
    person = _person(request, pk)
    return _decided(
        request,
        person,
        people.deactivate,
        heading=_("Switch off the account of %(who)s?") % {"who": person},
        action=_("Switch off"),
        done=_("The account of %(who)s is switched off.") % {"who": person},
        consequences=_consequences(person),
        danger=True,
    )


@access.signed_in("GET", "POST")
def reactivate(request: Request, pk: int) -> HttpResponse:
    """Switch an account on again."""
    person = _person(request, pk)
    return _decided(
        request,
        person,
        people.reactivate,
        heading=_("Switch the account of %(who)s on again?") % {"who": person},
        action=_("Switch on"),
        done=_("The account of %(who)s is on again.") % {"who": person},
        consequences=[
            _("They sign in with the password they had, and have the roles they had."),
            _("Approvals they gave count again where their text is unchanged."),
            _("Their API tokens work again unless they expired."),
        ],
    )


@access.signed_in("GET", "POST")
def remove_factors(request: Request, pk: int) -> HttpResponse:
    """Take away the second factors of somebody who lost them."""
    person = _person(request, pk)
    return _decided(
        request,
        person,
        people.remove_factors,
        heading=_("Remove the second factor of %(who)s?") % {"who": person},
        action=_("Remove"),
        done=_("%(who)s signs in with the password alone now.") % {"who": person},
        consequences=[
            _("Their password alone opens their account, so be sure that it is they who ask."),
            _("Their recovery codes are void, and they are signed out everywhere."),
        ],
        danger=True,
    )


@freshness.required()
def _decided(
    request: Request, /, person: User, verb: Any, *, done: str, **words: Any
) -> HttpResponse:
    """The page that asks, and what was answered."""
    if request.method == "GET":
        return pages.page(request, "account/person.html", {"person": person, **words})
    try:
        verb(person, actor=request.actor)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    else:
        messages.success(request, done)
    return pages.go(request, "person_list")


def _operator(request: Request) -> None:
    if not policies.is_operator(request.actor):
        raise Http404


def _person(request: Request, pk: int) -> User:
    _operator(request)
    return get_object_or_404(User, pk=pk)


def _consequences(person: User) -> list[str]:
    """What switching this account off brings about, in sentences."""
    changes = person.changes.open().count()
    words = ngettext(
        "%(n)s open change of theirs stays, for others to withdraw or copy.",
        "%(n)s open changes of theirs stay, for others to withdraw or copy.",
        changes,
    )
    rows = person.memberships.select_related("workspace")
    alone = [str(row.workspace) for row in rows if workspaces.is_last_admin(row)]
    return [
        _("They are signed out everywhere at once and cannot sign in any more."),
        _("Their API tokens stop working."),
        _("Approvals they gave stop counting; what they wrote stays."),
        *([words % {"n": changes}] if changes else []),
        *(_("%(name)s has no admin left then.") % {"name": name} for name in alone),
    ]

"""What happened that concerns this person: the bell, its page, and what comes by e-mail."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _

from assistants_app import notices, policies
from assistants_app.actions import notices as verbs
from assistants_app.forms.account import NoticesForm
from assistants_app.views import access, pages

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.models import AuditEntry
    from assistants_app.views.pages import Request

SHOWN = 50  # notices of the page
LOOKED = 300  # entries of which they are made
COUNTED = 100  # entries that the bell looks at; beyond it says "99+"


def _concerning(request: Request, *, after: int = 0) -> QuerySet[AuditEntry]:
    return notices.concerning(request.user, _held(request), after=after)


def _held(request: Request) -> dict[int, frozenset[str]]:
    return {row.pk: policies.roles(request.actor, row) for row in access.mine_of(request)}


def unread(request: Request) -> int:
    """How many things have news for this person, at most as many as entries are looked at."""
    read = request.user.notices_read
    return len(notices.news(request.user, _held(request), after=read, most=COUNTED))


@access.signed_in("GET")
def notice_list(request: Request) -> HttpResponse:
    """Newest first, one for each thing; what was not read yet is marked."""
    groups = notices.grouped(_concerning(request)[:LOOKED])
    read = request.user.notices_read
    found = notices.told(list(islice(groups, SHOWN)), read=read)
    context = {
        "notices": found,
        "unread": sum(one.is_unread for one in found),
        "until": max((one.entry.seq for one in found), default=0),
        "is_cut": len(groups) > SHOWN,
    }
    return pages.page(request, "home/notices.html", context)


@access.signed_in("POST")
def read(request: Request) -> HttpResponse:
    """Mark as read what the page showed; what came since stays new."""
    until = request.POST.get("until", "")
    if until.isascii() and until.isdigit() and len(until) < 19:
        verbs.read(request.user, actor=request.actor, until=int(until))
    return pages.go(request, "notice_list")


@access.signed_in("GET", "POST")
def how(request: Request) -> HttpResponse:
    """Which kinds of notice also come by e-mail."""
    person = request.user
    form = NoticesForm(pages.posted(request), initial=person.notices_by_mail)
    if request.method == "POST" and form.is_valid():
        verbs.choose(person, actor=request.actor, by_mail=form.cleaned_data)
        messages.success(request, _("Saved."))
        return pages.go(request, "account_notices")
    context = {"form": form, "sends_mail": settings.SENDS_MAIL, "address": person.email}
    status = pages.verdict(request, form)
    return pages.page(request, "account/notices.html", context, status=status)

"""One assistant: read first, then edit; one of its versions; into the archive and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import assistants, changes
from assistants_app.errors import Conflict
from assistants_app.models import Change, PushOrder, UpstreamCopy, Version
from assistants_app.views import (
    access,
    assistant_notices,
    assistant_tabs,
    badges,
    documents,
    findings,
    order_words,
    pages,
    shelves,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Assistant
    from assistants_app.views.pages import Request


@access.signed_in("GET")
def assistant(request: Request, pk: int) -> HttpResponse:
    """What is live; before that, what is proposed. Then its versions and what happened to it."""
    row = access.assistant(request, pk)
    context = head(request, row)
    context |= assistant_tabs.chosen(request, row, context["proposed"] or row)
    return pages.page(request, "assistants/assistant.html", context)


def head(request: Request, row: Assistant) -> dict[str, Any]:
    """What stands at the top of an assistant's pages: names, badges, what can be done."""
    order = PushOrder.objects.filter(assistant=row).select_related("desired_version").first()
    upstream = row.workspace.upstream
    held = list(row.changes.open().select_related("author").order_by("-pk"))
    mine = next((change for change in held if change.author_id == request.user.pk), None)
    held_by_others = [change for change in held if change != mine]
    roles = policies.roles(request.actor, row.workspace)
    proposed = None if row.live_version else row.changes.order_by("-pk").first()
    name = (proposed or row).name or row.answers_to
    needs_review = policies.needs_review_there(row)
    return {
        "assistant": row,
        "name": name,
        "order": order,
        "live": row.live_version,
        "proposed": proposed,
        "description": (proposed or row).description,
        "notices": assistant_notices.found(row, None if needs_review else order),
        "work": badges.work_badge(held[0] if held else None),
        "upstream": badges.upstream_badge(row, order, upstream.health if upstream else None),
        "checked": _checked(row, order) if upstream else "",
        "host": upstream.host if upstream else "",
        "needs_review": needs_review,
        "open_changes": held,
        "mine": mine,
        "others": held_by_others,
        "ask_whom": "" if roles & policies.RIGHTS["change.write"] else access.admins(row.workspace),
        "may_edit": bool(roles & policies.RIGHTS["change.write"]) and not row.is_archived,
        "may_archive": bool(roles & policies.RIGHTS["assistant.archive"]),
        "archived": badges.archived_badge() if row.is_archived else None,
        "crumbs": [*_crumbs(row), (name, "")],
    }


def _checked(row: Assistant, order: PushOrder | None) -> str:
    base = row.upstream_copies.filter(kind=UpstreamCopy.Kind.BASE).only("seen_at").first()
    is_live = order is not None and order.pushed_version_id == row.live_version_id
    return order_words.checked(order, base.seen_at) if base and is_live else ""


def _crumbs(row: Assistant) -> list[tuple[str, str]]:
    return [(_("Assistants"), f"{reverse('assistant_list')}?workspace={row.workspace.slug}")]


@access.signed_in("GET")
def version(request: Request, pk: int, n: int) -> HttpResponse:
    """One version in full, as it was or is live."""
    row = access.assistant(request, pk)
    versions = Version.objects.filter(assistant=row).select_related("by", "change")
    found = get_object_or_404(versions, number=n)
    numbers = list(versions.filter(number__in=(n - 1, n + 1)).values_list("number", flat=True))
    context = {
        "assistant": row,
        "version": found,
        "is_live": found.pk == row.live_version_id,
        "shown": documents.shown(found, shelves.names(row.workspace, found)),
        "older": n - 1 if n - 1 in numbers else None,
        "newer": n + 1 if n + 1 in numbers else None,
        "compare_url": _compared(row, found),
        "may_go_back": found.pk != row.live_version_id
        and not row.is_archived
        and policies.allowed(request.actor, "change.write", row.workspace),
        "crumbs": [
            *_crumbs(row),
            (str(row), reverse("assistant", args=[pk])),
            (_("Version %(n)s") % {"n": n}, ""),
        ],
    }
    return pages.page(request, "assistants/version.html", context)


def _compared(row: Assistant, version: Version) -> str:
    """What became of an earlier version; of the live one, what it changed."""
    if row.live_version and version.pk != row.live_version_id:
        return reverse("compare", args=[row.pk, f"{version.number}..live"])
    if version.number > 1:
        return reverse("compare", args=[row.pk, f"{version.number - 1}..{version.number}"])
    return ""


@access.signed_in("POST")
def change_open(request: Request, pk: int) -> HttpResponse:
    """Begin a change from the live version, or go on with the one this person has open."""
    row = access.assistant(request, pk)
    try:
        change: Change = changes.open(row, actor=request.actor)
    except Conflict as conflict:
        if conflict.code != "open_change":
            raise
        change = conflict.data["change"]
    if refused := findings.refused_url(change, request.POST.get("param", "")):
        return pages.go(request, refused)
    return pages.go(request, "change", change.pk)


@access.signed_in("GET", "POST")
def archive(request: Request, pk: int) -> HttpResponse:
    """Hide an assistant; the page that asks names what that means."""
    row = access.assistant(request, pk, "assistant.archive")
    if request.method == "POST":
        assistants.archive(row, actor=request.actor)
        return pages.go(request, "assistant", pk)
    return _asks(request, row, "archive", _consequences(row))


def _consequences(row: Assistant) -> list[str]:
    upstream = row.workspace.upstream
    found = [
        _("It is hidden from the list. You find it in the view Archived."),
        _("It is no longer served at /v1: whoever asks for it there is told it does not exist."),
    ]
    if upstream:
        host = {"host": upstream.host}
        found.append(_("It is no longer pushed. What %(host)s holds stays as it is.") % host)
    if row.changes.open().exists():
        found.append(_("Its open changes stay, and cannot go live before it is restored."))
    return found


@access.signed_in("GET", "POST")
def restore(request: Request, pk: int) -> HttpResponse:
    """Bring an archived assistant back."""
    row = access.assistant(request, pk, "assistant.archive")
    if request.method == "POST":
        assistants.restore(row, actor=request.actor)
        messages.success(request, _("“%(name)s” is back.") % {"name": row})
        return pages.go(request, "assistant", pk)
    consequences = [_("It is back in the list, as it was.")]
    if row.live_version_id:
        consequences.append(_("Its live version is served at /v1 again."))
    if row.workspace.upstream:
        consequences.append(_("What waits to be pushed is pushed."))
    return _asks(request, row, "restore", consequences)


def _asks(request: Request, row: Assistant, verb: str, consequences: list[str]) -> HttpResponse:
    words = {
        "archive": (_("Archive “%(name)s”?") % {"name": row}, _("Archive")),
        "restore": (_("Restore “%(name)s”?") % {"name": row}, _("Restore")),
    }
    heading, action = words[verb]
    url = reverse("assistant", args=[row.pk])
    context = {
        "heading": heading,
        "action": action,
        "action_url": request.path,
        "cancel_url": url,
        "consequences": consequences,
        "danger": verb == "archive",
        "crumbs": [*_crumbs(row), (str(row), url), (action, "")],
    }
    return pages.page(
        request, "assistants/confirm.html", context, parts={"dialog": "ui/parts/_confirm.html"}
    )

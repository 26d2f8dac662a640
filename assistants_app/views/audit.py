"""The audit log: read, filtered by what one may see; verified on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract, filters, keyset, policies
from assistants_app.models import Assistant, AuditEntry, PushOrder, User, Workspace
from assistants_app.models.audit import ACTIONS
from assistants_app.views import access, audit_words, pages, verifying

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.policies import Actor
    from assistants_app.views.pages import Request

ROWS = 50
SORTS = {"newest": keyset.Key("seq", descending=True, read=int)}


def readable(actor: Actor, workspace: Workspace) -> QuerySet[AuditEntry]:
    """The workspace's entries for those who may read them, else only one's own."""
    rows = AuditEntry.objects.filter(workspace_id=str(workspace.pk))
    if policies.allowed(actor, "audit.read", workspace):
        return rows
    return rows.filter(actor_id=actor.id)


@access.signed_in("GET")
def audit_list(request: Request) -> HttpResponse:
    """Newest first, a page behind a cursor; filters stand in the address, a wrong one is a 422."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    rows = readable(request.actor, workspace)
    people = _people(request, workspace, rows)
    found = filters.AuditFilter(request.GET, rows, request=request, people=people)
    form = keyset.PageForm(request.GET, sorts=SORTS, limit=ROWS)
    context = _context(request, workspace, people, found)
    if not (found.form.is_valid() & form.is_valid()):
        return _refused(request, context, form)
    asked = form.cleaned_data
    try:
        page = keyset.page(
            found.qs,
            SORTS["newest"],
            limit=asked["limit"],
            after=asked["after"],
            before=asked["before"],
        )
    except keyset.CursorError:
        form.add_error("after", _("This page link does not belong to this list."))
        return _refused(request, context, form)
    context |= {"entries": folded(told(page.rows)), "page": _pager(request, page)}
    return pages.page(request, "audit/list.html", context)


def _people(
    request: Request, workspace: Workspace, rows: QuerySet[AuditEntry]
) -> list[tuple[str, str]]:
    """Whom one can ask for: the members, and somebody who left but stands in the log."""
    if not policies.allowed(request.actor, "audit.read", workspace):
        return [(request.actor.id, request.user.display_name)]
    asked = request.GET.get("actor", "")
    members = Q(Exists(workspace.memberships.filter(user=OuterRef("pk"))))
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        members |= Q(pk=int(asked)) & Q(Exists(rows.filter(actor_id=asked)))
    found = User.objects.filter(members).order_by("first_name", "last_name", "pk")
    return [(str(row.pk), row.display_name) for row in found]


def _context(
    request: Request, workspace: Workspace, people: list[tuple[str, str]], found: Any
) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "") for name in found.filters}
    may_verify = policies.allowed(request.actor, "audit.verify", workspace)
    # A browser complains about a date field that holds no date.
    no_dates = dict.fromkeys(("since", "until") & found.form.errors.keys(), "")
    return {
        "workspace": workspace,
        "filters": asked | no_dates,
        "found": found.form,
        "is_filtered": any(asked.values()),
        "about": _about(request, asked["assistant"]),
        "families": [
            (value, label, [(action, ACTIONS[action]) for action in filters.actions_of(value)])
            for value, (label, _kinds) in filters.FAMILIES.items()
        ],
        "people": people,
        "sources": list(filters.SOURCES.items()),
        "outcomes": list(filters.OUTCOMES.items()),
        "clear_url": f"{reverse('audit_list')}?workspace={workspace.slug}",
        "may_verify": may_verify,
        "guard_restored": AuditEntry.guard_restored() if may_verify else None,
        "verified": verifying.latest(workspace) if may_verify else {},
        "sees_all": policies.allowed(request.actor, "audit.read", workspace),
        "verify_url": f"{reverse('audit_verify')}?workspace={workspace.slug}",
        "export_url": f"{reverse('audit_export')}?{_query(request, workspace)}",
    }


def _query(request: Request, workspace: Workspace) -> str:
    """The present filters, without the place in the list."""
    query = request.GET.copy()
    for name in ("after", "before", "limit"):
        query.pop(name, None)
    query["workspace"] = workspace.slug
    return query.urlencode()


def narrowed(request: Request, workspace: Workspace) -> filters.AuditFilter:
    """The entries that one may read, as the address narrows them."""
    rows = readable(request.actor, workspace)
    people = _people(request, workspace, rows)
    return filters.AuditFilter(request.GET, rows, request=request, people=people)


def _about(request: Request, pk: str) -> str:
    """The name of the assistant that the list is narrowed to."""
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return pk
    row = policies.visible(request.actor, Assistant.objects.filter(pk=pk)).first()
    return str(row or pk)


def _refused(request: Request, context: dict[str, Any], form: Any) -> HttpResponse:
    """422: which parameter of the address is wrong, and a way to a list that is right."""
    labels = {
        "actor": _("Who"),
        "action": _("What"),
        "source": _("Which way"),
        "outcome": _("Outcome"),
        "assistant": _("Assistant"),
        "since": _("From"),
        "until": _("To"),
    }
    errors = [
        (f"#f-{name}", f"{labels.get(name, name)}: {error}")
        for errors in (context["found"].errors, form.errors)
        for name, found in errors.items()
        for error in found
    ]
    return pages.page(request, "audit/list.html", context | {"errors": errors}, status=422)


def _pager(request: Request, page: keyset.Page[AuditEntry]) -> dict[str, str]:
    def url(**cursor: str) -> str:
        query = request.GET.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        query.update(cursor)
        return f"?{query.urlencode()}"

    return {
        "previous_url": url(before=page.before) if page.before else "",
        "next_url": url(after=page.after) if page.after else "",
    }


def told(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Each entry as a plain sentence, with the names that its ids have today: two queries."""
    rows = list(entries)
    bodies = audit_words.bodies(rows)
    known = audit_words.names(rows, bodies)
    return [_told(row, body, known) for row, body in zip(rows, bodies, strict=True)]


def _told(entry: AuditEntry, body: dict[str, Any], known: audit_words.Names) -> dict[str, Any]:
    is_change = entry.object_kind == "change" and entry.object_id.isdigit()
    assistant = known.assistants.get(entry.assistant_id, "")
    return {
        "entry": entry,
        "who": _who(entry, known),
        "is_system": entry.actor_kind == "system",
        "what": _(ACTIONS.get(entry.action, entry.action)),
        "about": assistant,
        "assistant_url": reverse("assistant", args=[int(entry.assistant_id)]) if assistant else "",
        "change": entry.object_id if is_change else "",
        "link": reverse("review", args=[int(entry.object_id)]) if is_change else "",
        "outcome": _outcome(entry.outcome),
        "recorded": audit_words.recorded(body, known),
        "times": 1,
    }


def _outcome(outcome: str) -> str:
    """In words: how it ended, or why a push stopped."""
    words = {"done": _("Done"), "refused": _("Refused"), "found": _("Found there")}
    if outcome in words:
        return words[outcome]
    reasons = dict(PushOrder.Reason.choices)
    return str(reasons.get(outcome, outcome.capitalize()))


def _who(entry: AuditEntry, known: audit_words.Names) -> str:
    nobody = _("The system") if entry.actor_kind == "system" else _("Someone")
    who = known.people.get(entry.actor_id, nobody)
    return _("An API token of %(who)s") % {"who": who} if entry.actor_kind == "token" else who


def folded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Successive edits of one change by one person become one line, which leads to the newest."""
    found: list[dict[str, Any]] = []
    for row in rows:
        if found and _continues(found[-1]["entry"], row["entry"]):
            n = found[-1]["times"] = found[-1]["times"] + 1
            found[-1]["first"] = row["entry"]
            words = ngettext("edited the change", "edited the change %(n)s times", n)
            found[-1]["what"] = words % {"n": n}
        else:
            found.append(dict(row))
    return found


def _continues(newer: AuditEntry, older: AuditEntry) -> bool:
    columns = ("action", "actor_kind", "actor_id", "object_id", "source", "outcome")
    same = all(getattr(newer, name) == getattr(older, name) for name in columns)
    return same and newer.action == "change.edited"


@access.signed_in("GET")
def audit_entry(request: Request, seq: int) -> HttpResponse:
    """One entry in full: what it recorded, and its place in the chain."""
    mine = Q(pk=seq, actor_id=request.actor.id)
    workspaces = access.mine_of(request)
    may = [str(row.pk) for row in workspaces if policies.allowed(request.actor, "audit.read", row)]
    entry = get_object_or_404(AuditEntry, mine | Q(pk=seq, workspace_id__in=may))
    place = next((row for row in workspaces if str(row.pk) == entry.workspace_id), None)
    if place:
        access.remember(request, place)
    body = audit_words.bodies([entry])[0]
    context = {
        "told": told([entry])[0],
        "entry": entry,
        "place": place,
        "before": body.get("before", ""),
        "after": body.get("after", ""),
        "body": contract.dumps(body, indent=2) if body else entry.body,
        "source": filters.SOURCES.get(entry.source, entry.source),
        "crumbs": [
            (_("Audit log"), reverse("audit_list")),
            (_("Entry %(seq)s") % {"seq": f"{seq:,}"}, ""),
        ],
    }
    return pages.page(request, "audit/entry.html", context)

"""The audit log: read, filtered by what one may see; verified on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, policies
from assistants_app.models import Assistant, AuditEntry, User
from assistants_app.models import chain as chains
from assistants_app.models.audit import ACTIONS
from assistants_app.views import access, pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor
    from assistants_app.views.pages import Request

SHOWN = 50


def readable(actor: Actor, workspace: Workspace) -> QuerySet[AuditEntry]:
    """The workspace's entries for those who may read them, else only one's own."""
    rows = AuditEntry.objects.filter(workspace_id=str(workspace.pk))
    if policies.allowed(actor, "audit.read", workspace):
        return rows
    return rows.filter(actor_id=actor.id)


@access.signed_in("GET")
def audit_list(request: Request) -> HttpResponse:
    """Newest first, 50 at a time behind a cursor; filters stand in the address."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    rows = _filtered(readable(request.actor, workspace), request)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(seq__lt=int(before))
    found = list(rows.order_by("-seq")[: SHOWN + 1])
    context = {
        "workspace": workspace,
        "entries": told(found[:SHOWN]),
        "page": _pager(request, found),
        "filters": request.GET,
        "actions": sorted(ACTIONS.items(), key=lambda pair: pair[1]),
        "people": User.objects.filter(memberships__workspace=workspace).order_by(
            "first_name", "pk"
        ),
        "may_verify": policies.allowed(request.actor, "audit.verify", workspace),
        "sees_all": policies.allowed(request.actor, "audit.read", workspace),
        "is_filtered": any(request.GET.get(name) for name in ("action", "actor", "source")),
        "verify_url": reverse("audit_verify"),
    }
    return pages.page(
        request, "audit/list.html", context, parts={"audit-rows": "audit/parts/_rows.html"}
    )


def _filtered(rows: QuerySet[AuditEntry], request: Request) -> QuerySet[AuditEntry]:
    if action := request.GET.get("action"):
        rows = rows.filter(action=action)
    if actor := request.GET.get("actor"):
        rows = rows.filter(actor_id=actor)
    if source := request.GET.get("source"):
        rows = rows.filter(source=source)
    return rows


def _pager(request: Request, found: list[AuditEntry]) -> dict[str, str]:
    query = request.GET.copy()
    query.pop("before", None)
    first = f"?{query.urlencode()}" if request.GET.get("before") else ""
    more = ""
    if len(found) > SHOWN:
        query["before"] = str(found[SHOWN - 1].seq)
        more = f"?{query.urlencode()}"
    return {"previous_url": first, "next_url": more, "summary": ""}


def told(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Each entry as a plain sentence, with the names that its ids have today."""
    rows = list(entries)
    names = {str(u.pk): u.display_name for u in User.objects.filter(pk__in=_ids(rows, "actor_id"))}
    objects = Assistant.objects.filter(pk__in=_ids(rows, "assistant_id"))
    assistants = {str(row.pk): str(row) for row in objects}
    return [_told(row, names, assistants) for row in rows]


def _ids(rows: Iterable[AuditEntry], column: str) -> set[int]:
    return {int(value) for row in rows if (value := getattr(row, column)).isdigit()}


def _told(entry: AuditEntry, names: dict[str, str], assistants: dict[str, str]) -> dict[str, Any]:
    nobody = _("The system") if entry.actor_kind == "system" else _("Someone")
    who = names.get(entry.actor_id, nobody)
    if entry.actor_kind == "token":
        who = _("An API token of %(who)s") % {"who": who}
    return {
        "entry": entry,
        "who": who,
        "is_system": entry.actor_kind == "system",
        "what": _(ACTIONS.get(entry.action, entry.action)),
        "about": assistants.get(entry.assistant_id, ""),
        "link": _link(entry),
    }


def _link(entry: AuditEntry) -> str:
    if entry.object_kind == "change":
        return reverse("review", args=[int(entry.object_id)])
    if entry.assistant_id:
        return reverse("assistant", args=[int(entry.assistant_id)])
    return ""


@access.signed_in("GET")
def audit_entry(request: Request, seq: int) -> HttpResponse:
    """One entry in full: its body as it was hashed, and its place in the chain."""
    mine = Q(pk=seq, actor_id=request.actor.id)
    workspaces = policies.workspaces(request.actor)
    may = [str(row.pk) for row in workspaces if policies.allowed(request.actor, "audit.read", row)]
    entry = get_object_or_404(AuditEntry, mine | Q(pk=seq, workspace_id__in=may))
    context = {
        "told": told([entry])[0],
        "entry": entry,
        "body": contract.dumps(contract.parse(entry.body), indent=2),
        "crumbs": [
            (_("Audit log"), reverse("audit_list")),
            (_("Entry %(seq)s") % {"seq": f"{seq:,}"}, ""),
        ],
    }
    return pages.page(request, "audit/entry.html", context)


@access.signed_in("POST")
def verify(request: Request) -> HttpResponse:
    """Walk the whole chain and say what was found."""
    workspace = access.current(request)
    if workspace is None:
        raise Http404
    policies.require(request.actor, "audit.verify", workspace, on=workspace)
    context = {"verdict": chains.verify(), "workspace": workspace}
    return pages.page(
        request, "audit/verified.html", context, parts={"verify": "audit/parts/_verdict.html"}
    )

"""The tabs of an assistant's page: what is live, its versions, its changes, what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import keyset, policies
from assistants_app.models import Review
from assistants_app.views import audit, badges, documents, shelves, version_words

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from assistants_app.models import Assistant, Change, Version
    from assistants_app.views.pages import Request

SHOWN = 25


def chosen(request: Request, row: Assistant, shown: Assistant | Change) -> dict[str, Any]:
    """The tab that the address names, and what it shows. `shown`: what the overview is about."""
    fill = {"history": _history, "changes": _changes, "activity": _activity}
    tab = request.GET.get("tab", "")
    tab = tab if tab in fill else "overview"
    context = {"tab": tab, "tabs": _tabs(row, tab)}
    if tab == "overview":
        return context | {"shown": documents.shown(shown, shelves.names(row.workspace, shown))}
    return context | fill[tab](request, row)


def _tabs(row: Assistant, current: str) -> list[dict[str, Any]]:
    url = reverse("assistant", args=[row.pk])
    labels = {
        "overview": _("Overview"),
        "history": _("History"),
        "changes": _("Changes"),
        "activity": _("Activity"),
    }
    return [
        {
            "label": label,
            "url": url if tab == "overview" else f"{url}?tab={tab}",
            "current": tab == current,
        }
        for tab, label in labels.items()
    ]


def _history(request: Request, row: Assistant) -> dict[str, Any]:
    """Versions, newest first: what each changed, and who approved exactly that."""
    rows = row.versions.select_related("by", "change").defer(
        *version_words.LONG, *(f"change__{name}" for name in version_words.LONG)
    )
    found = _paged(request, rows, keyset.Key("number", descending=True, read=int))
    versions: list[Version] = list(found["rows"])
    told, approved = version_words.told(row, versions), _approvals(versions)
    lines = [(one, told.get(one.pk, ""), approved.get(one.change_id or 0, [])) for one in versions]
    return found | {"lines": lines}


def _approvals(versions: list[Version]) -> dict[int, list[str]]:
    """Change → who approved the very text that became the version."""
    texts = {one.change_id: one.digest for one in versions if one.change_id}
    rows = Review.objects.filter(change__in=texts, decision=Review.Decision.APPROVED)
    found: dict[int, list[str]] = {}
    for review in rows.select_related("reviewer").only("change", "digest", "reviewer"):
        names = found.setdefault(review.change_id, [])
        if review.digest == texts[review.change_id] and str(review.reviewer) not in names:
            names.append(str(review.reviewer))
    return found


def _changes(request: Request, row: Assistant) -> dict[str, Any]:
    """Everything that was ever proposed, newest first."""
    rows = row.changes.select_related("author").defer(*version_words.LONG)
    found = _paged(request, rows, keyset.Key("pk", descending=True, read=int))
    return found | {"proposals": [(one, badges.work_badge(one)) for one in found["rows"]]}


def _activity(request: Request, row: Assistant) -> dict[str, Any]:
    """Its entries of the audit log, as far as this person may read them; edits are folded."""
    readable = audit.readable(request.actor, row.workspace)
    rows = readable.filter(assistant_id=str(row.pk))
    found = _paged(request, rows, keyset.Key("seq", descending=True, read=int))
    sees_all = policies.allowed(request.actor, "audit.read", row.workspace)
    return found | {"entries": audit.folded(audit.told(found["rows"])), "sees_all": sees_all}


def _paged(request: Request, rows: QuerySet[Any], key: keyset.Key) -> dict[str, Any]:
    after, before = (request.GET.get(name, "") for name in ("after", "before"))
    try:
        page: keyset.Page[Any] = keyset.page(rows, key, limit=SHOWN, after=after, before=before)
    except keyset.CursorError:
        page = keyset.page(rows, key, limit=SHOWN)
    url = f"?tab={request.GET.get('tab', '')}"
    links = {
        "previous_url": page.before and f"{url}&before={page.before}",
        "next_url": page.after and f"{url}&after={page.after}",
    }
    return {"rows": page.rows, "page": links}

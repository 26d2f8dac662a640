"""The editor's page: every part of a Change a form of its own, and what stands around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import changes
from assistants_app.forms.changes import FORMS, PARTS
from assistants_app.models import Review
from assistants_app.views import ability_cards, badges, documents, findings, pages, shelves

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.forms.parts import PartForm
    from assistants_app.models import Change
    from assistants_app.views.pages import Request


def mode(request: Request, row: Change) -> str:
    """How this person may work on it: `auto` saves by itself, `asked` by a button, or `read`."""
    workspace = row.assistant.workspace
    if not row.is_open or not policies.allowed(request.actor, "change.write", workspace):
        return "read"
    return "auto" if row.state in changes.EDITABLE else "asked"


def page(
    request: Request, row: Change, *, typed: PartForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """The page; `typed` is the part that was sent and comes back as it was typed."""
    checked = findings.check(row)
    how = mode(request, row)
    sent = {"form": typed, "was_sent": typed.slug if typed else ""}
    context = head(request, row) | {"mode": how, "checked": checked, **sent, **more}
    if how == "read":
        context["shown"] = documents.shown(row, shelves.names(row.assistant.workspace, row))
    else:
        context["forms"] = [part_form(slug, row, checked, typed) for slug in PARTS]
        for form in context["forms"]:
            form.look(request.GET)
        if _has_cards(request, row, typed):
            context["abilities"] = ability_cards.of(row, checked)
            typed_id, kind = more.get("shelf"), more.get("shelf_kind", "")
            context["shelves"] = shelves.all_of(row, typed=typed_id, kind=kind)
            context["settings"] = part_form("search", row, checked, typed)
    template = "changes/read.html" if how == "read" else "changes/editor.html"
    return pages.page(request, template, context, status=status)


def _has_cards(request: Request, row: Change, typed: PartForm | None) -> bool:
    """Abilities are cards, and JSON where somebody asked for that or where it cannot be read."""
    is_json = request.GET.get("abilities") == "json" or (typed and typed.slug == "abilities")
    return not is_json and ability_cards.is_readable(row)


def part_form(
    slug: str, row: Change, checked: findings.Checked, typed: PartForm | None
) -> PartForm:
    if typed is not None and typed.slug == slug:
        return typed
    form: PartForm = FORMS[slug](change=row)
    form.note(checked.problems)
    return form


def head(request: Request, row: Change) -> dict[str, Any]:
    """What stands at the top and the bottom of a Change's pages."""
    assistant = row.assistant
    is_own = row.author_id == request.user.pk
    right: policies.Right = "change.write" if is_own else "change.withdraw_any"
    return {
        "change": row,
        "assistant": assistant,
        "badge": badges.work_badge(row),
        "outdated": badges.outdated_badge() if row.is_outdated else None,
        "archived": badges.archived_badge() if assistant.is_archived else None,
        "wanted": _wanted(row),
        "is_own": is_own,
        "may_withdraw": row.is_open and policies.allowed(request.actor, right, assistant.workspace),
        "may_update": row.is_outdated
        and policies.allowed(request.actor, "change.write", assistant.workspace),
        "may_submit": row.state in changes.EDITABLE
        and policies.allowed(request.actor, "change.write", assistant.workspace),
        "crumbs": [
            (_("Assistants"), f"{reverse('assistant_list')}?workspace={assistant.workspace.slug}"),
            (str(assistant), reverse("assistant", args=[assistant.pk])),
            (_("Change %(n)s") % {"n": row.pk}, ""),
        ],
    }


def _wanted(row: Change) -> Review | None:
    """What a reviewer asked for instead, while that is what stands."""
    if row.state != row.State.CHANGES_REQUESTED:
        return None
    asked = row.reviews.filter(decision=Review.Decision.CHANGES_REQUESTED)
    return asked.select_related("reviewer").order_by("-pk").first()


def part(request: Request, row: Change, slug: str) -> HttpResponse:
    if not request.htmx or mode(request, row) == "read":
        return redirect(f"{reverse('change', args=[row.pk])}#form-{slug}")
    checked = findings.check(row)
    form = part_form(slug, row, checked, None)
    context = part_context(request, row, form, checked)
    response = render(request, form.frame, context)
    return pages.with_slots(response, request, {"merge": "changes/parts/_nothing.html"}, {})


def part_context(
    request: Request, row: Change, form: PartForm, checked: findings.Checked
) -> dict[str, Any]:
    """What one part is drawn from."""
    return findings.facts(row, checked) | {"form": form, "mode": mode(request, row)}

"""Review: what changes, who decided, approve, request changes, publish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, policies
from assistants_app.actions import changes, drift, publishing, push_bodies, reviews
from assistants_app.errors import Conflict, Invalid
from assistants_app.models import Change, Contribution, Review, Version
from assistants_app.views import access, badges, comparison, diff_view, pages, sending

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.policies import Standing
    from assistants_app.views.pages import Request

State = Change.State
STEPS = (State.DRAFT, State.IN_REVIEW, State.APPROVED, State.LIVE)
TABS = ("changes", "full")
SHOWN = 50
LONG = ("instructions", "tools", "tool_resources", "metadata", "response_format")


@access.signed_in("GET")
def review_list(request: Request) -> HttpResponse:
    """Changes that wait for a decision: those for me first, then the others."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    may = policies.allowed(request.actor, "change.review", workspace)
    context = {
        "may": may,
        "groups": [
            {"key": key, "title": title, "rows": list(rows[:SHOWN]), "has_more": len(rows) > SHOWN}
            for key, title, rows in _groups(request, workspace, may=may)
        ],
        "all_url": f"{reverse('assistant_list')}?workspace={workspace.slug}&view=in_review",
    }
    return pages.page(request, "reviews/list.html", context)


def _groups(
    request: Request, workspace: Workspace, *, may: bool
) -> list[tuple[str, str, list[Change]]]:
    """Each with one row more than is shown, where there are more."""
    rows = (
        Change.objects.filter(assistant__workspace=workspace)
        .select_related("assistant", "author")
        .defer(*LONG, *(f"assistant__{name}" for name in LONG))
    )
    own = Contribution.objects.filter(user=request.user, change=OuterRef("pk"))
    in_review = rows.filter(state=State.IN_REVIEW).order_by("submitted_at", "pk")
    others, mine = in_review.exclude(Exists(own)), in_review.filter(Exists(own))
    approved = rows.filter(state=State.APPROVED).order_by("-edited_at", "-pk")
    found = [
        ("waiting", _("Waiting for me") if may else _("In review"), others),
        ("mine", _("My changes in review"), mine),
        ("approved", _("Approved, not live yet"), approved),
    ]
    return [(key, title, list(group[: SHOWN + 1])) for key, title, group in found]


@access.signed_in("GET")
def review(request: Request, pk: int) -> HttpResponse:
    """One Change against its base, with everything a reviewer needs to decide."""
    change = access.change(request, pk)
    return _page(request, change)


def _page(request: Request, change: Change, *, status: int = 200, **more: Any) -> HttpResponse:
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "changes"
    view = diff_view.asked(request)
    base = change.base.document() if change.base else {}
    standing = policies.standing(change)
    sections = comparison.sections(base, change.document(), whole=view["whole"])
    problems = _problems(change, sections)
    context = {
        "change": change,
        "assistant": change.assistant,
        "badge": badges.work_badge(change),
        "steps": _steps(change),
        "tab": tab,
        "tabs": _tabs(change, tab, len(sections)),
        "view": view,
        "sections": sections,
        "settings": [one for one in sections if one.kind == "value"],
        "unchanged": comparison.unchanged(base, change.document()),
        "standing": standing,
        "missing": max(standing.needed - len(standing.counting), 0),
        "decisions": _decisions(change, standing),
        "problems": problems,
        "fits": not any(problem.level == "error" for problem in problems),
        "may": _may(request, change, standing),
        "body": contract.dumps(_body(change), indent=2) if tab == "full" else "",
        "version": _version(change),
        "crumbs": _crumbs(change),
        **more,
    }
    return pages.page(request, "reviews/review.html", context, status=status)


def _problems(change: Change, sections: list[comparison.Section]) -> list[contract.Problem]:
    """The checks; a hidden character that this change adds is told more loudly by its section."""
    loud = {section.field for section in sections if section.hidden}
    return [
        problem
        for problem in changes.problems(change)
        if not (problem.code == "invisible_text" and problem.path and problem.path[0] in loud)
    ]


def _crumbs(change: Change) -> list[tuple[str, str]]:
    assistant = change.assistant
    return [
        (_("Assistants"), f"{reverse('assistant_list')}?workspace={assistant.workspace.slug}"),
        (str(assistant), reverse("assistant", args=[assistant.pk])),
        (_("Change %(pk)s") % {"pk": change.pk}, ""),
    ]


def _version(change: Change) -> Version | None:
    """What a Live change became."""
    if change.state != State.LIVE:
        return None
    return Version.objects.filter(change=change).only("number", "assistant_id").first()


def _steps(change: Change) -> list[dict[str, str]]:
    state = State.DRAFT if change.state == State.CHANGES_REQUESTED else State(change.state)
    if state == State.WITHDRAWN:
        return []
    at = STEPS.index(state) + (state == State.LIVE)
    marks = ["done"] * at + ["now"] + [""] * len(STEPS)
    return [{"label": str(step.label), "state": marks[i]} for i, step in enumerate(STEPS)]


def _tabs(change: Change, current: str, parts: int) -> list[dict[str, Any]]:
    url = reverse("review", args=[change.pk])
    return [
        {"label": _("Changes"), "url": url, "current": current == "changes", "count": parts},
        {
            "label": _("Everything, as it will be"),
            "url": f"{url}?tab=full",
            "current": current == "full",
        },
    ]


def _decisions(change: Change, standing: Standing) -> list[dict[str, Any]]:
    """Each decision so far with what it is worth now, newest first."""
    counting = {review.pk for review in standing.counting}
    found = []
    for row in change.reviews.select_related("reviewer").order_by("-pk"):
        is_older = row.digest != change.digest
        found.append({"review": row, "counts": row.pk in counting, "is_older": is_older})
    return found


def _may(request: Request, change: Change, standing: Standing) -> dict[str, Any]:
    """What this person can do here, and the reason in words for what they cannot do now."""
    actor, workspace = request.actor, change.assistant.workspace
    can_review = policies.allowed(actor, "change.review", workspace)
    can_publish = policies.allowed(actor, "change.publish", workspace)
    wrote = policies.why_not_review(actor, change) if can_review else ""
    already = any(r.reviewer_id == request.user.pk for r in standing.counting)
    in_review, approved = change.state == State.IN_REVIEW, change.state == State.APPROVED
    stalled = _stalled(change, standing)
    can_approve = (in_review or bool(stalled)) and can_review and not wrote and not already
    last = len(standing.counting) + 1 >= standing.needed
    drifted = can_publish and (in_review or approved) and bool(drift.blocks(change))
    can_publish = can_publish and not drifted
    ready = approved and not stalled
    return {
        "own": change.author_id == request.user.pk,
        "edit": change.is_open and policies.allowed(actor, "change.write", workspace),
        "approve": can_approve,
        "request": (in_review or approved) and can_review and not wrote,
        "approve_and_publish": can_approve and can_publish and last and not change.is_outdated,
        "publish": ready and can_publish and not change.is_outdated,
        "drifted": drifted and (ready or last),
        "stalled": stalled,
        "why_not": _why_not(wrote, already=already) if in_review or stalled else "",
        "publishers": _publishers(change) if ready and not (can_publish or drifted) else [],
    }


def _stalled(change: Change, standing: Standing) -> str:
    """Why an Approved change has too few approvals now, in words; empty where they are enough."""
    if change.state != State.APPROVED or standing.is_enough:
        return ""
    workspace = change.assistant.workspace
    given = [
        row
        for row in standing.earlier
        if row.decision == Review.Decision.APPROVED and row.digest == change.digest
    ]
    if any(row.rules_no != workspace.rules_no for row in given):
        return _("The review rules of this workspace changed since it was approved.")
    if any(row.connection_print != workspace.connection_print for row in given):
        return _("The connection of this workspace changed since it was approved.")
    return _("Someone who approved it cannot review here any more.")


def _why_not(wrote: str, *, already: bool) -> str:
    return _("You approved this text. It needs one more person.") if already else _(wrote or "")


def _publishers(change: Change) -> list[str]:
    rows = change.assistant.workspace.memberships.filter(user__is_active=True)
    return [
        row.user.display_name
        for row in rows.select_related("user")
        if row.roles & policies.RIGHTS["change.publish"]
    ]


def _body(change: Change) -> contract.Document:
    """Exactly what a push of this text sends; without a connection, what `/v1` answers."""
    assistant = change.assistant
    if assistant.workspace.upstream:
        return push_bodies.preview_body(change)
    stamp = int(assistant.created_at.timestamp())
    return contract.served(change.document(), id=assistant.answers_to, created_at=stamp)


@access.signed_in("POST")
def approve(request: Request, pk: int) -> HttpResponse:
    """Approve what was shown; with `publish` also publish, where this was the last one needed."""
    change = access.change(request, pk)
    try:
        decided = reviews.approve(
            change,
            actor=request.actor,
            digest=request.POST.get("digest", ""),
            note=request.POST.get("note", ""),
        )
    except Conflict as conflict:
        return _moved(request, change, conflict)
    if request.POST.get("publish") and decided.state == State.APPROVED:
        return _publish(request, decided)
    messages.success(request, _("You approved this change."))
    return pages.go(request, "review", pk)


@access.signed_in("POST")
def request_changes(request: Request, pk: int) -> HttpResponse:
    """Ask for something else; the note is required and comes back when it is missing."""
    change = access.change(request, pk)
    note = request.POST.get("note", "")
    try:
        reviews.request_changes(
            change, actor=request.actor, digest=request.POST.get("digest", ""), note=note
        )
    except Conflict as conflict:
        return _moved(request, change, conflict, note=note)
    except Invalid as invalid:
        errors = [("#id_note", str(invalid))]
        return _page(request, change, status=422, note=note, note_error=invalid, errors=errors)
    messages.success(request, _("You requested changes."))
    return pages.go(request, "review", pk)


@access.signed_in("GET", "POST")
def publish(request: Request, pk: int) -> HttpResponse:
    """Publish an approved Change; GET is the page that asks and says what will happen."""
    change = access.change(request, pk, "change.publish")
    if request.method == "POST":
        return _publish(request, change)
    if change.state != State.APPROVED:
        return redirect("review", pk)
    upstream = change.assistant.workspace.upstream
    base = change.base.document() if change.base else {}
    newest = change.assistant.versions.order_by("-number").first()
    context = {
        "change": change,
        "number": newest.number + 1 if newest else 1,
        "host": upstream.host if upstream else "",
        "consequences": [comparison.summary(base, change.document())] if base else [],
        "sending": sending.of_change(change),
        "crumbs": _crumbs(change),
    }
    return pages.page(request, "reviews/publish.html", context)


def _publish(request: Request, change: Change) -> HttpResponse:
    try:
        version = publishing.publish(change, actor=request.actor)
    except Conflict as conflict:
        return _moved(request, change, conflict)
    text = _("Version %(n)s is live.") % {"n": version.number}
    if change.assistant.workspace.upstream:
        text = _("Version %(n)s is live here and is being pushed.") % {"n": version.number}
    messages.success(request, text)
    return pages.go(request, "assistant", change.assistant_id)


def _moved(request: Request, change: Change, conflict: Conflict, **more: Any) -> HttpResponse:
    """409: the page as it stands now, with what happened and what was typed."""
    now = access.change(request, change.pk)
    return _page(request, now, status=409, conflict=str(conflict), **more)

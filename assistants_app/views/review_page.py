"""Everything the review page of a Change shows, and what this person can do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, policies
from assistants_app.actions import changes, drift, push_bodies, reviews, shown
from assistants_app.models import AuditEntry, Change, Review, User, Version
from assistants_app.views import (
    badges,
    comparison,
    diff_view,
    discussion,
    documents,
    findings,
    pages,
    sending,
    shelves,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from assistants_app.policies import Standing
    from assistants_app.views.comparison import Section
    from assistants_app.views.pages import Request

State = Change.State
STEPS = (State.DRAFT, State.IN_REVIEW, State.APPROVED, State.LIVE)
TABS = ("changes", "discussion", "checks", "full")
SETTINGS = "settings"  # all that fit in a line are one part


def show(request: Request, change: Change, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page, in the tab that the address asks for."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "changes"
    since = _since(request, change)
    before = since or (change.base.document() if change.base else {})
    talks = discussion.of(request, change)
    view = diff_view.asked(request)
    sections = comparison.sections(
        before,
        change.document(),
        whole=view["whole"],
        opened=diff_view.opened(request),
        marked=talks.marked(),
    )
    standing = policies.standing(change)
    problems = _problems(change, sections)
    context = {
        "change": change,
        "assistant": change.assistant,
        "badge": badges.work_badge(change),
        "steps": steps(change),
        "tab": tab,
        "tabs": _tabs(change, tab, sections, talks, problems),
        "standing": standing,
        "missing": max(standing.needed - len(standing.counting), 0),
        "decisions": _decisions(change, standing),
        "problems": findings.of_document(change, problems),
        "fits": not any(problem.level == "error" for problem in problems),
        "sections": sections,
        "summary": comparison.summary(before, change.document()) if change.base else "",
        "talks": talks,
        "may": may(request, change, standing),
        "seen": seen(request, change),
        "since": since,
        "looked": None if since else _looked(request, change),
        "version": _version(change),
        "crumbs": crumbs(change),
        **_of_tab(request, change, tab, sections, talks, is_whole=since is None),
        "view": view,
        **more,
    }
    return pages.page(request, "reviews/review.html", context, status=status)


def _of_tab(
    request: Request,
    change: Change,
    tab: str,
    sections: list[Section],
    talks: discussion.Discussion,
    *,
    is_whole: bool,
) -> dict[str, Any]:
    """What only one of the tabs needs."""
    if tab == "full":
        body = contract.dumps(_body(change), indent=2)
        return {
            "body": body,
            "shown": documents.shown(change, shelves.names(change.assistant.workspace, change)),
            "sending": sending.of_change(change),
        }
    if tab != "changes":
        return {"may_comment": discussion.may_comment(request, change)}
    parts = {section.field for section in sections}
    here = reverse("review", args=[change.pk])
    says = is_whole and discussion.may_comment(request, change)
    return {
        "settings": [one for one in sections if one.kind == "value"],
        "unchanged": comparison.unchanged(
            change.base.document() if change.base else {}, change.document()
        ),
        "beside": talks.beside(request) if is_whole else {},
        "elsewhere": talks.elsewhere(parts) if is_whole else [],
        "query": f"{here}?" if is_whole else f"{here}?since={request.GET['since']}&",
        "on_parts": talks.on_parts(request) if is_whole else {},
        "may_see": discussion.may_wait(request, change) and is_whole,
        "comment_url": reverse("comment_new", args=[change.pk]) if says else "",
        "changes": sum(section.changes for section in sections),
        "about": _("change %(pk)s") % {"pk": change.pk},
    }


def fold(request: Request, change: Change) -> HttpResponse | None:
    """The lines behind a fold, when htmx asks for them."""
    before = _since(request, change) or (change.base.document() if change.base else {})
    says = discussion.may_comment(request, change) and not request.GET.get("since")
    url = reverse("comment_new", args=[change.pk]) if says else ""
    part = request.GET.get("part", "")
    comment_url = f"{url}?part={part}&at=" if url else ""
    return diff_view.fold(request, before, change.document(), comment_url=comment_url)


def _since(request: Request, change: Change) -> contract.Document | None:
    """The text that the person saw before, where only what changed since is asked for."""
    digest = request.GET.get("since", "")
    return shown.text_of(change, digest) if len(digest) == 64 else None


def _looked(request: Request, change: Change) -> Review | None:
    """This person's last decision, where it was about another text that is still known."""
    mine = change.reviews.filter(reviewer=request.user).order_by("-pk").first()
    if mine is None or mine.digest == change.digest or not change.is_open:
        return None
    return mine if change.shown_texts.filter(digest=mine.digest).exists() else None


def editor_of(change: Change) -> tuple[str, datetime]:
    """Who changed the text last, and when."""
    rows = AuditEntry.objects.filter(
        object_kind="change",
        object_id=str(change.pk),
        action__in=("change.edited", "change.updated"),
    )
    entry = rows.order_by("-seq").first()
    person = User.objects.filter(pk=entry.actor_id).first() if entry and entry.actor_id else None
    return (
        person.display_name if person else _("Someone")
    ), entry.at if entry else change.edited_at


def _problems(change: Change, sections: list[Section]) -> list[contract.Problem]:
    """The checks; a hidden character that this change adds is told more loudly by its section."""
    loud = {section.field for section in sections if section.hidden}
    return [
        problem
        for problem in changes.problems(change)
        if not (problem.code == "invisible_text" and problem.path and problem.path[0] in loud)
    ]


def crumbs(change: Change) -> list[tuple[str, str]]:
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


def steps(change: Change) -> list[dict[str, str]]:
    """Draft, In review, Approved, Live: which are done and which is now."""
    state = State.DRAFT if change.state == State.CHANGES_REQUESTED else State(change.state)
    if state == State.WITHDRAWN:
        return []
    at = STEPS.index(state) + (state == State.LIVE)
    marks = ["done"] * at + ["now"] + [""] * len(STEPS)
    return [{"label": str(step.label), "state": marks[i]} for i, step in enumerate(STEPS)]


def _tabs(
    change: Change,
    current: str,
    sections: list[Section],
    talks: discussion.Discussion,
    problems: list[contract.Problem],
) -> list[dict[str, Any]]:
    url = reverse("review", args=[change.pk])
    found = [
        ("changes", _("Changes"), len(sections), False),
        ("discussion", _("Discussion"), len(talks.talks) or None, False),
        ("checks", _("Checks"), len(problems) or None, any(p.level == "error" for p in problems)),
        ("full", _("Everything, as it will be"), None, False),
    ]
    return [
        {
            "label": label,
            "url": url if name == "changes" else f"{url}?tab={name}",
            "current": name == current,
            "count": count,
            "bad": bad,
        }
        for name, label, count, bad in found
    ]


def _decisions(change: Change, standing: Standing) -> list[dict[str, Any]]:
    """Each decision so far with what it is worth now, newest first."""
    counting = {review.pk for review in standing.counting}
    found = []
    for row in change.reviews.select_related("reviewer").order_by("-pk"):
        is_older = row.digest != change.digest
        found.append({"review": row, "counts": row.pk in counting, "is_older": is_older})
    return found


def may(request: Request, change: Change, standing: Standing) -> dict[str, Any]:
    """What this person can do here, and the reason in words for what they cannot do now."""
    actor, workspace = request.actor, change.assistant.workspace
    can_review = policies.allowed(actor, "change.review", workspace)
    can_publish = policies.allowed(actor, "change.publish", workspace)
    wrote = policies.why_not_review(actor, change) if can_review else ""
    already = any(r.reviewer_id == request.user.pk for r in standing.counting)
    in_review, approved = change.state == State.IN_REVIEW, change.state == State.APPROVED
    stalled = _stalled(change, standing)
    wanted = (in_review or bool(stalled)) and can_review and not wrote and not already
    not_yet = reviews.why_not_yet(change) if wanted else ""
    last = len(standing.counting) + 1 >= standing.needed
    drifted = can_publish and (in_review or approved) and bool(drift.blocks(change))
    can_publish = can_publish and not drifted
    ready = approved and not stalled and not change.is_outdated
    can_approve = wanted and not not_yet
    return {
        "own": change.author_id == request.user.pk,
        "edit": change.is_open and policies.allowed(actor, "change.write", workspace),
        "approve": can_approve,
        "wait": wanted,
        "request": (in_review or approved) and can_review and not wrote,
        "approve_and_publish": can_approve and can_publish and last,
        "publish": ready and can_publish,
        "drifted": drifted and (ready or last),
        "stalled": stalled,
        "why_not": not_yet or (_why_not(wrote, already=already) if in_review or stalled else ""),
        "publishers": _publishers(change) if ready and not (can_publish or drifted) else [],
        "others": _others(request, change, standing) if in_review or stalled else [],
    }


def _others(request: Request, change: Change, standing: Standing) -> list[str]:
    """Names of those who can approve it besides this person."""
    done = {review.reviewer_id for review in standing.counting} | {request.user.pk}
    return [one.display_name for one in policies.reviewers(change) if one.pk not in done]


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


# --- what was seen --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The parts that differ, each with the digest of what it says, and those marked as seen."""

    parts: dict[str, str]
    marked: frozenset[str]

    @property
    def count(self) -> int:
        return len(self.marked)

    @property
    def missing(self) -> int:
        """Whoever marks parts is reminded of those that are left; whoever does not, is not."""
        return len(self.parts) - self.count if self.count else 0


def seen(request: Request, change: Change) -> Seen:
    """What this person has marked as seen of the Change as it is now."""
    base = change.base.document() if change.base else {}
    document = change.document()
    parts: dict[str, dict[str, Any]] = {}
    for field, kind, *_sides in shown.facts(base, document):
        part = SETTINGS if kind == "value" else field
        parts.setdefault(part, {})[field] = document.get(field)
    digests = {part: contract.digest(contract.dumps(values)) for part, values in parts.items()}
    rows = change.seen.filter(user=request.user).values_list("part", "digest")
    return Seen(digests, frozenset(part for part, digest in rows if digests.get(part) == digest))

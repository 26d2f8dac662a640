"""Who may: one table of roles and rights, and predicates over it (security.md section 2).

Roles are read from the database each time they are asked for; only a request that just reads may
keep them until it is answered (`Actor.known`). Nothing is inherited. The operator (superuser) has
no right inside a workspace without a Membership.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from assistants_app.errors import NotAllowed
from assistants_app.models import (
    Assistant,
    Change,
    Membership,
    PushOrder,
    Review,
    User,
    Workspace,
)

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from assistants_app.models import APIToken, Thread, Version

    Rows = TypeVar("Rows", bound=QuerySet[Any])

Right = Literal[
    "workspace.read",
    "change.comment",
    "change.write",
    "change.review",
    "change.publish",
    "change.withdraw_any",
    "push",
    "assistant.archive",
    "assistant.delete",
    "settings.read",
    "settings.write",
    "audit.read",
    "audit.verify",
]
_EVERYONE = frozenset({"viewer", "editor", "reviewer", "publisher", "auditor", "admin"})
RIGHTS: dict[str, frozenset[str]] = {
    "workspace.read": _EVERYONE,
    "change.comment": _EVERYONE - {"auditor"},
    "change.write": frozenset({"editor", "reviewer", "publisher", "admin"}),
    "change.review": frozenset({"reviewer", "publisher", "admin"}),
    "change.publish": frozenset({"publisher", "admin"}),
    "change.withdraw_any": frozenset({"admin"}),
    "push": frozenset({"publisher", "admin"}),
    "assistant.archive": frozenset({"publisher", "admin"}),
    "assistant.delete": frozenset({"admin"}),
    "settings.read": frozenset({"auditor", "admin"}),
    "settings.write": frozenset({"admin"}),
    "audit.read": frozenset({"publisher", "auditor", "admin"}),
    "audit.verify": frozenset({"auditor", "admin"}),
}
# What each token scope can reach at most. Approval is never possible by token.
SCOPE_RIGHTS: dict[str, frozenset[str]] = {
    "assistants:read": frozenset({"workspace.read"}),
    "assistants:write": frozenset({"change.write", "change.publish", "assistant.delete"}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it and by which way in: what every action takes and every audit entry names.

    `source` is web, api, command, worker or quickstart.
    """

    kind: Literal["person", "token", "system"]
    source: str
    user: User | None = None
    token: APIToken | None = None
    request_id: str = ""
    # Workspace id → roles, all of them once read. Given to requests that only read: whoever writes
    # asks the database, inside the transaction, what holds there.
    known: dict[int, frozenset[str]] | None = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> str:
        return str(self.user.pk) if self.user else ""

    @property
    def person(self) -> User:
        """Who it is, where only people and their tokens get to."""
        if self.user is None:
            raise TypeError("This takes a person, not the system.")
        return self.user


def system(source: str) -> Actor:
    """The product itself: the runner and the commands."""
    return Actor(kind="system", source=source)


def is_operator(actor: Actor) -> bool:
    """True for the operator in person: not by token, and not once deactivated."""
    user = actor.user
    return actor.kind == "person" and user is not None and user.is_active and user.is_superuser


def roles(actor: Actor, workspace: Workspace) -> frozenset[str]:
    """The roles that count now: none for strangers, people who left, foreign or expired tokens."""
    if actor.user is None or not actor.user.is_active or workspace.archived_at:
        return frozenset()
    if actor.token and (actor.token.workspace_id != workspace.pk or actor.token.is_expired):
        return frozenset()
    held = Membership.objects.filter(user=actor.user)
    if actor.known is None:
        row = held.filter(workspace=workspace).first()
        return row.roles if row else frozenset()
    if not actor.known:
        actor.known.update({row.workspace_id: row.roles for row in held})
    return actor.known.get(workspace.pk, frozenset())


def allowed(actor: Actor, right: Right, workspace: Workspace) -> bool:
    """True when a role of the actor in this workspace, and for a token its scope, gives `right`."""
    if actor.token and not any(
        right in SCOPE_RIGHTS.get(scope, frozenset()) for scope in actor.token.scopes
    ):
        return False
    return bool(RIGHTS[right] & roles(actor, workspace))


def require(actor: Actor, right: Right, workspace: Workspace, *, on: Model | None = None) -> None:
    """Raise NotAllowed unless `allowed`; `on` names the object for the audit log."""
    if not allowed(actor, right, workspace):
        raise refusal("Your role in this workspace does not include this.", right, workspace, on)


def require_self(user: User, actor: Actor) -> None:
    """Raise NotAllowed unless the actor is this person, and not by token."""
    if actor.kind != "person" or actor.user is None or actor.user.pk != user.pk:
        raise NotAllowed("Only this person can do this.", right="account.own")


def refusal(message: str, right: Right, workspace: Workspace, on: Model | None) -> NotAllowed:
    """The NotAllowed that names its object in the audit log's words."""
    name = (on._meta.model_name or "", str(on.pk)) if on else ("", "")
    return NotAllowed(message, right=right, workspace_id=workspace.pk, on=name)


def workspaces(actor: Actor) -> QuerySet[Workspace]:
    """The workspaces that the actor belongs to; everything else does not exist for them."""
    if actor.user is None or not actor.user.is_active:
        return Workspace.objects.none()
    if actor.token and actor.token.is_expired:
        return Workspace.objects.none()
    rows = Workspace.objects.filter(memberships__user=actor.user, archived_at=None)
    return rows.filter(pk=actor.token.workspace_id) if actor.token else rows


def visible(actor: Actor, rows: Rows, *, by: str = "workspace") -> Rows:
    """`rows` cut down to the actor's workspaces; `by` is the path from a row to its workspace."""
    return rows.filter(**{f"{by}__in": workspaces(actor)})


def wrote_in(user: User | None, change: Change) -> bool:
    """True when this person wrote any part of the Change, themselves or by a token of theirs."""
    return user is not None and change.contributions.filter(user=user).exists()


def why_not_review(actor: Actor, change: Change) -> str:
    """The reason, in words, why the actor cannot approve this Change; empty when they can."""
    if actor.kind != "person" or not allowed(actor, "change.review", change.assistant.workspace):
        return "Your role in this workspace does not include this."
    if wrote_in(actor.user, change):
        return "You wrote this change, so someone else must approve it."
    return ""


def why_not_settle(actor: Actor, thread: Thread) -> str:
    """The reason, in words, why the actor cannot settle this comment; empty when they can."""
    user = actor.user
    if wrote_in(user, thread.change) or (user and thread.change.author_id == user.pk):
        return ""
    if user and thread.comments.filter(author=user).exists():
        return ""
    return "Whoever wrote the change or commented here can settle this."


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a Change's approval has come: `counting` of `needed`, and older decisions."""

    needed: int
    counting: tuple[Review, ...]
    earlier: tuple[Review, ...]

    @property
    def is_enough(self) -> bool:
        return len(self.counting) >= self.needed


def standing(change: Change) -> Standing:
    """Which Reviews count for exactly this content, base, address and rules (section 4.4)."""
    workspace = change.assistant.workspace
    bound = (change.digest, change.base_id, workspace.connection_print, workspace.rules_no)
    latest: dict[int, Review] = {}
    reviews = list(
        change.reviews.exclude(decision=Review.Decision.COMMENTED).select_related("reviewer")
    )
    for review in reviews:
        latest[review.reviewer_id] = review
    may = _who_may_review(workspace, change) if latest else set()
    counting = tuple(
        review
        for review in latest.values()
        if review.decision == Review.Decision.APPROVED
        and (review.digest, review.base_id, review.connection_print, review.rules_no) == bound
        and review.reviewer_id in may
    )
    earlier = tuple(review for review in reviews if review not in counting)
    return Standing(needed=workspace.approvals, counting=counting, earlier=earlier)


def may_go(version: Version) -> bool:
    """Whether enough people approved that this Version goes to the server of now.

    What was taken in from another server was never approved by anybody here.
    """
    if version.assistant.workspace.approvals == 0:
        return True
    return version.change is not None and standing(version.change).is_enough


def needs_review_there(assistant: Assistant) -> bool:
    """True when what is live is not at the workspace's server, for want of an approval that holds
    for that one: then the same text may be reviewed once more.
    """
    version = assistant.live_version
    if version is None or assistant.is_archived or assistant.workspace.upstream is None:
        return False
    order = PushOrder.objects.filter(assistant=assistant).first()
    is_held = order is None or order.reason == PushOrder.Reason.APPROVAL
    return is_held and not may_go(version)


def reviewers(change: Change) -> list[User]:
    """Who may decide on this Change now, by name."""
    rows = User.objects.filter(pk__in=_who_may_review(change.assistant.workspace, change))
    return sorted(rows, key=lambda person: person.display_name)


def _who_may_review(workspace: Workspace, change: Change) -> set[int]:
    wrote = set(change.contributions.values_list("user_id", flat=True))
    members = workspace.memberships.filter(user__is_active=True)
    able = {row.user_id for row in members if row.roles & RIGHTS["change.review"]}
    return able - wrote

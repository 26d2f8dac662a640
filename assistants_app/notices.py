"""Notices: what the audit log holds that concerns one person. Only how far they read is stored.

The page and the e-mails ask the same questions; an e-mail carries no text of an assistant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, CharField, Exists, F, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import policies
from assistants_app.models import (
    Assistant,
    AuditEntry,
    AuditHead,
    Change,
    Contribution,
    Membership,
    Review,
    User,
    Version,
)
from assistants_app.models.audit import ACTIONS
from assistants_app.models.statements import Given, Select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from assistants_app.policies import Right

_COUNTING: tuple[Right, ...] = ("workspace.read", "push", "change.review")
BACK = 5_000  # entries of the log that are looked at; what is older is history
ASKED, MINE, TROUBLE = "asked", "mine", "trouble"
KINDS = {
    ASKED: gettext_lazy("A review is asked for"),
    MINE: gettext_lazy("Something happens to a change that I wrote in"),
    TROUBLE: gettext_lazy("A push stopped, or an assistant was changed upstream"),
}
_KIND_OF = {
    "change.submitted": ASKED,
    "change.approved": MINE,
    "change.changes_requested": MINE,
    "change.commented": MINE,
    "comment.made": MINE,
    "change.withdrawn": MINE,
    "version.published": MINE,
    "push.stopped": TROUBLE,
    "upstream.changed": TROUBLE,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to one thing: the newest entry, and how many before it are not read either.

    `who` and `what` make a sentence; `about` names the assistant and the change; `path` leads
    where `action` says.
    """

    kind: str
    entry: AuditEntry
    earlier: int
    is_unread: bool
    who: str
    what: str
    about: tuple[str, ...]
    path: str
    action: str


def roles_of(person: User) -> dict[int, frozenset[str]]:
    """Workspace id → roles, of the workspaces that are not archived."""
    held = Membership.objects.filter(user=person, workspace__archived_at=None)
    return {row.workspace_id: row.roles for row in held}


def concerning(
    person: User, held: Mapping[int, frozenset[str]], *, after: int = 0
) -> QuerySet[AuditEntry]:
    """The entries after this number that concern the person, whose own deeds do not.

    `held`: workspace id → roles, of the workspaces that they may read.
    """
    return _concerning(person.pk, str(person.pk), *_places(held), after)


def news(
    person: User, held: Mapping[int, frozenset[str]], *, after: int, most: int
) -> set[tuple[str, str]]:
    """The things (kind, id) that the newest of these entries are about, `most` entries at most."""
    places: tuple[Sequence[str | int], ...] = _places(held)
    if not places[0]:
        return set()
    statement = _news(tuple(len(some) for some in places), most)
    given: dict[str, str | int] = {}
    for kind, some in enumerate(places):
        given |= {f"{kind}_{n}": pk for n, pk in enumerate(some)}
    return set(statement.all(person=person.pk, actor=str(person.pk), after=after, **given))


@lru_cache(maxsize=64)  # by how many workspaces somebody reads, pushes and reviews in
def _news(sizes: tuple[int, ...], most: int) -> Select:
    """Every page shows how many there are."""
    kinds = enumerate((CharField, CharField, BigIntegerField))
    reads, pushes, reviews = (
        [Given(f"{kind}_{n}", field()) for n in range(sizes[kind])] for kind, field in kinds
    )
    person, actor = Given("person", BigIntegerField()), Given("actor", CharField())
    after = Given("after", BigIntegerField())

    def rows() -> QuerySet[AuditEntry, Any]:
        found = _concerning(person, actor, reads, pushes, reviews, after)
        return found.values_list("object_kind", "object_id")[:most]

    return Select(rows)


def _places(held: Mapping[int, frozenset[str]]) -> tuple[list[str], list[str], list[int]]:
    """Of these workspaces those that somebody reads, pushes and reviews in."""
    reads, pushes, reviews = (
        [pk for pk, roles in held.items() if roles & policies.RIGHTS[right]] for right in _COUNTING
    )
    return [str(pk) for pk in reads], [str(pk) for pk in pushes], reviews


def _concerning(
    person: int | Given,
    actor: str | Given,
    reads: Sequence[str | Given],
    pushes: Sequence[str | Given],
    reviews: Sequence[int | Given],
    after: int | Given,
) -> QuerySet[AuditEntry]:
    contributions = Contribution.objects.filter(user=person)
    changes = contributions.values_list(Cast("change_id", CharField()))
    versions = Version.objects.filter(change__in=contributions.values("change"))
    published = versions.values_list(Cast("pk", CharField()))
    is_own = Q(object_kind="change", object_id__in=changes)
    is_own_version = Q(object_kind="version", object_id__in=published)
    found = Q(action__in=_of(ASKED), object_id__in=_waiting_for(person, reviews)) & ~is_own
    found |= Q(action__in=_of(MINE)) & (is_own | is_own_version)
    found |= Q(workspace_id__in=pushes, action__in=_of(TROUBLE))
    newest = AuditHead.objects.filter(pk=1).values(floor=F("seq") - BACK)
    rows = AuditEntry.objects.filter(seq__gt=after, workspace_id__in=reads, action__in=_KIND_OF)
    rows = rows.filter(found, seq__gt=newest[:1])
    return rows.exclude(actor_id=actor, actor_kind="person")


def _waiting_for(person: int | Given, places: Sequence[int | Given]) -> QuerySet[Change, Any]:
    """Changes that still wait for them: what was decided is no news to whoever was asked."""
    own = Review.objects.filter(reviewer=person, change=OuterRef("pk"))
    decided = own.filter(digest=OuterRef("digest"))
    # One by one, since a list of values to come does not pass for a list of keys.
    within = reduce(or_, (Q(assistant__workspace=pk) for pk in places), Q(pk__in=[]))
    rows = Change.objects.filter(within, state=Change.State.IN_REVIEW)
    return rows.exclude(Exists(decided)).values_list(Cast("pk", CharField()))


def _of(kind: str) -> list[str]:
    return [action for action, known in _KIND_OF.items() if known == kind]


def kind_of(entry: AuditEntry) -> str:
    return _KIND_OF[entry.action]


def grouped(entries: Iterable[AuditEntry]) -> list[list[AuditEntry]]:
    """Entries, newest first, by the thing that they are about; a version is a thing of its own."""
    groups: dict[tuple[str, str], list[AuditEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.object_kind, entry.object_id), []).append(entry)
    return list(groups.values())


def told(groups: Sequence[Sequence[AuditEntry]], *, read: int) -> list[Notice]:
    """A notice for each group, with the names that its ids have today: three queries for all."""
    firsts = [group[0] for group in groups]
    people = _people(entry.actor_id for entry in firsts)
    assistants = _assistants(entry.assistant_id for entry in firsts)
    titles = _titles(entry.object_id for entry in firsts if entry.object_kind == "change")
    return [
        Notice(
            kind=kind_of(entry),
            entry=entry,
            earlier=sum(one.seq > read for one in group[1:]),
            is_unread=entry.seq > read,
            who=people.get(entry.actor_id) or _nobody(entry),
            what=_(ACTIONS[entry.action]),
            about=_about(entry, assistants, titles),
            path=_path(entry),
            action=_action(entry),
        )
        for entry, group in zip(firsts, groups, strict=True)
    ]


def _nobody(entry: AuditEntry) -> str:
    return _("The system") if entry.actor_kind == "system" else _("Someone")


def _whole(ids: Iterable[str]) -> set[int]:
    return {int(id_) for id_ in ids if id_.isascii() and id_.isdigit()}


def _people(ids: Iterable[str]) -> dict[str, str]:
    return {str(row.pk): row.display_name for row in User.objects.filter(pk__in=_whole(ids))}


def _assistants(ids: Iterable[str]) -> dict[str, str]:
    rows = Assistant.objects.filter(pk__in=_whole(ids))
    return {str(row.pk): str(row) for row in rows.only("name", "public_id")}


def _titles(ids: Iterable[str]) -> dict[str, str]:
    rows = Change.objects.filter(pk__in=_whole(ids))
    return {str(pk): title for pk, title in rows.values_list("pk", "title")}


def _about(
    entry: AuditEntry, assistants: Mapping[str, str], titles: Mapping[str, str]
) -> tuple[str, ...]:
    title = titles.get(entry.object_id, "") if entry.object_kind == "change" else ""
    return tuple(filter(None, (assistants.get(entry.assistant_id, ""), title)))


def _path(entry: AuditEntry) -> str:
    if entry.action == "change.changes_requested":
        return reverse("change", args=[entry.object_id])
    if entry.object_kind == "change":
        return reverse("review", args=[entry.object_id])
    name = "assistant" if entry.action == "version.published" else "upstream"
    return reverse(name, args=[entry.assistant_id])


def _action(entry: AuditEntry) -> str:
    words = {
        "change.submitted": _("Review"),
        "change.changes_requested": _("Edit"),
        "push.stopped": _("See why"),
        "upstream.changed": _("Look at the difference"),
    }
    return words.get(entry.action, _("Open"))

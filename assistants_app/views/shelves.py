"""Files and knowledge as the editor and the picker show them: names where they are known, ages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract
from assistants_app.actions import attachments, resources
from assistants_app.contract import limits, words
from assistants_app.forms.attaching import IdForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.models import (
        Change,
        Connection,
        Job,
        Resource,
        ResourceList,
        Workspace,
    )
    from assistants_app.models.content import AssistantFields

MOST = {"files": limits.FILE_IDS_MAX, "knowledge": limits.VECTOR_STORE_IDS_MAX}
OF_CARD = {"code": "files", "search": "knowledge"}


@dataclass(frozen=True, slots=True)
class Item:
    """One id. `name` is "" where nobody told; `is_missing`: the whole list does not have it."""

    id: str
    name: str = ""
    facts: str = ""
    is_missing: bool = False

    @property
    def dom(self) -> str:
        """A part of element ids that any id gives, odd ones too."""
        return contract.digest(self.id)[:10]

    @property
    def title(self) -> str:
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Shelf:
    """All ids of one kind in a Change, and what is known of the list that they come from.

    `is_readable` false: something else stands in their place, which only JSON can mend.
    """

    kind: str
    items: list[Item]
    form: IdForm
    upstream: Connection | None
    listing: ResourceList | None
    job: Job | None = None
    is_readable: bool = True
    label: Any = field(init=False)

    def __post_init__(self) -> None:
        member, key = resources.MEMBERS[self.kind]
        object.__setattr__(self, "label", words.LABELS[f"tool_resources.{member}.{key}"])

    @property
    def most(self) -> int:
        return MOST[self.kind]

    @property
    def is_full(self) -> bool:
        return len(self.items) >= self.most

    @property
    def counted(self) -> str:
        """How many of how many there may be; nothing to count where there is one at most."""
        if self.most == 1:
            return ""
        told = {"n": len(self.items), "max": self.most}
        return ngettext("%(n)s of %(max)s files", "%(n)s of %(max)s files", self.most) % told


def all_of(change: Change, *, typed: IdForm | None = None, kind: str = "") -> dict[str, Shelf]:
    """Both shelves, in three queries; `typed` is the form of `kind` as it was sent."""
    upstream = change.assistant.workspace.upstream
    lists = resources.lists(upstream)
    job = resources.reading(change.assistant.workspace) if upstream else None
    ids = {kind: resources.ids_of(change.tool_resources, kind) for kind in MOST}
    known = resources.known(lists, [one for some in ids.values() for one in some])
    return {
        one: Shelf(
            kind=one,
            items=list(items(ids[one], known, lists.get(one))),
            form=typed if typed and one == kind else IdForm(kind=one, held=ids[one]),
            upstream=upstream,
            listing=lists.get(one),
            job=job,
            is_readable=attachments.is_readable(change.tool_resources, one),
        )
        for one in MOST
    }


def names(workspace: Workspace, fields: AssistantFields) -> dict[str, str]:
    """The names of the files and collections that this text names, by ID, where they are known."""
    ids = [one for kind in MOST for one in resources.ids_of(fields.tool_resources, kind)]
    found = resources.known(resources.lists(workspace.upstream), ids) if ids else {}
    return {id_: row.name for id_, row in found.items()}


def items(
    ids: Iterable[str], known: dict[str, Resource], listing: ResourceList | None
) -> Iterable[Item]:
    is_whole = listing is not None and bool(listing.read_at) and not listing.is_cut
    for id_ in ids:
        row = known.get(id_)
        if row is None:
            yield Item(id_, is_missing=is_whole)
        else:
            yield Item(id_, row.name, facts(row))


def facts(row: Resource) -> str:
    """What is worth knowing of a file or a collection, in one line."""
    told = []
    if row.files is not None:
        told.append(ngettext("%(n)s file", "%(n)s files", row.files) % {"n": row.files})
    if row.size is not None:
        told.append(filesizeformat(row.size))
    if row.state and row.state not in ("processed", "completed", "uploaded"):
        states = {"expired": _("expired"), "in_progress": _("still being read in")}
        told.append(states.get(row.state, row.state))
    return " · ".join(told)

"""What the abilities of a Change may open: files for running code, knowledge to search.

Ids are put in and taken out one by one; all else in `tool_resources` stays exactly as it is. Every
verb is one `changes.edit`. Two people who add two files at once both succeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from assistants_app import contract, policies
from assistants_app.actions import changes
from assistants_app.actions.resources import MEMBERS, ids_of
from assistants_app.errors import Conflict
from assistants_app.models import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_app.policies import Actor


@transaction.atomic
def attach(
    change: Change, *, actor: Actor, kind: str, ids: Sequence[str], without: Sequence[str] = ()
) -> Change:
    """Put these ids behind those there are, which stay where they are but for those `without`.

    `kind` is one of `resources.MEMBERS`. Raises Conflict (`unread`) where the JSON of
    `tool_resources` cannot be read, or holds something else in this place.
    """
    now = _read(change, actor, kind)
    held = [one for one in ids_of(now.tool_resources, kind) if one not in without]
    fresh = [one for one in dict.fromkeys(ids) if one not in held]
    return _save(now, actor, kind, [*held, *fresh])


@transaction.atomic
def choose(change: Change, *, actor: Actor, kind: str, ids: Sequence[str]) -> Change:
    """Let these ids be all there are of the kind. Raises as `attach` does."""
    return _save(_read(change, actor, kind), actor, kind, list(dict.fromkeys(ids)))


@transaction.atomic
def detach(change: Change, *, actor: Actor, kind: str, id: str) -> Change:  # noqa: A002
    """Take an id out, each time it occurs. Raises as `attach` does."""
    now = _read(change, actor, kind)
    return _save(now, actor, kind, [one for one in ids_of(now.tool_resources, kind) if one != id])


def is_readable(resources: Any, kind: str) -> bool:
    """Whether the ids of a kind stand where they belong, or nothing does yet."""
    member, key = MEMBERS[kind]
    if not isinstance(resources, dict | None):
        return False
    held = (resources or {}).get(member)
    if not isinstance(held, dict | None):
        return False
    ids = (held or {}).get(key)
    return ids is None or (isinstance(ids, list) and all(isinstance(one, str) for one in ids))


def _read(change: Change, actor: Actor, kind: str) -> Change:
    policies.require(actor, "change.write", change.assistant.workspace, on=change)
    now = Change.objects.select_related("assistant__workspace", "base").get(pk=change.pk)
    is_unread = "tool_resources" in (now.unread or {})
    if is_unread or not is_readable(now.tool_resources, kind):
        raise Conflict(
            "The JSON of the files cannot be read as it stands: mend it first.",
            code="unread",
            change=now,
        )
    return now


def _save(now: Change, actor: Actor, kind: str, ids: list[str]) -> Change:
    value = _with(now.tool_resources, kind, ids)
    return changes.edit(now, actor=actor, lock=now.lock, values={"tool_resources": value})


def _with(resources: contract.JSON, kind: str, ids: list[str]) -> contract.JSON:
    """The same with these ids; without any, what held nothing else goes too."""
    member, key = MEMBERS[kind]
    whole: dict[str, Any] = {**resources} if isinstance(resources, dict) else {}
    if ids_of(whole, kind) == ids:
        return resources
    held: dict[str, Any] = {**(whole.get(member) or {}), key: ids}
    if not ids:
        del held[key]
    whole[member] = held
    if not held:
        del whole[member]
    return whole or None

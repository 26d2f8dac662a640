"""Imports: the assistants of a file begin as Changes here; none of them goes round review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistants_app import contract, policies
from assistants_app.actions import changes, publishing
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.models import Assistant, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

Outcome = Literal["imported", "there", "refused"]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one item: `assistant` is the new one, None unless it was imported."""

    item: contract.Item
    outcome: Outcome
    problems: tuple[contract.Problem, ...]
    assistant: Assistant | None = None

    @property
    def change(self) -> Change | None:
        """The Change that proposes it, where one was made."""
        return self.assistant.changes.first() if self.assistant else None


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of a file in its order."""

    rows: tuple[Row, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(row.outcome == outcome for row in self.rows)


def import_documents(
    workspace: Workspace, items: Sequence[contract.Item], *, actor: Actor, publish: bool = False
) -> Result:
    """Propose a new assistant for each item that has no errors and is not here already.

    Here already: an assistant that is live or proposed in this workspace, or came earlier in the
    file, holds the same in normal form. Each item is a transaction of its own, so an import that
    was cut short goes on where it stopped. `publish` also makes each live at once; Conflict
    (`review_required`) where the workspace asks for approvals, before anything is written.
    """
    policies.require(actor, "push", workspace, on=workspace)
    if publish and workspace.approvals > 0:
        raise Conflict("Changes here need a review first.", code="review_required")
    known = _known(workspace)
    return Result(
        tuple(_row(workspace, item, known, actor=actor, publish=publish) for item in items)
    )


def _known(workspace: Workspace) -> set[str]:
    live = Assistant.objects.live().filter(workspace=workspace)
    proposed = Change.objects.open().filter(
        assistant__workspace=workspace, assistant__archived_at=None
    )
    held = [*live.only(*contract.FIELDS), *proposed.only(*contract.FIELDS)]
    return {_print(row.document()) for row in held}


def _print(document: contract.Document) -> str:
    return contract.fingerprint(contract.normal(document))


def _row(
    workspace: Workspace, item: contract.Item, known: set[str], *, actor: Actor, publish: bool
) -> Row:
    if item.errors:
        return Row(item, "refused", item.problems)
    mark = _print(item.document)
    if mark in known:
        return Row(item, "there", item.problems)
    try:
        made = _make(workspace, item.document, actor=actor, publish=publish)
    except InvalidDocument as refusal:
        return Row(item, "refused", refusal.problems)
    known.add(mark)
    return Row(item, "imported", item.problems, made)


def _make(
    workspace: Workspace, document: contract.Document, *, actor: Actor, publish: bool
) -> Assistant:
    if publish:
        return publishing.write_through(workspace, None, document, actor=actor)
    return changes.start(workspace, actor=actor, document=document).assistant

"""What is doubtful in a live assistant, and how many such warnings the lists tell of.

The count is kept with the assistant. It follows from the live text and from rules that change by
themselves (a server teaches us something, the end of a model comes near): the runner counts again
what other rules counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import contract
from assistants_app.actions import audit
from assistants_app.models import Assistant, Workspace
from assistants_app.models.connections import catalogue_of, profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 200  # assistants that one refresh counts again


@dataclass(frozen=True, slots=True)
class Rules:
    """By what the assistants of one workspace are judged now; `mark` tells them from others."""

    profile: contract.Profile
    catalogue: contract.Catalogue
    mark: str

    def found(self, document: contract.Document) -> list[contract.Problem]:
        """What somebody should look at in a live document, in its order.

        Hints are none, nor is the mark of another dashboard that pushes to us.
        """
        text = contract.without_marker(document)
        problems = contract.check(text, "import", self.profile, self.catalogue)
        return [one for one in problems if one.level != "hint"]

    def columns(self, document: contract.Document) -> dict[str, Any]:
        """The columns of an assistant that keep how many there are."""
        return {"warnings": len(self.found(document)) or None, "warnings_mark": self.mark}


def rules(workspace: Workspace) -> Rules:
    """Asks for the Connection and its health, unless they are there."""
    upstream = workspace.upstream
    profile, catalogue = profile_of(upstream), catalogue_of(upstream)
    return Rules(profile, catalogue, contract.rules_mark(profile, catalogue))


def of_live(assistant: Assistant) -> list[contract.Problem]:
    """The warnings of what is live; none before, and none of what is archived."""
    if assistant.live_version_id is None or assistant.is_archived:
        return []
    return rules(assistant.workspace).found(assistant.document())


def refresh() -> bool:
    """Count again a batch of those that other rules counted; True when there may be more."""
    left = BATCH
    places = Workspace.objects.filter(archived_at=None).select_related("connection__health")
    for workspace in places:
        now = rules(workspace)
        found = list(_stale(workspace, now.mark, left))
        _recount(found, now)
        left -= len(found)
        if left <= 0:
            return True
    return False


def _stale(workspace: Workspace, mark: str, most: int) -> Iterator[Assistant]:
    """On both sides of the mark, which the index finds without looking at the others."""
    rows = workspace.assistants.filter(live_version__isnull=False)
    for side in ("lt", "gt"):
        some = rows.filter(**{f"warnings_mark__{side}": mark})[:most]
        yield from some
        most -= len(some)
        if most <= 0:
            return


@audit.bookkeeping
def _recount(rows: list[Assistant], now: Rules) -> None:
    """Each by the Version that was counted: of one that went live meanwhile nothing is said."""
    counted: dict[int | None, list[int]] = {}
    for row in rows:
        count: int | None = now.columns(row.document())["warnings"]
        counted.setdefault(count, []).append(row.live_version_id or 0)
    for count, versions in counted.items():
        moved = Assistant.objects.filter(live_version__in=versions)
        moved.update(warnings=count, warnings_mark=now.mark)

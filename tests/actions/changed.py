"""Changes in tests: as they stand now, and put into a state."""

from __future__ import annotations

from assistants_app.models import Change

State = Change.State


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def at(change: Change, state: State) -> Change:
    """This Change in another state, with nothing else moved."""
    Change.objects.filter(pk=change.pk).update(state=state)
    return fresh(change)

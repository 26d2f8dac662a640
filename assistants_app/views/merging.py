"""Two people, one part: what the other one saved beside what this one typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import textdiff
from assistants_app.forms.changes import PARTS

if TYPE_CHECKING:
    from assistants_app.forms.changes import PartForm
    from assistants_app.models import Change


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same in the stored part and in the typed one."""

    label: Any
    theirs: str
    mine: str
    diff: textdiff.Diff


def differences(now: Change, form: PartForm) -> list[Difference]:
    """Field by field, `now` holding theirs; the difference leads from theirs to mine."""
    held = PARTS[form.slug].held(now)
    found = []
    for bound in form:
        theirs, mine = held[bound.name].replace("\r\n", "\n"), form.text(bound.name)
        if theirs != mine:
            words = getattr(bound.field, "words", None)
            label = words.label if words else bound.label
            found.append(Difference(label, theirs, mine, textdiff.difference(theirs, mine)))
    return found

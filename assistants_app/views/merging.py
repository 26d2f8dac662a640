"""Two people, one part: what the other one saved beside what this one typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import textdiff
from assistants_app.forms.changes import FORMS

if TYPE_CHECKING:
    from assistants_app.forms.parts import PartForm
    from assistants_app.models import Change


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same in the stored part and in the typed one."""

    name: str
    label: Any
    theirs: str
    mine: str
    diff: textdiff.Diff

    @property
    def rows(self) -> int:
        """How tall a box for it is."""
        lines = max(text.count("\n") + len(text) // 60 for text in (self.theirs, self.mine))
        return min(max(lines + 1, 2), 18)


def differences(now: Change, form: PartForm) -> list[Difference]:
    """Field by field, `now` holding theirs; the difference leads from theirs to mine."""
    held = FORMS[form.slug].held(now)
    found = []
    for bound in form:
        theirs, mine = held[bound.name].replace("\r\n", "\n"), form.text(bound.name)
        if theirs != mine:
            words = getattr(bound.field, "words", None)
            label = words.label if words else bound.label
            found.append(
                Difference(bound.name, label, theirs, mine, textdiff.difference(theirs, mine))
            )
    return found


def same(form: PartForm, differing: list[Difference]) -> list[tuple[str, str]]:
    """The other boxes of the part as they are typed, so that they are sent along."""
    names = {one.name for one in differing}
    return [(name, form.text(name)) for name in form.fields if name not in names]

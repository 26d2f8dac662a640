"""Does a list look like our server's? Pure evidence, no verdict about any single assistant.

A wrong key, a wrong address or a service that was switched off shows a list that is empty, or
strange, or lacks much of what is linked here (reliability.md 6.2). Deletion is never inferred from
a list alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistants_app.sync.pull import Found

Cause = Literal["", "gone", "empty", "foreign", "missing"]
FEW, SHARE = 3, 0.1
# Origins that are known to have ended this API: one answer is enough there.
ENDED: Final = frozenset({"https://api.openai.com:443"})


def is_too_many(missing: int, linked: int) -> bool:
    """More than a person would delete by hand: above three, and above a tenth of what is linked."""
    return missing > max(FEW, SHARE * linked)


@dataclass(slots=True)
class Watch:
    """What a list shows of what is linked here, entry by entry.

    `linked`: the upstream ids that must be there. `marks`: op ids of our own marks. Until one of
    ours was seen nothing is let through, and nothing at all with `holds_all`: a list of another
    project must not be taken in.
    """

    linked: frozenset[str]
    marks: frozenset[str] = frozenset()
    holds_all: bool = False
    held: list[Found] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    size: int = 0
    has_ours: bool = False

    def let_through(self, found: Iterable[Found]) -> Iterator[Found]:
        """Those that may be acted on now; the others wait in `held` for the end of the list."""
        for item in found:
            self._see(item)
            self.held.append(item)
        if (self.has_ours and not self.holds_all) or not self.linked:
            yield from self.release()

    def release(self) -> Iterator[Found]:
        """What was held back, once the whole list bears no evidence."""
        held, self.held = self.held, []
        yield from held

    def _see(self, item: Found) -> None:
        self.size += 1
        if item.id in self.linked:
            self.seen.add(item.id)
        self.has_ours |= item.id in self.linked or item.marker.partition(":")[0] in self.marks

    @property
    def missing(self) -> frozenset[str]:
        """Linked ids that the list did not hold."""
        return self.linked - self.seen

    def cause(self) -> Cause:
        """What speaks against this list, "" for nothing; asked at its end."""
        if not self.linked:
            return ""
        if not self.size:
            return "empty"
        if not self.has_ours:
            return "foreign"
        return "missing" if is_too_many(len(self.missing), len(self.linked)) else ""

"""Reading the audit chain: is every entry what it was when it was written?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.models.assistants import Version
from assistants_app.models.audit import GENESIS, AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 5_000
MAKES_A_VERSION = ("version.published", "version.imported")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bad_seq` is the first entry that does not match (0 = none); `reason` says in what."""

    checked: int
    head: str  # "seq:hash"
    bad_seq: int = 0
    reason: str = ""

    @property
    def is_intact(self) -> bool:
        return not self.reason


def verify(*, head: str = "", told: Callable[[int], bool] | None = None) -> Verdict:
    """Walk the whole chain: numbers, links, hashes, columns, versions, head (reliability.md 8.2).

    `head` is a `seq:hash` noted earlier, outside this machine: the chain must still contain it.
    `told` hears after each stretch how far the walk came; False from it ends the walk, and then
    the verdict means nothing.
    Work may go on meanwhile: an entry, its version and the head that names it commit together, so
    versions are counted first, and the head is read before the walk's last stretch.
    """
    versions = Version.objects.count()
    walk = _Walk(head, told or (lambda _seq: True))
    walk.go_on()
    end = AuditHead.objects.filter(pk=1).first() or AuditHead()
    walk.go_on(upto=end.seq)
    reason = walk.reason or walk.fault_at_end(end, versions)
    return Verdict(walk.seq, f"{walk.seq}:{walk.prev}", walk.seq + 1 if reason else 0, reason)


@dataclass(slots=True)
class _Walk:
    """How far the walk came, and the first thing that was wrong."""

    noted: str
    tell: Callable[[int], bool]
    seq: int = 0
    prev: str = GENESIS
    told: int = 0  # versions that entries told of
    reason: str = ""

    def go_on(self, *, upto: int | None = None) -> None:
        while not self.reason and (chunk := self._next(upto)):
            for entry in chunk:
                self.reason = self._fault(entry)
                if self.reason:
                    return
                self.seq, self.prev = entry.seq, entry.hash
                self.told += entry.action in MAKES_A_VERSION
            if not self.tell(self.seq):
                self.reason = "The walk was broken off."

    def _next(self, upto: int | None) -> list[AuditEntry]:
        rows = AuditEntry.objects.order_by("seq")
        rows = rows.filter(seq__gt=self.seq) if self.seq else rows
        return list((rows if upto is None else rows.filter(seq__lte=upto))[:CHUNK])

    def _fault(self, entry: AuditEntry) -> str:
        if entry.seq != self.seq + 1:
            return "An entry is missing, or one was put in."
        if entry.prev_hash != self.prev:
            return "It does not follow the entry before it."
        if entry.hash != AuditEntry.seal(self.prev, entry.body):
            return "Its content was changed."
        if not _columns_match(entry, body := _body(entry)):
            return "Its columns do not say what its content says."
        number, _, noted = self.noted.partition(":")
        if number == str(entry.seq) and not entry.hash.startswith(noted):
            return "It is not the entry that was noted."
        return _version_fault(body)

    def fault_at_end(self, end: AuditHead, versions: int) -> str:
        if (end.seq, end.hash) != (self.seq, self.prev):
            return "Entries at the end are missing, or the head was changed."
        number = self.noted.partition(":")[0]
        if self.noted and not (number.isdigit() and int(number) <= self.seq):
            return "The entry that was noted is missing."
        if versions > self.told:
            return "There is a version that no entry tells of."
        return ""


def _body(entry: AuditEntry) -> dict[str, Any]:
    try:
        body = contract.parse(entry.body)
    except InvalidDocument:
        return {}
    return body if isinstance(body, dict) else {}


def _columns_match(entry: AuditEntry, body: dict[str, Any]) -> bool:
    stamp = entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    try:
        wanted = {"seq": body["seq"], "at": body["at"], **AuditEntry.copies(body)}
    except (KeyError, TypeError):
        return False
    found = {column: getattr(entry, column) for column in wanted} | {"at": stamp}
    return found == wanted


def _version_fault(body: dict[str, Any]) -> str:
    if body["action"] not in MAKES_A_VERSION:
        return ""
    id_ = body["object"]["id"]
    version = Version.objects.filter(pk=int(id_)).first() if id_.isdecimal() else None
    if version is None:
        return "The version that it tells of is missing."
    if contract.fingerprint(version.document()) != body.get("after"):
        return "The text of the version that it tells of was changed."
    return ""

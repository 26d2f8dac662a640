"""Reading the audit chain: is every entry what it was when it was written?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import contract
from assistants_app.models.assistants import Version
from assistants_app.models.audit import GENESIS, AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def verify(*, head: str = "") -> Verdict:
    """Walk the whole chain: numbers, links, hashes, columns, versions, head (reliability.md 8.2).

    `head` is a `seq:hash` noted earlier, outside this machine: the chain must still contain it.
    """
    seq, prev = 0, GENESIS
    for entry in _entries():
        reason = _fault(entry, seq, prev, head)
        if reason:
            return Verdict(seq, f"{seq}:{prev}", seq + 1, reason)
        seq, prev = entry.seq, entry.hash
    return Verdict(seq, f"{seq}:{prev}", *_end(seq, prev, head))


def _entries() -> Iterator[AuditEntry]:
    last = 0
    while chunk := list(AuditEntry.objects.filter(seq__gt=last).order_by("seq")[:CHUNK]):
        yield from chunk
        last = chunk[-1].seq


def _fault(entry: AuditEntry, seq: int, prev: str, noted: str) -> str:
    if entry.seq != seq + 1:
        return "An entry is missing."
    if entry.prev_hash != prev:
        return "It does not follow the entry before it."
    if entry.hash != AuditEntry.seal(prev, entry.body):
        return "Its content was changed."
    if not _columns_match(entry, body := _body(entry)):
        return "Its columns do not say what its content says."
    if noted.partition(":")[0] == str(entry.seq) and not entry.hash.startswith(
        noted.partition(":")[2]
    ):
        return "It is not the entry that was noted."
    return _version_fault(body)


def _body(entry: AuditEntry) -> dict[str, Any]:
    body = contract.parse(entry.body)
    return body if isinstance(body, dict) else {}


def _columns_match(entry: AuditEntry, body: dict[str, Any]) -> bool:
    stamp = entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    wanted = {"seq": body.get("seq"), "at": body.get("at")}
    return wanted == {"seq": entry.seq, "at": stamp} and all(
        getattr(entry, column) == value for column, value in AuditEntry.copies(body).items()
    )


def _version_fault(body: dict[str, Any]) -> str:
    if body["action"] not in MAKES_A_VERSION:
        return ""
    version = Version.objects.filter(pk=int(body["object"]["id"])).first()
    if version is None:
        return "The version that it tells of is missing."
    if contract.fingerprint(version.document()) != body["after"]:
        return "The text of the version that it tells of was changed."
    return ""


def _end(seq: int, prev: str, noted: str) -> tuple[int, str]:
    head = AuditHead.objects.filter(pk=1).first()
    if (head.seq, head.hash) != (seq, prev) if head else seq:
        return seq + 1, "Entries at the end are missing, or the head was changed."
    if noted and int(noted.partition(":")[0] or 0) > seq:
        return seq + 1, "The entry that was noted is missing."
    return 0, ""

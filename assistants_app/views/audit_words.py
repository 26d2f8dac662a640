"""What an audit entry recorded beside its action, in plain words.

Entries hold ids and digests, never names; here they get the names that the ids have today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.errors import InvalidDocument
from assistants_app.models import Assistant, AuditEntry, User

if TYPE_CHECKING:
    from collections.abc import Iterable

# Fields of a Change that are no fields of the document.
_OWN = {
    "title": "Title of this change",
    "why": "Why",
    # of a connection
    "profile": "Kind of server",
    "base_url": "Address",
    "organization": "Organisation",
    "project": "Project",
    "auth": "How the key is sent",
    "api_version": "Version of the API",
    "rate": "Calls per second",
    "check_every": "How often to check",
    "headers": "Extra headers",
}
_VALUES = {
    "same": "The same service",
    "other": "Another service",
    "totp": "Authenticator app",
    "webauthn": "Passkey",
}
_TERMS = {
    "origin": "Address",
    "private": "Private addresses",
    "profile": "Kind of server",
    "key_changed": "Key exchanged",
    "moved": "The new place is",
    "set_aside": "Links set aside",
    "scopes": "May",
    "days": "Valid for days",
    "number": "Version",
    "cause": "Evidence",
    "guards": "Guards",
    "seen": "Seen",
    "new": "Taken in",
    "changed": "Changed upstream",
    "right": "Right",
    "upstream_id": "Upstream ID",
    "upstream_request": "Request ID upstream",
    "factor": "Second factor",
    "ended": "Sessions ended",
    "why_required": "Authors say why",
    "settle_comments": "Open comments block approval",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Of one entry: one short line; old → new where both are known; further (term, value) pairs."""

    line: str = ""
    was: str = ""
    now: str = ""
    has_both: bool = False
    facts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Names:
    """The names, today, of people and assistants by their ids."""

    people: dict[str, str]
    assistants: dict[str, str]


def bodies(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Each entry's body; empty where it is not readable any more (Verify tells of that)."""
    return [_body(entry) for entry in entries]


def _body(entry: AuditEntry) -> dict[str, Any]:
    try:
        body = contract.parse(entry.body)
    except InvalidDocument:
        return {}
    return body if isinstance(body, dict) else {}


def names(entries: list[AuditEntry], found: list[dict[str, Any]]) -> Names:
    """Two queries for all of them."""
    people = {entry.actor_id for entry in entries} | {_person(body) for body in found}
    rows = User.objects.filter(pk__in=_whole(people))
    assistants = Assistant.objects.filter(pk__in=_whole(entry.assistant_id for entry in entries))
    return Names(
        people={str(row.pk): row.display_name for row in rows},
        assistants={str(row.pk): str(row) for row in assistants.defer("instructions", "tools")},
    )


def _whole(ids: Iterable[str]) -> set[int]:
    return {int(id_) for id_ in ids if id_.isascii() and id_.isdigit()}


def _person(body: dict[str, Any]) -> str:
    """The id of whom it is about, where that is a person."""
    about = body.get("object", {})
    found = about.get("id", "") if about.get("kind") == "user" else data_of(body).get("person", "")
    return str(found)


def data_of(body: dict[str, Any]) -> dict[str, Any]:
    """What the action added to the entry."""
    data = body.get("data")
    return data if isinstance(data, dict) else {}


def recorded(body: dict[str, Any], known: Names) -> Recorded:
    """What this body says beyond who, when and which action."""
    data = data_of(body)
    who = known.people.get(_person(body), "")
    if body.get("action") in ("member.set", "member.removed"):
        return _roles(data, who)
    if body.get("action") == "rules.set":
        was, now = str(data.get("before", "")), str(data.get("after", ""))
        facts = _facts(data)
        return Recorded(_("Approvals needed"), was, now, has_both=was != now, facts=facts)
    facts = [*_fields(data), *_facts(data)]
    return Recorded(_line(str(body.get("action")), data, who), facts=facts)


def _roles(data: dict[str, Any], who: str) -> Recorded:
    was, now = (", ".join(str(data.get(key, "")).split()) for key in ("before", "after"))
    return Recorded(who, was, now, has_both=True)


def _line(action: str, data: dict[str, Any], who: str) -> str:
    if fields := _fields(data):
        return fields[0][1]
    if action == "version.published" and "number" in data:
        return _("Version %(n)s") % {"n": data["number"]}
    if action == "upstream.checked" and "seen" in data:
        seen = int(data["seen"])
        return ngettext("%(n)s assistant seen", "%(n)s assistants seen", seen) % {"n": seen}
    if kept := data.get("not_kept"):
        return _("Not kept: %(names)s") % {"names": ", ".join(map(str, kept))}
    return who or str(data.get("origin", ""))


def _fields(data: dict[str, Any]) -> list[tuple[str, str]]:
    if not isinstance(data.get("fields"), list):
        return []
    labels = [_label(str(name)) for name in data["fields"]]
    return [(_("Fields"), ", ".join(labels))] if labels else []


def _label(name: str) -> str:
    if name in words.LABELS:
        return _(words.LABELS[name].label)
    return _(_OWN.get(name, name))


def _facts(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(_(_TERMS[key]), _value(value)) for key, value in data.items() if key in _TERMS]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return _(_VALUES[value]) if isinstance(value, str) and value in _VALUES else str(value)

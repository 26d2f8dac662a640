"""How a Connection stands, in plain words: its state, since when, the next try, what to do.

The sidebar, Sync and the badges ask here, so that one state is told in one way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app.actions.connections import PAUSE_CAUSE as MOVED
from assistants_app.models import AuditEntry, ConnectionHealth, User
from assistants_app.sync.outcomes import WAIT_CUT

if TYPE_CHECKING:
    from datetime import datetime

    from assistants_app.models import Connection, Workspace

State = ConnectionHealth.State
STALE_AFTER = 3  # intervals without a whole list


@dataclass(frozen=True, slots=True)
class Told:
    """`label`: a few words. `text`: what it means, "" while all is well. `said`: the server's own
    words. `ways`: (label, address) of what can be done.
    """

    label: str
    tone: str
    heading: str = ""
    text: str = ""
    said: str = ""
    since: str = ""
    next_at: str = ""
    ways: list[tuple[str, str]] = field(default_factory=list)
    is_confirmable: bool = False


def told(upstream: Connection) -> Told:
    """How it stands now."""
    health = upstream.health
    if health.state == State.OPEN:
        return _open(upstream, health)
    words = {
        State.KEY: _key,
        State.QUOTA: _quota,
        State.UNREACHABLE: _unreachable,
        State.FROZEN: _frozen,
        State.PAUSED: _paused,
    }
    return words[State(health.state)](upstream, health)


def _open(upstream: Connection, health: ConnectionHealth) -> Told:
    later = health.retry_not_before
    if later and later > timezone.now():
        text = _("The server asked us to slow down; we go on at %(at)s.") % {"at": clock(later)}
        if WAIT_CUT in health.reason:
            text = f"{text} {_('It asked for more than an hour; we wait one hour.')}"
        return Told(_("Slowed down"), "warn", _("Waiting."), text, health.reason)
    if is_stale(health):
        age = {"age": age_of(health.checked_at or upstream.created_at)}
        return Told(
            _("Not checked for %(age)s") % age,
            "warn",
            _("Not checked for %(age)s.") % age,
            _("What upstream holds may have changed meanwhile without our knowing."),
        )
    if health.last_ok_at is None:
        return Told(_("Not tried yet"), "neutral")
    return Told(_("OK, %(age)s ago") % {"age": age_of(health.last_ok_at)}, "ok")


def _key(upstream: Connection, health: ConnectionHealth) -> Told:
    return Told(
        _("Key not accepted"),
        "bad",
        _("The key is not accepted any more."),
        _(
            "Nothing is pushed or checked until there is a new key, or a test of the connection "
            "passes. What you publish waits here."
        ),
        health.reason,
        _since(health),
        ways=[_settings(upstream)],
    )


def _quota(upstream: Connection, health: ConnectionHealth) -> Told:
    return Told(
        _("Quota used up"),
        "bad",
        _("The quota of this key is used up."),
        _("Raise it where the server is paid for. What you publish waits here."),
        health.reason,
        _since(health),
        _look(health),
        [_settings(upstream)],
    )


def _unreachable(upstream: Connection, health: ConnectionHealth) -> Told:
    return Told(
        _("Not reachable"),
        "bad",
        _("The server cannot be reached."),
        _("It failed several times in a row, so it is left alone. What you publish waits here."),
        health.reason,
        _since(health),
        _look(health),
        [_settings(upstream)],
    )


def _frozen(upstream: Connection, health: ConnectionHealth) -> Told:
    safe = _(
        "Nothing here was changed or marked as deleted, nothing is pushed, and what is live is "
        "still served at /v1."
    )
    ways = ways_out(upstream.workspace)
    if health.cause == "gone":
        heading = _("This server no longer offers assistants.")
        text = safe
    else:
        heading = _(
            "This looks like a wrong key, a wrong address or a service that has been switched off."
        )
        text = f"{health.reason} {safe}"
        ways = ways[:2]
    return Told(
        _("Frozen"),
        "bad",
        heading,
        text,
        health.reason if health.cause == "gone" else "",
        _since(health),
        _look(health),
        ways,
        is_confirmable=health.cause != "gone",
    )


def ways_out(workspace: Workspace) -> list[tuple[str, str]]:
    """What can be done where a server offers no assistants any more (contract.md section 8)."""
    slug, query = [workspace.slug], f"?workspace={workspace.slug}"
    return [
        (_("Connect elsewhere"), reverse("workspace_connection", args=slug) + "#conn-h"),
        (_("Keep here only"), reverse("workspace_connection_remove", args=slug)),
        (_("Export from the list"), reverse("assistant_list") + query),
        (_("Import a file"), reverse("import") + query + "#import-file-h"),
    ]


def _paused(_upstream: Connection, health: ConnectionHealth) -> Told:
    """Every page says that it is paused, by whom and since when; here only what is more."""
    if health.cause != MOVED:
        return Told(_("Paused"), "bad")
    text = _(
        "The connection points at another address now. Check upstream and look at what differs; "
        "then an admin resumes pushing."
    )
    return Told(_("Paused"), "bad", _("Look first."), text)


def _settings(upstream: Connection) -> tuple[str, str]:
    return _("Open the connection"), reverse("workspace_connection", args=[upstream.workspace.slug])


def _since(health: ConnectionHealth) -> str:
    return _("Since %(at)s.") % {"at": clock(health.since)} if health.since else ""


def _look(health: ConnectionHealth) -> str:
    soon = timezone.now()
    return _("We look again at %(at)s.") % {"at": clock(max(health.open_until or soon, soon))}


def is_stale(health: ConnectionHealth, read_at: datetime | None = None) -> bool:
    """Nothing was compared for three intervals; `read_at`: when this one was last read by itself.

    Without scheduled checks there is no interval, so nothing is late.
    """
    every = health.connection.check_every
    read = [at for at in (health.checked_at, read_at) if at] or [health.connection.created_at]
    late = timedelta(seconds=STALE_AFTER * every * settings.SYNC_TIME_SCALE)
    return bool(every) and timezone.now() - max(read) > late


def who_paused(workspace: Workspace) -> str:
    """The name of whoever paused pushing, "" when nobody did so by hand."""
    if workspace.connection.health.cause == MOVED:
        return ""
    about = {"object_kind": "connection", "object_id": str(workspace.connection.pk)}
    rows = AuditEntry.objects.filter(action="connection.paused", **about)
    entry = rows.order_by("-seq").values_list("actor_id", flat=True).first()
    person = User.objects.filter(pk=entry).first() if entry else None
    return person.display_name if person else ""


def clock(moment: datetime, *, seconds: bool = False) -> str:
    """The time of day; with the date when it is another day."""
    local = timezone.localtime(moment)
    time = "H:i:s" if seconds else "H:i"
    return formats.date_format(
        local, time if local.date() == timezone.localdate() else f"j M {time}"
    )


def age_of(moment: datetime) -> str:
    """`40 seconds`, `12 min`, `3 hours`, `2 days`."""
    n = max(int((timezone.now() - moment).total_seconds()), 0)
    if n < 60:
        return ngettext("%(n)s second", "%(n)s seconds", n) % {"n": n}
    if n < 90 * 60:
        return _("%(n)s min") % {"n": n // 60}
    if n < 36 * 3600:
        return ngettext("%(n)s hour", "%(n)s hours", n // 3600) % {"n": n // 3600}
    return ngettext("%(n)s day", "%(n)s days", n // 86400) % {"n": n // 86400}

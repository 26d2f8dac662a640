"""What acting on several assistants says: the question, its outcomes and consequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:
    from assistants_app.models import Workspace

GROUPS = {
    "failed": gettext_lazy("Failed"),
    "skipped": gettext_lazy("Skipped"),
    "done": gettext_lazy("Done"),
}


def button(verb: str) -> tuple[str, str]:
    """The words and the icon of the button in the bar."""
    return {
        "submit": (_("Ask for review"), "eye"),
        "publish": (_("Publish"), "arrow-up"),
        "check": (_("Check upstream"), "arrow-path"),
        "export": (_("Export"), "arrow-down-tray"),
        "archive": (_("Archive"), "archive-box"),
    }[verb]


def question(verb: str, n: int, can_go: int) -> str:
    """The heading that asks about `n`, or says that none of them can go."""
    nothing = {
        "submit": _("Nothing to ask for review of"),
        "publish": _("Nothing to publish"),
        "check": _("Nothing to check"),
        "export": _("Nothing to export"),
        "archive": _("Nothing to archive"),
    }
    if not can_go:
        return nothing[verb]
    texts = {
        "submit": ngettext("Ask for review of %(n)s?", "Ask for review of %(n)s?", n),
        "publish": ngettext("Publish %(n)s?", "Publish %(n)s?", n),
        "check": ngettext("Check %(n)s upstream?", "Check %(n)s upstream?", n),
        "export": ngettext("Export %(n)s?", "Export %(n)s?", n),
        "archive": ngettext("Archive %(n)s?", "Archive %(n)s?", n),
    }
    return texts[verb] % {"n": _number(n)}


def press(verb: str, n: int) -> str:
    """The button that does it, with how many it will be."""
    if verb == "check":
        return _("Check upstream")
    texts = {
        "submit": ngettext("Ask for review of %(n)s", "Ask for review of %(n)s", n),
        "publish": ngettext("Publish %(n)s", "Publish %(n)s", n),
        "export": ngettext("Export %(n)s", "Export %(n)s", n),
        "archive": ngettext("Archive %(n)s", "Archive %(n)s", n),
    }
    return texts[verb] % {"n": _number(n)}


def outcome(code: str, n: int) -> str:
    """How many come to what."""
    texts = {
        "": ngettext("%(n)s can go.", "%(n)s can go.", n),
        "archived": ngettext("%(n)s is archived already.", "%(n)s are archived already.", n),
        "no_change": ngettext("%(n)s has no open change.", "%(n)s have no open change.", n),
        "in_review": ngettext("%(n)s is in review already.", "%(n)s are in review already.", n),
        "approved": ngettext("%(n)s is approved already.", "%(n)s are approved already.", n),
        "unapproved": ngettext("%(n)s is not approved.", "%(n)s are not approved.", n),
        "outdated": ngettext("%(n)s is out of date.", "%(n)s are out of date.", n),
        "drift": ngettext("%(n)s has changed upstream.", "%(n)s have changed upstream.", n),
        "no_live": ngettext("%(n)s has nothing live yet.", "%(n)s have nothing live yet.", n),
        "gone": ngettext("%(n)s is not here any more.", "%(n)s are not here any more.", n),
    }
    return texts[code] % {"n": _number(n)}


def reason(code: str) -> str:
    """Why one of them was skipped or failed; nothing of one that was done."""
    return {
        "": "",
        "archived": _("It is archived already."),
        "no_change": _("It has no open change that differs from the live version."),
        "in_review": _("It is in review already."),
        "approved": _("It is approved already."),
        "unapproved": _("Its change is not approved."),
        "approvals": _("Its approvals do not count any more."),
        "outdated": _("Another version went live after its change began."),
        "drift": _("It has changed upstream. Settle that first."),
        "why": _("A rule of this workspace asks to say why. Open the change and say it."),
        "errors": _("Its text has errors. Open the change and correct them."),
        "gone": _("It is not here any more."),
        "right": _("The role of who asked for this does not include it any more."),
        "here": _("It failed here; the log of this dashboard says why."),
    }.get(code, _("It moved on meanwhile."))


def consequences(verb: str, workspace: Workspace, n: int) -> list[str]:
    """What it means, beyond the word on the button."""
    if not n:
        return []
    upstream = workspace.upstream
    host = {"host": upstream.host if upstream else ""}
    found = {
        "submit": [
            _("Each one's newest open change is sent as it is; warnings do not hold it back."),
            _("Where its text has errors, it is skipped and named."),
        ],
        "publish": [_("Each approved change becomes the live version at once.")],
        "check": [_("One look compares everything that %(host)s holds, these among it.") % host],
        "export": [_("What is live is written into one file, as the API would answer it.")],
        "archive": [
            _("They are hidden from the list and no longer served at /v1."),
            _("Open changes stay, and cannot go live before their assistant is restored."),
        ],
    }[verb]
    if upstream and verb == "publish":
        found.append(_("It is then pushed to %(host)s.") % host)
    if upstream and verb == "archive":
        found.append(_("What %(host)s holds stays as it is.") % host)
    return found


def _number(n: int) -> str:
    return str(number_format(n, force_grouping=True))

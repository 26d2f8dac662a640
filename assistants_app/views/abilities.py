"""What is done to the list of tools: one press, one tool, one row of the page drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.actions import tools
from assistants_app.errors import Conflict, DomainError, InvalidDocument
from assistants_app.views import (
    ability_cards,
    access,
    editing,
    findings,
    pages,
    redrawing,
    saving,
    tool_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from assistants_app.actions.tools import Edited, Row
    from assistants_app.contract.problems import Problem
    from assistants_app.models import Change
    from assistants_app.views.pages import Request

# It says what following the inputs exactly asks for, so that nothing is to fix once it is on.
NEW = {
    "name": "new_function",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
}
SLOTS = {
    **redrawing.SLOTS,
    "save-state": "changes/parts/_save_state.html",
    "merge": "changes/parts/_nothing.html",
    "tools-count": "tools/parts/_count.html",
    "tools-removed": "tools/parts/_removed.html",
    "lock-tools": "changes/parts/_lock.html",
    "toasts": "tools/parts/_toast.html",
    "announcer": "tools/parts/_said.html",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One press on the list: what to do, with which tool, and which text of it was seen."""

    op: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, request: Request) -> Asked:
        """From the value of the button: `up:key:fingerprint`, `on:code`, `restore:key`."""
        op, _colon, rest = request.POST.get("do", "").partition(":")
        key, _colon, fingerprint = rest.partition(":")
        return cls(op, key, fingerprint)

    @property
    def sight(self) -> dict[str, str]:
        return {"key": self.key, "fingerprint": self.fingerprint}


@access.signed_in("GET", "POST")
def tool_list(request: Request, pk: int) -> HttpResponse:
    """Do one thing with the list of tools; GET leads to where it stands in the editor."""
    row = access.change(request, pk, "change.write", is_bare=True)
    if request.method == "GET":
        return redirect(f"{reverse('change', args=[pk])}#form-abilities")
    asked = Asked.of(request)
    before = tools.find(row, asked.key)
    if asked.op not in VERBS or (asked.op == "on" and asked.key not in ability_cards.SLUGS):
        return refused(request, row, _("This page is not up to date any more."), status=422)
    try:
        done = VERBS[asked.op](request, row, asked)
    except (Conflict, InvalidDocument) as refusal:
        return refused(request, row, why(row, before, refusal))
    if asked.op == "add":
        return pages.go(request, "tool", pk, done.keys[0])
    return _answer(request, asked, row, before, done)


def _on(request: Request, row: Change, asked: Asked) -> Edited:
    kind = ability_cards.SLUGS[asked.key]
    if ability_cards.first(tools.rows(row), kind):
        raise Conflict(_("Someone switched it on meanwhile."))
    return tools.add(row, actor=request.actor, tools=[{"type": kind}])


def _add(request: Request, row: Change, _asked: Asked) -> Edited:
    new = {"type": "function", "function": NEW}
    return tools.copy_from(row, actor=request.actor, tools=[new])


VERBS: dict[str, Callable[[Request, Change, Asked], Edited]] = {
    "on": _on,
    "add": _add,
    "up": lambda request, row, asked: tools.move(row, actor=request.actor, **asked.sight, by=-1),
    "down": lambda request, row, asked: tools.move(row, actor=request.actor, **asked.sight, by=1),
    "copy": lambda request, row, asked: tools.duplicate(row, actor=request.actor, **asked.sight),
    "remove": lambda request, row, asked: tools.remove(row, actor=request.actor, **asked.sight),
    "restore": lambda request, row, asked: tools.restore(row, actor=request.actor, key=asked.key),
}


def refused(request: Request, row: Change, text: str, *, status: int = 409) -> HttpResponse:
    """Nothing was done, and why; the page stays, and offers what is stored now."""
    context = {"text": text, "url": f"{reverse('change', args=[row.pk])}#form-abilities"}
    if not request.htmx:
        note = render_to_string("tools/parts/_refused.html", context, request)
        return editing.page(request, access.change(request, row.pk), status=status, merge=note)
    response = render(request, "tools/parts/_refused.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#alerts", "innerHTML"
    return response


def why(row: Change, before: Row | None, refusal: DomainError) -> str:
    """One sentence on why nothing was done; `before` is the tool that it was about."""
    if isinstance(refusal, InvalidDocument):
        found = findings.of_document(row, list(refusal.problems))
        said = "; ".join(f"{one.label}: {one.message}" for one in found[:3] if one.level == "error")
        return _("This would not be free of errors: %(said)s") % {"said": said}
    name = tool_rows.name(before.tool) if before else ""
    known = {
        "gone": _("Someone took it out meanwhile."),
        "stale": _("Someone changed it meanwhile."),
    }
    why = known.get(getattr(refusal, "code", ""), str(refusal))
    return f"{name}: {why}" if name else why


def _answer(
    request: Request, asked: Asked, row: Change, before: Row | None, done: Edited
) -> HttpResponse:
    now = done.change
    now.assistant, now.base = row.assistant, row.base  # read once already
    found = tools.rows(now)
    here = next((one for one in found if one.key in done.keys), None)
    said = _said(asked, before, here, len(found))
    if not request.htmx:
        messages.success(request, said)
        anchor = f"t-{here.key}" if here else "tools-removed"
        return pages.go(request, f"{reverse('change', args=[now.pk])}#{anchor}")
    checked = findings.check(now)
    is_behind = (row.touched or {}).get("tools", 0) > saving.lock(request)
    drawn = _Drawn(now, found, checked.problems)
    context = {
        **findings.facts(now, checked),
        **drawn.of_list(asked, here, is_behind=is_behind),
        "cards": drawn.cards([before, here], everything=is_behind),
        "settings": editing.part_form("search", now, checked, None),
        "mode": editing.mode(request, now),
        "count": len(found),
        "removed": ability_cards.removed(now),
        "focus": _focus(asked, row, here, found),
        "said": said,
        "undo": asked.key if asked.op == "remove" else "",
    }
    response = render(request, "tools/parts/_moved.html", context)
    return pages.with_slots(response, request, SLOTS, context)


def _said(asked: Asked, before: Row | None, here: Row | None, count: int) -> str:
    """One sentence for the announcer."""
    name = tool_rows.name((here or before).tool) if here or before else ""  # type: ignore[union-attr]
    words = {"name": name, "n": here.index + 1 if here else 0, "all": count}
    return {
        "on": _("%(name)s is switched on."),
        "up": _("%(name)s is now %(n)s of %(all)s."),
        "down": _("%(name)s is now %(n)s of %(all)s."),
        "copy": _("Copied as %(name)s."),
        "remove": _("Removed %(name)s. Undo is available."),
        "restore": _("%(name)s is back."),
    }[asked.op] % words


def _focus(asked: Asked, row: Change, here: Row | None, found: list[Row]) -> str:
    """Where the focus goes (ux.md 4.6); empty: it stays, by its id."""
    if here and asked.op in ("copy", "restore"):
        return f"#edit-{here.key}"
    if here and asked.op in ("up", "down"):
        is_end = here.index == (0 if asked.op == "up" else len(found) - 1)
        return f"#more-{here.key}" if is_end else ""
    if here or asked.op != "remove":
        return ""
    was = [one.key for one in tools.rows(row)]
    at = was.index(asked.key) if asked.key in was else len(was)
    near = [*was[at + 1 :], *reversed(was[:at])]
    there = {one.key for one in found}
    return next((f"#edit-{key}" for key in near if key in there), "#tools-add")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What of the page is drawn anew after the Change `now` with its tools `found`."""

    now: Change
    found: list[Row]
    problems: list[Problem]

    def of_list(self, asked: Asked, here: Row | None, *, is_behind: bool) -> dict[str, Any]:
        """One row put, taken out or both; every row where the page was drawn before somebody else
        changed the list.
        """
        if is_behind:
            return {"rows": tool_rows.rows(self.found, self.problems)}
        if here is None:
            return {"taken": asked.key}
        (row,) = tool_rows.rows([here], self.problems)
        is_there = asked.op in ("up", "down")
        before = self.found[here.index - 1].key if here.index else ""
        return {"row": row, "behind": before, "taken": row.key if is_there else ""}

    def cards(self, about: list[Row | None], *, everything: bool) -> list[ability_cards.Card]:
        """The switches that it is about."""
        kinds = {tool_rows.name(one.tool) for one in about if one}
        return [
            ability_cards.card(slug, self.found)
            for slug, kind in ability_cards.SLUGS.items()
            if everything or tool_rows.name({"type": kind}) in kinds
        ]

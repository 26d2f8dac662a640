"""The fixes of a schema, one by one or all; what they changed is shown, and undone as one step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from django.shortcuts import render
from django.utils.translation import gettext as _

from assistants_app import contract, textdiff
from assistants_app.actions import building
from assistants_app.contract import tool_keys
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.schema import fixes, pointers
from assistants_app.views import builder, builder_refusals, meaning, pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from assistants_app.contract.problems import Path
    from assistants_app.models import Change
    from assistants_app.views.schema_checks import Checks


class FixDesk(builder.Desk, Protocol):
    """What the fixes need besides. `root` leads from the document to the holder."""

    @property
    def fix_url(self) -> str: ...
    @property
    def root(self) -> Path: ...
    @property
    def checks(self) -> Checks: ...
    def again(self, change: Change) -> FixDesk: ...
    def renamed(self, holder: Any) -> Any:
        """The holder under a name that servers take and that is free."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """What following the schema exactly would change, and what that leaves."""

    changes: list[tuple[str, str]]
    left: list[str]


def preview(desk: FixDesk) -> HttpResponse:
    """The changes of make strict, before they are taken."""
    holder = desk.host.read(desk.change)
    made = contract.make_strict(building.schema_of(desk.host, holder) or {}, may_wrap=True)
    told = [(_place(desk, one.path), one.said(_)) for one in made.changes]
    left = [
        ": ".join(filter(None, [_place(desk, p.path), contract.plain(p, _)])) for p in made.left
    ]
    context = {
        "desk": desk,
        "preview": Preview(told, left),
        "fingerprint": tool_keys.fingerprint(holder),
        "in_dialog": bool(desk.request.htmx),
    }
    if desk.request.htmx:
        return render(desk.request, "tools/parts/_preview.html", context)
    return pages.page(desk.request, "tools/preview.html", context | {"crumbs": []})


def _place(desk: FixDesk, path: Any) -> str:
    said = contract.in_words((*desk.root, *desk.host.at, *path), {}, _)
    return said.partition(", ")[2] if desk.root[0] == "tools" else said


def fix(desk: FixDesk) -> HttpResponse:
    """One fix, or all: one step, and then what it changed."""
    rule, before = desk.request.POST.get("rule", ""), desk.host.read(desk.change)
    operation = _operation(desk, rule)
    if operation is None:
        return builder_refusals.refused(desk, [_("That cannot be done here.")])
    try:
        done = building.replace(
            desk.change,
            actor=desk.request.actor,
            host=desk.host,
            operation=operation,
            said=_("Fixed what the checks found.") if rule == "all" else _("Fixed a check."),
            fingerprint=desk.request.POST.get("fp", ""),
        )
    except Conflict as conflict:
        return builder_refusals.stale(desk, conflict)
    except InvalidDocument as refusal:
        reasons = [contract.plain(one, _) for one in refusal.problems[:5]]
        return builder_refusals.refused(desk, reasons)
    now = desk.again(done.change)
    changed = _changed(before, now.host.read(now.change))
    view = builder.shown(now, desk.request.GET, said=changed["said"])
    if not desk.request.htmx:
        return now.page(view, changed=changed)
    response = builder.whole(now, view, "what-changed", changed)
    return pages.with_slots(response, desk.request, {"dialog": builder.NOTHING}, {})


def _operation(desk: FixDesk, rule: str) -> Callable[[Any], Any] | None:
    if rule == "name":
        return desk.renamed
    if rule == "all":
        return lambda holder: _everything(desk, holder)
    change = fixes.FIXES.get(rule)
    if change is None:
        return None
    return lambda holder: pointers.put(
        holder, desk.host.at, change(building.schema_of(desk.host, holder) or {})
    )


def _everything(desk: FixDesk, holder: Any) -> Any:
    if any(line.rule == "name" for line in desk.checks.lines):
        holder = desk.renamed(holder)
    schema = building.schema_of(desk.host, holder)
    if schema is None:
        return holder
    made = fixes.everything(schema, is_strict=desk.is_strict)
    return pointers.put(holder, desk.host.at, made)


def _changed(before: Any, after: Any) -> dict[str, Any]:
    """What changed, for the panel: in words, and as the difference of the two texts."""
    one, other = contract.dumps(before, indent=2), contract.dumps(after, indent=2)
    diff = textdiff.difference(one, other)
    count = sum(a != b for a, b in zip(one.split("\n"), other.split("\n"), strict=False))
    said = _("Fixed. What changed is shown; Undo takes it back.")
    if "function" in after:
        told = meaning.of_function(before, after)
    else:
        told = meaning.entries("response_format", before, after)
    entries = [replace(one, rows=tuple(_in_words(row) for row in one.rows)) for one in told]
    return {"diff": diff, "said": said, "count": count, "entries": entries}


def _in_words(row: meaning.Entry) -> meaning.Entry:
    """Without the sides that are code, which the difference below shows, where words are left."""
    words = tuple(told for told in row.told if not told.is_code)
    return replace(row, told=words or row.told)

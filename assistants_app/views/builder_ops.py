"""The endpoint of the builder: the buttons of its rows, undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import building
from assistants_app.contract.references import unescaped
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.schema import pointers, rows, tree
from assistants_app.views import builder, builder_refusals, builder_row, builder_rows, pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from assistants_app.actions.building import Built, Operation
    from assistants_app.contract.problems import Path


def ops(desk: builder.Desk) -> HttpResponse:
    """One edit: `op` is "set" for the fields of a row, else what a button of a row sends."""
    word, _colon, rest = desk.request.POST.get("op", "set").partition(":")
    try:
        if word in ("undo", "redo"):
            return _undone(desk, is_redo=word == "redo")
        return _pressed(desk, word, rest) if rest else builder_row.save(desk)
    except Conflict as conflict:
        return builder_refusals.stale(desk, conflict)
    except InvalidDocument as refusal:
        return builder_refusals.refused(
            desk, [contract.plain(one, _) for one in refusal.problems[:5]]
        )
    except tree.Refused as refusal:
        return builder_refusals.refused(desk, [_(str(refusal))])


# --- the buttons of a row ---------------------------------------------------------------------
def _pressed(desk: builder.Desk, word: str, sight: str) -> HttpResponse:
    fingerprint, _colon, pointer = sight.partition(":")
    if pointer == "/":
        pointer = ""
    is_strict = desk.is_strict
    operations: dict[str, tuple[Operation, Callable[[str], str]]] = {
        "up": (lambda s, p: tree.move(s, p, -1), _said_moved),
        "down": (lambda s, p: tree.move(s, p, 1), _said_moved),
        "copy": (tree.duplicate, _said_copied),
        "remove": (tree.remove, _said_removed),
        "into": (lambda s, p: tree.into_group(s, p, _target(desk, s)), _said_moved),
        "add": (
            lambda s, p: tree.add(
                s, p, required=is_strict, is_closed=is_strict, words=desk.host.words
            ),
            lambda _name: (
                _("Added a field.") if desk.host.words == "fields" else _("Added an input.")
            ),
        ),
    }
    if word not in operations:
        raise tree.Refused("", "not.here")
    operation, words = operations[word]
    name = _name(pointer)
    before = builder.shown(desk, desk.request.POST)
    said = words(name)
    done = building.edit(
        desk.change,
        actor=desk.request.actor,
        host=desk.host,
        pointer=pointer,
        fingerprint=fingerprint,
        operation=operation,
        said=said,
    )
    follows = word == "into" and pointer == desk.request.POST.get("open")
    stays = pointers.spelled(done.path) if follows else None
    return _drawn(desk, done, said, _focus(word, before, pointer, done), stays)


def _target(desk: builder.Desk, schema: Any) -> Path:
    target = desk.request.POST.get("target", "")
    try:
        return pointers.resolve(schema, "" if target == "/" else target)
    except pointers.Nowhere:
        raise tree.Refused("target", "not.here") from None


def _said_moved(name: str) -> str:
    return _("Moved %(name)s.") % {"name": name}


def _said_copied(name: str) -> str:
    return _("Duplicated %(name)s.") % {"name": name}


def _said_removed(name: str) -> str:
    return _("Removed %(name)s.") % {"name": name}


def _name(pointer: str) -> str:
    """The name at the end of a pointer, as people typed it."""
    return unescaped(pointer.rpartition("/")[2])[:80]


def _focus(word: str, before: builder.Shown, pointer: str, done: Built) -> str:
    """Where the focus goes: ux.md section 4.6."""
    rid = rows.row_id(pointers.spelled(done.path))
    if word == "add":
        return f"f-{rid}-name"
    if word != "remove":
        return f"m-{rid}"
    listed = [one.row for one in before.rows if one.row.path[:-1] == (*done.path, "properties")]
    place = next((i for i, row in enumerate(listed) if row.pointer == pointer), 0)
    beside = [*listed[place + 1 : place + 2], *listed[max(place - 1, 0) : place]]
    return f"e-{beside[0].rid}" if beside else "add-input"


def _undone(desk: builder.Desk, *, is_redo: bool) -> HttpResponse:
    before = building.schema_of(desk.host, desk.host.read(desk.change))
    done = building.undo(desk.change, actor=desk.request.actor, host=desk.host, is_redo=is_redo)
    said = _("Done again.") if is_redo else _("Taken back.")
    after = building.schema_of(desk.host, desk.host.read(done.change))
    stays = _renamed(before, after, desk.request.POST.get("open", ""))
    return _drawn(desk, done, said, "redo" if is_redo else "undo", stays)


def _renamed(before: Any, after: Any, pointer: str) -> str:
    """Where the open row is after a step: the same, or in its place under another name."""
    path = builder.path_of(before, pointer) if pointer else None
    if not path or builder.path_of(after, pointer) is not None or tree.is_entry(path):
        return pointer
    group = builder.path_of(after, pointers.spelled(path[:-1]))
    was, now = pointers.at(before, path[:-1]), group and pointers.at(after, group)
    if not isinstance(now, dict) or len(now) != len(was):
        return pointer
    return pointers.spelled((*path[:-1], list(now)[list(was).index(path[-1])]))


def _drawn(
    desk: builder.Desk, done: Built, said: str, focus: str, stays: str | None = None
) -> HttpResponse:
    """All rows anew, the open one (`stays`, else as it was sent) still open; without htmx the page,
    at the row."""
    now = desk.again(done.change)
    at, edit = desk.request.POST.get("at", ""), stays
    if focus.startswith("f-"):
        edit = pointers.spelled(done.path)
    elif edit is None:
        edit = desk.request.POST.get("open", "")
    if not desk.request.htmx:
        url = builder_rows.address(desk.page_url, at=at, edit=edit)
        return pages.go(desk.request, f"{url}#{focus}" if focus.startswith("f-") else f"{url}#h-i")
    query = QueryDict(mutable=True)
    query["at"] = at
    if edit:
        query["edit"] = edit
    states = {"is_undone": focus in ("undo", "redo"), "is_added": focus.startswith("f-")}
    view = builder.shown(now, query, said=said, **states)
    return builder.whole(now, view, focus)

"""The form of the open row: what was typed becomes one edit, or comes back with what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from assistants_app.actions import building
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.rows import KINDS, RowForm
from assistants_app.schema import pointers, rows, tree
from assistants_app.views import builder, builder_refusals, builder_rows, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.actions.building import Built
    from assistants_app.contract.problems import Path
    from assistants_app.views.builder_rows import RowView


def save(desk: builder.Desk) -> HttpResponse:
    """What the form of a row holds, as one edit of only what differs."""
    post = desk.request.POST
    pointer, rid = post.get("ptr", ""), _safe_id(post.get("rid", ""))
    before = builder.shown(desk, QueryDict(mutable=False))
    path = builder.path_of(before.schema, pointer)
    if not path:
        raise Conflict(_("Someone took this out meanwhile."), code="gone", change=desk.change)
    row = rows.row(before.schema, path)
    form = RowForm(post, row=row, rid=rid or row.rid, words=desk.host.words)
    if not form.is_valid():
        return _row_refused(desk, form, path)
    wanted = form.cleaned_data.get("kind") or row.kind
    lost = tree.lost_by_kind(row.node, wanted)
    if lost and not post.get("sure") and form.cleaned_data.get("kind"):
        return _ask(desk, row, wanted, lost)
    try:
        done = building.edit(
            desk.change,
            actor=desk.request.actor,
            host=desk.host,
            pointer=pointer,
            fingerprint=post.get("fp", ""),
            operation=form.apply,
            said=_("Changed %(name)s.") % {"name": row.name or _("each entry")},
        )
    except tree.Refused as refusal:
        form.refuse(refusal)
        return _row_refused(desk, form, path)
    except InvalidDocument as refusal:
        form.refuse_whole(refusal)
        return _row_refused(desk, form, path)
    except Conflict as conflict:
        return builder_refusals.stale(desk, conflict, form)
    return _row_saved(desk, row, form, done)


def _safe_id(text: str) -> str:
    return text if text.isascii() and text.isalnum() and len(text) <= 16 else ""


def _row_saved(desk: builder.Desk, row: rows.Row, form: RowForm, done: Built) -> HttpResponse:
    now = desk.again(done.change)
    post = desk.request.POST
    rids = {pointers.spelled(done.path): form.rid}
    if not desk.request.htmx:
        stays = {} if post.get("done") else {"edit": pointers.spelled(done.path)}
        url = builder_rows.address(desk.page_url, at=post.get("at", ""), **stays)
        return pages.go(desk.request, f"{url}#p-{rows.row_id(pointers.spelled(done.path))}")
    query = QueryDict(mutable=True)
    query["at"], query["edit"] = post.get("at", ""), pointers.spelled(done.path)
    view = builder.shown(now, query, rids=rids)
    after = rows.row(view.schema, done.path)
    if post.get("done"):
        query.pop("edit")
        view = builder.shown(now, query)
        return builder.whole(now, view, f"e-{after.rid}")
    if after.path != row.path or after.kind != row.kind or after.items != row.items:
        return builder.whole(now, view)
    chosen = after.kind == "choice" and (after.values != row.values or bool(post.get("more")))
    return _row_slots(now, view, after, are_chips_new=chosen)


def _row_slots(
    desk: builder.Desk, view: builder.Shown, row: rows.Row, *, are_chips_new: bool
) -> HttpResponse:
    """The row's head; its fields stay as they are, but for the chips."""
    one = view.view(row)
    context = builder.context_of(desk, view, row=one, form=one.form)
    response = render(desk.request, "tools/parts/_param_head.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = f"#p-{one.rid}-head", "innerHTML"
    slots = {f"f-{one.rid}-ref": "tools/parts/_param_ref.html"}
    slots[f"f-{one.rid}-acts"] = "tools/parts/_param_acts.html"
    if are_chips_new:
        slots[f"f-{one.rid}-chips"] = "tools/parts/_chips.html"
        slots[f"f-{one.rid}-all"] = "tools/parts/_values.html"
    form = one.form
    pages.with_slots(response, desk.request, slots, context)
    for bound in form or ():
        if bound.name in ("kind", "required", "empty"):  # nothing that is typed, so never wrong
            continue
        pages.with_slots(
            response, desk.request, {f"{bound.auto_id}-msg": "ui/parts/_field_msg.html"}, {}
        )
    for above in _around(view, row):
        pages.with_slots(
            response,
            desk.request,
            {f"m-{above.rid}-body": "tools/parts/_param_menu.html"},
            builder.context_of(desk, view, row=above),
        )
    slots, more = desk.slots(view)
    return pages.with_slots(
        response,
        desk.request,
        {**slots, "add-ref": "tools/parts/_add.html", "changed": builder.NOTHING},
        more | builder.context_of(desk, view),
    )


def _around(view: builder.Shown, row: rows.Row) -> list[RowView]:
    """The rows whose text holds this one's, and itself: their buttons carry fingerprints."""
    return [one for one in view.rows if row.path[: len(one.row.path)] == one.row.path]


def _row_refused(desk: builder.Desk, form: RowForm, path: Path) -> HttpResponse:
    """422: what is wrong stands at its box; nothing was saved, the text stays."""
    if not desk.request.htmx:
        query = QueryDict(mutable=True)
        query["at"] = desk.request.POST.get("at", "")
        view = builder.shown(desk, query, rids={pointers.spelled(path): form.rid})
        opened = builder.Shown(desk, view.schema, view.at, path, form, view.rids)
        return desk.page(opened, status=422)
    context = {"form": form, "id": f"f-{form.rid}-summary"}
    response = render(desk.request, "tools/parts/_row_summary.html", context, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = f"#f-{form.rid}-errors", "innerHTML"
    for bound in form:
        said = {"errors": list(bound.errors)}
        slots = {f"{bound.auto_id}-msg": "ui/parts/_field_msg.html"}
        pages.with_slots(response, desk.request, slots, said)
    return response


def _ask(desk: builder.Desk, row: rows.Row, kind: str, lost: list[str]) -> HttpResponse:
    """Another kind drops what this one holds: what that is, before it is done."""
    post = desk.request.POST
    hidden = [(key, post[key]) for key in post if key not in ("csrfmiddlewaretoken", "form_id")]
    at = post.get("at", "")
    context = {
        "heading": _("Change %(name)s to %(kind)s?")
        % {"name": row.name or _("each entry"), "kind": KINDS.get(kind, kind)},
        "text": _("This goes with it; Undo brings it back:"),
        "consequences": [*lost[:20], *(["…"] if len(lost) > 20 else [])],
        "action": _("Change the kind"),
        "action_url": desk.ops_url,
        "hidden": [*hidden, ("sure", "1")],
        "cancel_url": builder_rows.address(desk.page_url, at=at, edit=row.pointer),
        "in_dialog": bool(desk.request.htmx),
    }
    if not desk.request.htmx:
        return pages.page(desk.request, "tools/confirm_kind.html", context)
    response = render(desk.request, "tools/parts/_confirm_kind.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response

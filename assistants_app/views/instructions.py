"""The instructions of a change: looks at the text, and changes of it in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants_app import markup, policies, textdiff
from assistants_app.forms import texts
from assistants_app.forms.instructions import InstructionsForm
from assistants_app.models import Version
from assistants_app.views import access, editing, pages, saving
from assistants_app.views.redrawing import Done

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.models import Change
    from assistants_app.views.pages import Request

BOX = "id_instructions"
SHOWN = 20  # assistants to insert from; the search finds the others


def looked_at(row: Change, view: str) -> dict[str, Any]:
    """What stands beside the text: `preview` or `changes`; anything else is nothing."""
    text = (row.instructions or "").replace("\r\n", "\n")
    if view == "preview":
        return {"view": view, "html": markup.markdown_html(text)}
    if view != "changes":
        return {"view": ""}
    live = (row.base.instructions or "") if row.base else ""
    return {"view": view, "base": row.base, "diff": textdiff.difference(live, text)}


def part(request: Request, row: Change) -> HttpResponse:
    """One look at the text as it is stored, or its headings, drawn anew beside it."""
    context: dict[str, Any] = {"change": row, "form": InstructionsForm(change=row)}
    if request.htmx.target == "headings":
        return render(request, "changes/parts/_headings.html", context)
    context |= looked_at(row, request.GET.get("instructions", ""))
    response = render(request, "changes/parts/_look.html", context)
    slots = {"instructions-tabs": "changes/parts/_look_tabs.html"}
    return pages.with_slots(response, request, slots, context)


@access.signed_in("POST")
def change_instructions(request: Request, pk: int) -> HttpResponse:
    """`op`: "find" counts, "replace" replaces them all, "clean:U+200B" and "clean:" take out."""
    change = access.change(request, pk, "change.write")
    form = InstructionsForm(_boxes(request, change), change=change)
    op, _colon, what = request.POST.get("op", "").partition(":")
    text = form.text("instructions")
    if op == "clean":
        now = texts.cleaned(text, what)
        n = sum(one.count for one in form.hidden if what in ("", one.point))
        said = ngettext("Removed %(n)s hidden character.", "Removed %(n)s hidden characters.", n)
        return _press(request, change, now, said % {"n": n}, before=text)
    form.look_for(request.POST)
    if op == "replace" and form.finder.is_valid() and form.times:
        asked = form.finder.cleaned_data
        now, n = texts.replaced(text, asked["find"], asked["by"], exact=asked["exact"])
        said = ngettext("Replaced in %(n)s place.", "Replaced in %(n)s places.", n)
        return _press(request, change, now, said % {"n": n}, before=text)
    return _found(request, change, form)


def _boxes(request: Request, change: Change) -> dict[str, str]:
    held = InstructionsForm.held(change)
    return {"instructions": request.POST.get("instructions", held["instructions"])}


def _press(request: Request, change: Change, now: str, said: str, *, before: str) -> HttpResponse:
    form = InstructionsForm({"instructions": now}, change=change)
    done = Done(said, BOX, before={"instructions": before}, closes=True)
    return saving.press(request, change, form, done)


def _found(request: Request, change: Change, form: InstructionsForm) -> HttpResponse:
    status = 200 if form.finder.is_valid() else 422
    form.lock = saving.lock(request)
    if not request.htmx:
        return editing.page(request, change, typed=form, status=status)
    context = {"change": change, "form": form}
    response = render(request, "changes/parts/_found.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#find-result", "innerHTML"
    return response


@access.signed_in("GET", "POST")
def change_insert(request: Request, pk: int) -> HttpResponse:
    """Take text from the instructions of another assistant: choose it, then its sections."""
    change = access.change(request, pk, "change.write")
    source = _source(request, change)
    if request.method == "POST" and source is not None:
        return _insert(request, change, source)
    context = editing.head(request, change) | {
        "query": request.GET.get("q", "").strip(),
        "source": source,
        "sections": texts.sections(_text_of(source)) if source else [],
    }
    if source is None:
        context["found"] = _others(change, context["query"])
    parts = {
        "dialog": "changes/parts/_insert.html",
        "insert-found": "changes/parts/_insert_found.html",
    }
    return pages.page(request, "changes/insert.html", context, parts=parts)


def _others(change: Change, query: str) -> list[Version]:
    """The live versions of other assistants of the workspace by name."""
    rows = Version.objects.filter(
        live_for__workspace=change.assistant.workspace, live_for__archived_at=None
    ).exclude(live_for=change.assistant)
    rows = rows.exclude(instructions=None)
    if query:
        rows = rows.filter(name__icontains=query)
    return list(rows.select_related("assistant").order_by("name", "pk")[:SHOWN])


def _source(request: Request, change: Change) -> Version | None:
    """A version by its number in the address or the form, of a workspace that one may read."""
    asked = request.POST.get("version") or request.GET.get("version") or ""
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        return None
    rows = policies.visible(request.actor, Version.objects.all(), by="assistant__workspace")
    rows = rows.filter(assistant__workspace=change.assistant.workspace)
    return rows.select_related("assistant").filter(pk=asked).first()


def _text_of(version: Version) -> str:
    return (version.instructions or "").replace("\r\n", "\n")


def _insert(request: Request, change: Change, source: Version) -> HttpResponse:
    chosen = set(request.POST.getlist("section"))
    parts = [
        section.text
        for n, section in enumerate(texts.sections(_text_of(source)))
        if str(n) in chosen
    ]
    text = InstructionsForm(_boxes(request, change), change=change).text("instructions")
    now = texts.inserted(text, "\n".join(parts), _span(request)) if parts else text
    said = (
        _("Inserted from %(name)s.") if parts else _("Nothing was chosen, so nothing was inserted.")
    )
    return _press(request, change, now, said % {"name": source.assistant}, before=text)


def _span(request: Request) -> tuple[int, int] | None:
    """Where the cursor is, if it shall go there; the end of the text otherwise."""
    ends = [request.POST.get(name, "") for name in ("at", "until")]
    if request.POST.get("where") != "cursor" or not all(e.isascii() and e.isdigit() for e in ends):
        return None
    at, until = (int(end[:9]) for end in ends)
    return at, until

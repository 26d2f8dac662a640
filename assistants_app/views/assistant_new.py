"""A new assistant: it begins as a change, and is live once that is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract, policies
from assistants_app.actions import changes, receipts
from assistants_app.errors import Conflict, NotAllowed
from assistants_app.forms.assistants import NewForm, PasteForm
from assistants_app.forms.model import options
from assistants_app.models.connections import catalogue_of
from assistants_app.views import access, model_list, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.forms.assistants import StartForm
    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request

WAYS: dict[str, type[StartForm]] = {"form": NewForm, "json": PasteForm}


@access.signed_in("GET", "POST")
def assistant_new(request: Request) -> HttpResponse:
    """Name, model and instructions, or a pasted object; then on to the editor."""
    places = _places(request)
    way = "json" if request.GET.get("from") == "json" else "form"
    initial = {"workspace": places[0].slug}
    if request.method != "POST":
        model = model_list.usual(places[0])
        form = WAYS[way](places=places, initial=initial | {"model": model})
        return _page(request, form, way, places, is_usual=bool(model))
    form = WAYS[way](request.POST, places=places, initial=initial)
    if not form.is_valid():
        return _page(request, form, way, places, status=422)
    try:
        url = _start(request, form, places)
    except Conflict as conflict:
        return _again(request, way, places, conflict)
    if left_out := ", ".join(getattr(form, "left_out", [])):
        text = _("Left out, since it belongs to the server it came from: %(keys)s.")
        messages.info(request, text % {"keys": left_out})
    if getattr(form, "had_mark", False):
        messages.info(request, _("Left out: the byte order mark at the start."))
    return pages.go(request, url)


@access.signed_in("POST")
def duplicate(request: Request, pk: int) -> HttpResponse:
    """A new assistant that begins as what this one's live version says, or else its proposal."""
    row = access.assistant(request, pk, "change.write")
    source = row if row.live_version else (row.changes.order_by("-pk").first() or row)
    document = contract.without_marker(source.document())
    name = _("%(name)s (copy)") % {"name": str(document.get("name") or row.answers_to)[:240]}
    key = request.POST.get("form_id", "")[:200] and f"{request.POST['form_id'][:200]} {pk}"
    url = _made(request, row.workspace, contract.merge(document, {"name": name}), key)
    messages.success(request, _("This is a copy. Nothing of it is live before you publish it."))
    return pages.go(request, url)


def _places(request: Request) -> list[Workspace]:
    """Where this person may write, the workspace of the address or the last-used one first."""
    current = access.current(request)
    if current is None:
        raise Http404
    mine = access.mine_of(request)
    may = [place for place in mine if policies.allowed(request.actor, "change.write", place)]
    if not may or (request.GET.get("workspace") and current not in may):
        message = "Your role in this workspace does not include this."
        raise NotAllowed(message, right="change.write", workspace_id=current.pk)
    return sorted(may, key=lambda place: place != current)


def _start(request: Request, form: StartForm, places: list[Workspace]) -> str:
    """The address of the new Change's editor; the same again for the same form.

    Raises Conflict (`receipt`) when this form was sent before with another content.
    """
    workspace = next(p for p in places if p.slug == form.cleaned_data["workspace"])
    key = str(form.cleaned_data["form_id"] or "")
    return _made(request, workspace, form.document, key)


def _made(request: Request, workspace: Workspace, document: contract.Document, key: str) -> str:
    """As `_start`, once what is to be made is known."""
    body = f"{workspace.pk} {contract.canonical(document)}".encode()
    if key and (known := receipts.first(request.actor, key, body)):
        return known.answer
    with transaction.atomic():
        change = changes.start(workspace, actor=request.actor, document=document)
        url = reverse("change", args=[change.pk])
        if key:
            receipts.keep(actor=request.actor, key=key, body=body, status=303, answer=url)
    return url


def _again(request: Request, way: str, places: list[Workspace], conflict: Conflict) -> HttpResponse:
    """409: the form was used already. What was typed stands in a fresh one."""
    typed = {name: request.POST[name] for name in WAYS[way].base_fields if name in request.POST}
    form = WAYS[way](places=places, initial=typed)
    warning = _("This form made an assistant already. Send it once more to make another one.")
    said = warning if conflict.code == "receipt" else str(conflict)
    return _page(request, form, way, places, status=409, warning=said)


def _page(
    request: Request,
    form: StartForm,
    way: str,
    places: list[Workspace],
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    workspace = places[0]
    url = f"{reverse('assistant_new')}?workspace={workspace.slug}"
    back = f"{reverse('assistant_list')}?workspace={workspace.slug}"
    context = {
        "form": form,
        "way": way,
        "ways": [("form", _("Fill in"), url), ("json", _("Paste JSON"), f"{url}&from=json")],
        "workspace": workspace,
        "models": options(catalogue_of(workspace.upstream)),
        "action_url": request.get_full_path(),
        "cancel_url": back,
        "crumbs": [(_("Assistants"), back), (_("New assistant"), "")],
        **more,
    }
    return pages.page(request, "assistants/new.html", context, status=status)

"""The fields of a reply on a page of their own: the builder of the inputs of a function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import building, changes
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.reply import Sample, sample_reply
from assistants_app.schema import pointers
from assistants_app.views import (
    access,
    builder,
    builder_fixes,
    builder_ops,
    builder_page,
    builder_refusals,
    editing,
    pages,
    refusals,
    schema_checks,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.contract.problems import Path
    from assistants_app.models import Change
    from assistants_app.views.builder import Shown
    from assistants_app.views.pages import Request

_SLOTS = {
    **builder_page.SLOTS,
    "fields-sample": "changes/parts/_reply_sample_body.html",
    "fields-exact": "changes/parts/_fields_exact.html",
}


@dataclass(frozen=True, slots=True)
class ReplyDesk:
    """The builder over the fields of the reply."""

    request: Request
    change: Change
    host: building.ReplyHost = field(default_factory=building.ReplyHost)
    root: Path = ("response_format",)

    @property
    def page_url(self) -> str:
        return reverse("reply_fields", args=[self.change.pk])

    @property
    def ops_url(self) -> str:
        return reverse("reply_ops", args=[self.change.pk])

    @property
    def fix_url(self) -> str:
        return reverse("reply_fix", args=[self.change.pk])

    @property
    def json_url(self) -> str:
        return reverse("reply_json", args=[self.change.pk])

    @property
    def card_url(self) -> str:
        return f"{reverse('change', args=[self.change.pk])}#form-reply"

    @property
    def is_auto(self) -> bool:
        return self.change.state in changes.EDITABLE

    @property
    def format(self) -> dict[str, Any]:
        found: dict[str, Any] = self.host.read(self.change)
        return found

    @property
    def schema(self) -> Any:
        return building.schema_of(self.host, self.format)

    @property
    def is_strict(self) -> bool:
        return self.format["json_schema"].get("strict") is True

    @property
    def exact_fp(self) -> str:
        return _exact(self.format)

    @property
    def checks(self) -> schema_checks.Checks:
        """Only the reply format is looked at."""
        document = {"model": self.change.model or "?", "response_format": self.format}
        rules = changes.profile(self.change.assistant.workspace)
        found = [p for p in contract.check(document, "create", rules) if p.path[:1] == self.root]
        subject = schema_checks.Subject(
            document, self.root, self.host.at, self.page_url, self.card_url, self.host.words
        )
        lines = schema_checks.sort(schema_checks.lines(found, subject))
        if refusal := refusals.of_reply(self.change):
            lines.insert(0, schema_checks.refused(refusal, subject))
        return schema_checks.Checks(lines, [], [])

    @property
    def sample(self) -> Sample | None:
        return sample_reply(self.schema)

    def renamed(self, holder: Any) -> Any:
        return holder

    def again(self, change: Change) -> ReplyDesk:
        return replace(self, change=access.after(self.request, self.change, change))

    def page(self, shown: Shown, *, status: int = 200, **more: Any) -> HttpResponse:
        return _page(self, shown, status=status, **more)

    def slots(self, shown: Shown) -> tuple[dict[str, str], dict[str, Any]]:
        return _SLOTS, _beside(self, shown) | {"change": self.change}


@access.signed_in("GET", "POST")
def reply_fields(request: Request, pk: int) -> HttpResponse:
    """The page, a row of it, or whether the fields are followed exactly."""
    desk = desk_of(request, pk)
    if not isinstance(desk, ReplyDesk):
        return desk
    if request.method == "POST":
        return _save_exact(desk)
    view = builder.shown(desk, request.GET)
    if request.htmx and request.htmx.target == "params":
        return builder.part(desk, view)
    return _page(desk, view)


@access.signed_in("POST")
def reply_ops(request: Request, pk: int) -> HttpResponse:
    """One edit of the fields, undo or redo."""
    desk = desk_of(request, pk)
    return builder_ops.ops(desk) if isinstance(desk, ReplyDesk) else desk


@access.signed_in("GET", "POST")
def reply_fix(request: Request, pk: int) -> HttpResponse:
    """Mend what the checks found; GET shows what following the fields exactly would change."""
    desk = desk_of(request, pk)
    if not isinstance(desk, ReplyDesk):
        return desk
    return builder_fixes.fix(desk) if request.method == "POST" else builder_fixes.preview(desk)


def desk_of(request: Request, pk: int) -> ReplyDesk | HttpResponse:
    """The desk; where there are no fields that rows can show, the way to the card."""
    row = access.change(request, pk, "change.write", is_bare=True)
    if editing.mode(request, row) == "read":
        return redirect("change", pk)
    if building.has_fields(row):
        return ReplyDesk(request, row)
    if request.method == "POST":
        return builder_refusals.gone(request, row, "reply")
    messages.info(
        request,
        _("Its fields open as rows once “Exactly these fields” is saved and its JSON can be read."),
    )
    return redirect(f"{reverse('change', args=[pk])}#form-reply")


def _beside(desk: ReplyDesk, shown: Shown) -> dict[str, Any]:
    """What stands beside the rows; the sample reads the desk as the form of the card."""
    return builder_page.beside(desk, shown) | {"form": desk}


def _page(desk: ReplyDesk, shown: Shown, *, status: int = 200, **more: Any) -> HttpResponse:
    context = builder_page.around(desk, _("Fields")) | _beside(desk, shown)
    return pages.page(desk.request, "changes/fields.html", context | more, status=status)


# --- exact mode -------------------------------------------------------------------------------
def _exact(held: Any) -> str:
    """The fingerprint of this alone, so that an edit of the fields is no conflict."""
    return pointers.fingerprint(held["json_schema"].get("strict"))


def _save_exact(desk: ReplyDesk) -> HttpResponse:
    wanted = "strict" in desk.request.POST

    def operation(held: Any) -> Any:
        if wanted == (held["json_schema"].get("strict") is True):
            return held
        return pointers.put(held, ("json_schema", "strict"), wanted)

    try:
        done = building.replace(
            desk.change,
            actor=desk.request.actor,
            host=desk.host,
            operation=operation,
            said=_("Turned exact mode on.") if wanted else _("Turned exact mode off."),
            fingerprint=desk.request.POST.get("basics", ""),
            seen=_exact,
        )
    except InvalidDocument as refusal:
        reasons = [contract.plain(one, _) for one in refusal.problems[:5]]
        return builder_refusals.refused(desk, reasons)
    except Conflict as conflict:
        return builder_refusals.stale(desk, conflict)
    now = desk.again(done.change)
    if not desk.request.htmx:
        return pages.go(desk.request, now.page_url)
    slots, context = now.slots(builder.shown(now, desk.request.GET))
    own = slots["fields-exact"]
    response = render(desk.request, own, context)
    response["HX-Retarget"], response["HX-Reswap"] = "#fields-exact", "innerHTML"
    rest = {slot: part for slot, part in slots.items() if part != own}
    return pages.with_slots(response, desk.request, rest, context)

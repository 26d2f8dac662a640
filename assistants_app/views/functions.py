"""The function editor: basics, inputs, checks, and what will be pushed (ux.md section 6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import building, changes, tools
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms.functions import FunctionForm, basics
from assistants_app.schema import pointers
from assistants_app.views import (
    access,
    builder,
    builder_page,
    builder_refusals,
    function_checks,
    pages,
)

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.contract.problems import Path
    from assistants_app.models import Change
    from assistants_app.views.builder import Shown
    from assistants_app.views.pages import Request
    from assistants_app.views.schema_checks import Checks


NAMED: Final = {
    "basics-ref": "tools/parts/_basics_ref.html",
    "tool-title": "tools/parts/_title.html",
    "crumb": "tools/parts/_crumb.html",
    "basics-summary": builder.NOTHING,
}
"""What follows the basics around the form."""
FIELDS: Final = {"basics-fields": "tools/parts/_basics.html"}


@dataclass(frozen=True, slots=True)
class FunctionDesk:
    """The builder over the inputs of one function.

    `shown` is the fingerprint of the basics that the page holds, "" where it is as they are now.
    """

    request: Request
    change: Change
    host: building.ToolHost
    shown: str = ""

    @property
    def page_url(self) -> str:
        return reverse("tool", args=[self.change.pk, self.host.key])

    @property
    def ops_url(self) -> str:
        return reverse("tool_ops", args=[self.change.pk, self.host.key])

    @property
    def fix_url(self) -> str:
        return reverse("tool_fix", args=[self.change.pk, self.host.key])

    @property
    def try_url(self) -> str:
        return reverse("tool_try", args=[self.change.pk, self.host.key])

    @property
    def is_auto(self) -> bool:
        return self.change.state in changes.EDITABLE

    @property
    def tool(self) -> dict[str, Any]:
        found: dict[str, Any] = self.host.read(self.change)
        return found

    @property
    def json_url(self) -> str:
        return f"{self.page_url}?view=json"

    @property
    def root(self) -> Path:
        return function_checks.ROOT

    @property
    def checks(self) -> Checks:
        return function_checks.of(self.change, self.tool, self.page_url)

    @property
    def is_strict(self) -> bool:
        return self.tool["function"].get("strict") is True

    def again(self, change: Change) -> FunctionDesk:
        shown = self.shown or basics(self.tool)
        return replace(self, change=access.after(self.request, self.change, change), shown=shown)

    def renamed(self, holder: Any) -> Any:
        others = tools.names(self.change)
        own = holder["function"].get("name")
        names = [*others] if others.count(own) > 1 else [name for name in others if name != own]
        return pointers.put(holder, ("function", "name"), function_checks.suggested(holder, names))

    def page(self, shown: Shown, *, status: int = 200, **more: Any) -> HttpResponse:
        return page(self, shown, status=status, **more)

    def slots(self, shown: Shown) -> tuple[dict[str, str], dict[str, Any]]:
        beside = builder_page.beside(self, shown) | {"change": self.change}
        if self.shown in ("", basics(self.tool)):
            return builder_page.SLOTS, beside
        form = FunctionForm(tool=self.tool)
        note(form, beside["checks"])
        return builder_page.SLOTS | FIELDS | NAMED, beside | _basics(self.tool) | {"form": form}


def editor(request: Request, change: Change, key: str) -> HttpResponse:
    """The page, a row of it, or the basics that were sent."""
    desk = FunctionDesk(request, change, building.ToolHost(key))
    if request.method == "POST":
        return save_basics(desk)
    view = builder.shown(desk, request.GET)
    if request.htmx and request.htmx.target == "params":
        return builder.part(desk, view)
    return page(desk, view)


def is_function(tool: Any) -> bool:
    """Whether the form can show it: else it is edited as JSON."""
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or tool.get("type") != "function":
        return False
    schema = function.get("parameters")
    return schema is None or isinstance(schema, dict)


def page(
    desk: FunctionDesk,
    shown: Shown,
    *,
    status: int = 200,
    form: FunctionForm | None = None,
    **more: Any,
) -> HttpResponse:
    """The whole page; `form` is the basics as they were sent."""
    tool = desk.tool
    beside = builder_page.beside(desk, shown)
    own = FunctionForm(tool=tool) if form is None else form
    if form is None:
        note(own, beside["checks"])
    about = _basics(tool)
    context = {**builder_page.around(desk, about["name"]), **beside, "form": own, "tool": tool}
    context |= about
    return pages.page(desk.request, "tools/function.html", context | more, status=status)


def _basics(tool: dict[str, Any]) -> dict[str, str]:
    name = tool["function"].get("name")
    named = name if isinstance(name, str) and name else _("A function without a name")
    return {"basics_fp": basics(tool), "name": named}


def note(form: FunctionForm, checks: Checks) -> None:
    """What the checks say of the name stands at the name as well."""
    form.is_valid()
    for line in checks.lines:
        if line.url == "#id_name" and form["name"].value():
            form.add_error("name", line.text)


def save_basics(desk: FunctionDesk) -> HttpResponse:
    """Name, description and strict, as one step."""
    form = FunctionForm(desk.request.POST, tool=desk.tool)
    if not form.is_valid():
        return _basics_refused(desk, form)
    try:
        done = building.replace(
            desk.change,
            actor=desk.request.actor,
            host=desk.host,
            operation=form.apply,
            said=_("Changed the basics."),
            fingerprint=desk.request.POST.get("basics", ""),
            seen=basics,
        )
    except InvalidDocument as refusal:
        reasons = [contract.plain(one, _) for one in refusal.problems[:5]]
        return _basics_refused(desk, form, reasons)
    except Conflict as conflict:
        return _basics_stale(desk, form, conflict)
    now = replace(desk.again(done.change), shown="")  # the page holds what was typed
    if not desk.request.htmx:
        return pages.go(desk.request, now.page_url)
    view = builder.shown(now, desk.request.GET)
    slots, context = now.slots(view)
    note(form, context["checks"])
    context |= {"form": form} | _basics(now.tool)
    response = render(desk.request, "tools/parts/_basics_ref.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#basics-ref", "innerHTML"
    around = {slot: template for slot, template in NAMED.items() if slot != "basics-ref"}
    pages.with_slots(response, desk.request, slots | around, context)
    return _messages(response, desk, form)


def _messages(response: HttpResponse, desk: FunctionDesk, form: FunctionForm) -> HttpResponse:
    for bound in form:
        slot = {f"{bound.auto_id}-msg": "ui/parts/_field_msg.html"}
        pages.with_slots(response, desk.request, slot, {"errors": list(bound.errors)})
    return response


def _basics_refused(
    desk: FunctionDesk, form: FunctionForm, reasons: list[str] | None = None
) -> HttpResponse:
    for reason in reasons or []:
        form.add_error(None, reason)
    if not desk.request.htmx:
        return page(
            desk, builder.shown(desk, desk.request.GET), status=422, form=form, was_sent=True
        )
    context = {"form": form}
    response = render(desk.request, "tools/parts/_basics_summary.html", context, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#basics-summary", "innerHTML"
    return _messages(response, desk, form)


def _basics_stale(desk: FunctionDesk, form: FunctionForm, conflict: Conflict) -> HttpResponse:
    now = desk.again(desk.change)
    if tools.find(now.change, desk.host.key) is None:
        return builder_refusals.gone(desk.request, now.change)
    held = FunctionForm(tool=now.tool)
    theirs = "\n\n".join(str(held[name].value() or "") for name in ("name", "description"))
    context = {
        "reason": _(str(conflict)),
        "text": theirs,
        "url": now.page_url,
        "basics_fp": basics(now.tool),
    }
    if not desk.request.htmx:
        return page(now, builder.shown(now, desk.request.GET), status=409, form=form, stale=context)
    response = render(desk.request, "tools/parts/_newer_row.html", context, status=409)
    response["HX-Retarget"], response["HX-Reswap"] = "#merge", "innerHTML"
    return response

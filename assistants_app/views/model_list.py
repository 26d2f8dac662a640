"""Which models the live assistants of a workspace use, those that end first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.db.models import Count
from django.urls import reverse
from django.utils import formats
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.models import Assistant
from assistants_app.models.assistants import BY_MODEL
from assistants_app.models.connections import catalogue_of
from assistants_app.views import access, pages
from assistants_app.views.badges import Badge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

    from assistants_app.models import Workspace
    from assistants_app.views.pages import Request

SHOWN = 10  # assistants of each model that ends


@dataclass(slots=True)
class Used:
    """One model in use by `n` assistants; `some` of them where it ends, `url`: the list of all."""

    model: str
    n: int
    good_for: str
    ends: date | None
    is_ending: bool
    url: str
    some: list[Assistant] = field(default_factory=list)

    @property
    def badge(self) -> Badge:
        if self.ends is None:
            return Badge(_("No end announced"), quiet=True)
        day = formats.date_format(self.ends, "j M Y")
        if self.ends <= _today():
            return Badge(_("Switched off since %(day)s") % {"day": day}, "no-symbol", "bad")
        words = _("Will be switched off on %(day)s") % {"day": day}
        return Badge(words, "clock", "warn" if self.is_ending else "", quiet=not self.is_ending)


def _today() -> date:
    return datetime.now(UTC).date()


def ending_soon(places: list[Workspace]) -> Iterator[tuple[Workspace, list[Used]]]:
    """The workspaces in which models are used that are switched off, or will be soon."""
    endings = {place.pk: contract.ending(catalogue_of(place.upstream)) for place in places}
    models = {model for days in endings.values() for model in days}
    if not models:
        return
    found: dict[int, list[Used]] = {}
    for pk, model, n in _counts(places, models):
        if day := endings[pk].get(model):
            used = Used(model, n, contract.good_for(model), day, True, "")
            found.setdefault(pk, []).append(used)
    for place in places:
        if used_here := found.get(place.pk):
            yield place, sorted(used_here, key=lambda one: (one.ends or date.max, one.model))


def _counts(
    places: list[Workspace], models: set[str] | None = None
) -> Iterator[tuple[int, str, int]]:
    """(workspace, model, how many live assistants), of these models only where they are given."""
    rows = Assistant.objects.filter(workspace__in=places).live().annotate(by_model=BY_MODEL)
    if models is not None:
        rows = rows.filter(by_model__in=models)
    counted = rows.order_by().values_list("workspace_id", "by_model")
    yield from counted.annotate(n=Count("pk"))


@access.signed_in("GET")
def model_list(request: Request) -> HttpResponse:
    """Every model in use here, with when it ends and some of the assistants that need another."""
    workspace = access.current(request)
    if workspace is None:
        return pages.page(request, "home/no_workspace.html", {})
    used = sorted(_used(workspace), key=lambda one: (one.ends or date.max, -one.n, one.model))
    _with_some(workspace, [one for one in used if one.is_ending])
    return pages.page(request, "assistants/models.html", {"workspace": workspace, "used": used})


def _used(workspace: Workspace) -> Iterator[Used]:
    catalogue = catalogue_of(workspace.upstream)
    for _pk, model, n in _counts([workspace]):
        about = contract.effects({"model": model}, catalogue)
        query = urlencode({"workspace": workspace.slug, "q": model})
        yield Used(
            model,
            n,
            contract.good_for(model),
            about.shutdown if about else None,
            bool(about and about.is_ending),
            f"{reverse('assistant_list')}?{query}",
        )


def usual(workspace: Workspace) -> str:
    """The model that most live assistants here use, of those that stay; "" where there is none."""
    stays = [one for one in _used(workspace) if not one.is_ending]
    return max(stays, key=lambda one: (one.n, one.model)).model if stays else ""


def _with_some(workspace: Workspace, ending: list[Used]) -> None:
    """The first assistants of every model that ends: one question each, of few models."""
    for one in ending[:SHOWN]:
        rows = Assistant.objects.filter(workspace=workspace).live().annotate(by_model=BY_MODEL)
        one.some = list(
            rows.filter(by_model=one.model).only("name", "public_id").order_by("pk")[:SHOWN]
        )

"""Any two states of an assistant side by side, and an earlier version made live again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app.actions import changes
from assistants_app.errors import Conflict
from assistants_app.models import Change, UpstreamCopy, Version
from assistants_app.views import access, comparison, diff_view, pages

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app import contract
    from assistants_app.models import Assistant
    from assistants_app.views.pages import Request

_SIDE: Final = r"live|upstream|change-\d{1,18}|\d{1,9}"
_SIDES: Final = re.compile(rf"({_SIDE})\.\.({_SIDE})")
NEWEST: Final = 200  # versions that the choice offers; the address takes any


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two states: its word in the address, its name on screen, what it holds."""

    key: str
    label: str
    document: contract.Document
    url: str = ""


@access.signed_in("GET")
def compare(request: Request, pk: int, sides: str) -> HttpResponse:
    """`a..b`, each a version's number, `live`, `upstream` or `change-149`; b against a."""
    row = access.assistant(request, pk)
    if "pick" in request.GET or "picking" in request.GET:
        return _picked(request, row)
    if chosen := _chosen(request):
        return redirect("compare", pk, chosen)
    named = _SIDES.fullmatch(sides)
    if named is None:
        raise Http404
    before, after = _side(row, named[1]), _side(row, named[2])
    if lines := diff_view.fold(request, before.document, after.document):
        return lines
    view, opened = diff_view.asked(request), diff_view.opened(request)
    both = before.document, after.document
    is_theirs = "upstream" in (before.key, after.key)  # a server says defaults that nobody set
    sections = comparison.sections(*both, whole=view["whole"], opened=opened, by_meaning=is_theirs)
    here = reverse("compare", args=[pk, sides])
    context = {
        "assistant": row,
        "before": before,
        "after": after,
        "choices": _choices(row, before, after),
        "link": request.build_absolute_uri(here),
        "here": here,
        "query": f"{here}?",
        "swapped": reverse("compare", args=[pk, f"{after.key}..{before.key}"]),
        "about": _("%(a)s against %(b)s") % {"a": after.label, "b": before.label},
        "view": view,
        "changes": sum(section.changes for section in sections),
        "sections": sections,
        "settings": [one for one in sections if one.kind == "value"],
        "unchanged": comparison.unchanged(*both, by_meaning=is_theirs),
        "crumbs": [
            (_("Assistants"), f"{reverse('assistant_list')}?workspace={row.workspace.slug}"),
            (str(row), reverse("assistant", args=[pk])),
            (_("Compare"), ""),
        ],
    }
    return pages.page(request, "assistants/compare.html", context)


def _picked(request: Request, row: Assistant) -> HttpResponse:
    """The versions that were ticked in the history: two, or one against what is live."""
    ticked = sorted(int(n) for n in request.GET.getlist("pick") if re.fullmatch(r"\d{1,9}", n))
    if len(ticked) in (1, 2):
        last = ticked[1] if len(ticked) == 2 else "live"
        return redirect("compare", row.pk, f"{ticked[0]}..{last}")
    messages.warning(request, _("Tick one version to compare it with the live one, or two."))
    return redirect(f"{reverse('assistant', args=[row.pk])}?tab=history")


def _chosen(request: Request) -> str:
    """What the form of the page asks for, as the address says it; "" where it asks for nothing."""
    asked = f"{request.GET.get('a', '')}..{request.GET.get('b', '')}"
    return asked if _SIDES.fullmatch(asked) else ""


def _side(row: Assistant, key: str) -> Side:
    """Raises Http404 for what this assistant does not have."""
    if key == "upstream":
        return _upstream(row)
    if key.startswith("change-"):
        change = get_object_or_404(row.changes, pk=int(key.removeprefix("change-")))
        return Side(
            key, _change_label(change), change.document(), reverse("review", args=[change.pk])
        )
    if key == "live":
        if row.live_version is None:
            raise Http404
        url = reverse("version", args=[row.pk, row.live_version.number])
        return Side(key, _live_label(row.live_version), row.document(), url)
    version = get_object_or_404(Version, assistant=row, number=int(key))
    url = reverse("version", args=[row.pk, version.number])
    return Side(key, _("Version %(n)s") % {"n": version.number}, version.document(), url)


def _upstream(row: Assistant) -> Side:
    """What was last seen there: the text that differs where there is one."""
    copies = {copy.kind: copy for copy in row.upstream_copies.all()}
    copy = copies.get(UpstreamCopy.Kind.THEIRS) or copies.get(UpstreamCopy.Kind.BASE)
    if copy is None:
        raise Http404
    url = reverse("upstream", args=[row.pk])
    return Side("upstream", _("Upstream, as last seen"), copy.document(), url)


def _choices(row: Assistant, *sides: Side) -> list[tuple[str, str]]:
    """What can be chosen on either side: live, upstream, open changes, versions; what is shown."""
    found = []
    if row.live_version:
        found.append(("live", _live_label(row.live_version)))
    if row.upstream_copies.exists():
        found.append(("upstream", _("Upstream, as last seen")))
    held = row.changes.open().only("pk", "title").order_by("-pk")
    found += [(f"change-{one.pk}", _change_label(one)) for one in held]
    numbers = row.versions.order_by("-number").values_list("number", flat=True)[:NEWEST]
    found += [(str(n), _("Version %(n)s") % {"n": n}) for n in numbers]
    known = dict(found)
    return found + [(one.key, one.label) for one in sides if one.key not in known]


def _live_label(version: Version) -> str:
    return _("Live (version %(n)s)") % {"n": version.number}


def _change_label(change: Change) -> str:
    return change.title or _("Change %(pk)s") % {"pk": change.pk}


@access.signed_in("POST")
def live_again(request: Request, pk: int, n: int) -> HttpResponse:
    """Propose an earlier version as it was: a change like any other, with its own review."""
    row = access.assistant(request, pk)
    version = get_object_or_404(Version, assistant=row, number=n)
    title = _("Make version %(n)s live again") % {"n": n}
    try:
        change = changes.open(row, actor=request.actor, document=version.document(), title=title)
    except Conflict as conflict:
        if conflict.code != "open_change":
            raise
        messages.warning(
            request,
            _(
                "You already have an open change of this assistant, and it stays as it is. "
                "Finish or withdraw it, then make version %(n)s live again."
            )
            % {"n": n},
        )
        return pages.go(request, "change", conflict.data["change"].pk)
    messages.success(
        request,
        _("This change holds version %(n)s as it was. Ask for review to make it live again.")
        % {"n": n},
    )
    return pages.go(request, "change_submit", change.pk)

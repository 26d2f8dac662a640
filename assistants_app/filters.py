"""One FilterSet per list: what its address may narrow it to. Shared by views, API and exports.

Rows go in already cut down to what the actor may see (`policies.visible`); a filter only narrows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import formats
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet

from assistants_app.models import Assistant, Change, PushOrder

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from assistants_app.models import User

SEARCH_MAX = 200
VIEWS = ("all", "mine", "in_review", "ready", "drift", "failed", "archived")
_SEARCHED = ("name", "description", "instructions", "model", "public_id", "upstream_id")
_PROPOSED = ("name", "description", "instructions", "model")


class SearchField(forms.CharField):
    """Free text of at most 200 characters, NUL refused by its place."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"strip": False, "required": False})

    def run_validators(self, value: Any) -> None:
        if len(value) > SEARCH_MAX:
            n = formats.number_format(len(value), force_grouping=True, use_l10n=True)
            words = {"n": n, "max": SEARCH_MAX}
            raise forms.ValidationError(_("%(n)s characters; the limit is %(max)s.") % words)
        if "\0" in value:
            position = value.index("\0") + 1
            message = _("Contains a NUL character at position %(n)s.")
            raise forms.ValidationError(message % {"n": position})


class SearchFilter(CharFilter):  # type: ignore[misc]  # django-filter has no types
    field_class = SearchField


class AssistantFilter(FilterSet):  # type: ignore[misc]
    """`q` searches texts and ids; `view` is one of the list's tabs.

    Without a view, archived assistants stay out.
    """

    q = SearchFilter(method="search")
    view = ChoiceFilter(
        choices=[(view, view) for view in VIEWS],
        method="pick",
        error_messages={
            "invalid_choice": format_lazy(_("Must be one of: {names}."), names=", ".join(VIEWS))
        },
    )

    class Meta:
        model = Assistant
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        return rows.filter(matching(value.strip())) if value.strip() else rows

    def pick(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        return rows.filter(in_view(value, self.request.user)) if value != "all" else rows

    def filter_queryset(self, queryset: QuerySet[Assistant]) -> QuerySet[Assistant]:
        is_archive = self.form.cleaned_data["view"] == "archived"
        rows = queryset.filter(archived_at__isnull=not is_archive)
        found: QuerySet[Assistant] = super().filter_queryset(rows)
        return found


def in_view(view: str, user: User) -> Q:
    """The condition of one tab, beside whether it is archived."""
    stopped = Q(push_order__state=PushOrder.State.STOPPED)
    drifted = Q(push_order__reason=PushOrder.Reason.DRIFT)
    return {
        "mine": _holding(Change.objects.open().by(user)),
        "in_review": _holding(Change.objects.filter(state=Change.State.IN_REVIEW)),
        "ready": _holding(Change.objects.filter(state=Change.State.APPROVED)),
        "drift": stopped & drifted,
        "failed": stopped & ~drifted,
    }.get(view, Q())


def _holding(changes: QuerySet[Change]) -> Q:
    # Not EXISTS: the few changes lead to their assistants, not each assistant to its changes.
    return Q(pk__in=changes.values("assistant"))


def matching(text: str) -> Q:
    """Assistants that hold `text` in what is live or, before that, in what is proposed."""
    proposed = Change.objects.open().filter(assistant=OuterRef("pk"))
    return _holds(text, _SEARCHED) | (
        Q(live_version=None) & Q(Exists(proposed.filter(_holds(text, _PROPOSED))))
    )


def _holds(text: str, columns: tuple[str, ...]) -> Q:
    # SQLite's LIKE folds the case of ASCII letters only.
    lookup = "icontains"
    if not text.isascii() and connection.vendor == "sqlite":
        lookup, text = "iregex", re.escape(text)
    condition = Q()
    for column in columns:
        condition |= Q(**{f"{column}__{lookup}": text})
    return condition

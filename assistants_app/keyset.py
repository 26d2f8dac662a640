"""Keyset paging: a page costs the same however deep it lies, and rows never shift between pages.

A list is sorted by one never-null key and then by id; a cursor is `<id>.<value of the key>` of the
row that a page ends with. Floor 3: views, API and exports page through the same function.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django import forms
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.db.models import Model, QuerySet

M = TypeVar("M", bound="Model")
LIMIT_MAX = 100
_ID_DIGITS = 18


class CursorError(ValueError):
    """A cursor that no page of this list can have given out."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a list is sorted by: a never-null column or annotation of its rows.

    `read` turns the cursor's text back into a value, raising ValueError for what is none.
    """

    name: str
    descending: bool = False
    read: Callable[[str], Any] = str


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page in the list's own order; `before` and `after` are cursors, empty at the ends."""

    rows: list[M]
    before: str = ""
    after: str = ""


def moment(text: str) -> datetime:
    """A key that is a time: ISO 8601 with its offset."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("A time without an offset.")
    return value


def page(
    rows: QuerySet[M],
    key: Key,
    *,
    limit: int,
    after: str = "",
    before: str = "",
    parts: Collection[Q] = (),
) -> Page[M]:
    """The rows behind `after`, or those ahead of `before`, or the first ones: one query.

    `parts`: conditions of which each row fulfils one, and along whose rows an index is sorted. Of
    each the first ids are asked for by themselves, since no index is sorted along several.
    Raises CursorError.
    """
    backwards = bool(before) and not after
    descending = key.descending != backwards
    if cursor := after or before:
        rows = rows.filter(_beyond(key, cursor, descending=descending))
    sign = "-" if descending else ""
    rows = rows.order_by(f"{sign}{key.name}", f"{sign}pk")
    if parts:
        first = (rows.filter(part).values_list("pk", flat=True)[: limit + 1] for part in parts)
        rows = rows.filter(pk__in=[pk for found in first for pk in found])
    found = list(rows[: limit + 1])
    has_more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    return _page(found, key, has_more, backwards=backwards, is_first=not cursor)


def _page(found: list[M], key: Key, has_more: bool, *, backwards: bool, is_first: bool) -> Page[M]:
    if not found:
        return Page(found)
    has_before = has_more if backwards else not is_first
    has_after = True if backwards else has_more
    return Page(
        found,
        before=_cursor(found[0], key) if has_before else "",
        after=_cursor(found[-1], key) if has_after else "",
    )


def _cursor(row: Model, key: Key) -> str:
    value = getattr(row, key.name)
    return f"{row.pk}.{value.isoformat() if isinstance(value, datetime) else value}"


def _beyond(key: Key, cursor: str, *, descending: bool) -> Q:
    pk, _dot, text = cursor.partition(".")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= _ID_DIGITS) or "\0" in text:
        raise CursorError(cursor)
    try:
        value = key.read(text)
    except ValueError:
        raise CursorError(cursor) from None
    side = "lt" if descending else "gt"
    # The first condition alone lets the database start at the right place of its index.
    return Q(**{f"{key.name}__{side}e": value}) & (
        Q(**{f"{key.name}__{side}": value}) | Q(**{f"pk__{side}": int(pk)})
    )


def _limit_messages() -> dict[str, Any]:
    between = format_lazy(_("Must be between 1 and {limit}."), limit=LIMIT_MAX)
    whole = _("Must be a whole number.")
    return {"invalid": whole, "min_value": between, "max_value": between}


class PageForm(forms.Form):
    """`limit`, `sort`, `after` and `before` of a list's address (security.md section 5).

    `sort` is the name of a key, with a minus sign for the other direction than usual.
    """

    limit = forms.IntegerField(
        required=False, min_value=1, max_value=LIMIT_MAX, error_messages=_limit_messages()
    )
    sort = forms.CharField(required=False)
    after = forms.CharField(required=False, strip=False)
    before = forms.CharField(required=False, strip=False)

    def __init__(self, data: Any, *, sorts: Collection[str], limit: int) -> None:
        super().__init__(data)
        for name in ("sort", "after", "before"):  # judged below and by `page`
            self.fields[name].validators = []
        self._sorts = list(sorts)
        self._limit = limit

    def clean_limit(self) -> int:
        return self.cleaned_data["limit"] or self._limit

    def clean_sort(self) -> str:
        """The asked key, the usual one when none is asked."""
        sort: str = self.cleaned_data["sort"] or self._sorts[0]
        if sort.removeprefix("-") not in self._sorts:
            names = ", ".join(self._sorts)
            raise forms.ValidationError(_("Must be one of: %(names)s.") % {"names": names})
        return sort

"""Pages of `/v1`: by (created_at, id), both in the asked direction (contract.md section 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from django.db.models import Q

from assistants_app import contract
from assistants_app.contract.problems import shown
from assistants_app.errors import InvalidDocument
from assistants_app.models import Assistant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assistants_app.models import Workspace
    from assistants_app.models.assistants import AssistantQuerySet

    Place: TypeAlias = tuple[datetime, int]

DEFAULT: Final = 20
MOST: Final = 100
_ORDERS: Final = ("asc", "desc")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+\Z")
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list call asks for; `after` and `before` are ids, empty when not given."""

    limit: int
    is_descending: bool
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page in the asked order; `has_more`: further rows in the direction that was walked."""

    rows: Sequence[Assistant]
    has_more: bool


def asked(params: Mapping[str, str]) -> Asked:
    """Read the query; InvalidDocument names limit (`invalid_type`) and order (`invalid_value`)."""
    limit, order = params.get("limit", str(DEFAULT)), params.get("order", "desc")
    if problems := list(_wrong(limit, order)):
        raise InvalidDocument(problems)
    after, before = params.get("after", ""), params.get("before", "")
    return Asked(_clamped(limit), order == "desc", after, before)


def _wrong(limit: str, order: str) -> Iterator[contract.Problem]:
    problem = contract.words.problem
    if not _INTEGER.match(limit):
        wanted, expected = "a whole number", "an integer"
        yield problem(
            ("limit",), "invalid_type", wanted=wanted, expected=expected, found="a string"
        )
    if order not in _ORDERS:
        yield problem(("order",), "invalid_value", "choice", found=shown(order), choices=_ORDERS)


def page(workspace: Workspace, wanted: Asked) -> Page:
    """The page; an id that never was one of this workspace's gives an empty one."""
    rows = Assistant.objects.live().filter(workspace=workspace)
    for cursor, is_behind in ((wanted.after, True), (wanted.before, False)):
        if not cursor:
            continue
        place = _place(workspace, cursor)
        if place is None:
            return Page((), has_more=False)
        rows = _cut(rows, place, is_earlier=is_behind == wanted.is_descending)
    is_backwards = bool(wanted.before and not wanted.after)
    sign = "-" if wanted.is_descending != is_backwards else ""
    found = list(rows.order_by(f"{sign}created_at", f"{sign}pk")[: wanted.limit + 1])
    kept = found[: wanted.limit]
    return Page(kept[::-1] if is_backwards else kept, has_more=len(found) > wanted.limit)


def answering(rows: AssistantQuerySet, public: str) -> AssistantQuerySet:
    """The rows that answer to an id out of an address; PostgreSQL cannot even be asked for NUL."""
    return rows.none() if "\x00" in public else rows.answering_to(public).order_by("pk")


def _clamped(limit: str) -> int:
    """Within 1 and 100; a spelling of thousands of digits is not even read."""
    digits = limit.lstrip("+-").lstrip("0")
    most = MOST if len(digits) > _DIGITS else int(digits or "0")
    return 1 if limit.startswith("-") else min(max(most, 1), MOST)


def _place(workspace: Workspace, cursor: str) -> Place | None:
    """Where an id stands; one that was deleted since still stands there."""
    ever = Assistant.objects.filter(workspace=workspace).exclude(live_version=None)
    return answering(ever, cursor).values_list("created_at", "pk").first()


def _cut(rows: AssistantQuerySet, place: Place, *, is_earlier: bool) -> AssistantQuerySet:
    """Strictly before or behind a place. The first condition bounds the walk over the index."""
    at, pk = place
    if is_earlier:
        return rows.filter(Q(created_at__lt=at) | Q(pk__lt=pk), created_at__lte=at)
    return rows.filter(Q(created_at__gt=at) | Q(pk__gt=pk), created_at__gte=at)

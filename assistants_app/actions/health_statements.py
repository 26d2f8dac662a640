"""The statements by which a Connection is asked for its budget and state, made once: each call runs
some of them (models/statements.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Now

from assistants_app.models import AllowedOrigin, ConnectionHealth
from assistants_app.models.statements import Given, Passing, Select

if TYPE_CHECKING:
    from django.db.models import QuerySet

State = ConnectionHealth.State
ORIGIN = Select(
    lambda: AllowedOrigin.objects.filter(origin=Given("origin", models.TextField())).values_list(
        "private"
    )
)


def _of_connection() -> QuerySet[ConnectionHealth]:
    return ConnectionHealth.objects.filter(connection=Given("connection", models.BigIntegerField()))


def _with_place() -> QuerySet[ConnectionHealth]:
    soon = Now() + Given("ahead", models.DurationField())
    due = Q(next_call_at=None) | Q(next_call_at__lte=soon)
    free = Q(retry_not_before=None) | Q(retry_not_before__lte=Now())
    return _of_connection().filter(due, free)


TAKE = Passing(  # a place in the budget is used, or over, within seconds
    _with_place,
    next_call_at=Greatest(Coalesce(F("next_call_at"), Now()), Now())
    + Given("taken", models.DurationField()),
)
HELD = Select(lambda: _of_connection().filter(retry_not_before__gt=Now()).values_list("pk"))

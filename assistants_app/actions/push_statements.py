"""The statements of the outbox, made once: a push runs all of them (models/statements.py).

What they mean, and which transaction each belongs to, is said where they are run (pushes.py).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from assistants_app.models import Change, ConnectionHealth, PushAttempt, PushOrder, UpstreamCopy
from assistants_app.models.statements import Delete, Given, Insert, Passing, Select, Update

if TYPE_CHECKING:
    from django.db.models import QuerySet

State = PushOrder.State
LONG = ("instructions", "tools", "tool_resources", "metadata", "response_format")
PK, OWNER = Given("pk", models.BigIntegerField()), Given("owner", models.TextField())
FENCE, UNTIL = Given("fence", models.BigIntegerField()), Given("until", models.DateTimeField())
NOW, VERSION = Given("now", models.DateTimeField()), Given("version", models.BigIntegerField())


# --- what is due, and claiming it ---
def _free() -> QuerySet[PushOrder]:
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    asked = PushOrder.objects.filter(state__in=(State.WAITING, State.UNKNOWN))
    return asked.filter(free, not_before__lte=Now())


def ready() -> QuerySet[PushOrder]:
    calm = Q(connection__health__retry_not_before=None) | Q(
        connection__health__retry_not_before__lte=Now()
    )
    return _free().filter(
        calm,
        assistant__archived_at=None,
        assistant__workspace__archived_at=None,
        connection__health__state=ConnectionHealth.State.OPEN,
    )


@cache
def due(n: int) -> Select:
    """Of all but `n` connections: the runner looks again whenever a push has ended."""
    full = [Given(f"full_{at}", models.BigIntegerField()) for at in range(n)]
    others = Q(*(~Q(connection=one) for one in full))
    rows = ready().filter(others).order_by("not_before")
    return Select(lambda: rows.values_list("pk", "connection")[:20])


LOST = Select(
    lambda: (
        PushOrder.objects.filter(state=State.SENDING, lease_until__lt=Now())
        .order_by()
        .values_list("pk")[:1]
    )
)


# What is asked of a Change is what its Reviews are bound to.
_BOUND = ("id", "assistant", "base", "digest")
_ASIDE = tuple(f.name for f in Change._meta.concrete_fields if f.name not in _BOUND)

# After a power failure nobody is left who holds a claim: SQLite has one machine.
CLAIM = Passing(
    # What is asked of the order itself stands outside too: PostgreSQL looks at that again when it
    # has waited for another worker's claim.
    lambda: _free().filter(pk=PK, pk__in=ready().filter(pk=PK).values("pk")),
    fence=F("fence") + 1,
    attempts=F("attempts") + 1,
    lease_owner=OWNER,
    lease_until=UNTIL,
)


WHOLE = Select(
    lambda: (
        PushOrder.objects.select_related(
            "assistant__workspace", "connection__health", "desired_version__change"
        )
        .defer(
            *(f"desired_version__change__{name}" for name in _ASIDE),
            *(f"assistant__{name}" for name in LONG),
        )
        .filter(pk=PK)
    )
)


ANNOUNCE = Update(
    lambda: PushOrder.objects.filter(pk=PK, fence=FENCE, state__in=(State.WAITING, State.UNKNOWN)),
    state=State.SENDING,
    sent_version=VERSION,
    sent_at=Now(),
    sends=F("sends") + 1,
    looks=0,
    lease_until=UNTIL,
    changed_at=NOW,
)
ATTEMPT = Insert(PushAttempt)


NOTE = Update(
    lambda: PushAttempt.objects.order_by().filter(pk=PK),
    **{
        name: Given(name, PushAttempt._meta.get_field(name))
        for name in ("outcome", "status", "ms", "upstream_request_id", "message")
    },
)


ATTEMPTS = Select(
    lambda: PushAttempt.objects.filter(order=Given("order", models.BigIntegerField())).values_list(
        "outcome", "version_id"
    )
)


SUCCEED = Update(
    lambda: PushOrder.objects.filter(pk=PK, fence=FENCE),
    state=Case(
        When(desired_version=VERSION, then=Value(State.IDLE.value)),
        default=Value(State.WAITING.value),
    ),
    pushed_version=VERSION,
    reason="",
    message="",
    param="",
    notes=Given("notes", PushOrder._meta.get_field("notes")),
    not_before=NOW,
    changed_at=NOW,
    attempts=0,
    looks=0,
    sends=0,
    failing_since=None,
    check_again_at=None,
    lease_owner="",
    lease_until=None,
)


COPIED = ("text", "digest", "etag", "extra", "seen_at")
KEEP = Update(
    lambda: _copy_of(),
    **{name: Given(name, UpstreamCopy._meta.get_field(name)) for name in COPIED},
)
FORGET = Delete(lambda: _copy_of())
TEXT = Select(lambda: _copy_of().values_list("text"))


def _copy_of() -> QuerySet[UpstreamCopy]:
    assistant = Given("assistant", models.BigIntegerField())
    kind = Given("kind", models.TextField())
    return UpstreamCopy.objects.filter(assistant=assistant, kind=kind)

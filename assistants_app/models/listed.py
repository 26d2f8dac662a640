"""What a look at the server found: a line for each assistant there, and which were chosen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery

from assistants_app.models.content import OrderedJSONField
from assistants_app.models.jobs import Job
from assistants_app.models.pushes import PushOrder

if TYPE_CHECKING:
    from assistants_app.models.assistants import Assistant
    from assistants_app.models.connections import Connection


# A create of ours is on its way, or may have arrived: which one it made is found out first.
_IN_DOUBT = Q(push_order__state__in=(PushOrder.State.SENDING, PushOrder.State.UNKNOWN)) | Q(
    push_order__lease_until__isnull=False
)
# Of rows that stand `against` a server: what may be taken in, what was linked here before the
# server was left, and what is here or on its way.
HERE = Q(is_here=True) | Q(is_ours=True)
LEFT = ~HERE & ~Q(was=None)
OPEN = Q(is_here=False, is_ours=False, was=None)


class ListedQuerySet(models.QuerySet["ListedAssistant"]):
    def against(self, upstream: Connection) -> ListedQuerySet:
        """Each with `is_here`: linked by now; and `was`: the assistant here that was linked to it
        before this very server was left, if it may be linked again.
        """
        here = upstream.workspace.assistants
        linked = here.filter(upstream_id=OuterRef("upstream_id"))
        left = here.unarchived().filter(
            former_id=OuterRef("upstream_id"), former_print=upstream.print, upstream_id=None
        )
        was = left.exclude(_IN_DOUBT).order_by("pk").values("pk")[:1]
        return self.annotate(is_here=Exists(linked), was=Subquery(was)).order_by("n")

    def searched_for(self, text: str) -> ListedQuerySet:
        """Those with this in their name, model or id, in capitals or not."""
        return self.filter(searched__contains=text.casefold())


class ListedAssistant(models.Model):
    """A line of a list that was read. `notes`: what was odd; `problem`: the first error of its
    text; `is_ours`: a push from here was creating it when the list was read.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="listed")
    n = models.PositiveIntegerField()  # its place in the server's list
    upstream_id = models.TextField()
    name = models.TextField(blank=True, default="")
    model = models.TextField(blank=True, default="")
    created_at = models.BigIntegerField(null=True)  # Unix seconds, the server's
    notes = OrderedJSONField(null=True, blank=True)
    problem = models.TextField(blank=True, default="")
    is_odd = models.BooleanField(default=False)
    is_ours = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=False)
    searched = models.TextField(blank=True, default="")

    linked: Assistant | None = None  # what the page shows for `was`

    objects = ListedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "n"], name="one_line_per_place"),
        ]

    def __str__(self) -> str:
        return self.name or self.upstream_id

    @property
    def formerly(self) -> int | None:
        """The assistant here that it `was` linked to; None of rows that stand against nothing."""
        return getattr(self, "was", None)

    @property
    def made(self) -> datetime | None:
        """When the server says that it was made, where a calendar has that year."""
        try:
            return datetime.fromtimestamp(self.created_at, UTC) if self.created_at else None
        except (ValueError, OverflowError, OSError):
            return None

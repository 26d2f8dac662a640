"""Edit steps: what the builder did to one tool or reply format of a Change, for undo and redo."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from assistants_app.models.changes import Change


class EditStep(models.Model):
    """One step back or forth. `place` names what was edited, as `actions.building` calls it.

    `pointer` leads to the part that changed; `before` and `after` are its texts, None where there
    was nothing. `was` and `now` are the digests of the whole text: a step counts only while the
    text is the one it led to, so an edit made elsewhere ends the way back.
    """

    change = models.ForeignKey(Change, models.CASCADE, related_name="steps")
    place = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    said = models.CharField(max_length=200)
    pointer = models.TextField(blank=True, default="")
    before = models.TextField(null=True)  # nothing there, which "" is not
    after = models.TextField(null=True)
    was = models.CharField(max_length=64)
    now = models.CharField(max_length=64)
    is_undone = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "place", "number"], name="one_step_each")
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.number}: {self.said}"

"""People who sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. What they may do is held by their Memberships, never by flags here.

    `is_superuser` marks the operator, who creates workspaces and has no right inside one.
    """

    class Theme(models.TextChoices):
        SYSTEM = "system", "Like the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Pace(models.TextChoices):
        AT_ONCE = "at_once", "By e-mail, at once"
        DAILY = "daily", "By e-mail, once a day"

    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    # Notices: the audit entry up to which everything was read, and what was sent by e-mail.
    notices_read = models.BigIntegerField(default=0)
    notices_by_mail = models.JSONField(default=dict, blank=True)  # kind of notice → Pace
    mailed_at_once = models.BigIntegerField(default=0)
    mailed_daily = models.BigIntegerField(default=0)
    mailed_daily_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)  # made by quickstart to practise with

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    @property
    def is_invited(self) -> bool:
        """True until they set a first password or sign in by another way."""
        return self.last_login is None and not (self.is_sample or self.has_usable_password())

    @property
    def initials(self) -> str:
        words = self.display_name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    def __str__(self) -> str:
        return self.display_name

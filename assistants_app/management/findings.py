"""What a look at the audit chain found, in the words of the Audit log page (ux.md section 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

from assistants_app.models import AuditEntry

if TYPE_CHECKING:
    from assistants_app.models.chain import Verdict


def sentence(verdict: Verdict) -> str:
    """One sentence for an unbroken chain, three for a broken one."""
    if not verdict.is_intact:
        return (
            f"Entry {verdict.bad_seq:,} does not match. {verdict.reason} "
            "Everything before it is fine."
        )
    first = AuditEntry.objects.order_by("seq").first()
    if first is None:
        return "Nothing is in the audit log yet."
    entries = "1 entry" if verdict.checked == 1 else f"{verdict.checked:,} entries"
    return (
        f"Checked {entries}: unbroken since {date_format(timezone.localtime(first.at), 'j F Y')}."
    )

"""What each version changed against the one before it, in one line; kept in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.models import Version
from assistants_app.views import comparison

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.models import Assistant

LONG: Final = ("instructions", "tools", "tool_resources", "metadata", "response_format")
COUNTED: Final = 20_000  # characters of both texts up to which words are counted for one line
KEPT: Final = 7 * 24 * 3600  # seconds; a pair of digests says the same for ever


def told(row: Assistant, versions: list[Version]) -> dict[int, str]:
    """Version → `Instructions +24 −15 words; Creativity 1.0 → 0.4`; "" for the first one.

    Two queries while nothing is known, one once all is.
    """
    digests = _digests(row, versions)
    pairs = {one.pk: (digests.get(one.number - 1, ""), one.digest) for one in versions}
    known = cache.get_many([_key(*pair) for pair in pairs.values()])
    missing = {pk for pk, pair in pairs.items() if pair[0] and _key(*pair) not in known}
    known |= _written(row, [one for one in versions if one.pk in missing])
    return {pk: known.get(_key(*pair), "") for pk, pair in pairs.items()}


def _digests(row: Assistant, versions: list[Version]) -> dict[int, str]:
    """Number → digest, of these and of the one before the oldest."""
    found = {one.number: one.digest for one in versions}
    if found and min(found) > 1:
        before = row.versions.filter(number=min(found) - 1)
        found |= dict(before.values_list("number", "digest"))
    return found


def _key(before: str, after: str) -> str:
    return f"version-words:{get_language()}:{before}:{after}"


def _written(row: Assistant, versions: Iterable[Version]) -> dict[str, str]:
    numbers = {number for one in versions for number in (one.number, one.number - 1)}
    if not numbers:
        return {}
    documents = {
        one.number: one for one in Version.objects.filter(assistant=row, number__in=numbers)
    }
    lines = {}
    for number, one in documents.items():
        before = documents.get(number - 1)
        if before:
            lines[_key(before.digest, one.digest)] = _line(before, one)
    cache.set_many(lines, KEPT)
    return lines


def _line(before: Version, after: Version) -> str:
    old, new = before.document(), after.document()
    if len(before.instructions or "") + len(after.instructions or "") <= COUNTED:
        return comparison.summary(old, new)
    fields = [one.path[0] for one in contract.compare(old, new).parts]
    return "; ".join(_(words.LABELS[str(field)].label) for field in fields)

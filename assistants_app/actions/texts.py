"""Whether what people typed can be stored and read back: said in words before the database does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_app import contract
from assistants_app.errors import Invalid, InvalidDocument
from assistants_app.models.content import TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from django.db.models import Model


def fit(table: type[Model], **texts: str) -> None:
    """Raises Invalid for a text that its column cannot hold; keywords are names of columns.

    SQLite would keep one that is too long, PostgreSQL answers with an error of its own.
    """
    for field, text in texts.items():
        most = getattr(table._meta.get_field(field), "max_length", None)
        if most is not None and len(text) > most:
            raise Invalid(field, f"{len(text):,} characters; the limit is {most:,}.")
        for position, character in enumerate(text, start=1):
            if character == "\0":
                raise Invalid(field, f"Contains a NUL character at position {position}.")
            if "\ud800" <= character <= "\udfff":
                half = "half of a character pair"
                raise Invalid(field, f"Contains {half} at position {position}.")


def readable(document: Mapping[str, Any], held: Mapping[str, Any] | None = None) -> None:
    """Raises InvalidDocument for a draft that would come back from its columns as another one.

    A Draft may break the API's rules, but not those of JSON, and texts are texts. `held` came from
    its columns itself: the very same values, alone or in a list, are not looked at once more.
    """
    if not contract.is_sound(_new(document, held or {})):  # a scan tells what is wrong, and where
        contract.parse(contract.dumps(dict(document)))
    texts = {field: document[field] for field in TEXT_FIELDS if field in document}
    found = [p for p in contract.check(texts, "modify") if p.code == "invalid_type"]
    if found:
        raise InvalidDocument(found)


def _new(document: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for field, value in document.items():
        was = held.get(field)
        if value is was:
            continue
        known = {id(one) for one in was} if isinstance(was, list) else set()
        is_list = known and isinstance(value, list)
        found[field] = [one for one in value if id(one) not in known] if is_list else value
    return found

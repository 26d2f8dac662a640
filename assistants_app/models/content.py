"""The API's fields, mirrored once, and the column types that keep them exactly as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from assistants_app import contract
from assistants_app.secret import Secret

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression

TEXT_FIELDS = ("model", "name", "description", "instructions", "reasoning_effort")


class Written(str):
    """The JSON text that `contract.dumps` made of a value: a column of JSON stores it as it is."""

    __slots__ = ()


class OrderedJSONField(models.TextField):  # type: ignore[type-arg]
    """JSON in a text column: key order and number spelling survive, which jsonb would lose.

    The Python value is a tree as `contract.parse` makes it; None is SQL NULL.
    """

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> contract.JSON:
        return None if value is None else contract.recall(value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, Written):
            return value
        return contract.dumps(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def seal(text: str) -> str:
    """The text sealed with the first key of FIELD_KEYS; empty stays empty."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> Secret:
    """What was sealed with any key of FIELD_KEYS; empty when none of them opens it."""
    try:
        return Secret(_cipher().decrypt(sealed.encode()).decode() if sealed else "")
    except InvalidToken:
        return Secret("")


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A secret at rest: Fernet-sealed in the column, a `Secret` in Python, empty when unset.

    The first key of FIELD_KEYS seals, every key opens. A value that no key opens reads as empty:
    the Connection then shows that its key has to be entered again.
    """

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Secret:
        return unseal(value or "")

    def get_prep_value(self, value: Any) -> str:
        return seal(value.reveal() if isinstance(value, Secret) else (value or ""))

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Secret) else Secret(value or "")


class AssistantFields(models.Model):
    """The eleven writable fields of an assistant (Create assistant reference); null means unset.

    Text and ordered JSON only, so that the digest computed from the columns is the digest of what
    was typed. Limits are the contract's, not the columns': a Draft may hold too long a name.
    """

    model = models.TextField(blank=True, default="")
    name = models.TextField(null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    instructions = models.TextField(null=True, blank=True)
    tools = OrderedJSONField(null=True, blank=True)
    tool_resources = OrderedJSONField(null=True, blank=True)
    response_format = OrderedJSONField(null=True, blank=True)
    reasoning_effort = models.TextField(null=True, blank=True)
    temperature = OrderedJSONField(null=True, blank=True)
    top_p = OrderedJSONField(null=True, blank=True)
    metadata = OrderedJSONField(null=True, blank=True)

    class Meta:
        abstract = True

    def document(self, *, but: str = "") -> contract.Document:
        """The eleven fields as the contract's document: unset ones are absent, `but` too."""
        values = ((field, getattr(self, field)) for field in contract.FIELDS if field != but)
        return {field: value for field, value in values if value is not None and value != ""}

    @staticmethod
    def columns(document: contract.Document) -> dict[str, Any]:
        """The column values that hold `document`; every field is named, absent ones as unset."""
        values = {field: document.get(field) for field in contract.FIELDS}
        return values | {"model": values["model"] or ""}

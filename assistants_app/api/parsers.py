"""Bodies in: read by the contract's parser, and only up to the limit (security.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from rest_framework.parsers import BaseParser

from assistants_app import contract
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

BODY_MAX: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: the bytes as they came, which receipts compare, and their tree."""

    raw: bytes
    tree: contract.JSON


class ContractParser(BaseParser):
    """JSON, and nothing but JSON."""

    media_type = "application/json"

    def parse(  # type: ignore[override]  # not only objects and forms
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  # REST framework's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> Body:
        """Raises InvalidDocument: `too_large` at the root, or what `contract.parse` refuses.

        REST framework passes by DATA_UPLOAD_MAX_MEMORY_SIZE, so the length is checked here.
        """
        raw = stream.read(BODY_MAX + 1)
        if len(raw) > BODY_MAX:
            size = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or len(raw))
            raise InvalidDocument(
                [contract.words.problem((), "too_large", n=max(size, len(raw)), max=BODY_MAX)]
            )
        return Body(raw, contract.parse(raw))


def body(request: Request) -> Body:
    """The body of a request; one of no bytes is no JSON and refused like any other."""
    data = request.data
    return data if isinstance(data, Body) else Body(b"", contract.parse(b""))

"""The domain's few named errors: raised by actions, mapped once per mouth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.problems import Problem


class DomainError(Exception):
    """A refusal that a person can understand; `str()` is a plain sentence."""


class Conflict(DomainError):
    """The world moved since the person looked; `data` says how.

    `code` is one word for tests and templates: stale, state, outdated, open_change, last_admin …
    """

    def __init__(self, message: str, *, code: str = "stale", **data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class NotAllowed(DomainError):
    """The actor may not do this here; `right` is a row of the policies' table."""

    def __init__(
        self,
        message: str,
        *,
        right: str,
        workspace_id: int | None = None,
        on: tuple[str, str] = ("", ""),
    ) -> None:
        super().__init__(message)
        self.right = right
        self.workspace_id = workspace_id
        self.on = on


class InvalidDocument(DomainError):
    """What was typed or sent breaks rules of the contract; `problems` names each, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("; ".join(f"{p.param}: {p.message}" for p in self.problems))


class Invalid(DomainError):
    """A value outside the contract (a slug, an address, a role) is wrong; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class AuditBroken(DomainError):
    """The newest audit entry and its head disagree: nothing is written until someone looked."""

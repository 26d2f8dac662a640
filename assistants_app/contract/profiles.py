"""What each kind of server accepts and keeps: flags as data (contract.md section 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Profile:
    """The abilities of one kind of server; defaults are those of openai-compatible.

    `connected` says that an upstream server stands behind the Workspace. `list` to `update` are its
    operations, `paging` whether lists come in pages. `null_ok`: null clears a field on modify.
    `keeps`: the fields it stores; a field outside is not sent and not compared. `keeps_key_order`:
    None = unknown. `strict_limits`: "new" or "old" numbers of contract.md section 4.
    `extra_tool_types`: tool types it knows besides the three. `format_words`: the strings that
    response_format may be. `list_order`: the order that pull asks for first. `names_deployments`:
    `model` is a name that somebody gave a deployment, so nothing is known about it by itself.
    """

    name: str
    connected: bool = True
    list: bool = True
    retrieve: bool = True
    update: bool = True
    delete: bool = True
    paging: bool = True
    null_ok: bool = True
    keeps: frozenset[str] = frozenset(limits.FIELDS)
    keeps_key_order: bool | None = None
    strict_limits: str = "new"
    extra_tool_types: frozenset[str] = frozenset()
    format_words: tuple[str, ...] = ("auto",)
    instructions_max: int = limits.INSTRUCTIONS_MAX
    list_order: str = "asc"
    names_deployments: bool = False

    @property
    def stamps(self) -> bool:
        """Whether creates carry the marker: connected, and metadata comes back."""
        return self.connected and "metadata" in self.keeps

    def with_learned(self, learned: Mapping[str, Any]) -> Profile:
        """This profile with the flags a Connection learned.

        `learned` maps flag names to values, `keeps` to {field: bool} for the fields that differ.
        Keys that are no flag are ignored: a newer release may have written them.
        """
        flags = {key: value for key, value in learned.items() if key in _LEARNABLE}
        keeps = learned.get("keeps") or {}
        lost = {field for field, kept in keeps.items() if not kept}
        return replace(self, **flags, keeps=self.keeps - lost)


_LEARNABLE: Final = frozenset(
    (
        "list",
        "retrieve",
        "update",
        "delete",
        "paging",
        "null_ok",
        "keeps_key_order",
        "strict_limits",
        "instructions_max",
        "list_order",
    )
)

OPENAI_COMPATIBLE: Final = Profile("openai-compatible")
AZURE_OPENAI: Final = Profile("azure-openai", instructions_max=32_768, names_deployments=True)
"""Its description of the API is an older one: shorter instructions; `model` names a deployment."""
KEPT_HERE: Final = Profile("kept-here", connected=False, keeps_key_order=True)
"""No Connection: the rules for a Workspace that is kept here only, and for our own `/v1`."""

PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile for profile in (OPENAI_COMPATIBLE, AZURE_OPENAI, KEPT_HERE)
}

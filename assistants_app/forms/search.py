"""The settings of "Search your files": a part of one tool, not a field of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract import limits, tool_keys
from assistants_app.forms.fields import KeptText, NumberText
from assistants_app.forms.parts import PartForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.problems import Problem
    from assistants_app.models import Change

KIND = "file_search"


class SearchForm(PartForm):
    """How much is found and what counts as found. What stands beside these keys stays.

    A text that is no number is not stored, and says so: it is in no field that could keep it.
    """

    slug, heading = "search", gettext_lazy("Search your files")
    frame: ClassVar[str] = "tools/parts/_search_settings.html"
    max_num_results = NumberText("max_num_results")
    score_threshold = NumberText("score_threshold")
    ranker = KeptText("ranker", widget=forms.Select())

    @classmethod
    def stored(cls, change: Change, name: str) -> Any:
        options = _options(_tool(change))
        holder = options if name == "max_num_results" else _ranking(options)
        return holder.get(name)

    @property
    def index(self) -> int | None:
        """Where the tool stands among the tools."""
        return _index(self.change)

    @property
    def seen(self) -> str:
        """The fingerprint of the tool whose settings these are."""
        return tool_keys.fingerprint(_tool(self.change))

    @property
    def is_shown(self) -> bool:
        """Whether the tool is on, and has its settings where they belong."""
        tool = _tool(self.change)
        options = tool.get(KIND) if isinstance(tool, dict) else 0
        ranking = options.get("ranking_options") if isinstance(options, dict) else None
        return isinstance(options, dict | None) and isinstance(ranking, dict | None)

    def slots(self) -> dict[str, str]:
        return {"seen-search": "tools/parts/_seen.html"}

    def lock_of(self, posted: int) -> int:
        """Another tool that moved meanwhile makes these settings no older (ux.md 4.4)."""
        is_same = self.data.get("seen") == self.seen
        return self.change.lock if is_same else posted

    def _widgets(self) -> dict[str, forms.Widget]:
        present = self.text("ranker")
        rankers = [*limits.RANKERS, *({present} - {"", *limits.RANKERS})]
        choices = [("", _("The server's own")), *((one, one) for one in rankers)]
        return super()._widgets() | {"ranker": forms.Select(choices=choices)}

    @property
    def is_refused(self) -> bool:
        return bool(self.errors)

    def clean(self) -> None:
        if not self.is_shown:
            self.add_error(None, _("“Search your files” was switched off meanwhile."))

    def edits(self) -> dict[str, Any]:
        self.full_clean()
        tools, index = self.change.tools, self.index
        if index is None or not isinstance(tools, list):
            return {"values": {}}
        changed = _with(tools[index], self.values)
        if contract.dumps(changed) == contract.dumps(tools[index]):
            return {"values": {}}
        return {"values": {"tools": [*tools[:index], changed, *tools[index + 1 :]]}}

    def note(self, problems: Iterable[Problem]) -> None:
        """Those of these settings land on their fields; all others belong to the list."""
        self.full_clean()
        for found in problems:
            name = str(found.path[-1]) if found.path else ""
            if found.path[:3] != ("tools", self.index, KIND) or name not in self.fields:
                continue
            if found.level == "error":
                self.add_error(name, contract.plain(found, _))
            else:
                beside = self.warnings if found.level == "warning" else self.hints
                beside.setdefault(name, []).append(contract.plain(found, _))


def _index(change: Change) -> int | None:
    tools = change.tools if isinstance(change.tools, list) else []
    kinds = [tool.get("type") if isinstance(tool, dict) else None for tool in tools]
    return kinds.index(KIND) if KIND in kinds else None


def _tool(change: Change) -> Any:
    index, tools = _index(change), change.tools
    return tools[index] if index is not None and isinstance(tools, list) else None


def _options(tool: Any) -> dict[str, Any]:
    options = tool.get(KIND) if isinstance(tool, dict) else None
    return options if isinstance(options, dict) else {}


def _ranking(options: dict[str, Any]) -> dict[str, Any]:
    ranking = options.get("ranking_options")
    return ranking if isinstance(ranking, dict) else {}


def _with(tool: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The tool with these settings; only their keys are touched, and empty holders go."""
    options = _options(tool)
    ranking = _put(_ranking(options), "ranker", values.get("ranker"))
    ranking = _put(ranking, "score_threshold", values.get("score_threshold"))
    options = _put(options, "max_num_results", values.get("max_num_results"))
    return _put(tool, KIND, _put(options, "ranking_options", ranking or None) or None)


def _put(holder: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Set `key` in its place; None takes it out, and leaves what was null or absent as it was."""
    if value is None:
        kept = {name: held for name, held in holder.items() if name != key}
        return holder if holder.get(key) is None else kept
    return {**holder, key: value}

"""The rows of the assistants list: what each one shows and where it leads, ready to be drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import ngettext

from assistants_app import policies
from assistants_app.forms import texts
from assistants_app.models import Change, search
from assistants_app.views import badges, tags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistants_app.models import Assistant, Workspace
    from assistants_app.policies import Right
    from assistants_app.views.pages import Request

UNSHOWN = ("tool_resources", "metadata", "temperature", "top_p", "reasoning_effort")
MODEL_SHOWN = 18  # characters
LEADS = {
    "open": "assistant",
    "edit": "change_open",
    "duplicate": "assistant_duplicate",
    "upstream": "upstream",
    "archive": "assistant_archive",
    "restore": "assistant_restore",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One assistant of the list; before it is live, `shown` is what its change proposes.

    `urls` holds of LEADS what this person may do with this one, `url` the first of them.
    """

    assistant: Assistant
    shown: Assistant | Change
    pk: str
    id: str
    name: str
    description: str
    model: str
    is_cut: bool  # a model whose name is too long for its column
    work: badges.Badge
    upstream: badges.Badge
    tags: tuple[tags.Tag, ...]
    hit: tuple[str, str, str] | None
    urls: dict[str, str]
    url: str
    warnings: str  # how many of them, in words

    def __getitem__(self, name: str) -> Any:
        # Templates ask for an item first; failing at it in every cell takes longer than the rest.
        return getattr(self, name)


def rows(
    request: Request, places: Sequence[Workspace], assistants: Sequence[Assistant], text: str
) -> list[Row]:
    """In the order given; `text` is what was searched for."""
    changes = _newest(assistants, text)
    workspaces = {place.pk: place for place in places}
    leads = _leads(request, places)
    found = []
    for assistant in assistants:
        assistant.workspace = workspaces[assistant.workspace_id]
        change = changes.get(assistant.pk)
        shown = assistant if assistant.live_version_id or change is None else change
        name, urls = shown.name or assistant.answers_to, leads(assistant)
        found.append(
            Row(
                assistant=assistant,
                shown=shown,
                pk=str(assistant.pk),
                id=assistant.answers_to,
                name=name,
                description=shown.description or "",
                model=shown.model or "–",  # noqa: RUF001
                is_cut=len(shown.model or "") > MODEL_SHOWN,
                work=badges.work_badge(change),
                upstream=_upstream(assistant),
                tags=tuple(tags.abilities(shown)),
                hit=_hit(shown, text) if text else None,
                urls=urls,
                url=urls["open"],
                warnings=_warnings(assistant),
            )
        )
    return found


def _leads(request: Request, places: Sequence[Workspace]) -> Callable[[Assistant], dict[str, str]]:
    """Gives an assistant's `urls`: each address is looked up once, not once for every row."""

    def where(right: Right) -> set[int]:
        return {place.pk for place in places if policies.allowed(request.actor, right, place)}

    may_write, may_archive = where("change.write"), where("assistant.archive")
    ways = {lead: reverse(name, args=[0]).split("/0/") for lead, name in LEADS.items()}

    def leads(assistant: Assistant) -> dict[str, str]:
        names = ["open"]
        if assistant.workspace_id in may_write:
            names += ["duplicate"] if assistant.archived_at else ["edit", "duplicate"]
        if assistant.live_version_id and assistant.workspace.upstream:
            names.append("upstream")
        if assistant.workspace_id in may_archive:
            names.append("restore" if assistant.archived_at else "archive")
        return {name: f"/{assistant.pk}/".join(ways[name]) for name in names}

    return leads


def _warnings(assistant: Assistant) -> str:
    count = assistant.warnings
    if not count or assistant.archived_at:
        return ""
    return ngettext("%(n)s warning", "%(n)s warnings", count) % {"n": count}


def _upstream(assistant: Assistant) -> badges.Badge:
    upstream = assistant.workspace.upstream
    order = getattr(assistant, "push_order", None)
    return badges.upstream_badge(assistant, order, upstream.health if upstream else None)


def _newest(assistants: Sequence[Assistant], text: str) -> dict[int, Change]:
    """The newest open Change of each assistant that has one."""
    rows = Change.objects.open().filter(assistant__in=[a.pk for a in assistants])
    rows = rows.order_by("pk").defer(*UNSHOWN, "unread", "touched", "tool_keys", "removed_tools")
    rows = rows if text else rows.defer("instructions")
    return {change.assistant_id: change for change in rows}


def _hit(shown: Assistant | Change, text: str) -> tuple[str, str, str] | None:
    """Where the instructions hold the first word, unless what the row shows holds all anyway."""
    wanted = [re.compile(_begins(term), re.IGNORECASE) for term in search.terms(text)]
    seen = "\n".join(part or "" for part in (shown.name, shown.description, shown.model))
    missed = [word for word in wanted if not word.search(seen)]
    matches = (word.search(shown.instructions or "") for word in missed)
    match = next((match for match in matches if match), None)
    if match is None:
        return None
    before, after = texts.around(match.string, *match.span(), reach=30)
    return before, match[0], after


def _begins(term: str) -> str:
    """The words of a term in a row, whatever stands between them, as the search index reads it."""
    words = re.findall(r"[^\W_]+", term)
    if not words or not search.has_words(term):
        return re.escape(term)
    return r"(?<![^\W_])" + r"[\W_]+".join(re.escape(word) for word in words)

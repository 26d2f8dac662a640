"""What the server said of an assistant when it was last pushed, on the field it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.contract.tools import function_name
from assistants_app.models import PushAttempt, PushOrder

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path, Problem
    from assistants_app.models import Change

_NOTHING: Final = object()


def of(change: Change) -> Problem | None:
    """The refusal that the last push ended with; its path leads into this Change.

    `message` is the server's own. None as soon as the part that was refused has another text here:
    whether the server takes that one is not known.
    """
    attempt = (
        PushAttempt.objects.filter(
            order__assistant=change.assistant_id,
            order__state=PushOrder.State.STOPPED,
            order__reason=PushOrder.Reason.REFUSED,
            outcome=PushAttempt.Outcome.REFUSED,
        )
        .select_related("order", "version")
        .first()
    )
    if attempt is None:
        return None
    sent, here = attempt.version.document(), change.document()
    said = contract.UpstreamError(
        attempt.status or 0, message=attempt.message, param=attempt.order.param, code=""
    )
    problem = contract.blame(said, sent)
    path = _here(problem.path, sent, here)
    is_of_model = problem.data.get("kind") == "model"  # it may be right for another one
    if path is None or (is_of_model and sent.get("model") != here.get("model")):
        return None
    is_as_sent = _text(sent, problem.path) == _text(here, path)
    return replace(problem, path=path) if is_as_sent else None


def of_function(change: Change, tool: Any) -> Problem | None:
    """The refusal where it is about this tool of the Change."""
    problem = of(change)
    if problem is None or problem.path[:1] != ("tools",) or len(problem.path) == 1:
        return None
    refused = change.document()["tools"][problem.path[1]]
    return problem if function_name(refused) == function_name(tool) else None


def of_reply(change: Change) -> Problem | None:
    """The refusal where it is about the shape of the reply."""
    problem = of(change)
    return problem if problem and problem.path[:1] == ("response_format",) else None


def _here(path: Path, sent: contract.Document, here: contract.Document) -> Path | None:
    """The same place in the Change: a function keeps its name, whatever its number is now."""
    if path[:1] != ("tools",) or len(path) == 1:
        return path
    name = function_name(sent["tools"][path[1]])
    tools = here.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else []):
        is_same = function_name(tool) == name if name else index == path[1]
        if is_same:
            return ("tools", index, *path[2:])
    return None


def _text(tree: Any, path: Path) -> Any:
    """The text of a part, and that of nothing where the part is missing."""
    for step in path:
        if not isinstance(tree, dict | list):
            return _NOTHING
        try:
            tree = tree[step]  # type: ignore[index]  # a list's steps are numbers
        except (LookupError, TypeError):
            return _NOTHING
    return contract.dumps(tree)

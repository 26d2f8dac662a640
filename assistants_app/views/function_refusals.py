"""What the server said of one function when its assistant was last pushed: ux.md section 6.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.contract.tools import function_name
from assistants_app.models import PushAttempt, PushOrder

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path, Problem
    from assistants_app.models import Change

_NOTHING: Final = object()


def of(change: Change, tool: Any) -> Problem | None:
    """The refusal that the last push of the assistant ended with, where it is about this tool.

    Its path begins with the tool, `message` is the server's own. None as soon as the part that was
    refused has another text here: whether the server takes that one is not known.
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
    sent = attempt.version.document()
    said = contract.UpstreamError(
        attempt.status or 0, message=attempt.message, param=attempt.order.param, code=""
    )
    problem = contract.blame(said, sent)
    if problem.path[:1] != ("tools",) or len(problem.path) == 1:
        return None
    refused, own = sent["tools"][problem.path[1]], function_name(tool)
    is_own = own is not None and function_name(refused) == own
    path = problem.path[2:]
    is_as_sent = _text(refused, path) == _text(tool, path)
    return problem if is_own and is_as_sent else None


def _text(tool: Any, path: Path) -> Any:
    """The text of a part, and that of nothing where the part is missing."""
    for step in path:
        if not isinstance(tool, dict | list):
            return _NOTHING
        try:
            tool = tool[step]  # type: ignore[index]  # a list's steps are numbers
        except (LookupError, TypeError):
            return _NOTHING
    return contract.dumps(tool)

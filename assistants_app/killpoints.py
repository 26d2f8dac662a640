"""Named points at which the fault tests end a process; inert unless ASSISTANTS_KILL_AT is set.

`ASSISTANTS_KILL_AT=name:n` ends the process by SIGKILL when it passes `name` the n-th time.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

NAMES = (
    "save.committed",
    "publish.before_commit",
    "publish.committed",
    "claim.committed",
    "sending.before_commit",
    "sending.committed",
    "http.connected",
    "http.half_sent",
    "http.sent",
    "http.headers_read",
    "http.answer_read",
    "readback.before",
    "result.before_commit",
    "result.committed",
    "pull.mid_page",
    "pull.before_commit",
    "audit.inserted",
)
_passed: Counter[str] = Counter()


def armed() -> str:
    """The point at which this process is to end, or an empty string."""
    return os.environ.get("ASSISTANTS_KILL_AT", "")


def point(name: str) -> None:
    """Pass the point `name`; ends the process here when the fault tests asked for it."""
    target = armed()
    if not target:
        return
    wanted, _, nth = target.partition(":")
    if wanted == name:
        _passed[name] += 1
        if _passed[name] == int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)

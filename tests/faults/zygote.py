"""A process that forks: each child does one step of `steps` and may be killed on the way.

Forking saves the second that Django takes to start. For each line of JSON on stdin,
`{"step": …, "kill_at": "name:n", …arguments}`, one line on stdout: `{"signal": …, "code": …,
"said": …}`. `said` is what the step returned, so what a person would have been shown; it is null
when the child did not live to say it. `{"begin": …}` in place of a step answers `{"pid": …}` at
once, `{"end": pid}` kills such a child and `{"wait": pid}` waits for its own end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from typing import Any

begun: set[int] = set()


def _child(order: dict[str, Any], out: int) -> None:
    from tests.faults.steps import STEPS

    os.environ["ASSISTANTS_KILL_AT"] = order.pop("kill_at")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # logs go there; stdout is for answers
    try:
        said = STEPS[order.pop("step")](**order)
        os.write(out, said.encode())
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _run(order: dict[str, Any]) -> dict[str, Any]:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read)
        _child(order, write)
    os.close(write)
    said = b""
    while piece := os.read(read, 4096):
        said += piece
    os.close(read)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return {"signal": max(-code, 0), "code": max(code, 0), "said": said.decode() or None}


def _begin(order: dict[str, Any]) -> dict[str, Any]:
    zygote = os.getpid()
    pid = os.fork()
    if not pid:
        threading.Thread(target=_end_with, args=(zygote,), daemon=True).start()
        _child({"step": order.pop("begin"), "kill_at": ""} | order, sys.stderr.fileno())
    begun.add(pid)
    return {"pid": pid}


def _end_with(zygote: int) -> None:
    """A test run that was killed leaves nobody at work."""
    while os.getppid() == zygote:
        time.sleep(0.5)
    os._exit(1)


def _end(pid: int) -> dict[str, Any]:
    """`was_alive` is false when it had ended by itself, which no such child should."""
    begun.discard(pid)
    was_alive = os.waitpid(pid, os.WNOHANG) == (0, 0)
    if was_alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return {"was_alive": was_alive}


def _wait(pid: int) -> dict[str, Any]:
    """For the end that it comes to by itself."""
    begun.discard(pid)
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status)}


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    if "begin" in order:
        return _begin(order)
    if "wait" in order:
        return _wait(order["wait"])
    return _end(order["end"]) if "end" in order else _run(order)


def main() -> None:
    import django

    django.setup()
    from tests.faults import steps  # noqa: F401  # loaded once, for every child

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()
    for pid in list(begun):
        _end(pid)


if __name__ == "__main__":
    main()

"""A process that forks: each child does one step of `steps` and may be killed on the way.

Forking saves the second that Django takes to start. For each line of JSON on stdin,
`{"step": …, "kill_at": "name:n", …arguments}`, one line on stdout: `{"signal": …, "code": …,
"said": …}`. `said` is what the step returned, so what a person would have been shown; it is null
when the child did not live to say it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def _child(order: dict[str, Any], out: int) -> None:
    from tests.faults.steps import STEPS

    os.environ["ASSISTANTS_KILL_AT"] = order.pop("kill_at")
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


def main() -> None:
    import django

    django.setup()
    from tests.faults import steps  # noqa: F401  # loaded once, for every child

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

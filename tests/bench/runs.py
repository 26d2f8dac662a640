"""What one process does for the bench, then prints as a line of JSON: seconds, CPU seconds, counts.

`python -m tests.bench.runs NAME URL N` with the environment of a prepared dashboard.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.bench.stub import KEY, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HANDS = 8


def measured(work: Callable[[], Any]) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    more = work()
    found = {"s": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return found | (more if isinstance(more, dict) else {})


def _ids(n: int) -> list[str]:
    return [str(row(at)["id"]) for at in range(n)]


# --- ours -----------------------------------------------------------------------------------------
def _client(url: str) -> Any:
    from assistants_app.secret import Secret
    from assistants_app.sync.client import AssistantsClient
    from assistants_app.sync.profiles import Endpoint
    from assistants_app.sync.times import Times

    end = Endpoint(profile="openai-compatible", base_url=url, key=Secret(KEY))
    return AssistantsClient(end, times=Times(), may_send=lambda: None, private_ok=True)


def our_pull(url: str, n: int) -> dict[str, Any]:
    """Every assistant, read, checked and with its digest; in a process such as a worker."""
    from assistants_app.sync import turns
    from assistants_app.sync.pull import pull

    turns.suit_many_calls()
    with _client(url) as client:
        return measured(lambda: _checked(pull(client), n))


def our_pull_again(url: str, n: int) -> dict[str, Any]:
    """The same, once it is known where the pages begin and what was there: by its digest each
    turns out to be as it was, and what was judged is not judged again.
    """
    from assistants_app import contract
    from assistants_app.sync import turns
    from assistants_app.sync.pull import pull

    turns.suit_many_calls()
    with _client(url) as client:
        first = pull(client)
        known = {one.id: contract.fingerprint(one.document) for page in first for one in page.items}
        assert len(known) == n

        def work() -> None:
            same = sum(
                known[one.id] == contract.fingerprint(one.document)
                for page in pull(client, first.cursors)
                for one in page.items
            )
            assert same == n, same

        return measured(work)


def _checked(pages: Any, n: int) -> None:
    from assistants_app import contract

    profile, seen = contract.PROFILES["openai-compatible"], 0
    for page in pages:
        for found in page.items:
            assert not contract.errors(found.document, "import", profile, is_parsed=True)
            assert contract.fingerprint(found.document)
            seen += 1
    assert seen == n, seen


def our_check(url: str, n: int) -> dict[str, Any]:
    """A check of a server on which nothing changed: what it costs the database."""
    import django

    django.setup()
    from assistants_app.actions import jobs, pulling
    from assistants_app.models import Workspace

    place = Workspace.objects.get()
    job = place.jobs.create(kind="pull", source="worker")
    claimed = jobs.claim(job.pk, owner="bench")
    assert claimed
    with metered() as spent:
        pulling.run(claimed)
    job.refresh_from_db()
    assert (job.state, job.result["seen"], job.result["changed"]) == ("done", n, 0), job.progress
    return spent


def loop_check(url: str, n: int) -> dict[str, Any]:
    """What a loop over `update_or_create` costs the database for the same."""
    import django

    django.setup()
    from django.utils import timezone

    from assistants_app import contract
    from assistants_app.models import UpstreamCopy
    from assistants_app.sync.pull import pull

    with _client(url) as client:
        found = {one.id: one.document for page in pull(client) for one in page.items}
    texts = {id_: contract.canonical(document) for id_, document in found.items()}
    copies = list(UpstreamCopy.objects.values_list("assistant", "assistant__upstream_id"))
    assert len(copies) == n
    with metered() as spent:
        for pk, id_ in copies:
            text = texts[id_]
            told = {"text": text, "digest": contract.digest(text), "seen_at": timezone.now()}
            UpstreamCopy.objects.update_or_create(assistant_id=pk, kind="base", defaults=told)
    return spent


@contextlib.contextmanager
def metered() -> Iterator[dict[str, float]]:
    """Seconds in the database, commits among them, and how many queries there were."""
    from django.db import connection

    spent = {"database": 0.0, "queries": 0}

    def timed(run: Callable[..., Any], *asked: Any) -> Any:
        began = time.perf_counter()
        try:
            return run(*asked)
        finally:
            spent["database"] += time.perf_counter() - began

    def execute(run: Callable[..., Any], *asked: Any) -> Any:
        spent["queries"] += 1
        return timed(run, *asked)

    commit = connection._commit
    connection._commit = lambda: timed(commit)
    with connection.execute_wrapper(execute):
        yield spent


def our_calls(url: str, n: int) -> dict[str, Any]:
    client = _client(url)
    ids = _ids(n)

    def work() -> None:
        for id_ in ids:
            assert client.retrieve(id_).outcome.kind == "done"

    client.retrieve(ids[0])
    return measured(work)


def our_push(url: str, n: int) -> dict[str, Any]:
    """The runner, until every order is idle."""
    import django

    django.setup()
    from django.db import connection

    from assistants_app.models import PushOrder
    from assistants_app.models.statements import Select
    from assistants_app.runner import Runner

    left = PushOrder.objects.exclude(state=PushOrder.State.IDLE)
    assert left.count() == n
    # Made once: who watches must not slow down what is watched.
    states = Select(lambda: left.values_list("state").distinct())

    def work() -> dict[str, Any]:
        runner = Runner()
        thread = runner.start()
        while found := states.all():
            assert (PushOrder.State.STOPPED,) not in found, "a push was stopped"
            time.sleep(0.05)
        runner.stop.set()
        ended = time.perf_counter()
        thread.join(20)
        return {"failed": 0, "tail": time.perf_counter() - ended}

    found = measured(work)
    connection.close()
    found["s"] -= found.pop("tail")  # the loop sleeps out its last tick
    return found


def requests_calls(url: str, n: int) -> dict[str, Any]:
    """The library alone: one session, and the body parsed."""
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {KEY}"

    def work() -> None:
        for id_ in _ids(n):
            assert session.get(f"{url}/assistants/{id_}", timeout=60).json()["id"] == id_

    session.get(f"{url}/assistants/{_ids(1)[0]}", timeout=60)
    return measured(work)


# --- the official SDK -----------------------------------------------------------------------------
def _sdk(url: str) -> Any:
    import openai

    return openai.OpenAI(base_url=url, api_key=KEY)


def sdk_pull(url: str, n: int) -> dict[str, Any]:
    client = _sdk(url)
    return measured(lambda: _count(client.beta.assistants.list(limit=100, order="asc"), n))


def sdk_pull_usual(url: str, n: int) -> dict[str, Any]:
    client = _sdk(url)
    return measured(lambda: _count(client.beta.assistants.list(order="asc"), n))


def _count(pages: Any, n: int) -> None:
    assert sum(1 for _ in pages) == n


def sdk_calls(url: str, n: int) -> dict[str, Any]:
    client, ids = _sdk(url), _ids(n)

    def work() -> None:
        for id_ in ids:
            client.beta.assistants.retrieve(id_)

    client.beta.assistants.retrieve(ids[0])
    return measured(work)


def _sdk_push(client: Any, at: int) -> int:
    """Read, write, read back, as ours does; 1 when any of it failed."""
    import openai

    id_ = str(row(at)["id"])
    sent = {name: v for name, v in row(at).items() if name not in ("id", "object", "created_at")}
    beta = client.beta.assistants
    try:
        beta.retrieve(id_)
        beta.update(id_, **sent | {"name": f"Second {at}"})
        beta.retrieve(id_)
    except openai.OpenAIError:
        return 1
    return 0


def sdk_push(url: str, n: int) -> dict[str, Any]:
    client = _sdk(url)
    return measured(lambda: {"failed": sum(_sdk_push(client, at) for at in range(n))})


def sdk_push_threads(url: str, n: int) -> dict[str, Any]:
    client = _sdk(url)

    def work() -> dict[str, Any]:
        with ThreadPoolExecutor(HANDS) as pool:
            return {"failed": sum(pool.map(lambda at: _sdk_push(client, at), range(n)))}

    return measured(work)


def sdk_write_only(url: str, n: int) -> dict[str, Any]:
    """One write per version and no look before or after: what a loop over the SDK would do."""
    client = _sdk(url)
    beta = client.beta.assistants
    return measured(lambda: [beta.update(id_, name="Second") for id_ in _ids(n)] and None)


RUNS = {
    run.__name__: run
    for run in (
        our_pull, our_pull_again, our_calls, requests_calls, our_push, our_check, loop_check,
        sdk_pull, sdk_pull_usual, sdk_calls, sdk_push, sdk_push_threads, sdk_write_only,
    )
}  # fmt: skip


def main() -> None:
    import warnings

    warnings.simplefilter("ignore", DeprecationWarning)
    name, url, n = sys.argv[1:]
    sys.stdout.write(json.dumps(RUNS[name](url, int(n)) | {"threads": threading.active_count()}))


if __name__ == "__main__":
    main()

"""A line is used again where that is safe, and what it saves is never paid with a second write."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assistants_app.sync import lines
from assistants_app.sync.transport import Reply, Transport, TransportError
from tests.sync.certificates import issue
from tests.sync.conftest import SHORT, TIMES
from tests.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

BODY = b'{"model": "gpt-4o"}'


@pytest.fixture(autouse=True)
def _nothing_is_proven() -> None:
    """What an earlier test's server proved does not hold for another one on the same port."""
    lines.kept._proven.clear()


def read(up: Upstream, **options: Any) -> Reply:
    return _transport(**options).call("GET", up.url + "/models", headers=_key(up))


def write(up: Upstream, **options: Any) -> Reply:
    return _transport(**options).call("POST", up.url + "/assistants", headers=_key(up), body=BODY)


def _transport(**options: Any) -> Transport:
    usual = {"times": TIMES, "may_send": lambda: None, "private_ok": True}
    return Transport(**usual | options)


def _key(up: Upstream) -> dict[str, str]:
    return {"Authorization": f"Bearer {up.key}"}


def hang_up(up: Upstream) -> None:
    """The server closes what is open, as an idle server does, and we have heard of it."""
    up.server.hang_up()
    while up.server.lines:
        time.sleep(0.001)


@pytest.mark.parametrize("is_tls", [False, True])
def test_reads_share_a_line_whoever_asks(tmp_path: Path, *, is_tls: bool) -> None:
    files = issue(tmp_path) if is_tls else None
    ca_file = files[0] if files else ""
    with Upstream(tls=files) as up:
        for _ in range(3):
            assert read(up, ca_file=ca_file).status == 200
        assert up.server.accepted == 1


def test_a_line_is_not_shared_beyond_what_it_was_allowed_for(up: Upstream) -> None:
    read(up)
    with pytest.raises(TransportError) as caught:
        read(up, private_ok=False)
    assert (caught.value.kind, len(up.requests)) == ("address", 1)


def test_a_read_does_not_notice_that_the_server_closed_the_line(up: Upstream) -> None:
    read(up)
    hang_up(up)
    assert read(up).status == 200
    assert up.server.accepted == 2


def test_a_read_whose_line_breaks_under_it_is_asked_once_more(up: Upstream) -> None:
    read(up)
    up.on("GET", "/models", answer="reset")
    assert read(up).status == 200
    assert len(up.requests) == 3


def test_and_no_more_than_once(up: Upstream) -> None:
    read(up)
    up.on("GET", "/models", times=9, answer="reset")
    with pytest.raises(TransportError) as caught:
        read(up)
    assert (caught.value.kind, caught.value.sent) == ("reset", True)
    assert len(up.requests) == 3


def test_a_read_that_was_answered_in_part_is_not_asked_again(up: Upstream) -> None:
    read(up)
    up.on("GET", "/models", answer="truncate")
    with pytest.raises(TransportError):
        read(up)
    assert len(up.requests) == 2


def test_a_write_takes_a_new_line_until_reads_have_shared_one(up: Upstream) -> None:
    read(up)
    write(up)
    assert up.server.accepted == 2
    read(up)
    write(up)
    assert up.server.accepted == 2


def test_a_write_on_a_line_that_breaks_is_sent_once_and_in_doubt(up: Upstream) -> None:
    read(up)
    read(up)
    up.on("POST", "/assistants", answer="reset")
    with pytest.raises(TransportError) as caught:
        write(up)
    assert (caught.value.kind, caught.value.sent) == ("reset", True)
    assert (len(up.writes()), len(up.assistants), up.server.accepted) == (1, 1, 1)


def test_a_server_that_broke_a_line_gets_its_writes_on_new_ones(up: Upstream) -> None:
    read(up)
    read(up)
    hang_up(up)
    read(up)  # notices
    write(up)
    assert up.server.accepted == 3


def test_a_line_that_nobody_used_for_a_while_is_closed(
    up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "IDLE", 0.02)
    read(up)
    until = time.monotonic() + 5
    while up.server.lines and time.monotonic() < until:
        time.sleep(0.005)
    assert not up.server.lines
    read(up)
    assert up.server.accepted == 2


def test_an_old_line_is_left(up: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "AGE", 0.0)
    read(up)
    read(up)
    assert up.server.accepted == 2


def test_a_server_that_closes_is_taken_at_its_word(up: Upstream) -> None:
    up.on("GET", "/models", answer=(200, {"Connection": "close"}, "{}"))
    read(up)
    read(up)
    assert up.server.accepted == 2


@pytest.mark.parametrize("how", ["drip", "silence"])
def test_the_deadline_holds_on_a_line_that_was_kept(up: Upstream, how: Any) -> None:
    read(up)
    up.on("GET", "/models", answer=how)
    began = time.monotonic()
    with pytest.raises(TransportError) as caught:
        read(up, times=SHORT)
    assert (caught.value.kind, up.server.accepted) == ("timeout", 1)
    assert SHORT.call * 0.9 < time.monotonic() - began < SHORT.call + 1


def test_the_end_of_one_call_does_not_end_the_next_on_its_line(up: Upstream) -> None:
    short = replace(TIMES, call=0.1)
    read(up, times=short)
    up.on("GET", "/models", half=lambda: time.sleep(0.2))
    assert read(up).status == 200
    assert up.server.accepted == 1


def test_an_answer_that_was_cut_leaves_no_line(up: Upstream) -> None:
    up.on("GET", "/models", answer=(400, {}, b"x" * (3 * 1024 * 1024)))
    assert read(up).status == 400
    assert read(up).status == 200
    assert up.server.accepted == 2


def test_a_child_process_does_not_speak_on_its_parents_lines(up: Upstream) -> None:
    read(up)
    if (child := os.fork()) == 0:
        os._exit(0 if read(up).status == 200 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert read(up).status == 200
    assert up.server.accepted == 2

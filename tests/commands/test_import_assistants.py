"""`import_assistants`: what it prints, how it ends, and that a refused file leaves nothing."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from assistants_app.contract.formats import FILE_MAX
from assistants_app.models import Assistant, AuditEntry, Change
from tests import builders

if TYPE_CHECKING:
    from pathlib import Path

    from assistants_app.models import User, Workspace

ONE = {"model": "gpt-5.2", "name": "One"}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], bob: User, workspace: Workspace) -> Any:
    """Import bytes as Bob and give (how it ended, what it printed)."""

    def importing(data: bytes, *arguments: str) -> tuple[int, str]:
        (tmp_path / "care.json").write_bytes(data)
        where = ("--workspace", workspace.slug, "--as", "bob")
        capsys.readouterr()
        try:
            call_command("import_assistants", str(tmp_path / "care.json"), *where, *arguments)
            code = 0
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, capsys.readouterr().out.replace(f"{tmp_path}/", "").strip()

    return importing


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("import_assistants", *arguments)
    assert refused.value.returncode == 2
    return str(refused.value)


def test_all_in_ends_with_0(run: Any) -> None:
    data = json.dumps({"object": "list", "data": [ONE | {"id": "asst_1"}, ONE]}).encode()
    assert run(data) == (
        0,
        "care.json: 1 imported, 1 already there, 0 refused.\n"
        "Left out, since it belongs to the server it came from: id.",
    )
    change = Change.objects.get()
    assert (change.document(), change.state) == (ONE, Change.State.DRAFT)
    assert AuditEntry.objects.latest("seq").source == "command"
    assert run(data)[1].startswith("care.json: 0 imported, 2 already there, 0 refused.")


def test_some_refused_ends_with_1_and_names_each_problem(run: Any) -> None:
    lines = [
        json.dumps(ONE | {"tools": [{"type": "retrieval"}]}),
        '{"model": "gpt-5.2", "name": "Two", "file_ids": ["f"], "temperature": "1"}',
        '{"model" "m"}',
        "3",
    ]
    code, words = run(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    assert code == 1
    assert words.splitlines() == [
        "care.json: 1 imported, 0 already there, 3 refused.",
        "Left out: the byte order mark at the start.",
        "line 1 “One”: imported",
        '  (warning) tools[0].type: Unknown kind of tool: "retrieval". '
        'Today: {"type":"file_search"}',
        "line 2 “Two”: refused",
        '  file_ids: Unknown field "file_ids". '
        'Today: {"tool_resources":{"code_interpreter":{"file_ids":["f"]}}}',
        "  temperature: Must be a number.",
        "line 3: refused",
        "  Not valid JSON at line 3, column 10.",
        "line 4: refused",
        "  Must be an object.",
    ]
    assert Assistant.objects.count() == 1


def test_programs_get_an_object(run: Any) -> None:
    code, words = run(json.dumps([ONE, {"name": "x"}]).encode(), "--json")
    assert code == 1
    assert json.loads(words) == {
        "file": "care.json",
        "imported": 1,
        "already_there": 0,
        "refused": 1,
        "items": [
            {
                "place": "item 1",
                "name": "One",
                "outcome": "imported",
                "assistant": Assistant.objects.get().pk,
                "set_aside": [],
                "problems": [],
            },
            {
                "place": "item 2",
                "name": "x",
                "outcome": "refused",
                "assistant": None,
                "set_aside": [],
                "problems": [
                    {
                        "param": "model",
                        "level": "error",
                        "code": "missing_required_parameter",
                        "message": "Required.",
                        "present": None,
                    }
                ],
            },
        ],
        "problems": [],
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not JSON", "Not valid JSON at line 1, column 1."),
        (b"[" + b'{"model":"m"},' * 10_000 + b"{}]", "10,001 items; the limit is 10,000."),
        (b'{"model":"a\xff"}', "Not UTF-8 at byte 12."),
        (b" " * (FILE_MAX + 10), "20,971,530 bytes; the limit is 20,971,520."),
        (
            b'[{"model":"m"},{"model":"m","name":"1234\\u0000"}]',
            "[1].name: Contains a NUL character at position 5.",
        ),
    ],
)
def test_a_file_refused_as_a_whole_leaves_nothing(
    run: Any, tmp_path: Path, data: bytes, message: str
) -> None:
    code, words = run(data, "--json")
    (problem,) = json.loads(words)["problems"]
    assert code == 2
    assert message.endswith(problem["message"])
    path = str(tmp_path / "care.json")
    said = refusal(path, "--workspace", "customer-care", "--as", "bob")
    assert said == f"{path}: {message} Nothing was imported."
    assert not Assistant.objects.exists()


def test_standard_input_is_a_file_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bob: User
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ONE).encode())))
    call_command("import_assistants", "-", "--workspace", "customer-care", "--as", "bob")
    assert capsys.readouterr().out == "-: 1 imported, 0 already there, 0 refused.\n"


def test_what_keeps_it_from_starting_is_one_sentence(
    tmp_path: Path, alice: User, bob: User
) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(ONE))
    here = ("--workspace", "customer-care")
    assert refusal(str(path), *here, "--as", "nobody").endswith("is called “nobody”.")
    assert "“elsewhere”" in refusal(str(path), "--workspace", "elsewhere", "--as", "bob")
    assert "No such file" in refusal(str(path.with_name("two.json")), *here, "--as", "bob")
    not_theirs = "Your role in this workspace does not include this."
    assert refusal(str(path), *here, "--as", "alice") == not_theirs
    needed = "Changes here need a review first."
    assert refusal(str(path), *here, "--as", "bob", "--publish") == needed
    assert not Assistant.objects.exists()


def test_publish_makes_them_live_where_no_review_is_asked_for(
    tmp_path: Path, bob: User, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.make_member(builders.make_workspace("Play", approvals=0), bob, "publisher")
    path = tmp_path / "one.json"
    path.write_text(json.dumps(ONE))
    call_command("import_assistants", str(path), "--workspace", "play", "--as", "bob", "--publish")
    assert "1 imported" in capsys.readouterr().out
    assert Assistant.objects.live().get().document() == ONE

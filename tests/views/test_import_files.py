"""Assistants from a file, or pasted: each becomes a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape

from assistants_app.forms import imports as form_limits
from assistants_app.models import Change, Workspace
from tests import builders
from tests.views.import_page import text_of

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User

pytestmark = pytest.mark.django_db
TWO = '[{"name": "One", "model": "m"}, {"name": "Two", "model": "m", "tools": 7}]'


def send(client: Client, text: str = "", file: bytes | None = None) -> Any:
    data: dict[str, Any] = {"text": text}
    if file is not None:
        data["file"] = SimpleUploadedFile("assistants.json", file)
    return client.post(reverse("import_file"), data)


def test_what_is_pasted_becomes_changes_and_each_is_told(
    bobs: Client, workspace: Workspace
) -> None:
    page = send(bobs, TWO)
    assert page.status_code == 200
    words = text_of(page.content)
    assert "Taken in as changes: 1" in words
    assert "Could not be taken in: 1" in words
    assert "tools Must be a list." in words
    change = Change.objects.get()
    assert reverse("change", args=[change.pk]) in page.content.decode()
    assert (change.name, change.state) == ("One", Change.State.DRAFT)
    assert "There already: 1" in text_of(send(bobs, TWO).content)
    assert workspace.pk


def test_a_file_is_taken_in_and_what_belongs_elsewhere_left_out(
    bobs: Client, workspace: Workspace
) -> None:
    lines = b'{"id": "asst_1", "object": "assistant", "name": "A", "model": "m"}\n{"model": "m"}\n'
    words = text_of(send(bobs, file=lines).content)
    assert "Taken in as changes: 2" in words
    assert "belongs to the server it came from: id" in words
    assert Change.objects.count() == 2
    assert workspace.pk


@pytest.mark.parametrize(
    ("text", "file", "words"),
    [
        ("", None, "Paste something, or choose a file."),
        ("  \n", None, "Paste something, or choose a file."),
        ('{"name": <b>', None, "line 1, column"),
        ("[]", None, "There is no assistant in it."),
        ('{"a": "\u0000"}', None, "line 1, column"),
        ("", b"", "The file is empty."),
        ("", b"\xff\xfe", "UTF-8"),
        ('{"model": "m"}', b"{}", "not both"),
        ("[" + ",".join(['{"model": "m"}'] * 501) + "]", None, "501 assistants are too many"),
        (" " * (1024 * 1024) + "{}", None, "larger than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_typed_is_lost(
    bobs: Client, workspace: Workspace, text: str, file: bytes | None, words: str
) -> None:
    response = send(bobs, text, file)
    assert response.status_code == 422
    assert words in text_of(response.content)
    assert escape(text.replace("\x00", "")) in response.content.decode().replace("\x00", "")
    assert not Change.objects.exists()
    assert workspace.pk


def test_a_file_beyond_the_limit_is_not_read(
    bobs: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_limits, "FILE_MAX", 10)
    assert "larger than 16 MB" in text_of(send(bobs, file=b'{"model": "m"}').content)
    assert workspace.pk


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_others_may_not_send_a_file(
    client: Client, workspace: Workspace, carol: User, role: str
) -> None:
    builders.make_member(workspace, carol, role)
    client.force_login(carol)
    assert send(client, TWO).status_code == 403
    assert not Change.objects.exists()

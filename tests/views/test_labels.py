"""Labels for software in the editor: rows that keep what was typed, whatever is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.models import AuditEntry, Change
from tests import builders
from tests.views.editor import autosave, press, save, slot, url

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

PAIRS = {"team": "care", "region": "eu"}


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, metadata=dict(PAIRS))


def rows(*pairs: tuple[str, str]) -> dict[str, str]:
    """What the page posts for these rows, in this order."""
    found = {"labels-as": "rows"}
    for n, (key, value) in enumerate(pairs):
        found |= {f"label-{n}-key": key, f"label-{n}-value": value}
    return found


def send(
    client: Client,
    change: Change,
    op: str,
    *pairs: tuple[str, str],
    htmx: bool = False,
    **more: str,
) -> HttpResponse:
    data = rows(*pairs) | {"lock": str(change.lock), "op": op} | more
    headers = {"HX-Request": "true", "HX-Target": "form-labels"} if htmx else {}
    return client.post(reverse("change_labels", args=[change.pk]), data, headers=headers)


def shown(response: HttpResponse) -> list[tuple[str, str]]:
    """The rows on a page or in a part."""
    text = response.content.decode()
    keys = re.findall(r'name="label-\d+-key" value="([^"]*)"', text)
    return list(zip(keys, re.findall(r'name="label-\d+-value" value="([^"]*)"', text), strict=True))


def stored(change: Change) -> object:
    return Change.objects.get(pk=change.pk).metadata


# --- the rows -------------------------------------------------------------------------------------


def test_the_editor_shows_rows_in_their_order(editing: Client, draft: Change) -> None:
    response = editing.get(url(draft))
    assert shown(response) == [("team", "care"), ("region", "eu")]
    assert "2 of 16" in response.content.decode()


@pytest.mark.parametrize("metadata", [PAIRS, {}, None, {"a": "x\r\ny"}, {"a": ""}])
def test_saving_the_rows_as_they_are_changes_nothing(
    editing: Client, workspace: Workspace, alice: User, metadata: dict[str, str] | None
) -> None:
    change = builders.make_change(workspace, alice, metadata=metadata, name="Other")
    form = editing.get(url(change)).context["forms"][5]
    assert autosave(editing, change, "labels", **rows(*((r.key, r.value) for r in form.rows)))
    now = Change.objects.get(pk=change.pk)
    assert (now.lock, now.metadata) == (change.lock, change.metadata)


def test_rows_are_stored_in_the_order_they_stand_in(editing: Client, draft: Change) -> None:
    typed = rows(("region", "eu"), ("", ""), ("team", " care "))
    assert save(editing, draft, "labels", **typed).status_code == 303
    assert contract.dumps(stored(draft)) == '{"region":"eu","team":" care "}'


def test_the_dashboards_own_label_is_hidden_and_kept(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, metadata={"_dash": "op:1:x", "team": "care"})
    assert shown(editing.get(url(change))) == [("team", "care")]
    save(editing, change, "labels", **rows(("team", "it")))
    assert stored(change) == {"team": "it", "_dash": "op:1:x"}


def test_a_key_that_stands_twice_marks_both_and_stays_as_typed(
    editing: Client, draft: Change
) -> None:
    typed = rows(("team", "care"), ("team", "it"))
    response = autosave(editing, draft, "labels", **typed)
    for n in (0, 1):
        assert "more than once" in slot(response, f"label-{n}-key-msg")
    assert "1 to fix" in slot(response, "outline") or "2 to fix" in slot(response, "outline")
    assert "2 of 16" in slot(response, "label-count")
    assert stored(draft) == PAIRS
    again = editing.get(url(draft))
    assert shown(again) == [("team", "care"), ("team", "it")]
    assert again.content.decode().count("This key stands here more than once") >= 2


@pytest.mark.parametrize(
    ("pair", "box", "message"),
    [
        (("k" * 65, "v"), "label-0-key", "65 characters; the limit is 64."),
        (("k", "v" * 513), "label-0-value", "513 characters; the limit is 512."),
        (("", "v"), "label-0-key", "Enter a key."),
        (("_dash", "v"), "label-0-key", "is reserved for this dashboard."),
    ],
)
def test_what_is_wrong_lands_on_its_own_box(
    editing: Client, draft: Change, pair: tuple[str, str], box: str, message: str
) -> None:
    response = autosave(editing, draft, "labels", **rows(pair))
    assert message in slot(response, f"{box}-msg")
    assert message not in slot(response, "id_metadata-msg")
    assert shown(editing.get(url(draft))) == [pair]
    again = Change.objects.get(pk=draft.pk)
    answer = press(editing, again, "labels", **rows(pair))
    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_too_many_labels_are_kept_and_said(editing: Client, draft: Change) -> None:
    typed = rows(*((f"k{n}", "v") for n in range(17)))
    response = autosave(editing, draft, "labels", **typed)
    assert "17 pairs; the limit is 16." in slot(response, "id_metadata-msg")
    assert len(shown(editing.get(url(draft)))) == 17
    assert len(response.content) < 10_000


def test_labels_that_are_no_texts_stay_as_json(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, metadata=contract.parse('{"a": 1.50}'))
    text = editing.get(url(change)).content.decode()
    assert '<textarea name="metadata"' in text
    assert "1.50" in text
    assert save(editing, change, "labels", metadata='{"a": "1.50"}').status_code == 303
    assert shown(editing.get(url(change))) == [("a", "1.50")]


# --- the buttons ----------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_adding_keeps_what_was_typed_and_brings_an_empty_row(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    response = send(editing, draft, "add", ("team", "care!"), htmx=htmx)
    assert response.status_code == 200
    assert shown(response) == [("team", "care!"), ("", "")]
    assert stored(draft) == {"team": "care!"}
    if htmx:
        assert response.headers["HX-Retarget"] == "#form-labels"
        assert 'data-focus-after="#label-1-key"' in response.content.decode()
    else:
        assert "<html" in response.content.decode()


@pytest.mark.parametrize("htmx", [True, False])
def test_removing_can_be_undone(editing: Client, draft: Change, *, htmx: bool) -> None:
    response = send(editing, draft, "remove:0", *PAIRS.items(), htmx=htmx)
    text = response.content.decode()
    assert shown(response) == [("region", "eu")]
    assert stored(draft) == {"region": "eu"}
    assert "Removed team." in text
    if htmx:
        assert "Undo is available." in slot(response, "announcer")
        assert 'data-focus-after="#label-0-key"' not in text
        assert 'data-focus-after="#label-1-key"' in text
    draft.refresh_from_db()
    before = {"metadata": contract.dumps(PAIRS, indent=2), "lock": str(draft.lock), "act": "undo"}
    assert contract.dumps(PAIRS, indent=2).replace('"', "&quot;") in text
    headers = {"HX-Request": "true"} if htmx else {}
    undone = editing.post(url(draft, "labels"), before, headers=headers)
    assert undone.status_code == 200
    assert shown(undone) == list(PAIRS.items())
    assert contract.dumps(stored(draft)) == contract.dumps(PAIRS)


def test_removing_what_is_gone_already_changes_nothing(editing: Client, draft: Change) -> None:
    response = send(editing, draft, "remove:9", *PAIRS.items())
    assert response.status_code == 200
    assert stored(draft) == PAIRS
    assert not AuditEntry.objects.filter(action="change.edited").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cost = 1=2\n\nowner=lena", {"cost": "1=2", "owner": "lena"}),
        ('\ufeff{"cost": "1", "owner": "lena"}', {"cost": "1", "owner": "lena"}),
    ],
)
def test_pasting_several(
    editing: Client, draft: Change, text: str, expected: dict[str, str]
) -> None:
    response = send(editing, draft, "paste", ("team", "care"), htmx=True, paste=text)
    assert response.status_code == 200
    assert stored(draft) == {"team": "care"} | expected
    assert "Added 2 labels." in slot(response, "announcer")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("team=care\nno sign", "Line 2: write a key"),
        ('{"a": 1}', "must be text in double quotes"),
        ('{"a" 1}', "A colon is missing."),
        ("", "Paste at least one line"),
        ('{"a":' + "[" * 100_000, "Nested more than 64 levels"),
    ],
)
def test_what_cannot_be_pasted_stays_in_its_box(
    editing: Client, draft: Change, text: str, message: str
) -> None:
    response = send(editing, draft, "paste", ("team", "care"), paste=text)
    assert response.status_code == 422
    form = response.context["form"]
    assert message in form.paste_errors[0]
    assert form.paste == text
    assert stored(draft) == PAIRS


def test_a_double_click_adds_no_second_copy(editing: Client, draft: Change) -> None:
    for _ in range(2):
        response = send(editing, draft, "paste", *PAIRS.items(), paste="owner=lena", htmx=True)
    assert response.status_code == 200  # the same text again is no newer one
    assert stored(draft) == PAIRS | {"owner": "lena"}


def test_a_stale_press_shows_both_texts(editing: Client, bob: User, draft: Change) -> None:
    values = {"metadata": {"team": "his"}}
    changes.edit(draft, actor=builders.acting(bob), lock=draft.lock, values=values)
    response = send(editing, draft, "remove:0", *PAIRS.items(), htmx=True)
    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#merge"
    assert stored(draft) == {"team": "his"}


def test_in_review_a_press_stores_nothing_by_itself(
    editing: Client, alice: User, draft: Change
) -> None:
    now = changes.submit(draft, actor=builders.acting(alice))
    response = send(editing, now, "remove:0", *PAIRS.items(), htmx=True)
    assert shown(response) == [("region", "eu")]
    assert "Not saved yet." in slot(response, "announcer")
    assert stored(draft) == PAIRS
    assert save(editing, now, "labels", **rows(("region", "eu"))).status_code == 303
    assert stored(draft) == {"region": "eu"}


def test_who_may_press(client: Client, workspace: Workspace, carol: User, draft: Change) -> None:
    assert send(client, draft, "add").status_code == 302
    client.force_login(carol)
    assert send(client, draft, "add").status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert send(client, draft, "add").status_code == 403
    assert client.get(reverse("change_labels", args=[draft.pk])).status_code == 405

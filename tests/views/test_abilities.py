"""The list of tools in the editor: one press, one tool, and what the page draws anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app.actions import tools
from assistants_app.models import AuditEntry, Change
from tests import builders
from tests.views import editor
from tests.views.editor import url

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

CODE: dict[str, Any] = {"type": "code_interpreter"}
ODD: dict[str, Any] = {"type": "mcp", "server": "x"}
HTMX = {"HX-Request": "true"}


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": f"When {name} helps."}}


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    listed = [function("first"), ODD, function("last")]
    return builders.make_change(workspace, alice, tools=listed)


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def button(change: Change, op: str, index: int) -> str:
    row = tools.rows(fresh(change))[index]
    return f"{op}:{row.key}:{row.fingerprint}"


def click(client: Client, change: Change, do: str, **more: Any) -> HttpResponse:
    where = reverse("tool_list", args=[change.pk])
    lock = more.pop("lock", fresh(change).lock)
    return client.post(where, {"do": do, "lock": lock}, **more)


def press(client: Client, change: Change, do: str, **more: Any) -> HttpResponse:
    return click(client, change, do, headers=HTMX, **more)


def slot(response: HttpResponse, name: str) -> str:
    """What stands inside a slot of the answer."""
    return editor.slot(response, name).partition(">")[2].rpartition("<")[0].strip()


def kinds(change: Change) -> list[str]:
    found = [row.tool for row in tools.rows(fresh(change))]
    return [tool.get("function", {}).get("name") or tool["type"] for tool in found]


def test_the_editor_shows_every_tool_in_its_order(editing: Client, draft: Change) -> None:
    text = editing.get(url(draft)).content.decode()
    assert re.findall(r'p-(?:name" translate="no|own)">([^<]+)<', text) == ["first", "mcp", "last"]
    assert "3 of 128 tools" in text
    assert "Kept as it is" in text
    assert "When first helps." in text
    assert 'aria-checked="false" id="switch-code"' in text
    assert 'id="id_tools"' not in text


def test_the_whole_as_json_is_one_link_away(editing: Client, draft: Change) -> None:
    assert f"{url(draft)}?abilities=json#form-abilities" in editing.get(url(draft)).content.decode()
    text = editing.get(url(draft) + "?abilities=json").content.decode()
    assert 'id="id_tools"' in text
    assert 'id="id_tool_resources"' in text
    assert 'id="tools-list"' not in text


@pytest.mark.parametrize("unread", [{"tools": "["}, {"tool_resources": "{"}])
def test_json_that_cannot_be_read_is_shown_as_it_was_typed(
    editing: Client, draft: Change, unread: dict[str, str]
) -> None:
    Change.objects.filter(pk=draft.pk).update(unread=unread)
    text = editing.get(url(draft)).content.decode()
    assert 'id="id_tools"' in text
    assert "is missing" in text


STEPS = [
    ("up", 2, ["first", "last", "mcp"], "last is now 2 of 3."),
    ("down", 0, ["mcp", "first", "last"], "first is now 2 of 3."),
    ("copy", 0, ["first", "first_2", "mcp", "last"], "Copied as first_2."),
    ("copy", 1, ["first", "mcp", "mcp", "last"], "Copied as mcp."),
    ("remove", 1, ["first", "last"], "Removed mcp. Undo is available."),
]


@pytest.mark.parametrize(("op", "index", "expected", "said"), STEPS)
def test_a_press_without_javascript(
    editing: Client, draft: Change, op: str, index: int, expected: list[str], said: str
) -> None:
    response = click(editing, draft, button(draft, op, index))
    assert response.status_code == 303
    assert response.headers["Location"].startswith(f"{url(draft)}#t")
    assert kinds(draft) == expected
    assert said in editing.get(url(draft)).content.decode()
    assert AuditEntry.objects.filter(action="change.edited").count() == 1


@pytest.mark.parametrize(("op", "index", "expected", "said"), STEPS)
def test_a_press_with_htmx_draws_one_row(
    editing: Client, draft: Change, op: str, index: int, expected: list[str], said: str
) -> None:
    key = tools.rows(draft)[index].key
    response = press(editing, draft, button(draft, op, index))
    text = response.content.decode()
    assert response.status_code == 200
    assert kinds(draft) == expected
    assert slot(response, "announcer") == said
    assert slot(response, "tools-count") == f"{len(expected)} of 128 tools"
    assert len(re.findall('<li class="p"', text)) == (op != "remove")
    assert (f'hx-swap-oob="delete:#t-{key}"' in text) == (op != "copy")
    for word in ("<textarea", "<html"):
        assert word not in text
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    ("op", "index", "focus"),
    [
        ("up", 2, ""),
        ("up", 1, "more"),
        ("down", 1, "more"),
        ("remove", 0, "edit-1"),
        ("remove", 1, "edit-2"),
        ("remove", 2, "edit-1"),
    ],
)
def test_where_the_focus_goes(
    editing: Client, draft: Change, op: str, index: int, focus: str
) -> None:
    keys = [row.key for row in tools.rows(draft)]
    text = press(editing, draft, button(draft, op, index)).content.decode()
    found = re.findall(r'data-focus-after="#([^"]+)"', text)
    name, _dash, number = focus.partition("-")
    wanted = [f"{name}-{keys[int(number) if number else index]}"] if focus else []
    assert found == wanted


def test_after_the_last_one_is_removed_the_focus_is_at_add(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, tools=[CODE])
    response = press(editing, change, button(change, "remove", 0))
    assert 'data-focus-after="#tools-add"' in response.content.decode()
    assert 'aria-checked="false"' in slot(response, "ability-code")


def test_undo_by_toast_and_by_the_list(editing: Client, draft: Change) -> None:
    before = [row.key for row in tools.rows(draft)]
    response = press(editing, draft, button(draft, "remove", 1))
    restore = f"restore:{before[1]}"
    assert f'value="{restore}"' in slot(response, "toasts")
    assert f'value="{restore}"' in slot(response, "tools-removed")
    assert f'value="{restore}"' in editing.get(url(draft)).content.decode()
    back = press(editing, draft, restore)
    assert f'afterend:#t-{before[0]}"' in back.content.decode()
    assert slot(back, "announcer") == "mcp is back."
    assert not slot(back, "toasts")
    assert [row.key for row in tools.rows(fresh(draft))] == before


def test_switches_turn_an_ability_on_and_off(editing: Client, draft: Change) -> None:
    response = press(editing, draft, "on:code")
    assert kinds(draft) == ["first", "mcp", "last", "code_interpreter"]
    assert 'aria-checked="true"' in slot(response, "ability-code")
    assert 'id="ability-search"' not in response.content.decode()
    search = press(editing, draft, "on:search").content.decode()
    assert 'id="id_max_num_results"' in search
    press(editing, draft, button(draft, "remove", 4))
    off = press(editing, draft, button(draft, "remove", 3))
    assert 'aria-checked="false"' in slot(off, "ability-code")
    assert press(editing, draft, "on:code").status_code == 200
    assert press(editing, draft, "on:code").status_code == 409  # somebody was quicker
    assert kinds(draft).count("code_interpreter") == 1


def test_a_new_function_leads_to_its_page(editing: Client, draft: Change) -> None:
    for name in ("new_function", "new_function_2"):
        response = click(editing, draft, "add")
        row = tools.rows(fresh(draft))[-1]
        assert response.headers["Location"] == reverse("tool", args=[draft.pk, row.key])
        assert row.tool["function"]["name"] == name
        assert editing.get(response.headers["Location"]).status_code == 200
    assert "HX-Redirect" in press(editing, draft, "add").headers


# --- two people, refusals ----------------------------------------------------------------------


@pytest.mark.parametrize("op", ["up", "copy", "remove"])
def test_a_tool_that_somebody_changed_meanwhile_stays_as_it_is(
    editing: Client, draft: Change, bob: User, op: str
) -> None:
    do = button(draft, op, 2)
    row = tools.rows(draft)[2]
    sight = {"key": row.key, "fingerprint": row.fingerprint}
    tools.replace(draft, actor=builders.acting(bob), **sight, tool=function("theirs"))
    answer = press(editing, draft, do)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#alerts"
    assert "theirs: Someone changed it meanwhile." in answer.content.decode()
    page = click(editing, draft, do)
    assert page.status_code == 409
    assert "theirs: Someone changed it meanwhile." in page.content.decode()
    assert kinds(draft) == ["first", "mcp", "theirs"]


def test_a_list_that_somebody_changed_meanwhile_is_drawn_whole(
    editing: Client, draft: Change, bob: User
) -> None:
    lock = draft.lock
    tools.add(draft, actor=builders.acting(bob), tools=[function("bobs")])
    response = press(editing, draft, button(draft, "up", 2), lock=lock)
    text = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r'p-(?:name" translate="no|own)">([^<]+)<', text) == [
        "first",
        "last",
        "mcp",
        "bobs",
    ]


def test_in_review_an_error_is_refused_and_an_edit_goes_back_to_review(
    editing: Client, draft: Change
) -> None:
    Change.objects.filter(pk=draft.pk).update(
        state=Change.State.IN_REVIEW, tools=[function("a b"), function("c")]
    )
    answer = press(editing, draft, button(draft, "up", 1))
    assert answer.status_code == 409
    assert "This would not be free of errors" in answer.content.decode()
    assert kinds(draft) == ["a b", "c"]
    assert click(editing, draft, button(draft, "remove", 0)).status_code == 303
    assert fresh(draft).state == Change.State.IN_REVIEW


@pytest.mark.parametrize("do", ["", "nonsense", "on:nonsense", "on:", "explode:a:b"])
def test_what_no_button_says_is_refused_in_a_sentence(
    editing: Client, draft: Change, do: str
) -> None:
    assert press(editing, draft, do).status_code == 422
    assert "Nothing was changed." in click(editing, draft, do).content.decode()


@pytest.mark.parametrize("do", ["up:nonsense:1", "remove::", "restore:nonsense", "copy:x"])
def test_a_tool_that_is_not_there_is_refused(editing: Client, draft: Change, do: str) -> None:
    assert press(editing, draft, do).status_code == 409


# --- who may ------------------------------------------------------------------------------------


def test_who_may_and_how(client: Client, draft: Change, carol: User, workspace: Workspace) -> None:
    do, where = button(draft, "remove", 0), reverse("tool_list", args=[draft.pk])
    assert click(client, draft, do).headers["Location"].startswith(reverse("account_login"))
    client.force_login(carol)
    assert click(client, draft, do).status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert click(client, draft, do).status_code == 403
    assert client.put(where).status_code == 405
    assert kinds(draft) == ["first", "mcp", "last"]


def test_the_address_of_the_list_leads_to_the_editor(editing: Client, draft: Change) -> None:
    response = editing.get(reverse("tool_list", args=[draft.pk]))
    assert response.headers["Location"] == f"{url(draft)}#form-abilities"


# --- what it costs ------------------------------------------------------------------------------


def test_a_press_costs_the_same_queries_at_3_and_at_128(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    def cost(count: int) -> tuple[int, int]:
        many = [function(f"f{n}") for n in range(count)]
        change = builders.make_change(workspace, alice, tools=many)
        press(editing, change, button(change, "up", 1))
        with CaptureQueriesContext(connection) as found:
            response = press(editing, change, button(change, "up", 2))
        assert len(response.content) < 10_000
        return len(found), len(response.content) // 500

    assert cost(3) == cost(128)


def test_the_editor_of_128_tools_stays_small(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    many = [function(f"f{n}") for n in range(128)]
    text = editing.get(url(builders.make_change(workspace, alice, tools=many))).content.decode()
    assert len(re.findall(r"<[a-z]", text)) < 3_000

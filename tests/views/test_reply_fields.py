"""The fields of a reply as rows: the builder of functions on the reply's own text."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import building
from assistants_app.contract import tool_keys
from assistants_app.models import AuditEntry, Change
from assistants_app.schema import pointers, rows, tree
from tests import builders
from tests.schema import schemas
from tests.schema.test_tree_any import OWNS
from tests.views.test_reply import choose

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
SCHEMA = (
    '{"type":"object","properties":{"2":{"type":"integer","maximum":1e3},"1":{"type":"string",'
    '"x-kept":[1.50]},"who":{"type":"object","properties":{"name":{"type":"string"}}},'
    '"any":{"oneOf":[{"type":"string"},{"type":"integer"}]}},"required":["2"]}'
)
TEXT = (
    f'{{"x-own":1.50,"type":"json_schema","json_schema":{{"schema":{SCHEMA},"z":null,"name":"r"}}}}'
)
TWO, ONE, WHO, ANY = "/properties/2", "/properties/1", "/properties/who", "/properties/any"
PAGES = ("reply_fields", "reply_fix", "reply_json")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    return builders.make_change(workspace, alice, response_format=contract.parse(TEXT), name="N")


def url(change: Change, name: str = "reply_fields") -> str:
    return reverse(name, args=[change.pk])


def held(change: Change) -> Any:
    return Change.objects.get(pk=change.pk).response_format


def stored(change: Change) -> str:
    return contract.dumps(held(change))


def schema_of(change: Change) -> Any:
    return held(change)["json_schema"].get("schema")


def node(change: Change, pointer: str) -> Any:
    schema = schema_of(change)
    return pointers.at(schema, pointers.resolve(schema, pointer))


def seen(change: Change, pointer: str) -> str:
    return pointers.fingerprint(node(change, pointer))


def press(client: Client, change: Change, op: str, pointer: str, **more: str) -> HttpResponse:
    data = {"op": f"{op}:{seen(change, pointer)}:{pointer}"} | more
    return client.post(url(change, "reply_ops"), data)


def row(client: Client, change: Change, pointer: str, **fields: str) -> HttpResponse:
    data = {"op": "set", "ptr": pointer, "fp": seen(change, pointer)} | fields
    return client.post(url(change, "reply_ops"), data)


def test_the_page_shows_the_fields_a_sample_and_what_will_be_pushed(
    editing: Client, draft: Change
) -> None:
    text = editing.get(url(draft)).content.decode()
    for word in ("5 fields, 2 levels", "Add a field", "A made-up reply", "1e3", "x-own"):
        assert word in text
    assert "input " not in text.partition("<main")[2].replace("<input ", "").lower()


def test_the_card_leads_to_the_rows_and_back(editing: Client, draft: Change) -> None:
    assert (
        f'href="{url(draft)}"' in editing.get(reverse("change", args=[draft.pk])).content.decode()
    )
    assert "#form-reply" in editing.get(url(draft)).content.decode()


def test_opening_each_row_and_saving_it_as_it_is_changes_nothing(
    editing: Client, draft: Change
) -> None:
    entries = AuditEntry.objects.count()
    for pointer in (TWO, ONE, WHO, ANY, f"{WHO}/properties/name"):
        opened = editing.get(url(draft), {"edit": pointer})
        form = next(one.form for one in opened.context["shown"].rows if one.form)
        data = {bound.name: str(bound.value()) for bound in form if bound not in form.flags}
        data |= {bound.name: "on" for bound in form.flags if bound.value()}
        data |= {f"{bound.name}-shown": "1" for bound in form.flags}
        assert row(editing, draft, pointer, **data).status_code == 303
    assert stored(draft) == TEXT
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("op", "pointer", "more"),
    [
        ("up", ONE, {}),
        ("down", TWO, {}),
        ("copy", WHO, {}),
        ("remove", TWO, {}),
        ("into", ONE, {"target": WHO}),
        ("add", WHO, {}),
    ],
)
def test_every_button_of_a_row_is_taken_back_to_the_very_text(
    editing: Client, draft: Change, op: str, pointer: str, more: dict[str, str]
) -> None:
    assert press(editing, draft, op, pointer, **more).status_code == 303
    after = stored(draft)
    assert after != TEXT
    editing.post(url(draft, "reply_ops"), {"op": "undo"})
    assert stored(draft) == TEXT
    editing.post(url(draft, "reply_ops"), {"op": "redo"})
    assert stored(draft) == after


def test_a_format_without_fields_is_built_by_the_form(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    empty = contract.parse('{"type":"json_schema","json_schema":{"name":"r","schema":null}}')
    change = builders.make_change(workspace, alice, response_format=empty, name="N")
    assert "No fields yet" in editing.get(url(change)).content.decode()
    press_add = {"op": f"add:{pointers.fingerprint(None)}:"}
    assert editing.post(url(change, "reply_ops"), press_add).status_code == 303
    assert row(editing, change, "/properties/new_field", name="city").status_code == 303
    assert list(schema_of(change)["properties"]) == ["city"]
    for _ in range(2):
        editing.post(url(change, "reply_ops"), {"op": "undo"})
    assert stored(change) == contract.dumps(empty)


def test_switching_kinds_and_back_loses_nothing_and_undo_still_leads_back(
    editing: Client, draft: Change
) -> None:
    row(editing, draft, ONE, desc="What it is.")
    after = stored(draft)
    choose(editing, draft, kind="auto")
    assert held(draft) == "auto"
    assert editing.get(url(draft)).status_code == 302
    gone = editing.post(url(draft, "reply_ops"), {"op": "undo"}, headers=HTMX)
    assert (gone.status_code, gone["HX-Retarget"]) == (409, "#merge")
    choose(editing, draft, kind="json_schema")
    assert stored(draft) == after
    editing.post(url(draft, "reply_ops"), {"op": "undo"})
    assert stored(draft) == TEXT


def test_an_edit_of_another_row_is_no_conflict_and_one_of_the_same_is(
    editing: Client, draft: Change
) -> None:
    sight = seen(draft, ONE)
    row(editing, draft, TWO, desc="A number.")
    assert editing.post(url(draft, "reply_ops"), {"op": f"copy:{sight}:{ONE}"}).status_code == 303
    row(editing, draft, ONE, desc="Changed by somebody.")
    mine = {"op": "set", "ptr": ONE, "fp": sight, "desc": "Mine"}
    stale = editing.post(url(draft, "reply_ops"), mine, headers=HTMX)
    assert (stale.status_code, stale["HX-Retarget"]) == (409, "#merge")
    assert "Changed by somebody." in stale.content.decode()


def test_a_name_that_is_taken_is_said_at_the_name(editing: Client, draft: Change) -> None:
    response = row(editing, draft, ONE, name="who")
    assert response.status_code == 422
    form = next(one.form for one in response.context["shown"].rows if one.form)
    assert "already called that" in form.errors["name"][0]
    assert stored(draft) == TEXT


def test_exact_mode_and_fix_all_are_one_step_each(editing: Client, draft: Change) -> None:
    sent = {"strict": "on", "basics": pointers.fingerprint(None)}
    assert editing.post(url(draft), sent).status_code == 303
    assert held(draft)["json_schema"]["strict"] is True
    assert editing.post(url(draft), {"basics": pointers.fingerprint(None)}).status_code == 409
    before = stored(draft)
    shown = editing.get(url(draft)).content.decode()
    assert "Extra fields are not ruled out (2 places)" in shown
    assert "This would change" in editing.get(url(draft, "reply_fix")).content.decode()
    fix = {"rule": "all", "fp": tool_keys.fingerprint(held(draft))}
    assert "What changed" in editing.post(url(draft, "reply_fix"), fix).content.decode()
    assert schema_of(draft)["additionalProperties"] is False
    assert schema_of(draft)["required"] == ["2", "1", "who", "any"]
    editing.post(url(draft, "reply_ops"), {"op": "undo"})
    assert stored(draft) == before
    again = editing.post(url(draft, "reply_fix"), {"rule": "all", "fp": "old"}, headers=HTMX)
    assert again.status_code == 409


def test_the_json_side_saves_refuses_and_tells_of_another_save(
    editing: Client, draft: Change
) -> None:
    at = url(draft, "reply_json")
    seen_first = tool_keys.fingerprint(schema_of(draft))
    bad = editing.post(at, {"fingerprint": seen_first, "fields_json": '{\n"type" 1}'})
    assert bad.status_code == 422
    assert "line 2" in bad.context["form"].errors["fields_json"][0]
    assert "&quot;type&quot; 1" in bad.content.decode()
    good = {"fingerprint": seen_first, "fields_json": '{"type":"object","properties":{}}'}
    assert editing.post(at, good).status_code == 303
    assert contract.dumps(schema_of(draft)) == '{"type":"object","properties":{}}'
    stale = editing.post(at, good | {"fields_json": '{"type":"object"}'})
    assert stale.status_code == 409
    assert "Keep mine" in stale.content.decode()
    editing.post(url(draft, "reply_ops"), {"op": "undo"})
    assert stored(draft) == TEXT


@pytest.mark.parametrize(
    "text",
    ["[" * 65 + "]" * 65, "[" * 100_000, '{"a":' + "9" * 5000 + "}", '{"a":1,"a":2}', "true", ""],
)
def test_bad_json_is_a_sentence_and_never_an_error_of_ours(
    editing: Client, draft: Change, text: str
) -> None:
    sent = {"fingerprint": tool_keys.fingerprint(schema_of(draft)), "fields_json": text}
    assert editing.post(url(draft, "reply_json"), sent).status_code == 422
    assert row(editing, draft, ANY, json=text).status_code in (303, 422)
    assert editing.get(url(draft)).status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "null",
        '"auto"',
        '{"type":"text"}',
        '{"type":"json_schema"}',
        '{"type":"json_schema","json_schema":[]}',
        '{"type":"json_schema","json_schema":{"name":"r","schema":true}}',
    ],
)
def test_what_rows_cannot_show_leads_to_the_card(
    editing: Client, workspace: Workspace, alice: User, value: str
) -> None:
    change = builders.make_change(workspace, alice, response_format=contract.parse(value), name="N")
    for name in PAGES:
        assert editing.get(url(change, name))["Location"].endswith("#form-reply")
        assert editing.post(url(change, name)).status_code == 409
    assert stored(change) == value


def test_a_text_that_cannot_be_read_yet_is_not_saved_over(editing: Client, draft: Change) -> None:
    choose(editing, draft, schema='{"half')
    assert editing.get(url(draft)).status_code == 302
    assert editing.post(url(draft, "reply_ops"), {"op": "undo"}).status_code == 409
    assert "half" in (Change.objects.get(pk=draft.pk).unread or {})["response_format"]


def test_in_review_only_a_button_saves(editing: Client, draft: Change) -> None:
    Change.objects.filter(pk=draft.pk).update(state=Change.State.IN_REVIEW)
    text = editing.get(url(draft), {"edit": ONE}).content.decode()
    assert 'hx-trigger="submit"' in text
    assert 'hx-trigger="change' not in text
    assert "Save and review again" in text


@pytest.mark.parametrize("name", [*PAGES, "reply_ops"])
def test_strangers_and_viewers_do_not_edit(
    client: Client, workspace: Workspace, draft: Change, carol: User, name: str
) -> None:
    assert client.post(url(draft, name)).status_code == 302
    client.force_login(carol)
    assert client.post(url(draft, name)).status_code == 404
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.post(url(draft, name)).status_code == 403
    assert client.put(url(draft, name)).status_code == 405


def test_thirty_fields_ask_no_more_of_the_database_than_three(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    counts = []
    for n in (3, 30):
        fields = {f"f{i}": {"type": "string"} for i in range(n)}
        inner = {"name": "r", "schema": {"type": "object", "properties": fields}}
        value = {"type": "json_schema", "json_schema": inner}
        change = builders.make_change(workspace, alice, response_format=value, name=f"N{n}")
        editing.get(url(change))
        with CaptureQueriesContext(connection) as asked:
            editing.get(url(change), {"edit": "/properties/f0"})
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_any_schema_survives_every_operation_and_its_undo(
    workspace: Workspace, alice: User
) -> None:
    change = builders.make_change(workspace, alice, response_format=contract.parse(TEXT), name="N")
    actor, host, done = builders.acting(alice), building.ReplyHost(), set()
    for seed, name in enumerate([*OWNS, *OWNS, *OWNS]):
        inner = f'{{"schema":{schemas.text(seed)},"a":null,"name":"r"}}'
        text = f'{{"n":1.0,"json_schema":{inner},"type":"json_schema"}}'
        change = host.store(change, actor=actor, holder=contract.parse(text))
        chance = random.Random(seed)
        found = rows.rows(schema_of(change))
        for one in chance.sample(found, min(len(found), 4)):

            def operation(schema: Any, _path: Any, one: Any = one, name: str = name) -> Any:
                return OWNS[name][0](schema, one, random.Random(1))

            sight = {"pointer": one.pointer, "fingerprint": one.fingerprint, "said": name}
            try:
                edited = building.edit(change, actor=actor, host=host, operation=operation, **sight)
            except (tree.Refused, pointers.Nowhere, KeyError):
                continue
            if edited.is_new:
                done.add(name)
                change = building.undo(edited.change, actor=actor, host=host).change
            assert stored(change) == text, name
    assert done == set(OWNS)

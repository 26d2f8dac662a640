"""The function editor: basics, rows, operations by pointer, fixes, a sample call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.forms.functions import basics
from assistants_app.models import AuditEntry, Change
from assistants_app.schema import pointers
from assistants_app.schema.rows import row_id, rows
from tests import builders
from tests.bench.contract_bench import document

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import User, Workspace

pytestmark = pytest.mark.django_db
TEXT = """{"type":"function","function":{"name":"request_refund","x-own":1.50,"description":"Open a
refund.","parameters":{"type":"object","properties":{"order_id":{"type":"string","x-kept":[1e3]},
"reason":{"type":"string","enum":["damaged","late"],"description":"Why"},"items":{"type":"array",
"items":{"type":"object","properties":{"sku":{"type":"string"},"2":{"type":"integer","minimum":1.0}
},"required":["sku"]}},"window":{"oneOf":[{"type":"string"},{"type":"integer"}]}},"required":
["order_id","reason"]}}}""".replace("\n", " ")
ORDER, REASON, WINDOW = "/properties/order_id", "/properties/reason", "/properties/window"
ITEMS = "/properties/items"


@pytest.fixture
def draft(workspace: Workspace, alice: User) -> Change:
    other = {"type": "function", "function": {"name": "get_order"}}
    return builders.make_change(workspace, alice, tools=[contract.parse(TEXT), other])


def tool_of(change: Change) -> Any:
    return tools.rows(Change.objects.get(pk=change.pk))[0].tool


def schema_of(change: Change) -> Any:
    return tool_of(change)["function"]["parameters"]


def where(change: Change, name: str = "tool") -> str:
    return reverse(name, args=[change.pk, tools.rows(change)[0].key])


def node(change: Change, pointer: str) -> Any:
    schema = schema_of(change)
    return pointers.at(schema, pointers.resolve(schema, pointer))


def seen(change: Change, pointer: str) -> str:
    return pointers.fingerprint(node(change, pointer))


def press(client: Client, change: Change, op: str, pointer: str, **more: str) -> HttpResponse:
    """A button of a row."""
    data = {"op": f"{op}:{seen(change, pointer)}:{pointer}"} | more
    return client.post(where(change, "tool_ops"), data)


def row(client: Client, change: Change, pointer: str, **fields: str) -> HttpResponse:
    """The form of a row, with every field as it is but those given."""
    text = client.get(where(change), {"edit": pointer})
    form = next(r.form for r in text.context["shown"].rows if r.form)
    held = {b.name: b.value() for b in form}
    data = {k: str(v) for k, v in held.items() if not isinstance(v, bool)}
    data |= {k: "on" for k, v in held.items() if v is True}
    data |= {f"{bound.name}-shown": "1" for bound in form.flags}
    data |= {"op": "set", "ptr": pointer, "fp": seen(change, pointer), "rid": form.rid}
    data |= fields
    return client.post(where(change, "tool_ops"), {k: v for k, v in data.items() if v != "off"})


def test_the_page_shows_the_function_as_rows(editing: Client, draft: Change) -> None:
    text = editing.get(where(draft)).content.decode()
    for word in ("order_id", "reason", "sku", "List of groups", "Advanced", "Extra rule kept"):
        assert word in text
    assert "5 inputs" in text or "6 inputs" in text


def test_the_page_stands_under_assistants_and_its_name_follows(
    editing: Client, draft: Change
) -> None:
    page = editing.get(where(draft))
    assert [item.label for item in page.context["shell"].nav if item.current] == ["Assistants"]
    data = {"basics": basics(tool_of(draft)), "name": "refund"}
    saved = editing.post(where(draft), data, headers={"hx-request": "true"}).content.decode()
    assert '<div id="crumb" hx-swap-oob="innerHTML">refund' in saved


def test_what_no_row_stands_for_is_named_above_the_rows(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    held = {"type": "object", "properties": {"a": {"type": "string"}}}
    more = {"patternProperties": {"^x": {}}, "$defs": {}, "additionalProperties": False}
    function = {"name": "f", "parameters": held | more}
    tool = {"type": "function", "function": function}
    change = builders.make_change(workspace, alice, tools=[tool])
    text = editing.get(where(change)).content.decode()
    said = text.split('id="input-count"')[1].split('id="history"')[0]
    assert "No other inputs allowed" in said
    assert "Extra rule kept" in said
    assert ">patternProperties</span>" in said
    bare = [{"type": "function", "function": function | {"parameters": held}}]
    change = builders.make_change(workspace, alice, tools=bare)
    text = editing.get(where(change)).content.decode()
    assert "Extra rule kept" not in text
    assert "No other inputs allowed" not in text.split('id="history"')[0]


def test_an_open_group_offers_to_add_to_it(editing: Client, draft: Change) -> None:
    page = editing.get(where(draft), {"edit": ITEMS})
    one = next(row for row in page.context["shown"].rows if row.form)
    assert f'id="f-{one.rid}-add"' in page.content.decode()
    assert "Add an input to it" in page.content.decode()
    editing.post(where(draft, "tool_ops"), {"op": one.add})
    assert "new_input" in node(draft, ITEMS)["items"]["properties"]


def test_opening_each_row_and_saving_it_as_it_is_changes_nothing(
    editing: Client, draft: Change
) -> None:
    entries = AuditEntry.objects.count()
    for pointer in (ORDER, REASON, ITEMS, WINDOW, f"{ITEMS}/items/properties/2"):
        assert row(editing, draft, pointer).status_code == 303
    assert contract.dumps(tool_of(draft)) == contract.dumps(contract.parse(TEXT))
    assert AuditEntry.objects.count() == entries


def test_a_function_with_three_inputs_is_built_by_the_form(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    fresh = {"type": "function", "function": {"name": "get_weather"}}
    change = builders.make_change(workspace, alice, tools=[fresh])
    url = where(change, "tool_ops")
    for number, (name, kind) in enumerate(
        [("city", "text"), ("days", "integer"), ("unit", "choice")]
    ):
        none = (
            pointers.fingerprint(schema_of(change) if number else None)
            if number
            else pointers.fingerprint(None)
        )
        assert editing.post(url, {"op": f"add:{none}:"}).status_code == 303
        assert (
            row(editing, change, "/properties/new_input", name=name, kind=kind).status_code == 303
        )
    assert row(editing, change, "/properties/unit", values="c\nf", required="on").status_code == 303
    assert contract.dumps(schema_of(change)) == (
        '{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},'
        '"unit":{"type":"string","enum":["c","f"]}},"required":["unit"]}'
    )


# --- the buttons of a row, undo, fixes ----------------------------------------------------------


def test_a_new_function_that_is_followed_exactly_has_nothing_to_fix(
    editing: Client, draft: Change
) -> None:
    editing.post(reverse("tool_list", args=[draft.pk]), {"do": "add"})
    new = tools.rows(Change.objects.get(pk=draft.pk))[-1]
    where_, ops = (reverse(name, args=[draft.pk, new.key]) for name in ("tool", "tool_ops"))
    data = {"basics": basics(new.tool), "name": "book_table", "strict": "on"}
    assert editing.post(where_, data).status_code == 303
    for _n in range(2):
        shown = editing.get(where_).context["shown"]
        assert editing.post(ops, {"op": f"add:{shown.group}"}).status_code == 303
    checks = editing.get(where_).context["checks"]
    assert [line.level for line in checks.lines] == ["hint"] * 2  # no explanation yet


@pytest.mark.parametrize(
    ("op", "pointer", "more"),
    [
        ("up", REASON, {}),
        ("down", ORDER, {}),
        ("copy", REASON, {}),
        ("remove", ITEMS, {}),
        ("into", ORDER, {"target": f"{ITEMS}/items"}),
        ("add", f"{ITEMS}/items", {}),
    ],
)
def test_every_button_of_a_row_is_taken_back_to_the_very_text(
    editing: Client, draft: Change, op: str, pointer: str, more: dict[str, str]
) -> None:
    before = contract.dumps(tool_of(draft))
    assert press(editing, draft, op, pointer, **more).status_code == 303
    after = contract.dumps(tool_of(draft))
    assert after != before
    editing.post(where(draft, "tool_ops"), {"op": "undo"})
    assert contract.dumps(tool_of(draft)) == before
    editing.post(where(draft, "tool_ops"), {"op": "redo"})
    assert contract.dumps(tool_of(draft)) == after


def test_an_edit_of_another_row_is_no_conflict_and_one_of_the_same_is(
    editing: Client, draft: Change
) -> None:
    sight = seen(draft, REASON)
    row(editing, draft, ORDER, desc="The number of the order.")
    url = where(draft, "tool_ops")
    assert editing.post(url, {"op": f"copy:{sight}:{REASON}"}).status_code == 303
    row(editing, draft, REASON, desc="Changed by somebody.")
    stale = editing.post(
        url,
        {"op": "set", "ptr": REASON, "fp": sight, "desc": "Mine"},
        headers={"HX-Request": "true"},
    )
    assert (stale.status_code, stale["HX-Retarget"]) == (409, "#merge")
    assert "Changed by somebody." in stale.content.decode()


def test_a_name_that_is_taken_is_said_at_the_name(editing: Client, draft: Change) -> None:
    response = row(editing, draft, REASON, name="order_id")
    assert response.status_code == 422
    form = next(r.form for r in response.context["shown"].rows if r.form)
    assert "already called that" in form.errors["name"][0]
    assert 'value="order_id"' in response.content.decode()


def test_another_kind_asks_before_something_goes(editing: Client, draft: Change) -> None:
    asked = row(editing, draft, REASON, kind="text")
    assert asked.status_code == 200
    assert "damaged" in asked.content.decode()
    assert node(draft, REASON)["enum"] == ["damaged", "late"]
    row(editing, draft, REASON, kind="text", sure="1")
    assert node(draft, REASON) == {"type": "string", "description": "Why"}


def test_advanced_json_keeps_its_text_and_says_the_line(editing: Client, draft: Change) -> None:
    response = row(editing, draft, WINDOW, json='{\n"type" "string"}')
    assert response.status_code == 422
    text = response.content.decode()
    assert "line 2" in text
    assert "&quot;type&quot; &quot;string&quot;" in text
    assert row(editing, draft, WINDOW, json='{"type":"string"}').status_code == 303
    assert node(draft, WINDOW) == {"type": "string"}


def test_a_sample_call_is_judged_and_nothing_is_kept(editing: Client, draft: Change) -> None:
    url, entries = where(draft, "tool_try"), AuditEntry.objects.count()
    good = editing.post(url, {"sample": '{"order_id":"1","reason":"late"}'})
    assert "would be accepted" in good.content.decode()
    bad = editing.post(url, {"sample": '{"order_id":1,"reason":"late"}'})
    assert bad.context["tried"]["reasons"] == ["order_id: Must be text."]
    bad = editing.post(url, {"sample": '{"order_id":"1","reason":"late","items":[{"sku":5}]}'})
    assert bad.context["tried"]["reasons"] == ["items, entry 1, sku: Must be text."]
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize(
    "text",
    [
        "[" * 65 + "]" * 65,
        "[" * 100_000,
        '{"a":' + "9" * 5000 + "}",
        '{"a":1,"a":2}',
        '{"a":"' + "x" * 1_048_577 + '"}',
    ],
)
def test_bad_json_of_a_row_is_a_sentence_and_never_an_error_of_ours(
    editing: Client, draft: Change, text: str
) -> None:
    before = contract.dumps(tool_of(draft))
    response = row(editing, draft, WINDOW, json=text)
    assert response.status_code in (303, 422)
    if response.status_code == 422:
        assert contract.dumps(tool_of(draft)) == before
    assert editing.get(where(draft)).status_code == 200
    assert editing.post(where(draft, "tool_try"), {"sample": text}).status_code == 200


def test_a_refusal_of_the_server_leads_to_the_row(editing: Client, draft: Change) -> None:
    open_url = reverse("change_open", args=[draft.assistant_id])
    param = "tools[0].function.parameters.properties.reason.enum"
    response = editing.post(open_url, {"param": param})
    assert response.status_code == 303
    assert response["Location"].startswith(f"{where(draft)}?edit=%2Fproperties%2Freason")


def test_strangers_and_viewers_do_not_edit(
    client: Client, draft: Change, carol: User, bob: User
) -> None:
    for name in ("tool_ops", "tool_fix", "tool_try"):
        url = where(draft, name)
        assert client.post(url).status_code == 302
        assert client.get(where(draft, "tool_ops")).status_code == 405
    client.force_login(carol)
    assert client.post(where(draft, "tool_ops"), {"op": "undo"}).status_code == 404


def test_what_is_not_sent_is_not_touched(editing: Client, draft: Change) -> None:
    data = {"op": "set", "ptr": ORDER, "fp": seen(draft, ORDER), "desc": "The number."}
    assert editing.post(where(draft, "tool_ops"), data).status_code == 303
    text = '{"type":"string","description":"The number.","x-kept":[1e3]}'
    assert contract.dumps(node(draft, ORDER)) == text


# --- undo and the open row ------------------------------------------------------------------------
def undone(client: Client, change: Change, opened: str, op: str = "undo") -> Any:
    headers = {"HX-Request": "true", "HX-Target": "params"}
    data = {"op": op, "open": opened}
    return client.post(where(change, "tool_ops"), data, headers=headers).context["shown"].open


def test_undo_leaves_the_open_row_open_under_whatever_name(editing: Client, draft: Change) -> None:
    page = editing.get(where(draft), {"edit": REASON}).content.decode()
    assert page.count(f'name="open" value="{REASON}"') == 1
    row(editing, draft, REASON, desc="Because")
    assert undone(editing, draft, REASON) == ("properties", "reason")
    row(editing, draft, REASON, name="cause")
    assert undone(editing, draft, "/properties/cause") == ("properties", "reason")
    assert undone(editing, draft, REASON, "redo") == ("properties", "cause")
    press(editing, draft, "remove", "/properties/cause")
    assert undone(editing, draft, "") is None


def test_a_row_operation_on_a_deep_function_is_light(
    editing: Client, workspace: Workspace, alice: User
) -> None:
    deep = document(3, 5)["tools"]
    change = builders.make_change(workspace, alice, name="Deep", tools=deep)
    headers = {"HX-Request": "true"}
    first = rows(schema_of(change))[0]
    data = {"op": "set", "ptr": first.pointer, "fp": first.fingerprint, "desc": "New"}
    response = editing.post(where(change, "tool_ops"), data, headers=headers)
    assert response.status_code == 200
    assert len(response.content) <= 10_000
    node = contract.parse(contract.dumps(schema_of(Change.objects.get(pk=change.pk))))
    fresh = rows(node)[0]
    assert f"into:{fresh.fingerprint}:{fresh.pointer}" in response.content.decode()  # Move is fresh


# --- what somebody else did meanwhile -------------------------------------------------------------
@pytest.mark.parametrize("htmx", [False, True])
def test_a_row_that_somebody_changed_is_not_removed_unseen(
    editing: Client, draft: Change, *, htmx: bool
) -> None:
    old = seen(draft, REASON)
    row(editing, draft, REASON, desc="Because of what they wrote")
    headers = {"HX-Request": "true", "HX-Target": "params"} if htmx else {}
    url, data = where(draft, "tool_ops"), {"op": f"remove:{old}:{REASON}"}
    answer = editing.post(url, data, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone saved a newer text of this" in text
    assert "Because of what they wrote" in text
    assert "Remove reason all the same" in text
    assert "reason" in schema_of(draft)["properties"]
    editing.post(url, {"op": f"remove:{seen(draft, REASON)}:{REASON}"})
    gone = editing.post(url, data, headers=headers)
    assert gone.status_code == 409
    assert "Someone took this out meanwhile" in gone.content.decode()
    assert "all the same" not in gone.content.decode()


@pytest.mark.parametrize("node", ["1.50", "0", "null", '"text"', "[1]", "true", "{}", "[]"])
def test_what_is_no_schema_is_a_row_that_is_edited_as_json(
    editing: Client, workspace: Workspace, alice: User, node: str
) -> None:
    schema = contract.parse(f'{{"properties":{{"a":{node}}}}}')
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    change = builders.make_change(workspace, alice, name="Odd", tools=[tool])
    page = editing.get(where(change), {"edit": "/properties/a"})
    assert page.status_code == 200
    assert "Edit as JSON" in page.content.decode() or node in ("true", "{}")
    row(editing, change, "/properties/a", json='{"type":"string"}', kind="advanced")
    assert schema_of(change) == {"properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize("strict", [False, True])
def test_a_reference_to_a_shape_that_is_called_otherwise_now_is_told_once(
    editing: Client, workspace: Workspace, alice: User, *, strict: bool
) -> None:
    text = """{"type":"object","properties":{"a":{"$ref":"#/$defs/old"},"b":{"$ref":"#/$defs/new"}
    },"required":["a","b"],"additionalProperties":false,"$defs":{"new":{"type":"string"}}}"""
    function = {"name": "f", "strict": strict, "parameters": contract.parse(text)}
    tool = {"type": "function", "function": function}
    change = builders.make_change(workspace, alice, name="Odd", tools=[tool])
    lines = editing.get(where(change)).context["checks"].lines
    told = [line for line in lines if "nothing" in line.text and line.level != "hint"]
    assert [
        line.url.endswith("?edit=%2Fproperties%2Fa#p-" + row_id("/properties/a")) for line in told
    ] == [True]

"""A new assistant: by hand, or pasted as the API has it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.models import Assistant, AuditEntry, Change
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

URL = "/assistants/new/"
JSON = f"{URL}?from=json"
# The Math Tutor of "Create assistant reference", as the server answers it.
TUTOR = """{
  "id": "asst_abc123",
  "object": "assistant",
  "created_at": 1698984975,
  "name": "Math Tutor",
  "description": null,
  "model": "gpt-4o",
  "instructions": "You are a personal math tutor.",
  "tools": [{"type": "code_interpreter"}],
  "metadata": {},
  "top_p": 1.0,
  "temperature": 0.30,
  "response_format": "auto"
}"""


OLD = [(name, "gpt-4-0613") for name in "DEF"]  # more of them, but it is switched off


def typed(**fields: str) -> dict[str, str]:
    usual = {"workspace": "customer-care", "model": "gpt-4o", "form_id": str(uuid.uuid4())}
    return usual | fields


def test_the_essentials_make_a_change(editing: Client, workspace: Workspace) -> None:
    assert editing.get(URL).status_code == 200
    data = typed(name="Helper", instructions="Be kind.\r\nBe brief.")
    response = editing.post(URL, data)
    change = Change.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("change", args=[change.pk])
    assert change.document() == {
        "model": "gpt-4o",
        "name": "Helper",
        "instructions": "Be kind.\nBe brief.",
    }
    assert change.assistant.workspace == workspace
    assert change.assistant.live_version is None
    assert AuditEntry.objects.filter(action="change.opened").count() == 1


def test_the_model_that_most_assistants_use_is_filled_in(
    editing: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    said = "Most assistants here use this one."
    assert said not in editing.get(URL).content.decode()
    for name, model in (("A", "gpt-5.2"), ("B", "gpt-5.2"), ("C", "gpt-5.4"), *OLD):
        builders.make_assistant(workspace, author=alice, reviewer=bob, name=name, model=model)
    page = editing.get(URL)
    assert page.context["form"]["model"].value() == "gpt-5.2"
    assert said in page.content.decode()


def test_blanks_and_line_breaks_at_the_ends_are_kept(editing: Client) -> None:
    editing.post(URL, typed(instructions="\r\n  two blanks  \r\n"))
    assert Change.objects.get().instructions == "\n  two blanks  \n"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"model": ""}, "model", "Choose a model."),
        ({"model": "   "}, "model", "Choose a model."),
        ({"model": "m" * 257}, "model", "257 characters; the limit is 256."),
        ({"name": "n" * 257}, "name", "257 characters; the limit is 256."),
        ({"name": "a\0b"}, "name", "Contains a NUL character at position 2."),
        (
            {"instructions": "i" * 256_001},
            "instructions",
            "256,001 characters; the limit is 256,000.",
        ),
        (
            {"instructions": "a\r\nb\0"},
            "instructions",
            "Contains a NUL character at position 4.",
        ),
    ],
)
def test_a_fault_lands_on_its_field_and_nothing_is_lost(
    editing: Client, fields: dict[str, str], field: str, message: str
) -> None:
    response = editing.post(URL, typed(name="Kept") | fields)
    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors == {field: [message]}
    assert form[field].value() == fields[field]
    assert not Assistant.objects.exists()


def test_256_000_emoji_are_accepted(editing: Client) -> None:
    text = "\U0001f600" * 256_000
    assert editing.post(URL, typed(instructions=text)).status_code == 303
    assert Change.objects.get().instructions == text


def test_the_same_form_twice_acts_once(editing: Client) -> None:
    data = typed(name="Once")
    first, second = editing.post(URL, data), editing.post(URL, data)
    assert first.headers["Location"] == second.headers["Location"]
    assert Assistant.objects.count() == 1


def test_a_used_form_with_another_text_asks_once_more(editing: Client) -> None:
    data = typed(name="One")
    editing.post(URL, data)
    again = editing.post(URL, data | {"name": "Two"})
    assert again.status_code == 409
    assert again.context["form"]["name"].value() == "Two"
    assert Assistant.objects.count() == 1
    fresh = str(again.context["form"].initial["form_id"])
    assert fresh != data["form_id"]
    assert editing.post(URL, data | {"name": "Two", "form_id": fresh}).status_code == 303
    assert Assistant.objects.count() == 2


def test_an_api_object_is_taken_as_it_is(editing: Client) -> None:
    response = editing.post(JSON, typed(text=TUTOR), follow=True)
    change = Change.objects.get()
    assert response.redirect_chain[0][1] == 303
    assert "Left out, since it belongs to the server it came from" in response.content.decode()
    assert "id, object, created_at" in response.content.decode()
    expected = contract.read(contract.parse(TUTOR), contract.KEPT_HERE).document
    assert contract.canonical(change.document()) == contract.canonical(expected)
    assert '"temperature":0.30' in contract.canonical(change.document())


def test_the_mark_of_another_dashboard_is_left_out_of_an_answer(editing: Client) -> None:
    text = '{"id": "asst_1", "model": "m", "metadata": {"_dash": "x:1:y", "team": "care"}}'
    response = editing.post(JSON, typed(text=text), follow=True)
    assert "id, metadata._dash" in response.content.decode()
    assert Change.objects.get().metadata == {"team": "care"}


def test_a_byte_order_mark_is_dropped_and_said(editing: Client) -> None:
    response = editing.post(JSON, typed(text='\ufeff{"model": "m"}'), follow=True)
    assert "Left out: the byte order mark at the start." in response.content.decode()
    assert Change.objects.get().document() == {"model": "m"}


def test_the_first_generation_is_offered_the_present_form(editing: Client) -> None:
    text = '{"model": "m",\n"file_ids": ["file_1"]}'
    response = editing.post(JSON, typed(text=text))
    assert response.context["form"].errors["text"] == [
        'Line 2, file_ids: Unknown field "file_ids". '
        'Today: {"tool_resources":{"code_interpreter":{"file_ids":["file_1"]}}}'
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Paste the text of an assistant."),
        ("{", "Not valid JSON at line 1, column 2. A name in double quotes is missing"),
        (
            '{"model": "m",\r\n "name" "x"}',
            "Not valid JSON at line 2, column 9. A colon is missing.",
        ),
        ('{"model": "m", "model": "n"}', 'Line 1, column 16: "model" appears more than once.'),
        ("[]", "Must be an object."),
        (
            '{"model": "m", "metadata": {"_dash": "x"}}',
            'Line 1, metadata._dash: "_dash" is reserved for this dashboard.',
        ),
        ("{}", "model: Required."),
        (
            '{"model": "m",\n "modle": 1}',
            'Line 2, modle: Unknown field "modle". Did you mean "model"?',
        ),
        (
            '{"model": "m", "tools": [\n{"type": "function",\n"function": {"name": "a b"}}]}',
            "Line 3, a b, Function name: Only a-z, A-Z, 0-9, _ and - are allowed.",
        ),
        ('{"model": "m", "temperature": "1"}', "temperature: Must be a number."),
        ('{"model": "m", "name": "a\\u0000"}', "Contains a NUL character at position 2."),
        ("[" * 100_000, "Nested more than 64 levels."),
    ],
)
def test_a_fault_of_the_pasted_text_is_placed(editing: Client, text: str, message: str) -> None:
    response = editing.post(JSON, typed(text=text))
    assert response.status_code == 422
    assert any(message in error for error in response.context["form"].errors["text"])
    assert response.context["form"]["text"].value() == text
    assert not Assistant.objects.exists()


def test_a_viewer_cannot(client: Client, workspace: Workspace) -> None:
    viewer = builders.make_person("vera")
    builders.make_member(workspace, viewer, "viewer")
    client.force_login(viewer)
    assert client.get(URL).status_code == 403
    assert client.post(URL, typed()).status_code == 403
    assert not Assistant.objects.exists()


def test_a_foreign_workspace_does_not_exist(client: Client, carol: User, alice: User) -> None:
    client.force_login(carol)
    assert client.get(URL).status_code == 404
    builders.make_member(builders.make_workspace("Elsewhere"), carol, "editor")
    assert client.get(f"{URL}?workspace=customer-care").status_code == 404
    response = client.post(URL, typed(workspace="customer-care"))
    assert response.status_code == 422
    assert "workspace" in response.context["form"].errors
    assert not Assistant.objects.exists()


def test_signed_out_and_wrong_methods(client: Client, alice: User) -> None:
    assert client.get(URL).headers["Location"].startswith(reverse("account_login"))
    client.force_login(alice)
    assert client.put(URL).status_code == 405


def test_the_workspace_is_asked_for_where_there_is_a_choice(
    client: Client, alice: User, workspace: Workspace
) -> None:
    def field() -> Any:
        return client.get(URL).context["form"]["workspace"]

    client.force_login(alice)
    assert field().is_hidden
    builders.make_member(builders.make_workspace("Finance"), alice, "editor")
    builders.make_member(builders.make_workspace("Only reading"), alice, "viewer")
    assert [slug for slug, _ in field().field.choices] == ["customer-care", "finance"]
    editing_elsewhere = client.post(URL, typed(workspace="finance", name="There"))
    assert editing_elsewhere.status_code == 303
    assert Assistant.objects.get().workspace.slug == "finance"

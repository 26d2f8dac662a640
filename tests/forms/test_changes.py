"""The parts of a Change as forms: what is stored, what stays as typed, what is said where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import changes
from assistants_app.forms.changes import PART_OF, PARTS
from assistants_app.models import Assistant, Change
from tests import builders

if TYPE_CHECKING:
    from assistants_app.forms.parts import PartForm
    from assistants_app.models import User, Workspace


@pytest.fixture
def change(workspace: Workspace, alice: User) -> Change:
    made = builders.make_change(
        workspace,
        alice,
        name="Two\nlines",
        description="",
        instructions="a\r\nb\r\n",
        temperature=contract.parse("0.40"),
        reasoning_effort="ultra",
        tools=contract.parse('[{"type": "x", "b": 1.50, "a": 2}]'),
        tool_resources={"file_search": {"vector_store_ids": []}},
        response_format="auto",
        metadata={"team": "care", "_dash": "op:1:abc"},
    )
    # The mark came with the live assistant, from another dashboard that pushes here.
    Assistant.objects.filter(pk=made.assistant_id).update(metadata=made.metadata)
    return Change.objects.get(pk=made.pk)


def crlf(text: str) -> str:
    """Every line end as a text area sends it."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def sent(form: PartForm, **typed: str) -> PartForm:
    """The form as a browser sends it back, some boxes changed."""
    held = {name: crlf(text) for name, text in form.held(form.change).items()}
    return type(form)(held | typed, change=form.change)


def save(change: Change, alice: User, form: PartForm) -> Change:
    return changes.edit(change, actor=builders.acting(alice), lock=change.lock, **form.edits())


def test_every_field_of_the_document_has_its_box() -> None:
    assert set(PART_OF) == {*contract.FIELDS, "title", "why"}


@pytest.mark.parametrize("slug", PARTS)
def test_saving_what_is_shown_changes_nothing(change: Change, alice: User, slug: str) -> None:
    before, lock = contract.dumps(change.document()), change.lock
    form = sent(PARTS[slug](change=change))
    now = save(change, alice, form)
    assert form.is_valid(), form.errors
    assert contract.dumps(now.document()) == before
    assert now.lock == lock


def test_a_line_break_in_a_name_gets_a_box_that_keeps_it(change: Change) -> None:
    form = PARTS["basics"](change=change)
    assert "<textarea" in str(form["name"])
    assert "<input" in str(PARTS["about"](change=change)["title"])


def test_an_effort_that_we_do_not_know_stays_chosen(change: Change) -> None:
    form = PARTS["model"](change=change)
    assert '<option value="ultra" selected>' in str(form["reasoning_effort"])


def test_what_cannot_be_read_stays_as_typed(change: Change, alice: User) -> None:
    form = sent(PARTS["abilities"](change=change), tools='[{"type" 1}]')
    assert not form.is_valid()
    now = save(change, alice, form)
    assert now.unread == {"tools": '[{"type" 1}]'}
    assert now.tools == change.tools
    again = PARTS["abilities"](change=now)
    assert again["tools"].value() == '[{"type" 1}]'
    assert again.errors["tools"] == ["Not valid JSON at line 1, column 10. A colon is missing."]
    mended = save(now, alice, sent(again, tools="[]"))
    assert mended.unread is None
    assert mended.tools == []


def test_a_draft_holds_what_breaks_a_limit(change: Change, alice: User) -> None:
    form = sent(PARTS["instructions"](change=change), instructions="x" * 256_001)
    now = save(change, alice, form)
    form.note(changes.problems(now))
    assert len(now.instructions or "") == 256_001
    assert form.errors["instructions"] == ["256,001 characters; the limit is 256,000."]


def test_nul_is_refused_with_its_place(change: Change) -> None:
    form = sent(PARTS["basics"](change=change), name="ab\0")
    assert form.is_refused
    assert form.errors["name"] == ["Contains a NUL character at position 3."]
    assert "name" not in form.values
    assert "name" not in form.unread


@pytest.mark.parametrize(
    ("slug", "typed", "field", "message"),
    [
        ("basics", {"name": "n" * 257}, "name", "257 characters; the limit is 256."),
        ("basics", {"description": "d" * 513}, "description", "513 characters; the limit is 512."),
        ("model", {"temperature": "2.0001"}, "temperature", "Must be between 0 and 2."),
        ("model", {"temperature": "-0.1"}, "temperature", "Must be between 0 and 2."),
        ("model", {"top_p": "1.1"}, "top_p", "Must be between 0 and 1."),
        (
            "model",
            {"reasoning_effort": "extreme"},
            "reasoning_effort",
            "Must be one of: none, minimal, low, medium, high, xhigh, max.",
        ),
        (
            "abilities",
            {"tools": '[{"type": "function"}]'},
            "tools",
            "Line 1, ability 1, function: Required.",
        ),
        (
            "reply",
            {"response_format": '{"type": "json_schema"}'},
            "response_format",
            "Line 1, response_format.json_schema: Required.",
        ),
        (
            "reply",
            {"response_format": '"json"'},
            "response_format",
            "Must be one of: auto, text, json_object, json_schema.",
        ),
        (
            "labels",
            {"metadata": '{"a": 3}'},
            "metadata",
            "Line 1, metadata.a: Must be text.",
        ),
        (
            "labels",
            {"metadata": '{"_dash": "x"}'},
            "metadata",
            'Line 1, metadata._dash: "_dash" is reserved for this dashboard.',
        ),
        ("labels", {"metadata": "[]"}, "metadata", "Must be an object."),
        ("about", {"title": "t" * 201}, "title", "201 characters; the limit is 200."),
    ],
)
def test_a_problem_lands_on_its_field(
    change: Change, alice: User, slug: str, typed: dict[str, str], field: str, message: str
) -> None:
    form = sent(PARTS[slug](change=change), **typed)
    form.is_valid()
    if not form.is_refused:
        form.note(changes.problems(save(change, alice, form)))
    assert form.errors[field] == [message]
    assert form[field].value() == typed[field]


def test_warnings_and_hints_are_no_errors(change: Change, alice: User) -> None:
    form = sent(PARTS["abilities"](change=change))
    form.note(changes.problems(change))
    assert form.is_valid()
    assert form.warnings["tools"] == ['Line 3, ability 1, type: Unknown kind of tool: "x".']
    assert form.hints == {}
    form = PARTS["model"](
        change=save(change, alice, sent(PARTS["model"](change=change), model="y"))
    )
    form.note(changes.problems(form.change))
    assert form.hints["model"] == ["Not in the list of known models."]
    assert "model" not in form.warnings


def test_an_empty_model_is_not_shouted_at(change: Change, alice: User) -> None:
    now = save(change, alice, sent(PARTS["model"](change=change), model="", reasoning_effort=""))
    form = PARTS["model"](change=now)
    problems = changes.problems(now)
    form.note(problems)
    assert [found.code for found in problems if found.level == "error"] == [
        "missing_required_parameter"
    ]
    assert form.errors == {}


def test_the_dashboards_own_label_is_hidden_and_stays(change: Change, alice: User) -> None:
    form = PARTS["labels"](change=change)
    assert "_dash" not in form["metadata"].value()
    for text, expected in (
        ('{"cost": "4711"}', {"cost": "4711", "_dash": "op:1:abc"}),
        ("", {"_dash": "op:1:abc"}),
    ):
        now = Change.objects.get(pk=change.pk)
        saved = save(now, alice, sent(PARTS["labels"](change=now), metadata=text))
        assert saved.metadata == expected


def test_title_and_why_are_no_part_of_the_document(change: Change, alice: User) -> None:
    before: Any = change.digest
    form = sent(PARTS["about"](change=change), title=" Shorter ", why="Law.\r\nNew.")
    now = save(change, alice, form)
    assert (now.title, now.why, now.digest) == (" Shorter ", "Law.\nNew.", before)
    assert save(now, alice, sent(PARTS["about"](change=now), title="", why="")).title == ""


@pytest.mark.parametrize(
    ("slug", "field", "text"),
    [("reply", "response_format", '{"type": "text"}'), ("abilities", "tools", "[]")],
)
def test_a_byte_order_mark_in_front_is_left_out_and_said(
    change: Change, slug: str, field: str, text: str
) -> None:
    form = sent(PARTS[slug](change=change), **{field: "\ufeff" + text})
    assert form.is_valid(), form.errors
    assert form.hints[field] == ["The invisible byte order mark in front is left out."]
    assert sent(PARTS[slug](change=change), **{field: text}).hints == {}

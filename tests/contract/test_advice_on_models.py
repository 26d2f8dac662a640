"""What is advised about a model, by the list of known models."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import time_machine

from assistants_app import contract
from tests.contract.advised import DAY, advice
from tests.contract.judged import CONNECTED


def of_model(model: str, day: date = DAY, **fields: Any) -> list[tuple[str, str, str]]:
    return advice({"model": model, **fields}, today=day)


def shape(kind: str) -> dict[str, Any]:
    return {"type": kind, "json_schema": {"name": "r", "schema": {}}}


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-4o", "low"),
        ("gpt-4o", "none"),
        ("gpt-5", "none"),
        ("gpt-5.2-pro", "none"),
        ("gpt-5.1", "xhigh"),
        ("gpt-5-pro", "medium"),
        ("o1-mini", "low"),
    ],
)
def test_an_effort_that_the_model_is_not_known_to_take(model: str, effort: str) -> None:
    said = ("warning", "reasoning_effort", f'This model is not known to take "{effort}".')
    assert said in of_model(model, reasoning_effort=effort)


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-5", "minimal"),
        ("gpt-5.1", "none"),
        ("gpt-5.1-mini", "max"),
        ("my-own", "none"),
        ("gpt-4o", None),
        ("gpt-4o", "ultra"),
        ("gpt-4o", ["low"]),
    ],
)
def test_an_effort_without_a_rule_against_it(model: str, effort: Any) -> None:
    assert "reasoning_effort" not in {
        place for _, place, _ in of_model(model, reasoning_effort=effort)
    }


def test_a_model_that_may_ignore_creativity() -> None:
    kept = "We keep your value in case you switch back."
    said = of_model("gpt-5.4-pro", temperature=0.2, top_p=0.5)
    assert [one for one in said if one[0] == "warning"] == [
        ("warning", "temperature", f"gpt-5.4-pro may ignore Creativity. {kept}"),
        ("warning", "top_p", f"gpt-5.4-pro may ignore Word choice range. {kept}"),
    ]
    with_effort = of_model("gpt-5.2", temperature=0.2, reasoning_effort="low")
    assert [place for _, place, _ in with_effort] == ["temperature"]


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gpt-5.4-pro", "temperature": 1.0},
        {"model": "gpt-5.4-pro", "temperature": True, "top_p": None},
        {"model": "gpt-5.2", "temperature": 0.2},
        {"model": "gpt-5.2", "temperature": 0.2, "reasoning_effort": "none"},
        {"model": "gpt-5.5", "temperature": 0.2},
    ],
)
def test_creativity_where_nothing_speaks_against_it(fields: Any) -> None:
    assert advice(fields) == []


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("gpt-4-turbo", "json_schema"),
        ("gpt-4o-2024-05-13", "json_schema"),
        ("gpt-4", "json_object"),
        ("gpt-5.5-pro", "json_schema"),
    ],
)
def test_a_shape_of_reply_that_the_model_is_not_known_to_give(model: str, kind: str) -> None:
    said = ("warning", "response_format", f"{model} is not known to answer in this shape.")
    assert said in of_model(model, response_format=shape(kind), instructions="JSON")


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("gpt-4-turbo", shape("json_object")),
        ("gpt-5.2", shape("json_schema")),
        ("o1-mini", shape("json_schema")),
        ("gpt-4", "auto"),
        ("gpt-4", {"type": []}),
        ("gpt-4", 5),
    ],
)
def test_a_shape_of_reply_without_a_rule_against_it(model: str, wanted: Any) -> None:
    said = of_model(model, response_format=wanted, instructions="JSON")
    assert "response_format" not in {place for _, place, _ in said}


@pytest.mark.parametrize(
    ("day", "level", "said"),
    [
        (date(2026, 9, 1), "hint", "Will be switched off on 14 January 2027."),
        (date(2026, 10, 15), "hint", "Will be switched off on 14 January 2027."),
        (date(2026, 10, 16), "warning", "Will be switched off on 14 January 2027."),
        (date(2027, 1, 13), "warning", "Will be switched off on 14 January 2027."),
        (date(2027, 1, 14), "warning", "Switched off since 14 January 2027."),
        (date(2030, 1, 1), "warning", "Switched off since 14 January 2027."),
    ],
)
def test_a_shutdown_is_a_hint_until_ninety_days_before_it(day: date, level: str, said: str) -> None:
    assert of_model("gpt-4o", day) == [(level, "model", said)]


def test_the_present_day_counts_where_none_is_given() -> None:
    for day, level in (("2026-03-01", "hint"), ("2026-12-01", "warning")):
        with time_machine.travel(day, tick=False):
            assert [one.level for one in contract.check({"model": "gpt-4o"}, "create")] == [level]


def test_models_that_lists_leave_out() -> None:
    gone = "Missing from later lists of models; it may be switched off."
    assert of_model("gpt-4.5-preview") == [("warning", "model", gone)]
    unsupported = "In the reference, but servers are not known to take it."
    assert of_model("gpt-5.1-mini") == [("warning", "model", unsupported)]
    listed = contract.known_models([{"id": "gpt-4.5-preview", "shutdown_date": "2030-01-01"}])
    assert advice({"model": "gpt-4.5-preview"}, catalogue=listed) == [
        ("hint", "model", "Will be switched off on 1 January 2030.")
    ]


UNKNOWN = [("hint", "model", "Not in the list of known models.")]


@pytest.mark.parametrize("model", ["my-own-model", "ft:gpt-4o:team::1", "gpt-7"])
def test_an_unknown_model_is_a_hint_and_has_no_rules(model: str) -> None:
    assert of_model(model, temperature=0.2, reasoning_effort="none") == UNKNOWN
    known = contract.known_models([{"id": model}])
    assert advice({"model": model}, catalogue=known) == []


@pytest.mark.parametrize("model", ["", " ", None, 5, ["gpt-4o"], "m" * 257])
def test_where_there_is_no_model_nothing_is_said_about_it(model: Any) -> None:
    assert advice({"model": model}) == []
    assert advice({}) == []


def test_the_name_of_a_deployment_has_no_rules_until_it_is_mapped() -> None:
    azure = replace(CONNECTED, names_deployments=True)
    doc = {"model": "gpt-4o", "reasoning_effort": "low"}
    assert advice(doc, "create", azure) == []
    mapped = contract.known_models(added={"gpt-4o": "gpt-5.2"})
    high = {**doc, "reasoning_effort": "max"}
    assert len(advice(high, "create", azure, catalogue=mapped)) == 1
    assert advice({"model": "other"}, "create", azure, catalogue=mapped) == []

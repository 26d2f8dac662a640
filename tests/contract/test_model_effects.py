"""What a model means for the other fields, and which edits are proposed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistants_app import contract
from assistants_app.contract import limits, model_words
from assistants_app.contract.catalogue import STARTING, stem

DAY = date(2026, 11, 21)


def found(model: str, **fields: Any) -> contract.Effects:
    told = contract.effects({"model": model, **fields}, STARTING, DAY)
    assert told is not None
    return told


def proposed(model: str, **fields: Any) -> list[tuple[str, str | None]]:
    return [(one.field, one.value) for one in found(model, **fields).proposals]


@pytest.mark.parametrize("model", [None, "", "  ", 3])
def test_nothing_is_said_without_a_model(model: Any) -> None:
    assert contract.effects({"model": model}, STARTING, DAY) is None


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        ("gpt-5.1", {}, []),
        ("gpt-5.1", {"reasoning_effort": "xhigh"}, [("reasoning_effort", "high")]),
        ("gpt-5", {"reasoning_effort": "none"}, [("reasoning_effort", "minimal")]),
        ("o3", {"reasoning_effort": "minimal"}, [("reasoning_effort", "low")]),
        ("gpt-4.1", {"reasoning_effort": "low"}, [("reasoning_effort", None)]),
        ("gpt-4.1", {"temperature": 0.4, "top_p": 0.5}, []),
        ("o3", {"temperature": 0.4, "top_p": 1}, [("temperature", None)]),
        ("o3", {"temperature": 0.4, "top_p": 0.5}, [("temperature", None), ("top_p", None)]),
        (
            "gpt-5.2",
            {"temperature": 0.4, "reasoning_effort": "low"},
            [("reasoning_effort", "none"), ("temperature", None)],
        ),
        ("gpt-5.2", {"temperature": 0.4}, []),
        ("gpt-4.1", {"reasoning_effort": "ultra"}, [("reasoning_effort", None)]),
        ("my-own", {"reasoning_effort": "ultra", "temperature": 0.4}, []),
    ],
)
def test_matching_edits_are_proposed(
    model: str, fields: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    assert proposed(model, **fields) == expected


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (model, {"reasoning_effort": effort, "temperature": 0.4, "top_p": 0.3})
        for model in ("gpt-5.2", "gpt-5-pro", "o3", "gpt-4.1", "gpt-5.6-x", "gpt-6-astra")
        for effort in limits.EFFORTS
    ],
)
def test_after_every_proposal_nothing_is_left_to_propose(
    model: str, fields: dict[str, Any]
) -> None:
    document = {"model": model, **fields}
    for one in found(model, **fields).proposals:
        document[one.field] = one.value
    again = contract.effects(document, STARTING, DAY)
    assert again is not None
    assert [one for one in again.proposals if one.field == "reasoning_effort"] == []
    assert again.ignores == ()


def test_a_reply_that_it_is_not_known_to_give() -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "r"}}
    assert found("gpt-4", response_format=asked).reply == "json_schema"
    assert found("gpt-4.1", response_format=asked).reply == ""
    assert found("gpt-4", response_format="auto").reply == ""


def test_when_it_is_switched_off() -> None:
    soon = found("gpt-4.1")
    assert (soon.shutdown, soon.days, soon.is_ending) == (date(2027, 1, 14), 54, True)
    assert found("gpt-4").days < 1
    assert not found("gpt-5.1").is_ending
    ending = contract.ending(STARTING, DAY)
    assert ending["gpt-4.1-2025-04-14"] == date(2027, 1, 14)
    assert "gpt-5.1" not in ending


def test_names_of_deployments_say_nothing() -> None:
    catalogue = STARTING.under(contract.PROFILES["azure-openai"])
    told = contract.effects({"model": "gpt-4.1", "reasoning_effort": "low"}, catalogue, DAY)
    assert told is not None
    assert told.is_named
    assert (told.rules, told.proposals, told.shutdown) == (None, (), None)


def test_what_models_are_good_for_is_said_of_models_there_are() -> None:
    assert contract.good_for("gpt-4.1-2025-04-14") == contract.good_for("gpt-4.1") != ""
    assert contract.good_for("my-own") == ""
    known = {stem(model) for model in contract.MODELS} | {"gpt-5-pro"}
    assert set(model_words.GOOD_FOR) <= known | set(contract.MODELS)
    unsaid = {model for model in contract.MODELS if not contract.good_for(model)}
    assert unsaid <= {"gpt-5.1-mini"}

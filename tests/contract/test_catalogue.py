"""What is known about models: rows in order, dated ids, what other sources add (section 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import catalogue, families, limits
from tests.contract import trees
from tests.contract.judged import CONNECTED

DEPLOYED = replace(CONNECTED, names_deployments=True)
# Each line of the table: effort, default, temperature, json_schema, json_object, shutdown.
TABLE: list[tuple[str, str | None, str, str, bool | None, bool | None, str]] = [
    ("gpt-5.2", "nlMhx", "none", "none", True, True, ""),
    ("gpt-5.2-2025-12-11", "nlMhx", "none", "none", True, True, ""),
    ("gpt-5.2-pro", "mlMhxX", "", "no", True, True, ""),
    ("gpt-5.2-pro-2025-12-11", "mlMhxX", "", "no", True, True, ""),
    ("gpt-5.2-chat-latest", "M", "medium", "unknown", True, True, "2026-08-10"),
    ("gpt-5.1-2025-11-13", "nlMh", "none", "none", True, True, "2027-04-01"),
    ("gpt-5.1-codex", "lMh", "medium", "no", True, True, "2026-07-23"),
    ("gpt-5.1-mini", None, "", "unknown", None, None, ""),
    ("gpt-5-chat-latest", "M", "medium", "unknown", True, True, "2026-07-23"),
    ("gpt-5", "mlMh", "medium", "no", True, True, "2026-12-11"),
    ("gpt-5-nano-2025-08-07", "mlMh", "medium", "no", True, True, "2026-12-11"),
    ("gpt-4.1-mini", "", "", "yes", True, True, "2027-01-14"),
    ("gpt-4.1-nano-2025-04-14", "", "", "yes", True, True, "2026-10-23"),
    ("o1-2024-12-17", "lMh", "medium", "no", True, True, "2026-10-23"),
    ("o3-mini", "lMh", "medium", "no", True, True, "2026-10-23"),
    ("o3-2025-04-16", "lMh", "medium", "no", True, True, "2026-12-11"),
    ("o1-preview-2024-09-12", "", "", "no", None, None, "2025-07-28"),
    ("o1-mini", "", "", "no", None, None, "2025-10-27"),
    ("gpt-4o-2024-11-20", "", "", "yes", True, True, "2027-01-14"),
    ("gpt-4o-2024-05-13", "", "", "yes", False, True, "2026-10-23"),
    ("gpt-4o-mini", "", "", "yes", True, True, "2027-01-14"),
    ("gpt-4o-audio-preview", "", "", "yes", False, None, "2026-05-07"),
    ("gpt-4o-audio-preview-2024-10-01", "", "", "yes", False, None, "2025-10-10"),
    ("gpt-4o-mini-audio-preview-2024-12-17", "", "", "yes", False, None, "2026-05-07"),
    ("gpt-4o-mini-search-preview-2025-03-11", "", "", "unknown", True, None, "2026-07-23"),
    ("chatgpt-4o-latest", "", "", "yes", None, None, "2026-02-17"),
    ("gpt-4.5-preview-2025-02-27", "", "", "yes", None, None, ""),
    ("codex-mini-latest", "lMh", "medium", "no", None, None, "2026-02-12"),
    ("gpt-4-turbo-2024-04-09", "", "", "yes", False, True, "2026-10-23"),
    ("gpt-4-1106-preview", "", "", "yes", False, True, "2026-10-23"),
    ("gpt-4-turbo-preview", "", "", "yes", False, True, "2026-03-26"),
    ("gpt-4-vision-preview", "", "", "yes", False, None, "2024-12-06"),
    ("gpt-4", "", "", "yes", False, False, "2026-10-23"),
    ("gpt-4-0613", "", "", "yes", False, False, "2026-10-23"),
    ("gpt-4-0314", "", "", "yes", False, False, "2026-03-26"),
    ("gpt-4-32k-0613", "", "", "yes", False, False, "2025-06-06"),
    ("gpt-3.5-turbo-0125", "", "", "yes", False, True, "2026-10-23"),
    ("gpt-3.5-turbo-1106", "", "", "yes", False, True, "2026-09-28"),
    ("gpt-3.5-turbo-0613", "", "", "yes", False, False, "2024-09-13"),
    ("gpt-3.5-turbo-16k-0613", "", "", "yes", False, False, "2024-09-13"),
    ("gpt-5-pro", "h", "high", "no", True, True, "2026-12-11"),
    ("gpt-5.4-nano", "nlMhx", "none", "none", True, True, "2027-04-01"),
    ("gpt-5.4-mini", "nlMhx", "none", "none", True, True, ""),
    ("gpt-5.5", "nlMhx", "", "none", True, True, ""),
    ("gpt-5.4-pro", "lMhx", "", "no", False, None, ""),
    ("gpt-5.5-pro", "Mhx", "", "no", False, None, ""),
    ("gpt-5.6-anything", "nlMhxX", "", "no", True, True, ""),
    ("gpt-6-sol", "nlMhxX", "", "no", True, True, ""),
    ("gpt-6.1-sol", "lMhxX", "", "no", True, True, ""),
]
LETTERS = dict(zip("nmlMhxX", limits.EFFORTS, strict=True))


def families_of(model: str) -> contract.Family:
    found = contract.family(model)
    assert found
    return found


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_each_line_of_the_table_is_in_the_file(
    row: tuple[str, str | None, str, str, bool | None, bool | None, str],
) -> None:
    model, efforts, default, sampling, schema, anything, end = row
    found = families_of(model)
    taken = None if efforts is None else tuple(LETTERS[letter] for letter in efforts)
    assert (found.efforts, found.default_effort) == (taken, default)
    assert (found.sampling, found.json_schema, found.json_object) == (sampling, schema, anything)
    assert found.shutdown == (date.fromisoformat(end) if end else None)


def test_every_starting_id_has_a_row_and_every_row_is_reached() -> None:
    reached = [families_of(model) for model in contract.MODELS]
    later = ["gpt-5-pro", "gpt-5.4-nano", "gpt-5.4", "gpt-5.5", "gpt-5.4-pro", "gpt-5.5-pro"]
    later += ["gpt-5.6-x", "gpt-6-luna", "gpt-6-astra"]
    reached += [families_of(model) for model in later]
    assert set(catalogue.FAMILIES) == set(reached)
    assert len(catalogue.FAMILIES) == len(families.ROWS)


@pytest.mark.parametrize(
    "model",
    [
        *("", "gpt", "gpt-4o-", "gpt-4o-2024", "gpt-4o-1332", "gpt-4o-2024-5-13", "GPT-4o"),
        *("gpt-4o\n", "my-own-model", "ft:gpt-4o:team::1", "gpt-5.6", "gpt-4o-2024-11-20-x"),
    ],
)
def test_an_unknown_or_fine_tuned_id_has_no_rules(model: str) -> None:
    assert contract.family(model) is None
    assert not catalogue.STARTING.knows(model)
    assert catalogue.STARTING.shutdown(model) is None


@pytest.mark.parametrize("model", [None, 4, [], {}, True])
def test_what_is_no_text_has_no_rules(model: object) -> None:
    assert contract.family(model) is None


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-mini", "gpt-4-32k", "o3", "gpt-5.4-pro"])
@pytest.mark.parametrize("day", ["-1231", "-0101", "-2031-12-31"])
def test_a_dated_id_inherits(model: str, day: str) -> None:
    assert families_of(model + day) == families_of(model)


@pytest.mark.parametrize(
    ("model", "effort", "is_refused"),
    [
        ("gpt-5", None, True),
        ("gpt-5", "none", True),
        ("gpt-5.1", None, False),
        ("gpt-5.1", "none", False),
        ("gpt-5.1", "low", True),
        ("gpt-5.5", None, False),  # its default is not known, so no rule
        ("gpt-5.5", "high", True),
        ("gpt-5.2-chat-latest", "medium", False),
        ("gpt-4o", None, False),
    ],
)
def test_sampling_is_refused_by_family_and_effort(
    model: str, effort: str | None, is_refused: bool
) -> None:
    assert families_of(model).refuses_sampling(effort) == is_refused


LISTED = [
    {"id": "served-here", "object": "model", "shutdown_date": "2027-02-03"},
    {"id": "gpt-4o", "object": "model", "shutdown_date": "2028-01-01"},
    {"id": "gpt-5", "shutdown_date": None},
    {"id": "gpt-4.1", "shutdown_date": "soon"},
    {"id": "o3", "shutdown_date": 5},
    {"id": ""},
    {"id": 7},
    {},
    None,
    "gpt-4",
]


def test_the_server_comes_first_then_the_workspace_then_the_file() -> None:
    known = contract.known_models(LISTED, {"our-model": "gpt-5", "plain": ""})
    assert known.ids[:7] == (
        "served-here",
        "gpt-4o",
        "gpt-5",
        "gpt-4.1",
        "o3",
        "our-model",
        "plain",
    )
    assert len(known.ids) == len(set(known.ids)) == 74 + 3
    assert contract.known_models() == catalogue.STARTING


def test_a_date_of_the_server_counts_before_the_file() -> None:
    known = contract.known_models(LISTED)
    days = [known.shutdown(model) for model in ("served-here", "gpt-4o", "gpt-5", "gpt-4.1", "o3")]
    assert days == [
        date(2027, 2, 3),
        date(2028, 1, 1),
        date(2026, 12, 11),
        date(2027, 1, 14),
        date(2026, 12, 11),
    ]
    assert known.knows("served-here")
    assert contract.family("served-here", known) is None


def test_an_id_of_the_workspace_behaves_like_the_model_it_stands_for() -> None:
    known = contract.known_models(added={"our-model": "gpt-5", "plain": "", "gpt-4": "o3"})
    assert contract.family("our-model", known) == contract.family("gpt-5")
    assert contract.family("gpt-4", known) == contract.family("o3")
    assert contract.family("plain", known) is None
    assert known.knows("plain")


def test_the_name_of_a_deployment_has_rules_only_when_it_is_mapped() -> None:
    known = contract.known_models(added={"prod": "gpt-5"}).under(DEPLOYED)
    assert contract.family("gpt-4o", known) is None
    assert known.knows("gpt-4o")
    assert known.shutdown("gpt-4o") is None
    assert contract.family("prod", known) == contract.family("gpt-5")
    assert catalogue.STARTING.under(CONNECTED) is catalogue.STARTING


# --- what follows for bodies, answers and comparing -----------------------------------------------
def modified(profile: contract.Profile = CONNECTED, **doc: Any) -> dict[str, Any]:
    """Effort, temperature and top_p of a modify body; "-" where the key is left out."""
    sent = contract.body("modify", dict(doc), profile)
    return {key: sent.get(key, "-") for key in ("reasoning_effort", "temperature", "top_p")}


@pytest.mark.parametrize(
    ("doc", "effort", "temperature", "top_p"),
    [
        ({"model": "gpt-5"}, "medium", None, None),
        ({"model": "gpt-5", "temperature": 0.2, "top_p": 0.5}, "medium", None, None),
        ({"model": "gpt-5", "reasoning_effort": "high", "temperature": 1}, "high", None, None),
        ({"model": "gpt-5.1", "temperature": 0.2}, "none", 0.2, None),
        ({"model": "gpt-5.1", "temperature": 0.2, "reasoning_effort": "low"}, "low", None, None),
        ({"model": "gpt-5.5", "temperature": 0.2}, "-", 0.2, None),
        ({"model": "gpt-5.6-x", "temperature": 0.2}, "-", None, None),
        ({"model": "gpt-5-pro"}, "high", None, None),
        ({"model": "o1-mini", "temperature": 0.2, "reasoning_effort": "low"}, None, None, None),
        ({"model": "gpt-4o", "temperature": 0.2, "reasoning_effort": "low"}, None, 0.2, None),
        ({"model": "gpt-5.1-mini", "top_p": 0.2, "reasoning_effort": "low"}, "low", None, 0.2),
        ({"model": "my-own", "top_p": 0.2, "reasoning_effort": "low"}, "low", None, 0.2),
        ({"model": "my-own"}, None, None, None),
    ],
)
def test_a_modify_follows_the_model(
    doc: dict[str, Any], effort: object, temperature: object, top_p: object
) -> None:
    assert modified(**doc) == {
        "reasoning_effort": effort,
        "temperature": temperature,
        "top_p": top_p,
    }
    assert doc.get("temperature") in (None, 0.2, 1)  # and the stored value stays


def test_where_null_is_refused_what_the_model_refuses_is_left_out() -> None:
    careful = replace(CONNECTED, null_ok=False)
    assert modified(careful, model="gpt-5", temperature=0.2) == {
        "reasoning_effort": "medium",
        "temperature": "-",
        "top_p": "-",
    }
    assert modified(careful, model="gpt-4o", reasoning_effort="low") == {
        "reasoning_effort": "-",
        "temperature": 1,
        "top_p": 1,
    }


def test_a_create_sends_what_is_stored() -> None:
    doc = {"model": "gpt-5", "reasoning_effort": "low", "temperature": 0.2}
    assert contract.body("create", doc, CONNECTED) == doc


def test_a_deployment_is_modified_by_the_model_it_is_mapped_to() -> None:
    assert modified(DEPLOYED, model="gpt-5", temperature=0.2)["temperature"] == 0.2
    known = contract.known_models(added={"prod": "gpt-5"})
    doc = {"model": "prod", "temperature": 0.2}
    sent = contract.body("modify", doc, DEPLOYED, catalogue=known)
    assert (sent["reasoning_effort"], sent["temperature"]) == ("medium", None)


@pytest.mark.parametrize(
    ("doc", "temperature"),
    [
        ({"model": "gpt-5"}, None),
        ({"model": "gpt-5", "temperature": 0.2}, 0.2),
        ({"model": "gpt-5.1"}, 1.0),
        ({"model": "gpt-5.1", "reasoning_effort": "low"}, None),
        ({"model": "gpt-4o"}, 1.0),
        ({"model": "my-own"}, 1.0),
    ],
)
def test_unset_sampling_is_served_as_null_only_where_the_model_refuses_it(
    doc: dict[str, object], temperature: float | None
) -> None:
    answer = contract.served(doc, id="asst_1", created_at=1)
    assert answer["temperature"] == temperature
    assert answer["top_p"] == (1.0 if temperature == 1.0 else None)


def efforts(before: dict[str, object], after: dict[str, object]) -> str:
    return contract.compare(before, after, fields=["reasoning_effort"]).verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"model": "gpt-5"}, {"model": "gpt-5", "reasoning_effort": "medium"}, "same"),
        ({"model": "gpt-5"}, {"model": "gpt-5", "reasoning_effort": "low"}, "different"),
        ({"model": "gpt-5.1"}, {"model": "gpt-5.1", "reasoning_effort": "none"}, "same"),
        ({"model": "gpt-5.1"}, {"model": "gpt-5.1", "reasoning_effort": "medium"}, "different"),
        ({"model": "m"}, {"model": "m", "reasoning_effort": "medium"}, "different"),
        # One model for another: unset stays unset, and a value is compared with what it means.
        ({"model": "gpt-5.1"}, {"model": "gpt-5"}, "same"),
        ({"model": "gpt-5.1", "reasoning_effort": "none"}, {"model": "gpt-5"}, "different"),
        ({"model": "gpt-5.1", "reasoning_effort": "none"}, {"model": "gpt-5.2"}, "same"),
        (
            {"model": "gpt-5", "reasoning_effort": "medium"},
            {"model": "o3", "reasoning_effort": "medium"},
            "same",
        ),
    ],
)
def test_an_unset_effort_is_the_default_of_its_model(
    before: dict[str, object], after: dict[str, object], verdict: str
) -> None:
    assert efforts(before, after) == efforts(after, before) == verdict


def test_a_server_that_returns_the_default_effort_changed_nothing() -> None:
    sent = {"model": "gpt-5", "name": "n"}
    got = {**sent, "reasoning_effort": "medium"}
    assert contract.normal(got) == sent
    assert contract.compare(sent, got).verdict == "same"
    assert contract.same(sent, got, "reasoning_effort")
    assert contract.not_kept(sent, got) == ()
    assert contract.not_kept(got, sent) == ()
    lower = {**sent, "reasoning_effort": "low"}
    assert contract.not_kept(sent, lower) == ()
    assert contract.not_kept(got, lower) == ("reasoning_effort",)


def test_an_effort_that_never_comes_back_is_not_called_lost() -> None:
    sent = {"model": "gpt-5", "reasoning_effort": "high"}
    assert contract.not_kept(sent, {"model": "gpt-5"}) == ()
    assert contract.not_kept(sent, {**sent, "reasoning_effort": "medium"}) == ("reasoning_effort",)
    fields = set(contract.FIELDS) - {"reasoning_effort"}
    assert contract.compare(sent, {"model": "gpt-5"}, fields=fields).verdict == "same"


def test_comparing_knows_the_models_of_the_workspace() -> None:
    known = contract.known_models(added={"prod": "gpt-5"})
    before, after = {"model": "prod"}, {"model": "prod", "reasoning_effort": "medium"}
    assert contract.compare(before, after, catalogue=known).verdict == "same"
    assert contract.compare(before, after).verdict == "different"
    assert contract.same(before, after, "reasoning_effort", catalogue=known)
    assert contract.normal(after, known) == before
    added = contract.known_models(added={"prod": "gpt-4o"})
    assert contract.not_kept(after, before, catalogue=added) == ("reasoning_effort",)
    assert contract.not_kept(after, before) == ()


@given(trees.DOCUMENTS, st.sampled_from(contract.MODELS))
def test_what_is_sent_and_returned_as_sent_needs_no_second_push(
    doc: contract.Document, model: str
) -> None:
    """Idempotence: the full state, read back and sent again, is the same body."""
    stored = {**doc, "model": model}
    sent = contract.body("modify", stored, CONNECTED)
    returned = contract.read(sent, CONNECTED).document
    again = contract.body("modify", returned, CONNECTED)
    assert contract.dumps(again) == contract.dumps(sent)

"""Every bad input gets the same verdict and the same words, whichever way it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from tests.corpus.cases import FORMS, Case, Said
from tests.corpus.channels import CHANNELS
from tests.corpus.inputs import CASES

if TYPE_CHECKING:
    from tests.corpus.channels import Place, Told

RUNS = [(case, channel) for case in CASES for channel in CHANNELS if channel in case.channels]


@pytest.mark.parametrize(("case", "channel"), RUNS, ids=[f"{c} {case}" for case, c in RUNS])
def test_the_verdict_is_the_same_in_every_channel(place: Place, case: Case, channel: str) -> None:
    verdict = CHANNELS[channel](place, case)
    expected = _expected(case, channel)
    assert verdict.accepted == all(said.level != "error" for said in expected)
    assert len(verdict.told) == len(expected), verdict.told
    for told, said in zip(verdict.told, expected, strict=True):
        _assert_same(told, said, verdict.text)
    if verdict.accepted:
        assert verdict.stored is not None
        assert contract.canonical(verdict.stored) == contract.canonical(_kept(case, channel))


def _expected(case: Case, channel: str) -> tuple[Said, ...]:
    """`/v1` knows no lints, and the mark of a dashboard is a pair like any other there."""
    if channel != "v1":
        return case.said
    return tuple(said for said in case.said if said.level == "error" and case.at_v1)


def _assert_same(told: Told, said: Said, text: str) -> None:
    if told.param is not None:
        assert told.param == said.param
    if told.words is not None:
        # A place in a text differs with what stands around it; the words do not.
        at = text.find('{"type" "object"}') + len('{"type" "')
        words = said.words.format(at=at) if "{at}" in said.words else said.words
        is_hinted = said.code == "invalid_json" and told.words.startswith(f"{words} ")
        assert told.words == words or is_hinted
    assert told.code in (None, said.code)
    assert told.level in (None, said.level)


def _kept(case: Case, channel: str) -> contract.Document:
    document: Any = contract.parse(case.text)
    if case.kept is not None and channel in FORMS:
        document[case.name] = case.kept
    return document

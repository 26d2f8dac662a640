"""Every bad function gets the same verdict and words where it is pasted among others' texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from assistants_app import contract
from assistants_app.actions import tools
from assistants_app.models import Change
from assistants_app.schema import importers
from tests.corpus.channels import _PLACE, _boxes, _shows
from tests.corpus.inputs import CASES

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.corpus.cases import Case
    from tests.corpus.channels import Place

# The tried field is `tools` alone, and every tool is a function.
ABOUT = [
    case
    for case in CASES
    if list(case.fields) == ["tools"] and case.fields["tools"].startswith('[{"type":"function"')
]


def paste(place: Place, case: Case, **more: Any) -> HttpResponse:
    url = reverse("tool_import", args=[place.draft.pk])
    return place.client.post(url, {"text": case.fields["tools"]} | more)


def test_the_corpus_has_such_functions() -> None:
    assert len(ABOUT) > 5


@pytest.mark.parametrize("case", ABOUT, ids=str)
def test_the_verdict_is_the_same_where_functions_are_pasted(place: Place, case: Case) -> None:
    response = paste(place, case)
    _shows(response)
    if response.status_code == 422:
        _assert_unreadable(response, case)
        return
    cards = [drawn["card"] for drawn in response.context["cards"] or []]
    if refused := [card.refused for card in cards if card.refused]:
        assert [said.words in refused[0] for said in case.said] == [True]
        return
    told = [
        (one.param, contract.plain(one), one.level) for c in cards for one in c.function.problems
    ]
    said = [(one.param, one.words, one.level) for one in case.said]
    if len(cards) == 1:
        assert told == said
    if len(cards) == 1 and not [one for one in told if "name" in one[0]]:
        _assert_stored(place, case)


def _assert_unreadable(response: HttpResponse, case: Case) -> None:
    """Refused as a whole: by the words of the corpus, and the text is still in the box."""
    message = next(iter(response.context["form"].errors["text"]))
    found = _PLACE.fullmatch(message)
    assert found
    text = case.fields["tools"]
    if len(text.encode()) > importers.PASTE_MAX:  # which counts what stands around, too
        assert message.endswith("bytes; the limit is 1,048,576.")
        return
    at = text.find('{"type" "object"}') + len('{"type" "')
    wanted = [said.words.format(at=at) for said in case.said]
    assert any(found["words"].startswith(words) for words in wanted), message
    assert _boxes(response, "text") == [text]


def _assert_stored(place: Place, case: Case) -> None:
    """What is taken in is what was pasted, to the letter, errors and all."""
    name = tools.function_name(contract.parse(case.fields["tools"])[0])  # type: ignore[index]
    done = paste(place, case, do="add", pick="0", **{"name-0": name})
    assert done.status_code == 303
    stored = tools.rows(Change.objects.get(pk=place.draft.pk))[-1].tool
    assert f"[{contract.dumps(stored)}]" == contract.dumps(contract.parse(case.fields["tools"]))

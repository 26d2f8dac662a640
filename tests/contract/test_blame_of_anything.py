"""Whatever a server says of whatever document, it is placed and never fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistants_app import contract
from tests.contract import trees
from tests.contract.refused import (
    ADDITIONAL,
    DOC,
    IN_A,
    OF_F,
    OF_X,
    REQUIRED,
    blamed,
)


@pytest.mark.parametrize("doc", [None, [], "x", 5, {}, {"tools": None}, {"tools": [None, {}]}])
def test_a_document_of_any_shape_will_do(doc: Any) -> None:
    for message in (OF_F + IN_A + ADDITIONAL, OF_X + IN_A + REQUIRED + "Missing 'x'.", "'f' no"):
        for param in ("tools[0].parameters", "response_format", "tools[0].function.name", ""):
            assert contract.plain(blamed(message, param, doc=doc))


PIECES = st.sampled_from(
    [
        *(
            "In context=(",
            "'properties', ",
            "'a'",
            ")",
            ", ",
            "'",
            '"',
            "\\",
            "(",
            "[",
            "0",
            "1" * 40,
        ),
        *(ADDITIONAL, REQUIRED, "Missing 'x'.", "'default' is not permitted", OF_X, OF_F),
        *("Unsupported value: 'tools' does not support 'x' with this model", "Field required"),
        *("function 'f'", "144 parameters exceed the limit of 100", "must contain the word 'json'"),
        "array too long. Expected an array with maximum length 1, but got an array with length 2",
    ]
)
PARAMS = st.lists(
    st.sampled_from(
        [*contract.FIELDS, ".", "[0]", "[2]", "['a.b']", "parameters", "function", "text.format"]
    ),
    max_size=6,
).map("".join)
ANYTHING = trees.DOCUMENTS | trees.ODD_DOCUMENTS | trees.TREES | st.just(DOC)


@given(
    st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join), PARAMS | st.text(), ANYTHING
)
@example("In context=('" + "1" * 480, "", DOC)
@example("\ud800'\ud800'", "\ud800", DOC)
@example(REQUIRED + "Missing 'x'.", "", {"model": "gpt-5.2"})
def test_it_never_raises_and_its_path_leads_into_the_document(
    message: str, param: str, doc: Any
) -> None:
    found = blamed(message, param, doc=doc)
    assert len(found.message) <= 500
    assert isinstance(contract.plain(found), str)
    assert not found.path or found.path[0] in contract.FIELDS
    node = doc
    for step in found.path[:-1]:
        node = node[step]


@given(st.binary(max_size=300), st.integers(400, 599), ANYTHING)
def test_whatever_a_server_answers_can_be_placed(data: bytes, status: int, doc: Any) -> None:
    found = contract.blame(contract.upstream_error(status, {}, data), doc)
    assert contract.plain(found) == found.message or found.code != "refused"

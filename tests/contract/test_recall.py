"""A stored text that was read lately comes back as the parser would give it, and as one's own."""

from __future__ import annotations

import pytest

from assistants_app import contract
from assistants_app.errors import InvalidDocument

LONG = '{"text":"' + "x" * 20_000 + '","of":[1,2.5,{"b":null,"a":true}]}'
SPELLED = '{"text":"' + "x" * 20_000 + '","of":[1e3,1.50,-0]}'


ODD = [
    f'{{"text":"{"x" * 20_000}","of":{rest}}}'
    for rest in ("[-0]", "[1.0,1E5]", '["\\u00e9","é"]', "[9007199254740993]", '[ "a" ]', '"\\/"')
]


@pytest.mark.parametrize("text", [LONG, SPELLED, *ODD])
def test_what_comes_back_is_what_the_parser_gives(text: str) -> None:
    def kinds(value: object) -> object:
        if isinstance(value, dict):
            return {key: kinds(one) for key, one in value.items()}
        if isinstance(value, list):
            return [kinds(one) for one in value]
        return type(value), repr(value), getattr(value, "text", None)

    assert kinds(contract.recall(text)) == kinds(contract.parse(text))


@pytest.mark.parametrize("rest", ['{"a":1,"a":1}', "[NaN]", "[1e999]", '["\\u0000"]'])
def test_what_the_parser_refuses_is_refused(rest: str) -> None:
    with pytest.raises(InvalidDocument):
        contract.recall(f'{{"text":"{"x" * 20_000}","of":{rest}}}')


@pytest.mark.parametrize("text", [LONG, SPELLED, '{"a":1.50}', "[]"])
def test_a_text_comes_back_to_the_letter_each_time(text: str) -> None:
    assert [contract.dumps(contract.recall(text)) for _ in range(3)] == [text] * 3


def test_what_a_reader_alters_nobody_else_sees() -> None:
    first = contract.recall(LONG)
    assert isinstance(first, dict)
    first["of"].append("altered")
    assert contract.dumps(contract.recall(LONG)) == LONG


def test_a_text_that_cannot_be_read_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(InvalidDocument):
            contract.recall(LONG[:-1])

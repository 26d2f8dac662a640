"""The bad-input corpus of security.md section 10, as far as parsing and checking decide it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from tests.contract.judged import document, function, with_parameters

ALL_TEXTS = ("name", "description", "instructions")


def judged(data: str | bytes, limit: int | None = 8_388_608) -> list[tuple[str, str]]:
    """(param, plain words) of all that is said about a request body."""
    try:
        doc = contract.parse(data, limit=limit)
    except InvalidDocument as refusal:
        return [(one.param, contract.plain(one)) for one in refusal.problems]
    return [(one.param, contract.plain(one)) for one in contract.check(doc, "create")]


def body(**fields: Any) -> str:
    return json.dumps(document(**fields), ensure_ascii=False)


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def raw(field: str, text: str) -> str:
    return f'{{"model":"gpt-5.2","{field}":{text}}}'


def in_parameters(text: str) -> str:
    tool = f'{{"type":"function","function":{{"name":"f","parameters":{text}}}}}'
    return raw("tools", f"[{tool}]")


PARAMETERS = "tools[0].function.parameters"
EFFORTS = "Must be one of: none, minimal, low, medium, high, xhigh, max."
BOTH = "Change one of the two, not both."
LETTERS = "Only a-z, A-Z, 0-9, _ and - are allowed."
CORPUS: list[tuple[str, str | bytes, list[tuple[str, str]]]] = [
    ("1", body(name="n" * 257), [("name", "257 characters; the limit is 256.")]),
    (
        "3",
        body(instructions="i" * 256_001),
        [("instructions", "256,001 characters; the limit is 256,000.")],
    ),
    ("4", body(instructions="😀" * 256_000), []),
    *(
        (
            f"6 {field}",
            raw(field, '"1234\\u0000"'),
            [(field, "Contains a NUL character at position 5.")],
        )
        for field in ("model", *ALL_TEXTS)
        if field != "model"
    ),
    (
        "6 model",
        '{"model":"1234\\u0000"}',
        [("model", "Contains a NUL character at position 5.")],
    ),
    (
        "6 metadata",
        raw("metadata", '{"a":"1234\\u0000"}'),
        [("metadata.a", "Contains a NUL character at position 5.")],
    ),
    (
        "7",
        raw("name", '"\\ud83d"'),
        [("name", "Contains half of a character pair at position 1.")],
    ),
    ("8", b'{"model":"a\xff"}', [("", "Not UTF-8 at byte 12.")]),
    ("10", body(name=" \n a \n ", instructions="\n\n"), []),
    (
        "11",
        body(instructions="a\u202eb"),
        [("instructions", "Contains U+202E, which cannot be seen, at position 2.")],
    ),
    *(
        (f"13 {name!r}", body(name=name), [("name", "No visible characters.")])
        for name in (" ", "  \u00a0", "\t", "\r", "\u200b ")
    ),
    ("14", body(name="é", description="e\u0301"), []),
    *(
        (f"15 {text}", body(name=text, description=text, instructions=text), [])
        for text in (
            "<script>alert(1)</script>",
            '"><img onerror=alert(1)>',
            "{{7*7}}",
            "{% debug %}",
            "javascript:alert(1)",
        )
    ),
    *(
        (f"16 {text!r}", body(name=text), [])
        for text in ("=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx")
    ),
    ("18", body(instructions="[x](javascript:alert(1)) [y](data:text/html,x)"), []),
    ("21", raw("temperature", "2.0001"), [("temperature", "Must be between 0 and 2.")]),
    ("21 below", raw("temperature", "-0.1"), [("temperature", "Must be between 0 and 2.")]),
    (
        "22",
        raw("temperature", "NaN"),
        [("temperature", "Not valid JSON: NaN and Infinity are not numbers.")],
    ),
    ("23", raw("temperature", "1e999"), [("temperature", "Must be a finite number.")]),
    ("24", raw("temperature", "true"), [("temperature", "Must be a number.")]),
    ("25", raw("temperature", '"1"'), [("temperature", "Must be a number.")]),
    ("27", body(temperature=0.5, top_p=0.5), [("top_p", BOTH)]),
    (
        "29",
        body(reasoning_effort="max"),
        [("reasoning_effort", 'This model is not known to take "max".')],
    ),
    ("28", body(reasoning_effort="extreme"), [("reasoning_effort", EFFORTS)]),
    (
        "31",
        in_parameters('{"maximum":9223372036854775807}'),
        [(f"{PARAMETERS}.maximum", "Larger than 2^53; some programs round it.")],
    ),
    (
        "32",
        in_parameters(f'{{"maximum":{"9" * 5000}}}'),
        [(f"{PARAMETERS}.maximum", "A number here has more than 400 digits.")],
    ),
    ("34 missing", "{}", [("model", "Required.")]),
    ("34 blank", '{"model":""}', [("model", "Required.")]),
    ("34 blanks", '{"model":"  "}', [("model", "Required.")]),
    ("35", '{"model":"my-own-model"}', [("model", "Not in the list of known models.")]),
    (
        "37",
        body(metadata={str(number): "v" for number in range(17)}),
        [("metadata", "17 pairs; the limit is 16.")],
    ),
    (
        "39",
        body(metadata={"k" * 65: "v"}),
        [("metadata." + "k" * 65, "65 characters; the limit is 64.")],
    ),
    ("40", body(metadata={"k": "v" * 513}), [("metadata.k", "513 characters; the limit is 512.")]),
    (
        "42",
        raw("metadata", '{"team":"a","team":"b"}'),
        [("metadata.team", '"team" appears more than once.')],
    ),
    (
        "43",
        body(metadata={"_dash": "x"}),
        [("metadata._dash", '"_dash" is reserved for this dashboard.')],
    ),
    ("45", body(metadata={"": "v"}), [("metadata['']", "Required.")]),
    (
        "46",
        body(tools=[function(name=f"f{number}") for number in range(129)]),
        [("tools", "129 tools; the limit is 128.")],
    ),
    ("47", body(tools=[function(name=f"f{number}") for number in range(128)]), []),
    (
        "48",
        body(tools=[{"type": "retrieval"}]),
        [("tools[0].type", 'Unknown kind of tool: "retrieval".')],
    ),
    (
        "50",
        body(tools=[function(name="f" * 65)]),
        [("tools[0].function.name", "65 characters; the limit is 64.")],
    ),
    ("51", body(tools=[function(name="a b")]), [("tools[0].function.name", LETTERS)]),
    ("52", body(tools=[function(name="ünï")]), [("tools[0].function.name", LETTERS)]),
    ("52 blank", body(tools=[function(name="")]), [("tools[0].function.name", "Required.")]),
    ("54 list", in_parameters("[]"), [(PARAMETERS, "Must be an object.")]),
    ("54 text", in_parameters('"x"'), [(PARAMETERS, "Must be an object.")]),
    (
        "54 type",
        in_parameters('{"type":"string"}'),
        [(f"{PARAMETERS}.type", "The outermost type must be object.")],
    ),
    ("55", '{"type" "object"}', [("", "Not valid JSON at line 1, column 9.")]),
    ("57", deep(65), [("a.a.a.a", "Nested more than 64 levels.")]),
    ("57 deeper", deep(100_000), [("a.a.a.a", "Nested more than 64 levels.")]),
    ("58 cycle", in_parameters('{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#"}}}'), []),
    (
        "58 address",
        in_parameters('{"$ref":"https://example.com/x"}'),
        [(f"{PARAMETERS}['$ref']", "Must point inside this document.")],
    ),
    (
        "61",
        body(
            tools=[{"type": "code_interpreter"}],
            tool_resources={"code_interpreter": {"file_ids": ["f"] * 21}},
        ),
        [("tool_resources.code_interpreter.file_ids", "21 files; the limit is 20.")],
    ),
    (
        "64",
        body(tool_resources={"code_interpreter": {"file_ids": ["f"]}}),
        [
            (
                "tool_resources.code_interpreter.file_ids",
                "This ability is switched off; the files have no effect.",
            )
        ],
    ),
    (
        "68",
        body(response_format={"type": "json_object"}, instructions="Answer briefly."),
        [("instructions", "The instructions never mention JSON; upstream may refuse.")],
    ),
    (
        "65",
        body(response_format="json"),
        [("response_format", "Must be one of: auto, text, json_object, json_schema.")],
    ),
    (
        "66",
        body(response_format={"type": "json_schema", "json_schema": {}}),
        [("response_format.json_schema.name", "Required.")],
    ),
    ("70", b" " * 9_000_000, [("", "9,000,000 bytes; the limit is 8,388,608.")]),
    *(
        (f"74 {key}", body(**{key: True}), [(key, f'Unknown field "{key}".')])
        for key in ("owner", "approved", "is_staff", "workspace", "state")
    ),
    ("83", "not JSON", [("", "Not valid JSON at line 1, column 1.")]),
]


@pytest.mark.parametrize(
    ("data", "said"), [row[1:] for row in CORPUS], ids=[row[0] for row in CORPUS]
)
def test_the_verdict_and_its_words_are_those_of_the_corpus(
    data: str | bytes, said: list[tuple[str, str]]
) -> None:
    assert judged(data) == said


def test_accepted_texts_are_kept_identical() -> None:
    for text in ("😀" * 256_000, " \n a \r\n ", "a\u202eb", "e\u0301", "{{7*7}}", "\u200b\ufeff"):
        doc = contract.parse(body(instructions=text))
        assert isinstance(doc, dict)
        kept = contract.parse(contract.canonical(contract.accept(doc, "create").document))
        assert isinstance(kept, dict)
        assert kept["instructions"] == text


def test_one_json_field_holds_one_mebibyte() -> None:
    """Number 69: typed into a text area, and inside a body."""
    empty = '{"description":""}'
    typed = empty.replace('""', '"' + "x" * (1_048_577 - len(empty)) + '"')
    assert judged(typed, limit=1_048_576) == [("", "1,048,577 bytes; the limit is 1,048,576.")]
    (problem,) = contract.check(with_parameters(contract.parse(typed)), "create")
    assert (problem.param, contract.plain(problem)) == (
        PARAMETERS,
        "1,048,577 bytes; the limit is 1,048,576.",
    )


def test_values_that_may_be_secret_or_endless_are_echoed_in_sixty_characters() -> None:
    for doc in (
        document(reasoning_effort="x" * 100_000),
        document(response_format="x" * 100_000),
        document(tools=[{"type": "x" * 100_000}]),
        document(**{"x" * 100_000: 1}),
        document(tools=[function(name="f"), function(name="f")]),
        with_parameters({"type": ["x" * 100_000]}),
        with_parameters({"$ref": "x" * 100_000}),
    ):
        for one in contract.check(doc, "create"):
            assert len(one.message) < 400
            assert len(contract.plain(one)) < 400

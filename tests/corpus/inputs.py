"""The table: each input as the raw JSON of the fields it is typed into, and what is said of it.

The numbers are those of security.md section 10.
"""

from __future__ import annotations

from tests.corpus.cases import (
    FORMS,
    JSON,
    Case,
    deep,
    error,
    function,
    lint,
    padded,
    schema,
    strict,
    text,
    tools,
)

PARAMETERS = "tools[0].function.parameters"
SCHEMA = "response_format.json_schema.schema"
NAME = "tools[0].function.name"
LONG, SHORT = "string_above_max_length", "string_below_min_length"
TYPE, VALUE = "invalid_type", "invalid_value"
LETTERS = "Only a-z, A-Z, 0-9, _ and - are allowed."
EFFORTS = "Must be one of: none, minimal, low, medium, high, xhigh, max."
FORMATS = "Must be one of: auto, text, json_object, json_schema."
FINITE = "Must be a finite number."
NO_NUMBERS = "Not valid JSON: NaN and Infinity are not numbers."
DIGITS = "A number here has more than 400 digits."
DEEP = "Nested more than 64 levels."
NUL = "Contains a NUL character at position 5."
BIG = "Larger than 2^53; some programs round it."
INSIDE = "Must point inside this document."
BYTES = "1,048,577 bytes; the limit is 1,048,576."
RANGE = "Must be between 0 and 2."
ABOVE, BELOW = "decimal_above_max_value", "decimal_below_min_value"

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "{% debug %}",
    "javascript:alert(1)",
    "</textarea><script>alert(1)</script>",
)
FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@x", "\tx")

TEXTS = (
    Case("1", {"name": text("n" * 257)}, error("name", "257 characters; the limit is 256.", LONG)),
    Case("1 exactly", {"name": text("😀" * 256)}),
    Case(
        "2",
        {"description": text("d" * 513)},
        error("description", "513 characters; the limit is 512.", LONG),
    ),
    Case(
        "3",
        {"instructions": text("i" * 256_001)},
        error("instructions", "256,001 characters; the limit is 256,000.", LONG),
    ),
    Case("4", {"instructions": text("😀" * 256_000)}),
    Case(
        "5",
        {"instructions": text("ab\r\n" * 64_000 + "x" * 64_000)},
        typed={"instructions": "ab\r\n" * 64_000 + "x" * 64_000},
        kept="ab\n" * 64_000 + "x" * 64_000,
        channels=FORMS,
    ),
    Case(
        "5 in JSON",
        {"instructions": text("ab\r\n" * 64_000 + "x")},
        error("instructions", "256,001 characters; the limit is 256,000.", LONG),
        channels=JSON,
    ),
    *(
        Case(f"6 {name}", {name: '"1234\\u0000"'}, error(name, NUL, VALUE))
        for name in ("model", "name", "description", "instructions")
    ),
    Case("6 metadata", {"metadata": '{"a":"1234\\u0000"}'}, error("metadata.a", NUL, VALUE)),
    Case(
        "6 tools",
        {"tools": '[{"type":"function","function":{"name":"f","description":"1234\\u0000"}}]'},
        error("tools[0].function.description", NUL, VALUE),
    ),
    Case(
        "7",
        {"name": '"\\ud83d"'},
        error("name", "Contains half of a character pair at position 1.", VALUE),
        channels=JSON,
    ),
    Case("10", {"instructions": text(" \n a \n ")}),
    Case("10 name", {"name": text("  a  ")}),
    Case("14 composed", {"description": text("é")}),
    Case("14 decomposed", {"description": text("e\u0301")}),
    *(Case(f"15 {n} {t}", {n: text(t)}) for t in HOSTILE for n in ("name", "instructions")),
    *(Case(f"16 {t!r}", {"description": text(t)}) for t in FORMULAS),
    Case("18", {"instructions": text("[x](javascript:alert(1)) [y](data:text/html,x)")}),
)

NUMBERS = (
    Case("21", {"temperature": "2.0001"}, error("temperature", RANGE, ABOVE)),
    Case("21 below", {"temperature": "-0.1"}, error("temperature", RANGE, BELOW)),
    Case("21 kept", {"temperature": "0.30"}),
    Case(
        "22",
        {"temperature": "NaN"},
        error("temperature", NO_NUMBERS, "invalid_json"),
        channels=JSON,
    ),
    Case("22 form", {"temperature": "NaN"}, error("temperature", FINITE, VALUE), channels=FORMS),
    Case("23", {"temperature": "1e999"}, error("temperature", FINITE, VALUE)),
    Case("24", {"temperature": "true"}, error("temperature", "Must be a number.", TYPE)),
    Case(
        "25",
        {"temperature": '"1"'},
        error("temperature", "Must be a number.", TYPE),
        channels=JSON,
    ),
    Case(
        "25 form",
        {"temperature": "1,5"},
        error("temperature", "Must be a number. Use a point, not a comma.", TYPE),
        channels=FORMS,
    ),
    Case("28", {"reasoning_effort": '"extreme"'}, error("reasoning_effort", EFFORTS, VALUE)),
    Case("32", {"temperature": "9" * 5000}, error("temperature", DIGITS, VALUE)),
    Case(
        "32 schema",
        tools(f'{{"maximum":{"9" * 5000}}}'),
        error(f"{PARAMETERS}.maximum", DIGITS, VALUE),
    ),
    Case("33", tools('{"maximum":9007199254740992,"multipleOf":1.50}')),
    Case("34", {"model": ""}, error("model", "Required.", "missing_required_parameter")),
    Case("34 blank", {"model": '"  "'}, error("model", "Required.", SHORT)),
)

PAIRS = (
    Case(
        "37",
        {"metadata": text({str(number): "v" for number in range(17)})},
        error("metadata", "17 pairs; the limit is 16.", "object_above_max_properties"),
    ),
    Case("38", {"metadata": text({str(number): "v" for number in range(16)})}),
    Case(
        "39",
        {"metadata": text({"k" * 65: "v"})},
        error(
            "metadata." + "k" * 65,
            "65 characters; the limit is 64.",
            "property_name_above_max_length",
        ),
    ),
    Case(
        "40",
        {"metadata": text({"k": "v" * 513})},
        error("metadata.k", "513 characters; the limit is 512.", LONG),
    ),
    Case("41", {"metadata": '{"k":3}'}, error("metadata.k", "Must be text.", TYPE)),
    Case(
        "42",
        {"metadata": '{"team":"a","team":"b"}'},
        error("metadata.team", '"team" appears more than once.', "duplicate_key"),
    ),
    Case(
        "43",
        {"metadata": '{"_dash":"x"}'},
        error("metadata._dash", '"_dash" is reserved for this dashboard.', "metadata_reserved"),
        at_v1=False,
    ),
    Case("45", {"metadata": '{"":"v"}'}, error("metadata['']", "Required.", SHORT)),
)

FUNCTIONS = (
    Case(
        "46",
        {"tools": text([function(name=f"f{number}") for number in range(129)])},
        error("tools", "129 tools; the limit is 128.", "array_above_max_length"),
    ),
    Case("47", {"tools": text([function(name=f"f{number}") for number in range(128)])}),
    Case(
        "48",
        {"tools": text([{"type": "retrieval"}])},
        lint("tools[0].type", 'Unknown kind of tool: "retrieval".', "unknown_tool_type"),
        at_v1=False,
    ),
    Case(
        "50",
        {"tools": text([function(name="f" * 65)])},
        error(NAME, "65 characters; the limit is 64.", LONG),
    ),
    Case("51", {"tools": text([function(name="a b")])}, error(NAME, LETTERS, VALUE)),
    Case("52", {"tools": text([function(name="ünï")])}, error(NAME, LETTERS, VALUE)),
    Case("52 blank", {"tools": text([function(name="")])}, error(NAME, "Required.", SHORT)),
    Case("54 list", tools("[]"), error(PARAMETERS, "Must be an object.", TYPE)),
    Case("54 text", tools('"x"'), error(PARAMETERS, "Must be an object.", TYPE)),
    Case(
        "54 type",
        tools('{"type":"string"}'),
        error(
            f"{PARAMETERS}.type",
            "The outermost type must be object.",
            "invalid_function_parameters",
        ),
    ),
    Case(
        "55",
        tools('{"type" "object"}'),
        error("", "Not valid JSON at line 1, column {at}.", "invalid_json"),
    ),
    Case("57 allowed", tools(deep(60))),
    Case("57", tools(deep(61)), error(PARAMETERS, DEEP, "invalid_json")),
    Case("57 65 levels", tools(deep(65)), error(PARAMETERS, DEEP, "invalid_json")),
    Case("57 deeper", tools(deep(100_000)), error(PARAMETERS, DEEP, "invalid_json")),
    Case("58 cycle", tools('{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#"}}}')),
    Case(
        "58 address",
        tools('{"$ref":"https://example.com/x"}'),
        lint(f"{PARAMETERS}['$ref']", INSIDE, "invalid_function_parameters"),
    ),
    Case("69 exactly", tools(padded(1_048_576))),
    Case("69", tools(padded(1_048_577)), error(PARAMETERS, BYTES, "too_large")),
    Case("69 format", schema(padded(1_048_577)), error(SCHEMA, BYTES, "too_large")),
    Case("constructor", tools('{"properties":{"constructor":{},"__proto__":{}}}')),
)

OTHERS = (
    Case(
        "61",
        {
            "tools": '[{"type":"code_interpreter"}]',
            "tool_resources": text({"code_interpreter": {"file_ids": ["f"] * 21}}),
        },
        error(
            "tool_resources.code_interpreter.file_ids",
            "21 files; the limit is 20.",
            "array_above_max_length",
        ),
    ),
    Case("65", {"response_format": '"json"'}, error("response_format", FORMATS, VALUE)),
    Case("65 empty", {"response_format": '""'}, error("response_format", FORMATS, VALUE)),
    Case("65 null", {"response_format": "null"}),
    Case("48 null", {"tools": "null"}, error("tools", "Must be a list.", TYPE)),
    Case(
        "66",
        {"response_format": '{"type":"json_schema","json_schema":{}}'},
        error("response_format.json_schema.name", "Required.", "missing_required_parameter"),
    ),
    *(
        Case(
            f"74 {key}",
            {key: "true"},
            error(key, f'Unknown field "{key}".', "unknown_parameter"),
            channels=JSON,
        )
        for key in ("owner", "approved", "is_staff", "workspace", "state")
    ),
)

OBJECT = '"type":"object","additionalProperties":false'
REFERENCE = f'{{{OBJECT},"properties":{{"a":{{"$ref":"https://example.com/x"}}}},"required":["a"]}}'
OPEN = f'{{{OBJECT},"properties":{{"a":{{"type":"object","properties":{{}}}}}},"required":["a"]}}'
NEEDS = "Following exactly needs this switched on."
BOTH = "Change one of the two, not both."
NO_JSON = "The instructions never mention JSON; upstream may refuse."
NO_EFFECT = "This ability is switched off; the files have no effect."
BIDI = "Contains U+202E, which cannot be seen, at position 2."

DOUBTS = (
    Case(
        "11",
        {"instructions": text("a\u202eb")},
        lint("instructions", BIDI, "invisible_text", "hint"),
    ),
    Case(
        "13",
        {"name": text("   ")},
        lint("name", "No visible characters.", "blank_text", "hint"),
    ),
    Case(
        "27",
        {"temperature": "0.5", "top_p": "0.5"},
        lint("top_p", BOTH, "both_sampling", "hint"),
    ),
    Case(
        "29",
        {"model": '"gpt-5.2-pro"', "reasoning_effort": '"none"'},
        lint("reasoning_effort", 'This model is not known to take "none".', "model_effort"),
    ),
    Case(
        "31",
        tools('{"maximum":9223372036854775807}'),
        lint(f"{PARAMETERS}.maximum", BIG, "big_integer"),
    ),
    Case(
        "35",
        {"model": '"my-own-model"'},
        lint("model", "Not in the list of known models.", "unknown_model", "hint"),
    ),
    Case(
        "58 strict",
        strict(REFERENCE),
        error(f"{PARAMETERS}.properties.a['$ref']", INSIDE, "invalid_function_parameters"),
    ),
    Case(
        "60",
        strict('{"type":"object","properties":{}}'),
        error(f"{PARAMETERS}.additionalProperties", NEEDS, "invalid_function_parameters"),
    ),
    Case(
        "60 format",
        schema(OPEN, strict="true"),
        error(f"{SCHEMA}.properties.a.additionalProperties", NEEDS, "invalid_json_schema"),
    ),
    Case(
        "64",
        {"tool_resources": '{"code_interpreter":{"file_ids":["file_1"]}}'},
        lint(
            "tool_resources.code_interpreter.file_ids",
            NO_EFFECT,
            "resource_without_tool",
            "hint",
        ),
    ),
    Case(
        "68",
        {"response_format": '{"type":"json_object"}', "instructions": text("Answer briefly.")},
        lint("instructions", NO_JSON, "json_word_missing"),
    ),
)

CASES = (*TEXTS, *NUMBERS, *PAIRS, *FUNCTIONS, *OTHERS, *DOUBTS)

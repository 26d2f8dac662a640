"""Labels, help, and both sentences of every code: ux.md section 2.1, security.md section 3.

Marked English: forms, differences, audit sentences and API documentation read these strings and
translate them. The API's sentence and the plain one are made of the same data.
"""

from __future__ import annotations

from calendar import month_name
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import advice_words, strict_words
from assistants_app.contract.problems import Path, Problem, param

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.contract.problems import Level


@dataclass(frozen=True, slots=True)
class Label:
    """How one API term is called on screen; `help` is one sentence."""

    label: str
    term: str
    help: str


_ROWS: Final = (
    ("Name", "name", "What your team calls it; people using the assistant may see it too."),
    (
        "What it is for",
        "description",
        "One or two sentences for your colleagues; the assistant does not need it.",
    ),
    ("Model", "model", "Which AI answers; models differ in cost, speed and what they can do."),
    (
        "Instructions",
        "instructions",
        "Tell the assistant who it is, what to do, and what never to do.",
    ),
    (
        "Thinking effort",
        "reasoning_effort",
        "More effort answers hard questions better but is slower and costs more.",
    ),
    (
        "Creativity",
        "temperature",
        "Low is steady and repeatable, high is varied; most teams use 0.2 to 1.",
    ),
    (
        "Word choice range",
        "top_p",
        "An older way to limit variety; change this or Creativity, not both.",
    ),
    (
        "Abilities",
        "tools",
        "What the assistant may use besides its own knowledge (at most 128).",
    ),
    (
        "Run code and read data files",
        "code_interpreter",
        "It can calculate, make charts and read spreadsheets you attach.",
    ),
    ("Search your files", "file_search", "It looks things up in the documents you choose."),
    ("Most passages", "max_num_results", "How many it may find at a time, from 1 to 50."),
    (
        "Lowest score",
        "score_threshold",
        "What fits less is left out, from 0 (nothing) to 1 (nearly all).",
    ),
    ("Ranking", "ranker", "How passages are put in order; a lowest score goes with it."),
    (
        "Call one of your functions",
        "function",
        "It can ask your own software to do a named job.",
    ),
    (
        "Function name",
        "function.name",
        "Letters, numbers, _ and -; your developers match on this.",
    ),
    (
        "When should it be used?",
        "function.description",
        "Say when to use it and when not to; the assistant decides from this.",
    ),
    ("Inputs", "parameters", "What your software needs to be told to do the job."),
    (
        "Follow the inputs exactly",
        "strict",
        "It can never leave an input out or invent one.",
    ),
    ("Must always be filled in", "required", "The assistant must give a value."),
    (
        "No other inputs allowed",
        "additionalProperties: false",
        "Nothing beyond this list may be sent.",
    ),
    ("Allowed values", "enum", "It must pick one of these."),
    (
        "Files and knowledge",
        "tool_resources",
        "The files and the collections of documents that its abilities may open.",
    ),
    (
        "Files for the code ability",
        "tool_resources.code_interpreter.file_ids",
        "Up to 20 files it can open.",
    ),
    (
        "Knowledge to search",
        "tool_resources.file_search.vector_store_ids",
        "The collection of documents it searches.",
    ),
    (
        "Shape of the reply",
        "response_format",
        "Free text for people, or a fixed structure for software.",
    ),
    ("Let the model decide", '"auto"', "The usual choice."),
    ("Plain text", '{"type":"text"}', "Always ordinary writing."),
    (
        "Any JSON",
        '{"type":"json_object"}',
        "Valid JSON without fixed fields; for older models.",
    ),
    (
        "Exactly these fields",
        '{"type":"json_schema"}',
        "JSON with the fields you list, every time.",
    ),
    (
        "Labels for software",
        "metadata",
        "Up to 16 short notes your software can read; people never see them.",
    ),
    ("Upstream ID", "id", "The number the connected server knows it by."),
)

LABELS: Final[dict[str, Label]] = {
    term: Label(label, term, help_text) for label, term, help_text in _ROWS
}
"""By the API term as ux.md section 2.1 spells it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Both sentences of one code, as `str.format` templates over the problem's data."""

    api: str
    plain: str


_REQUIRED: Final = "Required."
_BETWEEN: Final = "Must be between {a} and {b}."
_TWICE: Final = '"{x}" appears more than once.'
_TOO_MANY: Final = "{n} {things}; the limit is {max}."
_CHARACTERS: Final = "{n} characters; the limit is {max}."
_CONTAINS: Final = "Contains {thing} at position {position}."

_METASCHEMA: Final = Sentence(
    "Invalid schema: {at} {detail}.", "JSON Schema does not allow this: it {detail}."
)
_FOREIGN: Final = Sentence(
    "Invalid schema at {at}: '{found}' points to another document.",
    "Must point inside this document.",
)
_ITEMS: Final = Sentence(
    "Invalid schema at {at}: an array without 'items'.", 'A list must say of what: add "items".'
)

SENTENCES: Final[dict[tuple[str, str], Sentence]] = {
    ("missing_required_parameter", ""): Sentence(
        "Missing required parameter: '{param}'.", _REQUIRED
    ),
    ("unknown_parameter", ""): Sentence("Unknown parameter: '{x}'.", 'Unknown field "{x}".'),
    ("unknown_parameter", "near"): Sentence(
        "Unknown parameter: '{x}'. Did you mean '{nearest}'?",
        'Unknown field "{x}". Did you mean "{nearest}"?',
    ),
    ("invalid_type", ""): Sentence(
        "Invalid type for {at}: expected {expected}, but got {found} instead.", "Must be {wanted}."
    ),
    ("string_below_min_length", ""): Sentence(
        "Invalid {at}: empty string. Expected a string with minimum length 1, "
        "but got an empty string instead.",
        _REQUIRED,
    ),
    ("string_above_max_length", ""): Sentence(
        "Invalid {at}: string too long. Expected a string with maximum length {max}, "
        "but got a string with length {n} instead.",
        _CHARACTERS,
    ),
    ("property_name_above_max_length", ""): Sentence(
        "Invalid {at}: property name too long. Expected a property name with maximum length {max}, "
        "but got a property name with length {n} instead.",
        _CHARACTERS,
    ),
    ("array_above_max_length", ""): Sentence(
        "Invalid {at}: array too long. Expected an array with maximum length {max}, "
        "but got an array with length {n} instead.",
        _TOO_MANY,
    ),
    ("object_above_max_properties", ""): Sentence(
        "Invalid {at}: too many properties. Expected an object with at most {max} properties, "
        "but got an object with {n} properties instead.",
        _TOO_MANY,
    ),
    ("decimal_above_max_value", ""): Sentence(
        "Invalid {at}: decimal above maximum value. Expected a value <= {b}, "
        "but got {found} instead.",
        _BETWEEN,
    ),
    ("decimal_below_min_value", ""): Sentence(
        "Invalid {at}: decimal below minimum value. Expected a value >= {a}, "
        "but got {found} instead.",
        _BETWEEN,
    ),
    ("integer_above_max_value", ""): Sentence(
        "Invalid {at}: integer above maximum value. Expected a value <= {b}, "
        "but got {found} instead.",
        _BETWEEN,
    ),
    ("integer_below_min_value", ""): Sentence(
        "Invalid {at}: integer below minimum value. Expected a value >= {a}, "
        "but got {found} instead.",
        _BETWEEN,
    ),
    ("invalid_value", "choice"): Sentence(
        "Invalid value: '{found}'. Supported values are: {supported}.", "Must be one of: {choices}."
    ),
    ("invalid_value", "characters"): Sentence(
        "Invalid {at}: string does not match pattern. "
        "Expected a string that matches the pattern '{pattern}'.",
        "Only a-z, A-Z, 0-9, _ and - are allowed.",
    ),
    ("invalid_value", "finite"): Sentence(
        "Invalid {at}: number out of range. Expected a finite number.", "Must be a finite number."
    ),
    ("invalid_value", "digits"): Sentence(
        "Invalid {at}: number too long. Expected at most {max} digits, but got {n} instead.",
        "A number here has more than {max} digits.",
    ),
    ("invalid_value", "nul"): Sentence(
        "Invalid {at}: the string contains a NUL character at position {position}.", _CONTAINS
    ),
    ("invalid_value", "half_pair"): Sentence(
        "Invalid {at}: the string contains half of a surrogate pair at position {position}.",
        _CONTAINS,
    ),
    ("duplicate_key", ""): Sentence("Duplicate key: '{x}'.", _TWICE),
    ("duplicate_function", ""): Sentence("Duplicate function name: '{x}'.", _TWICE),
    ("duplicate_tool", ""): Sentence("Duplicate tool: '{x}'.", _TWICE),
    ("metadata_reserved", ""): Sentence(
        "Reserved metadata key: '{x}'.", '"{x}" is reserved for this dashboard.'
    ),
    ("metadata_full", ""): Sentence(
        "Invalid 'metadata': {n} pairs used; one is kept for safe creation.",
        "{n} pairs used; one is kept for safe creation.",
    ),
    ("unknown_tool_type", ""): Sentence(
        "Unknown tool type: '{x}'.", 'Unknown kind of tool: "{x}".'
    ),
    ("unsupported_parameter", ""): Sentence(
        "Unsupported parameter: '{param}'. Send the id of an existing vector store.",
        "Send the id of an existing vector store.",
    ),
    ("unsupported_parameter", "serve"): Sentence(
        "This server keeps no vector stores; send vector_store_ids.",
        "This server keeps no vector stores; send vector_store_ids.",
    ),
    ("too_large", ""): Sentence(
        "Too large. Expected at most {max} bytes, but got {n} bytes instead.",
        "{n} bytes; the limit is {max}.",
    ),
    ("invalid_json", "syntax"): Sentence(
        "We could not parse the JSON at line {line}, column {column}.",
        "Not valid JSON at line {line}, column {column}.",
    ),
    ("invalid_json", "constant"): Sentence(
        "We could not parse the JSON: NaN and Infinity are not numbers.",
        "Not valid JSON: NaN and Infinity are not numbers.",
    ),
    ("invalid_json", "depth"): Sentence(
        "We could not parse the JSON: it is nested more than {max} levels.",
        "Nested more than {max} levels.",
    ),
    ("invalid_json", "encoding"): Sentence(
        "We could not parse the JSON: not UTF-8 at byte {position}.",
        "Not UTF-8 at byte {position}.",
    ),
    ("invalid_function_parameters", "root"): Sentence(
        "Invalid schema at {at}: expected 'type: \"object\"', but got 'type: {found}' instead.",
        "The outermost type must be object.",
    ),
    ("invalid_function_parameters", "metaschema"): _METASCHEMA,
    ("invalid_json_schema", "metaschema"): _METASCHEMA,
    ("invalid_function_parameters", "foreign"): _FOREIGN,
    ("invalid_json_schema", "foreign"): _FOREIGN,
    ("invalid_function_parameters", "items"): _ITEMS,
    ("invalid_json_schema", "items"): _ITEMS,
    **{
        (code, kind): Sentence(*both)
        for code in ("invalid_function_parameters", "invalid_json_schema")
        for kind, both in strict_words.SENTENCES.items()
    },
    **{place: Sentence(*both) for place, both in advice_words.SENTENCES.items()},
    ("both_sampling", ""): Sentence(
        "Alter 'temperature' or 'top_p' but not both.", "Change one of the two, not both."
    ),
    ("big_integer", ""): Sentence(
        "The integer {at} is larger than 2^53; some programs round it.",
        "Larger than 2^53; some programs round it.",
    ),
}
"""By (code, kind). A code has more than one kind where its words differ by cause."""

THINGS: Final = {"nul": "a NUL character", "half_pair": "half of a character pair"}


def problem(path: Path, code: str, kind: str = "", level: Level = "error", **data: Any) -> Problem:
    """A Problem whose message is the API's sentence of (`code`, `kind`) over `data`."""
    if kind:
        data["kind"] = kind
    words = data | {"param": param(path), "at": f"'{param(path)}'" if path else "body"}
    if "choices" in data:
        words["supported"] = _listed([f"'{choice}'" for choice in data["choices"]])
    return Problem(path, level, code, SENTENCES[code, kind].api.format_map(words), data)


def plain(found: Problem, translate: Callable[[str], str] = str) -> str:
    """The plain words of security.md section 3; `translate` is gettext where there is one.

    A code that came from elsewhere (an upstream's own) answers with its message.
    """
    sentence = SENTENCES.get((found.code, found.data.get("kind", "")))
    if sentence is None:
        return found.message
    words = {key: _plain_word(key, value, translate) for key, value in found.data.items()}
    if found.data.get("kind") in THINGS:
        words["thing"] = translate(THINGS[found.data["kind"]])
    return translate(sentence.plain).format_map(words)


def _plain_word(key: str, value: Any, translate: Callable[[str], str]) -> str:
    if key in ("n", "max", "a", "b"):
        return f"{value:,}"
    if key in ("choices", "names"):
        return ", ".join(value)
    if key in ("wanted", "things", "label"):
        return translate(value)
    if key == "date":
        day = date.fromisoformat(value)
        return f"{day.day} {translate(month_name[day.month])} {day.year}"
    return str(value)


def _listed(words: list[str]) -> str:
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"

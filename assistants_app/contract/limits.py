"""Numbers and closed lists of the Assistants API, each with the sentence it comes from.

CR = "Create assistant reference", MR = "Modify assistant reference", OA = the OpenAPI description,
us = a rule of this product. Lengths count Unicode code points.
"""

from __future__ import annotations

import re
from typing import Final

FIELDS: Final = (
    "model",
    "name",
    "description",
    "instructions",
    "tools",
    "tool_resources",
    "response_format",
    "reasoning_effort",
    "temperature",
    "top_p",
    "metadata",
)
"""The writable fields of both request bodies (OA), in the order of canonical text (us)."""

MARKER: Final = "_dash"
"""The reserved metadata key that makes a create safe (us, contract.md section 1)."""

MODEL_MAX: Final = 256
"""us: "non-empty; <= 256"; CR: "ID of the model to use"."""
NAME_MAX: Final = 256
"""CR: "The name of the assistant. The maximum length is 256 characters"."""
DESCRIPTION_MAX: Final = 512
"""CR: "The description of the assistant. The maximum length is 512 characters"."""
INSTRUCTIONS_MAX: Final = 256_000
"""CR: "The system instructions that the assistant uses. The maximum length is 256,000
characters"."""
TOOLS_MAX: Final = 128
"""CR: "There can be a maximum of 128 tools per assistant"."""
FUNCTION_NAME_MAX: Final = 64
"""OA, FunctionObject.name and json_schema.name: "Must be a-z, A-Z, 0-9, or contain underscores
and dashes, with a maximum length of 64"."""
NAME_PATTERN: Final = r"^[a-zA-Z0-9_-]+$"
NAME_CHARACTERS: Final = re.compile(r"[a-zA-Z0-9_-]+\Z")
FILE_IDS_MAX: Final = 20
"""CR: "There can be a maximum of 20 files associated with the tool"."""
VECTOR_STORE_IDS_MAX: Final = 1
"""OA: "There can be a maximum of 1 vector store attached to the assistant"."""
NUM_RESULTS: Final = (1, 50)
"""OA: "This number should be between 1 and 50 inclusive"."""
SCORE_THRESHOLD: Final = (0, 1)
"""OA: "All values must be a floating point number between 0 and 1"."""
RANKERS: Final = ("auto", "default_2024_08_21")
"""OA, FileSearchRanker."""
METADATA_PAIRS: Final = 16
"""CR: "Set of 16 key-value pairs"; "Keys are strings with a maximum length of 64 characters.
Values are strings with a maximum length of 512 characters"."""
METADATA_KEY_MAX: Final = 64
METADATA_VALUE_MAX: Final = 512
TEMPERATURE: Final = (0, 2)
"""CR: "What sampling temperature to use, between 0 and 2"."""
TOP_P: Final = (0, 1)
"""OA: `minimum: 0, maximum: 1`."""
EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""OA: "Currently supported values are `none`, `minimal`, `low`, `medium`, `high`, `xhigh`,
`max`"."""
TOOL_TYPES: Final = ("code_interpreter", "file_search", "function")
"""CR: tools "can be of types `code_interpreter`, `file_search`, or `function`"."""
FORMAT_TYPES: Final = ("text", "json_object", "json_schema")
"""CR: "auto" is the default value; OA: text, json_object, json_schema."""

JSON_DEPTH: Final = 64
"""us, security.md sections 4 and 5."""
NUMBER_DIGITS: Final = 400
JSON_FIELD_BYTES: Final = 1_048_576
EXACT_INTEGER: Final = 2**53
PROBLEMS_MAX: Final = 500
"""us: a document with more faults than this is reported up to here, so that a refusal stays
cheap."""

STRICT_TYPES: Final = ("string", "number", "integer", "boolean", "object", "array", "null")
"""contract.md section 4, as are all lists and numbers of strict structured outputs below."""
STRICT_FORMATS: Final = (
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
)
STRICT_KEYWORDS: Final = frozenset(
    [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "anyOf",
        "$ref",
        "$defs",
        "definitions",
        "title",
        "description",
        "pattern",
        "format",
        "multipleOf",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
    ]
)
"""Allowed. Any keyword in neither list is doubtful: a warning."""
STRICT_REFUSED: Final = frozenset(
    [
        "default",
        "allOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "$anchor",
        "$dynamicRef",
        "$dynamicAnchor",
        "$recursiveRef",
        "$recursiveAnchor",
    ]
)
FINE_TUNED: Final = "ft:"
"""How the id of a fine-tuned model starts."""
FINE_TUNED_REFUSED: Final = frozenset(
    [
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "multipleOf",
        "patternProperties",
        "minItems",
        "maxItems",
    ]
)
"""What fine-tuned models refuse besides."""
STRICT_LIMITS: Final = {
    "properties": (100, 5_000),
    "depth": (5, 10),
    "characters": (15_000, 120_000),
    "enums": (500, 1_000),
    "enum_characters": (7_500, 15_000),
}
"""Old and new number of each limit: properties in total, objects within objects, characters of all
names and allowed values, allowed values in total, characters of one long list of texts."""
LONG_ENUM: Final = 250
"""`enum_characters` binds lists of more values than this."""

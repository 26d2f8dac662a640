"""The quick look at a function: most are written in few words, and C code can vouch for those.

A schema of schemas, narrower than the metaschema: what it lets through is plain, sound and without
a doubt. Whatever it does not know is looked at part by part (`faults`, `tools`), as if it were not
here.
"""

from __future__ import annotations

import marshal
from typing import Any, Final

import jsonschema_rs

from assistants_app.contract import limits

_LEVELS: Final = 12  # of groups and lists within each other; far from limits.JSON_DEPTH
_LONGEST: Final = 6  # characters of JSON for one byte: \u001f
_EXACT: Final = limits.EXACT_INTEGER
_KINDS: Final = ("string", "number", "integer", "boolean", "object", "null")

_TEXT: Final = {"type": "string", "not": {"pattern": "\0"}}
_TEXTS: Final = {"type": "array", "items": {"$ref": "#/$defs/text"}, "uniqueItems": True}
_NUMBER: Final = {"type": "number", "minimum": -_EXACT, "maximum": _EXACT}
_COUNT: Final = {"type": "integer", "minimum": 0, "maximum": _EXACT}
# No null among the values: NaN, which only a form can bring, would pass for it.
_VALUE: Final = {"anyOf": [_TEXT, _NUMBER, {"type": "boolean"}]}


def _part(inner: dict[str, Any]) -> dict[str, Any]:
    """A schema whose parts are `inner`."""
    text, number, count = ({"$ref": f"#/$defs/{name}"} for name in ("text", "number", "count"))
    return {
        "type": "object",
        "properties": {
            "type": {
                "anyOf": [
                    {"enum": [*_KINDS, "array"]},
                    {
                        "type": "array",
                        "items": {"enum": _KINDS},
                        "uniqueItems": True,
                        "minItems": 1,
                    },
                ]
            },
            "title": text,
            "description": text,
            "properties": {"type": "object", "propertyNames": text, "additionalProperties": inner},
            "required": _TEXTS,
            "additionalProperties": {"type": "boolean"},
            "items": inner,
            "anyOf": {"type": "array", "items": inner, "minItems": 1},
            "enum": {"type": "array", "items": _VALUE},
            "const": _VALUE,
            "default": _VALUE,
            "format": text,
            "pattern": text,
            "minimum": number,
            "maximum": number,
            "exclusiveMinimum": number,
            "exclusiveMaximum": number,
            "minLength": count,
            "maxLength": count,
            "minItems": count,
            "maxItems": count,
        },
        "additionalProperties": False,
        "if": {"properties": {"type": {"const": "array"}}, "required": ["type"]},
        "then": {"required": ["items"]},
    }


_USUAL: Final = jsonschema_rs.Draft202012Validator(
    {
        "type": "object",
        "required": ["type", "function"],
        "properties": {
            "type": {"const": "function"},
            "function": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {
                        "type": "string",
                        "maxLength": limits.FUNCTION_NAME_MAX,
                        "pattern": limits.NAME_PATTERN,
                    },
                    "description": {"anyOf": [{"$ref": "#/$defs/text"}, {"type": "null"}]},
                    "strict": {"enum": [False, None]},
                    "parameters": {
                        "properties": {"type": {"const": "object"}},
                        "$ref": "#/$defs/level_0",
                    },
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
        "$defs": {
            "text": _TEXT,
            "number": _NUMBER,
            "count": _COUNT,
            **{
                f"level_{level}": _part({"$ref": f"#/$defs/level_{level + 1}"})
                for level in range(_LEVELS)
            },
            f"level_{_LEVELS}": False,
        },
    },
    offline=True,
)


def is_usual(tool: Any) -> bool:
    """Whether a tool is a function in which `tools.check` and `faults.find` surely find nothing.

    Never true of a tool with a fault; false where that is not sure, as of every strict one.
    """
    try:
        # marshal refuses every subclass, and so a dictionary with equal keys.
        size = len(marshal.dumps(tool, 2))
        return size * _LONGEST <= limits.JSON_FIELD_BYTES and _USUAL.is_valid(tool)
    except ValueError:  # what is no JSON
        return False

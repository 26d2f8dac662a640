"""The words of strict structured outputs: both sentences of every fault, and what was changed.

`words.SENTENCES` takes the first table in. The API's sentences are those of contract.md section 4.
"""

from __future__ import annotations

from typing import Final

_IN: Final = "Invalid schema for {owner}: In context={context}, "
_ALL_REQUIRED: Final = (
    _IN + "'required' is required to be supplied and to be an array including every key "
    "in properties. "
)
_ROOT: Final = "The outermost type must be object."

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "additional": (
        _IN + "'additionalProperties' is required to be supplied and to be false.",
        "Following exactly needs this switched on.",
    ),
    "required": (
        _ALL_REQUIRED + "Missing '{x}'.",
        "Following exactly needs every name; each can still be left empty. Missing: {names}.",
    ),
    "extra": (
        _ALL_REQUIRED + "Extra required key '{x}' supplied.",
        '"{x}" is required but does not exist.',
    ),
    "root": (
        "Invalid schema at {at}: expected 'type: \"object\"', but got 'type: {found}' instead.",
        _ROOT,
    ),
    "root_choice": (
        "Invalid schema for {owner}: schema must have type 'object' and not have 'anyOf' at the "
        "top level.",
        _ROOT,
    ),
    "type": (_IN + "'{x}' is not a valid type.", "Must be one of: {choices}."),
    "untyped": (_IN + "schema must have a 'type' key.", "Strict needs a type here."),
    "no_items": (
        _IN + "array schema missing items.",
        'A list must say of what: add "items".',
    ),
    "keyword": (_IN + "'{x}' is not permitted.", 'Strict does not know "{x}".'),
    "unlisted": (_IN + "'{x}' may not be permitted.", 'Strict may not know "{x}".'),
    "fine_tuned": (
        _IN + "'{x}' is not permitted for fine-tuned models.",
        'With fine-tuned models, strict does not know "{x}".',
    ),
    "format": (_IN + "'{x}' is not a valid format.", "Must be one of: {choices}."),
    "siblings": (
        _IN + "$ref cannot have keywords {{{quoted}}}.",
        'Nothing may stand beside "$ref": {names}.',
    ),
    "dangling": (_IN + "'{found}' points to nothing.", "Points to nothing in this document."),
    "first_key": (
        "Invalid schema for {owner}: Objects provided via 'anyOf' must not share identical first "
        "keys: '{x}'.",
        'More than one choice begins with "{x}"; the first names must differ.',
    ),
    "bare": (
        "Invalid schema for {owner}: strict without a schema.",
        "Strict has nothing to follow here.",
    ),
    "properties": (
        "Invalid schema for {owner}: {n} parameters exceed the limit of {max}.",
        "{n} names; the limit is {max}.",
    ),
    "depth": (
        "Invalid schema for {owner}: {n} levels of nesting exceeds limit of {max}.",
        "{n} levels; the limit is {max}.",
    ),
    "characters": (
        "Invalid schema for {owner}: {n} characters in names and enum values exceed the limit of "
        "{max}.",
        "{n} characters in names and allowed values; the limit is {max}.",
    ),
    "enums": (
        "Invalid schema for {owner}: {n} enum values exceed the limit of {max}.",
        "{n} allowed values; the limit is {max}.",
    ),
    "enum_characters": (
        "Invalid schema for {owner}: {n} characters in the values of one enum exceed the limit of "
        "{max}.",
        "{n} characters in these allowed values; the limit is {max}.",
    ),
}
"""By kind: the API's sentence and the plain one. Each holds for functions and reply formats."""

CHANGES: Final[dict[str, str]] = {
    "type": 'The type "object" was added.',
    "wrapped": 'Put into an object, under the name "value".',
    "any_of": '"oneOf" became "anyOf".',
    "merged": 'The one part of "allOf" was joined with what stood beside it.',
    "additional": "Switched on.",
    "nullable": "May be left empty now.",
    "required": "Required now: {names}.",
    "required_only": "Holds each name that exists, once.",
    "empty_default": "The empty default was removed.",
    "sentence": '"{x}" became a sentence of the description.',
    "removed": '"{x}" was removed.',
    "inlined": 'What "$ref" points to was copied here.',
    "dropped": 'Removed beside "$ref", which cannot be copied here: {names}.',
    "beside": '"$ref" moved into "anyOf", so that the description may stay.',
    "moved": '"$ref" follows what it points to.',
}
"""By kind: what make strict did at one place."""

DESCRIPTIONS: Final[dict[str, str]] = {
    "default": "Default: {value}.",
    "format": "Format: {value}.",
    "uniqueItems": "Items are unique.",
    "minProperties": "At least {value} properties.",
    "maxProperties": "At most {value} properties.",
    "contains": "At least one item matches {value}.",
    "minContains": "At least {value} items match.",
    "maxContains": "At most {value} items match.",
    "prefixItems": "The first items are, in order: {value}.",
    "propertyNames": "Names match {value}.",
    "patternProperties": "Properties by the pattern of their names: {value}.",
    "dependentRequired": "Properties that need others: {value}.",
    "dependentSchemas": "Properties that change the rest: {value}.",
    "dependencies": "Properties that need others: {value}.",
    "not": "Does not match {value}.",
    "if": "Condition: {value}.",
    "then": "When the condition holds: {value}.",
    "else": "When the condition does not hold: {value}.",
    "unevaluatedProperties": "Other properties match {value}.",
    "unevaluatedItems": "Other items match {value}.",
    "contentEncoding": "Content encoding: {value}.",
    "contentMediaType": "Content type: {value}.",
    "contentSchema": "The content matches {value}.",
    "$dynamicRef": "The same shape as {value}.",
    "$recursiveRef": "The same shape as {value}.",
}
"""What a refused keyword says in a description, which the model reads: never translated. A keyword
outside this table says nothing."""

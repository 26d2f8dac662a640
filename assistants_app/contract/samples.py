"""A sample call against the inputs of a function: would it be accepted?

Nothing is sent and nothing is fetched. Patterns run in an engine whose time grows with the text
only; what such an engine cannot read makes the schema one that cannot be tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from assistants_app.contract.json_schema import plain_numbers
from assistants_app.contract.ordered_json import dumps
from assistants_app.contract.problems import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_app.contract.problems import Path

FAULTS_MAX: Final = 20
_LINEAR: Final = jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)
_CHOICES: Final = 8

WORDS: Final[dict[str, str]] = {
    "type": "Must be {what}.",
    "enum": "Must be one of: {what}.",
    "no_enum": "No value is allowed here yet.",
    "const": "Must be {what}.",
    "required": "“{what}” is missing.",
    "additionalProperties": "Nothing here is called {what}.",
    "falseSchema": "Nothing may stand here.",
    "anyOf": "Fits none of the shapes that are allowed here.",
    "oneOf": "Fits several shapes, of which only one may be met.",
    "minimum": "Must be at least {what}.",
    "maximum": "Must be at most {what}.",
    "exclusiveMinimum": "Must be more than {what}.",
    "exclusiveMaximum": "Must be less than {what}.",
    "multipleOf": "Must be a multiple of {what}.",
    "minLength": "Must have at least {what} characters.",
    "maxLength": "Must have at most {what} characters.",
    "minItems": "Must have at least {what} entries.",
    "maxItems": "Must have at most {what} entries.",
    "uniqueItems": "Has the same entry twice.",
    "pattern": "Does not match the pattern {what}.",
}
"""Marked English, by the keyword that is not kept."""

KINDS: Final[dict[str, str]] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group",
    "null": "nothing (null)",
}
"""Marked English: what a value must be."""


class Untried(ValueError):
    """The schema itself cannot be used to judge anything."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the sample breaks the schema, and how: a key of WORDS with what fills it, kinds as
    their JSON names; where there is no such key, the validator's own words."""

    path: Path
    kind: str
    what: Any = None
    own: str = field(default="", compare=False)

    def said(self, translate: Callable[[str], str] = str) -> str:
        if self.kind not in WORDS:
            return self.own
        if self.kind == "type":
            what = " / ".join(translate(KINDS.get(name, name)) for name in self.what)
        else:
            what = shown(str(self.what), 200)
        return translate(WORDS[self.kind]).format(what=what)


def faults(schema: Any, sample: Any) -> list[Fault]:
    """What does not fit; [] = accepted. Raises Untried."""
    try:
        validator = jsonschema_rs.Draft202012Validator(
            plain_numbers(schema), offline=True, pattern_options=_LINEAR
        )
        found = validator.iter_errors(plain_numbers(sample))
        return [_fault(one) for one, _ in zip(found, range(FAULTS_MAX), strict=False)]
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise Untried(shown(str(error), 200)) from None


def _fault(found: Any) -> Fault:
    path, own = tuple(found.instance_path), shown(found.message, 200)
    kind: str = found.kind.name
    data: Mapping[str, Any] = found.kind.as_dict()
    if kind in ("anyOf", "oneOf"):
        return Fault(path, *_of_branches(data.get("context") or []), own)
    if kind == "type":
        return Fault(path, kind, tuple(sorted(data["types"], key=lambda name: name == "null")), own)
    if kind == "enum":
        return Fault(path, *_of_choices(data["options"]), own)
    if kind == "additionalProperties":
        return Fault(path, kind, ", ".join(f"“{name}”" for name in data["unexpected"]), own)
    if kind == "const":
        return Fault(path, kind, dumps(data["expected_value"]), own)
    what = next(
        (data[key] for key in ("limit", "property", "pattern", "multiple_of") if key in data), ""
    )
    return Fault(path, kind, what, own)


def _of_branches(branches: list[Any]) -> tuple[str, Any]:
    """Where each branch only asks for another kind, those kinds."""
    if not all(branches):
        return "oneOf", None
    kinds = [one.kind for faults in branches for one in faults[:1]]
    if not kinds or any(kind.name != "type" for kind in kinds):
        return "anyOf", None
    names = dict.fromkeys(name for kind in kinds for name in kind.types)
    return "type", tuple(sorted(names, key=lambda name: name == "null"))


def _of_choices(options: Any) -> tuple[str, Any]:
    named = [option for option in options if option is not None]
    if not named:
        return "no_enum", None
    more = ["…"] * (len(named) > _CHOICES)
    return "enum", ", ".join([*(_choice(one) for one in named[:_CHOICES]), *more])


def _choice(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)

"""Replies to begin with: what many assistants answer, as schemas that exact mode takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from assistants_app.contract import Document


@dataclass(frozen=True, slots=True)
class Template:
    """`name` is what the API gets as the name of the structure."""

    name: str
    label: Any
    text: Any
    schema: Document


def _group(**properties: Document) -> Document:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _said(kind: str, description: str) -> Document:
    return {"type": kind, "description": description}


def _maybe(description: str) -> Document:
    return {"type": ["string", "null"], "description": description}


_ACTION = _group(
    what=_said("string", "What is to be done, as one short sentence."),
    who=_maybe("Who does it, if that was said."),
    due={**_maybe("Until when, if that was said."), "format": "date"},
)
TEMPLATES: dict[str, Template] = {
    one.name: one
    for one in (
        Template(
            "classification",
            _("Classify"),
            _("One of a few classes, how sure, and why."),
            _group(
                category={
                    "type": "string",
                    "enum": ["question", "complaint", "order", "other"],
                    "description": "What the message is about.",
                },
                confidence={
                    **_said("number", "How sure, from 0 to 1."),
                    "minimum": 0,
                    "maximum": 1,
                },
                reason=_said("string", "Why, in one sentence."),
            ),
        ),
        Template(
            "contact",
            _("Extract contact"),
            _("Name, company, e-mail, telephone and address, as far as they are there."),
            _group(
                name=_maybe("The full name."),
                company=_maybe("The company or organisation."),
                email=_maybe("The e-mail address."),
                telephone=_maybe("The telephone number, as it was written."),
                address=_maybe("The postal address on one line."),
            ),
        ),
        Template(
            "summary",
            _("Summary and actions"),
            _("What was said in short, what was decided, and who does what until when."),
            _group(
                summary=_said("string", "What was said, in at most five sentences."),
                decisions={
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "What was decided.",
                },
                actions={
                    "type": "array",
                    "items": _ACTION,
                    "description": "What is to be done.",
                },
            ),
        ),
    )
}

"""A pasted text → function tools: OpenAI's own, OpenAPI, curl, Python, MCP, a JSON example.

Pure Python. Nothing pasted is run, fetched or contacted. Whatever is no text of these kinds is
refused with `Refusal` or `InvalidDocument`, never with anything else; what had to be left out,
guessed or changed is said in notes, never done silently.
"""

from __future__ import annotations

from assistants_app.schema.importers.found import Found, Function, Note, Offer, Refusal, Told
from assistants_app.schema.importers.reading import PASTE_MAX, read, read_example
from assistants_app.schema.importers.samples import infer

__all__ = [
    "PASTE_MAX",
    "Found",
    "Function",
    "Note",
    "Offer",
    "Refusal",
    "Told",
    "infer",
    "read",
    "read_example",
]

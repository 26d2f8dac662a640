"""What a model is good for, in a few words: data for pickers, advice only.

By the id without its date. Where nothing stands here nothing is said: what later models are for is
not known to this release. Source: the model pages of OpenAI.
"""

from __future__ import annotations

from typing import Final

from assistants_app.contract.catalogue import stem

_OLD: Final = "An older one; newer ones answer better at a lower price."
_TALK: Final = "The model of ChatGPT at its time; it may change under the same name."

GOOD_FOR: Final[dict[str, str]] = {
    "gpt-5.2": "Hard work in many steps, and code.",
    "gpt-5.2-pro": "The hardest questions; slow and expensive.",
    "gpt-5.2-chat-latest": _TALK,
    "gpt-5.1": "Everyday and hard work; thinks only as much as it is told to.",
    "gpt-5.1-codex": "Writing and changing code.",
    "gpt-5.1-chat-latest": _TALK,
    "gpt-5-chat-latest": _TALK,
    "gpt-5": "Hard questions, and work in many steps.",
    "gpt-5-mini": "Well-described work, quicker and cheaper.",
    "gpt-5-nano": "Sorting and short summaries; the quickest and cheapest of its kind.",
    "gpt-5-pro": "The hardest questions; slow and expensive.",
    "gpt-4.1": "Long texts and exact instructions, answered at once.",
    "gpt-4.1-mini": "Like gpt-4.1 at a lower price, for simpler work.",
    "gpt-4.1-nano": "Sorting and completing; very quick.",
    "gpt-4o": "All-round answers at once, from text and pictures.",
    "gpt-4o-mini": "Simple work, quick and cheap.",
    "gpt-4o-audio-preview": "Hearing and speaking.",
    "gpt-4o-mini-audio-preview": "Hearing and speaking, cheaper.",
    "gpt-4o-search-preview": "Answers from a search of the web.",
    "gpt-4o-mini-search-preview": "Answers from a search of the web, cheaper.",
    "chatgpt-4o-latest": _TALK,
    "gpt-4.5-preview": "Fluent writing; expensive.",
    "codex-mini-latest": "Writing and changing code.",
    "o4-mini": "Thinking about mathematics and code, quicker and cheaper.",
    "o3": "Hard questions of mathematics, science and code.",
    "o3-mini": "Thinking about mathematics and code, quicker and cheaper.",
    "o1": "Hard questions; its successors think better.",
    "o1-preview": "Hard questions; its successors think better.",
    "o1-mini": "Mathematics and code; its successors think better.",
    "gpt-4-turbo": _OLD,
    "gpt-4-turbo-preview": _OLD,
    "gpt-4-1106-preview": _OLD,
    "gpt-4-0125-preview": _OLD,
    "gpt-4-vision-preview": "Describing pictures; newer ones do it better.",
    "gpt-4": _OLD,
    "gpt-4-32k": _OLD,
    "gpt-3.5-turbo": "Simple text; the oldest of its kind.",
    "gpt-3.5-turbo-16k": "Simple text; the oldest of its kind.",
}


def good_for(model: str) -> str:
    """One sentence, marked English; "" where none is known."""
    return GOOD_FOR.get(model) or GOOD_FOR.get(stem(model), "")

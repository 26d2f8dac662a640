"""The words of advice: both sentences of every lint, and of what `blame` knows about refusals.

By (code, kind); `words.SENTENCES` takes the table in. Sources: contract.md section 6, security.md
section 10, ux.md 5.3. The API's sentences are a server's own where servers say the same.
"""

from __future__ import annotations

from typing import Final

_NO_FUNCTION: Final = "No tool is a function named '{x}'."
_NOT_WITH_MODEL: Final = "Unsupported parameter: '{param}' is not supported with this model."
_EFFORT: Final = "Unsupported value: '{param}' does not support '{x}' with this model."
_SWITCHED_OFF: Final = "The model '{x}' is switched off on {date}."

SENTENCES: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("json_word_missing", ""): (
        "'instructions' must contain the word 'json' in some form, to use 'response_format' of "
        "type 'json_object'.",
        "The instructions never mention JSON; upstream may refuse.",
    ),
    ("unknown_function", ""): (_NO_FUNCTION, 'No function here is called "{x}".'),
    ("unknown_function", "near"): (
        _NO_FUNCTION + " Did you mean '{nearest}'?",
        'No function here is called "{x}". Did you mean "{nearest}"?',
    ),
    ("resource_without_tool", ""): (
        "{at} has no effect without a tool of type '{x}'.",
        "This ability is switched off; the {things} have no effect.",
    ),
    ("tool_without_resource", ""): (
        "A tool of type '{x}' has nothing to search without 'vector_store_ids'.",
        "No collection is chosen, so there is nothing to search.",
    ),
    ("static_overlap", ""): (
        "Invalid {at}: expected at most half of 'max_chunk_size_tokens', {max}, "
        "but got {n} instead.",
        "{n} tokens; the limit is {max}, half of a chunk.",
    ),
    ("profile_limit", ""): (
        "Invalid {at}: string too long for this server. Expected a string with maximum length "
        "{max}, but got a string with length {n} instead.",
        "{n} characters; the connected server takes {max}.",
    ),
    ("profile_field", ""): (
        "This server does not keep '{param}'.",
        "The connected server does not keep this.",
    ),
    ("invisible_text", ""): (
        "{at} contains {x}, which cannot be seen, at position {position}.",
        "Contains {x}, which cannot be seen, at position {position}.",
    ),
    ("blank_text", ""): ("{at} has no visible characters.", "No visible characters."),
    ("model_effort", ""): (_EFFORT, 'This model is not known to take "{x}".'),
    ("model_sampling", ""): (
        _NOT_WITH_MODEL,
        "{x} may ignore {label}. We keep your value in case you switch back.",
    ),
    ("model_format", ""): (
        "'{param}' of type '{x}' is not supported with model version '{model}'.",
        "{model} is not known to answer in this shape.",
    ),
    ("model_shutdown", "past"): (_SWITCHED_OFF, "Switched off since {date}."),
    ("model_shutdown", "soon"): (_SWITCHED_OFF, "Will be switched off on {date}."),
    ("model_shutdown", "later"): (_SWITCHED_OFF, "Will be switched off on {date}."),
    ("model_shutdown", "gone"): (
        "The model '{x}' is missing from later lists of models.",
        "Missing from later lists of models; it may be switched off.",
    ),
    ("unknown_model", ""): ("The model '{x}' is not known.", "Not in the list of known models."),
    ("unknown_model", "unsupported"): (
        "The model '{x}' is not a supported id.",
        "In the reference, but servers are not known to take it.",
    ),
    ("unsupported_value", "model"): (_EFFORT, 'This model does not take "{x}".'),
    ("unsupported_parameter", "model"): (_NOT_WITH_MODEL, "This model does not take it."),
}

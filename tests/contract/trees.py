"""Hypothesis: arbitrary JSON texts, every spelling included, and arbitrary documents."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.contract import limits

CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
WORDS = st.text(CHARACTERS, max_size=12)
INTEGERS = st.integers().map(str) | st.just("-0")
FLOATS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True
)


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def _list_text(items: list[str]) -> str:
    return f"[{','.join(items)}]"


def _object_text(items: dict[str, str]) -> str:
    return "{" + ",".join(f"{_quoted(key)}:{text}" for key, text in items.items()) + "}"


SCALAR_TEXTS = st.sampled_from(["null", "true", "false"]) | INTEGERS | FLOATS | WORDS.map(_quoted)
TEXTS = st.recursive(
    SCALAR_TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4).map(_list_text)
        | st.dictionaries(WORDS, inner, max_size=4).map(_object_text)
    ),
    max_leaves=10,
)
"""Compact JSON texts in the writer's own escapes, numbers in any spelling."""

TREES: st.SearchStrategy[Any] = TEXTS.map(contract.parse)

NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,8}", fullmatch=True)
SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={
        "properties": st.dictionaries(WORDS, TREES, max_size=3),
        "required": st.lists(WORDS, max_size=3),
    },
)
FUNCTIONS = st.fixed_dictionaries(
    {
        "type": st.just("function"),
        "function": st.fixed_dictionaries(
            {"name": NAMES},
            optional={
                "description": st.none() | WORDS,
                "parameters": st.none() | SCHEMAS,
                "strict": st.sampled_from([None, True, False]),
                "extra": TREES,
            },
        ),
    }
)
RANKINGS = st.fixed_dictionaries(
    {"score_threshold": st.sampled_from([0, 0.5, 0.30000001192092896, 1])},
    optional={"ranker": st.sampled_from([None, "auto", "default_2024_08_21"])},
)
SEARCHES = st.fixed_dictionaries(
    {"type": st.just("file_search")},
    optional={
        "file_search": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "max_num_results": st.none() | st.integers(1, 50),
                "ranking_options": st.none() | RANKINGS,
            },
        )
    },
)
OTHER_TOOLS = st.fixed_dictionaries(
    {"type": st.just("bing_grounding")}, optional={"bing_grounding": TREES}
)
TOOLS = st.lists(
    FUNCTIONS | SEARCHES | OTHER_TOOLS | st.just({"type": "code_interpreter"}), max_size=4
)
RESOURCES = st.fixed_dictionaries(
    {},
    optional={
        "code_interpreter": st.none()
        | st.fixed_dictionaries({}, optional={"file_ids": st.lists(NAMES, max_size=3)}),
        "file_search": st.none()
        | st.fixed_dictionaries({}, optional={"vector_store_ids": st.lists(NAMES, max_size=1)}),
    },
)
FORMATS = st.sampled_from(
    ["auto", {"type": "text"}, {"type": "json_object"}]
) | st.fixed_dictionaries(
    {
        "type": st.just("json_schema"),
        "json_schema": st.fixed_dictionaries(
            {"name": NAMES},
            optional={
                "schema": SCHEMAS,
                "strict": st.sampled_from([None, True, False]),
                "description": WORDS,
            },
        ),
    }
)
NUMBERS = FLOATS.map(contract.parse) | st.sampled_from([0, 1, 1.0, 0.3])
DOCUMENTS: st.SearchStrategy[contract.Document] = st.fixed_dictionaries(
    {"model": NAMES},
    optional={
        "name": WORDS,
        "description": WORDS,
        "instructions": st.text(st.sampled_from("a\r\n"), max_size=6) | WORDS,
        "tools": TOOLS,
        "tool_resources": RESOURCES,
        "response_format": FORMATS,
        "reasoning_effort": st.sampled_from(limits.EFFORTS),
        "temperature": NUMBERS,
        "top_p": NUMBERS,
        "metadata": st.dictionaries(WORDS, WORDS, max_size=4),
    },
)
"""Documents of the right shapes; values need not be within the limits."""
ODD_DOCUMENTS = st.dictionaries(st.sampled_from(limits.FIELDS), TREES)
"""Documents of any shape, as a Draft may hold."""

"""Labels, sentences, problems, profiles and the model list: the contract's data."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.contract.problems import param, shown

OPENAPI = yaml.safe_load(Path(__file__).with_name("openapi.yaml").read_text("utf-8"))
SCHEMAS = OPENAPI["components"]["schemas"]


@pytest.mark.parametrize("field", contract.FIELDS)
def test_every_field_has_a_label_and_help(field: str) -> None:
    label = contract.words.LABELS[field]
    assert label.term == field
    assert label.label
    assert label.help.endswith(".")


def test_every_row_of_the_word_table_is_whole() -> None:
    for key, label in words.LABELS.items():
        assert label.term == key
        assert label.label.strip() == label.label != ""
        assert label.term.strip() == label.term != ""
        assert re.fullmatch(r"[A-Z].+\.", label.help), key


# The codes of contract.md sections 6 and 11 that the contract itself gives out.
CODES = {
    *("missing_required_parameter", "unknown_parameter", "invalid_type", "invalid_value"),
    *("invalid_json", "duplicate_key", "string_above_max_length", "string_below_min_length"),
    *("array_above_max_length", "object_above_max_properties", "property_name_above_max_length"),
    *("integer_above_max_value", "decimal_above_max_value", "integer_below_min_value"),
    *("decimal_below_min_value", "unsupported_parameter", "invalid_json_schema"),
    *("invalid_function_parameters", "too_large", "json_word_missing", "both_sampling"),
    *("duplicate_function", "duplicate_tool", "unknown_function", "metadata_reserved"),
    *("metadata_full", "unknown_tool_type", "resource_without_tool", "tool_without_resource"),
    *("static_overlap", "profile_limit", "profile_field", "invisible_text", "blank_text"),
    *("big_integer", "unknown_model", "model_effort", "model_sampling", "model_format"),
    *("model_shutdown", "unsupported_value"),
}


def test_every_code_has_both_sentences_and_no_sentence_is_of_no_code() -> None:
    assert {code for code, _kind in words.SENTENCES} == CODES
    for place, sentence in words.SENTENCES.items():
        assert sentence.api.strip() == sentence.api != "", place
        assert sentence.plain.strip() == sentence.plain != "", place


def test_every_code_that_the_contract_writes_has_its_sentences() -> None:
    """What `words.problem` is called with anywhere, read from the source itself."""
    written = set()
    for source in Path(contract.__file__).parent.glob("*.py"):
        tree = ast.parse(source.read_text("utf-8"))
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
        written |= {text for text in texts if isinstance(text, str) and text in CODES}
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "words.problem":
                literal = [a.value for a in call.args[1:2] if isinstance(a, ast.Constant)]
                assert set(literal) <= CODES, ast.unparse(call)
    assert written == CODES


NEVER = ("prompt", "payload", "schema", "conflict", "put", "null", "job", "task", "deploy")


@pytest.mark.parametrize("label", words.LABELS.values(), ids=list(words.LABELS))
def test_labels_use_no_word_of_the_trade(label: words.Label) -> None:
    spoken = set(re.findall(r"[a-z]+", label.label.lower()))
    assert not spoken & {*NEVER, "snapshot", "revision"}


def test_the_terms_of_tools_and_reply_shapes_are_labelled() -> None:
    for term in (
        "code_interpreter",
        "file_search",
        "function",
        "function.name",
        "tool_resources.code_interpreter.file_ids",
        "tool_resources.file_search.vector_store_ids",
        '"auto"',
        '{"type":"json_schema"}',
        "additionalProperties: false",
        "max_num_results",
        "score_threshold",
        "ranker",
        "id",
    ):
        assert words.LABELS[term].term == term
    assert len(words.LABELS) == 31


@pytest.mark.parametrize("sentence", words.SENTENCES.values(), ids=map(str, words.SENTENCES))
def test_plain_sentences_blame_nobody_and_beg_for_nothing(sentence: words.Sentence) -> None:
    assert sentence.plain[-1] in ".?"
    assert not re.search(r"\b(invalid|please)\b", sentence.plain.lower())


def test_a_sentence_can_be_translated_before_it_is_filled() -> None:
    german = {
        "{n} {things}; the limit is {max}.": "{n} {things}; höchstens {max}.",
        "tools": "Werkzeuge",
        "Contains {thing} at position {position}.": "Enthält {thing} an Stelle {position}.",
        "a NUL character": "ein NUL-Zeichen",
    }
    found = words.problem(("tools",), "array_above_max_length", n=1290, max=128, things="tools")
    assert words.plain(found, lambda text: german.get(text, text)) == (
        "1,290 Werkzeuge; höchstens 128."
    )
    nul = words.problem(("name",), "invalid_value", "nul", position=5)
    assert words.plain(nul, lambda text: german.get(text, text)) == (
        "Enthält ein NUL-Zeichen an Stelle 5."
    )


def test_a_code_that_came_from_elsewhere_keeps_its_message() -> None:
    found = contract.Problem(("model",), "error", "quota", "No more today.")
    assert contract.plain(found) == "No more today."


def test_braces_in_what_was_found_are_text() -> None:
    (found,) = contract.check({"model": "gpt-5.2", "{x}{0}": 1}, "create")
    assert contract.plain(found) == 'Unknown field "{x}{0}".'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("name",), "name"),
        (("tools", 0, "function", "name"), "tools[0].function.name"),
        (("metadata", "team"), "metadata.team"),
        (("metadata", "a-b_C9"), "metadata.a-b_C9"),
        (("metadata", "a.b"), "metadata['a.b']"),
        (("metadata", ""), "metadata['']"),
        (("metadata", "it's \\"), "metadata['it\\'s \\\\']"),
        (("metadata", "é"), "metadata['é']"),
        (("a\n",), r"['a\u000a']"),
        ((0, "a"), "[0].a"),
        (("k" * 129,), "['" + "k" * 128 + "…']"),
    ],
)
def test_paths_print_as_the_api_s_param(path: tuple[str | int, ...], text: str) -> None:
    assert param(path) == text
    assert contract.Problem(path, "error", "c", "m").param == text


def test_a_found_value_is_cut_and_made_safe() -> None:
    assert shown("x" * 60) == "x" * 60
    assert shown("x" * 61) == "x" * 60 + "…"
    assert shown("a\0\x7f\ud800é") == r"a\u0000\u007f\ud800é"


def test_problems_are_values() -> None:
    one = words.problem(("name",), "string_above_max_length", n=257, max=256)
    again = words.problem(("name",), "string_above_max_length", n=257, max=256)
    assert one == again
    assert len({one, again}) == 1
    assert one != words.problem(("name",), "string_above_max_length", n=258, max=256)


def test_the_two_profiles_are_data() -> None:
    assert set(contract.PROFILES) == {"openai-compatible", "azure-openai", "kept-here"}
    assert contract.PROFILES["kept-here"] is contract.KEPT_HERE
    connected = contract.PROFILES["openai-compatible"]
    assert (connected.connected, contract.KEPT_HERE.connected) == (True, False)
    assert connected.keeps == frozenset(contract.FIELDS)
    assert (connected.stamps, contract.KEPT_HERE.stamps) == (True, False)
    assert connected.instructions_max == 256_000


def test_what_a_connection_learned_changes_only_those_flags() -> None:
    connected = contract.PROFILES["openai-compatible"]
    learned = {
        "null_ok": False,
        "strict_limits": "old",
        "keeps": {"metadata": False, "name": True},
        "name": "evil",
        "of_a_later_release": 1,
    }
    able = connected.with_learned(learned)
    assert (able.null_ok, able.strict_limits, able.stamps) == (False, "old", False)
    assert able.keeps == connected.keeps - {"metadata"}
    assert able.name == "openai-compatible"
    assert connected.with_learned({}) == connected
    assert connected.with_learned({"keeps": None}) == connected


def test_the_starting_models_are_74_and_hold_those_of_the_description() -> None:
    assert len(contract.MODELS) == len(set(contract.MODELS)) == 74
    assert set(SCHEMAS["AssistantSupportedModels"]["enum"]) <= set(contract.MODELS)
    assert {"gpt-4.5-preview", "gpt-4.5-preview-2025-02-27"} <= set(contract.MODELS)

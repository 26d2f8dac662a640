"""markup.py: whatever goes in comes out escaped, and what cannot be seen is shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from assistants_app import markup
from assistants_app.textdiff import Row, difference

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TAG = re.compile(r"<[^>]*>")


def _read(html: str) -> str:
    """The text a reader's clipboard gets: badges turned back, tags away, entities resolved."""
    back = re.sub(r'<span class="hidden-char[^>]*data-char="([^"]*)">[^<]*</span>', r"\1", html)
    return unescape(TAG.sub("", back))


def test_text_is_escaped() -> None:
    assert markup.marked('<b onclick="x">&') == "&lt;b onclick=&quot;x&quot;&gt;&amp;"


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("a\u200bb", "U+200B"),  # zero width space
        ("a\u202eb", "U+202E"),  # right-to-left override
        ("a\u2066b", "U+2066"),  # left-to-right isolate
        ("a\ufeffb", "U+FEFF"),  # zero width no-break space
        ("a\U000e0041b", "U+E0041"),  # tag A: hidden ASCII
        ("a\U000e0101b", "U+E0101"),  # variation selector of the supplement
        ("a\u00a0b", "U+00A0"),  # no-break space
        ("a\x08b", "U+0008"),  # backspace
    ],
)
def test_a_character_that_cannot_be_seen_becomes_its_code_point(text: str, point: str) -> None:
    html = markup.marked(text)
    assert f">{point}</span>" in html
    assert markup.hidden_characters(text) == [point]


def test_headings_are_set_off_and_nothing_is_lost() -> None:
    text = "# Role <b>\nBe kind.\n```\n# a comment\n```\n#no heading\n\u200b## Ends\n## Refunds"
    html = str(markup.headed(text))
    assert html.count("<strong>") == 2
    assert "<strong># Role &lt;b&gt;</strong>\nBe kind." in html
    assert html.endswith("<strong>## Refunds</strong>")
    assert re.sub("</?strong>", "", html) == str(markup.marked(text))


def test_a_run_of_one_hidden_character_is_one_badge_with_a_number() -> None:
    html = markup.marked("a" + "\u200b" * 12)
    assert html.count("hidden-char") == 1
    assert "U+200B ×12" in html  # noqa: RUF001  # the sign people read


@pytest.mark.parametrize("text", ["Refund\n\tpolicy: “EU” 退款 😀 é", "مرحبا", ""])
def test_ordinary_text_of_any_script_has_no_badge(text: str) -> None:
    assert markup.marked(text) == text


@given(st.text())
def test_marked_text_reads_back_as_it_was_and_holds_no_tag_of_its_own(text: str) -> None:
    html = markup.marked(text)
    assert _read(html) == text
    assert set(TAG.findall(html)) <= {t for t in TAG.findall(html) if "hidden-char" in t} | {
        "</span>"
    }


def test_json_has_a_line_per_line_and_names_texts_and_values() -> None:
    html = markup.json_html('{\n  "a": "b",\n  "n": -1.50,\n  "t": true\n}')
    assert html.count("<b>") == 5
    assert '<i>"a"</i>: <u>"b"</u>' in html
    assert "<var>-1.50</var>" in html
    assert "<var>true</var>" in html


def test_json_lines_can_be_set_off() -> None:
    html = markup.json_html("{\n1\n}", strong={2}, warn={3})
    assert html.index('<b class="hl">') < html.index('<b class="hw">')


@given(st.text(alphabet='{}[]":,\\<>&tru e1.-\n\u200b'))
def test_any_text_is_shown_as_json_without_losing_a_character(text: str) -> None:
    html = markup.json_html(text)
    assert html.count("<b>") == text.count("\n") + 1
    assert _read(html) == text


def _html(before: str, after: str, **more: object) -> str:
    rows = difference(before, after, context=1).rows
    return markup.diff_html(rows, part="instructions", **more)  # type: ignore[arg-type]


def test_a_difference_says_added_and_removed_in_words_and_marks_the_words() -> None:
    html = _html("within 30 days of it", "within 14 days of it")
    assert '<span class="vh">Removed: </span>within <del>30</del> days of it' in html
    assert '<span class="vh">Added: </span>within <ins>14</ins> days of it' in html


def test_a_line_that_is_new_as_a_whole_is_not_marked_word_by_word() -> None:
    html = _html("a", "a\nUse the <b> function")
    assert '<span class="vh">Added: </span>Use the &lt;b&gt; function</td>' in html
    assert "<ins>" not in html


def test_folded_lines_are_a_link_to_them() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 30))
    html = _html(text, text + "\nnew", fold_url="?part=a&open=")
    assert 'href="?part=a&amp;open=1-28#instructions-1"' in html
    assert "Show 28 unchanged lines" in html
    assert "<a " not in _html(text, text + "\nnew")


def test_a_hidden_character_in_a_difference_is_shown() -> None:
    assert "U+200B" in _html("a b", "a\u200b b")


def test_numbers_lead_to_a_comment_on_the_side_they_count() -> None:
    html = _html("old\nsame", "new\nsame", comment_url="?comment=")
    assert 'href="?comment=old-1"' in html
    assert 'href="?comment=new-1"' in html
    assert 'href="?comment=old-2"' not in html


def test_a_thread_stands_below_its_line() -> None:
    below = markup.marked("Where does it apply?")
    html = _html("a\nb", "a\nc", threads={("new", 2): below})
    assert html.index(">c<") < html.index("Where does it apply?")
    assert html.count('class="flush"') == 1


def test_the_sentences_of_one_long_line_carry_its_number_once() -> None:
    rows = [Row("same", 1, 1, (("same", "One. "),)), Row("same", 1, 1, (("same", "Two."),), part=1)]
    html = markup.diff_html(rows, part="x")
    assert html.count('<td class="ln">1</td>') == 1
    assert html.count('id="x-1"') == 1


def _cells(html: str) -> list[tuple[str, str]]:
    """(old, new) text of each row of a table with sides; a missing side is empty."""
    rows = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    texts = [re.findall(r'<td class="tx[^"]*">(.*?)</td>', row, re.DOTALL) for row in rows]
    return [(_read(old), _read(new)) for old, new in texts]


def test_side_by_side_an_edited_line_stands_beside_the_old_one() -> None:
    diff = difference("one\ntwo cats\ngone\nend", "one\ntwo dogs\nend\nmore")
    assert _cells(markup.sides_html(diff.rows)) == [
        ("one", "one"),
        ("Removed: two cats", "Added: two dogs"),
        ("Removed: gone", ""),
        ("end", "end"),
        ("", "Added: more"),
    ]


@given(st.text(alphabet="ab<&\n", max_size=40), st.text(alphabet="ab<&\n", max_size=40))
def test_side_by_side_holds_both_texts_whole(before: str, after: str) -> None:
    cells = _cells(markup.sides_html(difference(before, after, context=None).rows))
    olds = [row[0].removeprefix("Removed: ") for row in cells]
    news = [row[1].removeprefix("Added: ") for row in cells]
    assert "".join(olds) == before.replace("\n", "")
    assert "".join(news) == after.replace("\n", "")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=20), "Yesterday"),
        (timedelta(days=6), "14 Nov"),
        (timedelta(days=400), "16 Oct 2025"),
        (timedelta(minutes=-30), "20 Nov 15:30"),
    ],
)
def test_a_moment_reads_in_few_words(ago: timedelta, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        html = markup.ago_html(NOW - ago)
    assert f">{words}</time>" in html


def test_a_moment_keeps_its_full_date_in_the_title_and_none_is_never() -> None:
    with time_machine.travel(NOW, tick=False):
        html = markup.ago_html(NOW - timedelta(minutes=12))
    assert 'datetime="2026-11-20T14:48:00+00:00"' in html
    assert 'title="20 November 2026, 14:48:00 UTC"' in html
    assert "never" in markup.ago_html(None)

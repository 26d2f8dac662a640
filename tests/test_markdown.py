"""Markdown is shown, never run: no HTML of its own, no pictures, no other kinds of links."""

from __future__ import annotations

import re

import pytest

from assistants_app import markup

ALLOWED = re.compile(
    r"</?(p|br|hr|em|strong|s|code|pre|blockquote|ul|ol|li|table|thead|tbody|tr|th|td|h[3-6])>"
    r'|<h[3-6] id="line-\d+">|<ol start="\d+">|</a>|</span>'
    r'|<a href="(https?|mailto):[^"<>]*"( title="[^"<>]*")? rel="noopener nofollow noreferrer">'
    r'|<a rel="noopener nofollow noreferrer">'
    r'|<span class="hidden-char( soft)?" title="[^"<>]*" data-char="[^"<>]*">|<br ?/?>|<hr ?/?>'
)
NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,hi)",
    "![x](https://evil.example/x.png)",
    '[x](https://a.example "a\\" onmouseover=\\"alert(1)")',
    "<https://a.example/\u200b>",
    "`<b>` and\n\n    <i>\n",
    "```<b>\n<svg onload=alert(1)>\n```",
    "[a]: https://evil.example\n\n[a] &lt;b&gt; &#60;i&#62;",
    '# <b>"x"</b>\n\nSetext\n===\n\n| <b> |\n|---|\n| [x](JaVaScRiPt:1) |',
    "<a href='x' style='position:fixed'>",
]


@pytest.mark.parametrize("text", NASTY)
def test_nothing_of_what_is_typed_becomes_an_element(text: str) -> None:
    html = markup.markdown_html(text)
    left = ALLOWED.sub("", html)
    assert "<" not in left, left
    assert "img" not in re.sub(r">[^<]*", ">", html)


def test_what_people_write_is_shown_as_they_mean_it() -> None:
    html = markup.markdown_html("# Role\n\nBe *kind*.\n\n- a\n- b\n\n### Deep\n\n## Up\n")
    assert '<h3 id="line-1">Role</h3>' in html
    assert "<em>kind</em>" in html
    assert "<li>a</li>" in html
    assert '<h4 id="line-8">Deep</h4>' in html  # one deeper, whatever was typed
    assert '<h4 id="line-10">Up</h4>' in html


def test_hidden_characters_are_marked() -> None:
    html = markup.markdown_html("a\u200bb `c\u200b`")
    assert html.count('class="hidden-char"') == 2

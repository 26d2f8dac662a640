"""Templates compile, need no inline code, work without JavaScript and use the house's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.template.loader import get_template

from assistants_app.contract import words
from tests.checks.markup import read
from tests.checks.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.checks.markup import Element

FOLDER = ROOT / "templates"
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
VERBS = {"hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"}
# ux.md 2.1; "put" is an ordinary word unless it shouts, and "(null)" may follow a plain phrase.
FORBIDDEN = re.compile(
    r"(?i:\b(?:prompts?|payloads?|schemas?|conflicts?|jobs?|tasks?|deploy(?:s|ed|ments?)?"
    r"|snapshots?|revisions?)\b)|\bPUT\b|(?<!\()(?i:\bnull\b)"
)


UNESCAPED = re.compile(r"\|\s*safe(?:seq)?\b|{%\s*autoescape off")


def faults(source: str) -> list[str]:
    """Everything wrong in one template, as "line: what"."""
    page = read(source)
    found = [
        f"{element.line}: {what}"
        for element in page.elements
        for what in (*_inline(element), *_htmx(element))
    ]
    found += [f"unescaped: {tag}" for tag in UNESCAPED.findall(source)]
    return found + [f"{n}: says {w!r}" for n, text in page.words for w in FORBIDDEN.findall(text)]


def _inline(element: Element) -> Iterator[str]:
    if element.tag == "style":
        yield "inline style"
    # A block of JSON is data: the policy does not run it.
    is_data = element.attributes.get("type") == "application/json"
    if element.tag == "script" and "src" not in element.attributes and not is_data:
        yield "inline script"
    for key, value in element.attributes.items():
        if key == "style" or re.fullmatch(r"on[a-z]+", key) or key.startswith("hx-on"):
            yield f"inline code in {key}"
        if re.match(r"\s*(js|javascript):", value):
            yield f"code in the value of {key}"


def _htmx(element: Element) -> Iterator[str]:
    have = element.attributes
    for key in ("hx-boost", "hx-disabled-elt"):
        if key in have:
            yield f"{key} is not used here"
    if "[" in have.get("hx-trigger", ""):
        yield "a filter in hx-trigger"
    if re.fullmatch(r"\s*[1-9]\d*\s*", have.get("tabindex", "")):
        yield "a positive tabindex"
    if have.keys() & VERBS:
        for key in ("id", "hx-target", "hx-swap"):
            if key not in have:
                yield f"<{element.tag}> asks by htmx and has no {key}"
        if not _works_without(element):
            yield f"<{element.tag}> asks by htmx and there is no plain way"


def _works_without(element: Element) -> bool:
    """A link, a form, a part of one, something that holds one, or a poll: the page has Refresh."""
    if "data-poll" in element.attributes:
        return True
    ways = [element, *element.below(), *(e for e in element.above() if e.tag == "form")]
    return any(way.attributes.keys() & {"href", "action", "formaction"} for way in ways)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_compiles_and_keeps_the_rules(template: str) -> None:
    get_template(template)
    assert faults((FOLDER / template).read_text(encoding="utf-8")) == []


def test_an_area_that_polls_has_refresh_for_pages_without_javascript() -> None:
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in TEMPLATES}
    polling = {name.partition("/")[0] for name, text in texts.items() if "data-poll" in text}
    offering = {name.partition("/")[0] for name, text in texts.items() if '"Refresh"' in text}
    # The counts of the shell come with every page: any link brings them anew.
    assert polling - offering == {"ui"}


def test_the_labels_of_the_contract_use_plain_words() -> None:
    assert len(words.LABELS) > 20
    for label in words.LABELS.values():
        assert not FORBIDDEN.search(label.label), label
        assert label.help


@pytest.mark.parametrize(
    ("fault", "source"),
    [
        ("inline style", "<style>p {}</style>"),
        ("inline code in style", '<p style="color: red">a</p>'),
        ("inline code in style", '<p {% if x %}style="color: red"{% endif %}>a</p>'),
        ("inline script", "<script>alert(1)</script>"),
        ("inline code in onclick", '<a href="/" onclick="go()">a</a>'),
        ("inline code in hx-on:click", '<a href="/" hx-on:click="go()">a</a>'),
        ("code in the value of hx-vals", "<a hx-vals='js:{a: 1}'>a</a>"),
        ("code in the value of href", '<a href="javascript:go()">a</a>'),
        ("unescaped", "<p>{{ text|safe }}</p>"),
        ("unescaped", "{% autoescape off %}{{ text }}{% endautoescape %}"),
        ("hx-boost", '<body hx-boost="true">'),
        ("hx-disabled-elt", '<form hx-disabled-elt="this">'),
        ("a filter in hx-trigger", '<p hx-trigger="click[ctrlKey]">'),
        ("a positive tabindex", '<p tabindex="1">'),
        ("no id", '<a href="/" hx-get="/" hx-target="#a" hx-swap="innerHTML">a</a>'),
        ("no hx-target", '<a id="a" href="/" hx-get="/" hx-swap="innerHTML">a</a>'),
        ("no hx-swap", '<a id="a" href="/" hx-get="/" hx-target="#a">a</a>'),
        ("no plain way", '<p id="a" hx-get="/" hx-target="#a" hx-swap="innerHTML">a</p>'),
        ("says 'Prompt'", "<label>Prompt</label>"),
        ("says 'conflict'", '<p>{% translate "There is a conflict." %}</p>'),
        ("says 'schemas'", "<p>{% blocktranslate %}Two schemas{% endblocktranslate %}</p>"),
        ("says 'null'", '<input placeholder="null">'),
        ("says 'job'", '{% include "ui/parts/_note.html" with text=_("The job ended") only %}'),
        ("says 'PUT'", "<p>Use PUT</p>"),
    ],
)
def test_a_fault_is_seen(fault: str, source: str) -> None:
    assert any(fault in line for line in faults(source)), faults(source)


@pytest.mark.parametrize(
    "source",
    [
        '<a id="a" href="/" hx-get="/" hx-target="#a" hx-swap="innerHTML" tabindex="-1">Put</a>',
        '<form action="/"><input id="q" hx-get="/" hx-target="#a" hx-swap="innerHTML"></form>',
        '<div id="j" hx-get="/" hx-target="this" hx-swap="outerHTML"><a href="/">More</a></div>',
        '<div id="j" data-poll hx-get="/" hx-target="this" hx-swap="outerHTML">So far</div>',
        '<span class="api" translate="no">json_schema</span><code>"schema": null</code>',
        "<p>or nothing (null)</p>",
        "{# a prompt #}<p>{{ job.payload }}</p>{% url 'job' %}",
        '<script type="application/json">{}</script><script src="/static/app.js"></script>',
    ],
)
def test_what_keeps_the_rules_passes(source: str) -> None:
    assert faults(source) == []

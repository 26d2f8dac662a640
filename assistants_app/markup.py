"""HTML that Python builds: JSON views, marked hidden characters, times. The only `mark_safe`.

Every function escapes what it was given before it adds an element of its own.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

import nh3
from django.utils import formats, timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from markdown_it.token import Token

    from assistants_app.textdiff import Piece, Row

_HEADING = re.compile("#{1,6}[ \t]")
# Spaces that look like a space but are another character: shown, but more gently.
_SOFT = frozenset("\u00a0\u2007\u202f\u00ad")
# Controls, bidi marks and controls, zero width, invisible operators and fillers, line separators,
# interlinear marks, variation selectors of the supplement, and the tag block (hidden ASCII).
HIDDEN = re.compile(
    "(["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2007\u200b-\u200f"
    "\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
    r"])\1*"
)
_TOKEN = re.compile(
    r'(?P<text>"(?:\\.|[^"\\])*")(?P<colon>\s*:)?'
    r"|(?P<value>-?\d[\d.eE+-]*|\b(?:true|false|null)\b)"
)


def _badge(match: re.Match[str]) -> str:
    char, times = match[1], len(match[0])
    point = f"U+{ord(char):04X}"
    name = unicodedata.name(char, _("a character that cannot be seen")).capitalize()
    soft = " soft" if char in _SOFT else ""
    many = f" ×{times}" if times > 1 else ""  # noqa: RUF001  # the sign people read
    return (
        f'<span class="hidden-char{soft}" title="{escape(name)}" data-char="{match[0]}">'
        f"{point}{many}</span>"
    )


def hidden_characters(text: str) -> list[str]:
    """The code points of `text` that cannot be seen, each once, in order: ["U+200B", …]."""
    return list(dict.fromkeys(f"U+{ord(match[1]):04X}" for match in HIDDEN.finditer(text)))


def marked(text: str) -> SafeString:
    """`text`, escaped, with every character that cannot be seen as a badge of its code point."""
    return mark_safe(HIDDEN.sub(_badge, escape(text)))  # noqa: S308  # escaped in this line


def _token(match: re.Match[str]) -> str:
    if match["value"]:
        return f"<var>{match['value']}</var>"
    tag = "i" if match["colon"] else "u"
    return f"<{tag}>{marked(match['text'])}</{tag}>{match['colon'] or ''}"


def _json_line(line: str) -> str:
    parts, at = [], 0
    for match in _TOKEN.finditer(line):
        parts += [marked(line[at : match.start()]), _token(match)]
        at = match.end()
    return "".join([*parts, marked(line[at:])])


def json_html(text: str, *, strong: Collection[int] = (), warn: Collection[int] = ()) -> SafeString:
    """JSON text as numbered lines with coloured names, texts and values; for `<pre class="json">`.

    `strong` and `warn` are line numbers (from 1) to set off. The text need not be JSON: what is
    no token is shown as it is. Short tags without classes: every row operation carries it all.
    """
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        tone = ' class="hw"' if number in warn else ' class="hl"' if number in strong else ""
        lines.append(f"<b{tone}>{_json_line(line)}</b>")
    # A quote need not be escaped outside of attributes, and JSON holds little else.
    return mark_safe("\n".join(lines).replace("&quot;", '"'))  # noqa: S308  # every piece went through marked()


def headed(text: str) -> SafeString:
    """`marked`, every line kept as it is, with those that are Markdown headings in bold."""
    lines, is_fenced = [], False
    for line in marked(text).split("\n"):
        if line.startswith(("```", "~~~")):
            is_fenced = not is_fenced
        is_heading = not is_fenced and _HEADING.match(line)
        lines.append(f"<strong>{line}</strong>" if is_heading else line)
    return mark_safe("\n".join(lines))  # noqa: S308  # every line went through marked()


def put(html: SafeString, here: str, text: str) -> SafeString:
    """`html` with `text` in place of `here`."""
    return mark_safe(html.replace(here, escape(text)))  # noqa: S308  # html is safe, text escaped


def _day(local: datetime, now: datetime) -> str:
    if local.date() == now.date() - timedelta(days=1):
        return _("Yesterday")
    return formats.date_format(local, "j M" if local.year == now.year else "j M Y")


def _relative(moment: datetime, now: datetime) -> str:
    """How long ago, in few words; the future and days further back than yesterday as a date."""
    seconds = int((now - moment).total_seconds())
    if seconds < -60:
        return formats.date_format(timezone.localtime(moment), "j M H:i")
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(n)s min ago") % {"n": seconds // 60}
    hours = seconds // 3600
    local, here = timezone.localtime(moment), timezone.localtime(now)
    if local.date() == here.date() or hours < 6:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    return _day(local, here)


def _in_full(local: datetime) -> str:
    return f"{_date(local.date(), get_language())}, {local:%H:%M:%S} {local.tzname()}"


@lru_cache(maxsize=512)
def _date(day: date, _language: str | None) -> str:
    """Django's own formatting reads the format letter by letter; a list has few days."""
    return formats.date_format(day, "j F Y")


def ago_html(moment: datetime | None) -> SafeString:
    """A moment (aware) as `<time>`: few words to read, the full date and time in its title."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', _("never"))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        _in_full(timezone.localtime(moment)),
        _relative(moment, timezone.now()),
    )


def _pieces(pieces: tuple[Piece, ...]) -> str:
    """The text of one row. A line that is new or gone as a whole is not marked word by word."""
    if len(pieces) == 1:
        return marked(pieces[0][1])
    wrap = {"same": "{}", "ins": "<ins>{}</ins>", "del": "<del>{}</del>"}
    return "".join(wrap[kind].format(marked(text)) for kind, text in pieces)


def _fold(row: Row, url: str, part: str) -> str:
    words = ngettext("%(n)s unchanged line", "%(n)s unchanged lines", row.hidden) % {
        "n": formats.number_format(row.hidden, force_grouping=True)
    }
    first = row.new_no or 1
    if not url:
        inside = f"<span>{escape(words)}</span>"
    else:
        href = escape(f"{url}{first}-{first + row.hidden - 1}")
        label = _("Show %(lines)s") % {"lines": words}
        inside = (
            f'<a id="{part}-fold-{first}" href="{href}#{part}-{first}" hx-get="{href}" '
            f'hx-target="closest tr" hx-swap="outerHTML">{escape(label)}</a>'
        )
    return f'<tr class="fold"><td colspan="4">{inside}</td></tr>'


def _number(row: Row, side: str, url: str) -> str:
    """A line's number; as a link that opens a comment form when the page has one."""
    no = row.new_no if side == "new" else row.old_no
    if no is None or row.part:
        return ""
    wanted = (side == "old") if row.kind == "del" else (side == "new")
    if not url or not wanted:
        return str(no)
    label = escape(_("Comment on line %(n)s") % {"n": no})
    return (
        f'<a class="lnb" href="{escape(url)}{side}-{no}" '
        f'title="{label}">{no}<span class="vh"> {label}</span></a>'
    )


def _row(row: Row, part: str, comment_url: str, change: int | None) -> str:
    sign = {"add": "+", "del": "−"}.get(row.kind, "")  # a minus, not a hyphen
    said = {"add": _("Added: "), "del": _("Removed: ")}.get(row.kind, "")
    spoken = f'<span class="vh">{escape(said)}</span>' if said else ""
    anchor = f' id="{part}-{row.new_no}"' if row.kind != "del" and not row.part else ""
    place = f' id="c-{change}" data-change' if change else ""
    return (
        f'<tr{anchor} class="{row.kind}">'
        f'<td class="ln old">{_number(row, "old", comment_url)}</td>'
        f'<td class="ln">{_number(row, "new", comment_url)}</td>'
        f'<td class="sg"{place}><span aria-hidden="true">{sign}</span></td>'
        f'<td class="tx">{spoken}{_pieces(row.pieces)}</td></tr>'
    )


def _below(row: Row, threads: Mapping[tuple[str, int], SafeString] | None) -> str:
    """What is shown below this line, of either side."""
    if not threads or row.part:
        return ""
    found = "".join(
        threads[side, no]
        for side, no in (("old", row.old_no), ("new", row.new_no))
        if no is not None and (side, no) in threads
    )
    return f'<tr class="talk"><td class="flush" colspan="4">{found}</td></tr>' if found else ""


def _numbered(first: int) -> Callable[[Row], int | None]:
    """Called with each row in order: the number of the change that begins there, from `first`."""
    left, within = first, False

    def number(row: Row) -> int | None:
        nonlocal left, within
        begins, within = row.kind in ("add", "del") and not within, row.kind in ("add", "del")
        if not begins or not first:
            return None
        left += 1
        return left - 1

    return number


def diff_html(
    rows: Iterable[Row],
    *,
    part: str = "text",
    fold_url: str = "",
    comment_url: str = "",
    threads: Mapping[tuple[str, int], SafeString] | None = None,
    first_change: int = 0,
) -> SafeString:
    """The rows of one text's difference table, for `<table class="diff"><tbody>`.

    `part` begins every id (`instructions-18` is line 18 of the new text). `fold_url` and
    `comment_url` get the lines appended ("14-28"; "new-18", "old-3"); empty = no link. `threads`
    maps (side, line) to finished HTML that is shown below that line. Changes are numbered from
    `first_change` (`c-3`); 0 = they are not.
    """
    own, found, number = escape(part), [], _numbered(first_change)
    for row in rows:
        change = number(row)
        if row.kind == "fold":
            found.append(_fold(row, fold_url, own))
            continue
        found += [_row(row, own, comment_url, change), _below(row, threads)]
    return mark_safe("".join(found))  # noqa: S308  # every piece was escaped above


def _pairs(rows: Iterable[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Old and new rows as they stand side by side; whole lines that came or went fill up."""
    olds: list[Row] = []
    news: list[Row] = []
    for row in rows:
        if row.kind in ("same", "fold") or (row.kind == "del" and (news or len(row.pieces) > 1)):
            yield from zip_longest(olds, news)
            olds, news = [], []
        if row.kind in ("same", "fold"):
            yield row, row
        else:
            (olds if row.kind == "del" else news).append(row)
    yield from zip_longest(olds, news)


def _side(row: Row | None, side: str, part: str, comment_url: str, change: int | None) -> str:
    if row is None:
        return '<td class="ln none"></td><td class="tx none"></td>'
    said = {"add": _("Added: "), "del": _("Removed: ")}.get(row.kind, "")
    spoken = f'<span class="vh">{escape(said)}</span>' if said else ""
    number = _number(row, side, comment_url)
    anchor = f' id="{part}-{row.new_no}"' if side == "new" and not row.part else ""
    place = f' id="c-{change}" data-change' if change else ""
    return (
        f'<td class="ln {row.kind}"{anchor}>{number}</td>'
        f'<td class="tx {row.kind}"{place}>{spoken}{_pieces(row.pieces)}</td>'
    )


def sides_html(
    rows: Iterable[Row],
    *,
    part: str = "text",
    fold_url: str = "",
    comment_url: str = "",
    threads: Mapping[tuple[str, int], SafeString] | None = None,
    first_change: int = 0,
) -> SafeString:
    """The rows of one text's difference with old and new side by side: see `diff_html`."""
    own, found, number = escape(part), [], _numbered(first_change)
    for old, new in _pairs(rows):
        row = old or new
        if row is None or row.kind == "fold":
            found.append(_fold(row, fold_url, own) if row else "")
            continue
        change = number(row)
        kind = "both" if old is new else "one"
        marks = (change, None) if old else (None, change)
        halves = (
            _side(half, side, own, comment_url, mark)
            for half, side, mark in ((old, "old", marks[0]), (new, "new", marks[1]))
        )
        found.append(f'<tr class="{kind}">{"".join(halves)}</tr>')
        found += [_below(half, threads) for half in (old, new) if half and half is not old]
        found.append(_below(old, threads) if old else "")
    return mark_safe("".join(found))  # noqa: S308  # every piece was escaped above


# Markdown: what is cleaned is what we rendered; the cleaning is a second lock on the same door.
_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "span"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a"),
    *("h3", "h4", "h5", "h6"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "span": {"class", "title", "data-char"},
} | {f"h{level}": {"id"} for level in range(3, 7)}
_DEEPEST = 6


def _marked_in(wrap: str) -> Callable[..., str]:
    """What renders a token: its text escaped, with hidden characters marked."""
    return lambda _renderer, tokens, at, *_: wrap.format(marked(tokens[at].content))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable("image")  # a picture is a call to somebody's server; its address stays a link
    parser.add_render_rule("text", _marked_in("{}"))
    parser.add_render_rule("code_inline", _marked_in("<code>{}</code>"))
    parser.add_render_rule("code_block", _marked_in("<pre><code>{}</code></pre>\n"))
    parser.add_render_rule("fence", _marked_in("<pre><code>{}</code></pre>\n"))
    return parser


_MARKDOWN = _parser()


def _nest(tokens: Sequence[Token]) -> None:
    """Headings below the page's own, each at most one deeper than the last, named by its line."""
    last = 2
    for token in tokens:
        if token.type == "heading_open":
            last = min(int(token.tag[1]) + 2, last + 1, _DEEPEST)
            token.attrSet("id", f"line-{token.map[0] + 1 if token.map else 0}")
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{last}"


def markdown_html(text: str) -> SafeString:
    """The text as people read it, hidden characters marked; a heading in line 12 is `#line-12`."""
    tokens = _MARKDOWN.parse(text)
    _nest(tokens)
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return mark_safe(  # noqa: S308  # escaped by the renderer, then cleaned
        nh3.clean(
            rendered,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener nofollow noreferrer",
        )
    )

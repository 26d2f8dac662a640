"""What the components of `templates/ui/` need and Django's own filters lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from assistants_app import contract, markup
from assistants_app.contract.problems import shown
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from django.forms import BaseForm, BoundField
    from django.utils.safestring import SafeString

    from assistants_app.contract import Problem
    from assistants_app.textdiff import Row

register = template.Library()

_NOTE_ICONS = {
    "info": "information-circle",
    "neutral": "information-circle",
    "ok": "check-circle",
    "warn": "exclamation-triangle",
    "bad": "exclamation-circle",
}
_NOTE_TONES = {"success": "ok", "warning": "warn", "error": "bad", "debug": "neutral"}


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """`12 min ago`, as `<time>` with the full date in its title; None is "never"."""
    return markup.ago_html(moment)


@register.filter
def number(value: object) -> str:
    """A number with the language's thousands separators: 1,946."""
    return formats.number_format(value, force_grouping=True) if value is not None else ""  # type: ignore[arg-type]


@register.filter
def marked(text: object) -> SafeString:
    """Escaped text with hidden characters shown as badges."""
    return markup.marked(str(text or ""))


@register.filter
def headed(text: object) -> SafeString:
    """`marked`, with the lines that are Markdown headings set off."""
    return markup.headed(str(text or ""))


@register.filter
def json_lines(text: object) -> SafeString:
    """JSON text as numbered, coloured lines; belongs inside `<pre class="json">`."""
    return markup.json_html(str(text or ""))


@register.simple_tag
def json_marked(text: str, strong: Collection[int], warn: Collection[int]) -> SafeString:
    """`json_lines` with some lines set off: those of an open row, and those to fix."""
    return markup.json_html(text, strong=strong, warn=warn)


@register.simple_tag
def diff_rows(rows: Iterable[Row], *, sides: bool = False, **options: Any) -> SafeString:
    """The rows of a difference table, for `<table class="diff"><tbody>`: in one column, or with old
    and new side by side. `options` are those of `markup.diff_html`; empty ones are none.
    """
    draw = markup.sides_html if sides else markup.diff_html
    return draw(rows, **{name: value for name, value in options.items() if value})


@register.filter
def initials(person: object) -> str:
    """One or two letters for a person (or a plain name)."""
    name = str(getattr(person, "display_name", person) or "?")
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def avatar_tone(person: object) -> str:
    """One of five colours, always the same for the same name."""
    name = str(getattr(person, "display_name", person) or "")
    return "abcde"[crc32(name.encode()) % 5]


@register.filter
def note_tone(tone: str) -> str:
    """info, ok, warn, bad or neutral, from that or from the level of a Django message."""
    last = (str(tone or "").split() or ["info"])[-1]
    return _NOTE_TONES.get(last, last if last in _NOTE_ICONS else "info")


@register.filter
def note_icon(tone: str) -> str:
    """The heroicon of a note."""
    return _NOTE_ICONS.get(tone, "information-circle")


@register.filter
def control_kind(field: BoundField) -> str:
    """Which markup a field needs: text, area, select, check or choices."""
    widget = field.field.widget
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "switch" if widget.attrs.get("role") == "switch" else "check"
    if isinstance(widget, Textarea):
        return "area"
    return "select" if isinstance(widget, Select) else "text"


@register.simple_tag
def either(*values: object) -> object:
    """The first value that is not empty. `firstof` would escape it; lazy safe text stays safe."""
    found = next((value for value in values if value), "")
    return str(found) if isinstance(found, Promise) else found


_CLASSES = {"text": "input", "area": "textarea", "select": "select", "check": "", "switch": ""}


@register.simple_tag
def control(
    field: BoundField,
    css: str = "",
    counter_max: int | None = None,
    has_help: object = False,
    **attrs: Any,
) -> SafeString:
    """The field's own input, in our look, tied to its message and, if there, help and counter.

    Further keyword arguments become attributes (`hx_post` is `hx-post`). Placeholders are dropped:
    a label stands beside every field. `required` is dropped too, for errors are ours to say. An
    empty value is no attribute, so a part may pass on what it was not given.
    """
    own = field.auto_id
    beside = {"msg": True, "help": has_help, "count": counter_max}
    kind = control_kind(field)
    given = {key.replace("_", "-"): value for key, value in attrs.items() if value != ""}
    field.form.use_required_attribute = False
    looks: dict[str, Any] = {
        "class": " ".join(filter(None, [_CLASSES.get(kind, ""), css])) or False,
        "aria-describedby": " ".join(f"{own}-{name}" for name, there in beside.items() if there),
        "aria-invalid": "true" if field.errors else False,
        "placeholder": False,
        "data-counter-max": counter_max or False,
    }
    return field.as_widget(attrs=looks | given)


@register.simple_tag
def counter(
    field: BoundField, limit: int, always: object = False, pairs: str = ""
) -> dict[str, str]:
    """{"text", "state"}: what a counter says before any typing, `full` at and `over` the limit.

    Code points with LF, as the document counts. Nothing below 75 % unless `always`. `pairs` are the
    limits of keys and values of a JSON object: then its pairs are counted, and each long text.
    """
    text = str(field.value() or "").replace("\r\n", "\n")
    counts = _pair_counts(text, limit, pairs) if pairs else [(None, len(text), limit)]
    near = [(name, n, most) for name, n, most in counts if n >= most * 0.75]
    full = max((n - most for _name, n, most in near), default=-1)
    state = "over" if full > 0 else "full" if full == 0 else ""
    if always and not near:
        length = len(text)
        said = _("1 character") if length == 1 else _("%(n)s characters") % {"n": number(length)}
        return {"text": said, "state": state}
    return {"text": " · ".join(_counted(*one, pairs=bool(pairs)) for one in near), "state": state}


def _pair_counts(text: str, limit: int, pairs: str) -> list[tuple[str | None, int, int]]:
    key_max, value_max = (int(part) for part in pairs.split())
    try:
        found = contract.parse(text) if text.strip() else {}
    except InvalidDocument:
        return []
    if not isinstance(found, dict):
        return []
    counts: list[tuple[str | None, int, int]] = [(None, len(found), limit)]
    for key, value in found.items():
        counts.append((key, len(key), key_max))
        if isinstance(value, str):
            counts.append((key, len(value), value_max))
    return counts


def _counted(name: str | None, n: int, limit: int, *, pairs: bool) -> str:
    words = {"n": number(n), "max": number(limit), "over": number(n - limit)}
    if pairs and name is None:
        over = _("%(n)s of %(max)s pairs, %(over)s too many")
        return (over if n > limit else _("%(n)s of %(max)s pairs")) % words
    over = _("%(n)s of %(max)s characters, %(over)s too many")
    said = (over if n > limit else _("%(n)s of %(max)s characters")) % words
    return said if name is None else f"{shown(name, 20)}: {said}"


def _anchor(field: BoundField) -> str:
    return f"#{field.auto_id}_0" if control_kind(field) == "choices" else f"#{field.auto_id}"


@register.simple_tag
def form_errors(
    form: BaseForm | None = None, more: Iterable[tuple[str, str]] | None = None
) -> list[tuple[str, str]]:
    """(link to the field, message) of every error, the form's own first and without a link."""
    found = list(more or [])
    if form:
        found += [("", str(error)) for error in form.non_field_errors()]
        found += [(_anchor(field), str(e)) for field in form.visible_fields() for e in field.errors]
        found += [("", str(e)) for field in form.hidden_fields() for e in field.errors]
    return found


@register.filter
def plain(problem: Problem) -> str:
    """A problem of the contract in the plain words that people read."""
    return contract.plain(problem)


@register.filter
def item(mapping: Mapping[str, Any] | None, key: str) -> Any:
    """What a mapping holds under a key that a template has in a variable."""
    return mapping.get(key) if mapping else None


@register.filter
def words(text: str) -> list[str]:
    """The words of a short fixed text, for a loop."""
    return text.split()

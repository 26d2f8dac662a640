"""Every component of the pages in each of its states: for whoever builds, and for the tests."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.conf import settings
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import timezone

from assistants_app import textdiff
from assistants_app.contract import words
from assistants_app.views import access, pages
from assistants_app.views.badges import Badge

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.utils.safestring import SafeString

    from assistants_app.views.pages import Request

TONES: Final = ("neutral", "info", "violet", "ok", "warn", "bad")
# Around this page as around every other, or a piece of another component.
AROUND: Final = frozenset(
    {"account_menu", "bell", "brand", "counts", "crumbs", "field_msg", "form_fields", "nav_item"}
    | {"page_head", "quiet_state", "sidebar", "topbar", "workspace_switcher"}
)
Example = tuple[str, dict[str, Any]]


class Fields(forms.Form):
    """One field of each kind."""

    line = forms.CharField(label="Name", max_length=8, help_text="What your team calls it.")
    long = forms.CharField(label="Instructions", widget=forms.Textarea(attrs={"rows": 3}))
    one = forms.ChoiceField(label="Thinking effort", choices=[("", "Model's own"), ("l", "Low")])
    radio = forms.ChoiceField(
        label="Where", choices=[("a", "Kept here"), ("b", "A server")], widget=forms.RadioSelect
    )
    on = forms.BooleanField(
        label="Follow the inputs exactly", widget=forms.CheckboxInput(attrs={"role": "switch"})
    )
    tick = forms.BooleanField(label="I know", required=False)


def _field_examples() -> list[Example]:
    empty = Fields(prefix="empty")
    wrong = Fields({"wrong-line": "much too long", "wrong-radio": "z"}, prefix="wrong")
    return [
        *((f"{name}, empty", {"field": empty[name]}) for name in empty.fields),
        ("wrong, with a counter", {"field": wrong["line"], "counter_max": 8}),
        ("wrong choice", {"field": wrong["radio"]}),
        (
            "warning and hint, a label of the contract",
            {
                "field": Fields(prefix="told")["line"],
                "label": words.LABELS["name"],
                "warnings": ["Another assistant has this name."],
                "hints": ["Short names are easier to find."],
            },
        ),
    ]


def _diff() -> textdiff.Diff:
    before = "Refunds within 30 days.\nBe brief.\n\nNever promise a date.\nThank them.\n"
    after = "Refunds within 14 days.\nBe brief.\n\nThank them\u200b.\nName the policy.\n"
    return textdiff.difference(before, after, context=3)


def _shown(**facts: Any) -> SimpleNamespace:
    return SimpleNamespace(**facts)


def _connection(tone: str, label: str) -> dict[str, Any]:
    facts = {"url": "#", "tone": tone, "label": label, "detail": "ai.example.com"}
    return {"connection": _shown(**facts, checked="Checked 4 minutes ago")}


def _paused(who: str, url: str) -> dict[str, Any]:
    since = timezone.now() - timedelta(hours=2)
    return {"paused": _shown(who=who, since=since, resume_url=url), "csrf_token": ""}


# Component → a function that gives its states, each with what the template is told.
EXAMPLES: Final[dict[str, Callable[[], list[Example]]]] = {
    "alert": lambda: [
        ("could not save", {"retry": True}),
        ("refused, with a reference", {"message": "You may not do this.", "reference": "req-77"}),
    ],
    "avatar": lambda: [
        (name, {"person": name}) for name in ("Maya Okafor", "Lena", "Ana María de la Cruz")
    ],
    "badge": lambda: [
        *(
            (tone, {"badge": Badge(tone.capitalize(), "eye", tone, url="#" if n % 2 else "")})
            for n, tone in enumerate(TONES)
        ),
        ("quiet", {"badge": Badge("In sync", "check", "ok", quiet=True)}),
    ],
    "confirm": lambda: [
        (
            "with consequences",
            {
                "heading": "Archive “HR Helper”?",
                "consequences": ["It is hidden from the list.", "It is no longer pushed."],
                "action": "Archive",
                "action_url": "#",
                "cancel_url": "#",
                "danger": True,
                "in_dialog": True,
            },
        )
    ],
    "connection": lambda: [
        (tone, _connection(tone, label))
        for tone, label in (("ok", "OK"), ("warn", "Slow"), ("bad", "Key refused"))
    ],
    "diff": lambda: [
        ("one column", {"diff": _diff(), "caption": "Instructions", "part": "one"}),
        ("two sides", {"diff": _diff(), "caption": "Both", "part": "two", "sides": True}),
    ],
    "empty_state": lambda: [
        ("plain", {"icon": "inbox", "heading": "Nothing is waiting", "text": "You get a notice."}),
        (
            "with a way on",
            {
                "icon": "sparkles",
                "heading": "No assistants yet",
                "text": "Bring in the ones you have, or write the first.",
                "actions": [
                    {"label": "Import", "url": "#", "icon": "arrow-down-tray"},
                    {"label": "New assistant", "url": "#", "tone": "primary"},
                ],
            },
        ),
    ],
    "error_summary": lambda: [
        ("two", {"errors": [("#x", "Name: Enter a name"), ("", "Instructions are too long")]})
    ],
    "field": _field_examples,
    "json_view": lambda: [("JSON", {"text": '{\n  "type": "object",\n  "n": 1.50\n}'})],
    "kv": lambda: [("facts", {"items": [("Live", "Version 4"), ("Created", "3 May")]})],
    "note": lambda: [
        (tone, {"tone": tone, "heading": f"{tone.capitalize()}.", "text": "Something to know."})
        for tone in ("neutral", "info", "ok", "warn", "bad")
    ],
    "pager": lambda: [
        ("middle", {"page": _shown(summary="Rows 51 to 100", previous_url="#", next_url="#")}),
        ("last", {"page": _shown(summary="Rows 101 to 108", previous_url="#", next_url="")}),
    ],
    "paused": lambda: [
        ("by a person, for an admin", _paused("Maya Okafor", "#")),
        ("by itself, for everybody else", _paused("", "")),
    ],
    "progress": lambda: [
        ("known", {"id": "p1", "label": "Taking in", "summary": "3", "value": 3, "maximum": 9}),
        ("unknown end", {"id": "p2", "label": "Reading", "summary": "6,120 so far"}),
    ],
    "secret": lambda: [("once", {"value": "asd_0123456789abcdef"})],
    "steps": lambda: [
        (
            "in review",
            {
                "name": "Progress",
                "items": [
                    _shown(label="Draft", state="done"),
                    _shown(label="In review", state="now"),
                    _shown(label="Live", state=""),
                ],
            },
        )
    ],
    "tabs": lambda: [
        (
            "with counts",
            {
                "name": "Views",
                "items": [
                    _shown(label="All", url="#", current=True, count=1946),
                    _shown(label="Push failed", url="#", current=False, count=2, bad=True),
                    _shown(label="Archived", url="#", current=False, count=0),
                ],
            },
        )
    ],
    "tag": lambda: [
        ("plain", {"label": "Search"}),
        ("icon", {"label": "Code", "icon": "cpu-chip"}),
    ],
    "toast": lambda: [
        ("leaves by itself", {"text": "Saved."}),
        ("stays, with a way back", {"text": "Removed order_id.", "url": "#", "action": "Undo"}),
    ],
    "way_back": lambda: [("of error pages", {})],
}


@access.signed_in("GET")
def gallery(request: Request) -> HttpResponse:
    """All of them on one page; only where DEBUG is on, elsewhere there is nothing here."""
    if not settings.DEBUG:
        raise Http404
    found = [
        (name, [(state, _drawn(name, told)) for state, told in states()])
        for name, states in EXAMPLES.items()
    ]
    return pages.page(request, "ui/gallery.html", {"components": found})


def _drawn(name: str, told: dict[str, Any]) -> SafeString:
    return render_to_string(f"ui/parts/_{name}.html", told)

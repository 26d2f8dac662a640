"""What is wrong or doubtful in a Change, and how far each of its parts has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.actions import building, changes
from assistants_app.contract import words
from assistants_app.contract.blame import place
from assistants_app.contract.tools import function_name
from assistants_app.forms.changes import PART_OF, PARTS
from assistants_app.views import builder_rows, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_app.contract.problems import Level, Path, Problem
    from assistants_app.models import Change

_SHELVES: dict[tuple[str | int, ...], str] = {
    ("tool_resources", "code_interpreter"): "shelf-files",
    ("tool_resources", "file_search"): "shelf-knowledge",
}
_ORDER = {"error": 0, "warning": 1, "hint": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checks: where it leads, what it is about, what it says.

    `place`: where in the field, in words; `param`: the same as the API spells it.
    """

    level: Level
    field: str
    label: str
    message: str
    param: str = ""
    url: str = ""
    place: str = ""

    @property
    def way(self) -> str:
        """The same place from inside a dialog over it: the page is loaded anew, and focuses it."""
        page, _hash, anchor = self.url.partition("#")
        joint = "&" if "?" in page else "?"
        return f"{page}{joint}fix={self.field}#{anchor}" if self.url else ""


@dataclass(frozen=True, slots=True)
class Place:
    """One part in the outline; `errors` count what blocks review."""

    slug: str
    label: str
    changed: bool
    errors: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A Change looked over: problems of its document, findings of that and of unreadable texts."""

    problems: list[Problem]
    findings: list[Finding]
    outline: list[Place]
    differs: list[str]

    @property
    def errors(self) -> list[Finding]:
        return [found for found in self.findings if found.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [found for found in self.findings if found.level == "warning"]

    @property
    def hints(self) -> list[Finding]:
        return [found for found in self.findings if found.level == "hint"]


def check(change: Change) -> Checked:
    """Everything there is to say about a Change now; its own text is checked once."""
    problems = changes.problems(change)
    found = [*_refused(change), *_unread(change), *of_document(change, problems)]
    found.sort(key=lambda finding: _ORDER[finding.level])
    differing = _differing(change)
    return Checked(problems, found, _outline(found, differing), [_label(f) for f in differing])


def _label(field: str) -> str:
    return _(words.LABELS[field].label) if field in words.LABELS else field


def refused_url(change: Change, param: str) -> str:
    """Where the field is edited that a server refused, "" where its param leads nowhere."""
    path = place(param, change.document())
    return _refused_url(change, path) if path else ""


def _refused_url(change: Change, path: Path) -> str:
    """As for our own checks, and of the fields of a reply the row."""
    if path[:3] == ("response_format", "json_schema", "schema") and building.has_fields(change):
        return builder_rows.row_address(reverse("reply_fields", args=[change.pk]), path[3:])
    return _urls(change)(path)


def _refused(change: Change) -> list[Finding]:
    """What the server said of this very text; no error, since it may think better of it."""
    problem = refusals.of(change)
    if problem is None:
        return []
    path, own = problem.path, contract.plain(problem, _)
    field = str(path[0]) if path else ""
    message = _("The server refused this: %(words)s") % {"words": own}
    if own != problem.message:
        words = _("In the server's own words: %(words)s") % {"words": problem.message}
        message = f"{message} {words}"
    return [
        Finding(
            "warning",
            field,
            _label(field) if field else _("All of it"),
            message,
            problem.param if len(path) > 1 else "",
            _refused_url(change, path) if path else "",
            contract.in_words(path, change.document(), _),
        )
    ]


def _url(change: Change, field: str) -> str:
    return f"{reverse('change', args=[change.pk])}#id_{field}"


def _urls(change: Change) -> Callable[[Path], str]:
    """Where a problem can be mended, by its path: a tool has a page of its own."""
    page, held = reverse("change", args=[change.pk]), change.keyed_tools()

    def url(path: Path) -> str:
        field = str(path[0]) if path else ""
        if field == "tools" and len(path) > 1 and held:
            key, tool = held[int(path[1])]
            return _tool_url(reverse("tool", args=[change.pk, key]), tool, path)
        if path[:2] in _SHELVES and not (change.unread or {}):
            return f"{page}#{_SHELVES[path[:2]]}"
        if field in ("tools", "tool_resources"):
            return f"{page}?abilities=json#id_{field}"
        return f"{page}#id_{field}" if field in PART_OF else ""

    return url


def _tool_url(page: str, tool: Any, path: Path) -> str:
    """A function's form, with the row open that the problem is in; else the JSON of the tool."""
    if function_name(tool) is None:
        return f"{page}#id_tool"
    is_schema = path[2:4] == ("function", "parameters")
    return builder_rows.row_address(page, path[4:]) if is_schema else f"{page}#id_name"


def of_document(change: Change, problems: list[Problem]) -> list[Finding]:
    """Where a text cannot be read, the problems of the value before it are of no use."""
    unread, document = change.unread or {}, change.document()
    url_of = _urls(change)
    found = []
    for problem in problems:
        field = str(problem.path[0]) if problem.path else ""
        if field in unread:
            continue
        param = problem.param if len(problem.path) > 1 else ""
        message = contract.plain(problem, _)
        url = url_of(problem.path)
        place = contract.in_words(problem.path, document, _)
        found.append(Finding(problem.level, field, _label(field), message, param, url, place))
    return found


def _unread(change: Change) -> list[Finding]:
    found = []
    for field in change.unread or {}:
        form = PARTS[PART_OF[field]](change=change)
        for message in form.errors.get(field, []):
            found.append(
                Finding("error", field, _label(field), str(message), url=_url(change, field))
            )
    return found


def _differing(change: Change) -> list[str]:
    """The fields that differ from the live version this Change began with; none for a new one."""
    if change.base is None:
        return []
    tools = change.base.packed_tools()
    before, after = change.base.document(but="" if tools is None else "tools"), change.document()
    fields = contract.differing(
        contract.without_marker(before), contract.without_marker(after), tools=tools
    )
    return [*fields, *(f for f in change.unread or {} if f not in fields)]


def _outline(found: list[Finding], differing: list[str]) -> list[Place]:
    changed = {PART_OF[field] for field in differing}
    errors = [PART_OF.get(one.field, "") for one in found if one.level == "error"]
    return [
        Place(slug, str(form.heading), slug in changed, errors.count(slug))
        for slug, form in PARTS.items()
    ]


def facts(change: Change, checked: Checked) -> dict[str, Any]:
    """What the slots beside the forms are drawn from."""
    return {"change": change, "checked": checked}

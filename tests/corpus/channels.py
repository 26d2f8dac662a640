"""The five ways in: each types one case and tells the verdict in the same terms."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.urls import reverse

from assistants_app import contract
from assistants_app.forms.changes import PART_OF, PARTS
from assistants_app.models import Assistant, Change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from django.http import HttpResponse
    from django.test import Client

    from assistants_app.models import Workspace
    from tests.api.conftest import API
    from tests.corpus.cases import Case

_PLACE = re.compile(
    r"(?:Line \d+, [^:\n]*: |(?P<param>\S+): )?(?P<words>.*)",
    re.DOTALL,
)


@dataclass
class Place:
    """Where everything is tried: an empty draft, a caller of `/v1`, an importer and a shelf."""

    workspace: Workspace
    draft: Change
    client: Client
    api: API
    shelf: Workspace
    importer: str
    folder: Path
    capsys: pytest.CaptureFixture[str] | None = None


@dataclass(frozen=True)
class Told:
    """One finding as a channel told it; None where the channel does not say."""

    param: str | None
    words: str | None
    code: str | None
    level: str | None


@dataclass(frozen=True)
class Verdict:
    """`stored`: the document that was kept, None when nothing was."""

    accepted: bool
    told: list[Told]
    stored: contract.Document | None
    text: str = ""


def form(place: Place, case: Case) -> Verdict:
    """The editor's button, without JavaScript."""
    response = _type(place, case)
    page = place.client.get(response["Location"]) if response.status_code == 303 else response
    assert page.status_code == (200 if page is not response else 422), page.status_code
    _shows(page)
    if response.status_code == 422:
        _assert_box(page, case.name, _box(case, case.name))
    return _of_form(place, case, page, is_saved=response.status_code == 303)


def part(place: Place, case: Case) -> Verdict:
    """The editor's button, with htmx: the boxes stay where they are, with what was typed."""
    response = _type(place, case, **{"HX-Request": "true", "HX-Target": f"{_part(case)}-summary"})
    assert response.status_code in (200, 422)
    _shows(response)
    # A list of choices may come anew with what it depends on; a box that people type into, never.
    assert _boxes(response, case.name, lists=False) == []
    return _of_form(place, case, response, is_saved=response.status_code == 200)


def v1(place: Place, case: Case) -> Verdict:
    """A create; no words are compared, since `/v1` has the API's own."""
    response = place.api.post("/v1/assistants", case.text)
    assert response.status_code in (200, 400), response.content[:500]
    answer = contract.parse(response.content)
    assert isinstance(answer, dict)
    if response.status_code == 200:
        row = Assistant.objects.get(public_id=answer["id"])
        return Verdict(True, [], row.document())
    problems = answer["error"].get("problems") or [answer["error"]]
    told = [Told(one["param"] or "", None, one["code"], "error") for one in problems]
    assert (told[0].param, told[0].code) == (answer["error"]["param"] or "", problems[0]["code"])
    return Verdict(False, told, None)


def paste(place: Place, case: Case) -> Verdict:
    """A new assistant from pasted JSON; warnings stand in the editor that comes next."""
    url = f"{reverse('assistant_new')}?from=json"
    data = {"workspace": place.workspace.slug, "text": case.text}
    response = place.client.post(url, data)
    if response.status_code == 303:
        made = Change.objects.latest("pk")
        assert made.pk != place.draft.pk
        page = place.client.get(response["Location"])
        _shows(page)
        return Verdict(True, _findings(page.context["checked"].findings), made.document())
    assert response.status_code == 422
    _shows(response)
    _assert_box(response, "text", case.text)
    told = [_told(message, None) for message in response.context["form"].errors["text"]]
    _assert_said(response, response.context["form"].errors["text"])
    return Verdict(False, told, None, case.text)


def file(place: Place, case: Case) -> Verdict:
    """`import_assistants FILE --json`."""
    path = place.folder / "case.json"
    path.write_bytes(case.text.encode())
    assert place.capsys is not None
    place.capsys.readouterr()
    where = ("--workspace", place.shelf.slug, "--as", place.importer)
    code = 0
    try:
        call_command("import_assistants", str(path), *where, "--json")
    except SystemExit as ended:
        code = int(str(ended.code))
    report = json.loads(place.capsys.readouterr().out)
    items = report["items"]
    problems = items[0]["problems"] if items else report["problems"]
    told = [Told(p["param"], p["message"], p["code"], p["level"]) for p in problems]
    assert code == (2 if not items else 0 if report["imported"] else 1)
    if code:
        return Verdict(False, told, None, case.text)
    made = Change.objects.latest("pk")
    assert made.assistant_id == items[0]["assistant"]
    return Verdict(True, told, made.document())


CHANNELS: dict[str, Callable[[Place, Case], Verdict]] = {
    channel.__name__: channel for channel in (form, part, v1, paste, file)
}


# --- what the forms share -------------------------------------------------------------------------
def _part(case: Case) -> str:
    return PART_OF[case.name]


def _box(case: Case, name: str) -> str:
    """What a person types for a field."""
    if name in case.typed:
        return case.typed[name]
    raw = case.fields[name]
    is_text = name not in ("tools", "tool_resources", "response_format", "metadata")
    return json.loads(raw) if is_text and raw.startswith('"') else raw


def _type(place: Place, case: Case, **headers: str) -> HttpResponse:
    """Save each part that the case is about, the one with the tried field last."""
    for slug in dict.fromkeys(PART_OF[name] for name in case.fields):
        now = Change.objects.get(pk=place.draft.pk)
        typed = {name: _box(case, name) for name in case.fields if PART_OF[name] == slug}
        data = PARTS[slug].held(now) | {"lock": str(now.lock)} | typed
        url = reverse("change_part", args=[now.pk, slug])
        response = place.client.post(url, data, headers=headers)
    return response


def _of_form(place: Place, case: Case, page: HttpResponse, *, is_saved: bool) -> Verdict:
    """What the form says of what was typed; of what it kept, the checks beside it."""
    stored = Change.objects.get(pk=place.draft.pk)
    checked = page.context.get("checked")
    if is_saved:
        told = _findings(checked.findings)
        return Verdict(not any(one.level == "error" for one in told), told, stored.document())
    errors = page.context["form"].errors
    _assert_said(page, [message for messages in errors.values() for message in messages])
    told = [_told(message, name) for name, messages in errors.items() for message in messages]
    return Verdict(False, told, None, _box(case, case.name))


def _told(message: str, field: str | None) -> Told:
    """A sentence without its place: what it is about is the field unless it says a param.

    What stands in a line of a text is placed in words, without a param.
    """
    found = _PLACE.fullmatch(message)
    assert found
    is_placed = found["param"] is None and message.startswith(("Line ", "Not valid JSON at "))
    return Told(found["param"] or (None if is_placed else field), found["words"], None, None)


def _findings(findings: list[Any]) -> list[Told]:
    return [Told(one.param or one.field, one.message, None, one.level) for one in findings]


# --- pages ----------------------------------------------------------------------------------------
def _shows(response: HttpResponse) -> None:
    """Nothing that was typed is markup."""
    text = response.content.decode()
    for tag in ("<script>alert(1)", "<img src=x", "{{49}}", 'href="javascript:', "<p>49"):
        assert tag not in text


def _assert_said(response: HttpResponse, messages: list[str]) -> None:
    text = response.content.decode()
    for message in messages:
        assert html.escape(message) in text


def _boxes(response: HttpResponse, name: str, *, lists: bool = True) -> list[str]:
    """What the boxes of this name hold, as a browser reads them."""
    text = response.content.decode()
    name = re.escape(name)
    areas = re.findall(rf'<textarea[^>]*? name="{name}"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL)
    lines = re.findall(rf'<input[^>]*? name="{name}"[^>]*? value="([^"]*)"', text)
    option = rf'<select[^>]*? name="{name}".*?<option value="([^"]*)" selected'
    chosen = re.findall(option, text, re.DOTALL) if lists else []
    return [html.unescape(found) for found in (*areas, *lines, *chosen)]


def _assert_box(response: HttpResponse, name: str, typed: str) -> None:
    (held,) = _boxes(response, name)
    assert held == typed

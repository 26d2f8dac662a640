"""Bad inputs that no field is to blame for: bodies, forms, addresses, repeated and late sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from assistants_app.models import Assistant, Change
from tests import builders
from tests.api.conftest import error

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.corpus.channels import Place

HTMX = {"HX-Request": "true", "HX-Target": "basics-summary"}
FORM = "application/x-www-form-urlencoded"
STALE = "Someone saved a newer text since you opened this."


def send(place: Place, body: bytes, **headers: str) -> HttpResponse:
    """A body as it is, to the part of the draft that holds the name."""
    url = reverse("change_part", args=[place.draft.pk, "basics"])
    return place.client.generic("POST", url, body, content_type=FORM, headers=headers)


def save(place: Place, **typed: str) -> HttpResponse:
    url = reverse("change_part", args=[place.draft.pk, "basics"])
    return place.client.post(url, {"lock": "1", "description": ""} | typed)


def said(response: HttpResponse) -> str:
    """The text of a page or part, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_8_a_form_that_is_not_utf8_is_refused_by_the_place_and_not_mended(place: Place) -> None:
    for body in (b"lock=1&name=%FF", b"lock=1&name=\xff"):
        for headers in ({}, HTMX):
            response = send(place, body, **headers)
            assert response.status_code == 400
            assert "Not UTF-8 at byte 13." in said(response)
    assert Change.objects.get(pk=place.draft.pk).name is None


def test_8_a_replacement_character_that_was_typed_is_a_character(place: Place) -> None:
    assert save(place, name="\ufffd").status_code == 303
    assert Change.objects.get(pk=place.draft.pk).name == "\ufffd"


def test_8_a_body_that_is_not_utf8(place: Place) -> None:
    told = error(place.api.post("/v1/assistants", b'{"model":"a\xff"}'), 400)
    assert (told["code"], told["param"]) == ("invalid_json", None)
    assert "not UTF-8 at byte 12" in told["message"]


def test_70_a_body_of_9_000_000_bytes(place: Place) -> None:
    sentence = "9,000,000 bytes; the limit is 8,388,608."
    body = b"name=" + b"x" * 8_999_995
    for headers in ({}, HTMX):
        response = send(place, body, **headers)
        assert response.status_code == 413
        assert sentence in said(response)
    told = error(place.api.post("/v1/assistants", b" " * 9_000_000), 413)
    assert told["code"] == "too_large"
    assert (told["type"], told["param"]) == ("invalid_request_error", None)


def test_71_a_form_of_1_001_fields(place: Place) -> None:
    for headers in ({}, HTMX):
        response = send(place, b"&".join(b"f%d=1" % number for number in range(1001)), **headers)
        assert response.status_code == 400
        assert "1,001 fields; the limit is 1,000." in said(response)


def test_a_refused_part_says_so_in_the_alerts(place: Place) -> None:
    response = send(place, b"name=%FF", **HTMX)
    assert response["HX-Retarget"] == "#alerts"
    assert "<html" not in response.content.decode()


def test_72_another_media_type(place: Place) -> None:
    headers = {"Content-Type": "text/plain"}
    told = error(place.api.post("/v1/assistants", b'{"model":"m"}', **headers), 415)
    assert told["message"] == "Send application/json."


@pytest.mark.parametrize("key", ["owner", "approved", "is_staff", "workspace", "state", "digest"])
def test_74_fields_that_no_form_has_move_nothing(place: Place, key: str) -> None:
    before = Change.objects.filter(pk=place.draft.pk).values().get()
    assert save(place, name="New", **{key: "1"}).status_code == 303
    after = Change.objects.filter(pk=place.draft.pk).values().get()
    moved = {column for column in before if before[column] != after[column]}
    assert moved == {"name", "digest", "lock", "touched", "edited_at"}


def test_77_the_way_back_stays_here(place: Place) -> None:
    for way in (
        "//evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
    ):
        response = Client().get(reverse("account_login"), {"next": way})
        assert response.status_code == 200
        assert f'action="{way}' not in response.content.decode()
        assert f'href="{way}' not in response.content.decode()


def test_78_another_host(place: Place) -> None:
    response = place.client.get("/assistants/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil" not in response.content.decode()
    told = error(place.api.get("/v1/assistants", Host="evil.example"), 400)
    assert "evil" not in str(told)


def test_80_a_late_save_gets_both_texts(place: Place) -> None:
    assert save(place, name="Theirs").status_code == 303
    for headers in ({}, HTMX):
        url = reverse("change_part", args=[place.draft.pk, "basics"])
        data = {"lock": "1", "name": "Mine", "description": ""}
        response = place.client.post(url, data, headers=headers)
        assert response.status_code == 409
        assert all(words in said(response) for words in (STALE, "Theirs", "Mine"))
    assert Change.objects.get(pk=place.draft.pk).name == "Theirs"


def test_81_the_same_form_twice(place: Place) -> None:
    page = place.client.get(reverse("assistant_new"))
    data = {
        "workspace": place.workspace.slug,
        "form_id": str(page.context["form"].initial["form_id"]),
        "name": "Once",
        "model": "m",
        "instructions": "",
    }
    before = Assistant.objects.count()
    answers = [place.client.post(reverse("assistant_new"), data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Assistant.objects.count() == before + 1


# --- nothing that can be typed is a fault ---------------------------------------------------------
ODD = (
    "",
    "\0",
    "a\0b",
    "-1",
    "1e999",
    "9" * 5000,
    "x" * 100_000,
    "\u202e\u200b\ufeff",
    "'\"><script>alert(1)</script>",
    "{{7*7}}%s{0}%(n)s",
    "[" * 3000,
    "../../etc/passwd",
)
QUERIES = ("q", "view", "sort", "limit", "after", "before", "tab", "show", "from", "fix", "page")
MORE = ("workspace", "actor", "action", "since", "until", "assistant", "next", "name")
PAGES = ("home", "assistant_list", "assistant_new", "review_list", "sync", "audit_list")
SETTINGS = ("members", "member_add", "rules", "connection", "tokens")


@pytest.fixture
def admin(place: Place) -> Client:
    dora = builders.make_person("dora")
    roles = ("editor", "reviewer", "publisher", "auditor", "admin")
    builders.make_member(place.workspace, dora, *roles)
    client = Client()
    client.force_login(dora)
    return client


def urls(place: Place) -> list[str]:
    change, assistant = place.draft.pk, place.draft.assistant_id
    single = [reverse("change", args=[change]), reverse("assistant", args=[assistant])]
    settings = [reverse(f"workspace_{n}", args=[place.workspace.slug]) for n in SETTINGS]
    return [*map(reverse, PAGES), *single, *settings, reverse("account_profile")]


def test_75_no_address_is_a_fault(place: Place, admin: Client) -> None:
    """Pages take turns: each meets every second odd value, its neighbours the others."""
    for at, url in enumerate(urls(place)):
        for odd in ODD[1 + at % 2 :: 2]:
            asked: dict[str, Any] = dict.fromkeys((*QUERIES, *MORE), odd[:2000])
            assert admin.get(url, asked).status_code < 500, (url, odd[:20])
    for url in map(reverse, ("assistant_list", "audit_list")):
        for name in ("q", "sort", "limit", "after", "since"):
            for odd in ODD[1:]:
                response = admin.get(url, {name: odd[:9000]})
                assert response.status_code in (200, 302, 404, 422), (url, name, odd[:20])
                assert "<script>alert(1)" not in response.content.decode()


def test_no_form_has_a_fault(place: Place, admin: Client) -> None:
    """Every box of every page takes anything: it is stored, or refused with words."""
    change = place.draft.pk
    more = [reverse("change_submit", args=[change]), reverse("change_withdraw", args=[change])]
    tried = 0
    for url in [*urls(place), *more]:
        page = admin.get(url)
        if page.status_code != 200:
            continue
        for at, (action, boxes) in enumerate(_forms(page.content.decode(), url)):
            for odd in ODD[at % 2 :: 2]:  # in turns, as above
                response = admin.post(action, dict.fromkeys(boxes, odd))
                assert response.status_code < 500, (action, odd[:20])
                tried += 1
    assert tried > 100


def _forms(text: str, url: str) -> list[tuple[str, list[str]]]:
    """Where the forms of a page lead that post, and the names of their boxes."""
    found = []
    for head, inside in re.findall(r"<form([^>]*)>(.*?)</form>", text, re.DOTALL):
        action = re.search(r'action="([^"]*)"', head)
        names = re.findall(r'<(?:input|textarea|select)[^>]*? name="([^"]+)"', inside)
        if 'method="post"' in head and "logout" not in head:
            found.append((action[1] if action else url, sorted(set(names))))
    return found

from __future__ import annotations

import pytest

from assistants_app.errors import Invalid
from assistants_app.secret import Secret
from assistants_app.sync import profiles
from assistants_app.sync.profiles import Endpoint

BASES = {
    "https://api.example.org/v1": "https://api.example.org/v1",
    "https://api.example.org/v1/": "https://api.example.org/v1",
    "https://api.example.org/v1///": "https://api.example.org/v1",
    "https://api.example.org/v1/assistants": "https://api.example.org/v1",
    "https://api.example.org/v1/assistants/": "https://api.example.org/v1",
    "https://api.example.org/assistants": "https://api.example.org",
    "https://api.example.org/my-assistants": "https://api.example.org/my-assistants",
    "https://api.example.org": "https://api.example.org",
    "HTTPS://API.Example.ORG/V1": "https://api.example.org/V1",
    "https://api.example.org:443/v1": "https://api.example.org/v1",
    "http://api.example.org:80/v1": "http://api.example.org/v1",
    "https://api.example.org:80/v1": "https://api.example.org:80/v1",
    "http://127.0.0.1:8000/v1": "http://127.0.0.1:8000/v1",
    "http://[::1]:8000/v1": "http://[::1]:8000/v1",
    "http://my_service:9000/openai/v1": "http://my_service:9000/openai/v1",
    "http://xn--bcher-kva.example/v1": "http://xn--bcher-kva.example/v1",
    "http://4chan.example": "http://4chan.example",
    f"http://{'a.' * 126}b": f"http://{'a.' * 126}b",
}


@pytest.mark.parametrize(("typed", "kept"), list(BASES.items()))
def test_a_base_url_has_one_spelling(typed: str, kept: str) -> None:
    assert profiles.normal_base(typed) == kept
    assert profiles.normal_base(kept) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org/v1",
        "file:///etc/passwd",
        "ftp://example.org",
        "javascript:alert(1)",
        "https://",
        "https:///v1",
        "https://user@example.org/v1",
        "https://user:word@example.org/v1",
        "https://@example.org/v1",
        "https://example.org/v1?x=1",
        "https://example.org/v1?",
        "https://example.org/v1#top",
        "https://example.org/v1#",
        "https://example.org/a b",
        " https://example.org",
        "https://example.org\n",
        "https://exam\tple.org",
        "https://example.org\\@evil.example",
        "https://example.org/../v1",
        "https://example.org/./v1",
        "https://example.org//v1",
        "https://example.org/%2e%2e/v1",
        "https://example.org:0/v1",
        "https://example.org:65536/v1",
        "https://example.org:/v1",
        "https://example.org:080/v1",
        "https://example.org:+80/v1",
        "https://example.org./v1",
        "https://.example.org/v1",
        "https://a..b/v1",
        "https://-a.example/v1",
        "https://bücher.example/v1",
        "https://ⓔxample.org/v1",
        "http://0177.0.0.1",
        "http://0x7f.0.0.1",
        "http://0x7f000001",
        "http://2130706433",
        "http://127.1",
        "http://127.0.0.01",
        "http://127.0.0.1.",
        "http://256.0.0.1",
        "http://example.0x1",
        "http://[::0001]",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::1%25lo]",
        "http://[::1%lo]",
        "http://[v1.fe80]",
        "http://[::ffff:127.0.0.1",
        f"http://{'a' * 64}.example",
        f"http://{'a.' * 126}bc",
        "https://example.org/ü",
    ],
)
def test_an_odd_address_is_refused_on_its_field(url: str) -> None:
    for function in (profiles.normal_base, profiles.origin):
        if function is profiles.origin and any(odd in url for odd in ("/.", "//v1", "%2e")):
            continue  # an origin has no path
        with pytest.raises(Invalid) as caught:
            function(url)
        assert caught.value.field == "base_url"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.org/v1", "https://api.example.org:443"),
        ("http://API.example.org/v1", "http://api.example.org:80"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("https://api.example.org:8443", "https://api.example.org:8443"),
    ],
)
def test_an_origin_spells_its_port(url: str, origin: str) -> None:
    assert profiles.origin(url) == origin


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "Required."),
        ("sk-abcd\nef", "Contains a line break at position 8."),
        ("sk-abcd\r\n", "Contains a line break at position 8."),
        ("sk-abc\u2028", "Contains a line break at position 7."),
        ("sk-\u201cabc\u201d", "Contains a typographic quote at position 4."),
        ("sk abc", "Contains a blank at position 3."),
        (" sk-abc", "Contains a blank at position 1."),
        ("sk-abc\xa0", "Contains a blank at position 7."),
        ("sk-\tabc", "Contains a tab at position 4."),
        ("sk-\x00abc", "Contains a NUL character at position 4."),
        ("sk-\x1babc", "Contains a control character at position 4."),
        ("sk-äbc", "Contains a character that is not ASCII at position 4."),
        ("x" * 4097, "4,097 characters; the limit is 4,096."),
    ],
)
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_repeating_it(
    key: str, message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        profiles.check_key(key)
    assert str(caught.value) == message
    assert caught.value.field == "key"


def test_any_visible_ascii_can_be_a_key() -> None:
    profiles.check_key("".join(chr(code) for code in range(0x21, 0x7F)))
    profiles.check_key("x" * 4096)


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "HOST",
        "Cookie",
        "Content-Type",
        "Transfer-Encoding",
        "OpenAI-Beta",
        "If-Match",
        "Idempotency-Key",
        "Accept-Encoding",
        "Proxy-Authorization",
        "",
        "a b",
        "a:b",
        "1a",
        "x" * 65,
        "é",
    ],
)
def test_a_header_that_is_ours_or_is_none_cannot_be_an_extra_one(name: str) -> None:
    with pytest.raises(Invalid):
        profiles.check_header(name, "value")


def test_an_extra_header_may_hold_blanks_but_no_line_break() -> None:
    profiles.check_header("astra-api-token", "Token abc def")
    profiles.check_header("X-Long", "x" * 4096)
    for value in ("", "a\nb", "a\rb", "ü", "x" * 4097):
        with pytest.raises(Invalid):
            profiles.check_header("astra-api-token", value)


def test_an_endpoint_is_checked_in_every_part_that_becomes_a_header() -> None:
    good = {"profile": "openai-compatible", "base_url": "https://a.example/v1"}
    profiles.check_endpoint(Endpoint(**good, key=Secret("")))
    for change in (
        {"key": Secret("a\nb")},
        {"key": Secret("a"), "organization": "org\nx"},
        {"key": Secret("a"), "project": "ü"},
        {"key": Secret("a"), "headers": {"X-Token": Secret("a\nb")}},
    ):
        with pytest.raises(Invalid):
            profiles.check_endpoint(Endpoint(**good, **change))


def test_an_endpoint_prints_without_its_secrets() -> None:
    shown = repr(
        Endpoint("p", "https://a.example", Secret("sk-1"), headers={"X-Token": Secret("tok-2")})
    )
    assert "sk-1" not in shown
    assert "tok-2" not in shown

"""A server's refusal, read out of the six shapes that servers give it (contract.md section 7)."""

from __future__ import annotations

import html
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from assistants_app.contract.ordered_json import parse
from assistants_app.contract.problems import param as spell
from assistants_app.errors import DomainError, InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MESSAGE_MAX = 500
WORD_MAX = 200
BODY_MAX = 1024 * 1024
LONGEST_WAIT = 3600.0
_MARKUP = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
_PLACES = ("loc", "param", "path", "field", "name")


class UpstreamError(DomainError):
    """What an upstream server said when it refused.

    `status`: HTTP status. `type`, `param`, `code`: the words of the envelope, "" when not given;
    `param` in the API's spelling. `message`: at most 500 characters, one line, perhaps "".
    `retry_after`: seconds to wait as asked, None when not asked or not in earnest; longer than an
    hour is an hour, and then `is_wait_cut` is true. `request_id`: the server's, or "".
    """

    def __init__(
        self,
        status: int,
        *,
        type: str = "",  # noqa: A002 — the envelope's own word
        param: str = "",
        code: str = "",
        message: str = "",
        retry_after: float | None = None,
        is_wait_cut: bool = False,
        request_id: str = "",
    ) -> None:
        super().__init__(message or f"The server answered {status}.")
        self.status = status
        self.type, self.param, self.code, self.message = type, param, code, message
        self.retry_after, self.is_wait_cut = retry_after, is_wait_cut
        self.request_id = request_id


def upstream_error(
    status: int, headers: Mapping[str, str], body: bytes, *, hide: Callable[[str], str] = str
) -> UpstreamError:
    """The refusal in an answer of `status`; never raises. Header names are in lower case.

    `hide` is applied to every text before it is cut, so that a secret which the server echoes
    cannot survive in part.
    """
    envelope = {name: hide(text) for name, text in _envelope(body).items()}
    wait = _wait(headers)
    return UpstreamError(
        status,
        type=_cut(envelope.get("type", ""), WORD_MAX),
        param=_cut(envelope.get("param", ""), WORD_MAX),
        code=_cut(envelope.get("code", ""), WORD_MAX),
        message=_cut(envelope.get("message", ""), MESSAGE_MAX),
        retry_after=None if wait is None else min(wait, LONGEST_WAIT),
        is_wait_cut=wait is not None and wait > LONGEST_WAIT,
        request_id=_cut(hide(headers.get("x-request-id", "")), WORD_MAX),
    )


def _cut(text: str, limit: int) -> str:
    """One line of at most `limit` characters, without control characters."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _envelope(body: bytes) -> dict[str, str]:
    try:
        tree = parse(body, limit=BODY_MAX)
    except InvalidDocument:
        return {"message": _plain_text(body)}
    if isinstance(tree, str):
        return {"message": tree}
    return _from_object(tree) if isinstance(tree, dict) else {}


def _plain_text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    if not re.match(r"\s*<", text):
        return text
    title = _TITLE.search(text)
    return html.unescape(_MARKUP.sub(" ", title[1] if title else text))


def _from_object(tree: dict[str, Any]) -> dict[str, str]:
    error = tree.get("error")
    if isinstance(error, dict):
        return _words(error)
    if isinstance(tree.get("detail"), list):
        return _from_details(tree["detail"])
    words = _words(tree)
    said = (error, tree.get("message"), tree.get("detail"), tree.get("title"))
    words["message"] = next((text for text in said if isinstance(text, str) and text), "")
    return words | _from_validation(tree.get("validation"))


def _words(error: Mapping[str, Any]) -> dict[str, str]:
    names = ("message", "type", "param", "code")
    return {name: _word(error.get(name)) for name in names}


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _from_details(details: list[Any]) -> dict[str, str]:
    """`[{loc, msg, type}]`: the place of the first, the messages of all."""
    found = [item for item in details if isinstance(item, dict)]
    if not found:
        return {"message": "; ".join(item for item in details if isinstance(item, str))}
    said = [text for item in found if (text := _word(item.get("msg", item.get("message"))))]
    return {
        "message": "; ".join(said),
        "param": _place(found[0]),
        "code": _word(found[0].get("type")),
    }


def _from_validation(validation: Any) -> dict[str, str]:
    """The `validation` of problem+json: a list of places, or an object with a key per place."""
    if isinstance(validation, list):
        validation = next((item for item in validation if isinstance(item, dict)), None)
        return {"param": _place(validation)} if validation else {}
    if isinstance(validation, dict) and validation:
        return {"param": _spelled(next(iter(validation)))}
    return {}


def _place(item: Mapping[str, Any]) -> str:
    return next((_spelled(item[key]) for key in _PLACES if item.get(key)), "")


def _spelled(place: Any) -> str:
    """A path as list, JSON pointer or text in the API's spelling; a leading "body" is cut."""
    if isinstance(place, str) and place.startswith("/"):
        place = [int(step) if step.isdecimal() else step for step in place[1:].split("/")]
    if not isinstance(place, list):
        return _word(place).removeprefix("body.")
    steps = tuple(step if isinstance(step, (int, str)) else str(step) for step in place)
    return spell(steps[1:] if steps[:1] == ("body",) else steps)


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks for: `retry-after-ms`, else `Retry-After` (RFC 9110, 10.2.3)."""
    in_ms = _seconds(headers.get("retry-after-ms", ""))
    if in_ms is not None:
        return in_ms / 1000
    asked = headers.get("retry-after", "")
    seconds = _seconds(asked)
    return seconds if seconds is not None else _until(asked, headers.get("date", ""))


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(date: str, server_now: str) -> float | None:
    """Seconds from the server's own clock to `date`; from ours when it sent none."""
    until, now = epoch(date), epoch(server_now)
    if until is None:
        return None
    wait = until - (time.time() if now is None else now)
    return wait if wait >= 0 else None


def epoch(date: str) -> float | None:
    """Unix seconds of an HTTP date, or None."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None

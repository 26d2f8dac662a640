"""A curl command → a function: what its address, query and body hold become inputs.

The command is read, never run. Kinds are guessed from the values; headers and sign-in are left out.
"""

from __future__ import annotations

import re
import shlex
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.schema.importers import found, samples
from assistants_app.schema.importers.found import Offer, Refusal, Told, note

if TYPE_CHECKING:
    from assistants_app.contract import Document
    from assistants_app.schema.importers.found import Function

STARTS: Final = re.compile(r"\s*(?:\$\s+|>\s+)?curl(?:\.exe)?\s", re.IGNORECASE)
_NEXT: Final = re.compile(r"^[ \t]*(?:\$[ \t]+)?curl(?:\.exe)?\s", re.IGNORECASE | re.MULTILINE)
_DATA: Final = frozenset(
    {"-d", "--data", "--data-raw", "--data-ascii", "--data-binary", "--data-urlencode", "--json"}
)
_FORM: Final = frozenset({"-F", "--form", "--form-string"})
_SIGNS: Final = frozenset({"-H", "--header", "-u", "--user", "-b", "--cookie", "--oauth2-bearer"})
_WITH_VALUE: Final = frozenset(
    {"-A", "-e", "-o", "-w", "-x", "-m", "-c", "-E", "-K", "-T", "-U", "-r", "-y", "-Y", "-z"}
    | {"--user-agent", "--referer", "--output", "--write-out", "--proxy", "--max-time"}
    | {"--connect-timeout", "--cookie-jar", "--cert", "--key", "--cacert", "--retry", "--resolve"}
    | {"--retry-delay", "--config", "--upload-file", "--range", "--interface", "--limit-rate"}
)
_SHORT_WITH_VALUE: Final = "XHduFbAeowxmcEKTUryYz"
_PLACE: Final = re.compile(r"\{\{?([^{}]+)\}?\}|:([A-Za-z_]\w*)|\$\{?(\w+)\}?|<([^<>]+)>")
_ID: Final = re.compile(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{24,}|[a-z]{2,6}_\w*\d\w*", re.I)
_VERSION: Final = re.compile(r"v\d+(?:\.\d+)?\Z|api\Z|rest\Z", re.IGNORECASE)


@dataclass(slots=True)
class _Call:
    """What one command asks for."""

    method: str = ""
    address: str = ""
    data: list[str] = field(default_factory=list)
    form: list[str] = field(default_factory=list)
    is_get: bool = False
    signs: bool = False


def offers(text: str) -> list[Offer]:
    """A function for each command in the text."""
    joined = re.sub(r"[\\^]\r?\n", " ", text)
    starts = [match.start() for match in _NEXT.finditer(joined)] or [0]
    ends = [*starts[1:], len(joined)]
    taken: set[str] = set()
    listed = []
    for start, end in zip(starts, ends, strict=True):
        listed.append(_offer(_call(joined[start:end]), taken))
    return listed


def _call(command: str) -> _Call:
    try:
        waiting = deque(shlex.split(STARTS.sub("", command, count=1), comments=False))
    except ValueError:
        raise Refusal("curl_quote") from None
    call = _Call()
    while waiting:
        word = waiting.popleft()
        if word in ("|", "&&", ";", ">"):
            break
        name, value = _option(word, waiting)
        _take(call, name, value)
    return call


def _option(word: str, waiting: deque[str]) -> tuple[str, str]:
    """An option with its value, `("", word)` for what is none; `-XPOST` and `--url=x` count too."""
    if word.startswith("--"):
        name, _, joined = word.partition("=")
        needs = name in _DATA | _FORM | _SIGNS | _WITH_VALUE | {"--request", "--url"}
        return name, (joined or (waiting.popleft() if waiting else "")) if needs else ""
    if not word.startswith("-") or word == "-":
        return "", word
    for at, letter in enumerate(word[1:], start=1):
        if letter in _SHORT_WITH_VALUE:
            return f"-{letter}", word[at + 1 :] or (waiting.popleft() if waiting else "")
    return ("-G", "") if "G" in word else ("-I", "") if "I" in word else (word, "")


def _take(call: _Call, name: str, value: str) -> None:
    if name in ("-X", "--request"):
        call.method = value.upper()
    elif name in ("", "--url"):
        call.address = call.address or value
    elif name in _DATA:
        call.data.append(value)
    elif name in _FORM:
        call.form.append(value)
    elif name in ("-G", "--get"):
        call.is_get = True
    elif name in ("-I", "--head"):
        call.method = call.method or "HEAD"
    elif name in _SIGNS:
        call.signs = True


def _offer(call: _Call, taken: set[str]) -> Offer:
    try:
        scheme = "" if "//" in call.address else "//"
        parts = urlsplit(scheme + call.address)
    except ValueError:
        raise Refusal("curl_address") from None
    if not call.address or not (parts.netloc or parts.path.strip("/")):
        raise Refusal("curl_address")
    has_body = bool(call.data or call.form)
    method = call.method or ("POST" if has_body and not call.is_get else "GET")
    inputs = _Inputs()
    path = inputs.take_path(parts.path)
    inputs.take_pairs(parts.query)
    if call.is_get:
        inputs.take_pairs("&".join(call.data))
    else:
        inputs.take_body(call)
    if call.signs or parts.username:
        inputs.notes.append(note("sign_in_left"))
    notes: Told = []
    words = [word for word in path.split("/") if word and not _VERSION.match(word)]
    name = found.named(f"{method.lower()}_{'_'.join(_word(word) for word in words)}", "", notes)
    name = found.free_name(name, taken)
    taken.add(name)
    place = f"{method} {path or '/'}"
    return Offer(name, place, "", lambda: inputs.function(name))


def _word(step: str) -> str:
    return found.valid_name(step.strip("{}")) if step else ""


class _Inputs:
    def __init__(self) -> None:
        self.properties: Document = {}
        self.required: list[str] = []
        self.notes: Told = []
        self.guessed: list[str] = []

    def function(self, name: str) -> Function:
        notes = list(self.notes)
        if self.guessed:
            notes.append(note("guessed", names=self.guessed))
        schema = found.parameters_of(self.properties, self.required)
        return found.function(name, "", schema, notes)

    def take_path(self, path: str) -> str:
        """Steps that stand for something become inputs; returns the path with their names."""
        steps: list[str] = []
        for step in unquote(path).split("/"):
            place = _PLACE.fullmatch(step)
            name = next((part for part in place.groups() if part), "") if place else ""
            if not name and _ID.fullmatch(step):
                before = next((one for one in reversed(steps[-9:]) if one and "{" not in one), "")
                name = f"{_single(found.valid_name(before))}_id" if before else "id"
            if name:
                name = found.free_name(found.valid_name(name) or "id", self.properties)
                self._put(name, _kind("" if place else step), is_required=True)
                step = f"{{{name}}}"
            steps.append(step)
        return "/".join(steps)

    def take_pairs(self, query: str, *, is_required: bool = False) -> None:
        for key, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
            if key and key not in self.properties:
                self._put(key, _kind(value), is_required=is_required)

    def take_body(self, call: _Call) -> None:
        text = "&".join(call.data)
        for pair in call.form:
            name, _, value = pair.partition("=")
            self._take_field(name, "" if value.startswith(("@", "<")) else value)
        if not text.strip() or text.startswith("@"):
            return
        if text.lstrip()[:1] in ("{", "["):
            self._take_json(text)
        else:
            self.take_pairs(text, is_required=True)

    def _take_field(self, name: str, value: str) -> None:
        if name and name not in self.properties:
            self._put(name, _kind(value), is_required=True)

    def _take_json(self, text: str) -> None:
        try:
            value = contract.parse(text)
        except InvalidDocument:
            self.notes.append(note("body_unread"))
            return
        if isinstance(value, dict) and not value.keys() & self.properties.keys():
            for key, part in samples.infer(value)["properties"].items():
                self._put(key, part, is_required=True)
            return
        name = found.free_name("body", self.properties)
        self._put(name, samples.infer(value), is_required=True)
        self.notes.append(note("body_alone", name=name))

    def _put(self, name: str, schema: Any, *, is_required: bool) -> None:
        self.properties[name] = schema
        self.guessed.append(name)
        if is_required:
            self.required.append(name)


def _single(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _kind(value: str) -> Document:
    """The kind of a value in an address or a form, where everything is text."""
    if value in ("true", "false"):
        return {"type": "boolean"}
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,15})", value):
        return {"type": "integer"}
    if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", value):
        return {"type": "number"}
    return samples.infer(value)

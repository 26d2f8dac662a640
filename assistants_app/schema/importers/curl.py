"""A curl command → a function: what its address, query and body hold become inputs.

The command is read, never run. Kinds are guessed from the values; headers and sign-in are left out.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from assistants_app import contract
from assistants_app.errors import InvalidDocument
from assistants_app.schema.importers import found, samples, shell_text
from assistants_app.schema.importers.found import Offer, Refusal, Told, note

if TYPE_CHECKING:
    from assistants_app.contract import Document
    from assistants_app.schema.importers.found import Function

_CURL: Final = r"[ \t]*(?:[$>][ \t]+)?curl(?:\.exe)?\s"
_REMARK: Final = r"[ \t]*(?:(?:#|//|export[ \t]|set[ \t]|[A-Za-z_]\w*=)[^\n]*)?\n"
STARTS: Final = re.compile(rf"(?:{_REMARK})*{_CURL}", re.IGNORECASE)
_NEXT: Final = re.compile(f"^{_CURL}", re.IGNORECASE | re.MULTILINE)
_DATA: Final = frozenset(
    {"-d", "--data", "--data-raw", "--data-ascii", "--data-binary", "--data-urlencode", "--json"}
    | {"--url-query"}
)
_FORM: Final = frozenset({"-F", "--form", "--form-string"})
_SIGNS: Final = frozenset({"-H", "--header", "-u", "--user", "-b", "--cookie", "--oauth2-bearer"})
_WITH_VALUE: Final = frozenset(
    {"-A", "-e", "-o", "-w", "-x", "-m", "-c", "-E", "-K", "-T", "-U", "-r", "-y", "-Y", "-z"}
    | {"--user-agent", "--referer", "--output", "--write-out", "--proxy", "--max-time"}
    | {"--connect-timeout", "--cookie-jar", "--cert", "--key", "--cacert", "--retry", "--resolve"}
    | {"--retry-delay", "--config", "--upload-file", "--range", "--interface", "--limit-rate"}
    | {"--max-redirs", "--max-filesize", "--ciphers", "--tls-max", "--noproxy", "--proxy-user"}
    | {"--aws-sigv4", "--unix-socket", "--cert-type", "--key-type", "--pass", "--dump-header"}
    | {"--proto", "--retry-max-time", "--keepalive-time", "--speed-limit", "--speed-time"}
    | {"-C", "-D", "-P", "-Q", "-t", "--continue-at", "--trace", "--trace-ascii", "--stderr"}
)
_SHORT_WITH_VALUE: Final = "XHduFbAeowxmcCDEKPQTtUryYz"
_PLACE: Final = re.compile(r"\{\{?([^{}]+)\}?\}|:([A-Za-z_]\w*)|\$\{?(\w+)\}?|<([^<>]+)>")
_ID: Final = re.compile(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{24,}|[a-z]{2,6}_\w*\d\w*", re.I)
_IN_PARTS: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")
_VERSION: Final = re.compile(r"v\d+(?:\.\d+)?\Z|api\Z|rest\Z", re.IGNORECASE)


@dataclass(slots=True)
class _Call:
    """What one command asks for."""

    method: str = ""
    address: str = ""
    query: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    form: list[str] = field(default_factory=list)
    is_get: bool = False
    signs: bool = False


def offers(text: str) -> list[Offer]:
    """A function for each command in the text."""
    joined = shell_text.joined(text)
    starts = [match.start() for match in _NEXT.finditer(joined)] or [0]
    ends = [*starts[1:], len(joined)]
    taken: set[str] = set()
    listed = []
    for start, end in zip(starts, ends, strict=True):
        listed.append(_offer(_call(joined[start:end]), taken))
    return listed


def _call(command: str) -> _Call:
    try:
        waiting = deque(shell_text.words(STARTS.sub("", command, count=1)))
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
        is_better = "://" in value and "://" not in call.address
        call.address = value if is_better else call.address or value
    elif name == "--url-query":
        call.query.append(_encoded(value))
    elif name == "--json" and call.data:  # curl puts these together as they are
        call.data[-1] += value
    elif name in _DATA:
        call.data.append(_encoded(value) if name == "--data-urlencode" else value)
    elif name in _FORM:
        call.form.append(value)
    elif name in ("-G", "--get"):
        call.is_get = True
    elif name in ("-I", "--head"):
        call.method = call.method or "HEAD"
    elif name in _SIGNS:
        call.signs = True


def _encoded(value: str) -> str:
    """A pair as `--data-urlencode` takes it: its name as it is, and a value or a file's name."""
    name, equals, text = value.partition("=")
    if not equals:
        name, _at, _file = value.partition("@")
    return f"{quote(name)}={quote(text)}" if name else ""


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
    inputs.take_pairs("&".join([parts.query, *call.query]))
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
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
        self._take_all(pairs, is_required=is_required)

    def take_body(self, call: _Call) -> None:
        text = "&".join(call.data)
        pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in call.form)]
        files = [name for name, value in pairs if value.startswith("@")]
        kept = [(name, "" if value[:1] in ("@", "<") else value) for name, value in pairs]
        self._take_all(kept, is_required=True)
        if files:
            self.notes.append(note("files", names=files))
        if not text.strip() or text.startswith("@"):
            return
        if text.lstrip()[:1] in ("{", "["):
            self._take_json(text)
        elif "=" in text and not text.lstrip().startswith("<"):
            self.take_pairs(text, is_required=True)
        else:
            self.notes.append(note("body_unread"))

    def _take_all(self, pairs: list[tuple[str, str]], *, is_required: bool) -> None:
        """Pairs whose names may say where they belong: `items[0][price]`, `tags[]`."""
        before, seen = {*self.properties}, set[str]()
        for key, value in pairs:
            in_parts = _IN_PARTS.fullmatch(key)
            name = in_parts[1] if in_parts else key
            if not name or name in before:
                continue
            if name not in self.properties:
                self._put(name, {}, is_required=is_required)
            steps = _STEP.findall(in_parts[2]) if in_parts else [""] * (name in seen)
            seen.add(name)
            _nest(self.properties[name], steps, _kind(value), is_required=is_required)

    def _take_json(self, text: str) -> None:
        try:
            value = _parsed(text)
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


def _nest(schema: Document, steps: list[str], kind: Document, *, is_required: bool) -> None:
    """Put a kind below the steps to it: "" or a number is an entry of a list, others are names."""
    if not steps:
        schema.update({} if schema else kind)
        return
    step, is_entry = steps[0], not steps[0] or steps[0].isdigit()
    if "properties" not in schema and "items" not in schema:
        was = dict(schema)  # the first of several values was taken for the only one
        schema.clear()
        made = {"type": "array", "items": was} if is_entry else {"type": "object", "properties": {}}
        schema.update(made)
    if is_entry and "items" in schema:
        _nest(schema["items"], steps[1:], kind, is_required=is_required)
    elif not is_entry and "properties" in schema:
        if is_required and step not in schema["properties"]:
            schema.setdefault("required", []).append(step)
        _nest(schema["properties"].setdefault(step, {}), steps[1:], kind, is_required=is_required)


def _parsed(text: str) -> Any:
    """JSON; where it is none, with the quotes that PowerShell wants escaped as they are meant."""
    try:
        return contract.parse(text)
    except InvalidDocument:
        return contract.parse(text.replace('\\"', '"'))


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

"""What an importer finds: offers of functions, and notes on what it changed, guessed or left."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.contract import limits, tool_keys
from assistants_app.contract.problems import shown
from assistants_app.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assistants_app.contract import Document, Problem

DESCRIPTION_MAX: Final = 1_024
"""us: what a server is known to take of a description; a longer one is cut, which is said."""
_NAMES_SHOWN: Final = 8
_MODEL: Final = "any"  # a document needs one to be checked

WORDS: Final[dict[str, str]] = {
    # on one function
    "renamed": "It was called “{was}”; a name can only have letters, numbers, _ and -.",
    "shortened": "It was called “{was}”; a name has at most {max} characters.",
    "name_made": "It had no name, so this one is made up.",
    "cut": "Its description was {n} characters long and is cut.",
    "deprecated": "The document calls it outdated.",
    "headers_left": "Sent in a header or cookie by your software, so left out: {names}.",
    "sign_in_left": "Headers and sign-in of the call are left out.",
    "read_only_left": "Only the server fills these in, so they are left out: {names}.",
    "body_left": "What it sends is {what}, which has no inputs; it is left out.",
    "body_alone": "What it sends is one input called “{name}”, since it is more than a group of "
    "inputs, or has a name in common with another input.",
    "moved": "“{was}” is there twice; the second is called “{name}”.",
    "parts_kept": "Rules that must all hold (allOf) could not be put together; they are kept.",
    "kinds_left": "“{name}” has {n} kinds; only what they have in common is taken in.",
    "missing": "Points to {x}, which is not in this text: anything is allowed there.",
    "foreign": "Points to another document, which is not fetched: {x}. Anything is allowed there.",
    "recursive": "Holds itself, so it is kept as a shared shape: {names}.",
    "guessed": "Guessed from the values in it: {names}. Look at each kind.",
    "assumed": "Nothing says of what kind these are, so text is assumed: {names}.",
    "open": "It takes further inputs with names of their own (**{name}).",
    "files": "A file is sent there, which an assistant cannot do; it gives text instead: {names}.",
    "body_unread": "The text that the call sends could not be read as JSON; it is left out.",
    # on the whole
    "skipped": "Left out, since it is no function: {names}.",
    "more_pages": "The list goes on where it was copied: this is its first page.",
    "operations_left": "{n} entries are no operations and are left out.",
    # refusals
    "empty": "Paste something first, or choose a file.",
    "unknown": "This is none of the texts that can be read here. Paste a tool as JSON, an OpenAPI "
    "document, a curl command, a Python function, an MCP tool list or a JSON example.",
    "address": "This is an address, and nothing is fetched from here. Open it in your browser, and "
    "paste what it shows.",
    "postman": "This is a Postman collection, which is not read here. Copy a request of it as cURL "
    "and paste that.",
    "no_example": "This is no JSON example. Paste an object in curly brackets, with a value for "
    "each field.",
    "no_functions": "There is no function in it.",
    "no_operations": "This OpenAPI document has no operations.",
    "old_openapi": "This is version {version} of OpenAPI; versions 3.0 and 3.1 can be read. "
    "Convert it first, for example in an OpenAPI editor.",
    "yaml": "Not readable as YAML at line {line}, column {column}: {detail}.",
    "yaml_alias": "Line {line} uses an alias (*{x}); aliases are not read. Write it out.",
    "yaml_tag": "Line {line} uses the tag {x}, which is not read.",
    "yaml_twice": "Line {line}: “{x}” appears more than once.",
    "yaml_many": "Line {line}: a second document begins. Paste one at a time.",
    "too_deep": "Nested more than {max} levels.",
    "curl_quote": "A closing quote is missing in the curl command.",
    "curl_address": "The curl command has no address that can be read.",
    "python": "Not readable as Python at line {line}: {detail}.",
    "python_deep": "This Python text is nested too deep to be read.",
    "character": "Contains a character that cannot be stored, at position {position}.",
}
"""Marked English, over the data of a note; what reads them translates."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know; `kind` is a key of WORDS, `data` fills it."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def said(self, translate: Callable[[str], str] = str) -> str:
        """In plain words; the sentence goes through `translate` (gettext) before it is filled."""
        words = {key: _word(value) for key, value in self.data.items()}
        return translate(WORDS[self.kind]).format_map(words)


Told = list[Note]


def note(kind: str, **data: Any) -> Note:
    return Note(kind, data)


def _word(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, str):
        return shown(value, 120)
    names = list(value)
    more = ["…"] * (len(names) > _NAMES_SHOWN)
    return ", ".join([*(shown(str(name)) for name in names[:_NAMES_SHOWN]), *more])


def once(notes: Told) -> Told:
    """The same notes without those that say again what was said."""
    return list({(one.kind, repr(one.data)): one for one in reversed(notes)}.values())[::-1]


class Refusal(DomainError):
    """The text as a whole cannot be read; `note` says why, with its line where there is one."""

    def __init__(self, kind: str, **data: Any) -> None:
        self.note = Note(kind, data)
        super().__init__(self.note.said())


@dataclass(frozen=True, slots=True)
class Function:
    """A function tool as the API takes it, what to know of it, and what the contract says."""

    tool: Document
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        return str(self.tool["function"].get("name") or "")

    @property
    def problems(self) -> list[Problem]:
        """Of this tool alone, with paths from `tools[0]`."""
        found = contract.check({"model": _MODEL, "tools": [self.tool]}, "create")
        return [one for one in found if one.path[:1] == ("tools",)]


@dataclass(frozen=True, slots=True)
class Offer:
    """One function that a text has: its name, where it stands ("GET /orders/{id}"), what it says.

    `make` builds it, which for a large document is done for the chosen ones only.
    """

    name: str
    place: str
    text: str
    make: Callable[[], Function]


@dataclass(frozen=True, slots=True)
class Found:
    """What a text is (`openai`, `openapi`, `curl`, `python`, `mcp`, `schema` or `example`), the
    functions in it with names of their own, and what to know of the whole."""

    kind: str
    offers: tuple[Offer, ...]
    notes: tuple[Note, ...] = ()


_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]+")


def valid_name(text: str) -> str:
    """A name made of a text: its allowed characters, others as one `_`; "" where none is left."""
    name = re.sub("_{2,}", "_", _NOT_IN_NAMES.sub("_", text)).strip("_")
    return name[: limits.FUNCTION_NAME_MAX].rstrip("_")


def free_name(name: str, taken: Iterable[str]) -> str:
    """As `tool_keys.free_name`, among any names."""
    return tool_keys.free_name(name, taken if isinstance(taken, set | dict) else set(taken))


def named(was: str, fallback: str, notes: Told) -> str:
    """The name for something called `was` there; what had to be done to it goes into `notes`."""
    name = valid_name(was)
    if not name:
        notes.append(note("name_made"))
        return valid_name(fallback) or "function"
    if name != was and name == was[: limits.FUNCTION_NAME_MAX]:
        notes.append(note("shortened", was=was, max=limits.FUNCTION_NAME_MAX))
    elif name != was:
        notes.append(note("renamed", was=was))
    return name


def function(name: str, text: str, parameters: Any, notes: Told) -> Function:
    """A function tool of its parts; a description beyond what servers take is cut."""
    inner: Document = {"name": name}
    if said := described(text, notes):
        inner["description"] = said
    inner["parameters"] = parameters
    return Function({"type": "function", "function": inner}, tuple(notes))


def described(text: str, notes: Told) -> str:
    said = text.strip()
    if len(said) <= DESCRIPTION_MAX:
        return said
    notes.append(note("cut", n=len(said)))
    return said[: DESCRIPTION_MAX - 1].rstrip() + "…"


def parameters_of(properties: Document, required: Iterable[str]) -> Document:
    """An object schema; `required` is left out where nothing is."""
    wanted = set(required)
    names = [name for name in properties if name in wanted]
    made: Document = {"type": "object", "properties": properties}
    return made | {"required": names} if names else made


def flat_enough(document: Document) -> None:
    """Raises InvalidDocument for what is nested deeper than a document may be."""
    try:
        text = contract.dumps(document)
    except RecursionError:
        raise Refusal("too_deep", max=limits.JSON_DEPTH) from None
    contract.parse(text)

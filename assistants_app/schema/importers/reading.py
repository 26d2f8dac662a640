"""Which of the readable texts this is, and the functions in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app import contract
from assistants_app.contract import limits, words
from assistants_app.contract.tools import function_name
from assistants_app.errors import InvalidDocument
from assistants_app.schema.importers import (
    curl,
    dialects,
    found,
    openapi,
    python_code,
    samples,
    yaml_text,
)
from assistants_app.schema.importers.found import (
    Found,
    Function,
    Note,
    Offer,
    Refusal,
    Told,
    flat_enough,
    note,
)

if TYPE_CHECKING:
    from assistants_app.contract import Document

PASTE_MAX: Final = limits.JSON_FIELD_BYTES
"""us, ux.md section 6.5: bytes of what is pasted."""
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_FENCE: Final = re.compile(r"\A\s*```[^\n]*(?=\n)")
_BLOCK: Final = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_ADDRESS: Final = re.compile(r"\s*(?:https?|ftp)://\S+\s*\Z", re.IGNORECASE)
_YAML: Final = re.compile(
    r"\s*(?:(?:#[^\n]*|%[^\n]*|---[ \t]*)\n\s*)*(?:-\s|['\"\w./{}$-]+\s*:(?:\s|$))"
)
_TOOL_SCHEMAS: Final = ("parameters", "inputSchema", "input_schema")


def read(text: str, *, limit: int = PASTE_MAX) -> Found:
    """What a text holds. Raises Refusal or InvalidDocument (`too_large`, `invalid_json` …) for
    what cannot be read; a function that cannot be stored is left out with a note."""
    _refuse_unstorable(text, limit)
    plain = _plain(text)
    try:
        kind, offers, notes = _read_in(plain)
    except RecursionError:
        raise Refusal("too_deep", max=limits.JSON_DEPTH) from None
    if not offers:
        raise Refusal("no_operations" if kind == "openapi" else "no_functions")
    return Found(kind, tuple(_sound(offer) for offer in offers), tuple(notes))


def read_example(text: str, *, limit: int = PASTE_MAX) -> Document:
    """The schema of a JSON example, ready for exact mode; a pasted schema is that schema itself.

    Raises Refusal or InvalidDocument.
    """
    _refuse_unstorable(text, limit)
    tree = contract.parse(_plain(text))
    if not isinstance(tree, dict) or not tree:
        raise Refusal("no_example")
    schema = tree if _is_schema(tree) else samples.infer(tree, closed=True)
    flat_enough({"response_format": {"json_schema": {"schema": schema}}})
    return schema


def _refuse_unstorable(text: str, limit: int) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise InvalidDocument([words.problem((), "too_large", n=size, max=limit)])
    if bad := _UNSTORABLE.search(text):
        raise Refusal("character", position=bad.start() + 1)


def _plain(text: str) -> str:
    """Without the fence of a Markdown listing; its line stays, so lines keep their numbers."""
    plain, has_fence = _FENCE.subn("", text.removeprefix("\ufeff"), count=1)
    before, _break, last = plain.rstrip().rpartition("\n")
    if has_fence and last.strip() == "```":
        plain = before
    if not plain.strip():
        raise Refusal("empty")
    return plain


def _sound(offer: Offer) -> Offer:
    """The same offer, whose function is surely fit to be stored."""

    def make() -> Function:
        try:
            made = offer.make()
            flat_enough({"tools": [made.tool]})
        except RecursionError:
            raise Refusal("too_deep", max=limits.JSON_DEPTH) from None
        return made

    return Offer(offer.name, offer.place, offer.text, make)


Read = tuple[str, list[Offer], list[Note]]


def _read_in(text: str) -> Read:
    """What the text is, or else the first block of code in it: an answer of a chat, a README."""
    try:
        return _read(text)
    except Refusal:
        block = _BLOCK.search(text)
        if block is None or not block[1].strip():
            raise
        return _read("\n" * text.count("\n", 0, block.start(1)) + block[1])


def _read(text: str) -> Read:
    start = text.lstrip()
    if start[0] in "{[":
        try:
            return _of_tree(contract.parse(text))
        except InvalidDocument as refusal:
            is_other = refusal.problems[0].data.get("kind") == "syntax"  # else beyond a limit
            if is_other and (read := _of_program(text)) is not None:
                return read
            raise
    if _ADDRESS.match(text):
        raise Refusal("address")
    if curl.STARTS.match(text):
        return "curl", curl.offers(text), []
    if python_code.STARTS.search(text):
        return "python", python_code.offers(text), []
    if (read := _of_program(text)) is not None:
        return read
    if not _YAML.match(text):
        raise Refusal("unknown")
    tree = yaml_text.parse(text)
    if not isinstance(tree, dict | list):
        raise Refusal("unknown")
    return _of_tree(tree, is_yaml=True)


def _of_program(text: str) -> Read | None:
    """Tools that are written out in a program or line by line, which is not quite JSON."""
    for tree in dialects.almost_json(text):
        held = dialects.listed(tree) if isinstance(tree, dict) else tree
        if (isinstance(held, list) and any(map(_is_tool, held))) or _is_tool(tree):
            return _of_tree(tree)
    return None


def _of_tree(tree: Any, *, is_yaml: bool = False) -> Read:
    if isinstance(tree, list):
        return _of_list(tree)
    if openapi.is_document(tree):
        return "openapi", openapi.offers(tree), []
    if part := openapi.as_document(tree):
        return "openapi", openapi.offers(part), []
    if isinstance(info := tree.get("info"), dict) and "_postman_id" in info:
        raise Refusal("postman")
    if (listed := dialects.listed(tree)) is not None:
        kind, offers, notes = _tools(listed)
        more = [note("more_pages")] if _has_more(tree) else []
        return kind, offers, [*notes, *more]
    if _is_tool(tree):
        return _tools([tree])
    if _is_schema(tree):
        return "schema", [_offer_of(tree.get("title"), tree.get("description"), tree, [])], []
    if is_yaml and not _is_data(tree):
        raise Refusal("unknown")
    return _example(tree)


def _is_data(tree: Document) -> bool:
    """Whether YAML is meant: prose with a colon in it is a mapping too."""
    return all(re.fullmatch(r"[\w.-]+", key) for key in tree) and len(tree) > 1


def _of_list(tree: list[Any]) -> Read:
    tree = [tool for one in tree for tool in dialects.plain(one)]
    if any(_is_tool(one) for one in tree):
        return _tools(tree)
    rows = [one for one in tree if isinstance(one, dict) and one]
    if not rows or any(one.get("type") in limits.TOOL_TYPES for one in rows):
        raise Refusal("no_functions")
    if len(rows) != len(tree):
        raise Refusal("unknown")
    return _example(tree)


def _has_more(tree: Document) -> bool:
    result = tree.get("result")
    return bool((result if isinstance(result, dict) else tree).get("nextCursor"))


def _is_tool(tree: Any) -> bool:
    if not isinstance(tree, dict):
        return False
    if tree.get("type") == "function" and isinstance(tree.get("function"), dict):
        return True
    has_name = isinstance(tree.get("name"), str)
    is_flat = tree.get("type") == "function" and has_name
    return is_flat or (has_name and any(isinstance(tree.get(k), dict) for k in _TOOL_SCHEMAS))


def _is_bare(one: Any) -> bool:
    """A function without inputs, among others in a list of tools."""
    has_name = isinstance(one, dict) and isinstance(one.get("name"), str)
    return has_name and one.keys() <= {"name", "description", "title", "strict"}


def _is_schema(tree: Document) -> bool:
    return isinstance(tree.get("properties"), dict) and tree.get("type", "object") == "object"


def _tools(listed: list[Any]) -> Read:
    """Functions in any of their forms, as the API takes them; everything in them stays."""
    is_good = [_is_tool(one) or _is_bare(one) for one in listed]
    good = [one for one, is_one in zip(listed, is_good, strict=True) if is_one]
    skipped = [_what(one) for one, is_one in zip(listed, is_good, strict=True) if not is_one]
    is_mcp = any("inputSchema" in one for one in good)
    notes = [note("skipped", names=skipped)] if skipped else []
    taken: set[str] = set()
    offers = []
    for place, one in enumerate(good, start=1):
        tool, told = _nested(one)
        name = function_name(tool) or ""
        offers.append(Offer(name, "", _first_line(tool), _maker(tool, told)))
        taken.add(name or str(place))
    return "mcp" if is_mcp else "openai", offers, notes


def _maker(tool: Document, notes: Told) -> Any:
    return lambda: Function(tool, tuple(notes))


def _what(one: Any) -> str:
    kind = one.get("type") or one.get("name") if isinstance(one, dict) else None
    return kind if isinstance(kind, str) else contract.dumps(one)[:40]


def _nested(one: Document) -> tuple[Document, Told]:
    """The form of the wire: what stands flat goes below `function`, key by key as it came."""
    notes: Told = []
    if isinstance(one.get("function"), dict):
        return one, notes
    inner: Document = {}
    for key, value in one.items():
        if key in ("inputSchema", "input_schema"):
            inner["parameters"] = value
        elif key in ("name", "description", "parameters", "strict"):
            inner[key] = value
    if "description" not in inner and isinstance(one.get("title"), str):
        inner["description"] = one["title"]
    if isinstance(inner["name"], str) and not limits.NAME_CHARACTERS.match(inner["name"]):
        inner["name"] = found.named(inner["name"], "function", notes)
    if isinstance(inner.get("description"), str):
        inner["description"] = found.described(inner["description"], notes)
    return {"type": "function", "function": inner}, notes


def _first_line(tool: Document) -> str:
    said = tool["function"].get("description")
    return said.strip().partition("\n")[0] if isinstance(said, str) else ""


def _example(tree: Any) -> Read:
    """An example of what a call holds: a recorded call by its name, else of a name made up."""
    notes: Told = []
    name, value = _call(tree)
    whole = samples.infer(value)
    schema = whole["items"] if isinstance(value, list) else whole
    if schema.get("type") != "object" or not schema.get("properties"):
        raise Refusal("no_example")
    if open_ := samples.guessed(value):
        notes.append(note("guessed", names=open_))
    return "example", [_offer_of(name, "", schema, notes)], []


def _call(tree: Any) -> tuple[Any, Any]:
    """The name and the arguments of a recorded call; those may be JSON within a text."""
    call = tree.get("function", tree) if isinstance(tree, dict) else {}
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return None, tree
    given = call.get("arguments", call.get("input"))
    if isinstance(given, str):
        try:
            given = contract.parse(given)
        except InvalidDocument:
            return None, tree
    return (call["name"], given) if isinstance(given, dict) and given else (None, tree)


def _offer_of(title: Any, text: Any, schema: Document, notes: Told) -> Offer:
    name = found.named(title if isinstance(title, str) else "", "new_function", notes)
    said = text if isinstance(text, str) else ""
    return Offer(
        name, "", said.partition("\n")[0], lambda: found.function(name, said, schema, notes)
    )

"""Files in: our export, the API's own objects and list pages, arrays and JSON lines.

One reader for the pasted object and for whole files. What a server answered (it has an `id`) is
read with the tolerance of contract.md section 7, what a person wrote with the rules of section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.ordered_json import is_unset, parse, without_marker
from assistants_app.contract.problems import shown
from assistants_app.contract.profiles import KEPT_HERE
from assistants_app.contract.report import not_an_object
from assistants_app.contract.spec import check, without_vector_stores
from assistants_app.contract.words import problem
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.ordered_json import JSON, Document
    from assistants_app.contract.problems import Problem
    from assistants_app.contract.profiles import Profile

FILE_MAX: Final = 20 * 1024 * 1024
"""us, security.md section 5: bytes of one file."""
ITEMS_MAX: Final = 10_000
"""us, security.md section 5: assistants in one file."""
_ASIDE_MAX: Final = 20
_READ_ONLY: Final = ("id", "object", "created_at")
# A whole text that breaks in these ways may still be JSON line by line.
_MAYBE_LINES: Final = ("syntax", "depth")


@dataclass(frozen=True, slots=True)
class Item:
    """One assistant of a file.

    `place`: "item 3" of a list, "line 3" of JSON lines, "" where it is the whole file. `document`:
    what would be imported, empty when it could not be read. `set_aside`: params that were left out
    since they belong to the server that answered with them, at most 20 and then "…". `problems`:
    those of `check` for an import, in document order; an outdated form carries the present one as
    `data["present"]`.
    """

    place: str
    document: Document
    set_aside: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(found for found in self.problems if found.level == "error")


def read_file(data: bytes, profile: Profile = KEPT_HERE) -> list[Item]:
    """Every assistant of a file: one object, a list page of the API, an array, or JSON lines.

    Raises InvalidDocument when the file is refused as a whole: beyond 20 MiB or 10,000 items, not
    UTF-8, not JSON. A line of JSON lines that cannot be read is an Item with its problem, as long
    as another line can be.
    """
    try:
        tree = parse(data, limit=FILE_MAX)
    except InvalidDocument as refusal:
        return _read_lines(data, refusal, profile)
    rows = _rows(tree)
    if rows is None:
        return [_item(tree, "", profile)]
    _refuse_many(len(rows))
    return [_item(row, f"item {number}", profile) for number, row in enumerate(rows, start=1)]


def read_one(text: str | bytes, *, limit: int, profile: Profile = KEPT_HERE) -> Item:
    """The one assistant of a text of at most `limit` bytes, such as a pasted one.

    Raises InvalidDocument for what is not JSON.
    """
    return _item(parse(text, limit=limit), "", profile)


def _rows(tree: JSON) -> list[Any] | None:
    """The items of an array or of a list page, None for a single object."""
    if isinstance(tree, list):
        return tree
    if not isinstance(tree, dict):
        raise InvalidDocument([not_an_object(tree)])
    data = tree.get("data")
    if isinstance(data, list) and "model" not in tree:
        return data
    if tree.get("object") == "list":
        raise InvalidDocument(_wrong_page(tree))
    return None


def _wrong_page(page: Document) -> list[Problem]:
    """What is wrong with `data` of a list page that holds no list."""
    if "data" not in page:
        return [problem(("data",), "missing_required_parameter")]
    found = not_an_object(page["data"]).data["found"]
    wanted = {"wanted": "a list", "expected": "an array", "found": found}
    return [problem(("data",), "invalid_type", **wanted)]


def _refuse_many(count: int) -> None:
    if count > ITEMS_MAX:
        many = problem((), "array_above_max_length", n=count, max=ITEMS_MAX, things="items")
        raise InvalidDocument([many])


def _read_lines(data: bytes, refusal: InvalidDocument, profile: Profile) -> list[Item]:
    """JSON lines; the refusal of the whole text where they are none, or none can be read."""
    lines = [(n, line) for n, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    starts = [line.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] for _, line in lines[:2]]
    if refusal.problems[0].data.get("kind") not in _MAYBE_LINES or starts != [b"{", b"{"]:
        raise refusal
    _refuse_many(len(lines))
    items = [_line(line, number, profile) for number, line in lines]
    if all(item.problems and item.problems[0].code == "invalid_json" for item in items):
        raise refusal
    return items


def _line(line: bytes, number: int, profile: Profile) -> Item:
    place = f"line {number}"
    try:
        return _item(parse(line), place, profile)
    except InvalidDocument as refusal:
        return Item(place, {}, (), tuple(_on_line(found, number) for found in refusal.problems))


def _on_line(found: Problem, number: int) -> Problem:
    """The same problem of a text that is line `number` of a file."""
    if "line" not in found.data:
        return found
    data = {**found.data, "line": number}
    return problem(found.path, found.code, data.pop("kind", ""), found.level, **data)


def _item(tree: JSON, place: str, profile: Profile) -> Item:
    if not isinstance(tree, dict):
        return Item(place, {}, (), (not_an_object(tree),))
    document, aside = _answered(tree) if "id" in tree else _written(tree)
    found = check(document, "import", profile)
    problems = tuple(_with_present(one, document) for one in found)
    named = [shown(key) for key in aside[:_ASIDE_MAX]] + ["…"] * (len(aside) > _ASIDE_MAX)
    return Item(place, document, tuple(named), problems)


def _written(tree: Document) -> tuple[Document, list[str]]:
    """What a person wrote, or our own export: only what no document has is set aside."""
    document = {key: value for key, value in tree.items() if key not in _READ_ONLY}
    return document, [key for key in tree if key in _READ_ONLY]


def _answered(tree: Document) -> tuple[Document, list[str]]:
    """What a server answered: its own keys, its null padding, a dashboard's mark, store echoes.

    Files of the first generation are no key of the server: they stay, for `check` to name.
    """
    aside = [key for key, value in tree.items() if not _is_ours(key, value)]
    document = {k: v for k, v in tree.items() if _is_ours(k, v) and not is_unset(k, v)}
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and limits.MARKER in metadata:
        aside.append(f"metadata.{limits.MARKER}")
        document = without_marker(document)
    without, asked = without_vector_stores(document)
    if not asked or _has_stores(without):
        aside += ["tool_resources.file_search.vector_stores"] if without is not document else []
        document = without
    return document, aside


def _is_ours(key: str, value: Any) -> bool:
    return key in limits.FIELDS or (key == "file_ids" and value not in (None, []))


def _has_stores(document: Document) -> bool:
    return bool(document["tool_resources"]["file_search"].get("vector_store_ids"))


def _with_present(found: Problem, document: Document) -> Problem:
    """A form of the first generation with the one that took its place beside it."""
    if present := _present(found, document):
        return replace(found, data={**found.data, "present": present})
    return found


def _present(found: Problem, document: Document) -> Document:
    if found.path == ("file_ids",):
        return {"tool_resources": {"code_interpreter": {"file_ids": document["file_ids"]}}}
    if found.code == "unknown_tool_type" and _value(document, found.path) == "retrieval":
        return {"type": "file_search"}
    present: Document = found.data.get("nested", {})
    return present


def _value(node: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        node = node[step]
    return node

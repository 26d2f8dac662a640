"""An OpenAPI 3 document, one path of it, or a single operation → a function for each operation.

Parameters of the path and the query and the fields of the body become one group of inputs. What
software sends by itself (headers, cookies) is left out and named.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app.schema.importers import found
from assistants_app.schema.importers.found import Offer, Refusal, Told, note
from assistants_app.schema.importers.openapi_schema import Converter, Shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.contract import Document
    from assistants_app.schema.importers.found import Function

METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace", "query")
_IN_PATH: Final = re.compile(r"\{([^{}/]+)\}")
_TAGS: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_NOT_READABLE: Final = 3
_OPERATION: Final = frozenset({"operationId", "requestBody", "responses"})


def is_document(tree: Document) -> bool:
    """Whether it calls itself OpenAPI or has paths as such a document has them."""
    paths = tree.get("paths")
    return "openapi" in tree or "swagger" in tree or (isinstance(paths, dict) and bool(paths))


def as_document(tree: Document) -> Document | None:
    """A part of a document that was pasted alone as a document: paths, one path, an operation."""
    if tree and all(key.startswith(("/", "x-")) for key in tree):
        return {"paths": tree}
    if any(
        isinstance(tree.get(method), dict) and _OPERATION & tree[method].keys()
        for method in METHODS
    ):
        return {"paths": {"": tree}}
    is_operation = "operationId" in tree or ("responses" in tree and "type" not in tree)
    return {"paths": {"": {"": tree}}} if is_operation else None


def offers(document: Document) -> list[Offer]:
    """The operations in the order of the document."""
    version = str(document.get("openapi", document.get("swagger", "3")))
    if not version.startswith("3"):
        raise Refusal("old_openapi", version=version[:20])
    shapes, listed, taken = Shapes(document), [], set[str]()
    for place, shared, operation in _operations(document, shapes):
        notes: Told = []
        name = found.named(_called(operation, place), place, notes)
        name = found.free_name(name, taken)
        taken.add(name)
        listed.append(_offer(shapes, name, place, shared, operation, notes))
    return listed


def _operations(document: Document, shapes: Shapes) -> Iterator[tuple[str, list[Any], Document]]:
    paths = document.get("paths")
    for path, item in (paths if isinstance(paths, dict) else {}).items():
        entry = shapes.followed(item)
        if not isinstance(entry, dict):
            continue
        shared = entry.get("parameters")
        for method, operation in entry.items():
            if method.lower() in (*METHODS, "") and isinstance(operation, dict):
                place = f"{method.upper()} {path}".strip()
                yield place, shared if isinstance(shared, list) else [], operation


def _called(operation: Document, place: str) -> str:
    given = operation.get("operationId")
    if isinstance(given, str) and given.strip():
        return given.strip()
    method, _, path = place.partition(" ")
    words = found.valid_name(f"{method.lower()}_{path.strip('/')}") if path else ""
    return words or str(operation.get("summary") or "")


def _offer(
    shapes: Shapes, name: str, place: str, shared: list[Any], operation: Document, notes: Told
) -> Offer:
    text = _text(operation)

    def make() -> Function:
        return _function(shapes, name, place, [*shared], operation, text, [*notes])

    return Offer(name, place, text.partition("\n")[0], make)


def _text(operation: Document) -> str:
    """Its summary and description, without markup."""
    texts = [operation.get(key) for key in ("summary", "description")]
    said = [_plain(text) for text in texts if isinstance(text, str) and text.strip()]
    if len(said) == 2 and said[1].startswith(said[0].rstrip(".")):
        return said[1]
    return "\n\n".join(said)


def _plain(text: str) -> str:
    if "</" in text or "<br" in text:
        text = html.unescape(_TAGS.sub("", text))
    return text.strip()


def _function(
    shapes: Shapes,
    name: str,
    place: str,
    shared: list[Any],
    operation: Document,
    text: str,
    notes: Told,
) -> Function:
    inputs = _Inputs(Converter(shapes, notes), notes)
    own = operation.get("parameters")
    inputs.take(shared, own if isinstance(own, list) else [], place)
    inputs.take_body(shapes.followed(operation.get("requestBody")))
    if operation.get("deprecated") is True:
        notes.append(note("deprecated"))
    schema = found.parameters_of(inputs.properties, inputs.required)
    alone = inputs.converter.standing_alone(schema)
    return found.function(name, text, alone, found.once(notes))


class _Inputs:
    """The inputs of one function, as they come together."""

    def __init__(self, converter: Converter, notes: Told) -> None:
        self.converter, self.notes = converter, notes
        self.properties: Document = {}
        self.required: list[str] = []

    def take(self, shared: list[Any], own: list[Any], place: str) -> None:
        """Parameters; those of the operation stand for the same ones of its path."""
        chosen: dict[tuple[str, str], Document] = {}
        for entry in [*shared, *own]:
            one = self.converter.shapes.followed(entry)
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                chosen[str(one.get("in")), one["name"]] = one
        left = [name for (where, name) in chosen if where in ("header", "cookie")]
        for (where, name), one in chosen.items():
            if where in ("path", "query"):
                self._take_one(where, name, one)
        for name in _IN_PATH.findall(place):
            if ("path", name) not in chosen and name not in self.properties:
                self._put(name, {"type": "string"}, is_required=True)
                self.notes.append(note("assumed", names=[name]))
        if left:
            self.notes.append(note("headers_left", names=left))

    def _take_one(self, where: str, name: str, one: Document) -> None:
        schema = self.converter.schema(_schema_of(one))
        said = one.get("description")
        schema = {} if schema is True else schema
        if isinstance(said, str) and said.strip() and isinstance(schema, dict):
            has_own = isinstance(schema.get("description"), str)
            schema = schema if has_own else {**schema, "description": _plain(said)}
        if name in self.properties:
            new = found.free_name(f"{where}_{name}", self.properties)
            self.notes.append(note("moved", was=name, name=new))
            name = new
        self._put(name, schema, is_required=where == "path" or one.get("required") is True)

    def _put(self, name: str, schema: Any, *, is_required: bool) -> None:
        self.properties[name] = schema
        if is_required:
            self.required.append(name)

    def take_body(self, body: Any) -> None:
        """The fields of the body beside the parameters, or all of it as one input."""
        content = body.get("content") if isinstance(body, dict) else None
        if not isinstance(content, dict) or not content:
            return
        kind, media = _readable(content)
        if media is None:
            self.notes.append(note("body_left", what=kind))
            return
        raw = media.get("schema") if isinstance(media, dict) else None
        if raw is None:
            return
        schema = self.converter.schema(raw)
        fields = self._group(schema)
        if fields is not None and not fields.get("properties", {}).keys() & self.properties.keys():
            for name, part in fields.get("properties", {}).items():
                self._put(name, part, is_required=name in fields.get("required", []))
            self._note_files(fields["properties"])
            return
        name = found.free_name("body", self.properties)
        said = body.get("description")
        if isinstance(said, str) and said.strip() and isinstance(schema, dict):
            schema = {"description": _plain(said)} | schema
        self._put(name, schema, is_required=body.get("required") is True)
        self.notes.append(note("body_alone", name=name))

    def _note_files(self, fields: Document) -> None:
        whole = {name: part for name, part in fields.items() if isinstance(part, dict)}
        if files := [name for name, part in whole.items() if part.get("format") == "binary"]:
            self.notes.append(note("files", names=files))

    def _group(self, schema: Any) -> Document | None:
        """The schema where it is a group of named inputs and nothing more, else None."""
        for _ in range(20):
            if not isinstance(schema, dict) or "$ref" not in schema:
                break
            schema = self.converter.alone(schema["$ref"].removeprefix("#/$defs/"))
        if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
            return None
        more = schema.keys() - {"type", "properties", "required", "title", "description"}
        says = more == {"additionalProperties"} and isinstance(schema["additionalProperties"], bool)
        is_group = (says or not more) and schema.get("type", "object") == "object"
        return schema if is_group else None


def _schema_of(parameter: Document) -> Any:
    if "schema" in parameter or not isinstance(parameter.get("content"), dict):
        return parameter.get("schema", {"type": "string"})
    media = next(iter(parameter["content"].values()), None)
    return media.get("schema", {}) if isinstance(media, dict) else {}


def _readable(content: Document) -> tuple[str, Any]:
    """The media type whose fields are inputs, JSON first, and what the document says of it."""
    kinds = {kind: kind.partition(";")[0].strip().lower() for kind in content}
    for kind in sorted(kinds, key=lambda kind: _rank(kinds[kind])):
        if _rank(kinds[kind]) < _NOT_READABLE:
            return kind, content[kind] or {}
    return next(iter(content)), None


def _rank(kind: str) -> int:
    if kind == "application/json":
        return 0
    if kind.endswith("+json") or kind in ("*/*", "application/*"):
        return 1
    is_form = kind in ("application/x-www-form-urlencoded", "multipart/form-data")
    return 2 if is_form else _NOT_READABLE

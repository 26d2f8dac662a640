"""Python functions → function tools: signatures and docstrings, parsed with `ast` and never run."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from assistants_app.schema.importers import docstrings, found
from assistants_app.schema.importers.annotations import Kinds
from assistants_app.schema.importers.found import Offer, Refusal, Told, note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.contract import Document
    from assistants_app.schema.importers.found import Function

STARTS: Final = re.compile(
    r"^(?:>>>)?[ \t]*(?:(?:async[ \t]+)?def[ \t]+\w+[ \t]*\(|class[ \t]+\w+[ \t]*[(:])",
    re.MULTILINE,
)
_PROMPT: Final = re.compile(r"^(?:>>>|\.\.\.)(?: |$)", re.MULTILINE)
_DATA: Final = frozenset({"BaseModel", "SQLModel", "TypedDict", "NamedTuple", "dataclass"})
_Def = ast.FunctionDef | ast.AsyncFunctionDef


def offers(text: str) -> list[Offer]:
    """The functions and methods of the text; those that begin with _ only where there is no other.

    A signature without a body will do. Classes alone, such as data models, are functions too: each
    that no other one holds is what a call takes.
    """
    tree = _parsed(text)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    kinds = Kinds(classes, _aliases(tree))
    listed = list(_definitions(tree))
    public = [one for one in listed if not one[0].name.startswith("_")] or listed
    taken: set[str] = set()
    made = []
    for node, is_method in public:
        notes: Told = []
        name = found.free_name(found.named(node.name, node.name, notes), taken)
        taken.add(name)
        made.append(_offer(node, name, kinds, notes, is_method=is_method))
    return made or [
        _offer_of_class(node, kinds) for node in _outermost(classes) if kinds.of_class(node)
    ]


def _aliases(tree: ast.Module) -> dict[str, ast.expr]:
    """`Color = Literal["red"]`, `UserId = NewType("UserId", int)` and their like."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if value is None or not isinstance(target, ast.Name):
            continue
        is_new = isinstance(value, ast.Call) and len(value.args) == 2
        found[target.id] = value.args[1] if is_new and isinstance(value, ast.Call) else value
    return found


def _outermost(classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    held = {
        inner.id
        for node in classes.values()
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name)
    }
    return [node for name, node in classes.items() if name not in held] or [*classes.values()]


def _offer_of_class(node: ast.ClassDef, kinds: Kinds) -> Offer:
    said = docstrings.read(ast.get_docstring(node) or "")

    def make() -> Function:
        schema = kinds.of_class(node) or {}
        own = {key: value for key, value in schema.items() if key != "description"}
        return found.function(name, said.text, own, [*notes])

    notes: Told = []
    name = found.named(node.name, node.name, notes)
    return Offer(name, f"class {node.name}", said.text.partition("\n")[0], make)


def _parsed(text: str) -> ast.Module:
    """The text as it is; else without its common indentation, or with a body put to its end."""
    if text.lstrip().startswith(">>>"):
        text = _PROMPT.sub("", text.lstrip())
    lines = text.expandtabs(4).split("\n")
    indent = min((len(one) - len(one.lstrip()) for one in lines if one.strip()), default=0)
    flush = "\n".join(line[indent:] for line in lines)
    whole = flush.rstrip()
    bodies = [flush, f"{whole}\n    ...", f"{whole.rstrip(':')}:\n    ..."]
    error: SyntaxError | None = None
    for tried in bodies:
        try:
            return ast.parse(tried)
        except SyntaxError as fault:
            error = error or fault
        except (RecursionError, MemoryError, ValueError):
            raise Refusal("python_deep") from None
    assert error is not None  # noqa: S101  # three tries without an answer are three errors
    detail = str(error.msg).rstrip(".?")
    raise Refusal("python", line=error.lineno or 1, detail=detail) from None


def _definitions(tree: ast.Module) -> Iterator[tuple[_Def, bool]]:
    for node in tree.body:
        if isinstance(node, _Def):
            yield node, False
        elif isinstance(node, ast.ClassDef) and not _is_data(node):
            for inner in node.body:
                if isinstance(inner, _Def) and not _has(inner, "property"):
                    yield inner, not _has(inner, "staticmethod")


def _is_data(node: ast.ClassDef) -> bool:
    """Whether it says what something holds; its methods are then no functions of their own."""
    named = [_name(one) for one in [*node.bases, *node.decorator_list]]
    return not _DATA.isdisjoint(named)


def _name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _has(node: _Def, decorator: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == decorator for one in node.decorator_list)


def _offer(node: _Def, name: str, kinds: Kinds, notes: Told, *, is_method: bool) -> Offer:
    said = docstrings.read(ast.get_docstring(node) or "")

    def make() -> Function:
        return _function(node, name, kinds, said, [*notes], is_method=is_method)

    return Offer(name, f"def {node.name}", said.text.partition("\n")[0], make)


def _function(
    node: _Def,
    name: str,
    kinds: Kinds,
    said: docstrings.Said,
    notes: Told,
    *,
    is_method: bool,
) -> Function:
    inputs = _Inputs(kinds, said, notes)
    for argument, default in _arguments(node.args, is_method=is_method):
        inputs.take(argument, default)
    if node.args.vararg:
        inputs.take_rest(node.args.vararg)
    schema = found.parameters_of(inputs.properties, inputs.required)
    if node.args.kwarg:
        schema["additionalProperties"] = True
        notes.append(note("open", name=node.args.kwarg.arg))
    if inputs.assumed:
        notes.append(note("assumed", names=inputs.assumed))
    return found.function(name, said.text, schema, notes)


def _arguments(
    arguments: ast.arguments, *, is_method: bool
) -> list[tuple[ast.arg, ast.expr | None]]:
    """Each argument with its default; `self` and `cls` are none of a call's."""
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    pairs = list(zip(plain, [*missing, *arguments.defaults], strict=True))
    first = plain[0].arg if plain else ""
    if first in ("self", "cls") or (is_method and plain):
        pairs = pairs[1:]
    return [*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]


class _Inputs:
    def __init__(self, kinds: Kinds, said: docstrings.Said, notes: Told) -> None:
        self.kinds, self.said, self.notes = kinds, said, notes
        self.properties: Document = {}
        self.required: list[str] = []
        self.assumed: list[str] = []

    def take(self, argument: ast.arg, default: ast.expr | None) -> None:
        name = argument.arg
        value, is_known = self.kinds.value(default)
        schema = self._schema(argument, value if is_known else None)
        if default is None:
            self.required.append(name)
        elif is_known and value is not None:
            schema = {**schema, "default": value}
        self.properties[name] = schema

    def take_rest(self, argument: ast.arg) -> None:
        """`*names`: a list of them."""
        self.properties[argument.arg] = {"type": "array", "items": self._schema(argument, None)}

    def _schema(self, argument: ast.arg, default: Any) -> Document:
        name = argument.arg
        schema = self.kinds.of(argument.annotation) if argument.annotation else None
        if schema is None and name in self.said.kinds:
            schema = self.kinds.in_words(self.said.kinds[name])
        if schema is None and default is not None:
            schema = self.kinds.of_value(default)
        if schema is None:
            self.assumed.append(name)
            schema = {"type": "string"}
        said = self.said.arguments.get(name)
        return {**schema, "description": said} if said else schema

"""What counts as a write, for the checks of writers and of actions.

Python has no types here, so the shape of the call decides:

- `save`, `create`, `get_or_create`, `update_or_create`, `bulk_create`, `bulk_update` and their
  asynchronous twins always count: nothing else in the product has methods of these names.
- `update` and `delete` count when they are called with keywords only or with nothing: so
  `rows.update(state="x")` counts, while `dict.update(other)`, `hash.update(data)` and
  `cache.delete(key)` do not. (Write `a | {"x": 1}`, not `a.update(x=1)`.)
- `add`, `set`, `remove`, `clear` count on an attribute that is a many-to-many relation of a model
  or the manager of the other side of a foreign key.
- SQL that begins with a writing word counts wherever it is executed.
- `super().save(…)` inside a method of that name is the model's own, not a writer; a call on an
  imported module (`tokens.create(…)` of the actions) is judged where that module is; a call on
  something named `client` goes to the upstream and not to the database.
"""

from __future__ import annotations

import ast
from functools import cache

from django.apps import apps

from tests.checks.tree import dotted

ALWAYS = {"save", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update"}
BY_KEYWORD = {"update", "delete"}
RELATED = {"add", "set", "remove", "clear"}
EXECUTE = {"execute", "executemany", "executescript"}
SQL = ("insert", "update", "delete", "replace", "truncate", "drop", "alter", "create")


def writes(tree: ast.AST, modules: frozenset[str]) -> list[ast.Call]:
    """The writing calls anywhere below `tree`; `modules` are the file's imported modules."""
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and is_write(n, modules)]


@cache
def modules(tree: ast.Module) -> frozenset[str]:
    """Names that the file imports, but for classes: those begin with a capital letter."""
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom))
    names = (alias.asname or alias.name for node in found for alias in node.names)
    return frozenset(name for name in names if not name[0].isupper())


def is_write(call: ast.Call, modules: frozenset[str]) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    method, owner = call.func.attr, call.func.value
    if isinstance(owner, ast.Name) and owner.id in modules:
        return False
    if dotted(owner).rpartition(".")[2] == "client":
        return False
    plain = method[1:] if method[:1] == "a" and method[1:] in ALWAYS | BY_KEYWORD else method
    if isinstance(owner, ast.Call) and _is_super(owner):
        return False
    if plain in ALWAYS:
        return True
    if plain in BY_KEYWORD:
        return not call.args
    if plain in RELATED and isinstance(owner, ast.Attribute):
        return owner.attr in relations()
    return method in EXECUTE and any(_is_writing_sql(arg) for arg in call.args[:1])


def _is_super(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "super"


def _is_writing_sql(node: ast.expr) -> bool:
    """A literal, or the literal beginning of an f-string; a name is not looked into."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.lstrip().lower().startswith(SQL)
    return False


@cache
def relations() -> frozenset[str]:
    """Names of the managers of related rows, on either side, over all models."""
    found = set()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.many_to_many or field.one_to_many:
                found.add(getattr(field, "get_accessor_name", lambda f=field: f.name)())
    return frozenset(name for name in found if name)

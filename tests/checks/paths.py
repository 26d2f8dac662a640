"""How often an action records and whether it writes, on each path through it.

A small abstract interpreter: it walks the statements of a function with the set of states that
are possible there, (entries recorded: 0, 1, 2 = more; has written), and follows calls into the
other functions of the actions. Conditions are not understood: both ways are possible. Loops run
no times, once, or twice. A path that raises is given up: its transaction rolls back. Functions
passed on (`on_commit`) run later and do not count. Marked bookkeeping writes without a trace.
A compare-and-swap that moved no row (`moved = rows.update(…)`, `if moved != 1:`) wrote nothing.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.checks.tree import dotted
from tests.checks.writers import is_write, modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

State = tuple[int, bool]
States = frozenset[State]
THE_WRITERS = frozenset({("audit", "record"), ("audit", "record_each")})
START: States = frozenset({(0, False)})
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """One file of actions: its functions, and what its imports call the others."""

    name: str
    tree: ast.Module
    functions: dict[str, Function] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)  # local name → module of actions
    borrowed: dict[str, tuple[str, str]] = field(default_factory=dict)  # → module, function

    def __post_init__(self) -> None:
        self.functions = {n.name: n for n in self.tree.body if isinstance(n, Function)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                self._learn(node, node.module)

    def _learn(self, node: ast.ImportFrom, source: str) -> None:
        for alias in node.names:
            local = alias.asname or alias.name
            if source == "assistants_app.actions":
                self.others[local] = alias.name
            elif source.startswith("assistants_app.actions."):
                self.borrowed[local] = (source.rpartition(".")[2], alias.name)


def marks(function: Function) -> set[str]:
    """The last words of its decorators: atomic, bookkeeping, sends …"""
    return {dotted(d).removesuffix("()").rpartition(".")[2] for d in function.decorator_list}


class Paths:
    """The ends of functions; `through_public` False leaves out what other actions do."""

    def __init__(self, found: Iterable[Module], *, through_public: bool = True) -> None:
        self.modules: Mapping[str, Module] = {m.name: m for m in found}
        self.through_public = through_public
        self._known: dict[tuple[str, str], States] = {}

    def ends(self, module: str, function: str) -> States:
        """Every state in which the function can return."""
        key = (module, function)
        if key not in self._known:
            self._known[key] = START  # what calls itself adds nothing new
            walk = _Walk(self, self.modules[module])
            body = self.modules[module].functions[function].body
            self._known[key] = walk.block(body, START) | walk.returned
        return self._known[key]

    def effect(self, module: Module, call: ast.Call) -> States:
        """What one call adds."""
        target = _target(module, call)
        if target in THE_WRITERS:  # `record_each` is one record of many like things
            return frozenset({(1, False)})
        if target and target[1] in getattr(self.modules.get(target[0]), "functions", {}):
            function = self.modules[target[0]].functions[target[1]]
            is_apart = not self.through_public and not target[1].startswith("_")
            quiet = is_apart or marks(function) & {"bookkeeping", "sends"}
            return START if quiet else self.ends(*target)
        return frozenset({(0, is_write(call, modules(module.tree)))})


def _target(module: Module, call: ast.Call) -> tuple[str, str] | None:
    """The function of the actions that is called, as (module, name)."""
    if isinstance(call.func, ast.Name):
        return module.borrowed.get(call.func.id, (module.name, call.func.id))
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        other = module.others.get(call.func.value.id)
        return (other, call.func.attr) if other else None
    return None


class _Walk:
    """One walk through one function's statements."""

    def __init__(self, paths: Paths, module: Module) -> None:
        self.paths = paths
        self.module = module
        self.returned: States = frozenset()
        self.swaps: dict[str, States] = {}  # row count → states before its compare-and-swap

    def block(self, body: Iterable[ast.stmt], states: States) -> States:
        for statement in body:
            states = self.statement(statement, states)
        return states

    def statement(self, node: ast.stmt, states: States) -> States:
        if isinstance(node, Function | ast.ClassDef):
            return states
        if isinstance(node, ast.If):
            before, states = states, self.expression(node.test, states)
            body = self._unmoved(node.test, before, states)
            return self.block(node.body, body) | self.block(node.orelse, states)
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            return self._loop(node, states)
        if isinstance(node, ast.Try):
            return self._try(node, states)
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                states = self.expression(item.context_expr, states)
            return self.block(node.body, states)
        if isinstance(node, ast.Match):
            states = self.expression(node.subject, states)
            ways = [self.block(case.body, states) for case in node.cases]
            return states.union(*ways)
        return self._plain(node, states)

    def _unmoved(self, test: ast.expr, before: States, states: States) -> States:
        """The states in the branch where a compare-and-swap moved no row; else as given."""
        if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq)):
            return states
        if isinstance(test.left, ast.Name):
            return self.swaps.get(test.left.id, states)
        return before if isinstance(test.left, ast.Call) and self._is_swap(test.left) else states

    def _is_swap(self, node: ast.expr | None) -> bool:
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        return is_call and node.func.attr == "update" and is_write(node, frozenset())

    def _plain(self, node: ast.stmt, states: States) -> States:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            self.swaps.pop(name, None)
            if self._is_swap(node.value):
                self.swaps[name] = states
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                states = self.expression(child, states)
        if isinstance(node, ast.Return):
            self.returned |= states
        return frozenset() if isinstance(node, ast.Return | ast.Raise) else states

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, states: States) -> States:
        head = node.test if isinstance(node, ast.While) else node.iter
        states = self.expression(head, states)
        once = self.block(node.body, states)
        twice = self.block(node.body, once)
        return self.block(node.orelse, states | once | twice)

    def _try(self, node: ast.Try, states: States) -> States:
        done = self.block(node.body, states)
        caught = [self.block(handler.body, states | done) for handler in node.handlers]
        return self.block(node.finalbody, self.block(node.orelse, done).union(*caught))

    def expression(self, node: ast.expr, states: States) -> States:
        unsure = {call for part in _perhaps(node) for call in _calls(part)}
        for call in _calls(node):
            after = _joined(states, self.paths.effect(self.module, call))
            states = states | after if call in unsure else after
        return states


def _joined(states: States, effect: States) -> States:
    return frozenset((min(2, n + m), w or v) for n, w in states for m, v in effect)


def _calls(node: ast.expr) -> list[ast.Call]:
    """The calls of an expression, those of a function passed on left out."""
    found: list[ast.Call] = []
    stack: list[ast.AST] = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, ast.Lambda):
            continue
        if isinstance(here, ast.Call):
            found.append(here)
        stack += ast.iter_child_nodes(here)
    return found


def _perhaps(node: ast.expr) -> Iterator[ast.expr]:
    for here in ast.walk(node):
        if isinstance(here, ast.IfExp):
            yield from (here.body, here.orelse)
        elif isinstance(here, ast.BoolOp):
            yield from here.values[1:]

"""One verb, one transaction, one audit entry; bookkeeping and sending are marked as such."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from tests.checks.paths import START, THE_WRITERS, Function, Module, Paths, marks
from tests.checks.tree import APP, parsed, sources
from tests.checks.writers import modules, writes

VERBS = ("add", "replace", "move", "duplicate", "remove", "restore", "copy_from")
VERBS += ("bring_in", "take_back")
EXPLAINED = {
    # Text that cannot be read yet is kept as it is typed; it is no edit before it can be read.
    "changes.edit may write and not record",
    # Each of them is one such edit, of values only.
    *(f"tools.{verb} may write and not record" for verb in VERBS),
    *(f"attachments.{verb} may write and not record" for verb in ("attach", "choose", "detach")),
}


def faults(found: list[Module]) -> list[str]:
    """What is wrong with the public functions and the classes of these modules."""
    whole, own = Paths(found), Paths(found, through_public=False)
    lines = []
    for module in found:
        for name, function in module.functions.items():
            if not name.startswith("_") and (module.name, name) not in THE_WRITERS:
                fault = _fault(module, function, whole, own)
                lines += [f"{module.name}.{name} {fault}"] if fault else []
        lines += _hidden_writes(module)
    return lines


def _fault(module: Module, function: Function, whole: Paths, own: Paths) -> str:
    ends, mine = whole.ends(module.name, function.name), own.ends(module.name, function.name)
    marked = marks(function)
    if "sends" in marked:
        return "sends within a transaction" if "atomic" in marked else ""
    if "bookkeeping" in marked:
        return "is marked bookkeeping and records" if any(n for n, _ in ends) else ""
    if ends <= START:
        return ""  # a reader
    if any(n > 1 for n, _ in ends) and any(n for n, _ in mine):
        return "may record more than once"
    if any(written and not n for n, written in ends):
        return "may write and not record"
    if "actor" not in {arg.arg for arg in function.args.kwonlyargs}:
        return "has no keyword-only actor"
    if "atomic" not in marked and not mine <= START:
        return "is not @transaction.atomic"
    return ""


def _hidden_writes(module: Module) -> list[str]:
    """Classes may lead through a push; what is written and recorded is in functions."""
    classes = [node for node in module.tree.body if isinstance(node, ast.ClassDef)]
    known = modules(module.tree)
    return [
        f"{module.name}.{node.name} writes in a method, line {call.lineno}"
        for node in classes
        for call in writes(node, known)
    ]


def test_every_action_writes_in_one_transaction_and_records_once() -> None:
    found = [Module(path.stem, parsed(path)) for path in sources(APP / "actions")]
    assert sum(len(module.functions) for module in found) > 40
    assert set(faults(found)) == EXPLAINED


HEAD = """
from django.db import transaction
from assistants_app.actions import audit, others
from assistants_app.models import Change

"""
OTHERS = """
from assistants_app.actions import audit

@transaction.atomic
def move(change, *, actor):
    change.save()
    audit.record("a.b", actor=actor)

@audit.bookkeeping
def count(change):
    change.save()
"""


def judged(code: str) -> list[str]:
    return faults(
        [
            Module("others", ast.parse(OTHERS)),
            Module("tried", ast.parse(HEAD + dedent(code))),
        ]
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (
            "may write and not record",
            """
            @transaction.atomic
            def go(change, *, actor):
                change.save()
            """,
        ),
        (
            "may write and not record",
            """
            @transaction.atomic
            def go(change, *, actor):
                Change.objects.filter(pk=1).update(state="x")
                if change.pk:
                    return
                audit.record("a.b", actor=actor)
            """,
        ),
        (
            "may record more than once",
            """
            @transaction.atomic
            def go(change, *, actor):
                change.save()
                audit.record_each("a.b", actor=actor, told=[])
                audit.record("a.b", actor=actor)
            """,
        ),
        (
            "may write and not record",
            """
            @transaction.atomic
            def go(change, *, actor):
                _write(change)

            def _write(change):
                change.delete()
            """,
        ),
        (
            "may record more than once",
            """
            @transaction.atomic
            def go(change, *, actor):
                others.move(change, actor=actor)
                audit.record("a.b", actor=actor)
            """,
        ),
        (
            "may record more than once",
            """
            @transaction.atomic
            def go(rows, *, actor):
                for row in rows:
                    audit.record("a.b", actor=actor)
            """,
        ),
        (
            "has no keyword-only actor",
            """
            @transaction.atomic
            def go(change, actor):
                change.save()
                audit.record("a.b", actor=actor)
            """,
        ),
        (
            "is not @transaction.atomic",
            """
            def go(change, *, actor):
                change.save()
                audit.record("a.b", actor=actor)
            """,
        ),
        (
            "is marked bookkeeping and records",
            """
            @audit.bookkeeping
            def go(change, *, actor):
                others.move(change, actor=actor)
            """,
        ),
        (
            "sends within a transaction",
            """
            @audit.sends
            @transaction.atomic
            def go(pk):
                return pk
            """,
        ),
        (
            "writes in a method",
            """
            class _Push:
                def run(self):
                    self.order.save()
            """,
        ),
    ],
)
def test_a_fault_is_seen(fault: str, code: str) -> None:
    (line,) = judged(code)
    assert fault in line


@pytest.mark.parametrize(
    "code",
    [
        """
        @transaction.atomic
        def go(change, *, actor):
            if change.is_closed:
                raise Conflict("closed")
            if not change.differs:
                return change
            change.save()
            if change.is_new:
                audit.record("a.b", actor=actor)
            else:
                audit.record("a.c", actor=actor)
            transaction.on_commit(lambda: others.move(change, actor=actor))
            return change
        """,
        """
        @transaction.atomic
        def go(change, *, actor):
            try:
                with transaction.atomic():
                    change.save()
            except IntegrityError:
                raise Conflict("twice") from None
            _tell(change, actor)

        def _tell(change, actor):
            audit.record("a.b", actor=actor)
        """,
        """
        def go(change, *, actor):
            return others.move(change, actor=actor) if change.pk else None
        """,
        """
        def read(change):
            return change.document()
        """,
        """
        @transaction.atomic
        def go(rows, *, actor):
            for row in rows:
                others.move(row, actor=actor)
        """,
        """
        @transaction.atomic
        def go(change, *, actor):
            moved = Change.objects.filter(pk=change.pk).update(state="x")
            if moved != 1:
                return
            if Change.objects.filter(pk=change.pk, lock=1).update(lock=2) != 1:
                raise Conflict("stale")
            audit.record("a.b", actor=actor)
        """,
        """
        @audit.sends
        def go(pk):
            others.move(pk, actor=None)
            others.move(pk, actor=None)
        """,
        """
        @transaction.atomic
        def go(change, *, actor):
            others.count(change)
            audit.record("a.b", actor=actor)
        """,
    ],
)
def test_what_keeps_the_rule_passes(code: str) -> None:
    assert judged(code) == []

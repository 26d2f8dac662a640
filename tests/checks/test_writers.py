"""Only actions write: no other file calls what changes a row."""

from __future__ import annotations

import ast

import pytest

from tests.checks.tree import APP, name, parsed, sources
from tests.checks.writers import modules, writes

# The floors without Django cannot reach a row; the SQL of the guards and of the search index, which
# the database keeps by itself, is schema.
ELSEWHERE = ("actions", "contract", "schema", "sync")
SCHEMA = {APP / "models" / "triggers.py", APP / "models" / "search.py"}


def lines(tree: ast.Module) -> list[int]:
    return [call.lineno for call in writes(tree, modules(tree))]


def test_only_actions_write() -> None:
    found = [
        f"{name(path)}:{line}"
        for path in sources()
        if path.relative_to(APP).parts[0] not in ELSEWHERE and path not in SCHEMA
        for line in lines(parsed(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "change.save(update_fields=['state'])",
        "Change.objects.create(state='draft')",
        "Change.objects.filter(pk=1).update(state='live')",
        "rows = Change.objects.all()\nrows.update(**columns)",
        "Change.objects.bulk_create(rows)",
        "Membership.objects.get_or_create(user=user)",
        "change.delete()",
        "await change.asave()",
        "user.groups.add(group)",
        "user.memberships.set([])",
        "cursor.execute('UPDATE assistants_app_user SET is_active = 0')",
        "cursor.execute(f'DELETE FROM {table}')",
    ],
)
def test_a_write_is_seen(code: str) -> None:
    assert lines(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "headers.update(more)",
        "digest.update(b'bytes')",
        "cache.delete(key)",
        "seen.add(name)",
        "names.remove('x')",
        "values = dict(a=1) | {'b': 2}",
        "cursor.execute('SELECT 1')",
        "from assistants_app.actions import tokens\ntokens.create(user, actor=actor)",
        "class A(Model):\n    def save(self):\n        super().save()",
    ],
)
def test_what_only_looks_like_a_write_is_not_held_against_anyone(code: str) -> None:
    assert not lines(ast.parse(code))

"""Migrations: none is missing, and they form one line."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

OURS = "assistants_app"


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_our_migrations_are_one_line() -> None:
    graph = MigrationLoader(None).graph
    names = sorted(name for app, name in graph.nodes if app == OURS)
    assert len(graph.leaf_nodes(OURS)) == 1
    # As many steps back from the one leaf as there are migrations: no branch, no merge.
    steps = [node for node in graph.forwards_plan(graph.leaf_nodes(OURS)[0]) if node[0] == OURS]
    assert [name for _, name in steps] == names
    parents = {
        n: [p.key for p in graph.node_map[OURS, n].parents if p.key[0] == OURS] for n in names
    }
    assert all(len(found) <= 1 for found in parents.values())

"""Kill, lose, refuse: what must hold afterwards (reliability.md section 11).

The gates of 11.4, and how to run each:

- G1, unit and action tests, and as much of G2 as fits: `pytest`
- G2, each fault of the list once and every kill point: `pytest -m "merge or not merge" tests/faults
  tests/commands/test_newer_database.py`; `.ci/run` does, on SQLite. With the torture (G5, shorter),
  whose seeds are FAULT_SEEDS, by default `1,2`
- G7, the guards: `pytest tests/models/test_triggers.py`
- The same on PostgreSQL: with DATABASE_URL

`python -m tests.faults.table` prints what each fault makes of ours, a naive client and the SDK.
"""

"""Shorthand of the tests of advice: every lint of a document, in plain words."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistants_app import contract
from assistants_app.contract import advice_words

DAY = date(2026, 11, 21)
LINTS = {code for code, _ in advice_words.SENTENCES} | {"both_sampling", "big_integer"}
LINTS -= {"unsupported_value", "unsupported_parameter"}  # said by servers only


def advice(
    doc: Any,
    op: str = "create",
    profile: contract.Profile = contract.KEPT_HERE,
    **more: Any,
) -> list[tuple[str, str, str]]:
    """(level, param, plain words) of every lint."""
    problems = contract.check(doc, op, profile, **({"today": DAY} | more))
    return [(one.level, one.param, contract.plain(one)) for one in problems if one.code in LINTS]

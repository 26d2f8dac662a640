"""What the warnings of a document depend on besides its own text, as one short mark."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract.catalogue import FAMILIES
from assistants_app.contract.families import ROWS
from assistants_app.contract.model_advice import is_ending
from assistants_app.contract.ordered_json import dumps

if TYPE_CHECKING:
    from assistants_app.contract.catalogue import Catalogue
    from assistants_app.contract.profiles import Profile

RULES: Final = 1  # raised when a rule that warns comes, goes or judges differently
_SIZE: Final = 16  # hexadecimal digits


def rules_mark(profile: Profile, catalogue: Catalogue, *, today: date | None = None) -> str:
    """Differs as soon as `check` may warn otherwise of a text that stayed the same.

    16 hexadecimal digits of what `check` looks at besides the document: its own rules, what the
    server takes, and for which models the end has come near by `today` (UTC unless given). The
    ids that a server lists are not among them: an unknown one is a hint.
    """
    day = today or datetime.now(UTC).date()
    told = {model: is_ending(end, day) for model, end in catalogue.shutdowns.items()}
    parts: list[Any] = [
        RULES,
        ROWS,
        [row.shutdown is not None and is_ending(row.shutdown, day) for row in FAMILIES],
        sorted(told.items()),
        sorted(catalogue.stands_for.items()),
        catalogue.is_mapped,
        [sorted(v) if isinstance(v, frozenset) else v for v in asdict(profile).values()],
    ]
    return hashlib.sha256(dumps(parts).encode()).hexdigest()[:_SIZE]
